/** The console's elements: a few functions instead of a framework, so that all panels look alike. */

/** What may stand inside an element; what is empty is left out. */
export type Child = Node | string | number | undefined | null | false;
/** Attributes; `on…` takes a listener, true and false set and leave out an attribute, `value` is set as property. */
type Props = Readonly<Record<string, string | number | boolean | undefined | ((event: Event) => void)>>;
/** The meaning of a badge, in colour. */
export type Tone = "good" | "bad" | "warn" | "info" | "quiet";

/** Makes an element. Text is always text, never markup. */
export function el<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  props: Props = {},
  ...children: Child[]
): HTMLElementTagNameMap[K] {
  const element = document.createElement(tag);
  element.append(...present(children));
  for (const [name, value] of Object.entries(props)) {
    if (typeof value === "function") element.addEventListener(name.replace(/^on/, ""), value);
    else if (name === "value") (element as HTMLInputElement).value = String(value);
    else if (typeof value === "boolean") element.toggleAttribute(name, value);
    else if (value !== undefined) element.setAttribute(name, String(value));
  }
  return element;
}

/**
 * Replaces what an element holds. An element with the same `data-key` as before keeps the focus, and a `details` its
 * state, so that a list can be redrawn while a user moves through it by keyboard.
 */
export function render(container: Element, ...children: Child[]): void {
  const focused = keyOf(document.activeElement, container);
  const before = new Map(
    [...container.querySelectorAll("details[data-key]")].map((details) => [
      keyOf(details, container),
      (details as HTMLDetailsElement).open,
    ]),
  );
  container.replaceChildren(...present(children));
  for (const element of container.querySelectorAll<HTMLElement>("[data-key]")) {
    const key = keyOf(element, container);
    if (element instanceof HTMLDetailsElement) element.open = before.get(key) ?? element.open;
    if (focused !== undefined && key === focused) element.focus({ preventScroll: true });
  }
}

/**
 * A button that can be pressed again when its action is done. What the action throws is shown as a notice.
 * @param action may return a promise
 * @param props `class: "primary"` for the one that matters, `"danger"` for one that ends something
 */
export function button(label: string, action: () => unknown, props: Props = {}): HTMLButtonElement {
  const press = async (event: Event): Promise<void> => {
    const pressed = event.currentTarget as HTMLButtonElement;
    if (pressed.getAttribute("aria-disabled") === "true") return;
    // Not `disabled`: that would take the keyboard's focus away.
    pressed.setAttribute("aria-disabled", "true");
    // What an earlier press complained of is over.
    for (const notice of document.querySelectorAll("#notices .bad")) notice.remove();
    try {
      await action();
    } catch (error) {
      notify(error instanceof Error ? error.message : String(error), "bad");
    } finally {
      pressed.removeAttribute("aria-disabled");
    }
  };
  return el("button", { type: "button", ...props, onclick: (event) => void press(event) }, label);
}

/** A short word in a coloured frame. */
export function badge(text: string, tone: Tone = "quiet"): HTMLElement {
  return el("span", { class: `badge ${tone}` }, text);
}

/** Columns from which a table needs more room than a narrow screen has. */
const WIDE = 4;

/** Stacks the rows of a table that has no room, before it is painted. */
const rooms = new ResizeObserver((frames) => {
  for (const { target } of frames) {
    // What was removed from the page is forgotten.
    if (!target.isConnected) rooms.unobserve(target);
    target.classList.remove("stacked");
    target.classList.toggle("stacked", target.scrollWidth > target.clientWidth);
  }
});

/** A table; where its columns have no room, each row becomes a block of names and values. `empty` is what it says without rows. */
export function table(head: readonly string[], rows: readonly (readonly Child[])[], empty: string): HTMLElement {
  if (rows.length === 0) return el("p", { class: "muted" }, empty);
  // Said in words: a browser takes what is laid out as blocks for no table.
  const line = (tag: "th" | "td", role: string, row: readonly Child[]): HTMLElement =>
    el("tr", { role: "row" }, ...row.map((cell, at) => el(tag, { role, "data-label": head[at] ?? "" }, cell)));
  const isWide = head.length >= WIDE;
  const frame = el(
    "div",
    {
      class: isWide ? "scroll wide" : "scroll",
      tabindex: 0,
      role: "region",
      "aria-label": head.join(", "),
    },
    el(
      "table",
      { role: "table" },
      el("thead", { role: "rowgroup" }, line("th", "columnheader", head)),
      el("tbody", { role: "rowgroup" }, ...rows.map((row) => line("td", "cell", row))),
    ),
  );
  if (isWide) rooms.observe(frame);
  return frame;
}

