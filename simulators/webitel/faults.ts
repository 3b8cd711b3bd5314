/** How the next requests fail: on demand, or by chance from a seed. */

/** What can go wrong. `…-after` and `late` are the ones that make uploads call people twice. */
export const FAULTS = {
  slow: "answers after 300 ms",
  "429": "too many requests",
  "500": "internal error, nothing done",
  "502": "bad gateway, nothing done",
  "503": "unavailable, nothing done",
  reset: "breaks off before anything is done",
  "502-after": "bad gateway, though the work is done",
  "reset-after": "does the work, then breaks off",
  "cut-after": "does the work, then breaks off in the middle of the answer",
  late: "breaks off, and does the work 100 ms later",
} as const;
/** One of {@link FAULTS}. */
export type Fault = keyof typeof FAULTS;

/** Faults by chance. */
export interface FaultPlan {
  seed: number;
  /** Share of requests that fail, 0 to 1. */
  share: number;
  kinds?: readonly Fault[];
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
  private readonly next: { fault: Fault; retryAfter?: string }[] = [];
  private chance: (() => number) | undefined;
  private plan: FaultPlan | undefined;

  /** The next request fails so; several are worked off in turn. */
  push(fault: Fault, retryAfter?: string): void {
    this.next.push({ fault, ...(retryAfter !== undefined && { retryAfter }) });
  }

  /** From now on requests fail by chance; undefined ends it. */
  byChance(plan: FaultPlan | undefined): void {
    this.plan = plan;
    this.chance = plan && chanceOf(plan.seed);
  }

  take(): { fault: Fault; retryAfter?: string } | undefined {
    const asked = this.next.shift();
    if (asked || !this.plan || !this.chance || this.chance() >= this.plan.share) return asked;
    const kinds = this.plan.kinds ?? (Object.keys(FAULTS) as Fault[]);
    return { fault: kinds[Math.floor(this.chance() * kinds.length)] as Fault };
  }
}
