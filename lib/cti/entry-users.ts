/** Who uses which entry: subscribers that want the same agent share it, and over a deploy it waits for the next ones. */
import { STEADY } from "../core/clock.js";
import {
  type Callback,
  createEntry,
  endedFrom,
  type Entry,
  type EntryUser,
  markRefused,
  type RefusedSince,
  reportRefused,
} from "./entry.js";
import type { PreviousEntries } from "./previous-entries.js";
import type { RequestLimit } from "./request-limit.js";
import { entryKey } from "./entry-keys.js";

/** What {@link EntryUsers} work with. */
export interface EntryUsersOptions {
  entries: Map<string, Entry>;
  limit: Pick<RequestLimit, "add" | "delete">;
  previous: PreviousEntries;
  /** Called when an entry was made, or is used by others than before. */
  onChange: (entry: Entry) => void;
  /**
   * Takes an entry out of the entries and ends it at the broker.
   * @param isWantedLater true where somebody may ask for it again, and is told since when events may be lost
   * @returns after the first try
   */
  end: (entry: Entry, isWantedLater: boolean) => Promise<void>;
}

/** How long a deploy may take before what its nodes had is ended, milliseconds. */
const KEEP_MS = 30_000;

/** The users of the entries of one broker. */
export class EntryUsers {
  private timer: NodeJS.Timeout | undefined;
  // Callback addresses that refuse the broker: nearly always none.
  private readonly denying = new Set<string>();

  constructor(private readonly options: EntryUsersOptions) {}

  /** The entry of an agent; it is made, or taken over from a former process, when nobody has it yet. */
  acquire(user: EntryUser, imAddress: string, callback: Callback): Entry {
    const { entries, end, onChange } = this.options;
    const key = entryKey(callback.url, imAddress);
    const known = entries.get(key);
    // Another port or parameter: the same agent, but not what the broker was asked for.
    if (known?.users.size === 0 && known.imAddress !== imAddress) void end(known, true);
    const entry = entries.get(key) ?? this.add(key, imAddress, callback);
    entry.users.add(user);
    this.options.limit.add(key);
    onChange(entry);
    return entry;
  }

  /** Gives an entry up; the last user ends it at the broker. @returns after the first try */
  async release(user: EntryUser, entry: Entry, isWantedLater: boolean): Promise<void> {
    if (this.leave(user, entry)) await this.options.end(entry, isWantedLater);
  }

  /** Leaves an entry as it is for a deploy: it is ended unless somebody asks for it again. */
  keep(user: EntryUser, entry: Entry): void {
    if (!this.leave(user, entry)) return;
    entry.keptSince = STEADY.now();
    this.options.previous.keep(entry.key, endedFrom(entry));
    this.timer ??= setTimeout(() => this.endUnused(), KEEP_MS);
  }

  /** A callback address refuses events since then, Unix milliseconds, until {@link eventsTaken}. */
  eventsRefused(callback: string, from: number): void {
    for (const entry of this.options.entries.values()) if (entry.callback.url === callback) markRefused(entry, from);
  }

  /** A deploy is over: callback addresses take events again. */
  eventsTaken(): void {
    this.taken(({ refusedFrom }) => refusedFrom !== undefined, "refusedFrom");
  }

  /**
   * A callback address refuses the broker for its network or credentials since then, Unix milliseconds, until
   * {@link eventTaken}.
   */
  eventDenied(callback: string, from: number): void {
    this.denying.add(callback);
    for (const entry of this.options.entries.values())
      if (entry.callback.url === callback) markRefused(entry, from, "deniedFrom");
  }

  /** A callback address has taken an event. */
  eventTaken(callback: string): void {
    if (!this.denying.delete(callback)) return;
    this.taken(({ deniedFrom, callback: { url } }) => deniedFrom !== undefined && url === callback, "deniedFrom");
  }

  /** Ends what nobody has asked for again. */
  endUnused(): void {
    this.close();
    for (const entry of this.options.entries.values()) {
      if (entry.users.size === 0) void this.options.end(entry, true);
      delete entry.keptSince;
    }
  }

  /** Ends the timer. */
  close(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
  }

  private taken(isTaken: (entry: Entry) => boolean, since: RefusedSince): void {
    const refused = [...this.options.entries.values()].filter(isTaken);
    reportRefused(refused, since);
    for (const entry of refused) this.options.onChange(entry);
  }

  // True for the last user.
  private leave(user: EntryUser, entry: Entry): boolean {
    if (!entry.users.delete(user) || entry.users.size > 0) return false;
    this.options.limit.delete(entry.key);
    return true;
  }

  private add(key: string, imAddress: string, callback: Callback): Entry {
    const { entries, previous } = this.options;
    const entry = createEntry(key, imAddress, callback, previous.take(key));
    entries.set(key, entry);
    return entry;
  }
}
