/** From a visit to an accepted request: address, credentials, body. What is wrong is said in JSON, and nothing else happens. */
import type { Node, NodeAPI } from "node-red";
import { clientAddress } from "../../../lib/core/address.js";
import { type BodyFault, parseForm, parseJsonObject } from "../../../lib/core/body.js";
import type { WebhookCredentials } from "../../../lib/core/credentials.js";
import { paint } from "../status.js";
import { type WebhookConfig, type WebhookSettings, webhookSettings } from "./config.js";
import { type Claim, dispatcherOf, type Visit } from "./routes.js";

/** What goes on the wire: a status and, unless there is no body, JSON text. */
export interface HttpAnswer {
  status: number;
  json?: string;
}

/** `msg.req`: the request as plain data, without credentials. */
export interface PlainRequest {
  method: string;
  url: string;
  headers: Record<string, string | string[] | undefined>;
  query: Record<string, string | string[]>;
  ip: string;
}

/** A request that may come in. */
export interface Accepted {
  /** The body; of a GET the query. */
  readonly data: Record<string, unknown>;
  readonly req: PlainRequest;
  readonly visit: Visit;
  /** ISO 8601. */
  readonly receivedAt: string;
}

/** What one kind of webhook does. */
export interface DoorOptions {
  method: "GET" | "POST";
  /** Takes a form body as well as JSON. */
  form?: boolean;
  /** Milliseconds within which a body must be complete. */
  bodyMs: number;
  /** What a refusal's body carries besides the explanation. */
  refusal?: object;
  accept(request: Accepted): void;
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
export function respond(visit: Visit, answer: HttpAnswer, headers: Record<string, string> = {}): void {
  const { response } = visit;
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

/** An open door. */
export interface Door {
  /** False when a setting is wrong, which the badge says. */
  readonly healthy: boolean;
  /** Gives the path back. */
  close(): void;
}

/** Opens the door of a webhook node: claims its path and paints what it is ready for. */
export function openDoor(
  RED: NodeAPI,
  node: Node<WebhookCredentials>,
  config: WebhookConfig,
  options: DoorOptions,
): Door {
  const settings = webhookSettings(RED, node, config);
  const dispatcher = dispatcherOf(RED);
  const refuse = (visit: Visit, why: Refusal, headers: Record<string, string> = {}): void => {
    const json = JSON.stringify({ ...options.refusal, error: why, message: RED._(`shared.webhook.refusal.${why}`) });
    respond(visit, { status: REFUSALS[why], json }, headers);
  };
  const claim: Claim = {
    method: options.method,
    path: settings.path,
    secretInPath: settings.auth === "secret",
    bodyMs: options.bodyMs,
    serve(visit) {
      const query = parseForm(visit.query);
      const ip = clientAddress(
        visit.request.socket.remoteAddress,
        textOf(visit.request.headers["x-forwarded-for"]),
        settings.proxies,
      );
      const why = refusalAtDoor(settings, visit, query, ip);
      if (why) {
        refuse(visit, why, why === "credentials" && settings.auth === "basic" ? CHALLENGE : {});
        return;
      }
      const req = plainRequest(settings, visit, query, ip);
      void visit.body.then((body) => {
        if (body.kind !== "whole") {
          // After a large body the connection stays: closing it would break the sender off before it reads the answer.
          refuse(visit, body.kind, body.kind === "incomplete" ? { Connection: "close" } : {});
          return;
        }
        const read =
          options.method === "GET" ? { object: req.query } : readData(body.bytes, visit, options.form === true);
        if ("fault" in read) refuse(visit, read.fault);
        else options.accept({ data: read.object, req, visit, receivedAt: new Date().toISOString() });
      });
    },
    refuseMethod: (visit, allowed) => refuse(visit, "method", { Allow: allowed }),
  };
  const release = settings.path === "" ? undefined : dispatcher?.claim(claim);
  const problem = problemOf(settings, dispatcher !== undefined, release !== undefined);
  if (problem) {
    paint(
      node,
      problem === "path" || problem === "credential" ? "unconfigured" : "error",
      RED._(`shared.webhook.badge.${problem}`),
    );
    const words = {
      path: `/${settings.path}`,
      method: options.method,
      auth: settings.auth,
      entries: settings.wrong.join(", "),
    };
    node.error(RED._(`shared.webhook.problem.${problem}`, words));
  } else {
    paint(node, "waiting");
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

function refusalAtDoor(
  settings: WebhookSettings,
  visit: Visit,
  query: Record<string, string | string[]>,
  ip: string,
): Refusal | undefined {
  if (!settings.networks.any && !settings.networks.includes(ip)) return "network";
  const { headers } = visit.request;
  const shown = {
    apiKey: textOf(headers[settings.apiKeyHeader]),
    authorization: headers.authorization,
    secret: visit.pathSecret ?? textOf(query["key"]),
  };
  return settings.check?.(shown) === true ? undefined : "credentials";
}

function plainRequest(
  settings: WebhookSettings,
  visit: Visit,
  query: Record<string, string | string[]>,
  ip: string,
): PlainRequest {
  const { method = "", headers: shown } = visit.request;
  const headers: PlainRequest["headers"] = {};
  for (const name in shown)
    if (!SECRET_HEADERS.has(name) && name !== settings.apiKeyHeader) headers[name] = shown[name];
  let search = visit.query;
  // `key` is a secret only where it is asked for; elsewhere it is the vendor's own parameter.
  if (settings.auth === "secret" && "key" in query) {
    const rest = new URLSearchParams(search);
    rest.delete("key");
    search = rest.toString();
    delete query["key"];
  }
  return { method, url: search === "" ? visit.path : `${visit.path}?${search}`, headers, query, ip };
}

function readData(
  bytes: Buffer,
  visit: Visit,
  form: boolean,
): { object: Record<string, unknown> } | { fault: BodyFault } {
  const read = parseJsonObject(bytes);
  const isForm = form && /^application\/x-www-form-urlencoded/i.test(visit.request.headers["content-type"] ?? "");
  return "fault" in read && read.fault === "not-json" && isForm ? { object: parseForm(bytes.toString("utf8")) } : read;
}

function textOf(value: string | string[] | undefined): string | undefined {
  return Array.isArray(value) ? value.join(",") : value;
}
