/** Time that passes, whatever becomes of the machine's clock: it may be set, by an hour too, while an upload waits. */
import { leastPassedMs, type Stamp, stampNow } from "../../core/clock.js";

/** Milliseconds since some moment; never set. */
export const passedMs = (): number => performance.now();

/** When that is by the machine's clock, Unix milliseconds. */
export const unixOf = (passed: number): number => Math.round(Date.now() + passed - passedMs());

/** When something was written, for a process that reads it later: `at` by the machine's clock, the rest missing in older journals. */
export type Moment = Pick<Stamp, "at"> & Partial<Stamp>;

/** Now, for the journal. */
export function momentNow(): Stamp {
  const { at, upMs, boot } = stampNow();
  return { at, upMs: Math.round(upMs), boot };
}

/**
 * How long ago a moment was, milliseconds. While the machine has run since, it says so itself, however its clock was set; else the clock
 * is believed for no longer than this machine has run, as it may have been wrong before.
 */
export function sinceMs({ at, upMs, boot }: Moment): number {
  const byClockMs = Math.max(0, Date.now() - at);
  if (upMs === undefined) return byClockMs;
  const leastMs = leastPassedMs({ at, upMs, boot });
  return boot === stampNow().boot ? leastMs : Math.min(byClockMs, leastMs);
}

/** When a moment before now was. */
export const passedOf = (moment: Moment): number => passedMs() - sinceMs(moment);
