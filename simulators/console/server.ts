/**
 * The console: one web page for all simulators, on loopback.
 *
 * - `GET /` is the page; its script and style, the pack's `resources/console/`, are served under `/`.
 * - `GET /api/events` is one stream (server-sent events): `about` once, then `state` of a simulator after each change.
 * - `POST /api/<simulator>/<action>` presses a button of a simulator: JSON object in, `{"result": …}` or `{"error": "…"}` out.
 *
 * A page of another site must not press buttons here: the Host has to be loopback (no DNS rebinding), the Origin has to
 * be the console's own, and only `application/json` is taken (no form of another site can send it).
 */
import { readFile } from "node:fs/promises";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { extname, join, normalize } from "node:path";
import { listen } from "../listen.js";
import { packageRoot } from "../package-root.js";
import type { Simulator } from "../simulator.js";
import { EventStream } from "./events.js";
import type { About, ConsoleLink } from "./page/about.js";
import { readBody, TooLarge } from "../body.js";

/** How to start the console. */
interface ConsoleOptions {
  /** 0 or absent: a free port. */
  port?: number;
  simulators: readonly Simulator[];
  /** Addresses that the head of the page offers, such as the editor. */
  links?: readonly ConsoleLink[];
  /** What flows need to connect, by simulator. */
  connect?: About["connect"];
}

/** A running console. */
export interface Console {
  /** Address of the page. */
  readonly url: string;
  /** Ends the server and every open stream; the simulators stay. */
  close(): Promise<void>;
}

const PAGE = "/index.html";
const BODY_LIMIT = 8 * 1024 * 1024;
const TYPES: Readonly<Record<string, string>> = {
  ".html": "text/html; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".svg": "image/svg+xml",
};
const HEADERS = {
  "Content-Security-Policy":
    "default-src 'self'; img-src 'self' data:; frame-ancestors 'none'; base-uri 'none'; form-action 'none'",
  "X-Content-Type-Options": "nosniff",
  "Referrer-Policy": "no-referrer",
  "Cache-Control": "no-store",
};

/**
 * Starts the console on 127.0.0.1.
 * @throws the server's own error, such as EADDRINUSE, when the port is taken
 */
export async function startConsole(options: ConsoleOptions): Promise<Console> {
  const simulators = new Map<string, Simulator>(options.simulators.map((simulator) => [simulator.name, simulator]));
  const events = new EventStream(options.simulators, {
    simulators: options.simulators.map(({ name }) => name),
    links: options.links ?? [],
    connect: options.connect ?? {},
  });
  const server = createServer((request, response) => {
    serve(request, response, simulators, events).catch((error: unknown) => {
      if (!response.headersSent) answer(response, 500, { error: String(error) });
    });
  });
  const port = await listen(server, options.port);
  return {
    url: `http://127.0.0.1:${port}`,
    async close() {
      events.close();
      server.closeAllConnections();
      await new Promise((done) => server.close(done));
    },
  };
}

async function serve(
  request: IncomingMessage,
  response: ServerResponse,
  simulators: ReadonlyMap<string, Simulator>,
  events: EventStream,
): Promise<void> {
  if (!isOwn(request)) {
    answer(response, 403, { error: "The console answers its own page only." });
    return;
  }
  const { pathname } = new URL(request.url ?? "/", "http://localhost");
  if (pathname === "/api/events") events.open(response, HEADERS);
  else if (pathname.startsWith("/api/")) await press(request, response, pathname, simulators);
  else await file(request, response, pathname === "/" ? PAGE : pathname);
}

/** True when the request comes from this machine's user by our own page or by a tool, not from another site's page. */
function isOwn({ headers }: IncomingMessage): boolean {
  const host = headers.host ?? "";
  if (!/^(localhost|127\.0\.0\.1|\[::1\])(:\d+)?$/i.test(host)) return false;
  return headers.origin === undefined || headers.origin === `http://${host}`;
}

async function press(
  request: IncomingMessage,
  response: ServerResponse,
  pathname: string,
  simulators: ReadonlyMap<string, Simulator>,
): Promise<void> {
  const [, , name = "", action = ""] = pathname.split("/");
  const actions = simulators.get(name)?.actions ?? {};
  const run = Object.hasOwn(actions, action) ? actions[action] : undefined;
  if (run === undefined) return answer(response, 404, { error: `There is no action ${name}/${action}.` });
  if (request.method !== "POST") return answer(response, 405, { error: "An action takes a POST." });
  if (!/^application\/json\b/i.test(request.headers["content-type"] ?? ""))
    return answer(response, 415, { error: "An action takes application/json." });
  try {
    const input: unknown = JSON.parse((await readBody(request, BODY_LIMIT)) || "{}");
    if (input === null || typeof input !== "object" || Array.isArray(input))
      return answer(response, 400, { error: "An action takes a JSON object." });
    answer(response, 200, { result: (await run(input as Record<string, unknown>)) ?? null });
  } catch (error) {
    answer(response, error instanceof TooLarge ? 413 : 400, {
      error: error instanceof Error ? error.message : String(error),
    });
  }
}

async function file(request: IncomingMessage, response: ServerResponse, pathname: string): Promise<void> {
  const type = TYPES[extname(pathname)];
  // `normalize` folds every ".." away before the folder is put in front.
  const path = join(packageRoot(), "resources/console", normalize(decodePath(pathname)));
  const content =
    type === undefined || request.method !== "GET" ? undefined : await readFile(path).catch(() => undefined);
  if (type === undefined || content === undefined) return answer(response, 404, { error: "There is no such file." });
  response.writeHead(200, { ...HEADERS, "Content-Type": type }).end(content);
}

function decodePath(pathname: string): string {
  try {
    return decodeURIComponent(pathname).replaceAll("\0", "");
  } catch {
    return "/";
  }
}

function answer(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { ...HEADERS, "Content-Type": "application/json" }).end(JSON.stringify(body));
}
