/**
 * Who subscribed which events, what the hub said to it, and since when events may be missing. Several subscribers of the
 * same event share one subscription of the hub. Pure bookkeeping: it knows no hub, and the time is passed in.
 */
import {
  type AddOptions,
  type Answer,
  askAgain,
  type CallFailure,
  end,
  type Entry,
  FRESH,
  isMissing,
  isServed,
  isSurplus,
  lose,
  REFUSED_AGAIN_MS,
  REFUSED_RETRY_MS,
  servedUntilMs,
} from "./subscription.js";
import { Reports } from "./reports.js";
import { Routes } from "./routes.js";
import { type Subject, subjectKey } from "./subject.js";
import { TIMINGS } from "./timings.js";

/** What is said of a subscription that ends the connection instead of being answered, and rests for it. */
export const ENDS_CONNECTION = "ends the connection";

/** The subscriptions of all subscribers against what the hub serves. */
export class Subscriptions<S extends object> {
  private readonly entries = new Map<string, Entry<S>>();
  private readonly routes = new Routes<S>();
  /** What subscribers are told. */
  readonly reports = new Reports(this.entries);

  /** @param againMs between two times that messages have the hub asked again about a subscription, milliseconds */
  constructor(private readonly againMs = TIMINGS.againMs) {}

  /**
   * Adds subscriptions; what the hub refused is asked for again.
   * @returns what the hub serves and is to be asked about, see {@link toConfirm}
   */
  add(
    subscriber: S,
    subjects: readonly Subject[],
    { nowMs, lostSinceMs, isLosing = false, isAnswered = false }: AddOptions,
  ): Subject[] {
    const served: Subject[] = [];
    for (const subject of subjects) {
      const entry = this.entryOf(subject);
      const share = entry.shares.get(subscriber) ?? {
        sinceMs: nowMs,
        lostSinceMs: isLosing ? nowMs : undefined,
        isAnswered,
        reported: "",
      };
      Object.assign(share, { isAnswered, reported: "" });
      // One who came back to what the hub served all the time missed it until now.
      if (lostSinceMs !== undefined)
        Object.assign(share, { sinceMs: nowMs, lostSinceMs: Math.min(lostSinceMs, share.lostSinceMs ?? Infinity) });
      entry.shares.set(subscriber, share);
      if (!isAnswered) {
        if (entry.word !== "subscribed") entry.notBeforeMs = 0;
      } else if (askAgain(entry, nowMs, this.againMs)) served.push(subject);
    }
    this.routes.clear();
    return served;
  }

  /** Asks for what the hub serves once more: its answer decides whether it still does. */
  toConfirm(subjects: readonly Subject[]): void {
    for (const entry of this.known(subjects)) entry.isToConfirm = entry.word === "subscribed";
  }

  private entryOf(subject: Subject): Entry<S> {
    const key = subjectKey(subject);
    let entry = this.entries.get(key);
    if (entry === undefined) {
      entry = { subject, shares: new Map(), subscribedAtMs: 0, provenMs: 0, notAgainBeforeMs: 0, ...FRESH };
      this.entries.set(key, entry);
    }
    return entry;
  }

  private known(subjects: readonly Subject[]): Entry<S>[] {
    return subjects.flatMap((subject) => this.entries.get(subjectKey(subject)) ?? []);
  }

  /** Takes subscriptions back. */
  remove(subscriber: S, subjects: readonly Subject[]): void {
    for (const subject of subjects) {
      const key = subjectKey(subject);
      const entry = this.entries.get(key);
      if (entry?.shares.delete(subscriber) !== true || entry.shares.size > 0) continue;
      this.routes.end(key);
      if (isServed(entry)) Object.assign(entry, { failures: 0, notBeforeMs: 0 });
      else this.entries.delete(key);
    }
    this.routes.clear();
  }

  /** Puts one subscriber in the place of another. */
  replace(old: S, replacement: S): void {
    for (const { shares } of this.entries.values()) {
      const share = shares.get(old);
      if (share === undefined) continue;
      shares.delete(old);
      shares.set(replacement, share);
    }
    this.routes.clear();
  }

  /**
   * Who got the last event of this spelling; undefined when that is not known, and {@link receivers} has to look.
   * @param seenMs everything that the hub sent before has been read, steady milliseconds
   */
  route(subject: Subject, seenMs: number): readonly S[] | undefined {
    const route = this.routes.find(subject);
    if (route?.proves === true) route.entry.provenMs = seenMs;
    return route?.receivers;
  }

