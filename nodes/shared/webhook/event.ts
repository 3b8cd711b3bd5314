/** An event webhook: the vendor gets its answer at once, then the flow gets the message. */
import type { Node, NodeAPI, NodeMessage } from "node-red";
import { STEADY } from "../../../lib/core/clock.js";
import type { WebhookCredentials } from "../../../lib/webhook/credentials.js";
import type { Call } from "../../../lib/core/call.js";
import type { RunStart } from "../../../lib/recorder/model.js";
import type { Vendor } from "../../../lib/core/errors.js";
import type { VendorEvent } from "../../../lib/core/event.js";
import { isCutOff, onceDeployed } from "../deploys.js";
import { receivesAgain, recordingOf } from "../recording.js";
import { senderOf } from "../transit.js";
import type { WebhookConfig } from "./config.js";
import { type AcceptedRequest, type HttpAnswer, openEndpoint, respond } from "./endpoint.js";
import { observe, type ObservedRun, sendWithin } from "./observed.js";
import type { Stranger, StrangerTaker } from "./stranger.js";

/** An event waits so long for a deploy, ms. */
const WAIT_MS = 4000;

/** What becomes of an event. */
interface EventOutcome {
  /** What the vendor gets at once. */
  answer: HttpAnswer;
  /** Why it refuses the event. */
  why?: string;
  /** The messages for the flow, one for each output, made after the answer; absent where the answer refuses the event. */
  messages?: () => NodeMessage[];
}

/** What one vendor's event webhook does. */
interface EventOptions {
  vendor: Vendor;
  /** Takes a form body as well as JSON. */
  form?: boolean;
  /** Reads an event; called once for each accepted request. */
  receive(request: AcceptedRequest): EventOutcome;
  /** Called when events are refused in a deploy. @param at when the event came, by the steady clock */
  onRefused?(at: number): void;
  /** `at`: when the request came, by the steady clock. */
  stranger?: StrangerTaker<Stranger & { at: number }>;
}

function steadyTime({ arrivedAt }: { readonly arrivedAt: number }): number {
  return STEADY.now() - (performance.now() - arrivedAt);
}

/** What the messages of an event say of it. */
function factsOf([message]: readonly NodeMessage[]): Pick<RunStart, "event" | "call"> {
  const { event, call } = (message ?? {}) as { event?: VendorEvent; call?: Call };
  return { event: event?.name, call };
}

/** Makes a node an event webhook. */
export function openEventWebhook(
  RED: NodeAPI,
  node: Node<WebhookCredentials>,
  config: WebhookConfig,
  options: EventOptions,
): void {
  const recording = recordingOf(RED);
  const senders = [senderOf(RED, node), senderOf(RED, node, 1)];
  const pass = (messages: readonly NodeMessage[], run: ObservedRun | undefined): void => {
    for (const [output, message] of messages.entries()) {
      run?.mark(message);
      sendWithin(run, () => senders[output]?.(message));
    }
  };
  const receive = (request: AcceptedRequest): void => {
    const { answer, why, messages } = options.receive(request);
    const { webhookRequest } = request;
    respond(webhookRequest, answer);
    const sent = messages?.() ?? [];
    const { arrivedAt } = webhookRequest;
    const run = observe(
      recording.recorder,
      () => ({
        vendor: options.vendor,
        node,
        arrivedAt,
        ...factsOf(sent),
        received: request.data,
        ...(messages && { again: () => ({ messages: sent, data: request.data, req: request.req }) }),
      }),
      { kind: "event", arrivedAt, headers: webhookRequest.request.headers },
    );
    run?.end(messages ? "answered" : "refused", answer, why);
    pass(sent, run);
  };
  receivesAgain(RED, node, (again, recorder) => {
    const { messages, data } = again;
    const sent = messages.map((message) => ({ ...message, replay: true })) as NodeMessage[];
    const start = { vendor: options.vendor, node, ...factsOf(sent), received: data, again: () => again };
    const run = observe(recorder, () => start, undefined);
    run?.end("received");
    pass(sent, run);
  });
  /** Events that came while a deploy had stopped a node behind this one. */
  const waiting = new Map<AcceptedRequest, NodeJS.Timeout>();
  const stopWaiting = (request: AcceptedRequest): boolean => {
    clearTimeout(waiting.get(request));
    return waiting.delete(request);
  };
  const refuse = (request: AcceptedRequest): void => {
    if (stopWaiting(request)) endpoint.answerClosed(request.webhookRequest);
  };
  const endpoint = openEndpoint(RED, node, config, {
    vendor: options.vendor,
    method: "POST",
    ...(options.form === true && { form: true }),
    stranger: (stranger) => options.stranger?.({ ...stranger, at: steadyTime(stranger) }),
    onRefused: (webhook) => options.onRefused?.(steadyTime(webhook)),
    accept(request) {
      if (!isCutOff(RED, node.id)) {
        receive(request);
        return;
      }
      waiting.set(
        request,
        setTimeout(() => refuse(request), WAIT_MS),
      );
      onceDeployed(RED, () => void (stopWaiting(request) && receive(request)));
    },
  });
  node.on("close", (done: () => void) => {
    for (const request of waiting.keys()) refuse(request);
    endpoint.close();
    done();
  });
}
