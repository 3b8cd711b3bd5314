/** Kinds of broker that a site may have: each is a way to answer requests about subscriptions. */
import { setTimeout as sleep } from "node:timers/promises";
import type { BrokerKind } from "./state.js";

/** What a serial broker takes for each request, milliseconds. */
const SERIAL_MS = 30;
/** What a limited broker takes at once, and for how long, milliseconds. */
const LIMIT = 8;
const LIMITED_MS = 50;

/** How the broker answers requests about subscriptions. */
export class Behaviour {
  kind: BrokerKind = "fast";
  private running = 0;
  private last: Promise<unknown> = Promise.resolve();

  /**
   * Takes the time that this kind of broker takes.
   * @returns false when the request is refused with 503
   */
  async admit(isRefused: boolean, signal: AbortSignal): Promise<boolean> {
    if (this.kind === "refusing" && isRefused) return false;
    if (this.kind === "serial") {
      const turn = this.last.then(() => sleep(SERIAL_MS, undefined, { signal }));
      this.last = turn.catch(() => undefined);
      await turn;
    }
    if (this.kind !== "limited") return true;
    if (this.running >= LIMIT) return false;
    this.running++;
    await sleep(LIMITED_MS, undefined, { signal }).finally(() => this.running--);
    return true;
  }
}
