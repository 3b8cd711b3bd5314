/**
 * The one way of requests about subscriptions to a broker: a few at once, and never more a minute than the limit,
 * whatever fails. What ends a replaced subscription goes first, then what somebody waits for. A probe goes alone; while the broker is away only
 * probes go.
 */
import type { Priority } from "./priority.js";

/** What a {@link RequestQueue} asks before it sends. */
export interface RequestQueueOptions {
  /** Requests at once. */
  parallel: () => number;
  /** Requests within any 60 s, but for those that were asked for. */
  perMinute: () => number;
  /** Requests of these that a `later` one must leave to others. */
  reserve: () => number;
  /** True while only probes are sent. */
  isPaused: () => boolean;
}

const MINUTE_MS = 60_000;
/** What each answer adds to the number of requests at once, after a broker had asked for fewer. */
const SPEED_UP = 0.1;

/** Requests to one broker. */
export class RequestQueue {
  private readonly waiting: Record<Priority, Deque<() => void>> = {
    probe: new Deque(),
    asked: new Deque(),
    urgent: new Deque(),
    later: new Deque(),
  };
  // When the requests of the last minute were sent, Unix milliseconds, the oldest first.
  private readonly sent = new Deque<number>();
  private running = 0;
  // Requests at once that the broker seems to take; the limit itself unless it asked for fewer.
  private width = Infinity;
  private timer: NodeJS.Timeout | undefined;

  constructor(private readonly options: RequestQueueOptions) {}

  /**
   * Runs a request when it is its turn. The time in the queue is not part of the request: its time-out begins later.
   * @returns what the request returns
   */
  run<T>(request: () => Promise<T>, priority: Priority): Promise<T> {
    return new Promise((resolve, reject) => {
      this.waiting[priority].push(() => {
        request()
          .then(resolve, reject)
          .finally(() => {
            this.running--;
            this.next();
          });
      });
      this.next();
    });
  }

  /** The broker asks for fewer requests at once. */
  slowDown(): void {
    this.width = Math.max(1, Math.floor(Math.min(this.width, this.options.parallel()) / 2));
  }

  /** The broker has answered: a little more may be tried. */
  speedUp(): void {
    this.width = Math.min(this.options.parallel(), this.width + SPEED_UP);
  }

  /** Sends what may be sent; called when {@link RequestQueueOptions.isPaused} has changed. */
  next(): void {
    for (;;) {
      const lane = this.lane();
      if (!lane) return;
      if (lane !== this.waiting.asked) this.sent.push(Date.now());
      this.running++;
      (lane.shift() as () => void)();
    }
  }

  /** Sends nothing more. */
  close(): void {
    clearTimeout(this.timer);
    for (const lane of Object.values(this.waiting)) lane.clear();
  }

  private lane(): Deque<() => void> | undefined {
    const { probe, asked, urgent, later } = this.waiting;
    if (probe.size > 0) return this.running === 0 && this.mayAgain() ? probe : undefined;
    if (this.options.isPaused() || this.running >= Math.floor(Math.min(this.width, this.options.parallel())))
      return undefined;
    // Each replaced subscription is ended before the next is replaced: until then its agent has two.
    if (urgent.size > 0 && this.mayAgain()) return urgent;
    if (asked.size > 0) return asked;
    return later.size > 0 && this.mayAgain(this.options.reserve()) ? later : undefined;
  }

  // True when another request, and some in reserve, fit into the last minute; else sends it as soon as they do.
  private mayAgain(reserve = 0): boolean {
    const limit = this.options.perMinute();
    const free = limit - Math.min(reserve, limit - 1);
    const now = Date.now();
    while (this.sent.size > 0 && now - (this.sent.first as number) > MINUTE_MS) this.sent.shift();
    if (this.sent.size < free) return true;
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.next(), (this.sent.first as number) + MINUTE_MS + 1 - now);
    return false;
  }
}

/** A list that gives up its first item in constant time. */
class Deque<T> {
  private items: T[] = [];
  private head = 0;

  get size(): number {
    return this.items.length - this.head;
  }

  get first(): T | undefined {
    return this.items[this.head];
  }

  push(item: T): void {
    this.items.push(item);
  }

  shift(): T | undefined {
    const item = this.items[this.head++];
    if (this.head > 1000 && this.head * 2 > this.items.length) {
      this.items = this.items.slice(this.head);
      this.head = 0;
    }
    return item;
  }

  clear(): void {
    this.items = [];
    this.head = 0;
  }
}
