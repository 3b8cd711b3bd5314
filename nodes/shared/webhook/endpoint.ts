/** From a request to an accepted request: network, credentials, body. A refused request gets a JSON body that says why, and goes no further. */
import type { Node, NodeAPI } from "node-red";
import { clientAddress } from "../../../lib/webhook/networks.js";
import { BODY_TIMEOUT_MS, type BodyFault, parseForm, parseJsonObject } from "../../../lib/webhook/body.js";
import type { WebhookCredentials } from "../../../lib/webhook/credentials.js";
import { setStatus } from "../status.js";
import { type WebhookConfig, type WebhookSettings, webhookSettings } from "./config.js";
import { type Claim, dispatcherOf, type WebhookRequest } from "./dispatcher.js";

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

/** A request that passed every check. */
export interface AcceptedRequest {
  /** The body; of a GET the query. */
  readonly data: Record<string, unknown>;
  readonly req: PlainRequest;
  readonly webhookRequest: WebhookRequest;
  /** ISO 8601. */
  readonly receivedAt: string;
}

/** What one kind of webhook does. */
interface EndpointOptions {
  method: "GET" | "POST";
  /** Takes a form body as well as JSON. */
  form?: boolean;
  /** Milliseconds within which a body must be complete; the default is {@link BODY_TIMEOUT_MS}. */
  bodyMs?: number;
  /** What a refusal's body carries besides the explanation. */
  refusal?: object;
  accept(request: AcceptedRequest): void;
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
} as const satisfies Record<BodyFault, number> & Record<string, number>;
type Refusal = keyof typeof REFUSALS;

const CHALLENGE = { "WWW-Authenticate": 'Basic realm="Node-RED"' };
/** Headers that prove who the vendor is, or who a browser's user is; the API key's header comes on top. */
const SECRET_HEADERS = new Set(["authorization", "proxy-authorization", "cookie"]);

/** Puts an answer on the wire, unless the caller is gone. */
export function respond(request: WebhookRequest, answer: HttpAnswer, headers: Record<string, string> = {}): void {
  const { response } = request;
  if (response.headersSent || response.destroyed) return;
  if (answer.json === undefined) {
    response.writeHead(answer.status, answer.status === 204 ? headers : { "Content-Length": 0, ...headers });
    response.end();
    return;
  }
  response.writeHead(answer.status, {
    "Content-Type": "application/json",
    "Content-Length": Buffer.byteLength(answer.json),
    ...headers,
  });
  response.end(answer.json);
}

/** The endpoint of a webhook node. */
interface WebhookEndpoint {
  /** False when a setting is wrong, which the badge says. */
  readonly healthy: boolean;
  /** Gives the path back. */
  close(): void;
}

/** Opens the endpoint of a webhook node: claims its path, and shows on the badge whether it is ready. */
export function openEndpoint(
  RED: NodeAPI,
  node: Node<WebhookCredentials>,
  config: WebhookConfig,
  options: EndpointOptions,
): WebhookEndpoint {
  const settings = webhookSettings(RED, node, config);
  const dispatcher = dispatcherOf(RED);
  const refuse = (request: WebhookRequest, why: Refusal, headers: Record<string, string> = {}): void => {
    const json = JSON.stringify({ ...options.refusal, error: why, message: RED._(`shared.webhook.refusal.${why}`) });
    respond(request, { status: REFUSALS[why], json }, headers);
  };
  const claim: Claim = {
    method: options.method,
    path: settings.path,
    secretInPath: settings.auth === "secret",
    bodyMs: options.bodyMs ?? BODY_TIMEOUT_MS,
    serve(request) {
      const query = parseForm(request.query);
      const ip = clientAddress(
        request.request.socket.remoteAddress,
        textOf(request.request.headers["x-forwarded-for"]),
        settings.proxies,
      );
      const why = refusalOf(settings, request, query, ip);
      if (why) {
        refuse(request, why, why === "credentials" && settings.auth === "basic" ? CHALLENGE : {});
        return;
      }
      const req = plainRequest(settings, request, query, ip);
      void request.body.then((body) => {
        if (body.kind !== "whole") {
          // After a large body the connection stays: closing it would break the sender off before it reads the answer.
          refuse(request, body.kind, body.kind === "incomplete" ? { Connection: "close" } : {});
          return;
        }
        const read =
          options.method === "GET" ? { object: req.query } : readData(body.bytes, request, options.form === true);
        if ("fault" in read) refuse(request, read.fault);
        else options.accept({ data: read.object, req, webhookRequest: request, receivedAt: new Date().toISOString() });
      });
    },
    refuseMethod: (request, allowed) => refuse(request, "method", { Allow: allowed }),
  };
  const release = settings.path === "" ? undefined : dispatcher?.claim(claim);
  const problem = problemOf(settings, dispatcher !== undefined, release !== undefined);
  if (problem) {
    setStatus(
      node,
      problem === "path" || problem === "credential" ? "unconfigured" : "error",
      RED._(`shared.webhook.badge.${problem}`),
    );
    const params = {
      path: `/${settings.path}`,
      method: options.method,
      auth: settings.auth,
      entries: settings.wrong.join(", "),
    };
    node.error(RED._(`shared.webhook.problem.${problem}`, params));
  } else {
    setStatus(node, "waiting");
  }
  return { healthy: problem === undefined, close: () => release?.() };
}

type Problem = "no-http" | "path" | "taken" | "credential" | "network";

function problemOf(settings: WebhookSettings, serves: boolean, claimed: boolean): Problem | undefined {
  if (!serves) return "no-http";
  if (settings.path === "") return "path";
  if (!claimed) return "taken";
  if (!settings.check) return "credential";
  return settings.wrong.length > 0 ? "network" : undefined;
}

function refusalOf(
  settings: WebhookSettings,
  request: WebhookRequest,
  query: Record<string, string | string[]>,
  ip: string,
): Refusal | undefined {
  if (!settings.networks.any && !settings.networks.includes(ip)) return "network";
  const { headers } = request.request;
  const presented = {
    apiKey: textOf(headers[settings.apiKeyHeader]),
    authorization: headers.authorization,
    secret: request.pathSecret ?? textOf(query["key"]),
  };
  return settings.check?.(presented) === true ? undefined : "credentials";
}

function plainRequest(
  settings: WebhookSettings,
  request: WebhookRequest,
  query: Record<string, string | string[]>,
  ip: string,
): PlainRequest {
  const { method = "", headers: received } = request.request;
  const headers: PlainRequest["headers"] = {};
  for (const name in received)
    if (!SECRET_HEADERS.has(name) && name !== settings.apiKeyHeader) headers[name] = received[name];
  let search = request.query;
  // `key` is a secret only where it is asked for; elsewhere it is the vendor's own parameter.
  if (settings.auth === "secret" && "key" in query) {
    const rest = new URLSearchParams(search);
    rest.delete("key");
    search = rest.toString();
    delete query["key"];
  }
  return { method, url: search === "" ? request.path : `${request.path}?${search}`, headers, query, ip };
}

function readData(
  bytes: Buffer,
  request: WebhookRequest,
  form: boolean,
): { object: Record<string, unknown> } | { fault: BodyFault } {
  const read = parseJsonObject(bytes);
  const isForm = form && /^application\/x-www-form-urlencoded/i.test(request.request.headers["content-type"] ?? "");
  return "fault" in read && read.fault === "not-json" && isForm ? { object: parseForm(bytes.toString("utf8")) } : read;
}

function textOf(value: string | string[] | undefined): string | undefined {
  return Array.isArray(value) ? value.join(",") : value;
}
