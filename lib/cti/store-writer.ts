/** Writes what outlives this process, soon after it has changed. */
import { STEADY, stampNow } from "../core/clock.js";
import { type Entry, storedEntry, untoldFrom } from "./entry.js";
import { ALIVE_MS, storedState } from "./stored-state.js";
import type {
  SaveResult,
  SentRequests,
  StoredEntry,
  StoredGone,
  StoredRemoval,
  StoredSubscriptions,
  SubscriptionStore,
} from "./subscription-store.js";

/** What a {@link StoreWriter} writes. */
export interface StoreSource {
  entries: ReadonlyMap<string, Entry>;
  /** See {@link SubscriptionIds.lostAnswersOf}. */
  lostAnswersOf: (key: string) => number;
  /** Requests that may have made a subscription of unknown id, also of entries that are gone. */
  unanswered: () => (readonly [key: string, entry: StoredEntry])[];
  leftBehind: ReadonlyMap<string, StoredEntry>;
  ended: Map<string, number>;
  removals: () => [id: string, removal: StoredRemoval][];
  gone: () => [id: string, gone: StoredGone][];
  /** See {@link StoredSubscriptions.aliveAt}. */
  receivedUntil: () => number;
  /** See {@link RequestQueue.reserve}. */
  reserve: () => SentRequests & { saved: (result: SaveResult) => void };
}

const WRITE_MIN_MS = 100;
const WRITE_MAX_MS = 1000;
const WRITE_NEXT_MS = 10;
const WRITE_EACH_MS = 0.5;
/** How often the time alone is written. */
const RECEIVED_MS = 1000;
/** Ends that nobody came back to are forgotten after this. */
const ENDED_MS = 24 * 3_600_000;
const MAX_ENDED = 5000;

/** Writes the state soon after a change and every minute, and notes the time every second. */
export class StoreWriter {
  private timer: NodeJS.Timeout | undefined;
  private readonly alive: NodeJS.Timeout;
  private readonly received: NodeJS.Timeout;
  private saving = 0;
  private waiting: (() => void)[] = [];
  private closed = false;
  private wasEmpty = true;

  constructor(
    private readonly store: SubscriptionStore,
    private readonly source: StoreSource,
  ) {
    this.alive = setInterval(() => {
      if (!this.wasEmpty) this.writeSoon();
    }, ALIVE_MS);
    this.alive.unref();
    this.received = setInterval(() => this.noteReceived(), RECEIVED_MS);
    this.received.unref();
  }

  /** Writes after a moment: many changes at once are one write. */
  writeSoon(): void {
    if (this.closed || this.timer) return;
    const ms = Math.min(WRITE_MAX_MS, Math.max(WRITE_MIN_MS, this.source.entries.size * WRITE_EACH_MS));
    this.timer = setTimeout(() => void this.writeNow(), ms);
  }

  /** Writes before the next try of a request that failed. */
  writeNext(): void {
    if (this.closed) return;
    clearTimeout(this.timer);
    this.timer = setTimeout(() => void this.writeNow(), WRITE_NEXT_MS);
  }

  /** Resolves when everything so far is written. */
  written(): Promise<void> {
    this.writeSoon();
    return new Promise((resolve) => this.waiting.push(resolve));
  }

  /** Writes at once. */
  async writeNow(): Promise<void> {
    clearTimeout(this.timer);
    this.timer = undefined;
    const waiting = this.waiting;
    this.waiting = [];
    const { saved, ...requests } = this.source.reserve();
    const state = this.state(requests);
    const parts = [state.held, state.ended, state.removals, requests.sent];
    // A probe is a request, too, also where nobody wants a subscription any more.
    const isEmpty = requests.reserved === 0 && parts.every((part) => Object.keys(part).length === 0);
    this.saving++;
    // Without subscriptions there is no file to make.
    const result = isEmpty && this.wasEmpty ? "saved" : await this.store.save(state);
    this.saving--;
    this.wasEmpty = isEmpty;
    saved(result);
    if (requests.reserved > 0) this.writeSoon();
    for (const resolve of waiting) resolve();
  }

  /** Writes a last time. */
  async close(): Promise<void> {
    this.closed = true;
    clearInterval(this.alive);
    clearInterval(this.received);
    await this.writeNow();
  }

  // Only while nothing else has changed: what is being lost is not in the store with each of its times.
  private noteReceived(): void {
    const { entries, leftBehind, receivedUntil } = this.source;
    if (this.wasEmpty || this.timer || this.saving > 0 || leftBehind.size > 0) return;
    for (const entry of entries.values()) if (untoldFrom(entry) !== undefined) return;
    // What came last may not have reached the flow.
    this.store.noteReceived?.({ until: STEADY.toClock(receivedUntil() - RECEIVED_MS), ...stampNow() });
  }

  private state(requests: SentRequests): StoredSubscriptions {
    const { entries, lostAnswersOf, unanswered, leftBehind, ended, removals, gone, receivedUntil } = this.source;
    const now = STEADY.now();
    for (const [key, at] of ended) {
      if (now - at <= ENDED_MS && ended.size <= MAX_ENDED) break;
      ended.delete(key);
    }
    const lost = new Map(unanswered());
    const held = [...entries].map(([key, entry]) => [key, storedEntry(entry, lostAnswersOf(key))] as const);
    const left = [...leftBehind].map(([key, entry]) => [key, { ...lost.get(key), ...entry }] as const);
    const state = {
      aliveAt: receivedUntil(),
      held: [...lost, ...left, ...held],
      ended: [...ended],
      removals: removals(),
      gone: gone(),
    };
    return { ...storedState(state), requests };
  }
}
