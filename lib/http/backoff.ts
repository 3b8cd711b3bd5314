/** How long to wait before the next try. Time is a policy passed in, so tests never sleep. */
import { MAX_TIMER_MS } from "../core/values.js";

/** Bounds of a back-off in milliseconds, and the source of chance (0 <= random() < 1). */
export interface BackoffOptions {
  minMs?: number;
  maxMs?: number;
  random?: () => number;
}

/**
 * Jittered exponential delay: half of the step is fixed, half is chance, so that a thousand clients do not return at once.
 * @param attempt 0 for the first retry
 * @param options bounds, 500 ms to 30,000 ms unless told
 * @returns milliseconds to wait, between `minMs / 2` and `maxMs`
 */
export function backoffDelay(attempt: number, options: BackoffOptions = {}): number {
  const { minMs = 500, maxMs = 30_000, random = Math.random } = options;
  const step = Math.min(maxMs, minMs * 2 ** Math.min(attempt, 30));
  return Math.round(step / 2 + (step / 2) * random());
}

/**
 * Reads a `Retry-After` header (RFC 9110, 10.2.3): seconds or an HTTP date.
 * @param value the header; anything unreadable counts as absent
 * @param sentAt the `Date` header of the same answer: a date is one of the server's clock. Our own counts where it cannot be read
 * @returns milliseconds to wait, never negative, or undefined
 */
export function retryAfterMs(value: unknown, sentAt?: unknown): number | undefined {
  if (typeof value !== "string" || value.trim() === "") return undefined;
  if (/^\s*\d+\s*$/.test(value)) return Number(value) * 1000;
  const date = Date.parse(value);
  if (Number.isNaN(date)) return undefined;
  const serverMs = typeof sentAt === "string" ? Date.parse(sentAt) : NaN;
  return Math.max(0, date - (Number.isNaN(serverMs) ? Date.now() : serverMs));
}

/**
 * Waits, and stops waiting at once when the signal fires.
 * @param ms milliseconds, at most {@link MAX_TIMER_MS}
 * @param signal aborts the wait
 * @throws the signal's reason
 */
export function delay(ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const abort = (): void => {
      clearTimeout(timer);
      reject(signal?.reason as Error);
    };
    if (signal?.aborted) {
      reject(signal.reason as Error);
      return;
    }
    const timer = setTimeout(
      () => {
        signal?.removeEventListener("abort", abort);
        resolve();
      },
      Math.min(ms, MAX_TIMER_MS),
    );
    signal?.addEventListener("abort", abort, { once: true });
  });
}
