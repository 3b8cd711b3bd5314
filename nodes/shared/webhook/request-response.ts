/**
 * Request and response nodes. The in node opens a call, the message carries the call's id, and the out node answers it.
 * If no out node answers before the deadline, the in node sends its fallback answer, before the vendor stops waiting.
 */
import type { Node, NodeAPI } from "node-red";
import { refused, type Vendor } from "../../../lib/core/errors.js";
import { MAX_TIMER_MS } from "../../../lib/core/values.js";
import { type CallOwner, OpenCalls } from "../../../lib/webhook/open-calls.js";
import type { WebhookCredentials } from "../../../lib/webhook/credentials.js";
import type { Call } from "../../../lib/core/call.js";
import { isCutOff, onceDeployed } from "../deploys.js";
import type { Message } from "../input.js";
import { warnOncePerMinute } from "../log.js";
import { type Beginner, receivesAgain, recordingOf } from "../recording.js";
import { setStatus, type StatusWord } from "../status.js";
import { senderOf } from "../transit.js";
import type { AuthMethod, WebhookConfig } from "./config.js";
import { noteLate } from "../../../lib/core/telemetry/received.js";
import { type AcceptedRequest, type HttpAnswer, openEndpoint, type ReadRequest, respond } from "./endpoint.js";
import { type Arrival, observe, sendWithin } from "./observed.js";

/** The settings of an in node. */
export interface RequestNodeConfig extends WebhookConfig {
  /** Milliseconds until the fallback answer; both vendors wait 5,000. */
  deadline?: number | string;
}

/** Milliseconds until the fallback answer where the node sets none. */
const DEFAULT_DEADLINE_MS = 4000;

/** How long Enreach and Voicenter wait for an answer, ms. */
const VENDORS_WAIT_MS = 5000;

/** What one vendor's in node does. */
interface RequestNodeOptions {
  vendor: Vendor;
  method: "GET" | "POST";
  /** The authentication of a flow that names none; the default is `secret`. */
  defaultAuth?: AuthMethod;
  /** The answer that a caller gets when the flow gives none. */
  fallback(): HttpAnswer;
  /** What a refusal's body carries besides the explanation. */
  refusal?: object;
  /** The message of a request: payload, topic, call and event. A new one each time, since a flow may change what it got. */
  message(request: AcceptedRequest): Record<string, unknown>;
}

/** A request, and the messages that are made of it. */
interface CalledRequest extends ReadRequest {
  /** A new one each time. */
  readonly message: () => Record<string, unknown>;
}

interface RequestNodeOwner extends CallOwner<HttpAnswer, CalledRequest> {
  readonly vendor: Vendor;
  /** The in node. */
  readonly node: { readonly id: string; readonly type: string };
}

/** One registry for the whole process: a message finds its call wherever the out node is. */
const calls = new OpenCalls<HttpAnswer, RequestNodeOwner, CalledRequest>();

/** Makes a node an in node, with outputs 1 (the request) and 2 (a request that got the fallback). */
export function openRequestNode(
  RED: NodeAPI,
  node: Node<WebhookCredentials>,
  config: RequestNodeConfig,
  options: RequestNodeOptions,
): void {
  const entered = readDeadline(config.deadline);
  const deadlineMs = entered ?? DEFAULT_DEADLINE_MS;
  let closed = false;
  const recording = recordingOf(RED);
  /** @param message of the request, and nobody else's */
  const addressed = (request: CalledRequest, id: string, message = request.message()): Record<string, unknown> => {
    const event = message["event"] as { key: string };
    event.key = request.key ??= event.key;
    message["req"] = request.req;
    message["_webhook"] = { id };
    if (request.replayed) message["replay"] = true;
    request.run?.mark(message);
    return message;
  };
  const sendRequest = senderOf(RED, node, 0, (message) => "answer" in (callOf(message) ?? {}));
  /** @param answered puts the answer on the wire */
  const open = (
    request: CalledRequest,
    arrivedAt: number,
    recorder: Beginner,
    arrival: Arrival | undefined,
    answered: (answer: HttpAnswer) => void,
  ): ReturnType<typeof calls.begin> => {
    // First of all, since a request that cannot be read must not leave a call open.
    const message = request.message();
    const call = calls.begin(owner, request, deadlineMs - (performance.now() - arrivedAt), (answer, reason) => {
      answered(answer);
      request.run?.end(reason ? "fallback" : "answered", answer, reason);
    });
    const { data, req } = request;
    request.run = observe(
      recorder,
      () => ({
        vendor: options.vendor,
        node,
        arrivedAt,
        callId: call.id,
        call: message["call"] as Call | undefined,
        received: data,
        again: () => ({ messages: [message], data, req }),
      }),
      arrival,
    );
    const deliver = (): void => sendWithin(request.run, () => sendRequest(addressed(request, call.id, message)));
    if (!isCutOff(RED, node.id)) deliver();
    else onceDeployed(RED, () => calls.find(call.id) === call && deliver());
    return call;
  };
  receivesAgain(RED, node, ({ messages: [message = {}], data = {}, req = {} }, recorder) => {
    const request = {
      data,
      req,
      replayed: message,
      message: () => structuredClone(message) as Record<string, unknown>,
    };
    open(request, performance.now(), recorder, undefined, () => undefined);
  });
  const endpoint = openEndpoint(RED, node, config, {
    vendor: options.vendor,
    method: options.method,
    bodyMs: deadlineMs,
    ...(options.defaultAuth && { defaultAuth: options.defaultAuth }),
    ...(options.refusal && { refusal: options.refusal }),
    fallback: () => options.fallback(),
    accept(request) {
      const { webhookRequest, data, req } = request;
      const called = { data, req, message: () => options.message(request) };
      const { arrivedAt } = webhookRequest;
      const arrival: Arrival = { kind: "call", arrivedAt, headers: webhookRequest.request.headers };
      const call = open(called, arrivedAt, recording.recorder, arrival, (answer) => respond(webhookRequest, answer));
      webhookRequest.response.on("close", () => call.abandon());
    },
  });
  /** A wrong setting stays on the badge until it is corrected. */
  const isBadgeFree = (): boolean => !closed && endpoint.isReady && entered !== undefined;
  const badge = (word: StatusWord, text?: string): void => {
    if (isBadgeFree()) setStatus(node, word, text);
  };
  const sendFallen = (request: CalledRequest, id: string, reason: string): void =>
    sendWithin(request.run, () => node.send([null, { ...addressed(request, id), reason }]));
  const owner: RequestNodeOwner = {
    vendor: options.vendor,
    node,
    fallback: () => options.fallback(),
    onAnswer() {
      if (isBadgeFree()) endpoint.showReady();
    },
    onLate: () => badge("late"),
    onHangUp(id, request) {
      request.run?.end("gone");
      sendFallen(request, id, "closed");
      badge("late", RED._("shared.webhook.badge.gone"));
      warnOncePerMinute(node, "gone", RED._("shared.webhook.hung-up"));
    },
    onFallback(id, request, reason) {
      sendFallen(request, id, reason);
      if (!request.replayed) badge(reason === "deadline" ? "late" : "error");
    },
  };
  if (deadlineMs > VENDORS_WAIT_MS) node.warn(RED._("shared.webhook.long-deadline", { value: String(deadlineMs) }));
  if (entered === undefined) {
    setStatus(node, "error", RED._("shared.webhook.badge.deadline"));
    node.error(RED._("shared.webhook.problem.deadline", { value: String(config.deadline) }));
  }
  node.on("close", (done: () => void) => {
    closed = true;
    endpoint.close();
    // Nobody waits for the answer of a replay.
    const count = calls.closeAll(owner).filter(({ replayed }) => !replayed).length;
    // The stop of the flows takes what is sent to output 2 with it.
    if (count > 0) node.warn(RED._("shared.webhook.closed-open", { count }));
    done();
  });
}

