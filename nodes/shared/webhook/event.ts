/** An event webhook: the vendor gets its answer at once, then the flow gets the message. */
import type { Node, NodeAPI } from "node-red";
import type { WebhookCredentials } from "../../../lib/webhook/credentials.js";
import type { WebhookConfig } from "./config.js";
import { type AcceptedRequest, type HttpAnswer, openEndpoint, respond } from "./endpoint.js";

/** What becomes of an event. */
interface EventOutcome {
  /** What the vendor gets at once. */
  answer: HttpAnswer;
  /** Sends the event to the flow, after the answer; absent where the answer refuses the event. */
  deliver?: () => void;
}

/** What one vendor's event webhook does. */
interface EventOptions {
  /** Takes a form body as well as JSON. */
  form?: boolean;
  /** Reads an event; called once for each accepted request. */
  receive(request: AcceptedRequest): EventOutcome;
}

/** Makes a node an event webhook. */
export function openEventWebhook(
  RED: NodeAPI,
  node: Node<WebhookCredentials>,
  config: WebhookConfig,
  options: EventOptions,
): void {
  const endpoint = openEndpoint(RED, node, config, {
    method: "POST",
    ...(options.form === true && { form: true }),
    accept(request) {
      const { answer, deliver } = options.receive(request);
      respond(request.webhookRequest, answer);
      deliver?.();
    },
  });
  node.on("close", (done: () => void) => {
    endpoint.close();
    done();
  });
}
