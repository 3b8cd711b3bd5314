/** The steps of a scenario: each is done by the simulator's own caller, as the console's buttons do it. */
import { request as sendRequest, type RequestOptions } from "node:http";
import { text as readText } from "node:stream/consumers";
import type { Exchange, Step as CallStep } from "../caller/conversation.js";
import { isCalled } from "../../lib/recorder/node-names.js";
import { sendInPlace } from "../../lib/recorder/stand-in.js";
import { catalogueName } from "../../lib/rte/tables.js";
import { sample } from "../rte/samples.js";
import type { Simulator } from "../simulator.js";
import type { CtiSimulator } from "../cti/simulator.js";
import type { RteSimulator } from "../rte/simulator.js";
import type { SmartRoutingSimulator } from "../smartrouting/simulator.js";
import { startVoicenterSimulator } from "../voicenter/simulator.js";
import type { Phase } from "../voicenter/state.js";
import type { WebitelSimulator } from "../webitel/simulator.js";
import type {
  ActionStep,
  FlowNode,
  LookupStep,
  RequestStep,
  RingStep,
  RteStep,
  SendStep,
  Step,
  WalkStep,
} from "./model.js";
import type { RunningNode, TestNodeRed } from "./node-red.js";
import { wordsOfNode } from "./observer.js";
import { TEST_SECRET, WEBHOOK_TYPES } from "./prepare.js";

/** Where a scenario plays. */
export interface Stage {
  red: TestNodeRed;
  /** The flow as it runs. */
  flows: readonly FlowNode[];
  smartrouting: SmartRoutingSimulator;
  rte: RteSimulator | undefined;
  cti: CtiSimulator | undefined;
  webitel: WebitelSimulator;
}

/** What a step brought; what it cannot bring is left out. */
export interface Outcome {
  status?: number | undefined;
  /** JSON as data, other text as text; null without a body. */
  answer?: unknown;
  ms?: number;
  /** What happened to the call, in the simulator's words. */
  route?: string;
  layer?: number | undefined;
  layers?: readonly number[];
  hears?: readonly string[];
  hangsUp?: boolean;
  /** The webhook was not reached, or refused the request. */
  failure?: string;
  /** One of the pack's nodes answered: it may have done so by itself. */
  mayFallBack?: true;
}

/** Longest time until the flow has subscribed what it subscribes, in milliseconds. */
const SUBSCRIBED_MS = 5000;
const MOST_DIGITS = 50;
/** Nodes behind which somebody waits for the flow's answer. */
const CALL_TYPES: ReadonlySet<string> = new Set(["smartrouting-in", "voicenter-layer-in", "webitel-lookup-in"]);

/** How each step is done. What it throws is a sentence for the result. */
const STEPS: {
  [kind in Exclude<keyof Step, "expect">]: (stage: Stage, input: NonNullable<Step[kind]>) => Promise<Outcome>;
} = {
  ring,
  walk,
  lookup,
  request,
  rte,
  cti,
  webitel,
  press,
  send,
};
/** Names of the steps. */
export const STEP_KINDS = Object.keys(STEPS) as (keyof typeof STEPS)[];

/** Does a step. @throws Error with a sentence for the result */
export function doStep(stage: Stage, step: Step): Promise<Outcome> {
  const kind = STEP_KINDS.find((each) => step[each] !== undefined) as keyof typeof STEPS;
  return (STEPS[kind] as (stage: Stage, input: unknown) => Promise<Outcome>)(stage, step[kind]);
}

async function ring(stage: Stage, { node, ...input }: RingStep): Promise<Outcome> {
  const call = await stage.smartrouting.ring({ ...input, url: addressOf(stage, "smartrouting-in", node) });
  return { ...callOutcome(call.conversation().steps), hangsUp: call.ended };
}

