/** The latest runs, within bounds: 500 runs, 16 MB and 500 steps a run. */
import { randomUUID } from "node:crypto";
import type { Call } from "../core/call.js";
import type { Vendor } from "../core/errors.js";
import type { Asked } from "./keeping.js";
import type { Answer, Outcome, Run, StandIn, Step } from "./model.js";
import type { Replay } from "./replay.js";

/** How many runs are kept. */
export const MAX_RUNS = 500;
const MAX_BYTES = 16_000_000;
const MAX_STEPS = 500;
/** Places of a run's steps in a token; the last one stands for all steps that were left out. */
const PLACES = 512;
const BEYOND = PLACES - 1;
/** The node of a step that was left out: none has this id. */
const NOWHERE = "";
/** What a run with the facts of its call takes, and a step, besides other texts, bytes; measured, and rounded up. */
const RUN_BYTES = 1500;
const STEP_BYTES = 250;

/**
 * A step by its run and its place: a plain number, which a message keeps when it is cloned. A token of a run that is gone
 * belongs to nothing.
 */
export type Token = number;
/** Replays whose messages are known when other runs have taken their place: a flow may still be at work on them. */
const MAX_REPLAYS = 100;
/** The token of messages of a run that is not recorded. */
export const NO_RUN: Token = -1;

/** A step while its run is in memory. */
export interface StepRecord {
  readonly run: RunRecord;
  readonly token: Token;
  /** The `_msgid` of the message. */
  readonly messageId: string | undefined;
  /** A message was sent from here. */
  hasNext: boolean;
  readonly node: string;
  /** Undefined until the message arrives there. */
  flow: string | undefined;
  readonly from: StepRecord | undefined;
  readonly port: number | undefined;
  /** Which call of `send` made it. */
  send: number;
  /** The next step of the same message in the same call of `send`, which goes to another node. */
  sibling: StepRecord | undefined;
  ms: number | undefined;
  isUncertain: boolean;
  message: string | undefined;
  /** At a node that reaches outside, or where an event's way ends, at level `values`: nobody is shown it. */
  asked: Asked | undefined;
  standIn: StandIn | undefined;
  /** What the node reported as an error, without numbers and credentials. */
  error: string | undefined;
  /** The same as it was, at level `values`; nobody is shown it. */
  failure: string | undefined;
}

/** A run in memory. */
export interface RunRecord {
  readonly number: number;
  readonly vendor: Vendor;
  readonly node: string;
  readonly flow: string;
  /** Unix milliseconds. */
  readonly at: number;
  /** As `performance.now()` has it. */
  readonly startedAt: number;
  readonly callId: string | undefined;
  readonly event: string | undefined;
  readonly call: Partial<Call> | undefined;
  received: string | undefined;
  /** What its node needs to receive it again, as JSON; nobody is shown it. */
  again: string | undefined;
  /** The answer as it was; nobody is shown it. */
  sentAnswer: Answer | undefined;
  replay: Replay | undefined;
  outcome: Outcome;
  reason: string | undefined;
  answer: Answer | undefined;
  /** When the outcome was known, as `performance.now()` has it. */
  endedAt: number | undefined;
  count: number;
  readonly steps: StepRecord[];
  /** Stands for all steps that were left out. */
  beyond: StepRecord | undefined;
  cut: number;
  /** Estimated. */
  bytes: number;
  readonly messageIds: string[];
  /** It is in a file, or shall be in none. */
  isWritten: boolean;
}

/** The runs of one runtime, oldest first. */
export class Ring {
  private readonly slots: (RunRecord | undefined)[] = Array.from({ length: MAX_RUNS });
  private next = 0;
  private oldest = 0;
  private bytes = 0;
  /** The latest replays by their number, also those that made room for others. */
  private readonly replays = new Map<number, RunRecord>();
  private readonly byMessageId = new Map<string, RunRecord>();
  /** Stands before the numbers of runs, so that an id of an earlier start is not taken for one of this. */
  private readonly prefix = `${randomUUID().slice(0, 8)}-`;

  /** @param onGone called for a run that makes room for others */
  constructor(private readonly onGone: (run: RunRecord) => void = () => undefined) {}

  /** Adds a run without steps. */
  add(start: Pick<RunRecord, "vendor" | "node" | "flow" | "startedAt" | "callId" | "event" | "call">): RunRecord {
    const { vendor, node, flow, startedAt, callId, event, call } = start;
    const run: RunRecord = {
      number: this.next++,
      vendor,
      node,
      flow,
      at: Date.now(),
      startedAt,
      callId,
      event,
      call,
      received: undefined,
      again: undefined,
      sentAnswer: undefined,
      replay: undefined,
      outcome: "open",
      reason: undefined,
      answer: undefined,
      endedAt: undefined,
      count: 1,
      steps: [],
      beyond: undefined,
      cut: 0,
      bytes: 0,
      messageIds: [],
      isWritten: false,
    };
    const place = run.number % MAX_RUNS;
    if (this.slots[place]) this.evict(this.slots[place]);
    this.slots[place] = run;
    this.grow(run, RUN_BYTES);
    return run;
  }

