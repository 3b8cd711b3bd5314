/**
 * Keeps at one broker exactly the subscriptions that subscribers ask for, with few requests.
 *
 *     wanted --subscribe--> held --renew--> held (the replaced one is ended)
 *        ^  \--failed: back-off of its own, never given up
 *
 * An entry is one agent at one callback address; subscribers that want the same share it, and the last one ends it.
 * It is subscribed again only when it needs it: its id is unknown, it is due, the broker was away, or the broker turned out
 * to have forgotten subscriptions. What a former process left is taken over from the store and renewed, or ended.
 */
import { MAX_TIMER_MS } from "../core/values.js";
import { backoffDelay, type BackoffOptions } from "../http/backoff.js";
import type { ContactCenterError } from "./errors.js";
import { isUnprocessed } from "../http/rest.js";
import { Availability, isUnreachable, type Outage } from "./availability.js";
import type { CtiClient } from "./client.js";
import { OverlapFilter } from "./duplicates.js";
import { PendingUnsubscribes } from "./removals.js";
import type { Priority } from "./priority.js";
import { RequestQueue } from "./request-queue.js";
import { normalId, SubscriptionIds } from "./subscription-ids.js";
import { entryKey, readStored, StoreWriter } from "./store-writer.js";
import type { StoredEntry, SubscriptionStore } from "./subscription-store.js";

/** What a manager works with. */
export interface SubscriptionManagerOptions {
  client: Pick<CtiClient, "subscribe" | "unsubscribe" | "test">;
  store: SubscriptionStore;
  /** Requests at once; 4 by default. */
  parallel?: () => number;
  /** True for an id that is in use elsewhere at the same broker: a broker may hand out one id twice. */
  isUsedElsewhere?: (id: string) => boolean;
  /** Called when the broker refuses for good to end a subscription. */
  onStuck?: (error: unknown) => void;
  backoff?: BackoffOptions;
}

/** Who wants an entry. */
export interface EntryUser {
  /** Milliseconds until a subscription is renewed; 0 = never. */
  readonly renewMs: number;
  /** Something about its entries has changed. */
  changed(): void;
  /** Events of this agent may have been lost in this time (Unix milliseconds), and are received again. */
  restored(imAddress: string, from: number, to: number): void;
}

/** Where events of an entry are posted to. */
export interface Callback {
  url: string;
  /** The secret within the address, never repeated in an error. */
  secret?: string;
}

/** One agent at one callback address. */
export interface Entry {
  readonly key: string;
  /** Empty for the subscription without an agent. */
  readonly imAddress: string;
  readonly callback: Callback;
  readonly users: Set<EntryUser>;
  id?: string;
  /** When the broker last showed that it knows the id, Unix milliseconds. */
  aliveAt: number;
  /** Since when events may be lost; undefined when none are. */
  lostFrom?: number;
  error?: unknown;
  attempt: number;
  timer?: NodeJS.Timeout;
  /** The request that waits or is under way; a second one joins it. */
  request?: Promise<void>;
  /** True while the broker may be making a subscription. */
  isSending: boolean;
  /** Resolves at the broker's first answer, whatever it says. */
  readonly answered: Promise<void>;
  readonly setAnswered: () => void;
}

const PARALLEL = 4;
/** Pauses between tries for one agent that the broker refuses. */
const BACKOFF: BackoffOptions = { minMs: 500, maxMs: 60_000 };
/** A loss found by a renewal makes all others be checked, no more often than this. */
const CHECK_ALL_MS = 300_000;
/** Renewals after an outage are spread over this time, at most. */
const SPREAD_MS = 5000;
const SPREAD_EACH_MS = 10;
/** Failures after which a broker that others reach counts as having refused this agent. */
const REFUSALS = 3;
/**
 * Requests per minute that faults of the broker may cause. With the one that each agent's start asks for, they are never
 * more than three for each agent and 60.
 */
const PER_AGENT = 2;
const EXTRA_PER_MINUTE = 60;

