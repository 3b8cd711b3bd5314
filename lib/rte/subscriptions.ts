/**
 * Who subscribed which events, what the hub said to it, and since when events may be missing. Several subscribers of the
 * same event share one subscription of the hub. Pure bookkeeping: it knows no hub, and the time is passed in.
 */
import {
  type AddOptions,
  type Answer,
  type CallFailure,
  completeUntilMs,
  countsOf,
  type Entry,
  FRESH,
  isMissing,
  isServed,
  isSurplus,
  lose,
  lossesOf,
  REFUSED_RETRY_MS,
  releaseOf,
  reportOf,
  resultOf,
  type Share,
} from "./subscription.js";
import { Routes } from "./routes.js";
import { distinct, type Subject, subjectKey } from "./subject.js";
import type { Loss, Outcome, Result } from "./subscriber.js";

/** What is said of a subscription that ends the connection instead of being answered, and rests for it. */
const ENDS_CONNECTION = "ends the connection";

/** The subscriptions of all subscribers against what the hub serves. */
export class Subscriptions<S extends object> {
  private readonly entries = new Map<string, Entry<S>>();
  private readonly routes = new Routes<S>();

  /** Adds subscriptions; what the hub refused is asked for again. */
  add(
    subscriber: S,
    subjects: readonly Subject[],
    { nowMs, lostSinceMs, isLosing = false, isAnswered = false }: AddOptions,
  ): void {
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
      if (entry.word !== "subscribed") entry.notBeforeMs = 0;
    }
    this.routes.clear();
  }

  private entryOf(subject: Subject): Entry<S> {
    const key = subjectKey(subject);
    let entry = this.entries.get(key);
    if (entry === undefined) {
      entry = { subject, shares: new Map(), subscribedAtMs: 0, ...FRESH };
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

  /** What one subscriber subscribed. */
  of(subscriber: S): Subject[] {
    return this.sharesOf(subscriber).map(([{ subject }]) => subject);
  }

  private sharesOf(subscriber: S): [Entry<S>, Share][] {
    return [...this.entries.values()].flatMap((entry): [Entry<S>, Share][] => {
      const share = entry.shares.get(subscriber);
      return share === undefined ? [] : [[entry, share]];
    });
  }

  /** Who got the last event of this spelling; undefined when that is not known, and {@link receivers} has to look. */
  route(subject: Subject): readonly S[] | undefined {
    return this.routes.find(subject);
  }

  /** Who gets an event. The spelling is the hub's. */
  receivers(subject: Subject): readonly S[] {
    const entry = this.entries.get(subjectKey(subject));
    const receivers = [...(entry?.shares.keys() ?? [])];
    // Only what the hub serves is remembered: the routes do not outgrow the subscriptions, and the first event of a
    // subject that the hub did not answer is seen.
    if (receivers.length > 0 && entry?.word === "subscribed") this.routes.keep(subject, receivers);
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

  /** When something is to be asked again, Unix milliseconds; undefined when all is settled. */
  nextMs(): number | undefined {
    const open = this.open((entry) => isMissing(entry) || isSurplus(entry));
    return open.length === 0 ? undefined : Math.min(...open.map(({ notBeforeMs }) => notBeforeMs));
  }

  /** Leaves a subject that ends the connection alone until then, Unix milliseconds. */
  rest(subject: Subject, untilMs: number): void {
    for (const entry of this.known([subject]))
      if (entry.notBeforeMs < untilMs) Object.assign(entry, { notBeforeMs: untilMs, message: ENDS_CONNECTION });
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
    Object.assign(entry, { ...FRESH, message, word: subscribed ? "subscribed" : "refused" });
    if (subscribed) entry.subscribedAtMs = nowMs;
    else this.noteLoss(entry, nowMs + REFUSED_RETRY_MS);
  }

  /** Notes that a call about this subject failed, or did not answer it: it is asked again. */
  failed(subject: Subject, { message, isAlone, waitMs }: CallFailure, nowMs: number): void {
    const entry = this.entries.get(subjectKey(subject));
    if (entry === undefined) return;
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
   * @param askedMs when the hub was asked, Unix milliseconds
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
    lose(entry, entry.subscribedAtMs);
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
      lose(entry, entry.word === "subscribed" ? seenMs : undefined);
    }
    this.routes.forget();
  }

  /** The state of a subject; `otherwise` says why the hub has no word on it. */
  result(subject: Subject, otherwise: string | null = null): Result {
    return resultOf(subject, this.entries.get(subjectKey(subject)), otherwise);
  }

  /** The results that answer a message; no notice reports them as well. */
  answers(subscriber: S, subjects: readonly Subject[], otherwise: string): Outcome {
    const outcome: Outcome = { subscribed: [], refused: [] };
    for (const subject of distinct(subjects)) {
      const entry = this.entries.get(subjectKey(subject));
      const share = entry?.shares.get(subscriber);
      if (entry && share) Object.assign(share, { isAnswered: false, reported: reportOf(entry) });
      outcome[entry?.word === "refused" ? "refused" : "subscribed"].push(this.result(subject, otherwise));
    }
    return outcome;
  }

  /** What became of subscriptions that were taken back: the hub may still serve what it did not give up. */
  releases(subjects: readonly Subject[]): Result[] {
    return distinct(subjects).map((subject) => releaseOf(subject, this.entries.get(subjectKey(subject))));
  }

  /** The hub's words on a subscriber's subscriptions that were not reported yet. */
  news(subscriber: S): Outcome {
    const outcome: Outcome = { subscribed: [], refused: [] };
    for (const [entry, share] of this.sharesOf(subscriber)) {
      const report = reportOf(entry);
      if (share.isAnswered || report === "" || report === share.reported) continue;
      share.reported = report;
      outcome[entry.word === "refused" ? "refused" : "subscribed"].push(this.result(entry.subject));
    }
    return outcome;
  }

  /** How many of a subscriber's subscriptions the hub refused, and how many it has not answered yet. */
  counts(subscriber: S): { refused: number; pending: number } {
    return countsOf(this.sharesOf(subscriber));
  }

  /** The losses of a subscriber that are over, each once. */
  takeLosses(subscriber: S): Loss[] {
    return lossesOf(this.sharesOf(subscriber));
  }

  /** See {@link completeUntilMs}. */
  completeUntilMs(subscriber: S, seenMs: number): number | undefined {
    return completeUntilMs(this.sharesOf(subscriber), seenMs);
  }
}
