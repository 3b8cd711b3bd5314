/** One run: its facts, its steps, and what was at the chosen one. */
import type { Run, Step } from "../../../lib/recorder/model.js";
import { clearPath, showPath } from "./canvas.js";
import { element } from "./element.js";
import { meaningOf, readable } from "./meaning.js";
import { dayAndTime, milliseconds } from "./times.js";
import { flowLabelOf, labelOf } from "./nodes.js";
import type { Words } from "./red.js";
import { runActions } from "./run-actions.js";

/** Errors below the outcome; those of all steps are at their rows. */
const SHOWN_FAILURES = 3;

/** Where a key leads from step `at` of `count`. */
const KEYS: Record<string, (at: number, count: number) => number> = {
  ArrowDown: (at, count) => Math.min(at + 1, count - 1),
  ArrowRight: (at, count) => Math.min(at + 1, count - 1),
  ArrowUp: (at) => Math.max(at - 1, 0),
  ArrowLeft: (at) => Math.max(at - 1, 0),
  Home: () => 0,
  End: (_, count) => count - 1,
};

/**
 * Shows a run, and its way on the canvas.
 * @param close what leads back to the list
 * @param show shows another run, such as a replay
 */
export function runView(run: Run, words: Words, close: () => void, show: (run: Run) => void): HTMLElement {
  const back = element(
    "button",
    { class: "red-ui-button red-ui-button-small", type: "button" },
    words("recorder.sidebar.back"),
  );
  const steps = element("ol", {
    class: "cc-recorder-steps",
    tabindex: "0",
    "aria-label": words("recorder.sidebar.steps"),
  });
  const message = element("pre", { class: "cc-recorder-text" });
  const rows = run.steps.map((step) => steps.appendChild(stepRow(step, words)));
  let at = 0;
  const choose = (place: number): void => {
    rows[at]?.removeAttribute("aria-current");
    // The facts above the steps stay to be seen when a run is opened.
    if (place !== at) rows[place]?.scrollIntoView({ block: "nearest" });
    at = place;
    rows[at]?.setAttribute("aria-current", "step");
    message.textContent = readable(run.steps[at]?.message ?? "");
    message.hidden = message.textContent === "";
    showPath(run.steps, at);
    // The editor takes the focus when it shows another tab.
    steps.focus({ preventScroll: true });
  };
  const leave = (): void => {
    clearPath();
    close();
  };
  back.addEventListener("click", leave);
  for (const [place, row] of rows.entries()) row.addEventListener("click", () => choose(place));
  const actions = runActions(run, words, show);
  const view = element(
    "div",
    { class: "cc-recorder-view" },
    back,
    actions.element,
    facts(run, words),
    ...failures(run, words),
    sides(run, words),
    ...run.steps
      .filter(({ standIn }) => standIn === "missing")
      .map((step) => element("p", {}, words("recorder.replay.not-asked", { node: labelOf(step) }))),
    steps,
    ...(run.cut === undefined ? [] : [element("p", {}, words("recorder.sidebar.cut", { cut: run.cut }))]),
    message,
  );
  view.addEventListener("keydown", (event) => {
    // Whoever writes in a field moves and presses nothing else.
    if (event.target instanceof HTMLInputElement && event.target.type === "text") return event.stopPropagation();
    const move = KEYS[event.key];
    const act = event.ctrlKey || event.metaKey || event.altKey ? undefined : actions.keys[event.key.toLowerCase()];
    if (event.key === "Escape") leave();
    else if (act) act();
    else if (move && rows.length > 0) choose(move(at, rows.length));
    else return;
    event.preventDefault();
    // The editor moves nodes by these keys.
    event.stopPropagation();
  });
  // It has to be on the page to get the focus.
  requestAnimationFrame(() => {
    if (rows.length > 0) choose(0);
    else back.focus();
  });
  return view;
}

function facts(run: Run, words: Words): HTMLElement {
  const list = element("dl");
  const add = (key: string, value: string | undefined): void => {
    if (value !== undefined && value !== "")
      list.append(element("dt", {}, words(`recorder.sidebar.${key}`)), element("dd", {}, value));
  };
  add("start", dayAndTime(run.start));
  add("node", labelOf(run));
  if (run.replayOf !== undefined)
    list.append(
      element("dt", {}, words("recorder.replay.replay")),
      element("dd", {}, words(`recorder.replay.is-replay${run.reachesOutside === true ? "-outside" : ""}`)),
    );
  add("event", run.event);
  add("time", run.latencyMs === undefined ? undefined : milliseconds(run.latencyMs));
  // What went wrong stands directly below it.
  add("outcome", [words(`recorder.outcome.${run.outcome}`), run.reason].filter(Boolean).join(", "));
  return list;
}

/** Request and answer beside each other. */
function sides(run: Run, words: Words): HTMLElement {
  const { call, received, answer } = run;
  const isRefused = run.outcome === "refused";
  const queue = call?.queue?.name ?? call?.queue?.id ?? call?.queue?.number;
  const side = (key: string, sentences: readonly string[], text: string): HTMLElement =>
    element(
      "section",
      {},
      element("h4", {}, words(`recorder.sidebar.${key}`)),
      ...sentences.map((sentence) => element("p", {}, sentence)),
      element("pre", {}, text),
    );
  const fact = (key: string, value: string | undefined): string[] =>
    value === undefined ? [] : [`${words(`recorder.sidebar.${key}`)}: ${value}`];
  const known = [...fact("from", call?.from), ...fact("to", call?.to), ...fact("queue", queue)];
  return element(
    "div",
    { class: "cc-recorder-sides" },
    side(
      "request",
      known,
      received === undefined
        ? words(`recorder.sidebar.${isRefused ? "no-request-refused" : "no-request"}`)
        : readable(received),
    ),
    side(
      "answer",
      meaningOf(run, words),
      answer
        ? `${answer.status} ${readable(answer.json ?? "")}`
        : words(`recorder.sidebar.${run.outcome === "received" ? "no-answer-event" : "no-answer"}`),
    ),
  );
}

/** What nodes reported as errors, the first ones. */
function failures({ steps }: Run, words: Words): HTMLElement[] {
  return steps
    .flatMap((step) => (step.error === undefined ? [] : [{ node: labelOf(step), error: step.error }]))
    .slice(0, SHOWN_FAILURES)
    .map((values) => element("p", { class: "cc-recorder-error" }, words("recorder.sidebar.failure", values)));
}

function stepRow(step: Step, words: Words): HTMLElement {
  const notes = [
    step.error === undefined ? "" : words("recorder.sidebar.failed"),
    step.ms === undefined ? words("recorder.sidebar.not-arrived") : milliseconds(step.ms),
    step.uncertain ? words("recorder.sidebar.uncertain") : "",
    step.standIn ? words(`recorder.replay.${step.standIn}`) : "",
  ];
  return element(
    "li",
    { class: step.error === undefined ? undefined : "cc-recorder-erred", title: step.error },
    element("span", { class: "cc-recorder-name" }, labelOf(step)),
    element("span", { class: "cc-recorder-flow" }, flowLabelOf(step)),
    element("span", { class: "cc-recorder-time" }, notes.filter(Boolean).join(", ")),
  );
}