/** The subscriptions at one broker. */
export class SubscriptionManager {
  private readonly availability: Availability;
  private readonly entries = new Map<string, Entry>();
  // Entries that a former process left and nobody has asked for yet.
  private readonly leftBehind = new Map<string, StoredEntry>();
  // When entries ended that may be wanted again, such as after a deploy; Unix milliseconds.
  private readonly ended = new Map<string, number>();
  private readonly ids = new SubscriptionIds();
  private readonly overlaps = new OverlapFilter();
  private readonly queue: RequestQueue;
  private readonly removals: PendingUnsubscribes;
  private readonly writer: StoreWriter;
  private readonly loading: Promise<void>;
  private isLoaded = false;
  private isComplete = false;
  private expected = 0;
  private checkedAllMs = -Infinity;
  private readonly recent = new Map<string, number>();

  constructor(private readonly options: SubscriptionManagerOptions) {
    const { client, backoff } = options;
    this.availability = new Availability({
      probe: () => this.queue.run(() => client.test(), "probe"),
      onAway: () => this.changedAll(),
      onCertain: () => this.queue.next(),
      onBack: (outage) => this.recover(outage),
      ...(backoff && { backoff: { ...backoff, maxMs: 30_000 } }),
    });
    this.queue = new RequestQueue({
      parallel: options.parallel ?? (() => PARALLEL),
      perMinute: () => PER_AGENT * this.agentsOfLastMinute() + EXTRA_PER_MINUTE,
      isPaused: () => this.availability.isInDoubt,
    });
    this.removals = new PendingUnsubscribes({
      unsubscribe: (id, priority) =>
        this.queue.run(async () => {
          if (this.isUsed(id) || options.isUsedElsewhere?.(id)) return "ended";
          return this.watched(() => client.unsubscribe(id));
        }, priority),
      onChange: () => this.writer.writeSoon(),
      ...(options.onStuck && { onStuck: options.onStuck }),
      ...(backoff && { backoff }),
    });
    this.writer = new StoreWriter(options.store, {
      held: () => [...this.entries.values()].map(({ key, id, lostFrom }) => [key, { id, lostFrom }]),
      leftBehind: this.leftBehind,
      ended: this.ended,
      removals: () => this.removals.entries(),
    });
    this.loading = this.load();
  }

  /** Resolves when what a former process left is known. */
  get loaded(): Promise<void> {
    return this.loading;
  }

  /** Why the broker cannot be reached; undefined while it can, or nothing is known. */
  get awayError(): ContactCenterError | undefined {
    return this.availability.error;
  }

  /** When the broker answered or posted last, Unix milliseconds. */
  get lastSignMs(): number | undefined {
    return this.availability.lastSignMs;
  }

  /** True for an id that a subscription has now. */
  isUsed(id: string): boolean {
    return this.ids.isHeld(id);
  }

  /**
   * Whether an event may be one that a subscriber asked for: of a subscription that is held, being made, being ended, or
   * just gone. One that the broker made although its answer got lost is refused and ended.
   * @param callback address that it came in at
   * @param id its `SubscriptionId`; undefined or empty where the broker left it out
   * @param imAddress its `ImAddress`
   */
  admits(callback: string, id: string | undefined, imAddress: string | undefined): boolean {
    const candidates = [imAddress ?? "", ""].map((address) => this.entries.get(entryKey(callback, address)));
    const entry = candidates.find((one) => one !== undefined);
    if (id === undefined || id === "") return entry !== undefined;
    const owner = this.ids.ownerOf(id);
    if (owner !== undefined) {
      const owning = this.entries.get(owner);
      if (owning?.id !== undefined && normalId(owning.id) === normalId(id)) {
        owning.aliveAt = Date.now();
        this.availability.seen();
      }
      return true;
    }
    if (!this.isLoaded || candidates.some((one) => one?.isSending)) return true;
    for (const one of candidates) {
      if (!one || !this.ids.takeLostAnswer(one.key, id)) continue;
      void this.unsubscribe(id, one.key, "later");
      return false;
    }
    this.ids.noteUnknown(id);
    return false;
  }

