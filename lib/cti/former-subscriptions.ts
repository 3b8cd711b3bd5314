/**
 * What subscribers had when they closed, for those that start again at another broker: that one does not know since when
 * events of their agents may be lost.
 */
import { STEADY } from "../core/clock.js";
import { type Entry, untoldFrom } from "./entry.js";
import { agentOfKey } from "./entry-keys.js";
import type { SubscriptionManager } from "./subscriptions.js";

/** Where a subscriber had its entries. */
type Broker = Pick<SubscriptionManager, "problems">;

interface Former {
  broker: Broker;
  entry: Entry;
  /** Until when it was subscribed, Unix milliseconds. */
  until: number;
  /** When its subscriber closed, Unix milliseconds. */
  closedAt: number;
}

/** How long they are remembered, milliseconds. */
const KEEP_MS = 3_600_000;
/** Of all subscribers; beyond this the oldest are forgotten. */
const MAX_FORMER = 10_000;

/** Of all subscribers of a process. */
export class FormerSubscriptions {
  // By subscriber and entry's agent, the oldest first.
  private readonly all = new Map<string, Former>();

  /** A subscriber closes. @param subscriber the same name before and after a deploy */
  note(subscriber: string, broker: Broker, entries: Iterable<Entry>): void {
    const closedAt = STEADY.now();
    const { awayError, lastSignMs } = broker.problems;
    for (const entry of entries) {
      // Events of an agent who never was subscribed cannot be lost.
      if ((entry.id ?? entry.lostFrom ?? entry.sendingSince) === undefined) continue;
      const until = awayError ? (lastSignMs ?? entry.aliveAt) : closedAt;
      const key = keyOf(subscriber, entry);
      this.all.delete(key);
      this.all.set(key, { broker, entry, until, closedAt });
    }
    this.forget(closedAt);
  }

  /**
   * A subscriber has an entry of an agent: what it had before is taken out.
   * @returns since when events of that agent may be lost, Unix milliseconds; undefined where none are, or where the same broker
   *   knows that itself
   */
  take(subscriber: string, broker: Broker, entry: Entry): number | undefined {
    this.forget(STEADY.now());
    const key = keyOf(subscriber, entry);
    const former = this.all.get(key);
    this.all.delete(key);
    if (!former || former.broker === broker) return undefined;
    const untold = untoldFrom(former.entry);
    // Another subscriber still has it, at the same address: its events came all the time.
    const { id, users } = former.entry;
    if (former.entry.key === entry.key && id !== undefined && users.size > 0 && untold === undefined) return undefined;
    return Math.min(former.until, untold ?? Infinity);
  }

  private forget(now: number): void {
    let surplus = this.all.size - MAX_FORMER;
    for (const [key, { closedAt }] of this.all) {
      if (surplus-- <= 0 && closedAt >= now - KEEP_MS) return;
      this.all.delete(key);
    }
  }
}

function keyOf(subscriber: string, { key }: Entry): string {
  return `${subscriber} ${agentOfKey(key)}`;
}
