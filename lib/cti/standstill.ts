/**
 * Times in which the process did not run, as while a function node computes. What a broker posts then may be lost: one that
 * does not wait for so long breaks its connection off before anything has read from it.
 */

const TICK_MS = 1000;
/** Shorter ones are not noticed: senders wait for longer. */
const SHORTEST_MS = 4000;

/**
 * Watches for such times.
 * @param onEnd called after each, with its length, milliseconds
 * @returns how to stop
 */
export function watchStandstill(onEnd: (ms: number) => void): () => void {
  let last = performance.now();
  const timer = setInterval(() => {
    const ms = performance.now() - last;
    last += ms;
    if (ms >= SHORTEST_MS) onEnd(ms);
  }, TICK_MS).unref();
  return () => clearInterval(timer);
}
