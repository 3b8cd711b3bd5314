/**
 * A recorded run as a scenario: what came in, what nodes that reach outside answered, and what came of it. Pure.
 * `resources/scenario.schema.json` says what a scenario is.
 */
import { withoutCredentials } from "./credentials.js";
import { type Asked, hasBuffer, type Texts, valuesOf } from "./keeping.js";
import {
  type ConfiguredNode,
  type KeptRun,
  type KeptStep,
  nodeOf,
  NotKeptError,
  type NotKeptReason,
} from "./kept-run.js";
import { type Fields, REPLAYED, type ScenarioStep } from "./scenario-steps.js";
import { readsNow } from "./context-reads.js";
import { labelOf, nameOf } from "./node-names.js";
import { beforeHidden, withHidden, withoutHidden } from "./hidden.js";
import type { OutsideAnswer } from "./stand-in.js";
import { isOutside } from "./tables.js";

/** Variables that a test sets for itself: what they were is a part of the run where the flow names them. */
const SET_BY_TESTS = ["CC_NODE_RED_URL", "CC_ACTIVE"];

/** What surrounds a flow. */
export interface Around {
  /** Variables of the process. */
  environment?: Readonly<Record<string, string | undefined>>;
  /** Values of contexts that the flow reads. */
  context?: GivenContext;
}

/** Values of contexts, as a scenario gives them. */
export interface GivenContext {
  global?: Fields;
  flow?: Fields;
}

/** A scenario without its name. */
export interface KeptScenario {
  given?: {
    now?: string;
    environment?: Record<string, string>;
    context?: GivenContext;
    answers?: Record<string, OutsideAnswer | OutsideAnswer[]>;
  };
  steps: ScenarioStep[];
  expect?: { messages?: Record<string, Fields[]>; errors?: string[] };
}

/**
 * The runs that a scenario of a run plays: those of its call that led to it, as far as they are recorded, and the run itself.
 * @param chain earlier runs of the same call, in order, and last the run itself
 * @param flows the flow as it is deployed
 */
export function playedRuns(chain: readonly KeptRun[], flows: readonly ConfiguredNode[]): KeptRun[] {
  const nodeOfRun = ({ node }: KeptRun): ConfiguredNode | undefined => flows.find(({ id }) => id === node);
  const runs = chain.slice(-1);
  const own = runs[0] && nodeOfRun(runs[0]);
  const { follows } = REPLAYED[own?.type ?? ""] ?? {};
  for (const earlier of chain.slice(0, -1).toReversed()) {
    const node = nodeOfRun(earlier);
    if (!own || node?.type !== earlier.type || whyNot(earlier)) break;
    if (follows?.(node, own) === true) runs.unshift(earlier);
  }
  return runs;
}

/** Why a run cannot be played again; undefined where it can. */
function whyNot({ outcome, reason, again, cut }: KeptRun): NotKeptReason | undefined {
  if (outcome === "open" || outcome === "gone" || outcome === "refused") return outcome;
  if (!again) return "not-kept";
  if (cut > 0) return "cut";
  return reason === "closed" ? reason : undefined;
}

/**
 * Makes a scenario of a run.
 * @param chain see {@link playedRuns}
 * @param flows the flow as it is deployed
 * @throws NotKeptError
 */
export function scenarioOf(
  chain: readonly KeptRun[],
  flows: readonly ConfiguredNode[],
  { environment = {}, context = {} }: Around = {},
): KeptScenario {
  const run = chain.at(-1) as KeptRun;
  const node = flows.find(({ id }) => id === run.node);
  if (!node) throw new NotKeptError(nodeOf(run.node, flows) ? "subflow" : "node");
  const why = whyNot(run);
  if (why) throw new NotKeptError(why);
  const replayed = REPLAYED[node.type];
  if (!replayed) throw new NotKeptError("type");
  if (node.type !== run.type) throw new NotKeptError("other-type");
  const { isEvent = false } = replayed;
  const runs = playedRuns(chain, flows);
  const [{ session = {} } = {}] = (runs[0]?.again?.messages ?? []) as { session?: object }[];
  // What earlier layers have left there cannot be made again.
  if (Object.keys(session).length > 0) throw new NotKeptError("session");
  const steps = runs.flatMap((each) => replayed.steps(each, nameOf(nodeOf(each.node, flows) ?? node, flows)));
  const answers = answersOf(runs, flows);
  const messages = isEvent ? messagesOf(runs, flows) : {};
  if (isEvent && Object.keys(messages).length === 0) throw new NotKeptError("nothing");
  const errors = runs.flatMap((each) => errorsOf(each, flows));
  const expect = {
    ...(isEvent && { messages }),
    ...(errors.length > 0 && { errors }),
  };
  const text = JSON.stringify(flows);
  const named = SET_BY_TESTS.filter((name) => text.includes(name)).map((name) => [name, environment[name] ?? ""]);
  const isTimed = nodesOf(runs, flows).some(readsNow);
  const given = {
    ...(isTimed && { now: new Date(run.at).toISOString() }),
    ...(Object.keys(context).length > 0 && { context: withHidden(context) as GivenContext }),
    ...(named.length > 0 && { environment: Object.fromEntries(named) as Record<string, string> }),
    ...(Object.keys(answers).length > 0 && { answers }),
  };
  return {
    ...(Object.keys(given).length > 0 && { given }),
    steps,
    ...(Object.keys(expect).length > 0 && { expect }),
  };
}

