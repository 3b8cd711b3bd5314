/** Runs scenarios one after the other, each on a flow that was started for it alone. */
import { withoutCredentials } from "../../lib/recorder/credentials.js";
import { isCalled } from "../../lib/recorder/node-names.js";
import { type CtiSimulator, startCtiSimulator } from "../cti/simulator.js";
import { type RteSimulator, startRteSimulator } from "../rte/simulator.js";
import { startSmartRoutingSimulator, type SmartRoutingSimulator } from "../smartrouting/simulator.js";
import { startWebitelSimulator, type WebitelSimulator } from "../webitel/simulator.js";
import { differences } from "./compare.js";
import type { Expectation, FlowNode, Given, Result, Scenario, Step, Values } from "./model.js";
import { RUNS_PATH, startNodeRed, type TestNodeRed } from "./node-red.js";
import { Observer } from "./observer.js";
import { CONNECTION_TYPES, prepareFlows } from "./prepare.js";
import { doStep, type Outcome, type Stage, STEP_KINDS } from "./steps.js";
import { errorFaults, type RecordedRun, stepFaults } from "./verdict.js";

/** How long a flow may go on before what is expected in the end is missing, in milliseconds. */
const END_MS = 5000;
/** How long the next step waits for a flow that goes on, in milliseconds. */
const STEP_MS = 500;
/** How long an event may take until the flow has it, in milliseconds: one of RTE comes over a socket. */
const RTE_MS = 2000;
/** The same at the CTI Broker, where not everything that happens is an event. */
const CTI_MS = 300;

/** Runs scenarios in one Node-RED. */
export interface Runner {
  readonly version: string;
  run(flows: readonly FlowNode[], file: string, scenario: Scenario, given: Given): Promise<Result>;
  /** What was asked for outside by no message of a scenario. */
  blocked(): string[];
  /** What went wrong after the last scenario. */
  strayFaults(): string[];
  close(): Promise<void>;
}

/** Starts Node-RED. @param main of the package `node-red` */
export async function startRunner(main: string, userDir: string): Promise<Runner> {
  const red = await startNodeRed(main, userDir);
  const observer = new Observer(red);
  const smartrouting = await startSmartRoutingSimulator();
  const seenRuns = new Set<string>();
  // The recorder starts beside Node-RED, and answers when it records.
  await newRuns(red, seenRuns);
  return {
    version: red.version,
    async run(flows, file, scenario, given) {
      const started = performance.now();
      const tools: Tools = { red, observer, smartrouting, seenRuns, answeredBy: undefined };
      const faults = await observer
        .ofNobody(() => play(tools, flows, scenario, given))
        .catch((error: unknown) => [withoutCredentials((error as Error).message)]);
      observer.end();
      const { answeredBy } = tools;
      const ms = Math.round(performance.now() - started);
      return { file, name: scenario.name, ms, faults, ...(answeredBy !== undefined && { answeredBy }) };
    },
    blocked: () => [...observer.blocked],
    strayFaults: () => observer.strayFaults().map(withoutCredentials),
    async close() {
      observer.close();
      await smartrouting.close();
      await red.close();
    },
  };
}

interface Tools {
  red: TestNodeRed;
  observer: Observer;
  smartrouting: SmartRoutingSimulator;
  /** Ids of the recorder's runs that belong to earlier steps. */
  seenRuns: Set<string>;
  /** Where the run of the last failed step ended. */
  answeredBy: string | undefined;
}

async function play(tools: Tools, flows: readonly FlowNode[], scenario: Scenario, given: Given): Promise<string[]> {
  const { red, observer, smartrouting } = tools;
  const unclear = unclearNodes(flows, given, scenario.expect ?? {});
  if (unclear.length > 0) return unclear;
  const vendors = await startVendors(flows, red.url);
  const env = {
    CC_NODE_RED_URL: red.url,
    CC_ACTIVE: "true",
    ...Object.fromEntries(Object.entries(vendors.urls).map(([name, url]) => [`CC_${name.toUpperCase()}_URL`, url])),
    ...given.environment,
  };
  const before = Object.fromEntries(Object.keys(env).map((name) => [name, process.env[name]]));
  Object.assign(process.env, env);
  try {
    for (const url of Object.values(vendors.urls)) observer.letThrough(url);
    const prepared = prepareFlows(flows, {
      nodeRedUrl: red.url,
      simulators: vendors.urls,
      environment: given.environment ?? {},
    });
    const asked = Object.keys(scenario.expect?.messages ?? {});
    await red.deploy(prepared, given.context ?? {});
    const watch = observer.begin(given, asked);
    const stage: Stage = { red, flows: prepared, smartrouting, ...vendors };
    const faults: string[] = [];
    for (const [at, step] of scenario.steps.entries()) {
      faults.push(
        ...(await playStep(tools, stage, step)).map((line) => `${labelOf(step, at, scenario.steps.length)}${line}`),
      );
    }
    const end = (): string[] => endFaults(scenario.expect ?? {}, watch, stage);
    // What is still missing may come; what came too much does not go.
    const until = performance.now() + END_MS;
    await observer.quiet(END_MS);
    while (end().length > 0 && watch.faults.size === 0 && performance.now() < until) {
      await new Promise((resolve) => setTimeout(resolve, 10));
      await observer.quiet(END_MS);
    }
    return [...watch.faults, ...faults, ...end(), ...errorFaults(scenario.expect?.errors ?? [], watch.errors)];
  } finally {
    observer.end();
    await red.stop();
    await vendors.close();
    for (const [name, value] of Object.entries(before))
      if (value === undefined) delete process.env[name];
      else process.env[name] = value;
  }
}

