/**
 * Two or more subscriptions may post the same event of an agent: while one replaces another, after a kill, and where the
 * broker does not end one. Each further copy is found here: the same event by another subscription, soon after. The same
 * event by the same subscription is another one (hold, retrieve, hold). So each comes out as often as that one posted it
 * which posted it most often, whichever is late, and whatever else one of them has or lacks.
 */

import { STEADY } from "../core/clock.js";
import type { SubscriptionTimes } from "./subscription-ids.js";

/** How long after an event its copies are expected of a subscription that existed then, milliseconds. */
export const LATE_COPY_MS = 30_000;
/**
 * How long of one that the broker may have made later. On a slow machine it has the longer time, too: while it has posted
 * nothing later of that call, and that event was not undone since: what is held, retrieved and held again is no copy.
 */
export const COPY_MS = 2000;
/** Two events of one subscription may come in the wrong order by so much, milliseconds: nobody is held and retrieved as fast. */
const OUT_OF_ORDER_MS = 200;
/** Calls that are remembered, and events of each. */
const MAX_CALLS = 10_000;
const MAX_EVENTS = 100;

/**
 * The subscription that posted an event. It has no copy of what came before it was asked for, and one of each that came
 * after it was made.
 */
export interface EventSource extends SubscriptionTimes {
  /** Its id, in one spelling. */
  id: string;
  /** The same for subscriptions of one broker, at whatever address; undefined where it is not known whose this one is. */
  broker?: string | undefined;
}

interface Delivered {
  content: string;
  /** The subscriptions that have posted it. */
  ids: Set<string>;
  broker: string | undefined;
  at: number;
}

/** The events of the last moments. */
export class DuplicateFilter {
  /** By call; what came last is at the end. */
  private readonly delivered = new Map<string, Delivered[]>();

  /**
   * True for each copy of an event but the first.
   * @param call the call, or what stands for it
   * @param content what happened; with the call it is equal in all copies
   * @param source the subscription that posted it
   * @param undoing contents of events after which it may truly happen again
   */
  isDuplicate(call: string, content: string, source: EventSource, undoing: readonly string[] = []): boolean {
    const { id, askedAt, madeAt = Infinity, broker } = source;
    const now = STEADY.now();
    this.forgetOlderThan(now - LATE_COPY_MS);
    const delivered = (this.delivered.get(call) ?? []).filter(({ at }) => at >= now - LATE_COPY_MS);
    const last = delivered.findLastIndex(({ ids }) => ids.has(id));
    const isUndone = (from: number): boolean =>
      askedAt > 0 && delivered.some((one, at) => at > from && undoing.includes(one.content));
    // What it has undone itself, it has had: the same again is another one.
    const hasUndone = (from: number): boolean =>
      delivered.some(
        (one, at) => at > from && one.ids.has(id) && one.at < now - OUT_OF_ORDER_MS && undoing.includes(one.content),
      );
    const first = delivered.find(
      (one, at) =>
        one.content === content &&
        !one.ids.has(id) &&
        // Two brokers may have the same agent.
        (one.broker === broker || one.broker === undefined || broker === undefined) &&
        (one.at > madeAt ||
          (one.at > askedAt && ((one.at >= now - COPY_MS && !hasUndone(at)) || (at > last && !isUndone(at))))),
    );
    if (first) {
      first.ids.add(id);
      return true;
    }
    this.delivered.delete(call);
    this.delivered.set(call, [...delivered.slice(1 - MAX_EVENTS), { content, ids: new Set([id]), broker, at: now }]);
    return false;
  }

  private forgetOlderThan(time: number): void {
    for (const [call, delivered] of this.delivered) {
      if ((delivered.at(-1)?.at ?? 0) >= time && this.delivered.size < MAX_CALLS) break;
      this.delivered.delete(call);
    }
  }
}
