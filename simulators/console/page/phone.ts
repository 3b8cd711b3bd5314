/** The phone that both calling vendors share: a display, a keypad for mouse and keyboard, ring and hang up. */
import type { Conversation } from "../../caller/conversation.js";
import { button, type Child, el, notify, render } from "./api.js";
import { PHONE } from "./texts.js";

/** What a phone does; what an action throws is shown on the page. */
interface PhoneActions {
  /** Rings; Enter in a field does the same. */
  ring(): unknown;
  hangUp(): unknown;
  /** A key: 0 to 9, * or #. A phone without it has no keypad. */
  key?(key: string): unknown;
}

/** What the display shows. */
interface Display {
  /** Where the call is. */
  line: string;
  /** What was typed, or other big text. */
  big?: string;
  /** A bar that runs out until then; ISO 8601. */
  until?: string | undefined;
  busy: boolean;
  /** The flow has not done its part. */
  isBad?: boolean;
}

/** A phone on the page. */
export interface Phone {
  readonly element: HTMLElement;
  show(display: Display): void;
  /** Puts the keyboard onto the keypad, so that digits go to the call and not into a field. */
  focus(): void;
}

const KEYS = ["1", "2", "3", "4", "5", "6", "7", "8", "9", "*", "0", "#"];
const LETTERS: Readonly<Record<string, string>> = {
  2: "ABC",
  3: "DEF",
  4: "GHI",
  5: "JKL",
  6: "MNO",
  7: "PQRS",
  8: "TUV",
  9: "WXYZ",
  0: "+",
};

/**
 * @param fields shown above the keypad
 * @param more shown below the buttons, so that it moves none of them out of sight when it is opened
 */
export function phone(actions: PhoneActions, fields: readonly Child[], more: Child): Phone {
  const display = el("div", { class: "display", role: "status" });
  // One after the other: somebody who types fast must not overtake himself.
  let typing: Promise<unknown> = Promise.resolve();
  const type = (key: string): void => {
    typing = typing
      .then(() => actions.key?.(key))
      .catch((error: unknown) => notify(error instanceof Error ? error.message : String(error), "bad"));
  };
  const keys = (actions.key === undefined ? [] : KEYS).map((key) =>
    el(
      "button",
      { type: "button", class: "key", "aria-label": key, onclick: () => type(key) },
      key,
      el("small", { "aria-hidden": "true" }, LETTERS[key]),
    ),
  );
  const keypad = el("div", { class: "keypad", role: "group", "aria-label": PHONE.keypad }, ...keys);
  const ring = button(PHONE.ring, () => actions.ring(), { class: "primary" });
  const hangUp = button(PHONE.hangUp, () => actions.hangUp(), { class: "danger" });
  const element = el(
    "form",
    { class: "card phone", "aria-label": PHONE.title },
    display,
    ...fields,
    keys.length > 0 && keypad,
    el("div", { class: "row ends" }, ring, hangUp),
    more,
  );
  element.addEventListener("submit", (event) => event.preventDefault());
  element.addEventListener("keydown", (event) => {
    // Enter in a field rings; on a button it presses that.
    if (event.key === "Enter" && event.target instanceof HTMLInputElement) ring.click();
  });
  document.addEventListener("keydown", (event) => {
    if (!isShown(element) || isField(event.target) || event.ctrlKey || event.altKey || event.metaKey) return;
    const at = KEYS.indexOf(event.key);
    if (at >= 0) keys[at]?.click();
    else if (event.key === "Escape") hangUp.click();
  });
  return {
    element,
    show({ line, big = "", until, busy, isBad = false }) {
      display.classList.toggle("failed", isBad);
      render(display, el("span", {}, line), el("strong", {}, big), until !== undefined && runsOut(until));
      hangUp.setAttribute("aria-disabled", String(!busy));
      element.classList.toggle("busy", busy);
    },
    focus: () => hangUp.focus({ preventScroll: true }),
  };
}

/** True while a call goes on: the phone has one line, so it hangs up before it rings again. */
export function isBusy(call: Conversation | undefined): boolean {
  return call !== undefined && !call.ended;
}

/** A bar that runs out: its animation is as long as the time that is left. */
function runsOut(until: string): HTMLElement {
  const ms = Math.max(0, Date.parse(until) - Date.now());
  const bar = el("i", { class: "bar", "aria-hidden": "true" });
  bar.animate([{ width: "100%" }, { width: "0%" }], { duration: ms, fill: "forwards" });
  return bar;
}

function isShown(element: HTMLElement): boolean {
  return element.offsetParent !== null;
}

function isField(target: EventTarget | null): boolean {
  return (
    target instanceof HTMLInputElement || target instanceof HTMLTextAreaElement || target instanceof HTMLSelectElement
  );
}
