/** The form that keeps a run as a test, and in its place, once it is saved, where it is and how it is run. */
import type { Run } from "../../../lib/recorder/model.js";
import { keep } from "./api.js";
import { element } from "./element.js";
import { flowLabelOf, labelOf } from "./nodes.js";
import { editor, type Words } from "./red.js";
import { dayAndTime } from "./times.js";

/** Characters that the name of a file may not have. */
const NOT_IN_NAMES = /[^\p{L}\p{N} ._-]+/gu;
const LONGEST_NAME = 60;
const BUTTON = "red-ui-button red-ui-button-small";

/** What {@link keepForm} makes. */
export interface KeepForm {
  element: HTMLElement;
  /** Shows the form, or what was saved where that is shown. */
  open(): void;
}

/**
 * @param attempt does something, and says why it failed
 * @param leave leads back to where the form was opened
 */
export function keepForm(
  run: Run,
  words: Words,
  attempt: (act: () => Promise<void>) => Promise<void>,
  leave: () => void,
): KeepForm {
  const say = (key: string): string => words(`recorder.replay.${key}`);
  const field = (key: string, value: string): [HTMLElement, HTMLInputElement] => {
    const input = element("input", { type: "text", value });
    return [element("label", {}, say(key), input), input];
  };
  const flow = flowLabelOf(run).replaceAll(NOT_IN_NAMES, " ").trim().slice(0, LONGEST_NAME).trim();
  const [nameLabel, name] = field("file", flow === "" ? run.vendor : flow);
  const [titleLabel, title] = field("title", `${labelOf(run)}, ${dayAndTime(run.start)}`);
  const submit = element("button", { class: BUTTON }, say("save"));
  const cancel = element("button", { class: BUTTON, type: "button" }, say("cancel"));
  const buttons = element("div", { class: "cc-recorder-form-buttons" }, submit, cancel);
  const form = element("form", {}, nameLabel, titleLabel, buttons);
  form.hidden = true;
  const close = (): void => {
    form.hidden = true;
    saved.element.hidden = true;
    leave();
  };
  const saved = savedPart(say, close);
  cancel.addEventListener("click", close);
  form.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    close();
    event.preventDefault();
    // The run stays open.
    event.stopPropagation();
  });
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    void attempt(async () => {
      const { path, command } = await keep(run.id, name.value, title.value);
      form.hidden = true;
      saved.show(path, command);
    });
  });
  return {
    element: element("div", {}, form, saved.element),
    open: () => {
      // What is saved already is not offered again until that is closed.
      if (!saved.element.hidden) return saved.element.focus();
      form.hidden = false;
      name.select();
    },
  };
}

/** The file, and the command that runs it. */
function savedPart(
  say: (key: string) => string,
  close: () => void,
): { element: HTMLElement; show(path: string, command: string): void } {
  const file = element("p");
  const line = element("pre");
  const copy = element("button", { class: BUTTON, type: "button" }, say("copy"));
  const done = element("button", { class: BUTTON, type: "button" }, say("close"));
  const part = element(
    "div",
    { class: "cc-recorder-saved", tabindex: "-1" },
    element("p", {}, say("saved")),
    file,
    element("p", {}, say("run-with")),
    line,
    element("div", { class: "cc-recorder-form-buttons" }, copy, done),
  );
  part.hidden = true;
  copy.addEventListener("click", () => editor.clipboard.copyText(line.textContent, $(copy)));
  done.addEventListener("click", close);
  return {
    element: part,
    show: (path, command) => {
      file.textContent = path;
      line.textContent = command;
      part.hidden = false;
      part.focus();
    },
  };
}
