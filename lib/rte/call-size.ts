/**
 * How many subscriptions go in one call. A hub may end the connection instead of answering: because a call is too large, or
 * for one item in it. Such calls get smaller from connection to connection until the others are served, and an item that
 * ends the connection by itself rests for a while.
 */
import { type Subject, subjectKey } from "./subject.js";

/** No limit is published; this many items go in one call. */
const MOST = 100;
/** The longest rest of an item, and how long a size that ended a connection in use is avoided, milliseconds. */
const LONG_MS = 3_600_000;
/** Items that are remembered. */
const MAX_REMEMBERED = 10_000;

/** What is known of an item whose last call ended the connection. */
interface Doubt {
  /** Items in one call with it. */
  most: number;
  /** Connections in a row that a call with this item alone has ended. */
  ended: number;
  /** Unix milliseconds. */
  restUntilMs: number;
}

const NO_DOUBT: Doubt = { most: MOST, ended: 0, restUntilMs: 0 };

/** Cuts a list into parts of at most this many. */
export function parts(subjects: readonly Subject[], most = MOST): Subject[][] {
  const all: Subject[][] = [];
  for (let at = 0; at < subjects.length; at += most) all.push(subjects.slice(at, at + most));
  return all;
}

/** What the connections of one client have shown. */
export class CallSizes {
  private readonly doubts = new Map<string, Doubt>();
  /** The call that is not answered yet. */
  private open: readonly Subject[] = [];
  /** Items in one call, whatever they are. It doubles with each answer to a call of this size. */
  private most = MOST;
  /** It has doubled since a connection ended on a call. */
  private hasGrown = false;
  /** A size that ended a connection which worked with smaller calls, and until when it is avoided, Unix milliseconds. */
  private avoided = { size: Infinity, untilMs: 0 };

  /** @param restMs how long an item rests at first, milliseconds; each time twice as long */
  constructor(private readonly restMs: number) {}

  /** Calls for these subjects, the least doubtful ones first; each is made when what came before is answered. */
  *calls(subjects: readonly Subject[]): Generator<Subject[]> {
    const waiting = subjects
      .map((subject) => ({ subject, doubt: this.doubtOf(subject) }))
      .sort(({ doubt: one }, { doubt: other }) => other.most - one.most || one.ended - other.ended);
    for (let at = 0; at < waiting.length;) {
      const most = waiting[at]?.doubt.most ?? MOST;
      const call = waiting.slice(at, at + Math.min(most, this.most)).filter(({ doubt }) => doubt.most === most);
      at += call.length;
      yield call.map(({ subject }) => subject);
    }
  }

  private doubtOf(subject: Subject): Doubt {
    return this.doubts.get(subjectKey(subject)) ?? NO_DOUBT;
  }

  /** A call is sent. */
  asked(subjects: readonly Subject[]): void {
    this.open = subjects;
  }

  /** The hub has answered a call, and be it with an error: the connection goes on. */
  answered(subjects: readonly Subject[], nowMs: number): void {
    for (const subject of subjects) this.doubts.delete(subjectKey(subject));
    if (this.open === subjects) this.open = [];
    const isAvoided = this.most * 2 >= this.avoided.size && nowMs < this.avoided.untilMs;
    if (subjects.length < this.most || this.most === MOST || isAvoided) return;
    this.most = Math.min(MOST, this.most * 2);
    this.hasGrown = true;
  }

  /**
   * The connection has ended.
   * @param isServing the hub served others, so that it is this call and not the hub
   * @returns true when a call was under way
   */
  ended(nowMs: number, isServing: boolean): boolean {
    const { open } = this;
    this.open = [];
    const half = Math.max(1, Math.floor(open.length / 2));
    const isNoDoubt = this.hasGrown || open.every((subject) => this.doubtOf(subject) === NO_DOUBT);
    const isLargest = open.length >= this.most && isNoDoubt;
    this.hasGrown = false;
    if (open.length > 1 && (isLargest || !isServing)) {
      this.most = half;
      if (isServing) this.avoided = { size: open.length, untilMs: nowMs + LONG_MS };
    }
    if (this.doubts.size > MAX_REMEMBERED) this.doubts.clear();
    for (const subject of open) {
      const doubt = { ...this.doubtOf(subject), most: half };
      // Once may be chance.
      if (open.length === 1 && doubt.ended++ > 0 && isServing)
        doubt.restUntilMs = nowMs + Math.min(LONG_MS, this.restMs * 2 ** (doubt.ended - 2));
      this.doubts.set(subjectKey(subject), doubt);
    }
    return open.length > 0;
  }

  /**
   * Until when a subject rests, Unix milliseconds; 0 for one that does not.
   * @param settledMs when the others will have been served for a while. Each end of the connection makes it later, so that
   *   of several that rest one is tried at a time; no rest gets longer by it than by an hour
   */
  restUntilMs(subject: Subject, settledMs: number): number {
    const { restUntilMs } = this.doubtOf(subject);
    return restUntilMs > 0 ? Math.max(restUntilMs, Math.min(settledMs, restUntilMs + LONG_MS)) : 0;
  }

  /** We have ended the connection. */
  left(): void {
    this.open = [];
  }
}
