/**
 * Sees the messages of a flow by Node-RED's message hooks, and answers in the place of nodes that reach outside. Such a
 * node without a given answer gets no message: the scenario fails.
 */
import { isCalled, labelOf, type NamedNode } from "../../lib/recorder/node-names.js";
import { failInPlace, type OutsideAnswer, sendInPlace } from "../../lib/recorder/stand-in.js";
import type { Given } from "./model.js";
import type { Fence } from "./network.js";
import { raiseFence } from "./network.js";
import type { LogEntry, ReceiveEvent, RunningNode, SendEvent, TestNodeRed } from "./node-red.js";
import { WEBHOOK_TYPES } from "./prepare.js";
import { guardProcess, type ProcessGuard, wordsOf } from "./process-guard.js";

/** Core's nodes that reach beyond Node-RED. Others are known by a given answer, or by the fence around the process. */
const OUTSIDE_TYPES = new Set([
  ...["http request", "mqtt out", "tcp out", "tcp request", "udp out", "websocket out"],
  ...["exec", "file", "file in", "e-mail"],
]);
const ERROR_LEVEL = 20;
/** Nothing has happened for so many turns of the event loop, with a pause before each: the flow rests. */
const QUIET_TURNS = 4;
const PAUSE_MS = 2;

/** What is observed of one scenario. */
interface Watch {
  given: Given;
  /** Messages by the name or id under which somebody asks for them. */
  messages: ReadonlyMap<string, unknown[]>;
  /** How often each given answer was used. */
  used: Map<string, number>;
  /** What makes the scenario fail whatever it expects. */
  faults: Set<string>;
  /** What was logged as an error. */
  errors: string[];
}

/** The observer of one Node-RED. */
export class Observer {
  private watch: Watch | undefined;
  /** How much has happened. */
  private activity = 0;
  private pending = 0;
  private readonly fence: Fence;
  private readonly guard: ProcessGuard;
  /** What went wrong while no scenario was observed. */
  private readonly strays = new Set<string>();
  /** What was asked for outside, and by no message of a scenario. */
  readonly blocked = new Set<string>();

  constructor(red: TestNodeRed) {
    this.fence = raiseFence((target, node) => {
      if (node === undefined) this.blocked.add(target);
      else
        this.watch?.faults.add(
          `${node} asked ${target}, which is outside: nothing leaves this machine. Give its answer in given.answers.`,
        );
    });
    this.guard = guardProcess((what) =>
      this.fault(`${this.fence.worker.getStore() ?? "A package or function"} ${what}`),
    );
    this.letThrough(red.url);
    red.onLog = (entry) => this.log(entry);
    const { hooks } = red.runtime;
    hooks.add("onReceive.contact-center-test", (event: ReceiveEvent) => this.receive(event));
    hooks.add("onSend.contact-center-test", (events: SendEvent[]) => this.send(events));
    hooks.add("onComplete.contact-center-test", () => this.touch());
  }

  /** A server on loopback that the test started. */
  letThrough(url: string): void {
    this.fence.ports.add(Number(new URL(url).port));
  }

  /** Observes a scenario from now on. @param asked names or ids of the nodes whose messages are kept */
  begin(given: Given, asked: readonly string[]): Watch {
    this.watch = {
      given,
      messages: new Map(asked.map((name) => [name, []])),
      used: new Map(),
      // The flow has been started already.
      faults: new Set(this.strayFaults()),
      errors: [],
    };
    this.pending = 0;
    this.touch();
    return this.watch;
  }

  /** Observes nothing. */
  end(): void {
    this.watch = undefined;
  }

  /** Runs what is the fault of no node until one gets a message. */
  ofNobody<T>(work: () => T): T {
    return this.fence.worker.exit(work);
  }

  /** What went wrong since the last scenario ended; told once. */
  strayFaults(): string[] {
    const faults = [...this.strays];
    this.strays.clear();
    return faults;
  }

  /** Waits until nothing has happened for a moment, not longer than the milliseconds. */
  async quiet(limitMs: number): Promise<void> {
    const until = performance.now() + limitMs;
    for (let turns = 0; turns < QUIET_TURNS && performance.now() < until; turns++) {
      const before = this.activity;
      await turn();
      if (this.pending > 0 || this.activity !== before) turns = -1;
    }
  }

