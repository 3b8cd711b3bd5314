/** What a subscriber is told of its subscriptions: what the hub says to them, and what was lost. */
import { distinct, type Subject, subjectKey } from "./subject.js";
import {
  completeUntilMs,
  countsOf,
  type Entry,
  isLosing,
  lossesOf,
  releaseOf,
  reportOf,
  resultOf,
  type Share,
} from "./subscription.js";
import type { Loss, Outcome, Result } from "./subscriber.js";

/** Reads the subscriptions, and notes what was reported. */
export class Reports<S extends object> {
  constructor(private readonly entries: ReadonlyMap<string, Entry<S>>) {}

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

  /** The losses of subscriptions that a subscriber gives up, until now, steady milliseconds. */
  endLosses(subscriber: S, subjects: readonly Subject[], nowMs: number): Loss[] {
    const keys = new Set(subjects.map(subjectKey));
    return lossesOf(
      this.sharesOf(subscriber).filter(([{ subject }]) => keys.has(subjectKey(subject))),
      nowMs,
    );
  }

  /** Since when a subscriber is losing events, steady milliseconds; undefined while it loses none. */
  lostSinceMs(subscriber: S): number | undefined {
    const losing = this.sharesOf(subscriber).filter(([entry, share]) => isLosing(entry, share));
    return losing.length === 0 ? undefined : Math.min(...losing.map(([, share]) => share.lostSinceMs as number));
  }

  /** What the hub refused, and since when events of it are lost, steady milliseconds. */
  refusedSince(subscriber: S): { subject: Subject; sinceMs: number }[] {
    return this.sharesOf(subscriber).flatMap(([{ word, subject }, { lostSinceMs }]) =>
      word === "refused" && lostSinceMs !== undefined ? [{ subject, sinceMs: lostSinceMs }] : [],
    );
  }

  /** See {@link completeUntilMs}. */
  completeUntilMs(subscriber: S, seenMs: number): number | undefined {
    return completeUntilMs(this.sharesOf(subscriber), seenMs);
  }
}
