/** What one part of an application wants of a broker: agents at one callback address, and notices about what was lost. */
import { STEADY } from "../core/clock.js";
import { CLOSED, ContactCenterError } from "./errors.js";
import { delay } from "../http/backoff.js";
import { agentKey } from "./addresses.js";
import { type Callback, type Entry, type EntryUser, markLost, markRefused } from "./entry.js";
import type { FormerSubscriptions } from "./former-subscriptions.js";
import { type Gap, GapCollector } from "./gaps.js";
import type { SubscriptionManager } from "./subscriptions.js";

/** What a subscriber works with. */
export interface SubscriberOptions {
  callback: Callback;
  /** Milliseconds until a subscription is renewed; 0 = never. */
  renewMs?: number;
  /** What it had when it closed, also at another broker, and its name there: the same before and after a deploy. */
  former?: { all: FormerSubscriptions; name: string };
  /** Called after each change of the rows. */
  onChange?: () => void;
  /** Events may have been lost, and are received again. */
  onGap?: (gap: Gap) => void;
}

/** One subscription as its subscriber sees it. */
export interface SubscriptionRow {
  /** Empty for the subscription without an agent. */
  imAddress: string;
  subscriptionId?: string;
  /** False, too, while the broker may have forgotten it. */
  subscribed: boolean;
  /** Why it is not subscribed; where it is, why its renewal waits. */
  error?: unknown;
}

/** How long a caller waits for a broker that gives no sign, or for the limit of requests, milliseconds. */
const NO_SIGN_MS = 2000;
const LOOK_EVERY_MS = 100;

/** The subscriptions of one subscriber; those that another one wants too are shared with it. */
export class Subscriber implements EntryUser {
  readonly renewMs: number;
  /** Resolves when it knows its agents, and what was left of them: what is asked of it before waits for that. */
  readonly started: Promise<void>;
  private readonly entries = new Map<string, Entry>();
  private readonly gaps: GapCollector;
  private setStarted: () => void = () => undefined;
  private closed = false;

  /** Announces itself; nothing is sent. */
  constructor(
    private readonly manager: SubscriptionManager,
    private readonly options: SubscriberOptions,
  ) {
    this.renewMs = options.renewMs ?? 0;
    this.gaps = new GapCollector(
      (gap) => {
        options.onGap?.(gap);
        // A later process would tell it once more.
        void manager.save();
      },
      () => [...this.entries.values()].some(({ lostFrom }) => lostFrom !== undefined),
    );
    manager.previous.expectSubscriber();
    this.started = new Promise<void>((resolve) => {
      this.setStarted = resolve;
    });
    void this.started.then(() => manager.previous.subscriberStarted());
  }

  /**
   * Subscribes for the first time. What a former process left for these agents is taken over.
   * @param addresses checked addresses; an empty one stands for the subscription without an agent
   * @returns all rows, once the broker answered for each; a broker that is away is waited for
   */
  async start(addresses: readonly string[]): Promise<SubscriptionRow[]> {
    await this.manager.loaded;
    const entries = this.closed ? [] : addresses.map((address) => this.entryOf(address));
    this.setStarted();
    // Of what a deploy has left as it was no request will say so.
    if (entries.length > 0) this.changed();
    for (const entry of entries) if (this.isNew(entry)) void this.manager.request(entry);
    await Promise.all(entries.filter((entry) => this.isNew(entry)).map(({ answered }) => answered));
    return this.closed ? [] : this.list();
  }

  /**
   * Subscribes now; what is subscribed already is renewed. A broker that gives no sign is hardly waited for.
   * @returns the rows of these addresses
   */
  async subscribe(addresses: readonly string[]): Promise<SubscriptionRow[]> {
    // What is not known yet to have been left of them would be in no gap, and would not be ended.
    await this.started;
    if (this.closed)
      return addresses.map((imAddress) => ({ imAddress, subscribed: false, error: notAnswered(CLOSED) }));
    const entries = addresses.map((address) => this.entryOf(address));
    await this.whileAnswered(Promise.all(entries.map((entry) => this.manager.request(entry, true))));
    return entries.map((entry) => {
      const row = this.row(entry);
      return row.subscribed || row.error !== undefined ? row : { ...row, error: notAnswered() };
    });
  }

  /**
   * Ends subscriptions, unless another subscriber has them too; what the broker does not confirm is tried again.
   * @param addresses all when left out
   * @returns the rows of these addresses; one whose end is not confirmed has its id and error
   */
  async unsubscribe(addresses?: readonly string[]): Promise<SubscriptionRow[]> {
    await this.started;
    const wanted = addresses ?? [...this.entries.values()].map(({ imAddress }) => imAddress);
    const ids = new Map<string, string | undefined>();
    const ends = wanted.flatMap((address) => {
      const entry = this.entries.get(agentKey(address));
      if (!entry) return [];
      ids.set(address, entry.id);
      this.entries.delete(agentKey(address));
      return this.manager.users.release(this, entry, false);
    });
    this.changed();
    await this.whileAnswered(Promise.all(ends));
    return wanted.map((imAddress) => {
      const id = ids.get(imAddress);
      const isPending = id !== undefined && this.manager.problems.isPending(id);
      const error = isPending ? (this.manager.problems.errorOf(id) ?? notAnswered()) : undefined;
      return { imAddress, subscribed: false, ...(isPending && { subscriptionId: id, error }) };
    });
  }

