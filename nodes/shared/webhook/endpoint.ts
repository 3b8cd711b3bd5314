/** From a request to an accepted request: network, credentials, body. A refused request gets a JSON body that says why, and goes no further. */
import type { Node, NodeAPI } from "node-red";
import { clientAddress } from "../../../lib/webhook/networks.js";
import {
  type Body,
  BODY_TIMEOUT_MS,
  type BodyFault,
  discardBody,
  parseForm,
  parseJsonObject,
} from "../../../lib/webhook/body.js";
import { endAnswer } from "../../../lib/webhook/connection.js";
import { type AuthMethod, type WebhookCredentials } from "../../../lib/webhook/credentials.js";
import type { Vendor } from "../../../lib/core/errors.js";
import { unusablePart } from "../../../lib/webhook/path.js";
import { isSecretHeader } from "../../../lib/webhook/redaction.js";
import { onceDeployedOrStopped } from "../deploys.js";
import { warnOncePerMinute } from "../log.js";
import { recordingOf } from "../recording.js";
import { type WebhookConfig, type WebhookSettings, webhookSettings } from "./config.js";
import type { Claim, WebhookRequest } from "./claim.js";
import { dispatcherOf } from "./dispatcher.js";
import { type Arrival, type ObservedRun, observeRefusal } from "./observed.js";
import { type PathState, showReadiness } from "./readiness.js";
import { refusalReport } from "./refusal-report.js";
import { readStranger, secretsOf, type Stranger, type StrangerTaker } from "./stranger.js";

/** What goes on the wire: a status and, unless there is no body, JSON text. */
export interface HttpAnswer {
  status: number;
  json?: string;
}

/** `msg.req`: the request as plain data, without credentials. */
interface PlainRequest {
  method: string;
  url: string;
  headers: Record<string, string | string[] | undefined>;
  query: Record<string, string | string[]>;
  ip: string;
}

/** What of a request a flow gets an answer to. */
export interface ReadRequest {
  /** The body; of a GET the query. */
  readonly data: Record<string, unknown>;
  readonly req: object;
  /** While somebody looks. */
  run?: ObservedRun | undefined;
  /** The key of its event, once a message was made of it: one without a call id has a key of its own. */
  key?: string;
  /** It was received before, and this is what it was then: nobody waits for the answer. */
  readonly replayed?: object | undefined;
}

/** A request that passed every check. */
export interface AcceptedRequest extends ReadRequest {
  readonly req: PlainRequest;
  readonly webhookRequest: WebhookRequest;
  /** ISO 8601. */
  readonly receivedAt: string;
}

/** What one kind of webhook does. */
export interface EndpointOptions {
  vendor: Vendor;
  method: "GET" | "POST";
  /** The authentication of a flow that names none; the default is `secret`. */
  defaultAuth?: AuthMethod;
  /** Takes a form body as well as JSON. */
  form?: boolean;
  /** Milliseconds within which a body must be complete; the default is {@link BODY_TIMEOUT_MS}. */
  bodyMs?: number;
  /** What a refusal's body carries besides the explanation. */
  refusal?: object;
  accept(request: AcceptedRequest): void;
  /** Called for each request with credentials that is refused because its node is closed, or cannot be answered in time. */
  onRefused?(webhook: WebhookRequest): void;
  stranger?: StrangerTaker;
  /**
   * The answer to a request whose body does not arrive in time, or had not when the node closed, and to one that comes
   * after that; a refusal where there is none.
   */
  fallback?(): HttpAnswer;
}

/** Why a request is refused, and the status that says so. */
const REFUSALS = {
  network: 403,
  method: 405,
  credentials: 401,
  "too-large": 413,
  incomplete: 400,
  "not-json": 400,
  "not-object": 400,
  "too-deep": 400,
  "too-many": 400,
  unreadable: 400,
  middleware: 500,
  closed: 503,
} as const satisfies Record<BodyFault, number> & Record<string, number>;
type Refusal = keyof typeof REFUSALS;
/** The log has these in words of their own. */
const TOLD_ELSEWHERE: ReadonlySet<Refusal> = new Set(["middleware", "closed"]);

const CHALLENGE = { "WWW-Authenticate": 'Basic realm="Node-RED"' };

/** Puts an answer on the wire, unless the caller is gone. */
export function respond(request: WebhookRequest, answer: HttpAnswer, headers?: Record<string, string>): void {
  const { response } = request;
  if (response.headersSent || response.destroyed) return;
  if (answer.json === undefined) {
    response.writeHead(answer.status, answer.status === 204 ? headers : { "Content-Length": 0, ...headers });
    endAnswer(request.request, response);
    return;
  }
  response.writeHead(answer.status, {
    "Content-Type": "application/json",
    "Content-Length": Buffer.byteLength(answer.json),
    ...headers,
  });
  endAnswer(request.request, response, answer.json);
}

