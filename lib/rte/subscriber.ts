/** What a client tells those who subscribed. */
import { STEADY } from "../core/clock.js";
import type { RteEvent } from "./events.js";
import type { Reason } from "./retry.js";
import type { Subject } from "./subject.js";

/** What became of one subscription. */
export interface Result extends Subject {
  subscribed: boolean;
  /** The hub's word, such as `Unauthorized`, or ours: `disconnected`, `inactive`, `not answered`. */
  message: string | null;
}

/** Results by what a user can do about them. */
export interface Outcome {
  /** The hub serves them, or will once it answers: then `subscribed` is false, and `message` says what is waited for. */
  subscribed: Result[];
  refused: Result[];
}

/** A time in which events of these subjects may have been lost; milliseconds of the steady clock. */
export interface Loss {
  fromMs: number;
  toMs: number;
  subjects: Subject[];
}

/** How the connection is. */
export type State =
  | { word: "connecting" | "connected" }
  | { word: "disconnected"; reason: Reason; error: unknown; retryInMs: number; retryAtMs: number };

/** What is no event of the contact centre. Times are ISO 8601 with zone. */
export type Notice =
  | { topic: "connected"; payload: Record<string, never> }
  | { topic: "disconnected"; payload: { reason: Reason; retryInMs: number } }
  | { topic: "subscribed" | "refused"; payload: Result[] }
  | { topic: "gap"; payload: Gap }
  | { topic: "error"; payload: { operation: string; message: string } };

/** Events of that time may be missing. */
export interface Gap {
  from: string;
  to: string;
  durationMs: number;
  subscriptions: Subject[];
}

/** One user of a client. What it throws is its own affair: the other subscribers and the connection go on. */
export interface Subscriber {
  onEvent: (event: RteEvent) => void;
  onNotice: (notice: Notice) => void;
  /** Called at each change of the connection, and once when it is added. */
  onState: (state: State) => void;
}

/** Calls a subscriber. */
export function safely(call: () => void): void {
  try {
    call();
  } catch {
    // A node reports its own failures; nobody here could.
  }
}

/** Hands over an event, as {@link safely} does, but without a function for each of so many. */
export function deliver(subscriber: Subscriber, event: RteEvent): void {
  try {
    subscriber.onEvent(event);
  } catch {
    // See there.
  }
}

/** Hands over a notice. */
export function notify(subscriber: Subscriber, notice: Notice): void {
  safely(() => subscriber.onNotice(notice));
}

/** Results as notices: first what is subscribed or will be, then what the hub refused; none for an empty list. */
export function noticesOf(outcome: Outcome): Notice[] {
  return (["subscribed", "refused"] as const)
    .map((topic) => ({ topic, payload: outcome[topic] }))
    .filter(({ payload }) => payload.length > 0);
}

/** The notice of an outage. */
export function disconnectedNotice({ reason, retryInMs }: State & { word: "disconnected" }): Notice {
  return { topic: "disconnected", payload: { reason, retryInMs } };
}

/** The notice of a loss that is over. */
export function gapNotice({ fromMs, toMs, subjects }: Loss): Notice & { topic: "gap" } {
  const subscriptions = subjects.map(({ entityId, eventName }) => ({ entityId, eventName }));
  const [from, to] = [fromMs, toMs].map((ms) => new Date(STEADY.toClock(ms)).toISOString()) as [string, string];
  return { topic: "gap", payload: { from, to, durationMs: toMs - fromMs, subscriptions } };
}
