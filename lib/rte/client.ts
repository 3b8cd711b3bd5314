/**
 * The client of Enreach RTE: one connection that always comes back, shared by its subscribers.
 *
 * A hub forgets its subscriptions with the connection, and events of the time between are lost. So the client subscribes
 * everything again after each outage, repeats what failed until it is served, and then reports the `gap`.
 */
import { STEADY } from "../core/clock.js";
import { delay } from "../http/backoff.js";
import { type Subject, subjectKey } from "./subject.js";
import { count } from "../core/telemetry/metrics.js";
import { copyEvent, EventReader } from "./events.js";
import { type Answers, Hub, noConnection } from "./hub.js";
import type { CallFault } from "./calls.js";
import { Pace, reasonOf } from "./retry.js";
import {
  deliver,
  disconnectedNotice,
  gapNotice,
  type Notice,
  noticesOf,
  notify,
  safely,
  type State,
  type Subscriber,
  type Outcome,
  type Result,
} from "./subscriber.js";
import { Subscriptions } from "./subscriptions.js";
import { Synchroniser } from "./synchronise.js";
import { type ClientTimings, TIMINGS } from "./timings.js";
import type { ClientOptions, RteClient } from "./types.js";
import { Unknowns } from "./unknown.js";

/** Makes a client; {@link RteClient.open} starts it. */
export function createRteClient(options: ClientOptions): RteClient {
  return new Client(options);
}

class Client implements RteClient {
  private readonly subscribers = new Set<Subscriber>();
  private readonly subscriptions: Subscriptions<Subscriber>;
  private readonly reader: EventReader;
  private readonly timings: ClientTimings;
  private readonly unknowns: Unknowns;
  private session: AbortController | undefined;
  private ended: Promise<void> = Promise.resolve();
  private hub: Hub | undefined;
  private seenMs = 0;
  private readonly synchroniser: Synchroniser<Subscriber>;
  private state: State = { word: "connecting" };
  private isOutageReported = false;

  constructor(private readonly options: ClientOptions) {
    this.unknowns = new Unknowns(options.onUnknown);
    this.timings = { ...TIMINGS, ...options.timings };
    this.subscriptions = new Subscriptions(this.timings.againMs);
    this.synchroniser = new Synchroniser(this.subscriptions, {
      ...this.timings,
      backoff: options.backoff,
      onNews: () => this.reportNews(),
      onFault: (fault) => this.reportFault(fault),
    });
    this.reader = new EventReader((event, property) =>
      this.unknowns.report("passed", property === undefined ? event : `${event}.${property}`),
    );
  }

  open(): void {
    if (this.session !== undefined) return;
    const session = new AbortController();
    this.session = session;
    this.ended = this.ended.then(() => this.run(session.signal));
  }

  async close(): Promise<void> {
    this.session?.abort(new Error("closed"));
    this.session = undefined;
    // Without a notice: this is for subscribers that are added before the next connection.
    this.state = { word: "connecting" };
    this.isOutageReported = false;
    await this.ended;
  }

  add(subscriber: Subscriber): void {
    this.subscribers.add(subscriber);
    const { state } = this;
    safely(() => subscriber.onState(state));
    if (state.word === "connected") notify(subscriber, { topic: "connected", payload: {} });
    if (state.word === "disconnected") notify(subscriber, disconnectedNotice(state));
  }

  remove(subscriber: Subscriber): void {
    this.subscribers.delete(subscriber);
    this.subscriptions.remove(subscriber, this.subscriptions.reports.of(subscriber));
    void this.synchroniser.run();
  }

  replace(old: Subscriber, replacement: Subscriber): void {
    this.subscribers.delete(old);
    this.subscriptions.replace(old, replacement);
    this.subscribers.add(replacement);
    const { state } = this;
    safely(() => replacement.onState(state));
  }

  async setSubscriptions(subscriber: Subscriber, subjects: readonly Subject[], lostSinceMs?: number): Promise<void> {
    const kept = new Set(subjects.map(subjectKey));
    const dropped = this.subscriptions.reports.of(subscriber).filter((subject) => !kept.has(subjectKey(subject)));
    this.takeBack(subscriber, dropped);
    this.subscribeFromNow(subscriber, subjects, lostSinceMs);
    await this.synchroniser.run();
  }

