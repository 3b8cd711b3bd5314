/** Entries whose request is its turn, or under way: the broker may be making their subscriptions. */
import type { Entry } from "./entry.js";
import { isSameAgent } from "./entry-keys.js";

/** The entries of one broker that are being subscribed. */
export class SendingEntries {
  private readonly entries = new Set<Entry>();

  /** The keys of all. */
  keys(): string[] {
    return [...this.entries].map(({ key }) => key);
  }

  /** It is the entry's turn. */
  add(entry: Entry): void {
    this.entries.add(entry);
  }

  /** Its request is over, or was not sent. @returns when it was sent, Unix milliseconds */
  delete(entry: Entry): number | undefined {
    const { sendingSince } = entry;
    this.entries.delete(entry);
    delete entry.sendingSince;
    return sendingSince;
  }

  /** The requests for the agent of this key, at whatever address. */
  ofAgent(key: string): Promise<unknown>[] {
    return [...this.entries].filter((one) => isSameAgent(one.key, key)).flatMap(({ sending }) => sending ?? []);
  }
}
