/** When an entry is subscribed again: after a failure, when a renewal is due, and after an outage. */
import { STEADY } from "../core/clock.js";
import { MAX_TIMER_MS } from "../core/values.js";
import { backoffDelay, type BackoffOptions } from "../http/backoff.js";
import { type Entry, markLost, notifyUsers } from "./entry.js";
import { retryAfterMsOf } from "./errors.js";
import { normalId, ON_THE_WAY_MS } from "./subscription-ids.js";

/** What an {@link EntrySchedule} works with. */
export interface EntryScheduleOptions {
  /** Subscribes an entry that is due. */
  subscribe: (entry: Entry) => void;
  /** False for an entry that its last user gave up. */
  isWanted: (entry: Entry) => boolean;
  /** True while the broker does not end the former subscription of an entry. */
  isBlocked: (entry: Entry) => boolean;
  backoff?: BackoffOptions | undefined;
}

/** Pauses between tries for one agent that the broker refuses. */
const BACKOFF: BackoffOptions = { minMs: 500, maxMs: 60_000 };
/** Renewals after an outage are spread over this time, at most. */
const SPREAD_MS = 5000;
const SPREAD_EACH_MS = 10;

/** The timers of entries, one each. */
export class EntrySchedule {
  private readonly random: () => number;
  private checkedAllMs = -Infinity;

  constructor(private readonly options: EntryScheduleOptions) {
    this.random = options.backoff?.random ?? Math.random;
  }

  /** Tries again after a pause that grows with each failure, and is no shorter than the broker asked for. */
  retry(entry: Entry, error: unknown): void {
    const pauseMs = backoffDelay(entry.attempt++, { ...BACKOFF, ...this.options.backoff });
    this.later(entry, Math.max(pauseMs, Math.min(retryAfterMsOf(error), BACKOFF.maxMs ?? 0)));
  }

  /**
   * Renews when the most impatient user asks for it. Renewals are staggered: subscriptions that were made together are
   * not renewed together.
   * @param earliest part of the interval that passes in any case
   */
  renew(entry: Entry, earliest = 0.5): void {
    entry.renewMs = renewMsOf(entry);
    entry.checkedAt = STEADY.now();
    clearTimeout(entry.timer);
    if (entry.renewMs === Infinity) return;
    const ms = entry.renewMs * (earliest + (1 - earliest) * this.random());
    entry.timer = setTimeout(
      () => {
        // While the broker does not end the former one, a new one would make it worse.
        if (this.options.isBlocked(entry)) this.postpone(entry);
        else this.options.subscribe(entry);
      },
      Math.min(ms, MAX_TIMER_MS),
    );
  }

  /** Its users have changed: a renewal that is planned stays as it is, unless they want it more or less often. */
  usersChanged(entry: Entry): void {
    if (entry.renewMs !== undefined && entry.renewMs !== renewMsOf(entry) && !entry.request) this.renew(entry);
  }

  /**
   * Subscribes soon, spread over some seconds: entries that have no subscription, and those that need a new one.
   * @param needsIt decides for an entry that has a subscription
   */
  renewAll(entries: ReadonlyMap<string, Entry>, needsIt: (entry: Entry) => boolean): void {
    const spreadMs = Math.min(SPREAD_MS, entries.size * SPREAD_EACH_MS);
    for (const entry of entries.values()) {
      const isSubscribed = entry.id !== undefined;
      if (isSubscribed && !needsIt(entry)) continue;
      entry.attempt = 0;
      if (isSubscribed) entry.isInDoubt = true;
      if (!entry.request) this.later(entry, isSubscribed ? spreadMs * this.random() : 0);
    }
  }

  /**
   * The broker has forgotten the subscription of one entry: the others are unconfirmed, and renewed too, as it may have
   * forgotten more. What was made before the last time that this was found tells nothing new.
   * @param found the entry where that was found
   * @param madeAt when the broker gave the forgotten id, Unix milliseconds
   * @param replacedAt when it was asked for another one: what it has shown to know since then is not forgotten
   */
  checkAll(entries: ReadonlyMap<string, Entry>, found: Entry, madeAt = 0, replacedAt = STEADY.now()): void {
    if (madeAt < this.checkedAllMs) return;
    this.checkedAllMs = STEADY.now();
    this.renewAll(entries, (entry) => entry !== found && entry.aliveAt < replacedAt);
    notifyUsers(entries.values());
  }

  /**
   * An unanswered request to end this id may meet what the broker has made since with the same one: it is renewed, once
   * nothing can be on its way any more.
   */
  checkHolders(entries: ReadonlyMap<string, Entry>, id: string): void {
    for (const entry of entries.values()) {
      if (entry.id === undefined || normalId(entry.id) !== normalId(id)) continue;
      markLost(entry, entry.madeAt ?? entry.aliveAt);
      entry.isInDoubt = true;
      if (!entry.request) this.later(entry, ON_THE_WAY_MS);
    }
    notifyUsers(entries.values());
  }

  /** Nothing is due any more. */
  cancel(entry: Entry): void {
    clearTimeout(entry.timer);
  }

  /** The broker does not end the former subscription, which stays: its renewal is tried again after a pause. */
  keep(entry: Entry, error: unknown): void {
    entry.isPostponed = true;
    entry.keptBy = error;
    delete entry.error;
    this.retry(entry, error);
  }

  private postpone(entry: Entry): void {
    entry.isPostponed = true;
    notifyUsers([entry]);
    this.renew(entry, 0.9);
  }

  private later(entry: Entry, ms: number): void {
    clearTimeout(entry.timer);
    if (!this.options.isWanted(entry)) return;
    entry.timer = setTimeout(() => this.options.subscribe(entry), Math.min(ms, MAX_TIMER_MS));
  }
}

/** The interval of the most impatient user, milliseconds; Infinity where nobody wants renewals. */
function renewMsOf({ users }: Entry): number {
  return Math.min(...[...users].map(({ renewMs }) => renewMs).filter((ms) => ms > 0));
}
