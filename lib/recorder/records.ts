/** Runs and their steps as they are in memory, made once and used again, and as they are shown. */
import type { Call } from "../core/call.js";
import type { Vendor } from "../core/errors.js";
import type { Asked } from "./keeping.js";
import type { Answer, Outcome, Run, StandIn, Step } from "./model.js";
import type { Replay } from "./replay.js";

/**
 * A step by its run and its place: a plain number, which a message keeps when it is cloned. A token of a run that is gone
 * belongs to nothing.
 */
export type Token = number;
/** The token of messages of a run that is not recorded. */
export const NO_RUN: Token = -1;
/** Places of a run's steps in a token; the last one stands for all steps that were left out. */
export const PLACES = 512;
/** The place of that. */
export const BEYOND = PLACES - 1;
/** The node of a step that was left out: none has this id. */
const NOWHERE = "";
/** Steps that a run keeps for the next one in its place; the others go. */
const KEPT_PLACES = 16;

/** A step while its run is in memory. It is used again for another run in the same place. */
export interface StepRecord {
  readonly run: RunRecord;
  /** Another one with each run. */
  token: Token;
  /** The `_msgid` of the message. */
  messageId: string | undefined;
  /** A message was sent from here. */
  hasNext: boolean;
  node: string;
  /** Undefined until the message arrives there. */
  flow: string | undefined;
  from: StepRecord | undefined;
  port: number | undefined;
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

/**
 * A run in memory. It is used again, with its steps, for a later run in the same place: what stays costs the garbage collector
 * nothing, and new objects for each call would cost as much as all else together. So whoever keeps one compares its number.
 */
export interface RunRecord {
  number: number;
  vendor: Vendor;
  node: string;
  /** The node's type. */
  type: string;
  flow: string;
  /** Unix milliseconds. */
  at: number;
  /** As `performance.now()` has it. */
  startedAt: number;
  callId: string | undefined;
  /** Somebody on the line gets its answer. */
  isCaller: boolean;
  event: string | undefined;
  call: Partial<Call> | undefined;
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
  /** Steps by their places, with those of earlier runs behind {@link stepCount}; see {@link stepsOf}. */
  readonly places: StepRecord[];
  stepCount: number;
  /** Stands for all steps that were left out. */
  beyond: StepRecord | undefined;
  cut: number;
  /** Estimated. */
  bytes: number;
  /** It is in a file, or shall be in none. */
  isWritten: boolean;
}

/** What is known of a run when it begins. */
export type RunFacts = Pick<
  RunRecord,
  "vendor" | "node" | "type" | "flow" | "startedAt" | "callId" | "isCaller" | "event" | "call"
>;

/** The steps of a run. */
export function stepsOf({ places, stepCount }: RunRecord): StepRecord[] {
  return places.slice(0, stepCount);
}

/** A run without anything. All have the same properties in the same order, which makes them quick. */
export function emptyRun(): RunRecord {
  return {
    number: 0,
    vendor: "enreach",
    node: NOWHERE,
    type: "",
    flow: NOWHERE,
    at: 0,
    startedAt: 0,
    callId: undefined,
    isCaller: false,
    event: undefined,
    call: undefined,
    received: undefined,
    again: undefined,
    sentAnswer: undefined,
    replay: undefined,
    outcome: "open",
    reason: undefined,
    answer: undefined,
    endedAt: undefined,
    count: 1,
    places: [],
    stepCount: 0,
    beyond: undefined,
    cut: 0,
    bytes: 0,
    isWritten: false,
  };
}

/** A run begins; nothing is left of the one before. */
export function begin(
  run: RunRecord,
  number: number,
  { vendor, node, type, flow, startedAt, callId, isCaller, event, call }: RunFacts,
): void {
  run.number = number;
  run.vendor = vendor;
  run.node = node;
  run.type = type;
  run.flow = flow;
  run.at = Date.now();
  run.startedAt = startedAt;
  run.callId = callId;
  run.isCaller = isCaller;
  run.event = event;
  run.call = call;
  run.received = run.again = run.sentAnswer = run.replay = undefined;
  run.outcome = "open";
  run.reason = run.answer = run.endedAt = run.beyond = undefined;
  run.count = 1;
  run.stepCount = run.cut = run.bytes = 0;
  run.isWritten = false;
  if (run.places.length > KEPT_PLACES) run.places.length = KEPT_PLACES;
}

/** What was kept of a run, and nobody shall have any more. Where its messages belong stays known. */
export function clear(run: RunRecord): void {
  run.call = run.received = run.again = run.answer = run.sentAnswer = undefined;
  for (let place = 0; place < run.stepCount; place++) {
    const step = run.places[place] as StepRecord;
    step.message = step.asked = step.error = step.failure = undefined;
  }
}

function emptyStep(run: RunRecord): StepRecord {
  return {
    run,
    token: NO_RUN,
    messageId: undefined,
    hasNext: false,
    node: NOWHERE,
    flow: undefined,
    from: undefined,
    port: undefined,
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

/**
 * Sets a step of a run.
 * @param from where the message came from; undefined for the first step
 * @param port the output there; undefined when there was no wire
 * @param messageId the message's `_msgid`
 */
export function setStep(
  run: RunRecord,
  place: number,
  { id, z }: { id: string; z?: string },
  from?: StepRecord,
  port?: number,
  messageId?: string,
): StepRecord {
  const step = (run.places[place] ??= emptyStep(run));
  step.token = run.number * PLACES + place;
  step.messageId = messageId;
  step.hasNext = step.isUncertain = false;
  step.node = id;
  step.flow = z;
  step.from = from;
  step.port = port;
  step.send = 0;
  step.sibling = step.ms = step.message = step.asked = step.standIn = step.error = step.failure = undefined;
  return step;
}

/** The step that stands for all that a run has too many. */
export function beyondOf(run: RunRecord): StepRecord {
  return (run.beyond ??= { ...emptyStep(run), token: run.number * PLACES + BEYOND });
}

/** A run as it is shown and written. */
export function viewOf(run: RunRecord, id: string): Run {
  const { vendor, node, flow, event, call, received, outcome, reason, answer, startedAt, endedAt, count, cut } = run;
  const steps = stepsOf(run);
  const failures = steps.filter(({ error }) => error !== undefined).length;
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
    steps: steps.map((step) =>
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
    reachesOutside: run.replay?.reachesOutside || undefined,
    isReplayable: run.again === undefined ? undefined : true,
  });
}

function withoutUndefined<T extends object>(object: { [K in keyof T]: T[K] | undefined }): T {
  return Object.fromEntries(Object.entries(object).filter(([, value]) => value !== undefined)) as T;
}

function rounded(ms: number | undefined): number | undefined {
  return ms === undefined ? undefined : Math.round(ms * 100) / 100;
}
