/**
 * Two or more subscriptions may post the same event of an agent: while one replaces another, after a kill, and where the
 * broker does not end one. Each further copy is found here: the same event by another subscription, soon after. The same
 * event by the same subscription is another one (hold, retrieve, hold).
 */

/** How long after an event its copies are expected, milliseconds. */
export const COPY_MS = 2000;
/**
 * How long on a slow machine: while the subscription that posted it first may still post, and the other one has posted
 * nothing later of that call.
 */
export const LATE_COPY_MS = 30_000;
/** Calls that are remembered, and events of each. */
const MAX_CALLS = 10_000;
const MAX_EVENTS = 100;

/** The subscription that posted an event. */
export interface EventSource {
  /** Its id, in one spelling. */
  id: string;
  /** When it was asked for, Unix milliseconds: it has no copy of what came before. 0 where that is not known. */
  since: number;
  /** The same for subscriptions of one broker; undefined where it is not known whose this one is. */
  broker?: object | undefined;
  /** True for the id of a subscription that may still post; none is where left out. */
  mayPost?: ((id: string) => boolean) | undefined;
}

interface Delivered {
  content: string;
  /** The subscriptions that have posted it. */
  ids: Set<string>;
  broker: object | undefined;
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
   */
  isDuplicate(call: string, content: string, { id, since, broker, mayPost = () => false }: EventSource): boolean {
    const now = Date.now();
    this.forgetOlderThan(now - LATE_COPY_MS);
    const delivered = (this.delivered.get(call) ?? []).filter(({ at }) => at >= now - LATE_COPY_MS);
    const last = delivered.findLastIndex(({ ids }) => ids.has(id));
    const first = delivered.find(
      (one, at) =>
        one.content === content &&
        !one.ids.has(id) &&
        one.at > since &&
        // Two brokers may have the same agent.
        (one.broker === broker || one.broker === undefined || broker === undefined) &&
        (one.at >= now - COPY_MS || (at > last && [...one.ids].some(mayPost))),
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
