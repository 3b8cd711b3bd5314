/** Time that passes, whatever becomes of the machine's clock: it may be set, by an hour too, while an upload waits. */

/** Milliseconds since some moment; never set. */
export const passedMs = (): number => performance.now();

/** When that is by the machine's clock, Unix milliseconds. */
export const unixOf = (passed: number): number => Math.round(Date.now() + passed - passedMs());

/** When a moment before now was; one that seems to come yet, because the clock was set back, is now. @param unixMs by the machine's clock */
export const passedOf = (unixMs: number): number => passedMs() - Math.max(0, Date.now() - unixMs);
