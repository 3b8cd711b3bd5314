/**
 * Keeps at one broker exactly the subscriptions that subscribers ask for, with few requests. An entry is one agent at one callback address; subscribers that want the same share it, and the last one ends it. What a former process left is taken over from the store and renewed, or ended.
 */
import { STEADY } from "../core/clock.js";
import { isUnreachable, mayHaveMade, type Outage } from "./availability.js";
import { BrokerRequests } from "./broker-requests.js";
import { endedFrom, type Entry, markLost, notifyUsers, reportRestored, setLeft, setSubscribed } from "./entry.js";
import { EntrySchedule } from "./entry-schedule.js";
import { EntryTurns } from "./entry-turns.js";
import { EntryUsers } from "./entry-users.js";
import { EventAdmission } from "./event-admission.js";
import { Losses } from "./losses.js";
import { OnePerAgent } from "./one-per-agent.js";
import { PreviousEntries } from "./previous-entries.js";
import { Problems } from "./problems.js";
import { PendingUnsubscribes, type Removal } from "./removals.js";
import type { Priority } from "./request-queue.js";
import { StandstillWatch } from "./standstill.js";
import { RequestLimit } from "./request-limit.js";
import { SendingEntries } from "./sending-entries.js";
import { normalId, SubscriptionIds } from "./subscription-ids.js";
import { readStored } from "./stored-state.js";
import { StoreWriter } from "./store-writer.js";
import type { StoredRemoval } from "./subscription-store.js";
import type { SubscriptionManagerOptions } from "./subscription-options.js";

/** Failures after which a broker that others reach has refused this agent. */
const REFUSALS = 3;

/** The subscriptions at one broker. */
export class SubscriptionManager {
  /** Resolves when what a former process left is known. */
  readonly loaded: Promise<void>;
  /** Which ids are ours. */
  readonly ids = new SubscriptionIds();
  /** Subscribers announce themselves to these, and then ask for their entries. */
  readonly previous = new PreviousEntries(
    this.ids,
    (key, { id, aliveAt: from }) => {
      const inUse = from === undefined ? undefined : { from, to: STEADY.now() };
      if (id !== undefined) void this.unsubscribe(id, key, "removal", { inUse });
      this.writer.writeSoon();
    },
    () => this.users.endUnused(),
    (key) => this.entries.has(key),
  );
  /** Decides on events that come in. */
  readonly admission: EventAdmission;
  /** Who uses which entry. */
  readonly users: EntryUsers;
  /** What keeps requests from being sent or answered. */
  readonly problems: Problems;
  private readonly entries = new Map<string, Entry>();
  private readonly sending = new SendingEntries();
  private readonly isWanted = (entry: Entry): boolean => this.entries.get(entry.key) === entry;
  private readonly limit = new RequestLimit();
  private readonly requests: BrokerRequests;
  private readonly removals: PendingUnsubscribes;
  private readonly schedule: EntrySchedule;
  private readonly writer: StoreWriter;
  private readonly onePerAgent: OnePerAgent;
  private readonly losses = new Losses(this.entries, this.previous);
  private readonly standstill = new StandstillWatch((ms) => {
    this.losses.noteStandstill(ms);
    this.writer.writeSoon();
  });