  /** Who gets an event. The spelling is the hub's. */
  receivers(subject: Subject): readonly S[] {
    const entry = this.entries.get(subjectKey(subject));
    const receivers = [...(entry?.shares.keys() ?? [])];
    // Only what the hub serves is remembered: the routes do not outgrow the subscriptions, and the first event of a
    // subject that the hub did not answer is seen.
    if (receivers.length > 0 && entry?.word === "subscribed") this.routes.keep(subject, entry, receivers);
    return receivers;
  }

  /**
   * Notes that an event came: the hub serves a subject that it did not answer, unless the event may have been under way.
   * @returns true when that was news
   */
  arrived(subject: Subject, nowMs: number): boolean {
    const key = subjectKey(subject);
    const entry = this.entries.get(key);
    if (!this.routes.proves(key)) return false;
    if (entry?.word !== "unknown" || entry.shares.size === 0) return false;
    this.answered(subject, true, null, nowMs);
    return true;
  }

  /** True when an event of this subject is no surprise although nobody subscribes it now. */
  wasSubscribed(subject: Subject): boolean {
    return this.routes.hasEnded(subjectKey(subject));
  }

  /** What to ask the hub for now. */
  missing(nowMs: number): Subject[] {
    return this.due(nowMs, isMissing);
  }

  /** What the hub serves and nobody subscribes, to be taken back now. */
  surplus(nowMs: number): Subject[] {
    return this.due(nowMs, isSurplus);
  }

  private due(nowMs: number, isDue: (entry: Entry<S>) => boolean): Subject[] {
    const entries = this.open(isDue).filter(({ notBeforeMs }) => notBeforeMs <= nowMs);
    return entries.sort((one, other) => Number(one.isSuspect) - Number(other.isSuspect)).map(({ subject }) => subject);
  }

  private open(isOpen: (entry: Entry<S>) => boolean): Entry<S>[] {
    return [...this.entries.values()].filter((entry) => !entry.isInRelease && isOpen(entry));
  }

  /** True when taking the surplus back leaves the hub with nothing to serve, and that was not tried in vain before. */
  isSurplusAll(): boolean {
    return [...this.entries.values()].every((entry) => !isServed(entry) || (isSurplus(entry) && entry.failures === 0));
  }

  /** True when the hub serves something. */
  isServing(): boolean {
    return [...this.entries.values()].some(({ word, shares }) => word === "subscribed" && shares.size > 0);
  }

  /** True while a call that failed is to be repeated. */
  isFailing(): boolean {
    return [...this.entries.values()].some(({ failures }) => failures > 0);
  }

  /** True when nobody subscribes anything. */
  isEmpty(): boolean {
    return [...this.entries.values()].every(({ shares }) => shares.size === 0);
  }

  /** When something is to be asked again, steady milliseconds; undefined when all is settled. */
  nextMs(): number | undefined {
    const open = this.open((entry) => isMissing(entry) || isSurplus(entry));
    return open.length === 0 ? undefined : Math.min(...open.map(({ notBeforeMs }) => notBeforeMs));
  }

  /**
   * Leaves subjects that end the connection alone for a while.
   * @param untilMs until when one rests, steady milliseconds; 0 for one that does not
   * @returns those that rest
   */
  rest(untilMs: (subject: Subject) => number): Subject[] {
    const resting = [...this.entries.values()].filter((entry) => {
      const restUntilMs = isMissing(entry) ? untilMs(entry.subject) : 0;
      if (entry.notBeforeMs < restUntilMs) Object.assign(entry, { notBeforeMs: restUntilMs, message: ENDS_CONNECTION });
      return restUntilMs > 0 && entry.message === ENDS_CONNECTION;
    });
    return resting.map(({ subject }) => subject);
  }

  /** Notes that a `Subscribe` of these is sent: until it is settled, the hub may serve them. */
  asked(subjects: readonly Subject[]): void {
    for (const entry of this.known(subjects))
      Object.assign(entry, { isAsked: true, ...(entry.word === "releasing" && { word: "unknown" }) });
  }

  /** Notes that an `Unsubscribe` of these is sent: until it is settled, the hub may serve them or not. */
  releasing(subjects: readonly Subject[]): void {
    for (const entry of this.known(subjects)) Object.assign(entry, { word: "releasing", isInRelease: true });
  }

  /** Notes the hub's word that it still serves what it was to give up. */
  kept(subject: Subject): void {
    for (const entry of this.known([subject])) entry.word = "subscribed";
  }

