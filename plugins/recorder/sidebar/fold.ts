/** One line in place of the list's fields. The style sheet shows it where the sidebar is too low for both fields and calls. */
import { element } from "./element.js";
import type { Words } from "./red.js";

/** The line: the fields stand behind it in the page, and it hides nothing by itself. */
export class Fold {
  readonly line: HTMLButtonElement;

  constructor(words: Words) {
    this.line = element("button", {
      class: "cc-recorder-fold",
      type: "button",
      title: words("recorder.sidebar.fold-title"),
      "aria-expanded": "false",
    });
    this.line.addEventListener("click", () => {
      this.line.setAttribute("aria-expanded", String(this.line.getAttribute("aria-expanded") !== "true"));
    });
  }

  /** Says what was chosen: what is hidden still counts. @param chosen texts; blank ones are left out */
  say(chosen: readonly (string | undefined)[]): void {
    this.line.textContent = chosen.filter(Boolean).join(" · ");
  }
}
