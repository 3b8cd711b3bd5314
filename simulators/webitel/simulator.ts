/**
 * A simulator for Webitel: agents, calls, dialer queues with members, and the two webhooks towards us.
 *
 *     const webitel = await startWebitelSimulator();
 *     webitel.url                         // the base address for a webitel-connection
 *     webitel.store.queue("10").members   // who is in the queue
 *     webitel.faults.push("reset-after")  // the next request does its work, and its answer is lost
 *
 * The token is {@link WEBITEL_DEMO_TOKEN} by default.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { Socket } from "node:net";
import type { Member } from "../../lib/webitel/types.js";
import { listen } from "../listen.js";
import type { Simulator } from "../simulator.js";
import { actionsOf } from "./actions.js";
import { markerOf, route } from "./api.js";
import { type Fault, type FaultPlan, Faults, type OrderedFault } from "./faults.js";
import { Refusal } from "./validation.js";
import { stateOf } from "./view.js";
import type { Hooks } from "./state.js";
import { Store } from "./store.js";

/** What `npm start` puts into the demo's webitel-connection. */
export const WEBITEL_DEMO_TOKEN = "demo-webitel-token";

/** How the simulator behaves. */
export interface WebitelSimulatorOptions {
  port?: number;
  token?: string;
  /** Milliseconds that a POST takes. */
  bulkDelayMs?: number;
  /** Counts members without keeping them. */
  forgetful?: boolean;
  faults?: FaultPlan;
  /** A server whose search does not know `variables[…]`. */
  ignoresVariables?: boolean;
  /** Paths that the token has no right to. */
  forbidden?: RegExp;
  /** Milliseconds until a search finds a new member. */
  replicaLagMs?: number;
  /** Bytes of a request that the proxy in front lets through: 413 above. */
  maxBodyBytes?: number;
  /** Bytes of a message between gateway and platform: 429 above, as grpc-gateway writes ResourceExhausted; 16 MB by default. */
  maxMessageBytes?: number;
  /** Members that fail a whole bulk with a bare 500, as behind a gateway that hides the cause. */
  poison?: (member: Member) => boolean;
  /** Members at which the server breaks the connection off, as one does that crashes. */
  crash?: (member: Member) => boolean;
  /** Shape of error bodies: the platform's own, the gateway's, or the one within the other (default). */
  errorShape?: "platform" | "gateway" | "nested";
  /** Where the two webhooks go by default; the console may name others. */
  hooks?: Hooks;
}

/** One request, without its token. */
export interface Seen {
  method: string;
  path: string;
  body: Record<string, unknown>;
  marker?: string;
  at: number;
}

/** A running simulator. */
export interface WebitelSimulator extends Simulator {
  readonly url: string;
  readonly store: Store;
  readonly faults: Faults;
  /** The last requests, newest last. */
  readonly seen: Seen[];
  /** How many requests were refused for their size. */
  readonly tooLarge: number;
  /** Refuses connections until {@link up}. */
  down(): Promise<void>;
  up(): Promise<void>;
}

const PREFIX = "/api";
const KEPT = 5000;
const MESSAGE_BYTES = 16 * 1024 * 1024;
const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** Starts one on 127.0.0.1. */
export async function startWebitelSimulator(options: WebitelSimulatorOptions = {}): Promise<WebitelSimulator> {
  const store = new Store();
  store.forgetful = options.forgetful ?? false;
  const faults = new Faults();
  faults.byChance(options.faults);
  const seen: Seen[] = [];
  const listeners = new Set<() => void>();
  const changed = (): void => listeners.forEach((listener) => listener());
  const context: Context = { options, store, faults, seen, changed, tooLarge: 0 };
  const listener = (request: IncomingMessage, response: ServerResponse): void => {
    serve(context, request, response).catch(() => request.destroy());
  };
  let { server, sockets } = listenTo(listener);
  const port = await listen(server, options.port);
  const down = async (): Promise<void> => {
    const closed = new Promise((resolve) => server.close(resolve));
    for (const socket of sockets) socket.destroy();
    await closed;
  };
  return {
    name: "webitel",
    url: `http://127.0.0.1:${port}${PREFIX}`,
    store,
    faults,
    seen,
    get tooLarge() {
      return context.tooLarge;
    },
    state: () => stateOf(store, options.hooks ?? {}),
    onChange(added) {
      listeners.add(added);
      return () => void listeners.delete(added);
    },
    actions: actionsOf(store, faults, options.hooks ?? {}, changed),
    down,
    async up() {
      ({ server, sockets } = listenTo(listener));
      await listen(server, port);
    },
    close: down,
  };
}

