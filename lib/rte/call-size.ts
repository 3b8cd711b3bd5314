/**
 * How many subscriptions go in one call. A hub may end the connection instead of answering: because a call is too large, or
 * for one item in it. Such calls get smaller from connection to connection until the others are served, and an item that
 * ends the connection by itself rests for a while.
 */
import { type Subject, subjectKey } from "./subject.js";
import { REFUSED_RETRY_MS } from "./subscription.js";

/** No limit is published; this many items go in one call. */
const MOST = 100;
/** How long an item rests at first, milliseconds; each time twice as long. */
const FIRST_REST_MS = 15_000;
/** Items that are remembered. */
const MAX_REMEMBERED = 10_000;

interface Limit {
  most: number;
  /** Connections in a row that a call with this item alone has ended, while others were served. */
  ended: number;
  /** Unix milliseconds. */
  restUntilMs: number;
}

/** Cuts a list into parts of at most this many. */
export function parts(subjects: readonly Subject[], most = MOST): Subject[][] {
  const all: Subject[][] = [];
  for (let at = 0; at < subjects.length; at += most) all.push(subjects.slice(at, at + most));
  return all;
}

/** What the connections of one client have shown. */
export class CallSizes {
  private readonly limits = new Map<string, Limit>();
  /** The call that is not answered yet. */
  private open: readonly Subject[] = [];

  /** Calls for these subjects, the least doubtful ones first. */
  calls(subjects: readonly Subject[]): Subject[][] {
    const groups = new Map<number, Subject[]>();
    for (const subject of subjects) {
      const most = this.limits.get(subjectKey(subject))?.most ?? MOST;
      const group = groups.get(most);
      if (group) group.push(subject);
      else groups.set(most, [subject]);
    }
    const inOrder = [...groups].toSorted(([one], [other]) => other - one);
    return inOrder.flatMap(([most, group]) => parts(group, most));
  }

  /** A call is sent. */
  asked(subjects: readonly Subject[]): void {
    this.open = subjects;
  }

  /** The hub has answered it, or will not: the connection goes on. */
  settled(): void {
    for (const subject of this.open) {
      const limit = this.limits.get(subjectKey(subject));
      if (limit) Object.assign(limit, { ended: 0, restUntilMs: 0 });
    }
    this.open = [];
  }

  /**
   * The connection has ended.
   * @param isServing the hub served others
   */
  ended(nowMs: number, isServing: boolean): void {
    const { open } = this;
    this.open = [];
    if (this.limits.size > MAX_REMEMBERED) this.limits.clear();
    for (const subject of open) {
      const key = subjectKey(subject);
      const limit = this.limits.get(key) ?? { most: MOST, ended: 0, restUntilMs: 0 };
      this.limits.set(key, limit);
      if (limit.most === 1 && isServing)
        limit.restUntilMs = nowMs + Math.min(REFUSED_RETRY_MS, FIRST_REST_MS * 2 ** limit.ended++);
      limit.most = Math.max(1, Math.floor(open.length / 2));
    }
  }

  /** Until when a subject rests, Unix milliseconds; 0 for one that does not. */
  restUntilMs(subject: Subject): number {
    return this.limits.get(subjectKey(subject))?.restUntilMs ?? 0;
  }
}
