/** Whether what a dialog says can be read: the contrast of each text to what is behind it, as WCAG 2.1 (1.4.3) computes it. */
import type { Page } from "playwright-core";

/** A text as it is shown: CSS colours of the text and of the elements around it, innermost first. */
interface Shown {
  text: string;
  colour: string;
  backgrounds: string[];
}

/**
 * Finds texts that are hard to read.
 * @param within CSS selector of what is looked at
 * @param least the least ratio
 * @returns each text with its ratio; empty when all can be read
 */
export async function faintTexts(page: Page, within: string, least: number): Promise<string[]> {
  return (await textsIn(page, within))
    .map((shown) => ({ ...shown, ratio: contrast(shown) }))
    .filter(({ ratio }) => ratio < least)
    .map(({ ratio, text }) => `${ratio.toFixed(1)}: ${text.slice(0, 40)}`);
}

function textsIn(page: Page, within: string): Promise<Shown[]> {
  return page.evaluate((selector) => {
    const found: Shown[] = [];
    for (const element of document.querySelectorAll(`${selector} *`)) {
      let text = "";
      for (const node of element.childNodes)
        if (node.nodeType === Node.TEXT_NODE) text += node.textContent?.trim() ?? "";
      const { color, visibility } = getComputedStyle(element);
      const isShown = element.getClientRects().length > 0 && visibility === "visible";
      if (text === "" || !isShown || element.tagName === "OPTION") continue;
      const backgrounds: string[] = [];
      for (let at: Element | null = element; at !== null; at = at.parentElement)
        backgrounds.push(getComputedStyle(at).backgroundColor);
      found.push({ text, colour: color, backgrounds });
    }
    return found;
  }, within);
}

/** From 1 (not to be seen) to 21 (black on white). */
function contrast({ colour, backgrounds }: Shown): number {
  const behind = backgrounds.map(parts).find(([, , , alpha = 1]) => alpha > 0.5) ?? [255, 255, 255];
  const [darker, lighter] = [luminance(parts(colour)), luminance(behind)].sort((one, other) => one - other);
  return ((lighter ?? 0) + 0.05) / ((darker ?? 0) + 0.05);
}

/** Red, green and blue from 0 to 255, and an alpha where the colour has one. */
function parts(css: string): number[] {
  return (css.match(/[\d.]+/g) ?? []).map(Number);
}

function luminance([red = 0, green = 0, blue = 0]: readonly number[]): number {
  const [r = 0, g = 0, b = 0] = [red, green, blue].map((part) =>
    part / 255 <= 0.03928 ? part / 255 / 12.92 : ((part / 255 + 0.055) / 1.055) ** 2.4,
  );
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}
