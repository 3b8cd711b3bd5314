/** Which subscription ids at a broker are ours: held, to be ended, just gone, or made although their answer got lost. */

import { STEADY } from "../core/clock.js";
import type { StoredEntry, StoredGone } from "./subscription-store.js";

/** How long an event may be on its way, milliseconds. */
export const ON_THE_WAY_MS = 30_000;
/**
 * How long events of a subscription that has ended are let in, milliseconds: those of before the next one come by no other
 * way, and its copies are known.
 */
export const LATE_MS = 300_000;
/** How long after a lost answer an unknown subscription of that agent counts as the one that was made, milliseconds. */
const LOST_ANSWER_MS = 60_000;
/** Lost answers of one entry that are remembered. */
export const MAX_LOST = 20;
/** How long after its end a subscription that still posts is ended again, milliseconds. */
const ENDED_AGAIN_MS = [ON_THE_WAY_MS, LATE_MS, 2 * LATE_MS, 4 * LATE_MS];
/** Ids of others that are remembered. */
const MAX_UNKNOWN = 1000;

/** The path that ends a subscription, whole or relative. */
const ID_IN_PATH = /(?:^|\/)subscribe\/+([^/?#]+)\/*(?:[?#].*)?$/i;

/** The id in a text that may be the path of a subscription: `api/subscribe/<id>`. @returns another text as it is */
export function idInPath(text: string): string {
  const [, segment] = ID_IN_PATH.exec(text.trim()) ?? [];
  return segment === undefined ? text : decodeSegment(segment);
}

/** A segment of a path without percent signs; as it is where they stand for nothing. */
export function decodeSegment(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    return segment;
  }
}

/** A GUID may come in braces, with blanks around it, and without hyphens; an id as the path of its subscription. */
export function normalId(id: string): string {
  const plain = id.includes("/") ? idInPath(id) : id;
  return plain.toLowerCase().replace(/[{}\s-]/g, "");
}

/** True for a GUID: two brokers give no such id both. */
export function isUnique(id: string): boolean {
  return /^[\da-f]{32}$/.test(normalId(id));
}

/** A request that may have been processed, Unix milliseconds. */
interface LostAnswer {
  sentAt: number;
  /** Until when an unknown subscription counts as the one that was made. */
  until: number;
}

/** When a subscription began, Unix milliseconds. */
export interface SubscriptionTimes {
  /** When it was asked for; 0 where that is not known. */
  askedAt: number;
  /** When the broker had made it; undefined where that is not known. */
  madeAt?: number;
}

/** A subscription that is not known to be ours. */
interface UnknownId {
  id: string;
  /** When it posted first, Unix milliseconds. */
  seenAt: number;
  /** The entries that it may belong to. */
  keys: readonly string[];
  /** When an event of it was refused first, Unix milliseconds. */
  refusedAt?: number | undefined;
}

/** A subscription that has ended. */
export interface EndedId {
  /** The entry that had it. */
  key: string;
  /** When it ended, Unix milliseconds. */
  at: number;
  /** How often it posted although it had ended. */
  times: number;
}

/** The ids of one broker. Entries are named by their key. */
export class SubscriptionIds {
  private readonly owners = new Map<string, string>();
  private readonly times = new Map<string, SubscriptionTimes>();
  // A broker may hand out one id for several entries.
  private readonly holders = new Map<string, Set<string>>();
  private readonly goneAt = new Map<string, number>();
  private readonly lostAnswers = new Map<string, LostAnswer[]>();
  private readonly unknown = new Map<string, UnknownId>();
  // What has ended, and posted nothing since that was refused.
  private readonly ended = new Map<string, EndedId>();
  // Taken for what a lost answer was about, to be ended but not known to be ours; and what has ended for longer.
  private readonly presumed = new Set<string>();

  /**
   * The entry has this id now.
   * @param askedAt when it was asked for, Unix milliseconds; 0 for one that a former process had
   * @returns since when events of it were refused, before it was known, Unix milliseconds
   */
  hold(id: string, key: string, askedAt = 0): number | undefined {
    const normal = normalId(id);
    const refusedAt = this.unknown.get(normal)?.refusedAt;
    if (!this.owners.has(normal) || this.goneAt.has(normal))
      this.times.set(normal, { askedAt, madeAt: askedAt && STEADY.now() });
    this.owners.set(normal, key);
    this.goneAt.delete(normal);
    for (const known of [this.unknown, this.presumed, this.ended]) known.delete(normal);
    this.holders.set(normal, (this.holders.get(normal) ?? new Set()).add(key));
    return refusedAt;
  }

  /** The entry has another id now, or none; this one is to be ended unless another entry has it. */
  release(id: string, key: string): void {
    const normal = normalId(id);
    const keys = this.holders.get(normal);
    keys?.delete(key);
    if (keys?.size === 0) this.holders.delete(normal);
  }

  /** An id that shall be ended: events of it are still expected. */
  letGo(id: string, key: string): void {
    this.release(id, key);
    const isNamed = this.owners.has(normalId(id)) || this.presumed.has(normalId(id));
    if (!isNamed) this.owners.set(normalId(id), key);
  }

  /** The broker has ended it; events may still be on their way. */
  gone(id: string, at = STEADY.now()): void {
    const normal = normalId(id);
    if (this.holders.has(normal) || this.presumed.has(normal)) return;
    const now = STEADY.now();
    for (const [old, at] of this.goneAt) {
      if (now - at <= LATE_MS) break;
      this.goneAt.delete(old);
      this.owners.delete(old);
      this.times.delete(old);
      this.addEnded(old);
    }
    this.goneAt.delete(normal);
    this.goneAt.set(normal, at);
    const key = this.owners.get(normal);
    if (key !== undefined) limitedSet(this.ended, normal, { key, at, times: 0 });
  }

  /** The subscriptions that ended lately, for the next process. */
  lately(): [id: string, gone: StoredGone][] {
    const now = STEADY.now();
    return [...this.goneAt].flatMap(([id, at]) => {
      const key = now - at <= LATE_MS ? this.owners.get(id) : undefined;
      return key === undefined ? [] : [[id, { key, at }]];
    });
  }

  /**
   * The same broker has another address now. What still posts is ended there; only ids that two brokers cannot both give.
   * @param former those at the former address
   */
  inherit(former: SubscriptionIds): void {
    const at = STEADY.now();
    for (const [id, key] of former.owners)
      if (isUnique(id) && former.ownerOf(id) !== undefined) this.addGone(id, { key, at });
  }

  /** Adds one that ended in a former process: the broker may still post what it had before. */
  addGone(id: string, { key, at }: StoredGone): void {
    if (this.owners.has(id)) return;
    this.owners.set(id, key);
    this.gone(id, at);
  }

  /**
   * An event comes in of a subscription that has ended for longer than an event may be on its way: the broker may still
   * have it. This is so a few times at most for each subscription, with growing pauses.
   * @param keys the entries that the event may belong to
   */
  takeEnded(id: string, keys: readonly string[]): EndedId | undefined {
    const ended = this.ended.get(normalId(id));
    if (!ended || !keys.includes(ended.key) || STEADY.now() - ended.at <= (ENDED_AGAIN_MS[ended.times] ?? Infinity))
      return undefined;
    ended.times++;
    this.addEnded(normalId(id));
    return ended;
  }

  /** The entry does not want this id, which is not ours to end. */
  disown(id: string, key: string): void {
    this.release(id, key);
    this.gone(id);
    this.ended.delete(normalId(id));
  }

  /** True while an entry has this id. */
  isHeld(id: string): boolean {
    return this.holders.has(normalId(id));
  }

  /** True while several entries have this id. */
  isShared(id: string): boolean {
    return (this.holders.get(normalId(id))?.size ?? 0) > 1;
  }

  /** True while one of these entries has this id. */
  isHeldBy(id: string, keys: readonly string[]): boolean {
    const holders = this.holders.get(normalId(id));
    return holders !== undefined && keys.some((key) => holders.has(key));
  }

  /** True for an id that has ended: events of it are not expected any more, unless it is given again. */
  isEnded(id: string): boolean {
    const normal = normalId(id);
    return this.presumed.has(normal) || (this.goneAt.has(normal) && this.ownerOf(id) === undefined);
  }

  /** The entry that an event of this subscription belongs to; undefined for an id that is not ours. */
  ownerOf(id: string): string | undefined {
    const normal = normalId(id);
    const goneAt = this.goneAt.get(normal);
    return goneAt !== undefined && STEADY.now() - goneAt > LATE_MS ? undefined : this.owners.get(normal);
  }

  /** When an id began first; undefined for one that is not ours. */
  timesOf(id: string): SubscriptionTimes | undefined {
    const isOurs = this.ownerOf(id) !== undefined || this.presumed.has(normalId(id));
    return isOurs ? (this.times.get(normalId(id)) ?? { askedAt: 0 }) : undefined;
  }

  /**
   * A request of this entry may have been processed although no answer came.
   * @param sentAt when it was sent, Unix milliseconds; 0 for one that a former process may have sent
   * @returns the subscription that it made, where that has posted already
   */
  noteLostAnswer(key: string, sentAt: number): string | undefined {
    this.lostAnswers.set(
      key,
      [...this.recentlyLost(key), { sentAt, until: STEADY.now() + LOST_ANSWER_MS }].slice(-MAX_LOST),
    );
    const posted = [...this.unknown.values()].find(
      ({ id, keys, seenAt }) => keys.includes(key) && seenAt > sentAt && !this.presumed.has(normalId(id)),
    );
    return posted && this.takeLostAnswer(key, posted.id) ? posted.id : undefined;
  }

  /**
   * Another request of this entry was refused: what an earlier one made may be why, so that one counts until the next try,
   * which comes within a minute.
   */
  keepLostAnswers(key: string): void {
    for (const lost of this.recentlyLost(key)) lost.until = STEADY.now() + 2 * LOST_ANSWER_MS;
  }

  /** When an id that is not ours posted first, Unix milliseconds. */
  seenAtOf(id: string): number | undefined {
    return this.unknown.get(normalId(id))?.seenAt;
  }

  /** Lost answers of an entry whose subscription may still show. */
  lostAnswersOf(key: string): number {
    return this.recentlyLost(key).length;
  }

  /** All such entries, those that nobody wants any more included. */
  unanswered(): [key: string, entry: StoredEntry][] {
    return [...this.lostAnswers.keys()].flatMap((key) => {
      const lostAnswers = this.lostAnswersOf(key);
      if (lostAnswers > 0) return [[key, { lostAnswers }]];
      this.lostAnswers.delete(key);
      return [];
    });
  }

  /**
   * Takes an unknown id for the subscription that a lost answer was about: once, within a minute, and only where the id
   * was not seen before that request was sent.
   * @param isShared true where others subscribe to the same address: then not after a kill, which proves no request
   * @returns true when it is
   */
  takeLostAnswer(key: string, id: string, isShared = false): boolean {
    const normal = normalId(id);
    if (this.presumed.has(normal)) return false;
    const seenAt = this.unknown.get(normal)?.seenAt ?? Infinity;
    const lost = this.recentlyLost(key);
    const found = lost.findIndex(({ sentAt }) => sentAt < seenAt && !(isShared && sentAt === 0));
    if (found >= 0) lost.splice(found, 1);
    if (lost.length === 0) this.lostAnswers.delete(key);
    else this.lostAnswers.set(key, lost);
    if (found < 0) return false;
    this.unknown.delete(normal);
    this.addEnded(normal);
    return true;
  }

  /** An event of an id came in that is not known to be ours, for one of these entries; it is let in or refused. */
  noteUnknown(id: string, keys: readonly string[], isRefused: boolean): void {
    const normal = normalId(id);
    const refusedAt = isRefused ? STEADY.now() : undefined;
    const known = this.unknown.get(normal);
    if (known) {
      known.refusedAt ??= refusedAt;
      return;
    }
    limitedSet(this.unknown, normal, { id, seenAt: STEADY.now(), keys, refusedAt });
  }

  private addEnded(normal: string): void {
    this.presumed.add(normal);
    if (this.presumed.size > MAX_UNKNOWN) this.presumed.delete(this.presumed.values().next().value as string);
  }

  private recentlyLost(key: string): LostAnswer[] {
    const lost = this.lostAnswers.get(key);
    if (!lost) return [];
    const now = STEADY.now();
    return lost.filter(({ until }) => now <= until);
  }
}

/** Remembers one more; beyond the limit the oldest is forgotten. */
function limitedSet<T>(map: Map<string, T>, key: string, value: T): void {
  map.set(key, value);
  if (map.size > MAX_UNKNOWN) map.delete(map.keys().next().value as string);
}
