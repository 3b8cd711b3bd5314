/**
 * Time that passes only when a test says so, for runs of many thousand timers: a heap instead of a list, and no wait
 * between two timers but for promises.
 */
import os from "node:os";
import { resetSteady } from "./steady.js";

interface Timer {
  at: number;
  order: number;
  run: () => void;
  everyMs?: number;
  isCleared: boolean;
  unref(): Timer;
  ref(): Timer;
}

const real = {
  setTimeout: globalThis.setTimeout,
  clearTimeout: globalThis.clearTimeout,
  setInterval: globalThis.setInterval,
  clearInterval: globalThis.clearInterval,
  now: Date.now,
  tick: performance.now.bind(performance),
  uptime: os.uptime,
};
const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** Replaces the timers and the time of this process until {@link uninstall}. */
export class VirtualClock {
  now = 1_000_000;
  private readonly heap: Timer[] = [];
  private count = 0;

  constructor() {
    const add = (run: (...values: never[]) => void, ms = 0, values: unknown[] = [], everyMs?: number): Timer => {
      const timer: Timer = {
        at: this.now + Math.max(1, ms),
        order: this.count++,
        run: () => run(...(values as never[])),
        isCleared: false,
        ...(everyMs !== undefined && { everyMs }),
        unref: () => timer,
        ref: () => timer,
      };
      this.push(timer);
      return timer;
    };
    const clear = (timer: unknown): void => {
      if (timer !== null && typeof timer === "object") (timer as Timer).isCleared = true;
    };
    Object.assign(globalThis, {
      setTimeout: (run: () => void, ms?: number, ...values: unknown[]) => add(run, ms, values),
      setInterval: (run: () => void, ms = 1, ...values: unknown[]) => add(run, ms, values, ms),
      clearTimeout: clear,
      clearInterval: clear,
    });
    Date.now = () => this.now;
    performance.now = () => this.now;
    os.uptime = () => this.now / 1000;
    resetSteady();
  }

  /** Lets time pass, timer by timer; promises settle between them. */
  async pass(ms: number): Promise<void> {
    const end = this.now + ms;
    await settled();
    for (let timer = this.heap[0]; timer && timer.at <= end; timer = this.heap[0]) {
      this.now = Math.max(this.now, timer.at);
      // Timers of one moment run together, as they may in a real process.
      while (this.heap[0] && this.heap[0].at <= this.now) this.fire(this.pop());
      await settled();
    }
    this.now = end;
  }

  /** Gives the process its own timers and time back. */
  uninstall(): void {
    const { now, tick, uptime, ...timers } = real;
    Object.assign(globalThis, timers);
    Date.now = now;
    performance.now = tick;
    os.uptime = uptime;
    resetSteady();
  }

  private fire(timer: Timer): void {
    if (timer.isCleared) return;
    timer.run();
    if (timer.everyMs === undefined || timer.isCleared) return;
    timer.at = this.now + Math.max(1, timer.everyMs);
    this.push(timer);
  }

  private isBefore(one: Timer, other: Timer): boolean {
    return one.at < other.at || (one.at === other.at && one.order < other.order);
  }

  private push(timer: Timer): void {
    const { heap } = this;
    let at = heap.length;
    heap.push(timer);
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (!this.isBefore(timer, heap[parent] as Timer)) break;
      heap[at] = heap[parent] as Timer;
      at = parent;
    }
    heap[at] = timer;
  }

  private pop(): Timer {
    const { heap } = this;
    const top = heap[0] as Timer;
    const last = heap.pop() as Timer;
    if (heap.length === 0) return top;
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && this.isBefore(heap[child + 1] as Timer, heap[child] as Timer)) child++;
      if (!this.isBefore(heap[child] as Timer, last)) break;
      heap[at] = heap[child] as Timer;
      at = child;
    }
    heap[at] = last;
    return top;
  }
}
