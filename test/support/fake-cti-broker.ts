/** A CTI Broker without a network: what a {@link SubscriptionManager} asks of a client, and what a test does to it. */
import { ContactCenterError } from "../../lib/core/errors.js";
import type { CtiClient, SubscribeRequest, UnsubscribeResult } from "../../lib/cti/client.js";

/** An error as the client throws it. @param status of the answer, where the code is another */
export function failure(
  code: number | string,
  status = typeof code === "number" ? code : undefined,
): ContactCenterError {
  return new ContactCenterError(code, "cti.errors.not-answered", {
    vendor: "anywhere365",
    operation: "subscribe",
    ...(status !== undefined && { status }),
  });
}

/** Subscriptions in memory. */
export class FakeBroker implements Pick<CtiClient, "subscribe" | "unsubscribe" | "test"> {
  /** Agents by id. */
  readonly held = new Map<string, string>();
  /** Every request about subscriptions, in order: `+agent` and `-id`. */
  readonly calls: string[] = [];
  probes = 0;
  /** What the next requests meet; undefined = they work. */
  fault: ContactCenterError | undefined;
  /** Agents that are refused with this. */
  readonly refused = new Map<string, ContactCenterError>();
  /** What it does with the former subscription of an agent who is subscribed again; undefined = it keeps both. */
  former: "replaced" | "refuses" | undefined;
  /** What ending a subscription meets; undefined = it works. */
  keeps: ContactCenterError | undefined;
  /** What ending an unknown subscription meets; undefined = the documented 404. */
  unknownWith: ContactCenterError | undefined;
  /** The next subscriptions are made, but the answer is lost. */
  loseAnswers = 0;
  /** What is met in their place; a status of 2xx stands for an answer that names no id. */
  lostWith: number | string = "ECONNRESET";
  /** Requests are not answered before this. */
  gate: Promise<void> | undefined;
  /** How long each answer takes, milliseconds. */
  latencyMs = 0;
  /** When requests came, Unix milliseconds. */
  readonly times: number[] = [];
  /** Requests to end a subscription are not answered before this. */
  gateEnds: Promise<void> | undefined;
  nextId = (_address: string): string => `id-${++this.count}`;
  /** The longest time that an agent had two subscriptions, milliseconds. */
  longestPairMs = 0;
  private readonly pairedAt = new Map<string, number>();
  running = 0;
  mostAtOnce = 0;
  private count = 0;

  async subscribe({ imAddress = "" }: SubscribeRequest): Promise<string> {
    this.calls.push(`+${imAddress}`);
    return this.answer(() => {
      const refusal = this.refused.get(imAddress);
      if (refusal) throw refusal;
      for (const [known, address] of this.held) {
        if (address !== imAddress || this.former === undefined) continue;
        if (this.former === "refuses") throw failure(409);
        this.held.delete(known);
      }
      const id = this.nextId(imAddress);
      this.held.set(id, imAddress);
      if (this.addresses().filter((address) => address === imAddress).length === 2)
        this.pairedAt.set(imAddress, Date.now());
      if (this.loseAnswers > 0) {
        this.loseAnswers--;
        throw failure(this.lostWith);
      }
      return id;
    });
  }

  async unsubscribe(id: string): Promise<UnsubscribeResult> {
    this.calls.push(`-${id}`);
    await this.gateEnds;
    return this.answer(() => {
      if (this.keeps) throw this.keeps;
      const address = this.held.get(id) ?? "";
      this.longestPairMs = Math.max(this.longestPairMs, Date.now() - (this.pairedAt.get(address) ?? Infinity));
      if (this.unknownWith && !this.held.has(id)) throw this.unknownWith;
      return this.held.delete(id) ? "ended" : "unknown";
    });
  }

  async test(): Promise<void> {
    this.probes++;
    await this.answer(() => {
      // It is a DELETE, too.
      if (this.keeps) throw this.keeps;
    });
  }

  /** Requests for one agent. */
  subscribes(address: string): number {
    return this.calls.filter((call) => call === `+${address}`).length;
  }

  addresses(): string[] {
    return [...this.held.values()].toSorted();
  }

  private async answer<T>(work: () => T): Promise<T> {
    this.mostAtOnce = Math.max(this.mostAtOnce, ++this.running);
    this.times.push(Date.now());
    try {
      if (this.latencyMs > 0) await new Promise((resolve) => setTimeout(resolve, this.latencyMs));
      await this.gate;
      if (this.fault) throw this.fault;
      return work();
    } finally {
      this.running--;
    }
  }
}
