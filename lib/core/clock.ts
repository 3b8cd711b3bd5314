/**
 * The time, as it passes: what is measured with it is right although somebody sets the clock back. Where the clock goes
 * forward, or the machine slept, that time has passed, too.
 */

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