/** The endpoint of a webhook node. */
interface WebhookEndpoint {
  /** False when a setting is wrong, which the badge says. */
  readonly isReady: boolean;
  /** Paints the badge as it is between two calls. */
  showReady(): void;
  /**
   * Answers those whose body is still on its way. Accepted requests are answered like them until the deploy has ended,
   * which may wait for seconds for other nodes to close, or until a node takes the path over.
   */
  close(): void;
  /** Answers a request as one that comes while the node is closed. */
  answerClosed(webhook: WebhookRequest): void;
}

/** Opens the endpoint of a webhook node: claims its path, and shows on the badge whether it is ready. */
export function openEndpoint(
  RED: NodeAPI,
  node: Node<WebhookCredentials>,
  config: WebhookConfig,
  options: EndpointOptions,
): WebhookEndpoint {
  const settings = webhookSettings(RED, node, config, options.defaultAuth);
  /** Accepted requests whose body is on its way. */
  const incoming = new Set<WebhookRequest>();
  const recording = recordingOf(RED);
  const isCaller = options.fallback !== undefined;
  const record = (webhook: WebhookRequest, outcome: "refused" | "fallback", answer: HttpAnswer, why: Refusal): void => {
    const start = { vendor: options.vendor, node, arrivedAt: webhook.arrivedAt, isCaller };
    const arrival: Arrival = {
      kind: isCaller ? "call" : "event",
      arrivedAt: webhook.arrivedAt,
      // Who was refused may be anybody, and writes into nobody's trace.
      ...(outcome === "fallback" && { headers: webhook.request.headers }),
    };
    observeRefusal(recording.recorder, start, arrival, outcome, answer, why);
  };
  const refuse = (webhook: WebhookRequest, why: Refusal, headers?: Record<string, string>): void => {
    const json = JSON.stringify({ ...options.refusal, error: why, message: RED._(`shared.webhook.refusal.${why}`) });
    const answer = { status: REFUSALS[why], json };
    respond(webhook, answer, headers);
    discardBody(webhook.request);
    record(webhook, "refused", answer, why);
    if (!TOLD_ELSEWHERE.has(why))
      report.refused({ why, status: answer.status, ip: () => addressOf(settings, webhook) });
  };
  let isClosed = false;
  /** Requests that were answered as closed in the deploy that is going on. */
  let missed = 0;
  const reportMissed = (): void => {
    const why = options.fallback ? "closed-calls" : "closed-events";
    node.warn(RED._(`shared.webhook.${why}`, { count: missed }));
    missed = 0;
  };
  const answerClosed = (webhook: WebhookRequest): void => {
    if (options.fallback) {
      const answer = options.fallback();
      respond(webhook, answer);
      discardBody(webhook.request);
      record(webhook, "fallback", answer, "closed");
    } else refuse(webhook, "closed", { Connection: "close" });
    options.onRefused?.(webhook);
    if (++missed === 1) onceDeployedOrStopped(RED, reportMissed);
  };
  const accept = (request: AcceptedRequest): void => {
    report.accepted();
    try {
      options.accept(request);
    } catch (error) {
      // Whatever a request holds, the caller gets an answer and the process goes on.
      refuse(request.webhookRequest, "unreadable");
      node.error(error);
    }
  };
  const serve = (webhook: WebhookRequest, ip: string, body: Promise<Body> | undefined): void => {
    if (isClosed) {
      answerClosed(webhook);
      return;
    }
    const req = plainRequest(settings, webhook, ip);
    if (!req) {
      refuse(webhook, "too-many");
      return;
    }
    const receivedAt = new Date().toISOString();
    if (!body) {
      const query = parseForm(settings.redaction.withoutKey(webhook.query));
      accept({ data: "object" in query ? query.object : {}, req, webhookRequest: webhook, receivedAt });
      return;
    }
    incoming.add(webhook);
    void body.then((read) => {
      // It had its answer when the node closed.
      if (!incoming.delete(webhook)) return;
      if (read.kind === "incomplete" && options.fallback) {
        const answer = options.fallback();
        respond(webhook, answer, { Connection: "close" });
        record(webhook, "fallback", answer, "incomplete");
        warnOncePerMinute(node, "incomplete", RED._("shared.webhook.incomplete"));
        return;
      }
      if (read.kind !== "whole") {
        // After a large body the connection stays: closing it would break the sender off before it reads the answer.
        refuse(webhook, read.kind, read.kind === "incomplete" ? { Connection: "close" } : {});
        return;
      }
      const data = readData(read.bytes, webhook, options.form === true);
      if ("fault" in data) refuse(webhook, data.fault);
      else accept({ data: data.object, req, webhookRequest: webhook, receivedAt });
    });
  };
  const refuseStranger = (webhook: WebhookRequest, why: Stranger["why"]): void => {
    readStranger(webhook, why, options.stranger);
    refuse(webhook, why, why === "credentials" && settings.auth === "basic" ? CHALLENGE : {});
  };
  const claim: Claim = {
    owner: {
      id: node.id,
      name: node.name ?? "",
      label: node.name || (config.url ?? ""),
      flow: RED.util.getSetting(node, "NR_FLOW_NAME") ?? "",
    },
    method: options.method,
    path: settings.path,
    secretInPath: settings.auth === "secret",
    bodyMs: options.bodyMs ?? BODY_TIMEOUT_MS,
    admit(webhook) {
      const ip = addressOf(settings, webhook);
      const why = refusalOf(settings, webhook, ip);
      if (!why) return { accepted: true, answer: (body) => serve(webhook, ip, body) };
      return { accepted: false, answer: () => refuseStranger(webhook, why) };
    },
    isClosed: () => isClosed,
    refuseMethod: (webhook, allowed) => refuse(webhook, "method", { Allow: allowed }),
    failMiddleware(webhook, error) {
      refuse(webhook, "middleware");
      const detail = error instanceof Error ? error.message : String(error);
      warnOncePerMinute(node, "middleware", RED._("shared.webhook.middleware", { detail }));
    },
  };
  const path = claimPath(dispatcherOf(RED), claim);
  const readiness = showReadiness(RED, node, options.method, settings, path);
  const report = refusalReport(RED, node, () => readiness.show());
  return {
    isReady: readiness.isReady,
    showReady: () => readiness.show(),
    answerClosed,
    close() {
      readiness.close();
      isClosed = true;
      if ("claimed" in path) onceDeployedOrStopped(RED, () => path.claimed.release());
      for (const webhook of incoming) answerClosed(webhook);
      incoming.clear();
    },
  };
}

