/** One agent at one callback address: what the broker has for it, and which subscribers share it. */
import { STEADY } from "../core/clock.js";
import type { SubscribeRequest } from "./client.js";
import type { StoredEntry } from "./subscription-store.js";

/** A subscriber, as its entries see it. */
export interface EntryUser {
  /** Milliseconds until a subscription is renewed; 0 = never. */
  readonly renewMs: number;
  /** Something about its entries has changed. */
  changed(): void;
  /** Events of this agent may have been lost in this time (Unix milliseconds), and are received again. */
  restored(imAddress: string, from: number, to: number): void;
  /** Since when events of this agent were lost of which nobody has been told yet, Unix milliseconds. */
  untoldFrom(imAddress: string): number | undefined;
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
  /** When the last user left for a deploy, Unix milliseconds, until all subscribers have started again. */
  keptSince?: number;
  id?: string;
  /** When the broker gave the id, Unix milliseconds; undefined for one that a former process had. */
  madeAt?: number;
  /** When the broker last showed that it knows the id, Unix milliseconds. */
  aliveAt: number;
  /** Since when events may be lost, Unix milliseconds; undefined when none are. */
  lostFrom?: number;
  /** Since when its callback address refuses events, Unix milliseconds, until the end of a deploy. */
  refusedFrom?: number;
  /** Since when that address refuses the broker for its network or credentials, Unix milliseconds, until it takes an event. */
  deniedFrom?: number;
  /** True while the broker may have forgotten the id: after an outage or a kill, until it is renewed. */
  isInDoubt?: boolean;
  /** True while a renewal is due and waits for the end of the former subscription. */
  isPostponed?: boolean;
  /** What keeps its former subscription from being ended before it is renewed. */
  keptBy?: unknown;
  /** Tries to end that. */
  endTries?: number;
  /** When its next renewal was planned, Unix milliseconds. */
  checkedAt?: number;
  /** The interval of the renewal that is planned, milliseconds. */
  renewMs?: number;
  error?: unknown;
  attempt: number;
  timer?: NodeJS.Timeout;
  /** True while somebody waits for that request. */
  isAsked?: boolean;
  /** The request that waits or is under way; a second one joins it. */
  request?: Promise<void>;
  /** Since when the broker may be making a subscription, Unix milliseconds. */
  sendingSince?: number;
  /** The new id, once it was sent and answered. */
  sending?: Promise<string | undefined>;
  /** Resolves when the end of its former subscription was tried. */
  ending?: Promise<void>;
  /** Resolves at the broker's first answer, whatever it says. */
  readonly answered: Promise<void>;
  readonly setAnswered: () => void;
}

/**
 * An entry without users.
 * @param previous what an earlier entry of the same key left
 */
export function createEntry(
  key: string,
  imAddress: string,
  callback: Callback,
  { id, lostFrom, aliveAt = lostFrom ?? STEADY.now() }: StoredEntry,
): Entry {
  let setAnswered = (): void => undefined;
  const answered = new Promise<void>((resolve) => {
    setAnswered = resolve;
  });
  return {
    ...{ key, imAddress, callback, users: new Set<EntryUser>(), attempt: 0, answered, setAnswered },
    aliveAt,
    ...(id !== undefined && { id, isInDoubt: true }),
    ...(lostFrom !== undefined && { lostFrom }),
  };
}

/** The broker has given the entry an id. @returns when, Unix milliseconds */
export function setSubscribed(entry: Entry, id: string): number {
  const now = STEADY.now();
  Object.assign(entry, { id, aliveAt: now, madeAt: now, attempt: 0 });
  delete entry.error;
  delete entry.isInDoubt;
  delete entry.isPostponed;
  delete entry.keptBy;
  return now;
}

/** The broker has the entry's subscription, as an event has shown: nothing is due. */
export function setLeft(entry: Entry): void {
  entry.attempt = 0;
  delete entry.error;
  delete entry.isPostponed;
  delete entry.keptBy;
}

/** Events of this entry may be lost since then, Unix milliseconds; an earlier time stays. */
export function markLost(entry: Entry, from: number): void {
  entry.lostFrom = Math.min(entry.lostFrom ?? Infinity, from);
}

