/**
 * While a subscription is replaced, two or more of them post the same event of an agent. Each further copy is found here:
 * the same content by another subscription. The same content by the same subscription is another event (hold, retrieve, hold).
 */

/** How long an event may be on its way, milliseconds. */
export const ON_THE_WAY_MS = 10_000;
/** Events remembered for one entry. */
const MAX_REMEMBERED = 500;

interface Delivered {
  content: string;
  /** The subscriptions that have posted it. */
  ids: Set<string>;
  at: number;
}

interface Overlap {
  until: number;
  /** When the latest subscription was asked for, Unix milliseconds. */
  begunAt: number;
  /** When each subscription was asked for: it has no copy of what was posted before. */
  madeAt: Map<string, number>;
  delivered: Delivered[];
}

/** Events of entries of which more than one subscription may post. */
export class OverlapFilter {
  private readonly overlaps = new Map<string, Overlap>();

  /**
   * From now on until {@link end}, more than one subscription may post for this entry.
   * @param id the subscription that it has now
   */
  begin(key: string, id?: string): void {
    const overlap = this.overlaps.get(key) ?? { until: 0, begunAt: 0, madeAt: new Map(), delivered: [] };
    if (id !== undefined && !overlap.madeAt.has(id)) overlap.madeAt.set(id, overlap.begunAt);
    overlap.until = Infinity;
    overlap.begunAt = Date.now();
    this.overlaps.set(key, overlap);
  }

  /** A subscription that posts already, besides the one that the entry has, is to be ended; until {@link end}. */
  keep(key: string): void {
    const overlap = this.overlaps.get(key) ?? { until: 0, begunAt: 0, madeAt: new Map(), delivered: [] };
    overlap.until = Infinity;
    this.overlaps.set(key, overlap);
  }

  /** Only one subscription is left; events of the other one may still be on their way. */
  end(key: string): void {
    const overlap = this.overlaps.get(key);
    if (!overlap || overlap.until !== Infinity) return;
    overlap.until = Date.now() + ON_THE_WAY_MS;
    setTimeout(() => {
      if (Date.now() >= overlap.until && this.overlaps.get(key) === overlap) this.overlaps.delete(key);
    }, ON_THE_WAY_MS).unref();
  }

  /**
   * True for each copy of an event but the first.
   * @param key of the entry
   * @param id of the subscription that posted it
   * @param content what is equal in both copies, such as the event's key
   */
  isDuplicate(key: string, id: string, content: string): boolean {
    const overlap = this.overlaps.get(key);
    if (!overlap) return false;
    const now = Date.now();
    const delivered = overlap.delivered.filter(({ at }) => now - at <= ON_THE_WAY_MS).slice(-MAX_REMEMBERED);
    const madeAt = overlap.madeAt.get(id) ?? overlap.begunAt;
    const first = delivered.find((one) => one.content === content && !one.ids.has(id) && one.at > madeAt);
    if (first) first.ids.add(id);
    else delivered.push({ content, ids: new Set([id]), at: now });
    overlap.delivered = delivered;
    return first !== undefined;
  }
}
