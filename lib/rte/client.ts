/**
 * The client of Enreach RTE: one connection that always comes back, shared by members that want events.
 *
 * A hub forgets its subscriptions with the connection, and events of the time between are lost. So after each outage the
 * client subscribes again everything that is wanted, and then tells each member of the `gap`.
 */
import type { BackoffOptions } from "../http/backoff.js";
import { delay } from "../http/backoff.js";
import type { Access } from "./login.js";
import { copyEvent, EventReader, type Subject } from "./events.js";
import { Hub, type HubTimings } from "./hub.js";
import { available, reconcile, served } from "./hub-calls.js";
import { type Member, type Notice, noticesOf, type Receiver, type State } from "./member.js";
import { Seat } from "./subscriber.js";
import { Pace, reasonOf } from "./retry.js";
import { distinct, type Result, subjectKey, Subscriptions } from "./subscriptions.js";

/** Milliseconds that the contract promises; a silent socket is noticed within 40 s. */
export const TIMINGS: HubTimings = { negotiateMs: 10_000, handshakeMs: 10_000, silenceMs: 30_000, invokeMs: 10_000 };

/** How to make a client. */
export interface ClientOptions {
  access: Access;
  /** Told once of each event, property or hub message that the vendor does not document. */
  onUnknown?: (what: string) => void;
  /** Told of each change of the connection. */
  onState?: (state: State) => void;
  timings?: Partial<HubTimings>;
  backoff?: BackoffOptions;
}

/** A connection that never gives up. */
export class RteClient {
  private readonly members = new Map<string, Seat>();
  private readonly subscriptions = new Subscriptions<Seat>();
  private readonly reader: EventReader;
  private readonly timings: HubTimings;
  private readonly strange = new Set<string>();
  private life: { abort: AbortController; done: Promise<void> } | undefined;
  private hub: Hub | undefined;
  private work: Promise<void> = Promise.resolve();
  private state: State = { word: "connecting" };
  /** An outage has been told of. */
  private isOut = false;
  /** Events may be missing since then; undefined while all is well. */
  private blindSinceMs: number | undefined;

  constructor(private readonly options: ClientOptions) {
    this.timings = { ...TIMINGS, ...options.timings };
    this.reader = new EventReader((event, property) =>
      this.wonder(property === undefined ? event : `${event}.${property}`),
    );
  }

  /** Starts connecting; comes back from everything but {@link RteClient.close}. */
  open(): void {
    if (this.life !== undefined) return;
    this.isOut = false;
    this.blindSinceMs = undefined;
    const abort = new AbortController();
    this.life = { abort, done: this.run(abort.signal) };
  }

  /** Ends the connection; resolves when the socket is gone, within a second. */
  async close(): Promise<void> {
    const { life } = this;
    this.life = undefined;
    life?.abort.abort(new Error("closed"));
    await life?.done;
  }

  /**
   * Adds a user. It hears at once how the connection is.
   * @param id the same for the successor of a member on hold
   */
  join(id: string, receiver: Receiver): Member {
    const member = new Seat(id, this, receiver, this.members.get(id));
    this.members.set(id, member);
    member.show(this.state);
    if (this.state.word === "connected") member.tell({ topic: "connected", payload: {} });
    if (this.state.word === "disconnected") member.tell(disconnected(this.state));
    return member;
  }

  /** See {@link Member.want}. */
  async want(member: Seat, subjects: readonly Subject[]): Promise<void> {
    this.add(member, subjects);
    this.inherit(member);
    if (this.hub === undefined) return;
    await this.sync();
    if (this.hub !== undefined) for (const notice of noticesOf(this.results(subjects))) member.tell(notice);
  }

  private add(member: Seat, subjects: readonly Subject[]): void {
    for (const { eventName } of subjects) this.reader.learn(eventName);
    this.subscriptions.add(member, subjects);
  }

  /** The successor takes the place of a member on hold; what came meanwhile and is still wanted comes first. */
  private inherit(member: Seat): void {
    const held = member.predecessor;
    if (held === undefined) return;
    member.predecessor = undefined;
    held.heir = member;
    this.subscriptions.remove(held, this.subscriptions.of(held));
    const wanted = new Set(this.subscriptions.of(member).map(subjectKey));
    for (const event of held.held ?? []) if (wanted.has(subjectKey(event.rte))) member.onEvent(event);
    if (held.gap !== undefined) member.tell(held.gap);
  }

  /** See {@link Member.subscribe}. */
  async subscribe(member: Seat, subjects: readonly Subject[]): Promise<Result[]> {
    this.add(member, subjects);
    await this.sync();
    return this.results(subjects);
  }

  /** See {@link Member.unsubscribe}. */
  async unsubscribe(member: Seat, subjects?: readonly Subject[]): Promise<Result[]> {
    const concerned = subjects ?? this.subscriptions.of(member);
    this.subscriptions.remove(member, concerned);
    await this.sync();
    return distinct(concerned).map(({ entityId, eventName }) => ({
      entityId,
      eventName,
      subscribed: false,
      message: null,
    }));
  }

  /** See {@link Member.list}. */
  async list(member: Seat): Promise<Result[]> {
    const results = this.results(this.subscriptions.of(member));
    const active = this.hub === undefined ? undefined : await served(this.hub);
    if (active === undefined) return results;
    for (const result of results) {
      if (result.subscribed && !active.has(subjectKey(result)))
        Object.assign(result, { subscribed: false, message: "unknown to the hub" });
    }
    return results;
  }

