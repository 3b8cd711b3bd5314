/** What can be done with an open run: replay it, and keep it as a test. */
import type { Run } from "../../../lib/recorder/model.js";
import { getRun, replay } from "./api.js";
import { element } from "./element.js";
import { keepForm } from "./keep-form.js";
import type { Words } from "./red.js";

/** Between two questions while a replay goes on, and how many are asked, in milliseconds. */
const POLL_MS = 300;
const MOST_POLLS = 200;

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
    form.open();
    return Promise.resolve();
  });
  state.textContent = run.isReplayable === true ? "" : say(run.outcome === "refused" ? "refused" : "not-kept");
  return {
    element: element(
      "div",
      { class: "cc-recorder-actions" },
      element("div", { class: "cc-recorder-buttons" }, again, save, element("label", {}, outside, say("outside"))),
      state,
      form.element,
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

/** What a request that failed says: its own sentence, where it has one. */
function failureOf(error: unknown, words: Words): string {
  const { status = 0, responseJSON } = error as { status?: number; responseJSON?: { message?: string } };
  if (status === 401 || status === 403) return words("recorder.sidebar.forbidden");
  return responseJSON?.message ?? words("recorder.sidebar.unreachable");
}
