/** One subscription: what the hub said to it on this connection, and who shares it. */
import type { Subject } from "./subject.js";
import type { Loss, Result } from "./subscriber.js";

/**
 * What the hub said of a subject on this connection. `unknown`: it was asked, and the call failed or this item was not
 * answered; the hub may serve it. `releasing`: an `Unsubscribe` was sent, and the hub has not said what became of it.
 */
type Word = "unasked" | "unknown" | "subscribed" | "refused" | "releasing";

/** What the hub says to one item. */
export interface Answer {
  subscribed: boolean;
  message: string | null;
}

/** Milliseconds until a subscription that the hub refused is asked for again: the right to it may have been given. */
export const REFUSED_RETRY_MS = 300_000;
/** A message has the hub asked about it again after this time at the latest, milliseconds. */
export const REFUSED_AGAIN_MS = 2000;

/** How subscriptions are added. */
export interface AddOptions {
  nowMs: number;
  /** Events since then are lost for this subscriber, because it was not there; steady milliseconds. */
  lostSinceMs?: number | undefined;
  /** Events are being lost now, because there is an outage. */
  isLosing?: boolean;
  /** A message asked and gets the result as its answer, and the hub is asked again: no notice reports it as well. */
  isAnswered?: boolean;
}

/** How a call failed. */
export interface CallFailure {
  message: string;
  /** It was about this subject only. */
  isAlone: boolean;
  /** Milliseconds to wait before it is repeated, by the number of failures before. */
  waitMs: (failures: number) => number;
}

/** One subscriber's part in a subject. */
export interface Share {
  sinceMs: number;
  /** Events since then are lost; undefined while none are. */
  lostSinceMs: number | undefined;
  /** See {@link AddOptions}. */
  isAnswered: boolean;
  /** The result that was reported last. */
  reported: string;
}

/** A subject and its subscribers. */
export interface Entry<S> {
  readonly subject: Subject;
  readonly shares: Map<S, Share>;
  word: Word;
  /** A `Subscribe` about it has been sent and is not settled: the hub may serve it, or will. */
  isAsked: boolean;
  /** An `Unsubscribe` of it is under way: nothing else is sent about it, since the two could cross. */
  isInRelease: boolean;
  /** The hub's message, or why the call failed. */
  message: string | null;
  /** When the hub agreed, or was asked last and said that it serves it, steady milliseconds. */
  subscribedAtMs: number;
  /** Everything that was sent before has been read, and an event proves that the hub served it then, steady milliseconds. */
  provenMs: number;
  /** The hub serves it, and a message subscribed it again: the hub's answer decides whether it still does. */
  isToConfirm: boolean;
  /** Before that no message has the hub asked again, steady milliseconds. */
  notAgainBeforeMs: number;
  /** Calls about this subject that failed in a row. */
  failures: number;
  /** A call about this subject alone failed: it comes last, so that it cannot keep the others from being served. */
  isSuspect: boolean;
  /** Not to be asked before, steady milliseconds. */
  notBeforeMs: number;
}

/** What a new connection knows of a subject. */
export const FRESH = {
  word: "unasked",
  isAsked: false,
  isInRelease: false,
  isToConfirm: false,
  message: null,
  failures: 0,
  notBeforeMs: 0,
  isSuspect: false,
} as const;

/** For so long no message has the hub asked again after a repeated `Subscribe` that the connection ended with, milliseconds. */
const ENDED_PAUSE_MS = 3_600_000;

/**
 * The connection has ended, and the hub has forgotten it.
 * @param seenMs when everything that the hub had sent was read; undefined without a connection
 */
export function end(entry: Entry<object>, seenMs: number | undefined): void {
  const isServed = entry.word === "subscribed";
  // The repeated call may be the cause.
  if (entry.isToConfirm && entry.isAsked) entry.notAgainBeforeMs += ENDED_PAUSE_MS;
  lose(entry, isServed && entry.isToConfirm ? servedUntilMs(entry) : isServed ? seenMs : undefined);
}

/** True when the hub serves it, or may. */
export function isServed({ word, isAsked }: Entry<object>): boolean {
  return isAsked || word === "subscribed" || word === "unknown" || word === "releasing";
}

/** True when it is subscribed and the hub does not serve it for sure, or is to confirm it. */
export function isMissing({ word, shares, isToConfirm }: Entry<object>): boolean {
  return shares.size > 0 && (word !== "subscribed" || isToConfirm);
}

/** Until when the hub surely served what it serves, steady milliseconds. */
export function servedUntilMs({ subscribedAtMs, provenMs }: Entry<object>): number {
  return Math.max(subscribedAtMs, provenMs);
}

