/** How the next requests fail: on demand, or by chance from a seed. */

/** What can go wrong. `…-after`, `partial` and the late ones are those that make uploads lose people or call them twice. */
export const FAULTS = {
  slow: "answers after 300 ms",
  "413": "too large, says a proxy of whatever size, nothing done",
  "429": "too many requests",
  "500": "internal error, nothing done",
  "502": "bad gateway, nothing done",
  "503": "unavailable, nothing done",
  reset: "breaks off before anything is done",
  empty: "answers 200 {} without doing anything",
  page: "answers 200 with a log-in page, nothing done",
  "400-after": "a proxy's bad request, though the work is done",
  "429-after": "too many requests, though the work is done",
  "502-after": "bad gateway, though the work is done",
  "reset-after": "does the work, then breaks off",
  "cut-after": "does the work, then breaks off in the middle of the answer",
  "empty-after": "does the work, then answers 200 {}",
  "short-after": "does the work, then answers with half of the ids",
  partial: "loads half of the members and answers with their ids",
  late: "breaks off, and does the work later",
  "504-late": "gateway time-out, and does the work later",
} as const;
/** One of {@link FAULTS}. */
export type Fault = keyof typeof FAULTS;

/** Milliseconds from a broken answer to its late work, unless the plan or the order says otherwise. */
const LATE_MS = 100;

/** Faults by chance. */
export interface FaultPlan {
  seed: number;
  /** Share of requests that fail, 0 to 1. */
  share: number;
  kinds?: readonly Fault[];
  /** Late work is done between so many milliseconds after the answer broke. */
  lateMs?: readonly [from: number, to: number];
}

/** What a request does wrong. */
export interface OrderedFault {
  fault: Fault;
  /** Value of the `Retry-After` header. */
  retryAfter?: string;
  /** Milliseconds to the late work. */
  lateMs: number;
}

/** A small generator of chance that repeats itself with its seed (mulberry32). */
export function chanceOf(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Decides how a request fails. */
export class Faults {
  private readonly next: OrderedFault[] = [];
  private chance: (() => number) | undefined;
  private plan: FaultPlan | undefined;

  /**
   * The next request fails so; several are worked off in turn.
   * @param retryAfter value of the `Retry-After` header
   * @param lateMs milliseconds to the late work
   */
  push(fault: Fault, retryAfter?: string, lateMs = LATE_MS): void {
    this.next.push({ fault, lateMs, ...(retryAfter !== undefined && { retryAfter }) });
  }

  /** From now on requests fail by chance; undefined ends it. */
  byChance(plan: FaultPlan | undefined): void {
    this.plan = plan;
    this.chance = plan && chanceOf(plan.seed);
  }

  take(): OrderedFault | undefined {
    const asked = this.next.shift();
    if (asked || !this.plan || !this.chance || this.chance() >= this.plan.share) return asked;
    const kinds = this.plan.kinds ?? (Object.keys(FAULTS) as Fault[]);
    const [from, to] = this.plan.lateMs ?? [LATE_MS, LATE_MS];
    const fault = kinds[Math.floor(this.chance() * kinds.length)] as Fault;
    return { fault, lateMs: from + (to - from) * this.chance() };
  }
}
