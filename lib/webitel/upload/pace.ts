/** When the next request of an upload may leave: pause, rate and the server's Retry-After, for all workers alike. */
import { delay } from "../../http/backoff.js";
import { passedMs } from "./clock.js";

/** A timer is not later than this, milliseconds: what leaves later was not ready, or was held up. */
const LATE_MS = 50;

/** One upload's pace. */
export class Pace {
  private nextSlotMs = 0;
  private holdUntilMs = 0;
  private paused: { promise: Promise<void>; release: () => void } | undefined;

  /** @param rate members per second, 0 = as fast as it goes */
  constructor(private readonly rate: number) {}

  pause(): void {
    if (this.paused) return;
    let release = (): void => undefined;
    const promise = new Promise<void>((resolve) => (release = resolve));
    this.paused = { promise, release };
  }

  resume(): void {
    this.paused?.release();
    this.paused = undefined;
  }

  /**
   * The server asked to be left alone for this many milliseconds.
   * @returns by how many milliseconds this is longer than before
   */
  hold(ms: number): number {
    const nowMs = passedMs();
    const before = Math.max(this.holdUntilMs, nowMs);
    this.holdUntilMs = Math.max(before, nowMs + ms);
    return this.holdUntilMs - before;
  }

  /**
   * Resolves when this many members may be sent.
   * @param members 0 for what was counted already
   * @throws the signal's reason
   */
  async waitForTurn(members: number, stop: AbortSignal): Promise<void> {
    do {
      await this.untilHoldEnds(stop);
      if (this.paused) await unlessAborted(this.paused.promise, stop);
      // A very slow rate waits longer than one timer can count.
      else if (members > 0 && this.nextSlotMs > passedMs()) await delay(this.nextSlotMs - passedMs(), stop);
    } while (
      this.paused !== undefined ||
      this.holdUntilMs > passedMs() ||
      (members > 0 && this.nextSlotMs > passedMs())
    );
    // Only now: who had taken his turn before a pause would leave with all others at its end.
    if (members > 0 && this.rate > 0) this.nextSlotMs = this.slotAfter(members);
    stop.throwIfAborted();
  }

  /** When the next request may leave, if this one leaves now. A timer that was late makes no request later that follows. */
  private slotAfter(members: number): number {
    const nowMs = passedMs();
    const isLate = nowMs - this.nextSlotMs < LATE_MS;
    return (isLate ? this.nextSlotMs : nowMs) + (members / this.rate) * 1000;
  }

  /**
   * Resolves when the server may be asked again; a pause is no matter.
   * @throws the signal's reason
   */
  async untilHoldEnds(stop: AbortSignal): Promise<void> {
    while (this.holdUntilMs > passedMs()) await delay(this.holdUntilMs - passedMs(), stop);
  }
}

/**
 * Waits for work or for the signal, whichever is first, and leaves nothing behind on the signal.
 * @throws the signal's reason
 */
export function unlessAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const stop = (): void => reject(signal.reason as Error);
    if (signal.aborted) stop();
    else signal.addEventListener("abort", stop, { once: true });
    // Its failure is handled in any case: unhandled, it would end the process.
    void work.then(resolve, reject).finally(() => signal.removeEventListener("abort", stop));
  });
}
