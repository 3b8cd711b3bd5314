/** What is used of express 4, on which Node-RED serves http, and how to see which of its routes would take a request. */
import type { IncomingMessage, ServerResponse } from "node:http";

/** Hands a request on. */
export type Next = (error?: unknown) => void;
/** A middleware. */
export type Handler = (request: IncomingMessage, response: ServerResponse, next: Next) => void;

/** A layer of an app's stack. */
export interface Layer {
  name: string;
  handle: unknown;
  /** The flags are set where the layer takes every path. */
  regexp: RegExp & { fast_slash?: boolean; fast_star?: boolean };
  route?: { methods: Record<string, boolean | undefined> };
}

/** An app. */
export interface ExpressApp {
  use(handler: Handler): void;
  path(): string;
  parent?: ExpressApp;
  _router?: { stack: Layer[] };
}

/** Layers that serve nothing: express's own, core's, parsers, and mounted apps, which are looked at apart. */
const PASSING_LAYERS: ReadonlySet<string> = new Set([
  "query",
  "expressInit",
  "rawBodyCapture",
  "mounted_app",
  "corsMiddleware",
  "jsonParser",
  "urlencodedParser",
]);
const ownHandlers = new WeakSet<object>();

/** Notes a handler of ours: it serves claimed paths, and passes on all others. */
export function ownHandler(handler: Handler): Handler {
  ownHandlers.add(handler);
  return handler;
}

/** Tells whether a layer serves nothing. */
export function isPassing({ name, handle }: Layer): boolean {
  return PASSING_LAYERS.has(name) || ownHandlers.has(handle as object);
}

/** The app that the server calls. */
export function rootOf(app: ExpressApp): ExpressApp {
  return app.parent ? rootOf(app.parent) : app;
}

/**
 * Tells whether an app has something at a path, whatever the method. Nothing is called, so nothing happens.
 * @param path as the app sees it, without its mount path
 */
export function hasPath(app: ExpressApp | undefined, path: string): boolean {
  return stackOf(app).some(({ regexp }) => !takesEveryPath(regexp) && regexp.test(path));
}

/**
 * Who may answer a request: a route of somebody else, or only a middleware that takes every path, such as a log-in or static
 * files. The latter needs no body.
 */
export type Server = "route" | "middleware" | undefined;

/**
 * Tells which layer of an app may answer a request; `route` where that cannot be known. Nothing is called.
 * @param path as the app sees it, without its mount path
 * @param mounted how many of the apps that are mounted in it are looked at apart
 */
export function serverOf(app: ExpressApp, method: string, path: string, mounted: number): Server {
  let apart = mounted;
  let found: Server;
  for (const layer of stackOf(app)) {
    if (!takesEveryPath(layer.regexp) && !layer.regexp.test(path)) continue;
    if (layer.name === "mounted_app" && --apart >= 0) continue;
    const server = serverIn(layer, method);
    if (server === "route") return server;
    found ??= server;
  }
  return found;
}

function serverIn(layer: Layer, method: string): Server {
  const { name, regexp, route } = layer;
  if (route) return takesMethod(route.methods, method.toLowerCase()) ? "route" : undefined;
  // Answers each preflight request itself.
  if (name === "corsMiddleware") return method === "OPTIONS" ? "middleware" : undefined;
  if (name === "serveStatic") return method === "GET" || method === "HEAD" ? "middleware" : undefined;
  // What is inside is not seen from here.
  if (name === "mounted_app" || name === "router") return "route";
  if (isPassing(layer)) return undefined;
  return takesEveryPath(regexp) ? "middleware" : "route";
}

/**
 * Tells whether an app has a route for a method and path.
 * @param path as the app sees it, without its mount path
 */
export function hasRoute(app: ExpressApp, method: string, path: string): boolean {
  return stackOf(app).some(
    ({ regexp, route }) => route && regexp.test(path) && takesMethod(route.methods, method.toLowerCase()),
  );
}

/** Puts a handler of an app before its routes, behind its middleware. */
export function moveBeforeRoutes(app: ExpressApp, handler: Handler): void {
  const stack = stackOf(app);
  const from = stack.findIndex(({ handle }) => handle === handler);
  const to = stack.findIndex(({ route }) => route !== undefined);
  if (to >= 0 && to < from) stack.splice(to, 0, ...stack.splice(from, 1));
}

/** Sets the sign that body-parser and core's own parsers respect: the body is taken. */
export function markBodyTaken(request: IncomingMessage): void {
  (request as { _body?: boolean })._body = true;
}

/** Runs middleware one after the other, then `done`; or `failed` with the first error that one passes on or throws. */
export function runAll(
  handlers: readonly Handler[],
  request: IncomingMessage,
  response: ServerResponse,
  failed: (error: unknown) => void,
  done: () => void,
  at = 0,
): void {
  const handler = handlers[at];
  if (!handler) {
    done();
    return;
  }
  let hasPassed = false;
  try {
    handler(request, response, (error) => {
      hasPassed = true;
      if (error) failed(error);
      else runAll(handlers, request, response, failed, done, at + 1);
    });
  } catch (error) {
    // What comes behind it has errors of its own.
    if (hasPassed) throw error;
    failed(error);
  }
}

function stackOf(app: ExpressApp | undefined): Layer[] {
  return app?._router?.stack ?? [];
}

function takesEveryPath({ fast_slash, fast_star }: Layer["regexp"]): boolean {
  return fast_slash === true || fast_star === true;
}

function takesMethod(methods: Record<string, boolean | undefined>, method: string): boolean {
  if (methods["_all"] === true || methods[method] === true) return true;
  // Express answers HEAD by GET, and OPTIONS by the list of a route's methods.
  return method === "options" || (method === "head" && methods["get"] === true);
}

/** As Node-RED sees it for the editor, which it redirects by the same setting: every proxy is believed. */
export function isSecure(request: IncomingMessage): boolean {
  if ((request.socket as { encrypted?: boolean }).encrypted === true) return true;
  return (
    String(request.headers["x-forwarded-proto"] ?? "")
      .split(",", 1)[0]
      ?.trim()
      .toLowerCase() === "https"
  );
}
