/** Which subscription ids at a broker are ours: held, to be ended, just gone, or made although their answer got lost. */
import { ON_THE_WAY_MS } from "./duplicates.js";

/** How long after a lost answer an unknown subscription of that agent counts as the one that was made, milliseconds. */
const LOST_ANSWER_MS = 60_000;
/** Lost answers of one entry that are remembered. */
const MAX_LOST = 20;
/** Ids of others that are remembered. */
const MAX_UNKNOWN = 1000;

/** A GUID may come in braces and without hyphens. */
export function normalId(id: string): string {
  return id.toLowerCase().replace(/[{}-]/g, "");
}

/** The ids of one broker. Entries are named by their key. */
export class SubscriptionIds {
  private readonly owners = new Map<string, string>();
  // A broker may hand out one id for several entries.
  private readonly holders = new Map<string, Set<string>>();
  private readonly goneAt = new Map<string, number>();
  private readonly lostAnswers = new Map<string, number[]>();
  private readonly unknown = new Map<string, number>();

  /** The entry has this id now. */
  hold(id: string, key: string): void {
    const normal = normalId(id);
    this.owners.set(normal, key);
    this.goneAt.delete(normal);
    this.holders.set(normal, (this.holders.get(normal) ?? new Set()).add(key));
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
    if (!this.owners.has(normalId(id))) this.owners.set(normalId(id), key);
  }

  /** The broker has ended it; events may still be on their way. */
  gone(id: string): void {
    const normal = normalId(id);
    if (this.holders.has(normal)) return;
    const now = Date.now();
    for (const [old, at] of this.goneAt) {
      if (now - at <= ON_THE_WAY_MS) break;
      this.goneAt.delete(old);
      this.owners.delete(old);
    }
    this.goneAt.delete(normal);
    this.goneAt.set(normal, now);
  }

  /** True while an entry has this id. */
  isHeld(id: string): boolean {
    return this.holders.has(normalId(id));
  }

  /** The entry that an event of this subscription belongs to; undefined for an id that is not ours. */
  ownerOf(id: string): string | undefined {
    const normal = normalId(id);
    const goneAt = this.goneAt.get(normal);
    return goneAt !== undefined && Date.now() - goneAt > ON_THE_WAY_MS ? undefined : this.owners.get(normal);
  }

  /** A request of this entry may have been processed although no answer came. */
  noteLostAnswer(key: string): void {
    this.lostAnswers.set(key, [...(this.lostAnswers.get(key) ?? []), Date.now()].slice(-MAX_LOST));
  }

  /** True where an unknown id may be the subscription that a lost answer was about. */
  hasLostAnswer(key: string): boolean {
    const now = Date.now();
    return (this.lostAnswers.get(key) ?? []).some((at) => now - at <= LOST_ANSWER_MS);
  }

  /**
   * Takes an unknown id for the subscription that a lost answer was about: once, within a minute, and only where the id
   * was never seen before that answer got lost.
   * @returns true when it is
   */
  takeLostAnswer(key: string, id: string): boolean {
    const now = Date.now();
    const seenAt = this.unknown.get(normalId(id)) ?? Infinity;
    const lost = (this.lostAnswers.get(key) ?? []).filter((at) => now - at <= LOST_ANSWER_MS);
    const found = lost.findIndex((at) => at < seenAt);
    if (found >= 0) lost.splice(found, 1);
    if (lost.length === 0) this.lostAnswers.delete(key);
    else this.lostAnswers.set(key, lost);
    return found >= 0;
  }

  /** An event of this id was refused. */
  noteUnknown(id: string): void {
    const normal = normalId(id);
    if (this.unknown.has(normal)) return;
    this.unknown.set(normal, Date.now());
    if (this.unknown.size > MAX_UNKNOWN) this.unknown.delete(this.unknown.keys().next().value as string);
  }
}