  async subscribe(subscriber: Subscriber, subjects: readonly Subject[]): Promise<Outcome> {
    const served = this.subscribeFromNow(subscriber, subjects, undefined, true);
    // What is new does not wait. For the rest, a `Subscribe` first would heal without a word what the hub had lost.
    void this.synchroniser.run();
    if (served.length > 0) await this.synchroniser.lacking();
    this.subscriptions.toConfirm(served);
    await this.synchroniser.run();
    await this.synchroniser.released(subjects);
    return this.subscriptions.reports.answers(
      subscriber,
      subjects,
      this.hub === undefined ? "disconnected" : "not answered",
    );
  }

  async unsubscribe(subscriber: Subscriber, subjects = this.subscriptions.reports.of(subscriber)): Promise<Result[]> {
    this.takeBack(subscriber, subjects);
    await this.synchroniser.run();
    await this.synchroniser.released(subjects);
    return this.subscriptions.reports.releases(subjects);
  }

  /** They will not be served again: what is lost until now is reported now. */
  private takeBack(subscriber: Subscriber, subjects: readonly Subject[]): void {
    const losses = this.subscriptions.reports.endLosses(subscriber, subjects, STEADY.now());
    for (const loss of losses) notify(subscriber, gapNotice(loss));
    this.subscriptions.remove(subscriber, subjects);
  }

  async list(subscriber: Subscriber): Promise<Result[]> {
    const lacking = await this.synchroniser.lacking();
    const otherwise = this.hub === undefined ? "disconnected" : "not answered";
    if (lacking.size > 0) void this.synchroniser.run();
    return this.subscriptions.reports.of(subscriber).map((subject) => {
      const result = this.subscriptions.reports.result(subject, otherwise);
      return lacking.has(subjectKey(subject)) ? { ...result, message: "unknown to the hub" } : result;
    });
  }

  async available(): Promise<string[]> {
    if (this.hub === undefined) throw noConnection("AvailableSubscriptions");
    return this.hub.available();
  }

  counts(subscriber: Subscriber): { refused: number; pending: number } {
    return this.subscriptions.reports.counts(subscriber);
  }

  subscriptionsOf(subscriber: Subscriber): Subject[] {
    return this.subscriptions.reports.of(subscriber);
  }

  setLost(subscriber: Subscriber, subject: Subject, sinceMs: number): void {
    this.subscribeFromNow(subscriber, [subject], sinceMs);
  }

  refusedSince(subscriber: Subscriber): { subject: Subject; sinceMs: number }[] {
    return this.subscriptions.reports.refusedSince(subscriber);
  }

  lostSinceMs(subscriber: Subscriber): number | undefined {
    return this.subscriptions.reports.lostSinceMs(subscriber);
  }

  completeUntilMs(subscriber: Subscriber): number | undefined {
    return this.subscriptions.reports.completeUntilMs(subscriber, this.hub?.seenMs ?? this.seenMs);
  }

  private subscribeFromNow(
    subscriber: Subscriber,
    subjects: readonly Subject[],
    lostSinceMs: number | undefined,
    isAnswered = false,
  ): Subject[] {
    for (const { eventName } of subjects) this.reader.learn(eventName);
    return this.subscriptions.add(subscriber, subjects, {
      nowMs: STEADY.now(),
      lostSinceMs,
      isLosing: this.isOutageReported,
      isAnswered,
    });
  }

  private reportFault(fault: CallFault | undefined): void {
    this.options.onCallFault?.(fault);
    if (fault !== undefined) this.notifyAll({ topic: "error", payload: fault });
  }

  /** Reports what the hub decided, and the losses that are over. */
  private reportNews(): void {
    for (const subscriber of this.subscribers) {
      for (const notice of noticesOf(this.subscriptions.reports.news(subscriber))) notify(subscriber, notice);
      for (const loss of this.subscriptions.reports.takeLosses(subscriber)) notify(subscriber, gapNotice(loss));
    }
  }

