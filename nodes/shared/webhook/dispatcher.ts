/**
 * One dispatcher for every path that a webhook node claims.
 *
 * On default settings the editor's admin app sees each request before the flows' own app does, and its parsers cost more
 * than everything else. So the dispatcher stands at the front of the server's express stack, where core's `http in` puts
 * its raw body capture too, and answers claimed paths there. It does so only where it skips no other middleware: with
 * `httpNodeAuth`, `httpNodeMiddleware` or a middleware of an embedding application in front of the flows, the request is
 * passed on and answered at `RED.httpNode`, behind them all. The body is read at the front in both cases, because a
 * parser on the way would consume it.
 */
import type { IncomingMessage, ServerResponse } from "node:http";
import type { CorsOptions } from "cors";
import type { NodeAPI } from "node-red";
import { type Body, readBody } from "../../../lib/webhook/body.js";

/** A request on a claimed path. */
export interface WebhookRequest {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly body: Promise<Body>;
  /** The path as it was asked for. */
  readonly path: string;
  /** Without the leading question mark; empty when there is none. */
  readonly query: string;
  /** The path's last segment, decoded, where it stands for a secret. */
  readonly pathSecret: string | undefined;
  /** When it came, by `performance.now()`, ms. */
  readonly arrivedAt: number;
}

/** A method and path that a node serves. */
export interface Claim {
  readonly method: "GET" | "POST";
  /** Below `httpNodeRoot`. */
  readonly path: string;
  /** Also serves `<path>/<secret>`. */
  readonly secretInPath: boolean;
  /** Milliseconds within which a body must be complete. */
  readonly bodyMs: number;
  serve(webhook: WebhookRequest): void;
  /** The path is claimed, but not with the request's method. */
  refuseMethod(webhook: WebhookRequest, allowed: string): void;
}

type Next = (error?: unknown) => void;
type Handler = (request: IncomingMessage, response: ServerResponse, next: Next) => void;
/** Claims of one path, by method. */
type Claims = Map<string, Claim>;
/** What is used of express 4. */
interface ExpressApp {
  use(handler: Handler): void;
  path(): string;
  parent?: ExpressApp;
  _router?: { stack: { name: string; handle: unknown }[] };
}
/** What is used of Node-RED's settings. */
interface HttpSettings {
  httpNodeRoot?: string;
  httpNodeAuth?: unknown;
  httpNodeCors?: CorsOptions;
  httpNodeMiddleware?: Handler | Handler[];
}

/** Layers of the server's stack that guard nothing: express's own, core's and ours, and mounted applications. */
const HARMLESS = new Set(["query", "expressInit", "rawBodyCapture", "mounted_app", "webhookFront"]);
const dispatchers = new WeakMap<object, Dispatcher>();

/** The dispatcher of a runtime; undefined when the runtime serves no http (`httpNodeRoot: false`). */
export function dispatcherOf(RED: NodeAPI): Dispatcher | undefined {
  const httpNode = RED.httpNode as unknown as ExpressApp | undefined;
  if (typeof httpNode !== "function" || (RED.settings as { httpNodeRoot?: unknown }).httpNodeRoot === false)
    return undefined;
  let dispatcher = dispatchers.get(httpNode);
  if (!dispatcher)
    dispatchers.set(httpNode, (dispatcher = new Dispatcher(RED.settings as unknown as HttpSettings, httpNode)));
  return dispatcher;
}

/** Which node serves which method and path. */
class Dispatcher {
  private readonly claims = new Map<string, Claims>();
  /** Requests that were passed on at the front, to be served behind. */
  private readonly passedOn = new WeakMap<IncomingMessage, { claims: Claims; webhook: WebhookRequest }>();
  private readonly root: ExpressApp;
  private readonly before: Handler[];
  /** True where requests are served at the front. */
  private servesAtFront = false;

  constructor(
    private readonly settings: HttpSettings,
    private readonly httpNode: ExpressApp,
  ) {
    this.root = rootOf(httpNode);
    this.before = [settings.httpNodeMiddleware ?? []].flat();
    if (settings.httpNodeCors) {
      // Loaded here, because few set it.
      const cors = require("cors") as typeof import("cors");
      this.before.push(cors(settings.httpNodeCors) as Handler);
    }
    this.install();
  }