/** A framed part of a panel with a heading. */
export function card(title: string, ...children: Child[]): HTMLElement {
  return el("section", { class: "card" }, el("h3", {}, title), ...children);
}

/**
 * Two columns: what one does on the left, what happens on the right.
 * @param narrow the order where there is room for one column only: what a button does is seen close to it
 */
export function columns(
  section: HTMLElement,
  left: readonly HTMLElement[],
  right: readonly HTMLElement[],
  narrow: readonly HTMLElement[],
): void {
  // As in style.css.
  const screen = matchMedia("(max-width: 820px)");
  const place = (): void => {
    const stacks = screen.matches ? [narrow] : [left, right];
    section.replaceChildren(...stacks.map((cards) => el("div", { class: "stack" }, ...cards)));
  };
  section.classList.add("split");
  screen.addEventListener("change", place);
  place();
}

/** Controls side by side; they wrap where there is no room. */
export function row(...children: Child[]): HTMLElement {
  return el("div", { class: "row" }, ...children);
}

/** A control with its label above it, and a hint below. */
export function field(label: string, control: HTMLElement, hint?: string): HTMLElement {
  return el(
    "label",
    { class: "field" },
    el("span", {}, label),
    control,
    hint !== undefined && el("small", { class: "muted" }, hint),
  );
}

/** A text field; read it by `.value`. */
export function input(props: Props = {}): HTMLInputElement {
  return el("input", { type: "text", autocomplete: "off", spellcheck: "false", ...props });
}

/** A choice; `options` are value and label. */
export function select(
  options: readonly (readonly [value: string, label: string])[],
  props: Props = {},
): HTMLSelectElement {
  return el("select", props, ...options.map(([value, label]) => el("option", { value }, label)));
}

/** Data as indented JSON. */
export function json(value: unknown): HTMLElement {
  return el("pre", { class: "json", tabindex: 0 }, typeof value === "string" ? value : JSON.stringify(value, null, 2));
}

/** Time of day of an ISO 8601 time, in the reader's own zone, to the second. */
export function timeOfDay(iso: string): string {
  return new Date(iso).toLocaleTimeString([], { hour12: false });
}

/** A text that is copied by a click. */
export function copyable(text: string): HTMLElement {
  const copy = async (): Promise<void> => {
    await navigator.clipboard.writeText(text);
    notify(`${text} is copied.`, "good");
  };
  // Of a GUID, which would push the other columns of a table out of sight, the ends.
  const shown = /^[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}$/i.test(text)
    ? `${text.slice(0, 8)}…${text.slice(-4)}`
    : text;
  return button(shown, copy, {
    class: "copy",
    title: `copy ${text}`,
    "aria-label": `copy ${text}`,
    "data-key": `copy ${text}`,
  });
}

/** Shows a sentence for a few seconds and to screen readers. */
export function notify(sentence: string, tone: Tone = "info"): void {
  const notices = document.getElementById("notices");
  // The same sentence is shown once.
  for (const same of [...(notices?.children ?? [])].filter(({ textContent }) => textContent === sentence))
    same.remove();
  const notice = el("div", { class: `notice ${tone}` }, sentence);
  notices?.append(notice);
  setTimeout(() => notice.remove(), 8000);
}

function present(children: readonly Child[]): (Node | string)[] {
  return children
    .filter((child) => child !== undefined && child !== null && child !== false)
    .map((child) => (child instanceof Node ? child : String(child)));
}

function keyOf(element: Element | null, container: Element): string | undefined {
  return element instanceof HTMLElement && container.contains(element) ? element.dataset["key"] : undefined;
}