/** Undefined when what was entered is not a time. */
function readDeadline(value: unknown): number | undefined {
  if (value === undefined || value === "") return DEFAULT_DEADLINE_MS;
  // A number, or text that is one: `true` and lists would count as numbers too.
  const ms = typeof value === "number" || typeof value === "string" ? Number(value) : Number.NaN;
  return ms > 0 && ms <= MAX_TIMER_MS ? ms : undefined;
}

function callOf(message: object): ReturnType<typeof calls.find> {
  return calls.find(idOf(message));
}

function idOf(message: object): unknown {
  return (message as { _webhook?: { id?: unknown } })._webhook?.id;
}

/**
 * Answers the call that a message belongs to; what an out node does with each message.
 * @param vendor whose out node this is
 * @param build makes the answer to the request; what it throws means that the answer is invalid: the caller gets the
 *   fallback at once
 * @throws ContactCenterError when the message belongs to no call of this vendor, or what `build` threw
 */
export async function answerCall(
  RED: NodeAPI,
  node: Node,
  message: Message,
  vendor: Vendor,
  build: (request: ReadRequest) => Promise<HttpAnswer> | HttpAnswer,
): Promise<void> {
  const found = callOf(message);
  if (!found) throw refused("shared.errors.webhook.no-call", { vendor, operation: "answer", field: "_webhook" });
  const isReplay = message["replay"] === true;
  const late = (settled: typeof found | undefined): void => {
    if (settled && "gone" in settled) {
      warnOncePerMinute(node, "gone", RED._("shared.webhook.gone"));
      return;
    }
    if (settled && "late" in settled) {
      // The badge is of calls that somebody waits for.
      if (!isReplay) {
        settled.late.onLate();
        noteLate(settled.late, message);
      }
      recordingOf(RED).recorder?.answeredLate(idOf(message) as string);
    }
    if (!isReplay) warnOncePerMinute(node, "late", RED._("shared.webhook.late"));
  };
  if ("late" in found || "gone" in found) {
    late(found);
    return;
  }
  try {
    if (found.owner.vendor !== vendor)
      throw refused("shared.errors.webhook.other-vendor", { vendor, operation: "answer", field: "_webhook" });
    const built = build(found.request);
    if (!found.answer(built instanceof Promise ? await built : built)) late(callOf(message));
  } catch (error) {
    found.fallBack("error");
    throw error;
  }
}

/**
 * Writes an answer as JSON.
 * @throws ContactCenterError `EINVALID` when it cannot be written, or when what is written is no object, as that of a date
 */
export function jsonAnswer(vendor: Vendor, body: object): HttpAnswer {
  try {
    const json = JSON.stringify(body) as string | undefined;
    if (json?.startsWith("{") !== true)
      throw new Error(`its JSON is ${json?.slice(0, 1) === "[" ? "a list" : "no object"}`);
    return { status: 200, json };
  } catch (error) {
    throw refused(
      "shared.errors.webhook.unwritable",
      { vendor, operation: "answer", field: "payload" },
      { detail: (error as Error).message },
    );
  }
}