  /**
   * Claims a method and path.
   * @returns how to give it back; undefined when another node has it
   */
  claim(claim: Claim): (() => void) | undefined {
    const path = foldPath(`${this.prefix()}/${claim.path}`);
    const claims: Claims = this.claims.get(path) ?? new Map<string, Claim>();
    if (claims.has(claim.method)) return undefined;
    claims.set(claim.method, claim);
    this.claims.set(path, claims);
    // Checked at each claim: an embedding application may have added its middleware since.
    this.servesAtFront = this.skipsNoMiddleware();
    return () => {
      claims.delete(claim.method);
      if (claims.size === 0) this.claims.delete(path);
    };
  }

  private prefix(): string {
    return this.httpNode.parent ? this.httpNode.path() : (this.settings.httpNodeRoot ?? "/");
  }

  private skipsNoMiddleware(): boolean {
    const { httpNodeAuth, httpNodeMiddleware } = this.settings;
    if (httpNodeAuth || httpNodeMiddleware || this.httpNode.parent !== this.root) return false;
    const layers = (this.root._router?.stack ?? []).map((layer) => layer.name);
    return layers.slice(0, layers.lastIndexOf("mounted_app")).every((name) => HARMLESS.has(name));
  }

  private install(): void {
    const webhookFront: Handler = (request, response, next) => {
      const found = this.find(request, response);
      if (!found) next();
      else if (this.servesAtFront) this.serve(found.claims, found.webhook, next);
      else {
        this.passedOn.set(request, found);
        // The sign that body-parser and core's own parsers respect: the body is taken.
        (request as { _body?: boolean })._body = true;
        next();
      }
    };
    const webhookBehind: Handler = (request, _response, next) => {
      const found = this.passedOn.get(request);
      if (found) this.serve(found.claims, found.webhook, next);
      else next();
    };
    this.root.use(webhookFront);
    const stack = this.root._router?.stack ?? [];
    const at = stack.findIndex((layer) => layer.handle === webhookFront);
    stack.unshift(...stack.splice(at, 1));
    this.httpNode.use(webhookBehind);
  }

  private find(
    request: IncomingMessage,
    response: ServerResponse,
  ): { claims: Claims; webhook: WebhookRequest } | undefined {
    if (this.claims.size === 0) return undefined;
    const url = (request as { originalUrl?: string }).originalUrl ?? request.url ?? "/";
    const mark = url.indexOf("?");
    const path = decoded(mark < 0 ? url : url.slice(0, mark));
    if (path === undefined) return undefined;
    const exact = this.claims.get(foldPath(path));
    const parent = exact ? undefined : parentOf(path);
    const claims = exact ?? this.claims.get(foldPath(parent?.path ?? ""));
    const claim = claims?.get(request.method ?? "") ?? claims?.values().next().value;
    if (!claims || !claim || (parent && !claim.secretInPath)) return undefined;
    const webhook: WebhookRequest = {
      request,
      response,
      body: readBody(request, claim.bodyMs),
      path: parent?.path ?? path,
      query: mark < 0 ? "" : url.slice(mark + 1),
      pathSecret: parent?.last,
      arrivedAt: performance.now(),
    };
    return { claims, webhook };
  }

  private serve(claims: Claims, webhook: WebhookRequest, next: Next): void {
    runAll(this.before, webhook, next, () => {
      const claim = claims.get(webhook.request.method ?? "");
      if (claim) claim.serve(webhook);
      else
        claims
          .values()
          .next()
          .value?.refuseMethod(webhook, [...claims.keys()].join(", "));
    });
  }
}

function runAll(handlers: readonly Handler[], webhook: WebhookRequest, failed: Next, done: () => void, at = 0): void {
  const handler = handlers[at];
  if (!handler) done();
  else
    handler(webhook.request, webhook.response, (error) =>
      error ? failed(error) : runAll(handlers, webhook, failed, done, at + 1),
    );
}

function rootOf(app: ExpressApp): ExpressApp {
  return app.parent ? rootOf(app.parent) : app;
}

function decoded(path: string): string | undefined {
  if (!path.includes("%")) return path;
  try {
    return decodeURIComponent(path);
  } catch {
    return undefined;
  }
}

/** As express compares paths: case, double slashes and a trailing slash do not matter. */
function foldPath(path: string): string {
  const folded = path.includes("//") ? path.replace(/\/{2,}/g, "/") : path;
  return (folded.length > 1 && folded.endsWith("/") ? folded.slice(0, -1) : folded).toLowerCase();
}

function parentOf(path: string): { path: string; last: string } | undefined {
  const at = path.lastIndexOf("/");
  return at <= 0 || at === path.length - 1 ? undefined : { path: path.slice(0, at), last: path.slice(at + 1) };
}