  /**
   * Adds a step.
   * @param from where the message came from; undefined for the first step
   * @param port the output there; undefined when there was no wire
   * @param messageId the message's `_msgid`
   * @returns the step, or the one that stands for all that the run has too many
   */
  addStep(
    run: RunRecord,
    node: { id: string; z?: string },
    from?: StepRecord,
    port?: number,
    messageId?: string,
  ): StepRecord {
    const place = run.steps.length;
    if (place >= MAX_STEPS) {
      run.cut++;
      return (run.beyond ??= stepOf(run, BEYOND, { id: NOWHERE }));
    }
    const step = stepOf(run, place, node, from, port, messageId);
    run.steps.push(step);
    if (from) from.hasNext = true;
    const isNew = messageId !== undefined && from?.messageId !== messageId && !this.byMessageId.has(messageId);
    // A run that made room for others is found no more, unless it is a replay.
    if (isNew && (this.slots[run.number % MAX_RUNS] === run || this.replays.has(run.number))) {
      run.messageIds.push(messageId);
      this.byMessageId.set(messageId, run);
    }
    this.grow(run, STEP_BYTES);
    return step;
  }

  /** The run is a replay: its messages belong to it for longer than others. */
  addReplay(run: RunRecord, replay: Replay): void {
    run.replay = replay;
    this.replays.set(run.number, run);
    const [oldest] = this.replays.values();
    if (this.replays.size <= MAX_REPLAYS || !oldest) return;
    this.replays.delete(oldest.number);
    if (this.slots[oldest.number % MAX_RUNS] !== oldest) this.forgetMessages(oldest);
  }

  /** Keeps a text with a run. */
  grow(run: RunRecord, bytes: number): void {
    // Of a run that is gone nothing is counted.
    if (this.slots[run.number % MAX_RUNS] !== run) return;
    run.bytes += bytes;
    this.bytes += bytes;
    while (this.bytes > MAX_BYTES && this.oldest < this.next) this.evictOldest();
  }

  /** The step of a token; undefined when its run is gone. */
  step(token: Token | undefined): StepRecord | undefined {
    // A negative index would be looked up by its name.
    if (token === undefined || token < 0) return undefined;
    const number = Math.floor(token / PLACES);
    const known = this.slots[number % MAX_RUNS];
    const run = known?.number === number ? known : this.replays.get(number);
    if (!run) return undefined;
    const place = token - number * PLACES;
    return place === BEYOND ? run.beyond : run.steps[place];
  }

  /** The run in which a message had this `_msgid`. */
  runOfMessage(messageId: string): RunRecord | undefined {
    return this.byMessageId.get(messageId);
  }

  /** All runs, oldest first. */
  *runs(): Generator<RunRecord> {
    for (let number = this.oldest; number < this.next; number++) {
      const run = this.slots[number % MAX_RUNS];
      if (run?.number === number) yield run;
    }
  }

  /** Takes a run out, for no file either. */
  forget(run: RunRecord): void {
    run.isWritten = true;
    run.replay?.forget();
    this.evict(run);
  }

  idOf(run: RunRecord): string {
    return `${this.prefix}${run.number}`;
  }

  private forgetMessages(run: RunRecord): void {
    for (const id of run.messageIds) this.byMessageId.delete(id);
  }

  private evictOldest(): void {
    const run = this.slots[this.oldest % MAX_RUNS];
    if (run?.number === this.oldest) this.evict(run);
    else this.oldest++;
  }

  private evict(run: RunRecord): void {
    this.slots[run.number % MAX_RUNS] = undefined;
    if (run.number === this.oldest) this.oldest++;
    this.bytes -= run.bytes;
    this.onGone(run);
    if (!this.replays.has(run.number)) return this.forgetMessages(run);
    // Of a replay only where its messages belong is known from now on.
    const nothing = {
      call: undefined,
      received: undefined,
      again: undefined,
      answer: undefined,
      sentAnswer: undefined,
    };
    Object.assign(run, nothing);
    for (const step of run.steps) step.message = step.asked = step.error = step.failure = undefined;
  }
}

function stepOf(
  run: RunRecord,
  place: number,
  { id, z }: { id: string; z?: string },
  from?: StepRecord,
  port?: number,
  messageId?: string,
): StepRecord {
  const token = run.number * PLACES + place;
  // All have the same properties in the same order, which makes them quick.
  return {
    run,
    token,
    messageId,
    hasNext: false,
    node: id,
    flow: z,
    from,
    port,
    send: 0,
    sibling: undefined,
    ms: undefined,
    isUncertain: false,
    message: undefined,
    asked: undefined,
    standIn: undefined,
    error: undefined,
    failure: undefined,
  };
}

/** A run as it is shown and written. */
export function viewOf(run: RunRecord, id: string): Run {
  const { vendor, node, flow, event, call, received, outcome, reason, answer, startedAt, endedAt, count, cut } = run;
  const failures = run.steps.filter(({ error }) => error !== undefined).length;
  return withoutUndefined<Run>({
    id,
    vendor,
    node,
    flow,
    start: new Date(run.at).toISOString(),
    event,
    call,
    received,
    outcome,
    reason,
    answer,
    latencyMs: endedAt === undefined ? undefined : rounded(endedAt - startedAt),
    count: count > 1 ? count : undefined,
    steps: run.steps.map((step) =>
      withoutUndefined<Step>({
        node: step.node,
        flow: step.flow ?? step.from?.flow ?? "",
        from: step.from && step.from.token % PLACES,
        port: step.port,
        ms: rounded(step.ms),
        uncertain: step.isUncertain || undefined,
        message: step.message,
        standIn: step.standIn,
        error: step.error,
      }),
    ),
    failures: failures > 0 ? failures : undefined,
    cut: cut > 0 ? cut : undefined,
    replayOf: run.replay?.original,
    isReplayable: run.again === undefined ? undefined : true,
  });
}

function withoutUndefined<T extends object>(object: { [K in keyof T]: T[K] | undefined }): T {
  return Object.fromEntries(Object.entries(object).filter(([, value]) => value !== undefined)) as T;
}

function rounded(ms: number | undefined): number | undefined {
  return ms === undefined ? undefined : Math.round(ms * 100) / 100;
}
