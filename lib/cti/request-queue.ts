/**
 * The one way of requests about subscriptions to a broker: a few at once, in order of their priority, and never more a
 * minute than the limit, whoever asks and whatever fails. While the broker is away only probes go, one at a time.
 *
 * What keeps the limit over kills: a request leaves once a number that includes it is on the disk. Where the disk takes nothing,
 * the first one leaves when this process is a minute old: whatever a former one has sent was before that minute.
 */
import { STEADY } from "../core/clock.js";
import { KnownRequests } from "./known-requests.js";
import type { SaveResult, SentRequests } from "./subscription-store.js";

/**
 * The first goes first. `probe`: whether the broker is there. `replaced`: the end of a subscription that has just been
 * replaced; until then its agent has two. `missing`: an agent without a subscription. `check`: one that the broker may have
 * forgotten. `ended`: what nobody wants any more. `asked`: one that somebody asked for again. `removal`: what could not be ended
 * before, or was left over: it posts each event once more, so it does not wait for the renewals, which never end. `renewal`: one
 * that is due.
 */
export const PRIORITIES = ["probe", "replaced", "missing", "check", "ended", "asked", "removal", "renewal"] as const;
/** One of {@link PRIORITIES}. */
export type Priority = (typeof PRIORITIES)[number];

/**
 * Requests per agent and minute that a priority leaves to others: what is missing never waits for those after it, and what
 * somebody asks for again leaves enough to end all.
 */
export const RESERVE: Readonly<Partial<Record<Priority, number>>> = { asked: 1, renewal: 1, ended: 1, removal: 1 };

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
  /** Called when requests wait until what is {@link RequestQueue.reserve}d anew is saved. */
  onReserved: () => void;
  /** Called when requests that somebody waits for begin to wait for the limit. */
  onLimited: () => void;
  /** True while only probes are sent. */
  isPaused: () => boolean;
}

const MINUTE_MS = 60_000;
/** How often a write that failed is tried again while requests wait for it. */
const SAVE_AGAIN_MS = 1000;
/** The part of a minute's requests that are reserved: so many a kill makes the next process count too many, at most. */
const RESERVED = 0.03;
/** With few agents: what 4 requests at once need while it is saved. */
const MIN_RESERVED = 6;
/** What each answer adds to the number of requests at once, after a broker had asked for fewer. */
const SPEED_UP = 0.1;

/** A task that waits for its turn. */
interface Waiting {
  start: () => void;
  isNeeded: () => boolean;
}

/** Requests to one broker. */
export class RequestQueue {
  private readonly waiting = Object.fromEntries(PRIORITIES.map((priority) => [priority, []])) as unknown as Record<
    Priority,
    Waiting[]
  >;
  // When the requests of the last minute were sent, the oldest first, by the time of the process: that nobody sets.
  private readonly sent: number[] = [];
  private total = 0;
  private countedTotal = 0;
  private readonly known = new KnownRequests();
  private isReserving = false;
  // When what former processes sent is over in any case, by the time of the process.
  private readonly alone = performance.now() + MINUTE_MS;
  // Nothing could be saved: not tried before this.
  private saveAgainAt = 0;
  private running = 0;
  // Requests at once that the broker seems to take; the limit itself unless it asked for fewer.
  private width = Infinity;
  private timer: NodeJS.Timeout | undefined;
  private saveTimer: NodeJS.Timeout | undefined;
  private freeAt = 0;
  private isClosed = false;

  constructor(private readonly options: RequestQueueOptions) {}

  /** When requests that wait for the limit go on, Unix milliseconds; undefined while none does. */
  get limitedUntil(): number | undefined {
    return this.freeAt > STEADY.now() ? this.freeAt : undefined;
  }

  /**
   * What to save, so that no kill makes the next process forget a request: those beyond it wait.
   * @returns it, and what to call once it is saved
   */
  reserve(): SentRequests & { saved: (result: SaveResult) => void } {
    const now = performance.now();
    const sent: Record<string, number> = {};
    this.forgetOld();
    for (const at of this.sent) {
      const age = Math.max(0, Math.floor((now - at) / 1000));
      sent[age] = (sent[age] ?? 0) + 1;
    }
    // Nothing at rest: then a kill costs nothing.
    const isBusy = this.isReserving || this.total > this.countedTotal;
    const reserved = isBusy ? Math.max(MIN_RESERVED, Math.ceil(this.options.perMinute() * RESERVED)) : 0;
    this.countedTotal = this.total;
    const noteWritten = this.known.noteWrite(this.total + reserved);
    const saved = (result: SaveResult): void => {
      const isSaved = result !== "failed" || performance.now() >= this.alone;
      noteWritten(isSaved);
      if (!isSaved) {
        this.waitUnsaved();
        return;
      }
      this.isReserving = false;
      this.next();
    };
    return { sent, reserved, saved };
  }