async function walk(stage: Stage, input: WalkStep): Promise<Outcome> {
  const { node, from = "", did = "0720000000", start = 1, asks = [start], digits = [], phone = "unanswered" } = input;
  const url = addressOf(stage, "voicenter-layer-in", node);
  const { fallbackLayer } = find(stage.flows, "voicenter-layer-in", node);
  const fallback = typeof fallbackLayer === "string" && fallbackLayer !== "" ? { fallback: Number(fallbackLayer) } : {};
  const plain = { name: "", announcement: "", delay: 1, ending: "queue", target: "" } as const;
  const layers = asks.map((id) => ({ ...plain, id, url, digits: MOST_DIGITS, ...fallback }));
  const simulator = await startVoicenterSimulator({
    ivrs: [{ did, name: "", start, layers, rests: true }],
    secondMs: 1,
  });
  const typed = [...digits];
  let handled: Phase | undefined;
  const call = simulator.ring({ did, from });
  await new Promise<void>((resolve) => {
    const go = (): void => {
      const { phase } = call.conversation();
      if (phase === handled) return;
      const isNew = phase.kind !== handled?.kind || phase.kind !== "listening" || phase.typed === "";
      handled = phase;
      if (phase.kind === "ended") resolve();
      if (!isNew) return;
      if (phase.kind === "listening") for (const key of typed.shift() ?? "") call.press(key);
      else if (phase.kind === "dialing") {
        const target = phase.targets[0]?.target ?? "";
        // The phone rings first: who waits for it begins to wait after this.
        setImmediate(() => call.dialResult(phone === "answers" ? { kind: "answered", target } : { kind: phone }));
      } else if (phase.kind === "talking") setImmediate(() => call.hangUp());
      else if (phase.kind === "queue") resolve();
    };
    simulator.onChange(go);
    go();
  });
  const { steps } = call.conversation();
  await simulator.close();
  if (typed.length > 0)
    throw new Error(`the call ended in layer ${call.layers.at(-1)}, and ${JSON.stringify(typed)} was not typed`);
  return { ...callOutcome(steps), layer: call.layers.at(-1), layers: call.layers };
}

/** What a call's steps tell. */
function callOutcome(steps: readonly CallStep[]): Outcome {
  const exchanges = steps.flatMap(({ exchange }) => exchange ?? []);
  const last = exchanges.at(-1);
  const failed = exchanges.find(({ answer }) => answer?.status !== 200 && answer?.status !== 204);
  const hears = steps
    .map(({ title }) => /^the caller hears: (.*)$/s.exec(title)?.[1])
    .filter((text) => text !== undefined);
  return {
    status: last?.answer?.status,
    answer: bodyOf(last?.answer?.body ?? ""),
    ms: Math.max(0, ...exchanges.map(({ ms = 0 }) => ms)),
    route: steps.map(({ title }) => title).join("; "),
    hears,
    mayFallBack: true,
    ...(failed && { failure: failureOf(failed) }),
  };
}

function failureOf({ answer, failure }: Exchange): string {
  return answer === undefined ? `no answer came (${failure})` : `it answered ${answer.status}: ${answer.body}`;
}

function bodyOf(text: string): unknown {
  if (text === "") return null;
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return text;
  }
}

async function lookup(stage: Stage, { node, cid = "", query = {} }: LookupStep): Promise<Outcome> {
  const address = new URL(addressOf(stage, "webitel-lookup-in", node));
  append(address, query);
  const url = address.href;
  const { status, ms, body } = (await pressButton(stage.webitel, "lookup", { cid, url })) as {
    status: number;
    ms: number;
    body: unknown;
  };
  const failure = status === 200 ? {} : { failure: `it answered ${status}: ${JSON.stringify(body)}` };
  return { status, ms, answer: body, mayFallBack: true, ...failure };
}

async function request(stage: Stage, input: RequestStep): Promise<Outcome> {
  const { node, path = "", query = {}, headers = {}, body } = input;
  const { method = body === undefined ? "GET" : "POST" } = input;
  const type = node === undefined ? "" : find(stage.flows, undefined, node).type;
  if (node !== undefined && !WEBHOOK_TYPES.includes(type))
    throw new Error(`“${node}” (${type}) receives no requests: name one of ${WEBHOOK_TYPES.join(", ")}, or a path`);
  const address = new URL(node === undefined ? path : addressOf(stage, type, node), stage.red.url);
  append(address, query);
  const started = performance.now();
  const isText = typeof body === "string";
  const text = body === undefined || isText ? body : JSON.stringify(body);
  const answer = await exchange(address, text, {
    method,
    agent: false,
    headers: {
      ...(text !== undefined && !isText && { "content-type": "application/json" }),
      ...headers,
      ...(text !== undefined && { "content-length": Buffer.byteLength(text) }),
    },
    // The pack's nodes answer in any case, each at its own deadline.
    ...(node === undefined && { signal: AbortSignal.timeout(SUBSCRIBED_MS) }),
  });
  const isWrong = node !== undefined && answer.status !== 200 && answer.status !== 204;
  return {
    status: answer.status,
    answer: bodyOf(answer.text),
    ms: Math.round(performance.now() - started),
    ...(CALL_TYPES.has(type) && { mayFallBack: true }),
    ...(isWrong && { failure: `it answered ${answer.status}: ${answer.text}` }),
  };
}

