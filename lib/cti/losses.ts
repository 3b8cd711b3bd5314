/** Times in which the entries of a broker may have lost events: found out later, or while nothing could be received. */
import { STEADY } from "../core/clock.js";
import type { Outage } from "./availability.js";
import { type Entry, markLost, reportPastLoss, reportPastLosses } from "./entry.js";
import { isSameAgent } from "./entry-keys.js";
import type { PreviousEntries } from "./previous-entries.js";

/** The losses at one broker. Times are Unix milliseconds. */
export class Losses {
  /** @param entries by key */
  constructor(
    private readonly entries: ReadonlyMap<string, Entry>,
    private readonly previous: Pick<PreviousEntries, "noteLoss">,
  ) {}

  /**
   * The broker had, or may have, forgotten a subscription before it was replaced, perhaps at another address, or given up.
   * @param key of the entry that had it
   */
  noteForgotten(key: string, from: number, to: number): void {
    const { entries, previous } = this;
    const entry = entries.get(key) ?? [...entries.values()].find((other) => isSameAgent(other.key, key));
    if (entry) reportPastLoss(entry, from, to);
    else previous.noteLoss(key, from);
  }

  /** The process did nothing for so long, milliseconds: until now. */
  noteStandstill(ms: number): void {
    const now = STEADY.now();
    reportPastLosses([...this.entries.values()], now - ms, now);
  }

  /** The broker was away: until its subscription is renewed, this entry may have lost events. */
  noteOutage(entry: Entry, { from }: Outage): void {
    markLost(entry, from ?? entry.aliveAt);
  }
}
