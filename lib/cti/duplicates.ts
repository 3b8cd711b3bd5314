/**
 * Two or more subscriptions may post the same event of an agent: while one replaces another, after a kill, and where the
 * broker does not end one. Each further copy is found here: the same event by another subscription, soon after. The same
 * event by the same subscription is another one (hold, retrieve, hold).
 */

/** How long after an event its copies are expected, milliseconds. */
export const COPY_MS = 2000;
/** Events that are remembered. */
const MAX_REMEMBERED = 10_000;

/** The subscription that posted an event. */
export interface EventSource {
  /** Its id, in one spelling. */
  id: string;
  /** When it was asked for, Unix milliseconds: it has no copy of what came before. 0 where that is not known. */
  since: number;
  /** The same for subscriptions of one broker; undefined where it is not known whose this one is. */
  broker?: object | undefined;
}

interface Delivered {
  /** The subscriptions that have posted it. */
  ids: Set<string>;
  broker: object | undefined;
  at: number;
}

/** The events of the last moments. */
export class DuplicateFilter {
  /** By what is equal in all copies; what came last is at the end. */
  private readonly delivered = new Map<string, Delivered[]>();

  /**
   * True for each copy of an event but the first.
   * @param content what is equal in all copies
   * @param source the subscription that posted it
   */
  isDuplicate(content: string, { id, since, broker }: EventSource): boolean {
    const now = Date.now();
    this.forgetOlderThan(now - COPY_MS);
    const delivered = (this.delivered.get(content) ?? []).filter(({ at }) => at >= now - COPY_MS);
    const first = delivered.find(
      (one) =>
        !one.ids.has(id) &&
        one.at > since &&
        // Two brokers may have the same agent.
        (one.broker === broker || one.broker === undefined || broker === undefined),
    );
    if (first) {
      first.ids.add(id);
      return true;
    }
    this.delivered.delete(content);
    this.delivered.set(content, [...delivered, { ids: new Set([id]), broker, at: now }]);
    return false;
  }

  private forgetOlderThan(time: number): void {
    for (const [content, delivered] of this.delivered) {
      if ((delivered.at(-1)?.at ?? 0) >= time && this.delivered.size < MAX_REMEMBERED) break;
      this.delivered.delete(content);
    }
  }
}