interface Context {
  options: WebitelSimulatorOptions;
  store: Store;
  faults: Faults;
  seen: Seen[];
  changed: () => void;
  tooLarge: number;
}

function listenTo(listener: (request: IncomingMessage, response: ServerResponse) => void): {
  server: Server;
  sockets: Set<Socket>;
} {
  const sockets = new Set<Socket>();
  const server = createServer(listener);
  server.on("connection", (socket) => {
    sockets.add(socket);
    socket.on("close", () => sockets.delete(socket));
  });
  return { server, sockets };
}

async function bytesOf(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

async function serve(context: Context, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const { options, store, faults, seen, changed } = context;
  const url = new URL(request.url ?? "/", "http://simulator");
  const bytes = await bytesOf(request);
  const body = bytes.length === 0 ? {} : (JSON.parse(bytes.toString()) as Record<string, unknown>);
  const path = url.pathname.startsWith(PREFIX) ? url.pathname.slice(PREFIX.length) : "";
  const method = request.method ?? "GET";
  const marker = markerOf(body);
  seen.push({
    method,
    path: path + url.search,
    body: options.forgetful ? {} : body,
    ...(marker !== undefined && { marker }),
    at: Date.now(),
  });
  if (seen.length > KEPT) seen.splice(0, seen.length - KEPT);
  const { maxBodyBytes = Infinity, maxMessageBytes = MESSAGE_BYTES } = options;
  if (bytes.length > Math.min(maxBodyBytes, maxMessageBytes)) context.tooLarge++;
  if (bytes.length > maxBodyBytes) return sendPage(response, 413, "413 Request Entity Too Large");
  if (bytes.length > maxMessageBytes) {
    const message = `grpc: received message larger than max (${bytes.length} vs. ${maxMessageBytes})`;
    return sendJson(response, 429, { code: 8, message, details: [] });
  }
  const fail = (refusal: Refusal): void => sendError(response, options.errorShape ?? "nested", refusal);
  if (request.headers["x-webitel-access"] !== (options.token ?? WEBITEL_DEMO_TOKEN)) {
    return fail(
      new Refusal(401, "api.context.session_expired.app_error", `token=${String(request.headers["x-webitel-access"])}`),
    );
  }
  if (options.forbidden?.test(path))
    return fail(new Refusal(403, "api.context.permissions.app_error", `${method} ${path}: no permissions`));
  const target = route(method, path);
  if (!target) return sendJson(response, 404, { code: 5, message: "Not Found", details: [] });
  const behaviour = { ignoresVariables: options.ignoresVariables ?? false, replicaLagMs: options.replicaLagMs ?? 0 };
  const work = (items = body["items"] as Member[] | undefined): unknown => {
    if (options.crash && items?.some(options.crash)) throw new Crash();
    if (options.poison && items?.some(options.poison)) throw new Refusal(500, "", "Internal Server Error");
    const answer = target.handler(
      store,
      { params: target.params, query: url.searchParams, body: items === undefined ? body : { ...body, items } },
      behaviour,
    );
    if (method !== "GET") changed();
    return answer;
  };
  const taken = faults.take();
  // An answer that is wrong in its content is one to a POST; a list that says nothing is a list without items.
  const ordered = taken && method !== "POST" && WRONG_ANSWERS.has(taken.fault) ? undefined : taken;
  if (method === "POST" && options.bulkDelayMs) await sleep(options.bulkDelayMs);
  try {
    if (ordered === undefined) return sendJson(response, 200, work());
    const half = (): unknown => work((body["items"] as Member[] | undefined)?.slice(0, Math.ceil(items(body) / 2)));
    return await failing[ordered.fault]({ work, half, response, ordered });
  } catch (error) {
    if (error instanceof Refusal) return fail(error);
    if (error instanceof Crash) return void response.socket?.destroy();
    throw error;
  }
}

/** The server is gone in the middle of a request. */
class Crash extends Error {}

const WRONG_ANSWERS = new Set<Fault>(["empty", "page", "empty-after", "short-after", "partial"]);

/** A request that goes wrong. */
interface Failing {
  work: () => unknown;
  /** The work with the first half of a bulk's members. */
  half: () => unknown;
  response: ServerResponse;
  ordered: OrderedFault;
}

/** What each fault does with a request. A refusal of `work` wins: a server that breaks off has still refused. */
const failing: Record<Fault, (failing: Failing) => void | Promise<void>> = {
  async slow({ work, response }) {
    await sleep(300);
    sendJson(response, 200, work());
  },
  "413": ({ response }) => sendStatus(response, 413),
  "429": ({ response, ordered }) => sendStatus(response, 429, ordered.retryAfter),
  "500": ({ response, ordered }) => sendStatus(response, 500, ordered.retryAfter),
  "502": ({ response, ordered }) => sendStatus(response, 502, ordered.retryAfter),
  "503": ({ response, ordered }) => sendStatus(response, 503, ordered.retryAfter),
  reset: ({ response }) => void response.socket?.destroy(),
  empty: ({ response }) => sendJson(response, 200, {}),
  page: ({ response }) => sendPage(response, 200, "Log in"),
  "400-after": (failing) => sendAfter(400, failing),
  "429-after": (failing) => sendAfter(429, failing),
  "502-after": (failing) => sendAfter(502, failing),
  "reset-after"({ work, response }) {
    work();
    response.socket?.destroy();
  },
  "cut-after"({ work, response }) {
    const text = JSON.stringify(work());
    response.writeHead(200, { "Content-Type": "application/json", "Content-Length": String(text.length + 100) });
    response.write(text.slice(0, text.length / 2), () => response.socket?.destroy());
  },
  "empty-after"({ work, response }) {
    work();
    sendJson(response, 200, {});
  },
  "short-after"({ work, response }) {
    const answer = work() as { ids?: string[] };
    sendJson(response, 200, answer.ids ? { ids: answer.ids.slice(0, answer.ids.length >> 1) } : answer);
  },
  partial: ({ half, response }) => sendJson(response, 200, half()),
  late({ work, response, ordered }) {
    response.socket?.destroy();
    workLater(work, ordered.lateMs);
  },
  "504-late"({ work, response, ordered }) {
    sendStatus(response, 504);
    workLater(work, ordered.lateMs);
  },
};

/** The platform finishes a request whose client is gone: the insert does not run in the request's context. */
function workLater(work: () => unknown, ms: number): void {
  setTimeout(() => {
    try {
      work();
    } catch {
      // Refused, but the connection is gone.
    }
  }, ms);
}

const items = (body: Record<string, unknown>): number => (body["items"] as unknown[] | undefined)?.length ?? 0;

function sendPage(response: ServerResponse, status: number, title: string): void {
  response
    .writeHead(status, { "Content-Type": "text/html" })
    .end(`<html><head><title>${title}</title></head><body>${title}</body></html>`);
}

function sendAfter(status: number, { work, response, ordered }: Failing): void {
  work();
  sendStatus(response, status, ordered.retryAfter);
}

function sendStatus(response: ServerResponse, status: number, retryAfter?: string): void {
  if (retryAfter !== undefined) response.setHeader("Retry-After", retryAfter);
  response.writeHead(status, { "Content-Type": "text/plain" }).end(`simulator says ${status}`);
}

function sendJson(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { "Content-Type": "application/json" }).end(JSON.stringify(body));
}

/** gRPC numbers of the codes that the engine maps; everything else, 404 included, is Internal. */
const GRPC: Record<number, number> = { 400: 3, 401: 16, 403: 7 };

function sendError(
  response: ServerResponse,
  shape: "platform" | "gateway" | "nested",
  { code, id, message: detail }: Refusal,
): void {
  if (shape === "platform") return sendJson(response, code, { id, status: "Error", detail, code });
  const grpc = GRPC[code];
  const message = shape === "nested" && id !== "" ? JSON.stringify({ id, status: "Error", detail, code }) : detail;
  return sendJson(response, grpc === undefined ? 500 : code, { code: grpc ?? 13, message, details: [] });
}
