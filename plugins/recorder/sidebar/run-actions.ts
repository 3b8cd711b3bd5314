/** What can be done with an open run: replay it, and keep it as a test. */
import type { Run } from "../../../lib/recorder/model.js";
import { getRun, keep, replay } from "./api.js";
import { element } from "./element.js";
import { flowLabelOf, labelOf } from "./nodes.js";
import type { Words } from "./red.js";
import { dayAndTime } from "./times.js";

/** Between two questions while a replay goes on, and how many are asked, in milliseconds. */
const POLL_MS = 300;
const MOST_POLLS = 200;
/** Characters that the name of a file may have. */
const NOT_IN_NAMES = /[^\p{L}\p{N} ._-]+/gu;
const LONGEST_NAME = 60;

/** The buttons of a run, and the keys that press them. */
export interface RunActions {
  element: HTMLElement;
  keys: Readonly<Record<string, () => void>>;
}

/** @param show shows the run that a replay is */
export function runActions(run: Run, words: Words, show: (replayed: Run) => void): RunActions {
  const say = (key: string, values?: Record<string, unknown>): string => words(`recorder.replay.${key}`, values);
  const state = element("p", { role: "status" });
  const button = (key: string, act: () => Promise<void>): HTMLButtonElement => {
    const made = element(
      "button",
      { class: "red-ui-button red-ui-button-small", type: "button", title: say(`${key}-title`) },
      say(key),
    );
    made.disabled = run.isReplayable !== true;
    made.addEventListener("click", () => void attempt(act));
    return made;
  };
  const attempt = async (act: () => Promise<void>): Promise<void> => {
    try {
      await act();
    } catch (error) {
      state.textContent = failureOf(error, words);
    }
  };
  const outside = element("input", { type: "checkbox" });
  outside.disabled = run.isReplayable !== true;
  const again = button("replay", async () => {
    state.textContent = say("under-way");
    again.disabled = true;
    try {
      const done = await settled(await replay(run.id, outside.checked));
      if (state.isConnected) show(done);
    } finally {
      again.disabled = false;
    }
  });
  const form = keepForm(run, words, attempt, () => save.focus());
  const save = button("keep", () => {
    form.hidden = false;
    form.querySelector("input")?.select();
    return Promise.resolve();
  });
  state.textContent = run.isReplayable === true ? "" : say(run.outcome === "refused" ? "refused" : "not-kept");
  return {
    element: element(
      "div",
      { class: "cc-recorder-actions" },
      element("div", { class: "cc-recorder-buttons" }, again, save, element("label", {}, outside, say("outside"))),
      state,
      form,
    ),
    keys: { r: () => again.click(), k: () => save.click() },
  };
}

/** The replay once it has its outcome, and no step comes any more. */
async function settled(id: string): Promise<Run> {
  let last = await getRun(id);
  for (let polls = 0; polls < MOST_POLLS; polls++) {
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
    const now = await getRun(id);
    if (now.outcome !== "open" && now.steps.length === last.steps.length) return now;
    last = now;
  }
  return last;
}

/**
 * Names of the file and of the scenario; then the path, and the command that runs it.
 * @param leave leads back to where the form was opened
 */
function keepForm(
  run: Run,
  words: Words,
  attempt: (act: () => Promise<void>) => Promise<void>,
  leave: () => void,
): HTMLElement {
  const say = (key: string, values?: Record<string, unknown>): string => words(`recorder.replay.${key}`, values);
  const field = (key: string, value: string): [HTMLElement, HTMLInputElement] => {
    const input = element("input", { type: "text", value });
    return [element("label", {}, say(key), input), input];
  };
  const flow = flowLabelOf(run).replaceAll(NOT_IN_NAMES, " ").trim().slice(0, LONGEST_NAME).trim();
  const [nameLabel, name] = field("file", flow === "" ? run.vendor : flow);
  const [titleLabel, title] = field("title", `${labelOf(run)}, ${dayAndTime(run.start)}`);
  const saved = element("pre", { class: "cc-recorder-saved", tabindex: "-1" });
  saved.hidden = true;
  const submit = element("button", { class: "red-ui-button red-ui-button-small" }, say("save"));
  const cancel = element("button", { class: "red-ui-button red-ui-button-small", type: "button" }, say("cancel"));
  const buttons = element("div", { class: "cc-recorder-form-buttons" }, submit, cancel);
  const form = element("form", {}, nameLabel, titleLabel, buttons, saved);
  form.hidden = true;
  const close = (): void => {
    form.hidden = true;
    leave();
  };
  cancel.addEventListener("click", close);
  form.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || event.target === saved) return;
    close();
    event.preventDefault();
    // The run stays open.
    event.stopPropagation();
  });
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    void attempt(async () => {
      const { path, command } = await keep(run.id, name.value, title.value);
      saved.textContent = `${path}\n${command}`;
      saved.hidden = false;
      saved.focus();
    });
  });
  return form;
}

/** What a request that failed says: its own sentence, where it has one. */
function failureOf(error: unknown, words: Words): string {
  const { status = 0, responseJSON } = error as { status?: number; responseJSON?: { message?: string } };
  if (status === 401 || status === 403) return words("recorder.sidebar.forbidden");
  return responseJSON?.message ?? words("recorder.sidebar.unreachable");
}