function claimPath(dispatcher: ReturnType<typeof dispatcherOf>, claim: Claim): PathState {
  if (!dispatcher) return { fault: "no-http" };
  if (claim.path === "") return { fault: "path" };
  const part = unusablePart(claim.path);
  if (part !== undefined) return { unusablePart: part };
  const claimed = dispatcher.claim(claim);
  return "fault" in claimed ? claimed : { claimed };
}

function addressOf({ proxies }: WebhookSettings, { request }: WebhookRequest): string {
  return clientAddress(request.socket.remoteAddress, textOf(request.headers["x-forwarded-for"]), proxies);
}

function refusalOf(settings: WebhookSettings, webhook: WebhookRequest, ip: string): Stranger["why"] | undefined {
  if (!settings.networks.any && !settings.networks.includes(ip)) return "network";
  const { headers } = webhook.request;
  const presented = {
    apiKey: Object.hasOwn(headers, settings.apiKeyHeader) ? textOf(headers[settings.apiKeyHeader]) : undefined,
    authorization: headers.authorization,
    secrets: settings.auth === "secret" ? secretsOf(webhook) : [],
  };
  return settings.check?.(presented) === true ? undefined : "credentials";
}

/** Undefined when the query has too many parameters. */
function plainRequest(settings: WebhookSettings, webhook: WebhookRequest, ip: string): PlainRequest | undefined {
  const { method = "", headers: received } = webhook.request;
  const { redaction, apiKeyHeader } = settings;
  let query = parseForm(webhook.query);
  if ("fault" in query) return undefined;
  const search = redaction.query(webhook.query);
  if (search !== webhook.query) query = parseForm(search) as typeof query;
  const headers: PlainRequest["headers"] = {};
  for (const name in received) {
    if (isSecretHeader(name) || name === apiKeyHeader) continue;
    const value = received[name];
    // A proxy may repeat the address with its secret, as in `X-Original-URL`.
    if (!redaction.leaks(textOf(value) ?? "")) headers[name] = value;
  }
  const url = search === "" ? webhook.path : `${webhook.path}?${search}`;
  return { method, url, headers, query: query.object, ip };
}

/** A text that begins with a name and its value, as a form does and JSON never. */
const FORM = /^[\uFEFF\r\n]*[\w.%+-]+=/;

function readData(
  bytes: Buffer,
  webhook: WebhookRequest,
  form: boolean,
): { object: Record<string, unknown> } | { fault: BodyFault } {
  const read = parseJsonObject(bytes);
  if (!form || !("fault" in read) || read.fault !== "not-json") return read;
  const text = bytes.toString("utf8");
  const isForm = /^application\/x-www-form-urlencoded/i.test(webhook.request.headers["content-type"] ?? "");
  // Whoever makes a request by hand may leave the content type out, or leave a library's own.
  return isForm || FORM.test(text) ? parseForm(text) : read;
}

function textOf(value: string | string[] | undefined): string | undefined {
  return typeof value === "object" ? value.join(",") : value;
}
