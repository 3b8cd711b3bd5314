/**
 * Receives the events of an Anywhere365 CTI Broker at a callback address.
 *
 * Message out (1): `payload` = {SubscriptionId, SessionType, ImAddress, eventType, callId, ani}, `success` with LoggedIn;
 * `topic` = event name, `call`, `event`, `req`.
 * Message out (2): a transfer that the event before it decided; `payload` = {result, callId, from, to}, `topic` = Transfer.
 * Vendor document: CTI Broker REST API, "Events" and "Additional note".
 */
import type { Node, NodeAPI } from "node-red";
import type { WebhookCredentials } from "../shared/webhook/config.js";
import { callFacts, type CtiEvent, eventFacts, readEvent } from "../../lib/cti/events.js";
import { TransferRule } from "../../lib/cti/transfers.js";
import { type WebhookConfig, WEBHOOK_CREDENTIALS, webhookSettings } from "../shared/webhook/config.js";
import type { AcceptedRequest } from "../shared/webhook/endpoint.js";
import { LONGEST_NAME, logLine, warnOncePerMinute } from "../shared/log.js";
import { openEventWebhook } from "../shared/webhook/event.js";
import { type EventNode, isExpected } from "./callback.js";

interface EventInConfig extends WebhookConfig {
  /** For the form only: whose `callbackUrl` the shown address has. */
  broker?: string;
  /** What to do with events of subscriptions that no subscriber made. */
  unknown?: "refuse" | "pass";
}

export = (RED: NodeAPI): void => {
  function CtiEventIn(this: Node<WebhookCredentials> & EventNode, config: EventInConfig): void {
    RED.nodes.createNode(this, config);
    const { path, auth, credentials } = webhookSettings(RED, this, config);
    Object.assign(this, { path, auth, secret: auth === "secret" ? (credentials.secret ?? "") : undefined });
    const transfers = new TransferRule();

    const refusalOf = (data: unknown): { event: CtiEvent } | { status: number; why: string } => {
      let event: CtiEvent;
      try {
        event = readEvent(data);
      } catch {
        return { status: 400, why: "event" };
      }
      const id = event.SubscriptionId ?? "";
      if (config.unknown === "pass" || isExpected(this.id, id)) return { event };
      warnOncePerMinute(this, id, RED._("cti-event-in.unknown-subscription", { id: logLine(id, LONGEST_NAME) }));
      return { status: 404, why: "subscription" };
    };

    const deliver = (event: CtiEvent, { req, receivedAt }: AcceptedRequest): void => {
      const name = String(event.eventType);
      const transfer = transfers.take(event);
      const call = callFacts(event, receivedAt, transfer?.result === "succeeded");
      const facts = { ...(call && { call }), event: eventFacts(name, event, receivedAt), req };
      const message = { payload: event, topic: name, ...facts };
      if (!transfer) {
        this.send(message);
        return;
      }
      const { SessionType, ani } = event;
      const copy = structuredClone({
        ...facts,
        event: eventFacts("Transfer", { ...transfer, SessionType, ani }, receivedAt),
      });
      this.send([message, { payload: transfer, topic: "Transfer", ...copy }]);
    };

    openEventWebhook(RED, this, config, {
      receive: (request) => {
        const read = refusalOf(request.data);
        if ("event" in read) return { answer: { status: 200 }, deliver: () => deliver(read.event, request) };
        const json = JSON.stringify({ error: read.why, message: RED._(`cti-event-in.refusal.${read.why}`) });
        return { answer: { status: read.status, json } };
      },
    });
  }
  RED.nodes.registerType("cti-event-in", CtiEventIn, {
    credentials: WEBHOOK_CREDENTIALS,
  });
};
