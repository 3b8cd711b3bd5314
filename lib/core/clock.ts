/**
 * The time, as it passes: what is measured with it is right although somebody sets the clock back. Where the clock goes
 * forward, or the machine slept, that time has passed, too.
 */
import { readFileSync } from "node:fs";
import { uptime } from "node:os";
import { isRecord } from "./values.js";

/** The clock may go back by so much, milliseconds, before it counts as set: it is corrected little by little all the time. */
const TOLERANCE_MS = 500;

/** A clock that never goes back. Its times are Unix milliseconds until the clock of the machine is set back. */
export class SteadyClock {
  /** Milliseconds by which it is ahead of the clock of the machine. */
  private aheadMs = 0;
  private lastMs = -Infinity;
  private lastTickMs = 0;

  /**
   * @param clockMs the clock of the machine, Unix milliseconds
   * @param tickMs milliseconds of the process, which nobody sets
   */
  constructor(
    private readonly clockMs = () => Date.now(),
    private readonly tickMs = () => performance.now(),
  ) {}

  /** The time now, milliseconds. */
  now(): number {
    const [clockMs, tickMs] = [this.clockMs(), this.tickMs()];
    const leastMs = this.lastMs + tickMs - this.lastTickMs;
    if (clockMs + this.aheadMs < leastMs - TOLERANCE_MS) this.aheadMs = Math.round(leastMs - clockMs);
    this.lastTickMs = tickMs;
    return (this.lastMs = Math.max(this.lastMs, clockMs + this.aheadMs));
  }

  /** What the clock of the machine, as it is set now, shows or showed at a time of this one; Unix milliseconds. */
  toClock(steadyMs: number): number {
    return steadyMs - this.aheadMs;
  }

  /** The time of this clock at a time of the clock of the machine. */
  fromClock(clockMs: number): number {
    return clockMs + this.aheadMs;
  }
}

/** The clock of this process. */
export const STEADY = new SteadyClock();

/** When something was written, for a process that reads it later. */
export interface Stamp {
  /** By the clock of the machine as it was set then, Unix milliseconds. */
  at: number;
  /** How long the machine had been running, milliseconds, and since which start. */
  upMs: number;
  boot: string;
}

/** What a time counts as of which nobody knows how long it was, milliseconds. */
export const UNKNOWN_MS = 86_400_000;
/** Names the start of the machine, on Linux. */
const BOOT = ((): string => {
  try {
    return readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim();
  } catch {
    return "";
  }
})();

/** What is written now. */
export function stampNow(): Stamp {
  return { at: Date.now(), upMs: uptime() * 1000, boot: BOOT };
}

/**
 * The time that has passed at least since something was written, milliseconds, however the clock was set; what the machine was
 * off is not part of it.
 * @param stamp as read, foreign
 */
export function leastPassedMs(stamp: unknown): number {
  const { upMs, boot } = isRecord(stamp) ? stamp : {};
  const now = uptime() * 1000;
  return Math.max(0, boot === BOOT && typeof upMs === "number" ? now - upMs : now);
}

/**
 * By how much the clock was set back since something was written, milliseconds; 0 where it was not. Times in it are so much
 * earlier by the clock as it is set now. Where the machine was started meanwhile it counts as off for a day.
 * @param stamp as read, foreign
 */
export function setBackMs(stamp: unknown): number {
  const { at, upMs, boot } = isRecord(stamp) ? stamp : {};
  if (typeof at !== "number") return 0;
  const passedMs = uptime() * 1000 - Number(upMs);
  const isSameStart = boot === BOOT && passedMs >= 0;
  const aheadMs = Math.round(at - Date.now() + (isSameStart ? passedMs : 0));
  if (aheadMs <= TOLERANCE_MS) return 0;
  return aheadMs + (isSameStart ? 0 : UNKNOWN_MS);
}
