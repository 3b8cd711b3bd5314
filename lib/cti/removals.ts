/** Subscriptions that shall end: each is asked for until the broker confirms it, whatever breaks meanwhile. */
import { STEADY } from "../core/clock.js";
import { backoffDelay, type BackoffOptions } from "../http/backoff.js";
import { isUnprocessed } from "../http/errors.js";
import { isForeignAnswer, isUnreachable } from "./availability.js";
import type { UnsubscribeResult } from "./client.js";
import { retryAfterMsOf } from "./errors.js";
import type { Priority } from "./request-queue.js";
import { agentOfKey } from "./entry-keys.js";
import type { StoredRemoval } from "./subscription-store.js";

/** What a {@link PendingUnsubscribes} works with. */
interface PendingUnsubscribesOptions {
  /** Sends the request when it is its turn, and tells; `used` where it is not sent, as another entry has the subscription. */
  unsubscribe: (
    removal: Removal,
    onSent: (answer: Promise<UnsubscribeResult>) => Promise<UnsubscribeResult>,
  ) => Promise<UnsubscribeResult | "used">;
  /** When the broker last took a subscription, Unix milliseconds. */
  subscribedAtMs: () => number;
  /** Called after each change of what is pending. */
  onChange: () => void;
  /** Called when a subscription could not be ended many times. */
  onStuck?: (error: unknown) => void;
  backoff?: BackoffOptions;
}

/**
 * How it ended: `unknown` proves that the broker had lost it; `unclear` where an earlier try may have ended it; `kept` where
 * that try may end what another entry has now, as the broker has handed out the id again.
 */
export type RemovalEnd = UnsubscribeResult | "unclear" | "kept";

/** One subscription to end. */
export interface Removal extends StoredRemoval {
  readonly id: string;
  priority: Priority;
  /** The request waits for this. */
  readonly ready?: Promise<void>;
  /** Called after the first try, whatever came of it. */
  onTried?: () => void;
  /** Called before that, or after a later try, once it has ended. */
  onEnd?: (end: RemovalEnd) => void;
}

interface Pending extends Removal {
  /** When it was added, Unix milliseconds. */
  addedAt: number;
  /** Requests that failed. */
  attempts: number;
  /** Answers in which the broker itself refused. */
  refusals: number;
  /** An earlier request may have ended it, so that a 404 proves nothing. */
  ambiguous: boolean;
  error?: unknown;
  timer?: NodeJS.Timeout;
  /** The request that the broker has not answered yet. */
  busy?: Promise<unknown>;
  /** Another entry that had it gave it up meanwhile. */
  isJoined: boolean;
  /** Resolves after the first try. */
  tried: Promise<void>;
}

/** Tries after which a renewal does not wait any more; where the broker itself refused them, it is asked once an hour only. */
const STUCK_AFTER = 10;
/** The longest pause before that, milliseconds. */
const MAX_PAUSE_MS = 60_000;
const STUCK_PAUSE_MS = 3_600_000;
/** What was made at another address: over a deploy it may be in use there for so long, milliseconds. */
const FORMER_MS = 35_000;
/** Subscriptions to end that are remembered; the oldest is given up beyond that. */
const MAX_PENDING = 5000;

/** Subscriptions to end at one broker. */
export class PendingUnsubscribes {
  private readonly pending = new Map<string, Pending>();
  private readonly byAgent = new Map<string, Set<Pending>>();
  private closed = false;

  constructor(private readonly options: PendingUnsubscribesOptions) {}

  /** Ids that the broker has not confirmed. */
  get ids(): string[] {
    return [...this.pending.keys()];
  }

  /** What a later process has to end. */
  entries(): [id: string, removal: StoredRemoval][] {
    return [...this.pending.values()].map(({ id, key, inUse }) => [id, { key, inUse }]);
  }

  /** Those that were made at this address of the broker, as far as is known. */
  get ownIds(): string[] {
    return [...this.pending.values()].flatMap(({ id, isFormer }) => (isFormer ? [] : [id]));
  }

  /** Those of the agent of this entry, at any address. */
  idsOfAgent(key: string): string[] {
    return [...this.ofAgent(key)].map(({ id }) => id);
  }

  /** True for an id that the broker has not confirmed. */
  has(id: string): boolean {
    return this.pending.has(id);
  }

  /** True while an entry's former subscription has not been ended, for some tries. */
  blocks(key: string): boolean {
    return this.blocking(key) !== undefined;
  }

  /** What keeps an entry's former subscription from being ended, where {@link blocks}. */
  errorOfKey(key: string): unknown {
    return this.blocking(key)?.error;
  }

  /** What kept an id from being ended; undefined when it is gone or was not tried. */
  errorOf(id: string): unknown {
    return this.pending.get(id)?.error;
  }

