/**
 * Times in which the process did not run, as while a function node computes. What a broker posts then may be lost: one that
 * does not wait for so long breaks its connection off before anything has read from it.
 */

const TICK_MS = 1000;
/** Shorter ones are not noticed: senders wait for longer. */
const SHORTEST_MS = 4000;

/** Watches for such times. */
export class StandstillWatch {
  private last = performance.now();
  private readonly timer: NodeJS.Timeout;

  /** @param onEnd called after each, with its length, milliseconds */
  constructor(onEnd: (ms: number) => void) {
    this.timer = setInterval(() => {
      const ms = this.currentMs;
      this.last = performance.now();
      if (ms > 0) onEnd(ms);
    }, TICK_MS).unref();
  }

  /** Milliseconds of one that is over and has not been told yet: what stops a process comes at once with its end. */
  get currentMs(): number {
    const ms = performance.now() - this.last;
    return ms >= SHORTEST_MS ? ms : 0;
  }

  /** Ends it. */
  close(): void {
    clearInterval(this.timer);
  }
}
