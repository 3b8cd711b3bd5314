/** Fields of an open edit dialog, filled and read as a user does: by mouse and keyboard, whatever kind they are. */
import type { Locator, Page } from "playwright-core";

/** What a field holds: text of a plain field or a choice, a check mark, or `[type, text]` of a typed input. */
export type FieldValue = string | boolean | [type: string, text: string];

type Kind = "typed" | "checkbox" | "select" | "text";

/**
 * A field of the dialog.
 * @param name a setting of a node or config node, or the id of a field that has no setting of its own name
 */
export function field(page: Page, name: string): Locator {
  return page.locator(`[id="node-input-${name}"], [id="node-config-input-${name}"], [id="${name}"]`).first();
}

/** Fills a field; of a typed input the type is chosen from its menu. */
export async function fillField(element: Locator, value: FieldValue): Promise<void> {
  // What is folded is opened first.
  for (const fold of await element.page().locator("details:not([open])", { has: element }).all())
    await fold.locator("summary").click();
  if (typeof value === "boolean") return element.setChecked(value);
  if (typeof value === "object") return fillTyped(element, ...value);
  if ((await kindOf(element)) === "select") return void (await element.selectOption(value));
  await element.fill(value);
  // The editor checks a field when it is left.
  await element.blur();
}

/** Reads a field back, in the shape in which it was filled. */
export async function readField(element: Locator): Promise<FieldValue> {
  const kind = await kindOf(element);
  if (kind === "checkbox") return element.isChecked();
  if (kind !== "typed") return element.inputValue();
  return [await typeOf(element), await element.evaluate((it) => $(it).typedInput("value"))];
}

async function fillTyped(element: Locator, type: string, text: string): Promise<void> {
  const container = containerOf(element);
  if ((await typeOf(element)) !== type) {
    await container.locator(".red-ui-typedInput-type-select").click();
    await chooseFromMenu(element, type);
  }
  const input = container.locator(".red-ui-typedInput-input");
  if (await input.isVisible()) {
    await input.fill(text);
    await input.blur();
    return;
  }
  // A type with a closed list of values, such as bool.
  await container.locator(".red-ui-typedInput-option-trigger").click();
  await chooseFromMenu(element, text);
}

/** Chooses from the menu of a typed input that has just been opened. */
async function chooseFromMenu(element: Locator, value: string): Promise<void> {
  const menu = element.page().locator(".red-ui-typedInput-options").filter({ visible: true });
  for (let attempt = 0; attempt < 3; attempt++) {
    // It slides down, and a click on what moves may be lost.
    await element.page().waitForFunction(() => !$(".red-ui-typedInput-options:visible").is(":animated"));
    await menu.locator(`a[value="${value}"]`).click();
    const closed = menu.waitFor({ state: "hidden", timeout: 3000 });
    if (
      await closed.then(
        () => true,
        () => false,
      )
    )
      return;
  }
  throw new Error(`The menu stays open after ${value} was chosen`);
}

/** What shows of a typed input; its own element is hidden. */
function containerOf(element: Locator): Locator {
  return element.locator("xpath=following-sibling::*[contains(@class,'red-ui-typedInput-container')][1]");
}

function typeOf(element: Locator): Promise<string> {
  return element.evaluate((it) => $(it).typedInput("type"));
}

function kindOf(element: Locator): Promise<Kind> {
  return element.evaluate((it): Kind => {
    if (it.classList.contains("red-ui-typedInput")) return "typed";
    if (it instanceof HTMLInputElement && it.type === "checkbox") return "checkbox";
    return it instanceof HTMLSelectElement ? "select" : "text";
  });
}

/** An editable list of the dialog, by the id of its `<ol>`. */
export class ListField {
  private readonly frame: Locator;
  constructor(page: Page, id: string) {
    this.frame = page.locator(".red-ui-editableList").filter({ has: page.locator(`[id="${id}"]`) });
  }

  /** The rows, in order. */
  rows(): Locator {
    return this.frame.locator(".red-ui-editableList-list > li");
  }

  /** Adds a row by the list's button and gives it. */
  async add(): Promise<Locator> {
    await this.frame.locator(".red-ui-editableList-addButton").click();
    return this.rows().last();
  }

  /** Removes a row by its cross. */
  async remove(index: number): Promise<void> {
    const before = await this.rows().count();
    await this.rows().nth(index).locator(".red-ui-editableList-item-remove").click();
    await this.rows()
      .nth(before - 1)
      .waitFor({ state: "detached" });
  }

  /** Drags a row to the place of another. */
  async move(from: number, to: number): Promise<void> {
    const page = this.frame.page();
    const handle = this.rows().nth(from).locator(".red-ui-editableList-item-handle");
    await handle.scrollIntoViewIfNeeded();
    const [start, target] = [await handle.boundingBox(), await this.rows().nth(to).boundingBox()];
    if (!start || !target) throw new Error("a row is not visible");
    const x = start.x + start.width / 2;
    await page.mouse.move(x, start.y + start.height / 2);
    await page.mouse.down();
    await page.mouse.move(x, start.y + start.height / 2 + (to > from ? 6 : -6));
    await page.mouse.move(x, to > from ? target.y + target.height - 2 : target.y + 2, { steps: 8 });
    await page.mouse.up();
  }
}