  /** Subscriptions whose renewal is due, and waits until the broker ends a former one. */
  get postponed(): number {
    return [...this.entries.values()].filter(({ isPostponed }) => isPostponed).length;
  }

  /** Everything that is wanted now. */
  list(): SubscriptionRow[] {
    return [...this.entries.values()].map((entry) => this.row(entry));
  }

  /**
   * Ends all subscriptions that nobody else wants.
   * @param limitMs how long to wait for the broker; what it has not confirmed then is asked for again, also by another
   *   process after this one
   * @param isDeploy true where another subscriber will start soon: what that one wants again stays as it is
   * @returns subscriptions of its agents whose end the broker has not confirmed, those at former addresses included
   */
  async close(limitMs: number, isDeploy = false): Promise<number> {
    this.closed = true;
    const entries = [...this.entries.values()];
    // The nodes behind may be closed already: whoever asks for the agent next reports it.
    const untold = this.gaps.drain(!isDeploy);
    const stoodFrom = isDeploy ? undefined : this.manager.standstillFrom;
    for (const entry of entries)
      markRefused(entry, Math.min(untold.get(entry.imAddress) ?? Infinity, stoodFrom ?? Infinity));
    const { former } = this.options;
    former?.all.note(former.name, this.manager, entries);
    if (isDeploy) for (const entry of entries) this.manager.users.keep(this, entry);
    const ends = isDeploy ? [] : entries.map((entry) => this.manager.users.release(this, entry, true));
    this.setStarted();
    this.entries.clear();
    await within(limitMs, Promise.all(ends));
    await this.manager.save();
    return this.manager.problems.pendingOf(entries);
  }

  changed(): void {
    if (!this.closed) this.options.onChange?.();
  }

  restored(imAddress: string, from: number, to: number): void {
    this.gaps.add(imAddress, from, to);
  }

  untoldFrom(imAddress: string): number | undefined {
    return this.gaps.from(imAddress);
  }

  private entryOf(imAddress: string): Entry {
    const key = agentKey(imAddress);
    const known = this.entries.get(key);
    if (known) return known;
    const { callback, former } = this.options;
    const entry = this.manager.users.acquire(this, imAddress, callback);
    this.entries.set(key, entry);
    const lostFrom = former?.all.take(former.name, this.manager, entry);
    if (lostFrom !== undefined) this.lostBefore(entry, lostFrom);
    return entry;
  }

  // It had the agent at another broker until then.
  private lostBefore(entry: Entry, from: number): void {
    const { id, imAddress, lostFrom, madeAt = from } = entry;
    if (id === undefined || lostFrom !== undefined) markLost(entry, from);
    // Another subscriber was faster: no request will say so.
    else if (madeAt > from) this.restored(imAddress, from, madeAt);
  }

  // True for an entry that no other subscriber has made already.
  private isNew(entry: Entry): boolean {
    return entry.id === undefined || entry.lostFrom !== undefined;
  }

  private row(entry: Entry): SubscriptionRow {
    const { imAddress, id } = entry;
    const waitsFor = id === undefined || entry.isInDoubt ? this.manager.problems.limitError(entry) : undefined;
    const problem = entry.error ?? this.manager.problems.awayError ?? waitsFor;
    const error = problem ?? this.manager.problems.postponedBy(entry);
    return {
      imAddress,
      subscribed: id !== undefined && problem === undefined && !entry.isInDoubt,
      ...(id !== undefined && { subscriptionId: id }),
      ...(error !== undefined && { error }),
    };
  }

  private async whileAnswered(work: Promise<unknown>): Promise<void> {
    const started = STEADY.now();
    let isDone = false;
    const done = work.then(() => {
      isDone = true;
    });
    while (!isDone && !this.manager.problems.awayError) {
      await within(LOOK_EVERY_MS, done);
      const now = STEADY.now();
      if (now - Math.max(started, this.manager.problems.lastSignMs ?? 0) > NO_SIGN_MS) return;
      if (now - started > NO_SIGN_MS && this.manager.problems.limitError()) return;
    }
  }
}

function notAnswered(code: typeof CLOSED | "ETIMEDOUT" = "ETIMEDOUT"): ContactCenterError {
  const key = code === CLOSED ? "cti.errors.closed" : "cti.errors.not-answered";
  return new ContactCenterError(code, key, { vendor: "anywhere365", operation: "subscribe" });
}

async function within(limitMs: number, work: Promise<unknown>): Promise<void> {
  const limit = new AbortController();
  await Promise.race([work, delay(limitMs, limit.signal).catch(() => undefined)]);
  limit.abort();
}