/** Until when a callback address refuses events: to the end of a deploy, or to the first event that it takes. */
export type RefusedSince = "refusedFrom" | "deniedFrom";

/** Its callback address refuses events since then, Unix milliseconds. */
export function markRefused(entry: Entry, from: number, since: RefusedSince = "refusedFrom"): void {
  if (from < (entry[since] ?? Infinity)) entry[since] = from;
}

/** Callback addresses take events again: what they refused is reported. */
export function reportRefused(entries: readonly Entry[], since: RefusedSince = "refusedFrom"): void {
  const restored = entries.filter(({ id, lostFrom }) => id !== undefined && lostFrom === undefined);
  // All are marked first, so that they become one notice.
  for (const entry of entries) {
    const { id, lostFrom, [since]: refusedFrom } = entry;
    if (refusedFrom !== undefined && (id ?? lostFrom) !== undefined) markLost(entry, refusedFrom);
    delete entry[since];
  }
  for (const entry of restored) reportRestored(entry);
}

/** Since when events may be lost of an entry that ends now, Unix milliseconds. */
export function endedFrom({ refusedFrom = Infinity, deniedFrom = Infinity, lostFrom, keptSince }: Entry): number {
  return Math.min(refusedFrom, deniedFrom, lostFrom ?? keptSince ?? STEADY.now());
}

/** Events of this entry are received again; its users get the time that is missing, if any is, and once there are some. */
export function reportRestored(entry: Entry, at = STEADY.now()): void {
  const { lostFrom, users } = entry;
  if (lostFrom === undefined || users.size === 0) return;
  delete entry.lostFrom;
  reportLoss(entry, lostFrom, at);
}

/** Events of all of them may have been lost in a time that is over, Unix milliseconds. */
export function reportPastLosses(entries: readonly Entry[], from: number, to: number): void {
  const known = entries.filter(({ id }) => id !== undefined);
  const restored = known.filter(({ lostFrom }) => lostFrom === undefined);
  // All are marked first, so that they become one notice.
  for (const entry of known) markLost(entry, from);
  for (const entry of restored) reportRestored(entry, to);
}

/**
 * Events of this entry may have been lost in a time that is over, Unix milliseconds. Where events may be lost now, too, it
 * becomes part of that time.
 */
export function reportPastLoss(entry: Entry, from: number, to: number): void {
  if (entry.lostFrom === undefined && entry.users.size > 0) reportLoss(entry, from, to);
  else markLost(entry, from);
}

/** Since when events of an entry may be lost that no notice has told yet, Unix milliseconds; undefined when none are. */
export function untoldFrom(entry: Entry): number | undefined {
  const { lostFrom = Infinity, keptSince = Infinity, refusedFrom = Infinity, deniedFrom = Infinity } = entry;
  const { users, imAddress } = entry;
  let from = Math.min(lostFrom, keptSince, refusedFrom, deniedFrom);
  for (const user of users) from = Math.min(from, user.untoldFrom(imAddress) ?? Infinity);
  return Number.isFinite(from) ? from : undefined;
}

/**
 * What a later process has to know of an entry.
 * @param lostAnswers requests of the last minute that may have made a subscription of unknown id
 */
export function storedEntry(entry: Entry, lostAnswers: number): StoredEntry {
  const unanswered = lostAnswers + Number(entry.sendingSince !== undefined);
  return { id: entry.id, lostFrom: untoldFrom(entry), aliveAt: entry.aliveAt, lostAnswers: unanswered || undefined };
}

/** What the broker is asked for. */
export function subscribeRequest({ imAddress, callback }: Entry): SubscribeRequest {
  return {
    ...(imAddress && { imAddress }),
    callback: callback.url,
    ...(callback.secret !== undefined && { secret: callback.secret }),
  };
}

/** Entries have changed: each of their users is called once. */
export function notifyUsers(entries: Iterable<Entry>): void {
  for (const user of new Set([...entries].flatMap(({ users }) => [...users]))) user.changed();
}

function reportLoss({ users, imAddress }: Entry, from: number, to: number): void {
  for (const user of users) user.restored(imAddress, from, to);
}