/** The nodes that runs passed, each once. */
export function nodesOf(runs: readonly KeptRun[], flows: readonly ConfiguredNode[]): ConfiguredNode[] {
  const passed = runs.flatMap(({ steps }) => steps.flatMap(({ node }) => nodeOf(node, flows) ?? []));
  return [...new Set(passed)];
}

/** What each node outside did, by its name. */
function answersOf(
  runs: readonly KeptRun[],
  flows: readonly ConfiguredNode[],
): Record<string, OutsideAnswer | OutsideAnswer[]> {
  const lists: Record<string, OutsideAnswer[]> = {};
  for (const run of runs) {
    const isLate = run.reason === "deadline";
    for (const { step, node, asked } of askedOf(run, flows)) {
      const name = labelOf(node);
      if (step.standIn === "missing") throw new NotKeptError("not-asked", { node: name });
      if (!isOutside(node.type)) continue;
      (lists[nameOf(node, flows)] ??= []).push(answerOf(asked, name, isLate));
    }
  }
  return Object.fromEntries(
    Object.entries(lists).map(([name, list]) => [name, list.length === 1 ? (list[0] as OutsideAnswer) : list]),
  );
}

/** @param isLate the caller was not answered in time: how long it took is part of it */
function answerOf({ sent, error, isIncomplete }: Asked, node: string, isLate: boolean): OutsideAnswer {
  if (isIncomplete) throw new NotKeptError("unwritable", { node });
  if (sent.length > 1) throw new NotKeptError("several", { node });
  const [message] = sent;
  const afterMs = Math.ceil(message?.afterMs ?? error?.afterMs ?? 0);
  return {
    ...(message && { message: withHidden(written(message.changed, node)) as Fields }),
    ...(message && message.port > 0 && { output: message.port + 1 }),
    ...(error && { error: withoutCredentials(error.message) }),
    ...(error?.code !== undefined && { code: error.code }),
    ...(isLate && (message || error) && { afterMs }),
  };
}

/** The messages that came to nodes outside, and where the way ended. */
function messagesOf(runs: readonly KeptRun[], flows: readonly ConfiguredNode[]): Record<string, Fields[]> {
  const lists: Record<string, Fields[]> = {};
  for (const { node, asked } of runs.flatMap((run) => askedOf(run, flows))) {
    if (!asked.arrived) throw new NotKeptError("unwritable", { node: labelOf(node) });
    const expected = new Map([...asked.arrived].filter(([name]) => name === "payload" || name === "topic"));
    (lists[nameOf(node, flows)] ??= []).push(withoutHidden(written(expected, labelOf(node))) as Fields);
  }
  return lists;
}

/** In the order in which they were asked. */
function askedOf(
  { steps }: KeptRun,
  flows: readonly ConfiguredNode[],
): { step: KeptStep; node: ConfiguredNode; asked: Asked }[] {
  return steps
    .flatMap((step) => {
      const node = step.asked && nodeOf(step.node, flows);
      if (step.asked && !node) throw new NotKeptError("node");
      return node && step.asked ? [{ step, node, asked: step.asked }] : [];
    })
    .toSorted((one, other) => one.asked.at - other.asked.at);
}

/** Errors that no Catch node took. */
function errorsOf({ steps }: KeptRun, flows: readonly ConfiguredNode[]): string[] {
  const caught = new Set(steps.filter(({ node }) => nodeOf(node, flows)?.type === "catch").map(({ from }) => from));
  return steps.flatMap((step) => (step.failure === undefined || caught.has(step) ? [] : [beforeHidden(step.failure)]));
}

function written(texts: Texts, node: string): Fields {
  if (hasBuffer(texts)) throw new NotKeptError("unwritable", { node });
  return valuesOf(texts);
}
