/** Which events that come in belong to a subscription of ours. */
import { STEADY } from "../core/clock.js";
import { LONGEST_ID } from "../core/values.js";
import type { Entry } from "./entry.js";
import { entryKey } from "./entry-keys.js";
import type { TimeInUse } from "./subscription-store.js";
import { normalId, type SubscriptionIds, type SubscriptionTimes } from "./subscription-ids.js";

/** What an {@link EventAdmission} works with. */
export interface EventAdmissionOptions {
  entries: ReadonlyMap<string, Entry>;
  ids: SubscriptionIds;
  /** False until what a former process left is known. */
  isLoaded: () => boolean;
  /** The broker posted an event of a subscription that an entry has. */
  onSign: () => void;
  /** Called for a subscription that the broker made although its answer got lost. */
  onUnanswered: (id: string, key: string) => void;
  /** Called for a subscription that has ended, and posts. @param inUse when the events were that are not let in any more */
  onLate: (id: string, key: string, inUse?: TimeInUse) => void;
}

/** Decides on events of one broker. */
export class EventAdmission {
  constructor(private readonly options: EventAdmissionOptions) {}

  /**
   * Whether an event may be one that a subscriber asked for: of a subscription that an entry has, that is being made or
   * ended, or that is just gone. A subscription that the broker made although its answer got lost is refused and ended.
   * @param callback address that it came in at
   * @param id its `SubscriptionId`; undefined or empty where the broker left it out
   * @param imAddress its `ImAddress`
   * @param isShared true where others subscribe to the same address
   */
  admits(callback: string, id: string | undefined, imAddress: string | undefined, isShared = false): boolean {
    const { entries, ids, isLoaded, onUnanswered } = this.options;
    const keys = keysOf(callback, imAddress);
    const candidates = keys.flatMap((key) => entries.get(key) ?? []);
    if (id === undefined || id === "") return candidates.length > 0;
    const owner = ids.ownerOf(id);
    if (owner !== undefined) {
      this.noteSign(entries.get(owner), id);
      if (!isShared) this.noteEnded(id, keys, false);
      return true;
    }
    if (id.length > LONGEST_ID) return false;
    if (!isLoaded()) return true;
    const sending = candidates.find(({ sendingSince }) => sendingSince !== undefined);
    // Once the answer is there, or lost, it is known whose this one is.
    const unanswered = sending ? undefined : keys.find((key) => ids.takeLostAnswer(key, id, isShared));
    // Beside a known subscription an unknown one may be left over.
    const isAdmitted =
      sending !== undefined && (sending.id === undefined ? this.isSince(sending, id) : this.mayBeNew(sending, id));
    if (!isAdmitted && !isShared) this.noteEnded(id, keys, true);
    if (unanswered === undefined) ids.noteUnknown(id, keys, !isAdmitted && !isShared);
    else onUnanswered(id, unanswered);
    return isAdmitted;
  }

  /** True for an event of a subscription that an entry has now, whatever it is refused for. Parameters as in {@link admits}. */
  isOurs(callback: string, id: string | undefined, imAddress: string | undefined): boolean {
    if (id === undefined || id.length > LONGEST_ID) return false;
    return this.options.ids.isHeldBy(id, keysOf(callback, imAddress));
  }

  /**
   * When the subscription of an event began; undefined where it is not known to be ours. Parameters as in {@link admits}.
   */
  timesOf(callback: string, id: string, imAddress: string | undefined): SubscriptionTimes | undefined {
    const { entries, ids } = this.options;
    const keys = [imAddress ?? "", ""].map((address) => entryKey(callback, address));
    const sending = keys
      .flatMap((key) => entries.get(key) ?? [])
      .find(({ sendingSince }) => sendingSince !== undefined);
    const askedAt = sending && this.mayBeNew(sending, id) ? sending.sendingSince : undefined;
    return ids.timesOf(id) ?? (sending && { askedAt: askedAt ?? 0 });
  }

  // False where an unknown id is rather left over than the one that the request under way makes.
  private mayBeNew(entry: Entry, id: string): boolean {
    const { ids } = this.options;
    return !ids.isEnded(id) && ids.lostAnswersOf(entry.key) === 0 && this.isSince(entry, id);
  }

  // False for one that has posted before the request under way was sent.
  private isSince({ sendingSince = 0 }: Entry, id: string): boolean {
    return (this.options.ids.seenAtOf(id) ?? Infinity) >= sendingSince;
  }

  private noteEnded(id: string, keys: readonly string[], isRefused: boolean): void {
    const { ids, onLate } = this.options;
    const ended = ids.takeEnded(id, keys);
    if (!ended) return;
    const now = STEADY.now();
    // They are older than the end, by as much as the others are late, as far as is known.
    onLate(id, ended.key, isRefused ? { from: 2 * ended.at - now, to: now } : undefined);
  }

  private noteSign(entry: Entry | undefined, id: string): void {
    if (entry?.id === undefined || normalId(entry.id) !== normalId(id)) return;
    entry.aliveAt = STEADY.now();
    this.options.onSign();
  }
}

/** The entries that an event may belong to: that of its agent, and that of all agents. */
function keysOf(callback: string, imAddress: string | undefined): string[] {
  const agent = imAddress === undefined || imAddress.length > LONGEST_ID ? "" : imAddress;
  return [...new Set([agent, ""])].map((address) => entryKey(callback, address));
}