  /** Waits until something happens, not longer than the milliseconds. */
  async moves(limitMs: number): Promise<void> {
    const before = this.activity;
    const until = performance.now() + limitMs;
    while (performance.now() < until && this.activity === before)
      await new Promise((resolve) => setTimeout(resolve, 2));
  }

  /** Takes fence and guard down. */
  close(): void {
    this.end();
    this.guard.close();
    this.fence.close();
  }

  private fault(text: string): void {
    this.touch();
    (this.watch?.faults ?? this.strays).add(text);
  }

  private touch(): void {
    this.activity++;
  }

  private log({ level, type, name, id, msg }: LogEntry): void {
    if (level > ERROR_LEVEL) return;
    const text = wordsOf(msg);
    this.touch();
    this.watch?.errors.push(
      type === undefined ? text : `${wordsOfNode({ id: id ?? "", type, name: name ?? "" })}: ${text}`,
    );
  }

  private send(events: readonly SendEvent[]): void {
    this.touch();
    const now = this.watch?.given.now;
    if (now === undefined) return;
    for (const { msg, source } of events)
      if (WEBHOOK_TYPES.includes(source.node.type)) msg["now"] = structuredClone(now);
  }

  /** @returns false to keep the message from the node */
  private receive({ msg, destination: { node } }: ReceiveEvent): false | void {
    this.touch();
    this.fence.worker.enterWith(wordsOfNode(node));
    const { watch } = this;
    const isOutside = OUTSIDE_TYPES.has(node.type);
    if (!watch) return isOutside ? false : undefined;
    for (const [name, messages] of watch.messages) if (isCalled(node, name)) messages.push(plain(msg));
    const key = Object.keys(watch.given.answers ?? {}).find((name) => isCalled(node, name));
    const answers = [watch.given.answers?.[key ?? ""] ?? []].flat() as readonly OutsideAnswer[];
    const used = watch.used.get(key ?? "") ?? 0;
    const answer = Array.isArray(watch.given.answers?.[key ?? ""]) ? answers[used] : answers[0];
    if (key === undefined && !isOutside) return;
    if (key !== undefined) watch.used.set(key, used + 1);
    if (answer) void this.answer(watch, node, msg, answer);
    else if (key === undefined)
      watch.faults.add(
        `${wordsOfNode(node)} reaches outside. Give its answer in given.answers, by the node's name or id.`,
      );
    else watch.faults.add(`${wordsOfNode(node)} was asked ${used + 1} times, and given.answers has ${used} for it.`);
    return false;
  }

  private async answer(
    watch: Watch,
    node: RunningNode,
    msg: Record<string, unknown>,
    { message, output, error, code, afterMs = 0 }: OutsideAnswer,
  ): Promise<void> {
    this.pending++;
    await new Promise((resolve) => (afterMs > 0 ? setTimeout(resolve, afterMs) : setImmediate(resolve)));
    if (this.watch !== watch) return;
    this.pending--;
    this.touch();
    if (error !== undefined) failInPlace(node, msg, error, code);
    if (message) {
      const sent = Object.assign(error === undefined ? msg : { ...msg }, structuredClone(message));
      delete (sent as { error?: unknown }).error;
      sendInPlace(node, sent, output);
    }
    if (error === undefined) node._complete?.(msg);
  }
}

/** A pause, after which what was about to be delivered has been: messages wait for the end of a turn. */
async function turn(): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
  await new Promise((resolve) => setImmediate(resolve));
}

/** A node in words. */
export function wordsOfNode(node: NamedNode & { type: string }): string {
  return `“${labelOf(node)}” (${node.type})`;
}

/** A message as plain data. The request of an `http in` node is no data. */
function plain(message: Record<string, unknown>): unknown {
  const above: object[] = [];
  const keep = function (this: object, name: string, value: unknown): unknown {
    if (value === null || typeof value !== "object") return value;
    if (name === "res" || (name === "req" && "socket" in value)) return undefined;
    while (above.length > 0 && above.at(-1) !== this) above.pop();
    // What is within itself cannot be written.
    if (above.includes(value)) return undefined;
    above.push(value);
    return value;
  };
  return JSON.parse(JSON.stringify(message, keep)) as unknown;
}