  /**
   * True for the second copy of an event, while one subscription replaces another.
   * @param content what is equal in both copies
   */
  isDuplicate(callback: string, id: string | undefined, imAddress: string | undefined, content: string): boolean {
    if (!id) return false;
    const key = this.ids.ownerOf(id) ?? entryKey(callback, imAddress ?? "");
    return this.overlaps.isDuplicate(key, normalId(id), content);
  }

  /** The entry of an agent; it is made, or taken over from a former process, when nobody has it yet. */
  acquire(user: EntryUser, imAddress: string, callback: Callback): Entry {
    const key = entryKey(callback.url, imAddress);
    const entry = this.entries.get(key) ?? this.create(key, imAddress, callback);
    entry.users.add(user);
    return entry;
  }

  /** Gives an entry up; the last user ends it at the broker. @returns after the first try */
  async release(user: EntryUser, entry: Entry, isWantedLater: boolean): Promise<void> {
    if (!entry.users.delete(user) || entry.users.size > 0) return;
    clearTimeout(entry.timer);
    this.entries.delete(entry.key);
    this.recent.delete(entry.key);
    this.recent.set(entry.key, Date.now());
    if (isWantedLater && (entry.id !== undefined || entry.lostFrom !== undefined))
      this.ended.set(entry.key, entry.lostFrom ?? Date.now());
    entry.setAnswered();
    const { id } = entry;
    if (id === undefined) {
      this.writer.writeSoon();
      await entry.request;
      return;
    }
    this.ids.release(id, entry.key);
    await Promise.all([entry.request, this.unsubscribe(id, entry.key, "asked")]);
  }

  /** Subscribes, or renews what is held. A request that waits already is joined. */
  request(entry: Entry, priority: Priority): Promise<void> {
    clearTimeout(entry.timer);
    entry.request ??= this.removals
      // A removal under way could meet the id that a new subscription is given.
      .idle(entry.key)
      .then(() => this.subscribeOnce(entry, priority))
      .finally(() => {
        delete entry.request;
        this.changed(entry);
      });
    return entry.request;
  }

  /** A subscriber that will ask for entries soon; until then nothing that a former process left is ended. */
  expectSubscriber(): void {
    this.expected++;
  }

  /** A subscriber has asked for its entries, or will not ask. */
  subscriberStarted(): void {
    this.expected--;
    this.endLeftBehind();
  }

  /** All subscribers that there are have been announced. */
  allSubscribersExpected(): void {
    this.isComplete = true;
    this.endLeftBehind();
  }

  private endLeftBehind(): void {
    if (!this.isComplete || this.expected > 0 || !this.isLoaded) return;
    for (const [key, { id }] of this.leftBehind) {
      this.leftBehind.delete(key);
      if (id !== undefined) void this.unsubscribe(id, key, "later");
      this.writer.writeSoon();
    }
  }

  /** True while the broker has not confirmed the end of this subscription. */
  isPending(id: string): boolean {
    return this.removals.has(id);
  }

  /** What kept a subscription from being ended. */
  errorOf(id: string): unknown {
    return this.removals.errorOf(id) ?? this.availability.error;
  }

  /** Writes the store now. */
  save(): Promise<void> {
    return this.writer.writeNow();
  }

  /** Ends all timers; nothing more is sent. */
  async close(): Promise<void> {
    for (const entry of this.entries.values()) clearTimeout(entry.timer);
    this.availability.close();
    this.removals.close();
    this.queue.close();
    await this.writer.close();
  }

  private async load(): Promise<void> {
    const stored = readStored(await this.options.store.load());
    for (const [key, { id, lostFrom }] of stored.held) {
      const from = lostFrom ?? (id === undefined ? undefined : stored.aliveAt);
      this.leftBehind.set(key, { id, lostFrom: from });
      if (id !== undefined) this.ids.hold(id, key);
      // The former process may have been killed while the broker answered.
      this.ids.noteLostAnswer(key);
    }
    for (const [key, at] of stored.ended) this.ended.set(key, at);
    for (const [id, key] of stored.removals) void this.unsubscribe(id, key, "later");
    this.isLoaded = true;
    this.endLeftBehind();
  }

