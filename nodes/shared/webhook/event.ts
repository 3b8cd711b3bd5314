/** An event webhook: the vendor gets its 200 at once, then the flow gets the message. */
import type { Node, NodeAPI } from "node-red";
import type { WebhookCredentials } from "../../../lib/webhook/credentials.js";
import type { WebhookConfig } from "./config.js";
import { type Accepted, type HttpAnswer, openEndpoint, respond } from "./endpoint.js";
import { DEFAULT_DEADLINE_MS } from "./request-response.js";

/** What one vendor's event webhook does. */
export interface EventOptions {
  /** What the vendor gets at once. */
  answer: HttpAnswer;
  /** Takes a form body as well as JSON. */
  form?: boolean;
  /** Hands the event to the flow: `msg.req` is in the message already. */
  deliver(request: Accepted): void;
}

/** Makes a node an event webhook. */
export function openEventWebhook(
  RED: NodeAPI,
  node: Node<WebhookCredentials>,
  config: WebhookConfig,
  options: EventOptions,
): void {
  const door = openEndpoint(RED, node, config, {
    method: "POST",
    bodyMs: DEFAULT_DEADLINE_MS,
    ...(options.form === true && { form: true }),
    accept(request) {
      respond(request.webhookRequest, options.answer);
      options.deliver(request);
    },
  });
  node.on("close", (done: () => void) => {
    door.close();
    done();
  });
}