  constructor(private readonly options: SubscriptionManagerOptions) {
    const { client, backoff } = options;
    this.requests = new BrokerRequests({
      probe: () => client.test(),
      parallel: options.parallel,
      limit: this.limit,
      onSent: () => this.writer.writeSoon(),
      onReserved: () => void this.writer.writeNow(),
      onLimited: () => notifyUsers(this.entries.values()),
      onAway: () => notifyUsers(this.entries.values()),
      onBack: (outage) => this.recover(outage),
      backoff,
    });
    this.admission = new EventAdmission({
      entries: this.entries,
      ids: this.ids,
      isLoaded: () => this.previous.loaded,
      onSign: () => this.requests.eventSeen(),
      onUnanswered: (id, key) => void this.endUnanswered(id, key),
      // The broker may have it after all; where not, the event was late.
      onLate: (id, key, inUse) => void this.unsubscribe(id, key, "removal", { inUse }),
    });
    this.removals = new PendingUnsubscribes({
      unsubscribe: ({ id, key, priority }, onSent) =>
        this.requests.inTurn(async () => {
          // The broker may be about to hand out this id again, also for another callback address.
          const making = this.sending.ofAgent(key);
          if (making.length > 0) await Promise.allSettled(making);
          if (this.isUsed(id) || options.isUsedElsewhere?.(id)) return "used";
          return onSent(this.requests.unsubscribe(id, priority, () => client.unsubscribe(id)));
        }, priority),
      subscribedAtMs: () => this.requests.subscribedAtMs,
      onChange: () => this.writer.writeSoon(),
      ...(options.onStuck && { onStuck: options.onStuck }),
      ...(backoff && { backoff }),
    });
    this.problems = new Problems(this.requests, this.removals);
    this.users = new EntryUsers({
      entries: this.entries,
      limit: this.limit,
      previous: this.previous,
      onChange: (entry) => {
        this.schedule.usersChanged(entry);
        // After a kill, what was made for an entry that is not in the store would stay.
        this.requests.revoke();
        this.writer.writeSoon();
      },
      end: (entry, isWantedLater) => this.end(entry, isWantedLater),
    });
    this.schedule = new EntrySchedule({
      subscribe: (entry) => void this.request(entry),
      isWanted: this.isWanted,
      isBlocked: ({ key }) => this.removals.blocks(key),
      backoff,
    });
    const { requests, removals, sending, isWanted } = this;
    this.onePerAgent = new OnePerAgent({
      ids: this.ids,
      turns: new EntryTurns({ client, requests, removals, sending, isWanted }),
      isUsedByOthers: (id) => this.ids.isShared(id) || options.isUsedElsewhere?.(id) === true,
      isWanted,
      renew: async (entry) => {
        await this.request(entry, true);
        await entry.ending;
      },
      onLeft: (entry) => {
        setLeft(entry);
        this.schedule.renew(entry);
        entry.setAnswered();
      },
      onKept: (entry, error) => this.schedule.keep(entry, error),
      onForgotten: (entry, at) => this.schedule.checkAll(this.entries, entry, entry.madeAt, at),
      onDoubtful: (id, key) => void this.unsubscribe(id, key, "removal"),
    });
    this.writer = new StoreWriter(options.store, {
      entries: this.entries,
      lostAnswersOf: (key) => this.ids.lostAnswersOf(key),
      unanswered: () => [
        ...this.ids.unanswered(),
        ...this.sending.keys().map((key) => [key, { lostAnswers: this.ids.lostAnswersOf(key) + 1 }] as const),
      ],
      leftBehind: this.previous.leftBehind,
      ended: this.previous.ended,
      removals: () => this.removals.entries(),
      gone: () => this.ids.lately(),
      receivedUntil: () => this.requests.receivedUntilMs,
      reserve: () => this.requests.reserve(),
    });
    this.loaded = this.load();
  }

  /** True for an id that a subscription has now. */
  isUsed(id: string): boolean {
    return this.ids.isHeld(id);
  }

  /**
   * Subscribes, or renews what is subscribed already. A request that waits is joined.
   * @param isAsked true where somebody waits for it
   */
  request(entry: Entry, isAsked = false): Promise<void> {
    this.schedule.cancel(entry);
    // A removal under way could meet the id that a new subscription is given.
    entry.request ??= Promise.all(this.removals.busy(entry.key))
      .then(() => this.subscribeOnce(entry, isAsked))
      .finally(() => {
        delete entry.request;
        notifyUsers([entry]);
      });
    return entry.request;
  }

  /** All subscribers that there are have been announced. */
  allSubscribersExpected(): void {
    this.previous.allSubscribersExpected();
  }

  /** Renews all soon: what the broker was asked for means something else now. */
  renewAll(): void {
    this.schedule.renewAll(this.entries, () => true);
  }

  /** Ids that the broker may have, and nobody wants: their end is not confirmed. */
  get left(): string[] {
    const unused = [...this.entries.values()].filter(({ users }) => users.size === 0);
    return [...this.removals.ownIds, ...unused.flatMap(({ id }) => id ?? [])].map(normalId);
  }

  /** Since when this process did nothing until just now, Unix milliseconds; undefined where it did, or that has been told. */
  get standstillFrom(): number | undefined {
    const ms = this.standstill.currentMs;
    return ms > 0 ? STEADY.now() - ms : undefined;
  }

  /** Ends what was left, also at another address, unless an entry has it. */
  endLeft(removals: ReadonlyMap<string, StoredRemoval>): void {
    for (const [id, { key, ...removal }] of removals)
      if (!this.isUsed(id)) void this.unsubscribe(id, key, "removal", removal);
  }

  /** Writes the store now. */
  save(): Promise<void> {
    return this.writer.writeNow();
  }

  /** Ends all timers; nothing more is sent. */
  async close(): Promise<void> {
    for (const entry of this.entries.values()) this.schedule.cancel(entry);
    for (const part of [this.standstill, this.users, this.requests, this.removals]) part.close();
    await this.writer.close();
  }

  private async load(): Promise<void> {
    const stored = readStored(await this.options.store.load());
    for (const { count, ageMs } of stored.requests) this.requests.count(count, ageMs);
    this.previous.add(stored);
    this.endLeft(stored.removals);
    this.previous.setLoaded();
  }

