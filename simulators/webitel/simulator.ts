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
import { listen } from "../listen.js";
import type { Simulator } from "../simulator.js";
import { actionsOf } from "./actions.js";
import { markerOf, route } from "./api.js";
import { type Fault, type FaultPlan, Faults } from "./faults.js";
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
  /** Refuses connections until {@link up}. */
  down(): Promise<void>;
  up(): Promise<void>;
}

const PREFIX = "/api";
const KEPT = 5000;
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
  const context: Context = { options, store, faults, seen, changed };
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

async function bodyOf(request: IncomingMessage): Promise<Record<string, unknown>> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  const text = Buffer.concat(chunks).toString();
  return text === "" ? {} : (JSON.parse(text) as Record<string, unknown>);
}

async function serve(context: Context, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const { options, store, faults, seen, changed } = context;
  const url = new URL(request.url ?? "/", "http://simulator");
  const body = await bodyOf(request);
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
  const fail = (refusal: Refusal): void => sendError(response, options.errorShape ?? "nested", refusal);
  if (request.headers["x-webitel-access"] !== (options.token ?? WEBITEL_DEMO_TOKEN)) {
    return fail(
      new Refusal(401, "api.context.session_expired.app_error", `token=${String(request.headers["x-webitel-access"])}`),
    );
  }
  const target = route(method, path);
  if (!target) return fail(new Refusal(404, "api.context.404.app_error", `no operation ${method} ${path}`));
  const work = (): unknown => {
    const answer = target.handler(
      store,
      { params: target.params, query: url.searchParams, body },
      { ignoresVariables: options.ignoresVariables ?? false },
    );
    if (method !== "GET") changed();
    return answer;
  };
  const { fault, retryAfter } = faults.take() ?? {};
  if (method === "POST" && options.bulkDelayMs) await sleep(options.bulkDelayMs);
  try {
    if (fault === undefined) return sendJson(response, 200, work());
    return await failing[fault](work, response, retryAfter);
  } catch (error) {
    if (error instanceof Refusal) return fail(error);
    throw error;
  }
}

/** What each fault does with a request. A refusal of `work` wins: a server that breaks off has still refused. */
const failing: Record<
  Fault,
  (work: () => unknown, response: ServerResponse, retryAfter?: string) => void | Promise<void>
> = {
  async slow(work, response) {
    await sleep(300);
    sendJson(response, 200, work());
  },
  "429": (_, response, retryAfter) => sendStatus(response, 429, retryAfter),
  "500": (_, response, retryAfter) => sendStatus(response, 500, retryAfter),
  "502": (_, response, retryAfter) => sendStatus(response, 502, retryAfter),
  "503": (_, response, retryAfter) => sendStatus(response, 503, retryAfter),
  reset: (_, response) => void response.socket?.destroy(),
  "502-after"(work, response) {
    work();
    sendStatus(response, 502);
  },
  "reset-after"(work, response) {
    work();
    response.socket?.destroy();
  },
  "cut-after"(work, response) {
    const text = JSON.stringify(work());
    response.writeHead(200, { "Content-Type": "application/json", "Content-Length": String(text.length + 100) });
    response.write(text.slice(0, text.length / 2), () => response.socket?.destroy());
  },
  late(work, response) {
    response.socket?.destroy();
    setTimeout(() => {
      try {
        work();
      } catch {
        // Refused, but the connection is gone.
      }
    }, 100);
  },
};

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
