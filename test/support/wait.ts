/** Waiting for conditions, never for a time. */
import { setTimeout as sleep } from "node:timers/promises";

/**
 * Waits until the condition gives something.
 * @param what says what was missing when it never came
 * @param condition asked every 10 ms; anything but undefined, false and null ends the wait
 * @param limitMs a bound that only a failing test reaches
 */
export async function until<T>(
  what: string,
  condition: () => T | undefined | null | false | Promise<T | undefined | null | false>,
  limitMs = 30_000,
): Promise<T> {
  const end = Date.now() + limitMs;
  for (;;) {
    const value = await condition();
    if (value !== undefined && value !== null && value !== false) return value;
    if (Date.now() > end) throw new Error(`waited ${limitMs} ms in vain for ${what}`);
    await sleep(10);
  }
}
