/** The recorder's sidebar in a browser. */
import type { Page } from "playwright-core";

/** Shows the fields of the list, which a low sidebar hides behind a line. */
export async function unfold(page: Page): Promise<void> {
  const line = page.locator(".cc-recorder-fold[aria-expanded=false]");
  if (await line.isVisible()) await line.click();
}

/** Hides them again, where they can be hidden. */
export async function fold(page: Page): Promise<void> {
  const line = page.locator(".cc-recorder-fold[aria-expanded=true]");
  if (await line.isVisible()) await line.click();
}

/** Pixels of the list of calls that are to be seen without scrolling. */
export function seenOfList(page: Page): Promise<number> {
  return page.locator(".cc-recorder-rows").evaluate((list) => {
    const sidebar = list.closest(".cc-recorder")?.getBoundingClientRect();
    const { top, bottom } = list.getBoundingClientRect();
    return sidebar ? Math.min(bottom, sidebar.bottom, innerHeight) - Math.max(top, sidebar.top) : 0;
  });
}