  private async end(entry: Entry, isWantedLater: boolean): Promise<void> {
    this.schedule.cancel(entry);
    this.entries.delete(entry.key);
    if (isWantedLater && (entry.id ?? entry.lostFrom ?? entry.sendingSince) !== undefined)
      this.previous.noteEnd(entry.key, endedFrom(entry));
    entry.setAnswered();
    const { id, key, aliveAt } = entry;
    const inUse = { from: aliveAt, to: STEADY.now() };
    if (id === undefined) this.writer.writeSoon();
    await Promise.all([entry.request, id !== undefined && this.unsubscribe(id, key, "ended", { inUse })]);
  }

  private async subscribeOnce(entry: Entry, isAsked: boolean): Promise<void> {
    entry.isAsked = isAsked;
    try {
      const id = await this.onePerAgent.make(entry);
      const askedAt = this.sending.delete(entry);
      if (id !== undefined) await this.subscribed(entry, id, askedAt);
    } catch (error) {
      this.failed(entry, error);
    }
    this.requests.replacing.delete(entry.key);
  }

  private async subscribed(entry: Entry, id: string, askedAt?: number): Promise<void> {
    const { key, id: old, aliveAt, madeAt } = entry;
    // Made when nobody wanted it any more.
    if (!this.isWanted(entry)) return this.unsubscribe(id, key, "ended");
    const refusedAt = this.ids.hold(id, key, askedAt);
    // The broker may have ended the former one by itself.
    if (refusedAt !== undefined) this.losses.noteForgotten(key, refusedAt, STEADY.now());
    const restoredAt = setSubscribed(entry, id);
    this.schedule.renew(entry);
    entry.setAnswered();
    if (old === undefined || normalId(old) === normalId(id)) {
      this.writer.writeSoon();
      reportRestored(entry);
      if (old === undefined) this.onePerAgent.noteMade(entry);
      return;
    }
    const provedMs = (askedAt ?? Infinity) - aliveAt;
    this.requests.replacing.add(old);
    const ended = this.unsubscribe(old, key, "replaced", {
      inUse: { from: aliveAt, to: STEADY.now() },
      // After a kill between the two requests the store must have both ids.
      ready: this.writer.written(),
      onEnd: (end) => {
        this.onePerAgent.noteEnd(entry, end, provedMs);
        if (end === "unknown") this.schedule.checkAll(this.entries, entry, madeAt, askedAt);
      },
      // Since the answer, unless the broker was away meanwhile.
      onTried: () => reportRestored(entry, entry.isInDoubt ? undefined : restoredAt),
    });
    entry.ending = ended.finally(() => this.requests.replacing.delete(old));
  }

  // The broker made it although its answer got lost, and it posts: where the entry has none, those events are lost.
  private async endUnanswered(id: string, key: string): Promise<void> {
    const entry = this.entries.get(key);
    const isMissing = entry !== undefined && (entry.id === undefined || entry.isInDoubt === true);
    if (isMissing) markLost(entry, STEADY.now());
    await this.unsubscribe(id, key, "removal");
    // It may be what the broker refused another one for.
    if (isMissing && entry.error !== undefined && this.isWanted(entry)) void this.request(entry);
  }

  private failed(entry: Entry, error: unknown): void {
    const { key } = entry;
    const sentAt = this.sending.delete(entry);
    if (sentAt !== undefined && mayHaveMade(error)) {
      const made = this.ids.noteLostAnswer(key, sentAt);
      // What it posted came out until now.
      if (made !== undefined && entry.id === undefined) markLost(entry, STEADY.now());
      if (made !== undefined) void this.unsubscribe(made, key, "removal");
      this.writer.writeNext();
    }
    if (!this.isWanted(entry)) return;
    // A broker may take one subscription of an agent, and nobody knows the id of that.
    if (entry.id === undefined || entry.isInDoubt) this.ids.keepLostAnswers(key);
    entry.error = error;
    this.schedule.retry(entry, error);
    if ((entry.attempt > REFUSALS && !this.problems.awayError) || !isUnreachable(error)) entry.setAnswered();
  }

  private unsubscribe(
    id: string,
    key: string,
    priority: Priority,
    { inUse, onEnd, ...removal }: Pick<Removal, "inUse" | "isFormer" | "ready" | "onEnd" | "onTried"> = {},
  ): Promise<void> {
    this.ids.letGo(id, key);
    return this.removals.add({
      ...removal,
      ...{ id, key, priority, inUse },
      onEnd: (end) => {
        this.ids.gone(id);
        if (end === "kept") this.schedule.checkHolders(this.entries, id);
        else if (end !== "ended" && inUse) this.losses.noteForgotten(key, inUse.from, inUse.to);
        onEnd?.(end);
      },
    });
  }

  private recover(outage: Outage): void {
    this.removals.retryNow();
    this.schedule.renewAll(this.entries, (entry) => {
      this.losses.noteOutage(entry, outage);
      return true;
    });
    notifyUsers(this.entries.values());
  }
}
