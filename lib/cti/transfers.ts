/**
 * The vendor's transfer rule (vendor document, Additional note) as a small state machine.
 *
 *     OnHold by X     -> waiting, X remembered (of two holds on one call the latest counts)
 *     Retrieve by X   -> failed: X has the call again (a plain hold looks the same)
 *     Retrieve by Z   -> succeeded: Z has the call, X is out of it
 *     Disconnected X  -> forgotten after some seconds: a Retrieve by Z may be on its way behind it
 *
 * What waits is bounded by age, count and length, so a broker that never says how a hold ended cannot fill the memory.
 */
import { agentKey } from "./addresses.js";
import { idText, LONGEST_ID } from "../core/values.js";
import { type CtiEvent, isNoId } from "./events.js";

/** How a transfer ended; addresses of agents in `from` and `to`. */
export interface Transfer {
  result: "succeeded" | "failed";
  callId: string;
  from: string;
  /** Who has the call now; set when the transfer succeeded. */
  to?: string;
}

/** Bounds of what is remembered. */
interface TransferLimits {
  /** Milliseconds; four hours by default. */
  maxAgeMs?: number;
  /** Calls on hold at one time; 10,000 by default. */
  maxCalls?: number;
  /** Milliseconds within which events that belong together may cross or be repeated; five seconds by default. */
  crossingMs?: number;
  /** Unix milliseconds now. */
  now?: () => number;
}

interface Hold {
  agent: string;
  since: number;
  /** When the agent who held the call left it. */
  leftAt?: number;
}

/** Watches the events of all calls. */
export class TransferRule {
  private readonly held = new Map<string, Hold>();
  // Who has a call since a transfer just now.
  private readonly decided = new Map<string, { agent: string; since: number }>();
  private readonly crossingMs: number;
  private readonly maxAgeMs: number;
  private readonly maxCalls: number;
  private readonly now: () => number;

  constructor({ maxAgeMs = 4 * 3_600_000, maxCalls = 10_000, crossingMs = 5000, now = Date.now }: TransferLimits = {}) {
    this.crossingMs = crossingMs;
    this.maxAgeMs = maxAgeMs;
    this.maxCalls = maxCalls;
    this.now = now;
  }

  /** Calls on hold that are remembered. */
  get size(): number {
    return this.held.size;
  }

  /**
   * Takes the next event.
   * @returns a transfer when this event decides one
   */
  take(event: CtiEvent): Transfer | undefined {
    const { callId, ImAddress: agent } = event;
    if (typeof callId !== "string" || isNoId(callId) || idText(callId) === undefined) return undefined;
    if (typeof agent !== "string" || agent === "" || callId.length > LONGEST_ID || agent.length > LONGEST_ID)
      return undefined;
    this.forgetOld();
    const call = callId.toLowerCase();
    const hold = this.held.get(call);
    switch (event.eventType) {
      case "OnHold":
        // Deleted first, so that the order of the map is the order of age.
        this.held.delete(call);
        this.held.set(call, { agent, since: this.now() });
        this.forgetOld();
        return undefined;
      case "Disconnected":
        if (hold && agentKey(hold.agent) === agentKey(agent)) hold.leftAt = this.now();
        return undefined;
      case "Retrieve":
        this.held.delete(call);
        if (!hold || this.now() - (hold.leftAt ?? Infinity) > this.crossingMs) return undefined;
        if (agentKey(hold.agent) === agentKey(agent)) return { result: "failed", callId, from: hold.agent };
        this.decided.set(call, { agent, since: this.now() });
        return { result: "succeeded", callId, from: hold.agent, to: agent };
      default:
        return undefined;
    }
  }

  /** True for a `Retrieve` that came already and decided a transfer: the call's state is the same as then. */
  repeats({ callId, ImAddress: agent, eventType }: CtiEvent): boolean {
    if (eventType !== "Retrieve" || typeof callId !== "string" || typeof agent !== "string") return false;
    const decision = this.decided.get(callId.toLowerCase());
    return decision !== undefined && agentKey(decision.agent) === agentKey(agent);
  }

  private forgetOld(): void {
    const crossed = this.now() - this.crossingMs;
    for (const [call, { since }] of this.decided) {
      if (since >= crossed) break;
      this.decided.delete(call);
    }
    const oldest = this.now() - this.maxAgeMs;
    for (const [call, { since }] of this.held) {
      if (since >= oldest && this.held.size <= this.maxCalls) return;
      this.held.delete(call);
    }
  }
}
