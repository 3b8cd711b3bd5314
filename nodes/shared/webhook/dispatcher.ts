/**
 * One dispatcher for every path that a webhook node claims.
 *
 * On default settings the editor's admin app sees each request before the flows' own app does, and its parsers cost more
 * than everything else. So the dispatcher stands at the front of the server's express stack, where core's `http in` puts
 * its raw body capture too, and answers claimed paths there. It does so only where it skips no other middleware: with
 * `httpNodeAuth`, `httpNodeMiddleware` or a middleware of an embedding application in front of the flows, the request is
 * passed on and answered at `RED.httpNode`, behind them all. Whether a request is refused is decided at the front in both
 * cases, before its body is read; the body of an accepted one is read at the front, because a parser on the way would
 * consume it.
 *
 * What no claim covers is left to other routes: another method, a last segment that is not the secret, and a request
 * without the credentials where another node has a route for it. Where no other route may serve such a request it is
 * refused at once, else at the end of the stack, if nobody served it. Only a route gets the body.
 */
import type { IncomingMessage, ServerResponse } from "node:http";
import type { CorsOptions } from "cors";
import type { NodeAPI } from "node-red";
import { hideAddress } from "../../../lib/core/telemetry/http-span.js";
import { discardBody, readBody } from "../../../lib/webhook/body.js";
import { endAnswer, keepConnection } from "../../../lib/webhook/connection.js";
import { decodePath, foldPath, isNodeRedPath, originForm } from "../../../lib/webhook/path.js";
import type { Claim, ClaimedPath, ClaimFault, WebhookRequest } from "./claim.js";
import {
  type ExpressApp,
  type Handler,
  hasPath,
  hasRoute,
  isPassing,
  isSecure,
  markBodyTaken,
  moveBeforeRoutes,
  type Next,
  ownHandler,
  rootOf,
  runAll,
  type Server,
  serverOf,
} from "./express.js";

/** What becomes of a request behind the middleware of the settings. */
interface Outcome {
  answer: () => void;
  fail: (error: unknown) => void;
}

/** Claims of one path, by method. */
type Claims = Map<string, Claim>;
/** What is used of Node-RED's settings. */
interface HttpSettings {
  httpAdminRoot?: string | false;
  httpNodeRoot?: string;
  httpNodeAuth?: unknown;
  httpNodeCors?: CorsOptions;
  httpNodeMiddleware?: Handler | Handler[];
  requireHttps?: boolean;
}

/** The apps of the editor and of the admin API, beside that of the nodes: their paths cannot be claimed. */
const EDITOR_APPS = 2;
/** A path that nothing has by itself: where this one is Node-RED's own, all beside it are. */
const ANY = "contact-center-any-path";
/** Longer paths are nobody's, and not worth decoding. */
const LONGEST_PATH = 2048;
const dispatchers = new WeakMap<object, Dispatcher>();

/** The dispatcher of a runtime; undefined when the runtime serves no http (`httpNodeRoot: false`). */
export function dispatcherOf(RED: NodeAPI): Dispatcher | undefined {
  const httpNode = RED.httpNode as unknown as ExpressApp | undefined;
  if (typeof httpNode !== "function" || (RED.settings as { httpNodeRoot?: unknown }).httpNodeRoot === false)
    return undefined;
  let dispatcher = dispatchers.get(httpNode);
  if (!dispatcher) {
    const httpAdmin = RED.httpAdmin as unknown as ExpressApp | undefined;
    dispatcher = new Dispatcher(RED.settings as unknown as HttpSettings, httpNode, httpAdmin);
    dispatchers.set(httpNode, dispatcher);
  }
  return dispatcher;
}

/** Which node serves which method and path. */
class Dispatcher {
  private readonly claims = new Map<string, Claims>();
  /** Answers of requests that were passed on at the front, given at `RED.httpNode`. */
  private readonly behind = new WeakMap<IncomingMessage, Outcome>();
  /** Refusals of requests that another route may serve, given at the end of the stack. */
  private readonly atEnd = new WeakMap<IncomingMessage, Outcome>();
  private readonly root: ExpressApp;
  private readonly before: Handler[];
  /** True where requests are served at the front. */
  private servesAtFront = false;
  /** The most segments that a claim with a secret behind it has. */
  private secretDepth = 0;

