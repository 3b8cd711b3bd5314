/** What a node gets while it is deployed again, or while nodes behind it may be. */
import { STEADY } from "../../lib/core/clock.js";
import type { RteEvent } from "../../lib/rte/events.js";
import { type Subject, subjectKey } from "../../lib/rte/subject.js";
import type { Notice, Subscriber } from "../../lib/rte/subscriber.js";

/** What a subscriber gets. */
type Item = RteEvent | Notice;

/** Events that wait for a node under deploy, and how long they do, in milliseconds; then they are dropped, and a gap tells. */
const MAX_EVENTS = 10_000;
export const MAX_WAIT_MS = 10_000;

/** A node, as its connection sees it. */
export interface User extends Subscriber {
  /** Stops what it has sent and nobody has got yet. */
  takeBack?: () => Item[];
}

/** Keeps the place of a subscriber: what comes waits for the end of the deploy, for the same node or for its successor. */
export class Place implements Subscriber {
  private readonly sinceMs = STEADY.now();
  private items: Item[];
  private isDropped = false;
  private readonly limit: NodeJS.Timeout;
  /** The deploy takes too long, and the node gets the events: they may find no other node behind this one. */
  isPassing = false;

  /**
   * @param owner the node while it lives
   * @param readUntilMs until when it had got every event, Unix milliseconds; undefined for one without subscriptions
   */
  constructor(
    public owner: User | undefined,
    readonly readUntilMs: number | undefined,
  ) {
    this.items = owner?.takeBack?.() ?? [];
    this.limit = setTimeout(() => this.overflow(), MAX_WAIT_MS);
    this.limit.unref();
  }

  readonly onEvent = (event: RteEvent): void => {
    if (this.items.length >= MAX_EVENTS || this.isLate()) this.overflow();
    if (this.isPassing) this.owner?.onEvent(event);
    else if (!this.isDropped) this.items.push(event);
  };
  readonly onNotice = (notice: Notice): void => void this.items.push(notice);
  readonly onState = (): void => undefined;

  private isLate(): boolean {
    return STEADY.now() - this.sinceMs > MAX_WAIT_MS;
  }

  private overflow(): void {
    if (this.owner === undefined) this.isDropped = true;
    else this.isPassing = true;
    const items = this.items.splice(0);
    for (const item of items) {
      // No later gap repeats a notice that finds nobody.
      if (!("rte" in item)) this.items.push(item);
      else this.owner?.onEvent(item);
    }
  }

  /** The node is stopped: a successor may come. */
  abandon(): void {
    this.isDropped = this.isPassing;
    this.isPassing = false;
    this.owner = undefined;
  }

  /** The node is gone for good: nobody gets what waits. */
  drop(): void {
    clearTimeout(this.limit);
    this.owner = undefined;
    this.items = [];
  }

  /** Since when events were dropped or may have found nobody, Unix milliseconds; undefined when none were. */
  lostSinceMs(): number | undefined {
    if (this.isLate() && this.items.some((item) => "rte" in item)) this.overflow();
    return this.isDropped || this.isPassing ? (this.readUntilMs ?? this.sinceMs) : undefined;
  }

  /**
   * Gives a node what came meanwhile.
   * @param subjects what it subscribes; its own state of the others is reported anew. Everything where undefined
   */
  handOver(node: Subscriber, subjects?: readonly Subject[]): void {
    clearTimeout(this.limit);
    const kept = subjects && new Set(subjects.map(subjectKey));
    const items = this.items.splice(0);
    for (const item of items) {
      if ("rte" in item) {
        if (kept?.has(subjectKey(item.rte)) !== false) node.onEvent(item);
      } else if (kept === undefined || !["subscribed", "refused"].includes(item.topic)) node.onNotice(item);
    }
  }
}
