/**
 * Receives the events of an Anywhere365 CTI Broker at a callback address.
 *
 * Message out (1): `payload` = {SubscriptionId, SessionType, ImAddress, eventType, callId, ani}, `success` with LoggedIn;
 * `topic` = event name, `call`, `event`, `req`.
 * Message out (2): a transfer that the event before it decided; `payload` = {result, callId, from, to}, `topic` = Transfer.
 * Vendor document: CTI Broker REST API, "Events" and "Additional note".
 */
import { STEADY } from "../../lib/core/clock.js";
import type { Node, NodeAPI, NodeMessage } from "node-red";
import type { WebhookCredentials } from "../shared/webhook/config.js";
import { plainText } from "../../lib/core/values.js";
import { callFacts, type CtiEvent, eventFacts, readEvent } from "../../lib/cti/events.js";
import { TransferRule } from "../../lib/cti/transfers.js";
import { isDeploying, onceDeployed } from "../shared/deploys.js";
import { type WebhookConfig, webhookSettings } from "../shared/webhook/config.js";
import type { AcceptedRequest } from "../shared/webhook/endpoint.js";
import { LONGEST_NAME, logLine, warnOncePerMinute } from "../shared/log.js";
import { openEventWebhook } from "../shared/webhook/event.js";
import { pathAsked } from "../shared/webhook/stranger.js";
import {
  deniedEvent,
  type EventNode,
  formerAddress,
  isDuplicate,
  isExpected,
  noteClosed,
  noteLogin,
  noteRefused,
  noteTaken,
  pathOf,
} from "./callback.js";

interface EventInConfig extends WebhookConfig {
  /** For the form only: whose `callbackUrl` the shown address has. */
  broker?: string;
  /** What to do with events of subscriptions that no subscriber made. */
  unknown?: "refuse" | "pass";
}

export = (RED: NodeAPI) => {
  function CtiEventIn(this: Node<WebhookCredentials> & EventNode, config: EventInConfig): void {
    RED.nodes.createNode(this, config);
    const { path, auth, credentials } = webhookSettings(RED, this, config);
    Object.assign(this, { path, auth, secret: auth === "secret" ? (credentials.secret ?? "") : undefined });
    const transfers = new TransferRule();
    // Subscribers begin at the end of a deploy; what a former process subscribed posts before.
    let isDeployed = false;
    let sentAt = 0;
    const address = pathOf(RED, this);
    const stop = onceDeployed(RED, () => (isDeployed = true));
    this.on("close", (done: () => void) => {
      stop();
      // A deploy sends again what was on its way.
      if (!isDeploying(RED)) noteClosed(this.id, address, sentAt);
      done();
    });

    const refusalOf = (data: unknown): { event: CtiEvent } | { status: number; why: string } => {
      let event: CtiEvent;
      try {
        event = readEvent(data);
      } catch {
        return { status: 400, why: "event" };
      }
      const isShared = config.unknown === "pass";
      if (isExpected(this.id, event, isShared) || isShared) return { event };
      const id = plainText(event.SubscriptionId) ?? "";
      warnOncePerMinute(this, id, RED._("cti-event-in.unknown-subscription", { id: logLine(id, LONGEST_NAME) }));
      return { status: 404, why: "subscription" };
    };

    const messagesOf = (event: CtiEvent, { req, receivedAt, webhookRequest }: AcceptedRequest): NodeMessage[] => {
      sentAt = STEADY.now();
      noteTaken(this.id, [address, pathAsked(webhookRequest)]);
      const name = String(event.eventType);
      const facts = eventFacts(name, event, receivedAt);
      if (isDuplicate(this.id, event, !isDeployed)) return [];
      noteLogin(this.id, event);
      const transfer = transfers.take(event);
      const call = callFacts(event, receivedAt, transfer?.result === "succeeded" || transfers.repeats(event));
      const message = { payload: event, topic: name, ...(call && { call }), event: facts, req };
      if (!transfer) return [message];
      const { SessionType, ani } = event;
      const copy = structuredClone({
        ...(call && { call }),
        event: eventFacts("Transfer", { ...transfer, SessionType, ani }, receivedAt),
        req,
      });
      return [message, { payload: transfer, topic: "Transfer", ...copy }];
    };

    openEventWebhook(RED, this, config, {
      vendor: "anywhere365",
      receive: (request) => {
        const read = refusalOf(request.data);
        if ("event" in read) return { answer: { status: 200 }, messages: () => messagesOf(read.event, request) };
        const json = JSON.stringify({ error: read.why, message: RED._(`cti-event-in.refusal.${read.why}`) });
        return { answer: { status: read.status, json }, why: read.why };
      },
      onRefused: (at) => noteRefused(this.id, address, at),
      stranger: ({ why, path, secrets, at }) => {
        const end = why === "credentials" ? formerAddress(this.id, secrets(), config.unknown === "pass") : undefined;
        const deny = deniedEvent(this.id, [address, path], at);
        if (!end && !deny) return undefined;
        return (data) => {
          const event = readEvent(data);
          end?.(event);
          if (deny?.(event)) warnOncePerMinute(this, "denied", RED._(`cti-event-in.denied.${why}`));
        };
      },
    });
  }
  return CtiEventIn;
};