  /**
   * See {@link Member.available}.
   * @throws ContactCenterError `ECLOSED` while there is no connection
   */
  available(): Promise<string[]> {
    return available(this.hub);
  }

  /** See {@link Member.leave}. */
  leave(member: Seat): void {
    this.subscriptions.remove(member, this.subscriptions.of(member));
    if (this.members.get(member.id) === member) this.members.delete(member.id);
    void this.sync();
  }

  /** A deploy is done: members on hold that got no successor leave. */
  dropHeld(): void {
    for (const member of this.members.values()) if (member.held !== undefined) this.leave(member);
  }

  private results(subjects: readonly Subject[]): Result[] {
    return distinct(subjects).map((subject) => this.subscriptions.result(subject, "disconnected"));
  }

  /** Brings the hub in line with the wishes; one at a time, so that answers and wishes cannot cross. */
  private sync(): Promise<void> {
    this.work = this.work.then(async () => {
      const { hub } = this;
      if (hub === undefined) return;
      const fault = await reconcile(hub, this.subscriptions, () => this.hub === hub);
      if (fault !== undefined) this.tellAll({ topic: "error", payload: fault });
    });
    return this.work;
  }

  private async run(signal: AbortSignal): Promise<void> {
    const pace = new Pace(this.options.backoff);
    let seenMs = Date.now();
    while (!signal.aborted) {
      this.setState({ word: "connecting" });
      let reason: unknown;
      try {
        const entry = await this.options.access(signal);
        const hub = await Hub.open(
          entry,
          signal,
          { onEvent: (subject, data) => this.dispatch(subject, data), onStrange: (what) => this.wonder(what) },
          this.timings,
        );
        const connectedMs = Date.now();
        reason = await this.serve(hub, signal);
        pace.lived(Date.now() - connectedMs);
        seenMs = hub.seenMs;
      } catch (error) {
        reason = error;
      }
      // By then another life may have begun.
      if (signal.aborted) break;
      this.blindSinceMs ??= seenMs;
      await this.rest(reason, pace.next(reason), signal);
    }
  }

  private async rest(error: unknown, retryInMs: number, signal: AbortSignal): Promise<void> {
    const isNew = !this.isOut;
    this.isOut = true;
    const state: State = {
      word: "disconnected",
      reason: reasonOf(error),
      error,
      retryInMs,
      retryAtMs: Date.now() + retryInMs,
    };
    this.setState(state);
    if (isNew) this.tellAll(disconnected(state));
    try {
      await delay(retryInMs, signal);
    } catch {
      // Closed meanwhile; the loop sees it.
    }
  }

  /** From the handshake to the end of the connection. */
  private async serve(hub: Hub, signal: AbortSignal): Promise<unknown> {
    const stop = (): void => void hub.stop();
    signal.addEventListener("abort", stop, { once: true });
    if (signal.aborted) stop();
    this.subscriptions.reset();
    this.hub = hub;
    this.isOut = false;
    this.setState({ word: "connected" });
    this.tellAll({ topic: "connected", payload: {} });
    void this.resume(hub);
    const reason = await hub.closed;
    this.hub = undefined;
    signal.removeEventListener("abort", stop);
    if (signal.aborted) await hub.stop();
    return reason;
  }

  /** Subscribes everything again, and says what came of it and what may be missing. */
  private async resume(hub: Hub): Promise<void> {
    const wishes = [...this.members.values()].map((member) => ({ member, subjects: this.subscriptions.of(member) }));
    await this.sync();
    if (this.hub !== hub) return;
    const from = this.blindSinceMs;
    this.blindSinceMs = undefined;
    for (const { member, subjects } of wishes) {
      const results = this.results(subjects);
      for (const notice of noticesOf(results)) member.tell(notice);
      if (from !== undefined) member.tell(gap(Math.max(from, member.sinceMs), results));
    }
  }

  private dispatch(subject: Subject, data: unknown): void {
    const receivers = this.subscriptions.receivers(subject.entityId, subject.eventName);
    const [first] = receivers;
    if (first === undefined) {
      if (!this.subscriptions.wasWanted(subject))
        this.wonder(`${subject.eventName} of ${subject.entityId}, which nobody subscribed`);
      return;
    }
    const event = this.reader.read(subject, data);
    for (let at = 1; at < receivers.length; at++) receivers[at]?.onEvent(copyEvent(event));
    first.onEvent(event);
  }

  private wonder(what: string): void {
    if (this.strange.has(what)) return;
    this.strange.add(what);
    this.options.onUnknown?.(what);
  }

  private setState(state: State): void {
    this.state = state;
    this.options.onState?.(state);
    for (const member of this.members.values()) member.show(state);
  }

  private tellAll(notice: Notice): void {
    for (const member of this.members.values()) member.tell(notice);
  }
}

function disconnected({ reason, retryInMs }: State & { word: "disconnected" }): Notice {
  return { topic: "disconnected", payload: { reason, retryInMs } };
}

function gap(fromMs: number, results: readonly Result[]): Notice {
  const toMs = Date.now();
  const subscriptions = results
    .filter(({ subscribed }) => subscribed)
    .map(({ entityId, eventName }) => ({ entityId, eventName }));
  return {
    topic: "gap",
    payload: {
      from: new Date(fromMs).toISOString(),
      to: new Date(toMs).toISOString(),
      durationMs: toMs - fromMs,
      subscriptions,
    },
  };
}