/** Sends a request with these headers and no more: a flow sees them. */
function exchange(
  address: URL,
  body: string | undefined,
  options: RequestOptions,
): Promise<{ status: number; text: string }> {
  return new Promise((resolve, reject) => {
    const sent = sendRequest(address, options, (response) => {
      readText(response).then((text) => resolve({ status: response.statusCode ?? 0, text }), reject);
    });
    sent.on("error", reject).end(body);
  });
}

function append(address: URL, query: NonNullable<RequestStep["query"]>): void {
  for (const [name, value] of Object.entries(query))
    for (const each of [value].flat()) address.searchParams.append(name, each);
}

async function rte({ rte: hub }: Stage, { event, entityId, data }: RteStep): Promise<Outcome> {
  if (!hub) throw new Error("the flow has no rte-connection");
  const known = catalogueName(event);
  if (known === undefined) throw new Error(`the catalogue has no event “${event}”`);
  const content = { ...sample(known), ...data };
  await until(`somebody who has subscribed ${event}`, () => hub.emit(known, entityId, content) > 0);
  return {};
}

async function cti({ cti: broker, flows }: Stage, { do: action, ...input }: ActionStep): Promise<Outcome> {
  if (!broker) throw new Error("the flow has no cti-broker");
  if (flows.some(({ type, d }) => type === "cti-subscribe" && d !== true))
    await until("the subscriptions", () => broker.state().subscriptions.length > 0);
  await pressButton(broker, action, input);
  return {};
}

async function webitel(stage: Stage, { do: action, ...input }: ActionStep): Promise<Outcome> {
  const url = stage.flows.some(({ type }) => type === "webitel-event-in")
    ? { url: addressOf(stage, "webitel-event-in", undefined) }
    : {};
  await pressButton(stage.webitel, action, { ...url, ...input });
  return {};
}

/** Presses a button of a simulator's panel. */
async function pressButton(
  { actions, name }: Simulator,
  action: string,
  input: Record<string, unknown>,
): Promise<unknown> {
  const run = Object.hasOwn(actions, action) ? actions[action] : undefined;
  if (!run)
    throw new Error(`the simulator of ${name} cannot do “${action}”. It can do ${Object.keys(actions).join(", ")}`);
  return run(input);
}

function press(stage: Stage, name: string): Promise<Outcome> {
  running(stage, find(stage.flows, "inject", name)).receive({});
  return Promise.resolve({});
}

function send(stage: Stage, { to, from, output = 1, message = {} }: SendStep): Promise<Outcome> {
  const node = running(stage, find(stage.flows, undefined, to ?? from));
  const sent = structuredClone(message);
  if (to === undefined) sendInPlace(node, sent, output);
  else node.receive(sent);
  return Promise.resolve({});
}

function running({ red }: Stage, node: FlowNode): RunningNode {
  const found = red.runtime.nodes.getNode(node.id);
  if (!found) throw new Error(`${wordsOfNode(node)} does not run: it is disabled, or within a subflow`);
  return found;
}

/** The webhook of one of the pack's nodes, with what opens it. */
function addressOf({ red, flows }: Stage, type: string, name: string | undefined): string {
  const path = find(flows, type, name).url ?? "";
  return `${red.url}/${path.replace(/^\/|\/$/g, "")}/${TEST_SECRET}`;
}

/**
 * The one node that is meant.
 * @param type of the node; undefined for any
 * @param name or id; undefined for the only one of the type
 */
function find(flows: readonly FlowNode[], type: string | undefined, name: string | undefined): FlowNode {
  const known = flows.filter((node) => (type === undefined || node.type === type) && node.d !== true);
  const found = name === undefined ? known : known.filter((node) => isCalled(node, name));
  if (found.length === 1) return found[0] as FlowNode;
  const kind = type === undefined ? "node" : `${type} node`;
  if (name === undefined && found.length === 0) throw new Error(`the flow has no ${kind}`);
  if (found.length > 1)
    throw new Error(`${found.length} nodes are meant: name one by its id, ${found.map(({ id }) => id).join(" or ")}`);
  const names = known.map((node) => node.name ?? "").filter((each) => each !== "");
  throw new Error(
    `no ${kind} has the name or id “${name}”${type === undefined ? "" : `. There are ${names.map((each) => `“${each}”`).join(", ")}`}`,
  );
}

async function until(what: string, isSo: () => boolean): Promise<void> {
  const end = performance.now() + SUBSCRIBED_MS;
  while (!isSo()) {
    if (performance.now() > end) throw new Error(`after ${SUBSCRIBED_MS / 1000} s there is not: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