  private async run(signal: AbortSignal): Promise<void> {
    const pace = new Pace(this.options.backoff);
    while (!signal.aborted) {
      this.setState({ word: "connecting" });
      let reason: unknown;
      try {
        reason = await this.connect(signal, pace);
      } catch (error) {
        reason = error;
        this.subscriptions.disconnected(undefined);
      }
      if (!signal.aborted) await this.wait(reason, pace.next(reason), signal);
    }
  }

  /** From the login to the end of the connection. @returns why it ended */
  private async connect(signal: AbortSignal, pace: Pace): Promise<unknown> {
    const endpoint = await this.options.login(signal);
    const handlers = {
      onEvent: (subject: Subject, data: unknown): void => this.dispatch(subject, data),
      onAnswers: (answers: Answers): void => this.takeAnswers(answers),
      onDropped: (what: string): void => this.unknowns.report("dropped", what),
    };
    const hub = await Hub.open(endpoint, signal, handlers, this.timings);
    if (signal.aborted) await hub.stop();
    signal.throwIfAborted();
    const connectedMs = STEADY.now();
    const stop = (): void => void hub.stop();
    signal.addEventListener("abort", stop, { once: true });
    this.hub = hub;
    this.isOutageReported = false;
    this.setState({ word: "connected" });
    this.notifyAll({ topic: "connected", payload: {} });
    this.synchroniser.attach(hub);
    const reason = await hub.closed;
    this.hub = undefined;
    const isTrial = this.synchroniser.detach(signal.aborted);
    signal.removeEventListener("abort", stop);
    if (signal.aborted) await hub.stop();
    const hasServed = this.subscriptions.isEmpty() ? undefined : this.subscriptions.isServing();
    pace.ended(STEADY.now() - connectedMs, hasServed, isTrial);
    this.seenMs = hub.seenMs;
    this.subscriptions.disconnected(hub.seenMs);
    return reason;
  }

  private async wait(reason: unknown, retryInMs: number, signal: AbortSignal): Promise<void> {
    const isNew = !this.isOutageReported;
    this.isOutageReported = true;
    const retryAtMs = Date.now() + retryInMs;
    const state: State = { word: "disconnected", reason: reasonOf(reason), error: reason, retryInMs, retryAtMs };
    this.setState(state);
    if (isNew) {
      count("contact_center.disconnections", { "contact_center.vendor": "enreach" });
      this.notifyAll(disconnectedNotice(state));
    }
    try {
      await delay(retryInMs, signal);
    } catch {
      // Closed meanwhile: the loop sees it.
    }
  }

  private takeAnswers(answers: Answers): void {
    const nowMs = STEADY.now();
    for (const subject of this.subscriptions.missing(Infinity)) {
      const answer = answers.get(subjectKey(subject));
      if (answer) this.subscriptions.answered(subject, answer.subscribed, answer.message, nowMs);
    }
    this.reportNews();
  }

  private dispatch(subject: Subject, data: unknown): void {
    const receivers = this.subscriptions.route(subject, this.hub?.seenMs ?? 0) ?? this.receivers(subject);
    const first = receivers[0];
    if (first === undefined) {
      if (!this.subscriptions.wasSubscribed(subject))
        this.unknowns.report("dropped", `${subject.eventName} of ${subject.entityId}, which nobody subscribed`);
      return;
    }
    const event = this.reader.read(subject, data);
    for (let at = 1; at < receivers.length; at++) deliver(receivers[at] as Subscriber, copyEvent(event));
    deliver(first, event);
  }

  private receivers(subject: Subject): readonly Subscriber[] {
    if (this.subscriptions.arrived(subject, STEADY.now())) this.reportNews();
    return this.subscriptions.receivers(subject);
  }

  private setState(state: State): void {
    this.state = state;
    this.options.onState?.(state);
    for (const subscriber of this.subscribers) safely(() => subscriber.onState(state));
  }

  private notifyAll(notice: Notice): void {
    for (const subscriber of this.subscribers) notify(subscriber, notice);
  }
}
