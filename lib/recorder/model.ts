/** What is kept of a run: one call or event, from the node that received it to the answer, and its way through the flow. */
import type { Call } from "../core/call.js";
import type { Vendor } from "../core/errors.js";

/** How much is recorded, from nothing to the messages themselves. */
export const LEVELS = ["off", "path", "values"] as const;
/** One of {@link LEVELS}. */
export type Level = (typeof LEVELS)[number];

/**
 * How a run ended: `open` while a call waits for its answer; `answered` by the flow, or an event as soon as it came;
 * `fallback` for the reason beside it; `late` when the flow answered after that; `gone` when the caller hung up before;
 * `refused` at the door for the reason beside it; `received` for an event that nobody answers.
 */
export type Outcome = "open" | "answered" | "fallback" | "late" | "gone" | "refused" | "received";

/** What came of a message at a node that would reach outside, in a replay: its recorded answer, or nothing, as none is recorded. */
export type StandIn = "recorded" | "missing";

/** What went back to the vendor. */
export interface Answer {
  status: number;
  /** JSON text. */
  json?: string;
}

/** A message at a node. The first step of a run is the node that received the call or event. */
export interface Step {
  /** Within a subflow `<id of the instance>-<id in the subflow>`, as Node-RED names it. */
  node: string;
  /** The tab, or the instance of the subflow. */
  flow: string;
  /** The step that the message came from, by its place in the list. */
  from?: number;
  /** The output by which it left there, from 0; absent where it was handed over without a wire (Catch, link call). */
  port?: number;
  /** Milliseconds since the start; absent when the message was sent and did not arrive. */
  ms?: number;
  /** Where the message came from is likely and not known. */
  uncertain?: true;
  /** The message as JSON, at level `values`. */
  message?: string;
  /** The node was not asked in this replay. */
  standIn?: StandIn;
  /** What the node reported as an error. */
  error?: string;
}

/** A run as it is shown and written. */
export interface Run {
  id: string;
  vendor: Vendor;
  /** The node that received it, and its tab. */
  node: string;
  flow: string;
  /** ISO 8601. */
  start: string;
  /** The vendor's name of what came, where it sends several kinds of events. */
  event?: string;
  call?: Partial<Call>;
  /** What came in as JSON, at level `values`. */
  received?: string;
  outcome: Outcome;
  /** Why the fallback was sent, or the request refused. */
  reason?: string;
  answer?: Answer;
  /** Milliseconds until the answer. */
  latencyMs?: number;
  /** How often the same was refused within a minute, when more than once. */
  count?: number;
  steps: Step[];
  /** How many steps have an error, where any has. */
  failures?: number;
  /** Steps that were left out because the run had too many. */
  cut?: number;
  /** Of a replay: the run that was received again. */
  replayOf?: string;
  /** Of a replay: nodes were allowed to reach outside. */
  reachesOutside?: true;
  /** It can be received again: what that needs is in memory. */
  isReplayable?: true;
}

/** What a node says when a run begins. */
export interface RunStart {
  vendor: Vendor;
  /** The node that received it, as Node-RED knows it. */
  node: { id: string; z?: string; type?: string };
  /** When it came, as `performance.now()` has it; now where it is absent. */
  arrivedAt?: number;
  /** The id by which {@link RunRecorder.answeredLate} finds the run. */
  callId?: string;
  /** A caller gets its answer; so does one with a `callId`. Such runs stay longer where events come by the hundred. */
  isCaller?: boolean;
  /** The name of an event. */
  event?: string | undefined;
  call?: Call | undefined;
  /** What came in: plain data. */
  received?: unknown;
  /** What the node needs to receive the same again. Asked for at once, at level `values` alone. */
  again?: () => Again;
}

/** What a node received, as plain data without credentials. */
export interface Again {
  /** What it sends, one message for each output. */
  messages: readonly (object | undefined)[];
  /** Of a request: its body, or the query of a GET, and `msg.req`. */
  data?: Record<string, unknown>;
  req?: object;
}

/**
 * Receives again what a node has received: its messages, marked `replay`, go into the flow, and its answer goes nowhere.
 * @param recorder of this run alone
 */
export type ReceiveAgain = (again: Again, recorder: Pick<RunRecorder, "begin">) => void;

/** A node that can receive again. */
export interface Receiver {
  type: string;
  receive: ReceiveAgain;
}

/** A run that goes on. */
export interface RecordedRun {
  /** The node is about to send a message of this run. */
  mark(message: object): void;
  /** The run has its outcome; the first one stays. */
  end(outcome: Outcome, answer?: Answer, reason?: string): void;
}

/** Whoever records. None of its methods throws: what it fails at is not recorded. */
export interface RunRecorder {
  begin(start: RunStart): RecordedRun | undefined;
  /** A request was answered at the door, and no flow saw it. */
  refuse(start: RunStart, outcome: Outcome, answer: Answer, reason: string): void;
  /** The flow answered a call that had the fallback already. */
  answeredLate(callId: string): void;
}