async function playStep(tools: Tools, stage: Stage, step: Step): Promise<string[]> {
  const { observer, red, seenRuns } = tools;
  let outcome: Outcome;
  try {
    outcome = await doStep(stage, step);
  } catch (error) {
    return [(error as Error).message];
  }
  const runs = outcome.mayFallBack ? await newRuns(red, seenRuns) : [];
  if (step.rte) await observer.moves(RTE_MS);
  if (step.cti) await observer.moves(CTI_MS);
  if (!outcome.mayFallBack) await observer.quiet(STEP_MS);
  const faults = stepFaults(step.expect ?? {}, outcome, runs);
  const [run] = runs;
  if (faults.length > 0 && run) tools.answeredBy = (await stepsOf(red, run.id)).at(-1)?.node;
  return faults;
}

/** The recorder's runs since it was last asked. */
async function newRuns(red: TestNodeRed, seen: Set<string>): Promise<RecordedRun[]> {
  const { runs } = (await (await fetch(red.url + RUNS_PATH)).json()) as { runs: RecordedRun[] };
  const added = runs.filter(({ id }) => !seen.has(id));
  for (const { id } of added) seen.add(id);
  return added;
}

/** The nodes along which a run went. */
async function stepsOf(red: TestNodeRed, id: string): Promise<{ node: string }[]> {
  const { steps = [] } = (await (await fetch(`${red.url}${RUNS_PATH}/${id}`)).json()) as { steps?: { node: string }[] };
  return steps;
}

/** What is true in the end, or what is not. */
function endFaults(expected: Expectation, watch: ReturnType<Observer["begin"]>, stage: Stage): string[] {
  const { messages = {}, vendors = {}, context = {} } = expected;
  const simulators: Record<string, { state(): unknown } | undefined> = {
    rte: stage.rte,
    cti: stage.cti,
    webitel: stage.webitel,
  };
  const value = (scope: string, key: string): unknown => stage.red.contextValue(scope, key);
  const tabs = stage.flows.filter(({ type }) => type === "tab").map(({ id }) => id);
  const inTab = (key: string): unknown => tabs.map((tab) => value(tab, key)).find((each) => each !== undefined);
  const compared = (values: Values, read: (key: string) => unknown, place: string): string[] =>
    Object.entries(values).flatMap(([key, each]) => differences(each, plainOf(read(key)), false, `${place}.${key}`));
  return [
    ...Object.entries(messages).flatMap(([name, list]) =>
      differences(list, watch.messages.get(name), false, `messages at “${name}”`),
    ),
    ...compared(vendors, (name) => simulators[name]?.state(), "vendors"),
    ...compared(context.global ?? {}, (key) => value("global", key), "global"),
    ...compared(context.flow ?? {}, inTab, "flow"),
  ];
}

function plainOf(value: unknown): unknown {
  return value === undefined ? undefined : (JSON.parse(JSON.stringify(value)) as unknown);
}

/** A line for each name or id that no node has, since a test of nothing would pass, and for each that does not say which. */
function unclearNodes(flows: readonly FlowNode[], { answers = {} }: Given, { messages = {} }: Expectation): string[] {
  const meant = (name: string): FlowNode[] => flows.filter((node) => isCalled(node, name));
  const unknown = (place: string, names: string[]): string[] =>
    names.filter((name) => meant(name).length === 0).map((name) => `${place}: no node has the name or id “${name}”`);
  const several = Object.keys(messages).filter((name) => meant(name).length > 1);
  return [
    ...unknown("given.answers", Object.keys(answers)),
    ...unknown("expect.messages", Object.keys(messages)),
    ...several.map((name) => {
      const ids = meant(name).map(({ id }) => id);
      return `expect.messages: ${ids.length} nodes are called “${name}”: name one by its id, ${ids.join(" or ")}`;
    }),
  ];
}

/** A step in words; blank where there is one alone. */
function labelOf(step: Step, at: number, count: number): string {
  return count === 1 ? "" : `step ${at + 1} (${STEP_KINDS.find((kind) => step[kind] !== undefined)}): `;
}

/** The simulators of the vendors that the flow calls, and the one of Webitel, which asks too. */
async function startVendors(
  flows: readonly FlowNode[],
  nodeRedUrl: string,
): Promise<{
  rte: RteSimulator | undefined;
  cti: CtiSimulator | undefined;
  webitel: WebitelSimulator;
  urls: Partial<Record<"rte" | "cti" | "webitel", string>>;
  close(): Promise<void>;
}> {
  const types: Readonly<Record<string, string>> = CONNECTION_TYPES;
  const called = new Set(flows.map(({ type }) => types[type]));
  const rte = called.has("rte") ? await startRteSimulator({ play: false }) : undefined;
  const cti = called.has("cti") ? await startCtiSimulator() : undefined;
  const webitel = await startWebitelSimulator({ hooks: { lookupUrl: nodeRedUrl, eventUrl: nodeRedUrl } });
  return {
    rte,
    cti,
    webitel,
    urls: { ...(rte && { rte: rte.url }), ...(cti && { cti: cti.url }), webitel: webitel.url },
    close: async () => void (await Promise.all([rte?.close(), cti?.close(), webitel.close()])),
  };
}