  /** The next request waits until its state is saved. */
  revoke(): void {
    this.known.revoke();
  }

  /** Counts requests of a former process, the oldest first. @param ageMs how long ago it sent them at least, milliseconds */
  count(requests: number, ageMs: number): void {
    const at = performance.now() - ageMs;
    for (let request = 0; request < requests; request++) this.sent.push(at);
  }

  /**
   * Runs a request when it is its turn. The time in the queue is not part of the request: its time-out begins later.
   * @param isNeeded false once the request sends nothing any more: it then runs as soon as it is the first, and does not count
   * @returns what the request returns
   */
  run<T>(request: () => Promise<T>, priority: Priority, isNeeded: () => boolean = () => true): Promise<T> {
    return new Promise((resolve, reject) => {
      const start = (): void => {
        this.running++;
        request()
          .then(resolve, reject)
          .finally(() => {
            this.running--;
            this.next();
          });
      };
      this.waiting[priority].push({ start, isNeeded });
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
      for (const lane of Object.values(this.waiting)) while (lane[0]?.isNeeded() === false) lane.shift()?.start();
      const lane = this.lane();
      if (!lane) return;
      this.sent.push(performance.now());
      this.total++;
      this.options.onSent();
      lane.shift()?.start();
    }
  }

  /** Sends nothing more. */
  close(): void {
    this.isClosed = true;
    clearTimeout(this.timer);
    clearTimeout(this.saveTimer);
    for (const lane of Object.values(this.waiting)) lane.length = 0;
  }

  private lane(): Waiting[] | undefined {
    const { isPaused, isHeldBack, parallel } = this.options;
    const { probe } = this.waiting;
    if (this.isClosed) return undefined;
    if (probe.length > 0) return this.running === 0 && this.mayAgain("probe") ? probe : undefined;
    if (isPaused() || this.running >= Math.floor(Math.min(this.width, parallel()))) return undefined;
    const isWaiting = (priority: Priority): boolean => this.waiting[priority].length > 0;
    const next = PRIORITIES.find((priority) => isWaiting(priority) && !isHeldBack(priority, isWaiting));
    return next && this.mayAgain(next) ? this.waiting[next] : undefined;
  }

  private forgetOld(): void {
    const since = performance.now() - MINUTE_MS;
    while ((this.sent[0] ?? since) < since) this.sent.shift();
  }

  // True when a later process would know of another request; else sends it as soon as it would.
  private isSaved(): boolean {
    if (this.total < this.known.total) return true;
    if (!this.isReserving && performance.now() >= this.saveAgainAt) {
      this.isReserving = true;
      this.options.onReserved();
    }
    return false;
  }

  // Nobody would know of another request, and nobody may know what was sent before.
  private waitUnsaved(): void {
    const waitMs = this.alone - performance.now();
    this.isReserving = false;
    this.saveAgainAt = performance.now() + Math.min(waitMs, SAVE_AGAIN_MS);
    clearTimeout(this.saveTimer);
    this.saveTimer = setTimeout(() => this.next(), Math.min(waitMs, SAVE_AGAIN_MS));
    if (PRIORITIES.some((priority) => this.waiting[priority].length > 0)) this.setLimited(waitMs);
  }

  private setLimited(waitMs: number): void {
    const wasLimited = this.limitedUntil !== undefined;
    this.freeAt = STEADY.now() + waitMs;
    if (!wasLimited) this.options.onLimited();
  }

  // True when another request, and some in reserve, fit into the last minute; else sends it as soon as they do.
  private mayAgain(priority: Priority): boolean {
    const limit = this.options.perMinute();
    this.forgetOld();
    if (this.sent.length < limit - Math.min(this.options.reserve(priority), limit - 1)) return this.isSaved();
    const waitMs = (this.sent[0] as number) + MINUTE_MS + 1 - performance.now();
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.next(), waitMs);
    if ((["missing", "check", "asked", "ended"] as Priority[]).includes(priority)) this.setLimited(waitMs);
    return false;
  }
}
