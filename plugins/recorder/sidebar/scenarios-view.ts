/** The scenarios of the flow: run against the flow as it is in the editor, each with what came of it. */
import type { ScenarioFault, ScenarioResult } from "../../../lib/recorder/scenario-lines.js";
import type { ScenarioList, ScenarioRun } from "../../../lib/recorder/scenario-run.js";
import { element } from "./element.js";
import { milliseconds } from "./times.js";
import { nodeOf } from "./nodes.js";
import { editor, type Words } from "./red.js";
import { getScenarios, runScenarios, stopScenarios } from "./scenarios-api.js";

/** Between two questions while a run goes on, in milliseconds. */
const POLL_MS = 400;

/**
 * Shows the scenarios.
 * @param close what leads back to the list of runs
 */
export function scenariosView(words: Words, close: () => void): HTMLElement {
  const say = (key: string, values?: Record<string, unknown>): string => words(`recorder.scenarios.${key}`, values);
  const button = (text: string, act: () => void): HTMLButtonElement => {
    const made = element("button", { class: "red-ui-button red-ui-button-small", type: "button" }, text);
    made.addEventListener("click", act);
    return made;
  };
  const state = element("p", { role: "status" });
  const tests = element("div", { class: "cc-recorder-tests" });
  const runAll = button(say("run"), () => void start());
  const stop = button(say("stop"), () => void attempt(stopScenarios).then(refresh));
  const back = button(words("recorder.sidebar.back"), close);
  const view = element(
    "div",
    { class: "cc-recorder-view" },
    element("div", { class: "cc-recorder-buttons" }, back, runAll, stop),
    element("p", {}, say("what")),
    state,
    tests,
  );
  let last = "";

  /** @returns undefined where it failed, which was said then */
  const attempt = async <T>(work: () => Promise<T>): Promise<T | undefined> => {
    try {
      return await work();
    } catch (error) {
      state.textContent = failureOf(error, words);
      return undefined;
    }
  };
  const start = async (files?: readonly string[]): Promise<void> => {
    const flows = editor.nodes.createCompleteNodeSet({ credentials: false });
    const isStarted = await attempt(async () => {
      await runScenarios(flows, files);
      return true;
    });
    if (isStarted) await refresh();
  };
  const refresh = async (): Promise<void> => {
    const list = await attempt(getScenarios);
    if (!list) return;
    show(list);
    // Only what somebody sees is asked for.
    if (list.run?.state === "running" && view.isConnected) setTimeout(() => void refresh(), POLL_MS);
  };
  const show = (list: ScenarioList): void => {
    const isRunning = list.run?.state === "running";
    // What stays as it is keeps the focus.
    const text = JSON.stringify(list);
    if (text === last) return;
    last = text;
    runAll.disabled = isRunning || list.files.length === 0;
    stop.hidden = !isRunning;
    state.textContent = list.files.length === 0 && !list.run ? say("none") : stateOf(list.run, say);
    tests.replaceChildren(...list.files.flatMap((file) => fileOf(file, list.run, isRunning)));
  };
  const fileOf = (file: string, run: ScenarioRun | undefined, isRunning: boolean): HTMLElement[] => {
    const runOne = button(say("run-one"), () => void start([file]));
    runOne.disabled = isRunning;
    runOne.setAttribute("aria-label", `${say("run-one")} ${file}`);
    const results = run?.results.filter((result) => result.file === file) ?? [];
    return [
      element("h4", {}, file, runOne),
      element("ol", { "aria-label": file }, ...results.map((result) => rowOf(result, say))),
    ];
  };
  stop.hidden = true;
  void refresh();
  requestAnimationFrame(() => back.focus());
  return view;
}

type Say = (key: string, values?: Record<string, unknown>) => string;

/** How the run is, in a sentence. */
function stateOf(run: ScenarioRun | undefined, say: Say): string {
  if (!run) return "";
  const { summary, nodeRed = "", problem = "", cut } = run;
  const { scenarios, failed, ms = 0, blocked = [] } = summary ?? {};
  return [
    say(run.state, { scenarios, failed, seconds: (ms / 1000).toFixed(1), version: nodeRed, problem }),
    blocked.length > 0 ? say("blocked", { targets: blocked.join(", ") }) : "",
    cut > 0 ? say("cut", { cut }) : "",
  ]
    .filter(Boolean)
    .join(" ");
}

function rowOf({ name, ms, faults }: ScenarioResult, say: Say): HTMLElement {
  const isPassed = faults.length === 0;
  const label = say(isPassed ? "passed" : "not-passed");
  return element(
    "li",
    { class: `cc-recorder-test ${isPassed ? "cc-recorder-passed" : "cc-recorder-failed"}` },
    element(
      "span",
      { class: "cc-recorder-mark", role: "img", "aria-label": label, title: label },
      isPassed ? "✓" : "✗",
    ),
    element("span", {}, name),
    element("span", { class: "cc-recorder-time" }, milliseconds(ms)),
    ...faults.map((fault) => faultOf(fault, say)),
  );
}

/** What was not as expected; a button where it leads to a node. */
function faultOf({ text, node }: ScenarioFault, say: Say): HTMLElement {
  const target = node === undefined ? undefined : nodeOf({ node });
  if (!target) return element("span", { class: "cc-recorder-fault" }, text);
  const made = element("button", { class: "cc-recorder-fault", type: "button", title: say("show") }, text);
  made.addEventListener("click", () => editor.view.reveal(target.id, true));
  return made;
}

/** What a request that failed says: its own sentence, where it has one. */
function failureOf(error: unknown, words: Words): string {
  const { status = 0, responseJSON } = error as { status?: number; responseJSON?: { message?: string } };
  if (status === 401 || status === 403) return words("recorder.scenarios.forbidden");
  return responseJSON?.message ?? words("recorder.sidebar.unreachable");
}