  private create(key: string, imAddress: string, callback: Callback): Entry {
    let setAnswered = (): void => undefined;
    const answered = new Promise<void>((resolve) => {
      setAnswered = resolve;
    });
    const left = this.leftBehind.get(key);
    const lostFrom = left?.lostFrom ?? this.ended.get(key);
    this.leftBehind.delete(key);
    this.ended.delete(key);
    const entry: Entry = {
      ...{ key, imAddress, callback, users: new Set<EntryUser>(), attempt: 0, isSending: false, answered, setAnswered },
      aliveAt: lostFrom ?? Date.now(),
      ...(left?.id !== undefined && { id: left.id }),
      ...(lostFrom !== undefined && { lostFrom }),
    };
    this.entries.set(key, entry);
    this.writer.writeSoon();
    return entry;
  }

  private isWanted(entry: Entry): boolean {
    return this.entries.get(entry.key) === entry;
  }

  private async subscribeOnce(entry: Entry, priority: Priority): Promise<void> {
    const { key } = entry;
    try {
      const id = await this.queue.run(() => this.sendSubscribe(entry), priority);
      entry.isSending = false;
      if (id !== undefined) await this.subscribed(entry, id);
    } catch (error) {
      entry.isSending = false;
      this.failed(entry, error);
    }
    this.endOverlap(key);
  }

  // @returns undefined when nobody wants it any more
  private async sendSubscribe(entry: Entry): Promise<string | undefined> {
    if (!this.isWanted(entry)) return undefined;
    const { imAddress, callback, key } = entry;
    entry.isSending = true;
    this.overlaps.begin(key, entry.id === undefined ? undefined : normalId(entry.id));
    return this.watched(() =>
      this.options.client.subscribe({
        ...(imAddress && { imAddress }),
        callback: callback.url,
        ...(callback.secret !== undefined && { secret: callback.secret }),
      }),
    );
  }

  private async subscribed(entry: Entry, id: string): Promise<void> {
    const { key, id: old, aliveAt } = entry;
    // Made when nobody wanted it any more.
    if (!this.isWanted(entry)) return this.unsubscribe(id, key, "asked");
    this.ids.hold(id, key);
    Object.assign(entry, { id, aliveAt: Date.now(), attempt: 0 });
    delete entry.error;
    this.renewLater(entry, 0.5);
    entry.setAnswered();
    if (old === undefined || normalId(old) === normalId(id)) {
      this.writer.writeSoon();
      this.restored(entry);
      return;
    }
    this.ids.release(old, key);
    // After a kill between the two requests the store must have the new id.
    void this.writer.written().then(() =>
      this.unsubscribe(old, key, "urgent", (isUnknown) => {
        if (isUnknown) this.forgotten(entry, aliveAt);
        this.restored(entry);
      }),
    );
  }

  private failed(entry: Entry, error: unknown): void {
    if (isUnreachable(error) && !isUnprocessed(error)) this.ids.noteLostAnswer(entry.key);
    if (!this.isWanted(entry)) return;
    entry.error = error;
    const askedMs = Number((error as ContactCenterError).cause?.["retryAfterMs"] ?? 0);
    const pauseMs = backoffDelay(entry.attempt++, { ...BACKOFF, ...this.options.backoff });
    this.later(entry, Math.max(pauseMs, Math.min(askedMs, BACKOFF.maxMs ?? 0)));
    const isRefusal = entry.attempt > REFUSALS && !this.availability.error;
    if (isRefusal || !isUnreachable(error)) entry.setAnswered();
  }

