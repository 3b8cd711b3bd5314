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
import {
  type AuthMethod,
  secretsInPath,
  secretsInQuery,
  type WebhookCredentials,
} from "../../../lib/webhook/credentials.js";
import { unusablePart } from "../../../lib/webhook/path.js";
import { setStatus, type StatusWord } from "../status.js";
import { type WebhookConfig, type WebhookSettings, webhookSettings } from "./config.js";
import { type Claim, type ClaimFault, dispatcherOf, type WebhookRequest } from "./dispatcher.js";

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
  /** The authentication of a flow that names none; the default is `secret`. */
  defaultAuth?: AuthMethod;
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
  "too-many": 400,
  unreadable: 400,
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
  /** What the badge says while all is well; undefined when a setting is wrong, which the badge says instead. */
  readonly ready: StatusWord | undefined;
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
  const settings = webhookSettings(RED, node, config, options.defaultAuth);
  const dispatcher = dispatcherOf(RED);
  const refuse = (webhook: WebhookRequest, why: Refusal, headers: Record<string, string> = {}): void => {
    const json = JSON.stringify({ ...options.refusal, error: why, message: RED._(`shared.webhook.refusal.${why}`) });
    respond(webhook, { status: REFUSALS[why], json }, headers);
    discardBody(webhook.request);
  };
  const accept = (request: AcceptedRequest): void => {
    try {
      options.accept(request);
    } catch (error) {
      // Whatever a request holds, the caller gets an answer and the process goes on.
      refuse(request.webhookRequest, "unreadable");
      node.error(error);
    }
  };
  const serve = (webhook: WebhookRequest, ip: string, body: Promise<Body> | undefined): void => {
    const query = parseForm(webhook.query);
    if ("fault" in query) {
      refuse(webhook, query.fault);
      return;
    }
    const req = plainRequest(settings, webhook, query.object, ip);
    const request = { req, webhookRequest: webhook, receivedAt: new Date().toISOString() };
    if (!body) {
      accept({ ...request, data: req.query });
      return;
    }
    void body.then((read) => {
      if (read.kind !== "whole") {
        // After a large body the connection stays: closing it would break the sender off before it reads the answer.
        refuse(webhook, read.kind, read.kind === "incomplete" ? { Connection: "close" } : {});
        return;
      }
      const data = readData(read.bytes, webhook, options.form === true);
      if ("fault" in data) refuse(webhook, data.fault);
      else accept({ ...request, data: data.object });
    });
  };
  const claim: Claim = {
    method: options.method,
    path: settings.path,
    secretInPath: settings.auth === "secret",
    bodyMs: options.bodyMs ?? BODY_TIMEOUT_MS,
    admit(webhook) {
      const { headers, socket } = webhook.request;
      const ip = clientAddress(socket.remoteAddress, textOf(headers["x-forwarded-for"]), settings.proxies);
      const why = refusalOf(settings, webhook, ip);
      const challenge = why === "credentials" && settings.auth === "basic" ? CHALLENGE : {};
      return {
        accepted: why === undefined,
        answer: (body) => (why ? refuse(webhook, why, challenge) : serve(webhook, ip, body)),
      };
    },
    refuseMethod: (webhook, allowed) => refuse(webhook, "method", { Allow: allowed }),
  };
  const unusable = unusablePart(settings.path);
  const claimed = settings.path === "" || unusable !== undefined ? undefined : dispatcher?.claim(claim);
  const problem = dispatcher ? problemOf(settings, unusable, claimed) : "no-http";
  const ready = settings.auth === "none" && settings.networks.any ? "open" : "waiting";
  if (problem) {
    const params = {
      path: `/${settings.path}`,
      part: unusable ?? "",
      method: options.method,
      auth: settings.auth,
      entries: settings.wrong.map((entry) => entry || RED._("shared.webhook.empty-entry")).join(", "),
      names: settings.unset.join(", "),
    };
    const word = problem === "path" || problem === "credential" ? "unconfigured" : "error";
    setStatus(node, word, RED._(`shared.webhook.badge.${problem}`, params));
    node.error(RED._(`shared.webhook.problem.${problem}`, params));
  } else {
    setStatus(node, ready);
  }
  return {
    ready: problem === undefined ? ready : undefined,
    close: () => (typeof claimed === "function" ? claimed() : undefined),
  };
}

type Problem = "no-http" | "path" | "unusable" | ClaimFault | "unset" | "credential" | "network";

function problemOf(
  settings: WebhookSettings,
  unusable: string | undefined,
  claimed: (() => void) | ClaimFault | undefined,
): Problem | undefined {
  if (settings.unset.length > 0) return "unset";
  if (settings.path === "") return "path";
  if (unusable !== undefined) return "unusable";
  if (typeof claimed === "string") return claimed;
  if (!settings.check) return "credential";
  return settings.wrong.length > 0 ? "network" : undefined;
}

function refusalOf(settings: WebhookSettings, webhook: WebhookRequest, ip: string): Refusal | undefined {
  if (!settings.networks.any && !settings.networks.includes(ip)) return "network";
  const { headers } = webhook.request;
  const presented = {
    apiKey: textOf(headers[settings.apiKeyHeader]),
    authorization: headers.authorization,
    secrets: settings.auth === "secret" ? secretsOf(webhook) : [],
  };
  return settings.check?.(presented) === true ? undefined : "credentials";
}

function secretsOf({ rest, query }: WebhookRequest): string[] {
  return rest === undefined ? secretsInQuery(query) : secretsInPath(rest);
}

function plainRequest(
  settings: WebhookSettings,
  webhook: WebhookRequest,
  query: Record<string, string | string[]>,
  ip: string,
): PlainRequest {
  const { method = "", headers: received } = webhook.request;
  const headers: PlainRequest["headers"] = {};
  for (const name in received)
    if (!SECRET_HEADERS.has(name) && name !== settings.apiKeyHeader) headers[name] = received[name];
  let search = webhook.query;
  if (settings.auth === "secret") {
    withoutSecrets(headers, settings.credentials);
    // `key` is a secret only where it is asked for; elsewhere it is the vendor's own parameter.
    if ("key" in query) {
      const rest = new URLSearchParams(search);
      rest.delete("key");
      search = rest.toString();
      delete query["key"];
    }
  }
  return { method, url: search === "" ? webhook.path : `${webhook.path}?${search}`, headers, query, ip };
}

/** Drops headers in which a proxy repeats the address with its secret, such as `X-Original-URL`. */
function withoutSecrets(headers: PlainRequest["headers"], { secret, secret2 }: WebhookCredentials): void {
  const forms = [secret, secret2].flatMap((each) => (each ? [each, encodeURIComponent(each)] : []));
  for (const name in headers) {
    const value = textOf(headers[name]) ?? "";
    if (forms.some((form) => value.includes(form))) delete headers[name];
  }
}

function readData(
  bytes: Buffer,
  webhook: WebhookRequest,
  form: boolean,
): { object: Record<string, unknown> } | { fault: BodyFault } {
  const read = parseJsonObject(bytes);
  const isForm = form && /^application\/x-www-form-urlencoded/i.test(webhook.request.headers["content-type"] ?? "");
  return "fault" in read && read.fault === "not-json" && isForm ? parseForm(bytes.toString("utf8")) : read;
}

function textOf(value: string | string[] | undefined): string | undefined {
  return Array.isArray(value) ? value.join(",") : value;
}
