/**
 * What earlier entries left: those of a former process, until a subscriber asks for them or all subscribers have asked,
 * and those that ended in this one and may be asked for again, such as after a deploy.
 */
import { agentOfKey } from "./entry-keys.js";
import type { StoredState } from "./stored-state.js";
import { MAX_LOST, type SubscriptionIds } from "./subscription-ids.js";
import type { StoredEntry } from "./subscription-store.js";

/** Subscriptions of each entry that no file may know of. */
const UNSAVED = 5;

/** Earlier entries at one broker, by key. */
export class PreviousEntries {
  /** Entries that a former process left and no subscriber has asked for yet. */
  readonly leftBehind = new Map<string, StoredEntry>();
  /** When entries ended that may be asked for again, Unix milliseconds. */
  readonly ended = new Map<string, number>();
  // Since when events of entries may be lost that a deploy keeps, Unix milliseconds.
  private readonly kept = new Map<string, number>();
  // All keys of an agent, at whatever callback address.
  private readonly keysOf = new Map<string, Set<string>>();
  private isLoaded = false;
  private isComplete = false;
  private expected = 0;
  private unknownSince: number | undefined;
  private isElsewhere = false;

  /**
   * @param ids of the broker
   * @param end called for each entry of a former process on this machine that no subscriber asked for
   * @param onAllStarted called when all subscribers have asked for their entries
   * @param isServed true for the key of an entry that there is now
   */
  constructor(
    private readonly ids: SubscriptionIds,
    private readonly end: (key: string, entry: StoredEntry) => void,
    private readonly onAllStarted: () => void,
    private readonly isServed: (key: string) => boolean,
  ) {}

  /** True when all that a former process left is known. */
  get loaded(): boolean {
    return this.isLoaded;
  }

  /** Adds what a former process stored; its ids are known from now on. */
  add({ aliveAt, unknownSince, isElsewhere, held, ended, gone, unsaved }: StoredState): void {
    const { ids } = this;
    this.unknownSince = unknownSince;
    this.isElsewhere = isElsewhere;
    for (const [key, { id, lostFrom, lostAnswers = 0, ...entry }] of held) {
      // A request that nobody heard of may have made a subscription, too, and its events came out.
      const from = lostFrom ?? (id !== undefined || lostAnswers + unsaved > 0 ? aliveAt : undefined);
      // What is only unanswered had ended.
      if ((id ?? lostFrom ?? entry.aliveAt) !== undefined) {
        this.leftBehind.set(key, { id, lostFrom: from, aliveAt: entry.aliveAt ?? from });
        this.index(key);
      }
      if (id !== undefined) ids.hold(id, key);
      // What the former process had sent when it was killed, and what the broker may have answered then, or while nothing
      // could be saved.
      this.expectUnknown(key, lostAnswers + unsaved + UNSAVED);
    }
    for (const [key, at] of ended) this.noteEnd(key, at);
    // What another machine has ended is not known to be of this one's entries.
    if (!isElsewhere) for (const [id, one] of gone) ids.addGone(id, one);
  }

  /** All that a former process left has been added. */
  setLoaded(): void {
    this.isLoaded = true;
    this.endUnused();
  }

  /** Takes out what an earlier entry left. */
  take(key: string): StoredEntry {
    const left = this.leftBehind.get(key);
    // A former process may have had a subscription.
    if (this.unknownSince !== undefined) this.expectUnknown(key, UNSAVED);
    const lostFrom = left?.lostFrom ?? this.ended.get(key) ?? this.lostElsewhere(key) ?? this.unknownSince;
    this.leftBehind.delete(key);
    this.ended.delete(key);
    this.index(key);
    return { id: left?.id, lostFrom, aliveAt: left?.aliveAt };
  }

  /** An entry has ended that may be asked for again. @param at since when events may be lost, Unix milliseconds */
  noteEnd(key: string, at: number): void {
    this.ended.set(key, at);
    this.index(key);
  }

  /** Events of an agent whom nobody has now may be lost since an earlier time, Unix milliseconds. */
  noteLoss(key: string, from: number): void {
    for (const other of this.keysOf.get(agentOfKey(key)) ?? []) {
      const left = this.leftBehind.get(other);
      if (left) left.lostFrom = Math.min(left.lostFrom ?? Infinity, from);
      const endedAt = this.ended.get(other);
      if (endedAt !== undefined) this.ended.set(other, Math.min(endedAt, from));
    }
  }

  /** A subscriber that will ask for entries soon; until then nothing that a former process left is ended. */
  expectSubscriber(): void {
    this.expected++;
  }

  /** A subscriber has asked for its entries, or will not ask. */
  subscriberStarted(): void {
    this.expected--;
    this.endUnused();
  }

  /** A deploy leaves an entry as it is: subscribers will be announced again. @param since as for {@link noteEnd} */
  keep(key: string, since: number): void {
    this.isComplete = false;
    this.kept.set(key, since);
    this.index(key);
  }

  /** All subscribers that there are have been announced. */
  allSubscribersExpected(): void {
    this.isComplete = true;
    this.endUnused();
  }

  private endUnused(): void {
    if (!this.isComplete || this.expected > 0 || !this.isLoaded) return;
    for (const [key, entry] of this.leftBehind) {
      this.leftBehind.delete(key);
      // Its subscriber may have been stopped before it could ask.
      if (entry.lostFrom !== undefined) this.noteEnd(key, entry.lostFrom);
      if (!this.isElsewhere) this.end(key, entry);
      else if (entry.id !== undefined) this.ids.disown(entry.id, key);
    }
    this.unknownSince = undefined;
    this.onAllStarted();
    this.kept.clear();
    this.forgetServed();
  }

  // Since when events may be lost at an address that an agent has not any more is known to the agent's entry at another one.
  private forgetServed(): void {
    for (const key of this.ended.keys())
      for (const other of this.keysOf.get(agentOfKey(key)) ?? [])
        if (other !== key && this.isServed(other)) this.ended.delete(key);
  }

  // So many subscriptions of this entry may be at the broker that nobody has heard of.
  private expectUnknown(key: string, count: number): void {
    for (let answer = 0; answer < Math.min(count, MAX_LOST); answer++) this.ids.noteLostAnswer(key, 0);
  }

  private index(key: string): void {
    const agent = agentOfKey(key);
    this.keysOf.set(agent, (this.keysOf.get(agent) ?? new Set()).add(key));
  }

  // Since when an agent's events may be lost who had another callback address until then.
  private lostElsewhere(key: string): number | undefined {
    const keys = this.keysOf.get(agentOfKey(key));
    let last: number | undefined;
    for (const other of keys ?? []) {
      const from = this.leftBehind.get(other)?.lostFrom ?? this.kept.get(other) ?? this.ended.get(other);
      if (from === undefined && !this.isServed(other)) keys?.delete(other);
      else if (from === undefined) continue;
      else if (other !== key) last = Math.max(from, last ?? from);
    }
    return last;
  }
}
