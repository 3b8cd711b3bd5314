/** Subscriptions, and the posting of events to their callback addresses: once each, in order per call. */
import { randomUUID } from "node:crypto";
import * as http from "node:http";
import * as https from "node:https";
import { type EnumStyle, EVENTS, SESSION_TYPES } from "../../lib/cti/tables.js";
import type { DeliveryState, SubscriptionState } from "./state.js";
import type { AgentEvent } from "./switchboard.js";

interface Subscription {
  id: string;
  address: string;
  callback: string;
  delivered: number;
  failed: number;
}

/** So many deliveries are kept for the page. */
const KEPT = 50;
const TIMEOUT_MS = 10_000;

/** Everyone who wants to hear of events. */
export class Deliveries {
  enumStyle: EnumStyle = "number";
  /** The latest last. */
  readonly log: DeliveryState[] = [];
  private subscriptions = new Map<string, Subscription>();
  /** The end of what was sent for each call: its events follow each other at every subscriber. */
  private readonly lanes = new Map<string, Promise<void>>();
  private readonly agents = {
    "http:": new http.Agent({ keepAlive: true, maxSockets: 32 }),
    "https:": new https.Agent({ keepAlive: true, maxSockets: 32 }),
  };

  private isClosed = false;

  constructor(private readonly changed: () => void) {}

  /**
   * @param isSameId the same agent and callback get the id that they have already
   * @throws Error when the address is none
   */
  subscribe(address: string, callback: string, isSameId = false): string {
    if (!URL.canParse(callback) || !/^https?:$/.test(new URL(callback).protocol))
      throw new Error("The callback is no http(s) address.");
    const isSame = (one: Subscription): boolean => one.address === address && one.callback === callback;
    const known = isSameId ? [...this.subscriptions.values()].find(isSame) : undefined;
    if (known) return known.id;
    const id = randomUUID();
    this.subscriptions.set(id, { id, address, callback, delivered: 0, failed: 0 });
    return id;
  }

  /** @returns false for an id that is not known */
  unsubscribe(id: string): boolean {
    return this.subscriptions.delete(id);
  }

  /** Loses all subscriptions, as a restart might. */
  forget(): void {
    this.subscriptions.clear();
  }

  /** What is registered; a key in the query is masked. */
  list(): SubscriptionState[] {
    return [...this.subscriptions.values()].map(({ id, address, callback, delivered, failed }) => ({
      id,
      address,
      callback: masked(callback),
      delivered,
      failed,
    }));
  }

  /** Posts to all subscribers of the agent; resolves when all have answered. */
  async deliver(event: AgentEvent): Promise<void> {
    const concerned = [...this.subscriptions.values()].filter(
      ({ address }) => address === "" || address.toLowerCase() === event.address.toLowerCase(),
    );
    const lane = event.callId || event.address;
    const before = this.lanes.get(lane) ?? Promise.resolve();
    const delivered = before.then(async () => {
      await Promise.all(concerned.map((subscription) => this.post(subscription, event)));
    });
    this.lanes.set(lane, delivered);
    await delivered;
    if (this.lanes.get(lane) === delivered) this.lanes.delete(lane);
  }

  /** Ends every socket. */
  close(): void {
    this.isClosed = true;
    this.subscriptions.clear();
    for (const agent of Object.values(this.agents)) agent.destroy();
  }

  private async post(subscription: Subscription, event: AgentEvent): Promise<void> {
    const body = this.body(subscription.id, event);
    const answer = await this.send(subscription.callback, body);
    if (typeof answer === "number" && answer >= 200 && answer < 300) subscription.delivered++;
    else subscription.failed++;
    this.log.push({
      id: randomUUID(),
      at: new Date().toISOString(),
      subscriptionId: subscription.id,
      event: event.event,
      address: event.address,
      callId: event.callId,
      answer,
      body,
    });
    this.log.splice(0, this.log.length - KEPT);
    this.changed();
  }

  private body(SubscriptionId: string, event: AgentEvent): object {
    const names = this.enumStyle === "name";
    return {
      SubscriptionId,
      SessionType: names ? event.session : SESSION_TYPES[event.session].number,
      ImAddress: event.address,
      eventType: names || typeof event.event === "number" ? event.event : EVENTS[event.event].number,
      callId: event.callId,
      ani: event.ani,
    };
  }

  private send(callback: string, body: object, isRepeated = false): Promise<number | string> {
    const url = new URL(callback);
    const protocol = url.protocol as keyof typeof this.agents;
    const text = JSON.stringify(body);
    return new Promise((resolve) => {
      const request = (protocol === "https:" ? https : http).request(
        url,
        {
          method: "POST",
          agent: this.agents[protocol],
          timeout: TIMEOUT_MS,
          headers: { "Content-Type": "application/json", "Content-Length": Buffer.byteLength(text) },
        },
        (response) => {
          response.resume();
          response.on("end", () => resolve(response.statusCode ?? 0));
          response.on("error", () => resolve("ECONNRESET"));
        },
      );
      request.on("timeout", () => request.destroy(Object.assign(new Error("timeout"), { code: "ETIMEDOUT" })));
      request.on("error", (error: NodeJS.ErrnoException) => {
        // The receiver closed an idle connection in the moment in which it was used again: nobody got the event.
        const isStale = error.code === "ECONNRESET" && request.reusedSocket && !isRepeated && !this.isClosed;
        resolve(isStale ? this.send(callback, body, true) : (error.code ?? error.name));
      });
      request.end(text);
    });
  }
}

function masked(callback: string): string {
  const url = new URL(callback);
  for (const name of url.searchParams.keys()) url.searchParams.set(name, "***");
  url.username = url.password = "";
  return url.href;
}
