/**
 * The calling side of Enreach SmartRouting: a phone that rings a queue, the question to the webhook, and what the
 * platform does with the answer. Vendor document: "SmartRouting HTTP Integrator Guide".
 *
 * The platform asks once, waits 5 s and routes by its defaults when no usable answer came. A later answer is shown, and
 * changes nothing.
 */
import type { Endpoint } from "../caller/conversation.js";
import { Call, Conversations } from "../caller/conversations.js";
import { post, shownExchange, webhookUrl } from "../caller/post.js";
import type { Simulator } from "../simulator.js";
import { DEMO_DIRECTORY, findMember, nameTarget } from "./directory.js";
import { readExchange } from "./interpret-answer.js";
import { routingRequest } from "./request.js";
import type { Member, RingInput, SmartRoutingState } from "./state.js";

/** How to start it. */
interface SmartRoutingOptions {
  /** Webhooks that the phone offers; any other can be typed. */
  endpoints?: readonly Endpoint[];
  directory?: readonly Member[];
  /** Address of the Node-RED that is rung, without a slash at its end. */
  nodeRedUrl?: string;
  /** Milliseconds that the platform waits; default 5,000, as the vendor's. */
  timeoutMs?: number;
}

/** The simulator. */
export interface SmartRoutingSimulator extends Simulator {
  readonly name: "smartrouting";
  state(): SmartRoutingState;
  /** Rings; resolves with the call when it has been routed. */
  ring(input: RingInput): Promise<Call>;
}

/** Starts the simulator; it listens nowhere, it only calls. */
export function startSmartRoutingSimulator(options: SmartRoutingOptions = {}): Promise<SmartRoutingSimulator> {
  const {
    endpoints = [],
    directory = DEMO_DIRECTORY,
    timeoutMs = 5000,
    nodeRedUrl = "http://127.0.0.1:1880",
  } = options;
  const calls = new Conversations();
  const closing = new AbortController();

  function ring(input: RingInput): { call: Call; routed: Promise<void> } {
    const url = webhookUrl(input.url).href;
    const called = findMember(directory, input.to ?? "");
    const { callId, headers, body } = routingRequest(input, called);
    const call = calls.add(new Call(callId, input.from ?? "", input.to ?? "", calls.changed));
    const exchange = shownExchange({ url, headers, body });
    call.step("the platform asks the flow", "info", { exchange });
    const defaultQueue =
      called === undefined ? "the queue that was called" : nameTarget(directory, called.number, "any");
    const routed = post({
      url,
      headers,
      body,
      timeoutMs,
      signal: closing.signal,
      onLate: (late) => call.complete(exchange, late),
    }).then((outcome) => {
      call.complete(exchange, outcome);
      if (!call.ended) route(call, readExchange(exchange, directory, defaultQueue));
    });
    return { call, routed };
  }

  const simulator: SmartRoutingSimulator = {
    name: "smartrouting",
    state: () => ({ endpoints, directory, calls: calls.list(), timeoutMs, nodeRedUrl }),
    onChange: (listener) => calls.onChange(listener),
    async ring(input) {
      const { call, routed } = ring(input);
      await routed;
      return call;
    },
    actions: {
      ring(input) {
        const { call, routed } = ring(input as unknown as RingInput);
        void routed;
        return { id: call.id };
      },
      hangup: ({ id }) => calls.find(id).hangUp(),
      forget: () => calls.forget(),
    },
    close() {
      closing.abort();
      return Promise.resolve();
    },
  };
  return Promise.resolve(simulator);
}

function route(call: Call, meaning: ReturnType<typeof readExchange>): void {
  if (meaning.prompt !== undefined)
    call.step(`the caller hears: ${meaning.prompt}`, "info", { speech: { text: meaning.prompt, language: "en" } });
  call.step(meaning.title, meaning.tone, { notes: meaning.notes });
  if (meaning.disconnect) call.end("ended by the flow");
  else call.move(meaning.title);
}
