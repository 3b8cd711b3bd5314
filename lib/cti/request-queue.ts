/**
 * The one way of requests about subscriptions to a broker: a few at once, in order of their priority, and never more a
 * minute than the limit, whoever asks and whatever fails. While the broker is away only probes go, one at a time.
 */
import { PRIORITIES, type Priority } from "./priority.js";

/** What a {@link RequestQueue} asks before it sends. */
export interface RequestQueueOptions {
  /** Requests at once. */
  parallel: () => number;
  /** Requests within any 60 s. */
  perMinute: () => number;
  /** Requests of these that one of this priority must leave to others. */
  reserve: (priority: Priority) => number;
  /** True while requests of this priority wait, and others do not. */
  isHeldBack: (priority: Priority, isWaiting: (other: Priority) => boolean) => boolean;
  /** Called for each request. */
  onSent: () => void;
  /** Called when requests that somebody waits for begin to wait for the limit. */
  onLimited: () => void;
  /** True while only probes are sent. */
  isPaused: () => boolean;
}

const MINUTE_MS = 60_000;
/** What each answer adds to the number of requests at once, after a broker had asked for fewer. */
const SPEED_UP = 0.1;

/** Requests to one broker. */
export class RequestQueue {
  private readonly waiting = Object.fromEntries(PRIORITIES.map((priority) => [priority, new Deque()])) as Record<
    Priority,
    Deque<() => void>
  >;
  // When the requests of the last minute were sent, Unix milliseconds, the oldest first.
  private readonly sent = new Deque<number>();
  private running = 0;
  // Requests at once that the broker seems to take; the limit itself unless it asked for fewer.
  private width = Infinity;
  private timer: NodeJS.Timeout | undefined;
  private freeAt = 0;

  constructor(private readonly options: RequestQueueOptions) {}

  /** When requests that wait for the limit go on, Unix milliseconds; undefined while none does. */
  get limitedUntil(): number | undefined {
    return this.freeAt > Date.now() ? this.freeAt : undefined;
  }

  /** Requests of the last minute. */
  get sentCount(): number {
    const now = Date.now();
    while (this.sent.size > 0 && now - (this.sent.first as number) > MINUTE_MS) this.sent.shift();
    return this.sent.size;
  }

  /** Counts requests that a former process sent. @param at when it sent the last one, Unix milliseconds */
  count(requests: number, at: number): void {
    for (let request = 0; request < requests; request++) this.sent.push(at);
  }

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
      this.sent.push(Date.now());
      this.running++;
      this.options.onSent();
      (lane.shift() as () => void)();
    }
  }

  /** Sends nothing more. */
  close(): void {
    clearTimeout(this.timer);
    for (const lane of Object.values(this.waiting)) lane.clear();
  }

  private lane(): Deque<() => void> | undefined {
    const { isPaused, isHeldBack, parallel } = this.options;
    const { probe } = this.waiting;
    if (probe.size > 0) return this.running === 0 && this.mayAgain("probe") ? probe : undefined;
    if (isPaused() || this.running >= Math.floor(Math.min(this.width, parallel()))) return undefined;
    const isWaiting = (priority: Priority): boolean => this.waiting[priority].size > 0;
    const next = PRIORITIES.find((priority) => isWaiting(priority) && !isHeldBack(priority, isWaiting));
    return next && this.mayAgain(next) ? this.waiting[next] : undefined;
  }

  // True when another request, and some in reserve, fit into the last minute; else sends it as soon as they do.
  private mayAgain(priority: Priority): boolean {
    const limit = this.options.perMinute();
    if (this.sentCount < limit - Math.min(this.options.reserve(priority), limit - 1)) return true;
    const freeAt = (this.sent.first as number) + MINUTE_MS + 1;
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.next(), freeAt - Date.now());
    if (!(["missing", "check", "ended"] as Priority[]).includes(priority)) return false;
    const wasLimited = this.limitedUntil !== undefined;
    this.freeAt = freeAt;
    if (!wasLimited) this.options.onLimited();
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
