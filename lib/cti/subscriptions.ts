/**
 * Keeps at the broker exactly the subscriptions that a flow asks for.
 *
 *     wanted --subscribe--> held --renew--> held (the old one is owed a removal)
 *        ^  \--failed: back-off, never given up
 *
 * Every id that the broker may hold for us is in the store before anything else happens to it, so the next life can
 * remove what this one could not: after a kill, a broker that was down, a node that was changed.
 */
import { MAX_TIMER_MS } from "../core/values.js";
import { backoffDelay, type BackoffOptions, delay } from "../http/backoff.js";
import { isUnprocessed } from "../http/rest.js";
import { agentKey } from "./addresses.js";
import { type CtiClient, isDown } from "./client.js";
import { PendingUnsubscribes } from "./removals.js";

/** Where the ids outlive this process. */
export interface SubscriptionStore {
  load(): Promise<readonly string[]>;
  /** Must not reject: what cannot be written is the store's to report. */
  save(ids: readonly string[]): Promise<void>;
}

/** What a keeper works with. */
export interface SubscriptionManagerOptions {
  client: Pick<CtiClient, "subscribe" | "unsubscribe" | "onBack" | "downSince">;
  store: SubscriptionStore;
  callback: string;
  /** The secret within the callback address. */
  secret?: string;
  /** Milliseconds until a subscription is replaced by a new one; 0 = never. */
  renewMs?: number;
  backoff?: BackoffOptions;
  /** Called after each change of what is held. */
  onChange?: () => void;
}

/** One subscription as a flow sees it. */
export interface SubscriptionRow {
  /** Empty for the subscription without an agent. */
  imAddress: string;
  subscriptionId?: string;
  subscribed: boolean;
  error?: unknown;
}

interface Entry {
  readonly imAddress: string;
  id?: string;
  error?: unknown;
  attempt: number;
  timer?: NodeJS.Timeout;
  /** The try under way; a second one joins it. */
  busy?: Promise<void>;
  /** Resolves at the broker's first answer, whatever it says. */
  readonly settled: Promise<void>;
  readonly settle: () => void;
}

/** How long a control message waits for a broker that is known to be down. */
const DOWN_WAIT_MS = 500;

/** The subscriptions of one node. */
export class SubscriptionManager {
  private readonly entries = new Map<string, Entry>();
  private readonly removals: PendingUnsubscribes;
  private saving: Promise<void> = Promise.resolve();
  private closed = false;
  private sealed = false;
  /** Subscribe requests that the broker may have taken although its answer never came. */
  private lostAnswers = 0;
  private readonly offBack: () => void;

  constructor(private readonly options: SubscriptionManagerOptions) {
    const { client, backoff } = options;
    const isLive = (id: string): boolean => [...this.entries.values()].some((entry) => entry.id === id);
    this.removals = new PendingUnsubscribes({ client, save: () => this.save(), isLive, ...(backoff && { backoff }) });
    // Whoever was away may have forgotten everything.
    this.offBack = client.onBack(() => this.resubscribeAll());
  }

  /**
   * Removes what an earlier life left, then subscribes.
   * @param addresses checked addresses; an empty one stands for the subscription without an agent
   * @returns all rows, once the broker answered for each; a broker that is down is waited for
   */
  async start(addresses: readonly string[]): Promise<SubscriptionRow[]> {
    for (const id of await this.options.store.load()) this.removals.add(id);
    // Removed first: a broker that knows the callback address may hand out the old id again.
    await this.removals.run();
    if (this.closed) return [];
    const entries = addresses.map((address) => this.entryOf(address));
    for (const entry of entries) void this.subscribeEntry(entry);
    await Promise.all(entries.map((entry) => entry.settled));
    return this.list();
  }

  /**
   * Subscribes now; what is subscribed already is renewed. A broker that is known to be down is hardly waited for.
   * @returns the rows of these addresses
   */
  async subscribe(addresses: readonly string[]): Promise<SubscriptionRow[]> {
    const entries = addresses.map((address) => this.entryOf(address));
    await this.unlessDown(Promise.all(entries.map((entry) => this.subscribeEntry(entry))));
    return entries.map((entry) => this.row(entry));
  }

  /**
   * Ends subscriptions; what the broker does not confirm is tried again.
   * @param addresses all when left out
   * @returns the rows of these addresses; one whose end is not confirmed has its id and error
   */
  async unsubscribe(
    addresses: readonly string[] = [...this.entries.values()].map((entry) => entry.imAddress),
  ): Promise<SubscriptionRow[]> {
    const ids = addresses.map((address) => {
      const entry = this.entries.get(agentKey(address));
      if (entry) this.endEntry(entry);
      return entry?.id;
    });
    await this.unlessDown(this.removals.run());
    return addresses.map((imAddress, at) => {
      const id = ids[at];
      const owed = id !== undefined && this.removals.ids.includes(id);
      return {
        imAddress,
        subscribed: false,
        ...(owed && { subscriptionId: id, error: this.removals.errorOf(id) ?? this.options.client.downSince }),
      };
    });
  }

  /** Everything that is wanted now. */
  list(): SubscriptionRow[] {
    return [...this.entries.values()].map((entry) => this.row(entry));
  }

