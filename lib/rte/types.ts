/** What a client of Enreach RTE takes and offers. */
import type { BackoffOptions } from "../http/backoff.js";
import type { CallFault } from "./calls.js";
import type { Login } from "./login.js";
import type { Subject } from "./subject.js";
import type { Outcome, Result, State, Subscriber } from "./subscriber.js";
import type { ClientTimings } from "./timings.js";
import type { Unknown } from "./unknown.js";

/** How to make a client. */
export interface ClientOptions {
  login: Login;
  /** Called once for each unknown thing, a hundred at most. */
  onUnknown?: (unknown: Unknown) => void;
  /** Called at each change of the connection. */
  onState?: (state: State) => void;
  /** Called when calls to the hub begin to fail, and with undefined when they work again. */
  onCallFault?: (fault: CallFault | undefined) => void;
  timings?: Partial<ClientTimings>;
  backoff?: BackoffOptions;
}

/** A connection that never gives up, and its subscribers. */
export interface RteClient {
  /** Starts connecting; comes back from everything but {@link RteClient.close}. */
  open(): void;
  /** Ends the connection; resolves when the socket is gone, within a second. Subscribers and subscriptions stay. */
  close(): Promise<void>;
  /** Adds a subscriber, and reports the present state to it at once. */
  add(subscriber: Subscriber): void;
  /** Removes a subscriber; what nobody else subscribes is taken back at the hub. */
  remove(subscriber: Subscriber): void;
  /** Puts one subscriber in the place of another, with its subscriptions. Only its `onState` is called with the present state. */
  replace(old: Subscriber, replacement: Subscriber): void;
  /**
   * Makes these the subscriptions of a subscriber, and none else. Notices report what becomes of them, now or once connected.
   * @param lostSinceMs events of what is new here are lost since then, steady milliseconds: a `gap` reports it
   */
  setSubscriptions(subscriber: Subscriber, subjects: readonly Subject[], lostSinceMs?: number): Promise<void>;
  /**
   * Adds subscriptions. What the hub has not answered yet stays subscribed, and a notice reports it later. The hub is asked
   * also for what it serves, each subscription once in 30 s: where it says that it has lost it, a `gap` follows.
   */
  subscribe(subscriber: Subscriber, subjects: readonly Subject[]): Promise<Outcome>;
  /**
   * Takes subscriptions back, all of them unless some are named. What the hub did not give up is tried again. A loss that
   * goes on ends with them: its `gap` comes at once.
   */
  unsubscribe(subscriber: Subscriber, subjects?: readonly Subject[]): Promise<Result[]>;
  /** A subscriber's subscriptions, with the hub's own word where the hub gives one: what it lacks is subscribed again. */
  list(subscriber: Subscriber): Promise<Result[]>;
  /**
   * Names of the events that the hub offers.
   * @throws ContactCenterError `ECLOSED` while there is no connection, `EHUB`, `ETIMEDOUT`
   */
  available(): Promise<string[]>;
  /** How many of a subscriber's subscriptions the hub refused, and how many it has not answered yet. */
  counts(subscriber: Subscriber): { refused: number; pending: number };
  /** What a subscriber subscribed. */
  subscriptionsOf(subscriber: Subscriber): Subject[];
  /** Events of a subscription are lost since then, steady milliseconds: a `gap` reports it. */
  setLost(subscriber: Subscriber, subject: Subject, sinceMs: number): void;
  /** What the hub refused, and since when events of it are lost, steady milliseconds. */
  refusedSince(subscriber: Subscriber): { subject: Subject; sinceMs: number }[];
  /** Since when a subscriber is losing events, steady milliseconds; undefined while it loses none. */
  lostSinceMs(subscriber: Subscriber): number | undefined;
  /** Until when a subscriber has got every event, steady milliseconds; undefined for one without subscriptions. */
  completeUntilMs(subscriber: Subscriber): number | undefined;
}
