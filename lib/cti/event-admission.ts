/** Which events that come in belong to a subscription of ours. */
import type { Entry } from "./entry.js";
import { entryKey } from "./store-writer.js";
import { normalId, type SubscriptionIds } from "./subscription-ids.js";

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
}

/** Decides on events of one broker. */
export class EventAdmission {
  constructor(private readonly options: EventAdmissionOptions) {}

  /**
   * Whether an event may be one that a subscriber asked for: of a subscription that an entry has, that is being made or
   * ended, or that is just gone.
   * @param callback address that it came in at
   * @param id its `SubscriptionId`; undefined or empty where the broker left it out
   * @param imAddress its `ImAddress`
   */
  admits(callback: string, id: string | undefined, imAddress: string | undefined): boolean {
    const { entries, ids, isLoaded, onUnanswered } = this.options;
    const candidates = [imAddress ?? "", ""].map((address) => entries.get(entryKey(callback, address)));
    const entry = candidates.find((one) => one !== undefined);
    if (id === undefined || id === "") return entry !== undefined;
    const owner = ids.ownerOf(id);
    if (owner !== undefined) {
      this.noteSign(entries.get(owner), id);
      return true;
    }
    if (!isLoaded()) return true;
    const sending = candidates.find((one) => one?.isSending);
    // Beside a known subscription an unknown one may be left over; once the answer is there, it is known which.
    if (sending) return sending.id === undefined || !ids.hasLostAnswer(sending.key);
    const unanswered = candidates.find((one) => one && ids.takeLostAnswer(one.key, id));
    if (unanswered) onUnanswered(id, unanswered.key);
    else ids.noteUnknown(id);
    return false;
  }

  private noteSign(entry: Entry | undefined, id: string): void {
    if (entry?.id === undefined || normalId(entry.id) !== normalId(id)) return;
    entry.aliveAt = Date.now();
    this.options.onSign();
  }
}