  constructor(
    private readonly settings: HttpSettings,
    private readonly httpNode: ExpressApp,
    private readonly httpAdmin: ExpressApp | undefined,
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
   * @returns the claimed path, or why it cannot be claimed
   */
  claim(claim: Claim): ClaimedPath | ClaimFault {
    const path = foldPath(`${this.nodeRoot()}/${claim.path}`);
    if (this.isReserved(path)) {
      const root = foldPath(this.nodeRoot());
      return this.isReserved(foldPath(`${root}/${ANY}`)) ? { fault: "reserved-root", root } : { fault: "reserved" };
    }
    const claims: Claims = this.claims.get(path) ?? new Map<string, Claim>();
    const before = claims.get(claim.method);
    if (before?.isClosed() === false) return { fault: "taken", owner: before.owner };
    claims.set(claim.method, claim);
    this.claims.set(path, claims);
    this.countSegments();
    // Checked at each claim: an embedding application may have added its middleware since.
    this.servesAtFront = this.skipsNoMiddleware();
    return {
      release: () => {
        if (claims.get(claim.method) !== claim) return;
        claims.delete(claim.method);
        if (claims.size === 0 && this.claims.get(path) === claims) this.claims.delete(path);
        this.countSegments();
      },
      isServedTwice: () => this.otherNode(claim.method, path) !== undefined,
    };
  }

  private nodeRoot(): string {
    return this.httpNode.parent ? this.httpNode.path() : (this.settings.httpNodeRoot ?? "/");
  }

  /** A path below the mount path of an app, as that app sees it; undefined for one elsewhere. */
  private below(root: string, path: string): string | undefined {
    const prefix = foldPath(`/${root}`).replace(/\/$/, "");
    return `${path.toLowerCase()}/`.startsWith(`${prefix}/`) ? path.slice(prefix.length) || "/" : undefined;
  }

  private adminPath(path: string): string | undefined {
    if (!this.httpAdmin || this.settings.httpAdminRoot === false) return undefined;
    return this.below(this.httpAdmin.parent ? this.httpAdmin.path() : (this.settings.httpAdminRoot ?? "/"), path);
  }

  private isReserved(path: string): boolean {
    const adminPath = this.adminPath(path);
    return adminPath !== undefined && (isNodeRedPath(adminPath) || hasPath(this.httpAdmin, adminPath));
  }

  private countSegments(): void {
    this.secretDepth = 0;
    for (const [path, claims] of this.claims)
      if ([...claims.values()].some(({ secretInPath }) => secretInPath))
        this.secretDepth = Math.max(this.secretDepth, path.split("/").length - 1);
  }

  private skipsNoMiddleware(): boolean {
    const { httpNodeAuth, httpNodeMiddleware } = this.settings;
    if (httpNodeAuth || httpNodeMiddleware || this.httpNode.parent !== this.root) return false;
    const layers = this.root._router?.stack ?? [];
    const lastApp = layers.map(({ name }) => name).lastIndexOf("mounted_app");
    return layers.slice(0, lastApp).every(isPassing);
  }

  /** Says whether another node has a route for a request. */
  private otherNode(method: string, path: string): Server {
    return hasRoute(this.httpNode, method, this.below(this.nodeRoot(), path) ?? path) ? "route" : undefined;
  }

  /** Who else may serve a request. */
  private otherServer(method: string, path: string): Server {
    /** The apps that a request of this path comes through, and the path as each sees it. */
    const apps = new Map<ExpressApp, string>([[this.root, path]]);
    for (const known of [this.httpNode, this.httpAdmin])
      for (let app = known; app?.parent && rootOf(app) === this.root; app = app.parent) {
        const inside = this.below(app.path(), path);
        if (inside !== undefined) apps.set(app, inside);
      }
    let found: Server;
    for (const [app, inside] of apps) {
      const known = [...apps.keys()].filter(({ parent }) => parent === app).length;
      const server = serverOf(app, method, inside, app === this.httpAdmin?.parent ? known + EDITOR_APPS : known);
      if (server === "route") return server;
      found ??= server;
    }
    return found;
  }

  private install(): void {
    const front = ownHandler((request, response, next) => {
      if (this.claims.size === 0) next();
      else this.dispatch(request, response, next);
    });
    const given = (outcomes: WeakMap<IncomingMessage, Outcome>): Handler =>
      ownHandler((request, response, next) => {
        const outcome = outcomes.get(request);
        if (outcome) runAll(this.before, request, response, outcome.fail, outcome.answer);
        else next();
      });
    const behind = given(this.behind);
    this.root.use(front);
    const stack = this.root._router?.stack ?? [];
    const at = stack.findIndex((layer) => layer.handle === front);
    stack.unshift(...stack.splice(at, 1));
    this.httpNode.use(behind);
    // Before the routes of other nodes, which would get the claimed requests without their body.
    moveBeforeRoutes(this.httpNode, behind);
    this.root.use(given(this.atEnd));
  }

  private dispatch(request: IncomingMessage, response: ServerResponse, next: Next): void {
    const arrivedAt = performance.now();
    const url = originForm((request as { originalUrl?: string }).originalUrl ?? request.url ?? "/");
    const mark = url.indexOf("?");
    const asked = mark < 0 ? url : url.slice(0, mark);
    const found = this.find(asked);
    if (!found) {
      next();
      return;
    }
    hideAddress(found.path);
    if (this.settings.requireHttps === true && !isSecure(request)) {
      response.writeHead(302, { Location: `https://${request.headers.host ?? ""}${url}`, "Content-Length": 0 });
      endAnswer(request, response);
      discardBody(request);
      return;
    }
    const { claims, path, rest } = found;
    const query = mark < 0 ? "" : url.slice(mark + 1);
    const webhook: WebhookRequest = { request, response, path, query, rest, arrivedAt };
    const method = request.method ?? "";
    const claim = claims.get(method);
    const [first] = claims.values();
    const fail = (error: unknown): void => (claim ?? first)?.failMiddleware(webhook, error);
    const admission = claim && (rest === undefined || claim.secretInPath) ? claim.admit(webhook) : undefined;
    if (admission?.accepted === true) {
      keepConnection(request, response);
      const body = method === "GET" ? undefined : readBody(request, claim?.bodyMs ?? 0);
      this.answer(request, response, next, { answer: () => admission.answer(body), fail });
      return;
    }
    if (rest?.slice(0, -1).includes("/") === true) {
      next();
      return;
    }
    const refuse = admission
      ? (): void => admission.answer(undefined)
      : (): void => first?.refuseMethod(webhook, [...claims.keys()].join(", "));
    const isOurs = rest === undefined && admission !== undefined;
    const other = isOurs ? this.otherNode(method, asked) : this.otherServer(method, asked);
    if (!other) {
      this.answer(request, response, next, { answer: refuse, fail });
      return;
    }
    this.atEnd.set(request, { answer: refuse, fail });
    // No parser on the way shall inflate and parse a body that nobody is there to use.
    if (other === "middleware") markBodyTaken(request);
    next();
  }

  /** Answers at the front, or passes the request on to be answered behind. */
  private answer(request: IncomingMessage, response: ServerResponse, next: Next, outcome: Outcome): void {
    if (this.servesAtFront) {
      runAll(this.before, request, response, outcome.fail, outcome.answer);
      return;
    }
    this.behind.set(request, outcome);
    markBodyTaken(request);
    next();
  }

  private claimsAt(path: string): Claims | undefined {
    // Most callers write the path as it was claimed.
    return (
      this.claims.get(path) ?? (path.length > LONGEST_PATH ? undefined : this.claims.get(foldPath(decodePath(path))))
    );
  }

  /** The claims of a path, or else of the longest path before it where a secret may follow. */
  private find(asked: string): { claims: Claims; path: string; rest: string | undefined } | undefined {
    const exact = this.claimsAt(asked);
    if (exact) return { claims: exact, path: asked, rest: undefined };
    let found;
    let end = 0;
    for (let depth = 1; depth <= this.secretDepth; depth++) {
      while (asked[end] === "/") end++;
      end = asked.indexOf("/", end);
      if (end < 0) break;
      const path = asked.slice(0, end);
      const claims = this.claimsAt(path);
      if (!claims || ![...claims.values()].some(({ secretInPath }) => secretInPath)) continue;
      found = { claims, path, rest: asked.slice(end + 1) };
    }
    return found;
  }
}
