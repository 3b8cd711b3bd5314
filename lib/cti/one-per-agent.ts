/**
 * Brokers that keep one subscription of an agent: one ends the former by itself when another is made, another refuses a second
 * one with 409. What such a broker answers after that does not tell whether it had the former until then. So the former is
 * ended first, which tells, and is safe with every broker: events of the moment until the next one is made may be lost, and
 * become a gap. While events of a subscription come, that proves as much, and it is left as it is.
 */
import { STEADY } from "../core/clock.js";
import { isUnprocessed } from "../http/errors.js";
import { isForeignAnswer, isUnreachable } from "./availability.js";
import { type Entry, markLost } from "./entry.js";
import type { EntryTurns } from "./entry-turns.js";
import type { RemovalEnd } from "./removals.js";
import type { SubscriptionIds } from "./subscription-ids.js";

/** What {@link OnePerAgent} works with. */
export interface OnePerAgentOptions {
  ids: Pick<SubscriptionIds, "letGo" | "gone">;
  turns: Pick<EntryTurns, "subscribe" | "unsubscribe">;
  /** True for an id that others than its entry have, too. */
  isUsedByOthers: (id: string) => boolean;
  isWanted: (entry: Entry) => boolean;
  /** Renews an entry in any case, and waits until its former subscription has ended. */
  renew: (entry: Entry) => Promise<void>;
  /** Called for an entry whose subscription is there: nothing was asked for. */
  onLeft: (entry: Entry) => void;
  /** Called for an entry whose subscription the broker does not end: it stays. */
  onKept: (entry: Entry, error: unknown) => void;
  /** Called where the broker had forgotten the subscription of an entry, before the next one is made. @param at when that was asked */
  onForgotten: (entry: Entry, at: number) => void;
  /** Called for a subscription that may be there all the same. */
  onDoubtful: (id: string, key: string) => void;
}

/** A broker that replaces a subscription as young as this has not forgotten it, milliseconds. */
const FRESH_MS = 2000;
/** The shortest time between two trials, milliseconds. */
const TRIAL_EACH_MS = 60_000;
/** So long after the broker forgot something, events do not keep a subscription from being renewed: it may expire, milliseconds. */
const EXPIRES_MS = 24 * 3_600_000;
/** Tries to end a former subscription; after them another one is made all the same. */
const MOST_TRIES = 10;
const CONFLICT = 409;

/** What is known of one broker. */
export class OnePerAgent {
  private isKnown = false;
  private isSuspected = false;
  private forgotAt = -Infinity;
  private triedAt = -Infinity;
  private trial: Promise<unknown> | undefined;
  // The entry of the trial, while that is under way.
  private tried: Entry | undefined;

  constructor(private readonly options: OnePerAgentOptions) {}

  /**
   * Makes a subscription for an entry, if it needs one.
   * @returns its id; undefined where none was made
   */
  async make(entry: Entry): Promise<string | undefined> {
    const { turns, onLeft } = this.options;
    const isTrial = this.tried === entry;
    if (this.trial && !isTrial) await this.trial;
    if (!isTrial && this.isKnown && !(await this.isFreed(entry))) return undefined;
    try {
      return await turns.subscribe(entry);
    } catch (error) {
      if (entry.id === undefined || (error as { code?: unknown }).code !== CONFLICT) throw error;
      this.isKnown = true;
      if (isTrial) onLeft(entry);
      if (isTrial || !(await this.isFreed(entry))) return undefined;
      return turns.subscribe(entry);
    }
  }

  /**
   * The end of a subscription that another one had replaced was answered.
   * @param provedMs for how long nothing had shown that the broker has it when the other one was asked for
   */
  noteEnd(entry: Entry, end: RemovalEnd, provedMs: number): void {
    if (end === "ended") this.isKnown = false;
    if (end !== "unknown") return;
    if (this.tried === entry && provedMs <= FRESH_MS) this.isKnown = true;
    else this.beginTrial(entry);
  }

  /** A subscription was made for an entry that had none. */
  noteMade(entry: Entry): void {
    if (this.isSuspected) this.beginTrial(entry);
    this.isSuspected = false;
  }

  // What is made anew at once cannot be forgotten yet: where its end is unknown, too, the next one has replaced it.
  private beginTrial(entry: Entry): void {
    if (this.trial || STEADY.now() - this.triedAt < TRIAL_EACH_MS) return;
    this.triedAt = STEADY.now();
    let timer: NodeJS.Timeout | undefined;
    // Others wait for its outcome, but not for a broker that is slow.
    const limit = new Promise<void>((resolve) => (timer = setTimeout(resolve, FRESH_MS)));
    this.trial = Promise.race([this.try(entry), limit]).finally(() => {
      clearTimeout(timer);
      this.trial = undefined;
    });
  }

  private async try(entry: Entry): Promise<void> {
    await entry.request;
    this.tried = entry;
    await this.options.renew(entry);
    this.tried = undefined;
  }

  // @returns false where its subscription stays
  private async isFreed(entry: Entry): Promise<boolean> {
    const { id, key } = entry;
    const { ids, turns, isUsedByOthers, isWanted, onLeft, onKept, onDoubtful } = this.options;
    if (id === undefined || isUsedByOthers(id)) return true;
    if (this.isProved(entry)) {
      onLeft(entry);
      return false;
    }
    if ((entry.endTries ?? 0) >= MOST_TRIES) {
      delete entry.endTries;
      return true;
    }
    let sentAt = STEADY.now();
    let end;
    try {
      end = await turns.unsubscribe(entry, id, () => (sentAt = STEADY.now()));
    } catch (error) {
      if (isForeignAnswer(error, 404)) {
        end = "unknown" as const;
        onDoubtful(id, key);
      } else if (isUnreachable(error) && !isUnprocessed(error)) {
        // It may have ended.
        markLost(entry, sentAt);
        entry.isInDoubt = true;
        throw error;
      } else if (entry.isInDoubt || isUnreachable(error) || !isWanted(entry)) throw error;
      else {
        entry.endTries = (entry.endTries ?? 0) + 1;
        onKept(entry, error);
        return false;
      }
    }
    delete entry.endTries;
    if (end === undefined) return false;
    if (entry.id === id) delete entry.id;
    ids.letGo(id, key);
    ids.gone(id);
    markLost(entry, end === "ended" ? sentAt : entry.aliveAt);
    if (end === "unknown") this.noteForgotten(entry, sentAt);
    return true;
  }

  private noteForgotten(entry: Entry, at: number): void {
    this.forgotAt = STEADY.now();
    this.isSuspected = true;
    this.options.onForgotten(entry, at);
  }

  // True where an event has come since it was made, or since this was asked last.
  private isProved({ aliveAt, checkedAt = Infinity, isInDoubt }: Entry): boolean {
    return !isInDoubt && aliveAt > checkedAt && STEADY.now() - this.forgotAt > EXPIRES_MS;
  }
}