  private later(entry: Entry, ms: number): void {
    clearTimeout(entry.timer);
    if (this.isWanted(entry))
      entry.timer = setTimeout(() => void this.request(entry, "later"), Math.min(ms, MAX_TIMER_MS));
  }

  // Renewals are staggered: subscriptions that were made together are not renewed together.
  private renewLater(entry: Entry, earliest: number): void {
    const times = [...entry.users].map(({ renewMs }) => renewMs).filter((ms) => ms > 0);
    clearTimeout(entry.timer);
    if (times.length === 0) return;
    const { random = Math.random } = this.options.backoff ?? {};
    const ms = Math.min(...times) * (earliest + (1 - earliest) * random());
    entry.timer = setTimeout(
      () => {
        // While the broker does not end the former one, a new one would make it worse.
        if (this.removals.blocks(entry.key)) this.renewLater(entry, 0.9);
        else void this.request(entry, "later");
      },
      Math.min(ms, MAX_TIMER_MS),
    );
  }

  private unsubscribe(
    id: string,
    key: string,
    priority: Priority,
    onFirstAnswer?: (isUnknown: boolean) => void,
  ): Promise<void> {
    this.ids.letGo(id, key);
    return this.removals.add({
      ...{ id, key, priority },
      onFirstAnswer: (result) => {
        onFirstAnswer?.(result === "unknown");
      },
      onEnd: () => {
        this.ids.gone(id);
        this.endOverlap(key);
      },
    });
  }

  private endOverlap(key: string): void {
    if (!this.entries.get(key)?.isSending && !this.removals.hasKey(key)) this.overlaps.end(key);
  }

  private recover(outage: Outage): void {
    this.removals.retryNow();
    this.renewAll((entry) => {
      entry.lostFrom = Math.min(entry.lostFrom ?? Infinity, outage.from ?? entry.aliveAt);
      return true;
    });
    this.changedAll();
  }

  private forgotten(entry: Entry, from: number): void {
    entry.lostFrom = Math.min(entry.lostFrom ?? Infinity, from);
    const now = Date.now();
    if (now - this.checkedAllMs < CHECK_ALL_MS) return;
    this.checkedAllMs = now;
    this.renewAll((other) => other !== entry && other.id !== undefined && other.aliveAt < now);
  }

  private renewAll(needsIt: (entry: Entry) => boolean): void {
    const { random = Math.random } = this.options.backoff ?? {};
    const spreadMs = Math.min(SPREAD_MS, this.entries.size * SPREAD_EACH_MS);
    for (const entry of this.entries.values()) {
      const isHeld = entry.id !== undefined;
      if (isHeld && !needsIt(entry)) continue;
      entry.attempt = 0;
      if (!entry.request) this.later(entry, isHeld ? spreadMs * random() : 0);
    }
  }

  private restored(entry: Entry): void {
    const { lostFrom, imAddress } = entry;
    if (lostFrom === undefined || !this.isWanted(entry)) return;
    delete entry.lostFrom;
    for (const user of entry.users) user.restored(imAddress, lostFrom, Date.now());
  }

  private async watched<T>(request: () => Promise<T>): Promise<T> {
    try {
      const result = await request();
      this.availability.answered();
      this.queue.speedUp();
      return result;
    } catch (error) {
      this.availability.failed(error);
      if (isOverload(error)) this.queue.slowDown();
      throw error;
    }
  }

  private agentsOfLastMinute(): number {
    const now = Date.now();
    for (const [key, at] of this.recent) {
      if (now - at <= 60_000 && !this.entries.has(key)) break;
      this.recent.delete(key);
    }
    return this.entries.size + this.recent.size;
  }

  private changed(entry: Entry): void {
    for (const user of entry.users) user.changed();
  }

  private changedAll(): void {
    for (const user of new Set([...this.entries.values()].flatMap((entry) => [...entry.users]))) user.changed();
  }
}

/** True where the broker, or a proxy before it, asks for fewer requests. */
function isOverload(error: unknown): boolean {
  const { code } = error as { code?: unknown };
  return code === 429 || code === 503;
}