  /** The requests that the broker has not answered yet, for the agent of this entry at any address. */
  busy(key: string): Promise<unknown>[] {
    return [...this.ofAgent(key)].flatMap(({ busy }) => busy ?? []);
  }

  /**
   * Ends a subscription, at first at once.
   * @returns after the first try, whatever came of it
   */
  add(removal: Removal): Promise<void> {
    const known = this.pending.get(removal.id);
    if (known) {
      known.isJoined = true;
      return known.tried.then(removal.onTried);
    }
    for (const oldest of this.ids.slice(0, Math.max(0, this.pending.size + 1 - MAX_PENDING))) this.drop(oldest);
    const untried = {
      addedAt: STEADY.now(),
      attempts: 0,
      refusals: 0,
      ambiguous: false,
      isJoined: false,
      tried: Promise.resolve(),
    };
    const pending: Pending = { ...removal, ...untried };
    this.pending.set(removal.id, pending);
    this.byAgent.set(agentOfKey(removal.key), new Set(this.ofAgent(removal.key)).add(pending));
    this.options.onChange();
    pending.tried = this.run(pending);
    return pending.tried;
  }

  /** Tries at once what waits for its next try. */
  retryNow(): void {
    for (const pending of this.pending.values())
      if (pending.timer && pending.refusals < STUCK_AFTER) void this.run(pending);
  }

  /** Ends the repetition. */
  close(): void {
    this.closed = true;
    for (const { timer } of this.pending.values()) clearTimeout(timer);
  }

  private ofAgent(key: string): ReadonlySet<Pending> {
    return this.byAgent.get(agentOfKey(key)) ?? new Set();
  }

  private blocking(key: string): Pending | undefined {
    return [...this.ofAgent(key)].find(
      // What seems to be forgotten waits for the next renewal, which shows whether it is.
      (one) => one.key === key && one.attempts < STUCK_AFTER && !isForeignAnswer(one.error, 404),
    );
  }

  private drop(id: string): void {
    const pending = this.pending.get(id);
    if (!pending) return;
    clearTimeout(pending.timer);
    this.pending.delete(id);
    const others = this.byAgent.get(agentOfKey(pending.key));
    others?.delete(pending);
    if (others?.size === 0) this.byAgent.delete(agentOfKey(pending.key));
    this.options.onChange();
  }

  private run(pending: Pending): Promise<void> {
    clearTimeout(pending.timer);
    delete pending.timer;
    return this.tryOnce(pending).finally(() => delete pending.busy);
  }

  private async tryOnce(pending: Pending): Promise<void> {
    const { id } = pending;
    await pending.ready;
    if (pending.isFormer && pending.attempts === 0)
      await new Promise((resolve) => setTimeout(resolve, FORMER_MS).unref());
    try {
      const result = await this.send(pending).catch((error: unknown) => this.readAnswer(pending, error));
      this.drop(id);
      pending.onEnd?.(result === "unknown" && pending.ambiguous ? "unclear" : result);
      this.firstTried(pending);
    } catch (error) {
      if (this.pending.get(id) !== pending) return;
      pending.error = error;
      if (!isUnreachable(error) && !isForeignAnswer(error)) pending.refusals++;
      // What answers 404 has ended nothing.
      else if (!isForeignAnswer(error, 404)) pending.ambiguous ||= !isUnprocessed(error);
      if (++pending.attempts === STUCK_AFTER) this.options.onStuck?.(error);
      this.firstTried(pending);
      this.retryLater(pending);
    }
  }

  // A 404 may be a page of the server before the broker: where subscriptions get through it, the broker has not this one.
  private readAnswer({ addedAt }: Pending, error: unknown): UnsubscribeResult {
    if (isForeignAnswer(error, 404) && this.options.subscribedAtMs() > addedAt) return "unknown";
    throw error;
  }

  // Where all entries give up one id at once, the first one still finds it used by the others.
  private async send(pending: Pending): Promise<UnsubscribeResult | "kept"> {
    for (;;) {
      pending.isJoined = false;
      const result = await this.options.unsubscribe(pending, (answer) => {
        pending.busy = answer.catch(() => undefined);
        return answer;
      });
      if (result !== "used") return result;
      if (!pending.isJoined) return pending.ambiguous ? "kept" : "ended";
    }
  }

  private firstTried(pending: Pending): void {
    pending.onTried?.();
    delete pending.onTried;
  }

  private retryLater(pending: Pending): void {
    if (this.closed) return;
    pending.priority = "removal";
    const isStuck = pending.refusals >= STUCK_AFTER;
    const backoff = { maxMs: MAX_PAUSE_MS, ...this.options.backoff };
    const pauseMs = isStuck ? STUCK_PAUSE_MS : backoffDelay(pending.attempts - 1, backoff);
    const askedMs = Math.min(retryAfterMsOf(pending.error), MAX_PAUSE_MS);
    pending.timer = setTimeout(() => void this.run(pending), Math.max(pauseMs, askedMs));
  }
}
