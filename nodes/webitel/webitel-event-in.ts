/**
 * Events of a call: offered to an agent, answered by an agent.
 *
 * Message out: `payload` = the event's fields as text, `topic` = the event's name, `call`, `event`, `req`.
 * Webitel gets 200 and `{}` at once. Vendor document: "Webitel REST API usage examples", 2. Inbound calls.
 */
import type { Node, NodeAPI } from "node-red";
import type { WebhookCredentials } from "../shared/webhook/config.js";
import { readEvent } from "../../lib/webitel/events.js";
import { LONGEST_NAME, logLine, warnOncePerMinute } from "../shared/log.js";
import { type WebhookConfig } from "../shared/webhook/config.js";
import { openEventWebhook } from "../shared/webhook/event.js";

export = (RED: NodeAPI) => {
  function EventIn(this: Node<WebhookCredentials>, config: WebhookConfig): void {
    RED.nodes.createNode(this, config);
    const warnOfName = (name: string): boolean =>
      warnOncePerMinute(this, name, RED._("webitel.unknown-event", { name: logLine(name, LONGEST_NAME) }));
    openEventWebhook(RED, this, config, {
      vendor: "webitel",
      form: true,
      receive: ({ data, receivedAt, req }) => ({
        answer: { status: 200, json: "{}" },
        messages: () => {
          const read = readEvent(data, receivedAt);
          if (!read.call) warnOfName(read.topic ?? "");
          return [{ ...read, req }];
        },
      }),
    });
  }
  return EventIn;
};