  /** Notes an answer to a `Subscribe` that had been given up: it counts where the hub's word is still not known. */
  answeredLate(subject: Subject, { subscribed, message }: Answer, nowMs: number): void {
    const entry = this.entries.get(subjectKey(subject));
    if (entry?.word === "unknown" && entry.shares.size > 0) this.answered(subject, subscribed, message, nowMs);
  }

  /** Notes the hub's answer to one item of `Subscribe`. */
  answered(subject: Subject, subscribed: boolean, message: string | null, nowMs: number): void {
    const entry = this.entries.get(subjectKey(subject));
    if (entry === undefined) return;
    if (!subscribed && entry.shares.size === 0) {
      this.entries.delete(subjectKey(subject));
      return;
    }
    // The hub has refused what it served: it was lost before.
    if (!subscribed && entry.isToConfirm) this.lose(entry);
    Object.assign(entry, { ...FRESH, message, word: subscribed ? "subscribed" : "refused" });
    if (subscribed) entry.subscribedAtMs = nowMs;
    else {
      entry.notAgainBeforeMs = Math.min(entry.notAgainBeforeMs, nowMs + REFUSED_AGAIN_MS);
      this.noteLoss(entry, nowMs + REFUSED_RETRY_MS);
    }
  }

  /** Notes that a call about this subject failed, or did not answer it: it is asked again. */
  failed(subject: Subject, { message, isAlone, waitMs }: CallFailure, nowMs: number): void {
    const entry = this.entries.get(subjectKey(subject));
    if (entry === undefined) return;
    if (entry.isToConfirm) this.lose(entry);
    const isReleasing = entry.word === "releasing";
    if (entry.word !== "subscribed" && !isReleasing) entry.word = "unknown";
    Object.assign(entry, { message, isSuspect: isAlone, isAsked: false, isInRelease: false });
    const pauseMs = waitMs(entry.failures++);
    // What was subscribed again meanwhile is asked for at once.
    this.noteLoss(entry, nowMs + (isReleasing && entry.shares.size > 0 ? 0 : pauseMs));
  }

  /** A call was not answered in time: what had to wait behind it is lost from the moment it was subscribed on. */
  delayed(): void {
    for (const entry of this.entries.values()) if (isMissing(entry)) this.noteLoss(entry, entry.notBeforeMs);
  }

  /**
   * Notes that the hub answered an `Unsubscribe` after it was given up: what was subscribed meanwhile may have been ended
   * by it, and is asked for again.
   * @param subjects all of them where undefined
   */
  releasedLate(subjects?: readonly Subject[]): void {
    for (const entry of subjects ? this.known(subjects) : this.entries.values()) this.lose(entry);
  }

  /**
   * Notes what the hub says that it serves, by {@link subjectKey}: what it lacks, and was settled before, is asked for again.
   * @param askedMs when the hub was asked, steady milliseconds
   * @returns what it lacks, by {@link subjectKey}
   */
  confirmed(served: ReadonlySet<string>, askedMs: number): Set<string> {
    const lacking = new Set<string>();
    for (const [key, entry] of this.entries) {
      if (entry.word !== "subscribed" || entry.shares.size === 0 || entry.subscribedAtMs >= askedMs) continue;
      if (served.has(key)) {
        entry.subscribedAtMs = askedMs;
        continue;
      }
      this.lose(entry);
      lacking.add(key);
    }
    return lacking;
  }

  /** Asks again for what the hub served and may have ended. */
  private lose(entry: Entry<S>): void {
    if (entry.word !== "subscribed" || entry.shares.size === 0) return;
    this.routes.end(subjectKey(entry.subject));
    this.routes.clear();
    lose(entry, servedUntilMs(entry));
  }

  /** What is not served after an attempt is lost from the moment it was subscribed on. */
  private noteLoss(entry: Entry<S>, notBeforeMs: number): void {
    entry.notBeforeMs = notBeforeMs;
    if (entry.word === "subscribed") return;
    for (const share of entry.shares.values()) share.lostSinceMs ??= share.sinceMs;
  }

  /** Notes that the hub no longer serves this. */
  released(subject: Subject): void {
    const key = subjectKey(subject);
    const entry = this.entries.get(key);
    if (entry === undefined) return;
    if (entry.shares.size === 0) this.entries.delete(key);
    else Object.assign(entry, FRESH);
  }

  /**
   * The connection is gone or was not made: the hub has forgotten everything, and events are being lost.
   * @param seenMs when everything that the hub had sent was read; undefined without a connection
   */
  disconnected(seenMs: number | undefined): void {
    for (const [key, entry] of this.entries) {
      if (entry.shares.size === 0) this.entries.delete(key);
      end(entry, seenMs);
    }
    this.routes.forget();
  }
}
