/**
 * Times in which the process did not run, as while a function node computes. What a broker posts then on a connection that was
 * kept may be lost: Node.js ends a connection that was idle for 5 s before it reads what has come on it.
 */

const TICK_MS = 1000;
/** Shorter ones are not noticed: a connection is rarely used just so long before. */
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