  /** True when an event with this id may be ours: held, being made, being removed, or just gone. */
  expects(id: string): boolean {
    const mine = (entry: Entry): boolean =>
      entry.id === undefined || entry.busy !== undefined || entry.id.toLowerCase() === id.toLowerCase();
    return this.removals.expects(id) || [...this.entries.values()].some(mine);
  }

  /**
   * Removes a subscription that nobody expects but that posts to our address, where an answer of the broker got lost.
   * @returns true when it was taken for such a one
   */
  unsubscribeIfLost(id: string): boolean {
    if (this.lostAnswers === 0) return false;
    this.lostAnswers--;
    this.removals.add(id);
    void this.removals.run();
    return true;
  }

  /**
   * Ends all subscriptions and all timers.
   * @param limitMs how long to wait for the broker; what it answers later still takes effect there
   * @returns the ids that the broker has not confirmed; they stay in the store
   */
  async close(limitMs: number): Promise<string[]> {
    this.closed = true;
    this.offBack();
    this.removals.close();
    const busy = [...this.entries.values()].flatMap((entry) => entry.busy ?? []);
    for (const entry of this.entries.values()) this.endEntry(entry);
    await within(limitMs, Promise.all([...busy, this.removals.tryAll()]));
    await this.save();
    this.sealed = true;
    return this.removals.ids;
  }

  private entryOf(imAddress: string): Entry {
    const known = this.entries.get(agentKey(imAddress));
    if (known) return known;
    let settle = (): void => undefined;
    const settled = new Promise<void>((resolve) => {
      settle = resolve;
    });
    const entry: Entry = { imAddress, attempt: 0, settled, settle };
    this.entries.set(agentKey(imAddress), entry);
    return entry;
  }

  private isWanted(entry: Entry): boolean {
    return !this.closed && this.entries.get(agentKey(entry.imAddress)) === entry;
  }

  private endEntry(entry: Entry): void {
    clearTimeout(entry.timer);
    this.entries.delete(agentKey(entry.imAddress));
    if (entry.id !== undefined) this.removals.add(entry.id);
    entry.settle();
    this.options.onChange?.();
  }

  private resubscribeAll(): void {
    for (const entry of this.entries.values()) void this.subscribeEntry(entry);
    void this.removals.run();
  }

  private subscribeEntry(entry: Entry): Promise<void> {
    entry.busy ??= this.requestOnce(entry).finally(() => {
      delete entry.busy;
      this.options.onChange?.();
    });
    return entry.busy;
  }

  private async requestOnce(entry: Entry): Promise<void> {
    clearTimeout(entry.timer);
    // A removal under way could meet the id that a new subscription is given.
    await this.removals.idle;
    if (!this.isWanted(entry)) return;
    const { client, callback, secret, renewMs = 0, backoff } = this.options;
    try {
      const id = await client.subscribe({
        ...(entry.imAddress && { imAddress: entry.imAddress }),
        callback,
        ...(secret && { secret }),
      });
      if (!this.isWanted(entry)) return await this.dropLate(id);
      const old = entry.id;
      entry.id = id;
      entry.attempt = 0;
      delete entry.error;
      const replaced = old !== undefined && old !== id;
      if (replaced) this.removals.add(old);
      await this.save();
      if (replaced) void this.removals.run();
      if (renewMs > 0) this.schedule(entry, renewMs);
    } catch (error) {
      if (isDown(error) && !isUnprocessed(error)) this.lostAnswers++;
      if (!this.isWanted(entry)) return;
      entry.error = error;
      this.schedule(entry, backoffDelay(entry.attempt++, backoff));
      if (isDown(error)) return;
    }
    entry.settle();
  }

  private schedule(entry: Entry, ms: number): void {
    if (this.isWanted(entry))
      entry.timer = setTimeout(() => void this.subscribeEntry(entry), Math.min(ms, MAX_TIMER_MS));
  }

  /** A subscription that was made when nobody wanted it any more. */
  private async dropLate(id: string): Promise<void> {
    this.removals.add(id);
    await this.save();
    await this.removals.tryAll();
  }

  private async unlessDown(work: Promise<unknown>): Promise<void> {
    if (this.options.client.downSince === undefined) await work;
    else await within(DOWN_WAIT_MS, work);
  }

  private row(entry: Entry): SubscriptionRow {
    const { imAddress, id } = entry;
    const error = entry.error ?? (id === undefined ? this.options.client.downSince : undefined);
    return {
      imAddress,
      subscribed: id !== undefined && error === undefined,
      ...(id !== undefined && { subscriptionId: id }),
      ...(error !== undefined && { error }),
    };
  }

  /** Writes what the broker may hold for us; writes follow each other. */
  private save(): Promise<void> {
    this.saving = this.saving.then(async () => {
      const held = [...this.entries.values()].flatMap((entry) => entry.id ?? []);
      // After the end the next life owns the store.
      if (!this.sealed) await this.options.store.save([...new Set([...held, ...this.removals.ids])]);
    });
    return this.saving;
  }
}

async function within(limitMs: number, work: Promise<unknown>): Promise<void> {
  const limit = new AbortController();
  await Promise.race([work, delay(limitMs, limit.signal).catch(() => undefined)]);
  limit.abort();
}