/**
 * A message subscribes it again: the hub is asked also where it serves it, since it may have lost it, but not with each of
 * many messages.
 * @param againMs between two times, milliseconds
 * @returns true when the hub serves it and is to be asked whether it still does
 */
export function askAgain(entry: Entry<object>, nowMs: number, againMs: number): boolean {
  const isSubscribed = entry.word === "subscribed";
  const isKnown = isSubscribed || entry.word === "refused" || entry.word === "unknown";
  if (isSubscribed && nowMs < entry.subscribedAtMs + againMs) return false;
  if (isKnown && nowMs < entry.notAgainBeforeMs) return false;
  if (isKnown) entry.notAgainBeforeMs = nowMs + againMs;
  entry.notBeforeMs = 0;
  return isSubscribed;
}

/** True when the hub serves it and nobody subscribes it. */
export function isSurplus(entry: Entry<object>): boolean {
  return entry.shares.size === 0 && isServed(entry);
}

/** What a notice says of an entry; nothing while the hub has not decided. */
export function reportOf({ word, message }: Entry<object>): string {
  return word === "subscribed" ? word : word === "refused" ? `${word} ${message}` : "";
}

/** The state of a subject; `otherwise` says why the hub has no word on it. */
export function resultOf(
  { entityId, eventName }: Subject,
  entry: Entry<object> | undefined,
  otherwise: string | null,
): Result {
  if (entry?.word === "subscribed") return { entityId, eventName, subscribed: true, message: null };
  return { entityId, eventName, subscribed: false, message: entry?.message ?? otherwise };
}

/** What became of a subject that was taken back: the hub may still serve it. */
export function releaseOf({ entityId, eventName }: Subject, entry: Entry<object> | undefined): Result {
  const isServedStill = entry !== undefined && isSurplus(entry);
  return { entityId, eventName, subscribed: isServedStill, message: isServedStill ? entry.message : null };
}

/**
 * Forgets what the hub said: it is asked again.
 * @param servedMs until when the hub surely served it, steady milliseconds; undefined when it never did
 */
export function lose(entry: Entry<object>, servedMs = 0): void {
  for (const share of entry.shares.values()) {
    share.lostSinceMs ??= Math.max(servedMs, share.sinceMs);
    share.reported = "";
  }
  Object.assign(entry, FRESH);
}

/** True while events are being lost; what the hub has refused from the start was never had. */
export function isLosing({ word }: Entry<object>, { lostSinceMs, sinceMs }: Share): boolean {
  return lostSinceMs !== undefined && (word !== "refused" || lostSinceMs !== sinceMs);
}

/**
 * The losses of a subscriber that are over; each is noted as reported.
 * @param endMs the subscriptions end now, and with them every loss; steady milliseconds
 */
export function lossesOf(parts: readonly [Entry<object>, Share][], endMs?: number): Loss[] {
  const losses = new Map<string, Loss>();
  for (const [entry, share] of parts) {
    const { word, subject, subscribedAtMs } = entry;
    const isServed = word === "subscribed";
    if (share.lostSinceMs === undefined || (!isServed && (endMs === undefined || !isLosing(entry, share)))) continue;
    const fromMs = share.lostSinceMs;
    const toMs = isServed ? Math.max(subscribedAtMs, share.sinceMs) : (endMs as number);
    share.lostSinceMs = undefined;
    const loss = losses.get(`${fromMs} ${toMs}`) ?? { fromMs, toMs, subjects: [] };
    losses.set(`${fromMs} ${toMs}`, { ...loss, subjects: [...loss.subjects, subject] });
  }
  return [...losses.values()];
}

/** How many of a subscriber's subscriptions the hub refused, and how many it has not answered yet. */
export function countsOf(parts: readonly [Entry<object>, Share][]): { refused: number; pending: number } {
  const refused = parts.filter(([{ word }]) => word === "refused").length;
  return { refused, pending: parts.filter(([{ word }]) => word !== "subscribed").length - refused };
}

/**
 * Until when a subscriber has got every event, steady milliseconds. What the hub refused does not count.
 * @param seenMs when everything that the hub had sent was read
 * @returns undefined for one without subscriptions
 */
export function completeUntilMs(parts: readonly [Entry<object>, Share][], seenMs: number): number | undefined {
  const counted = parts.filter(([{ word }]) => word !== "refused");
  if (counted.length === 0) return undefined;
  const untilMs = counted.map(
    ([{ word }, { lostSinceMs, sinceMs }]) =>
      lostSinceMs ?? (word === "subscribed" ? Math.max(seenMs, sinceMs) : sinceMs),
  );
  return Math.min(...untilMs);
}
