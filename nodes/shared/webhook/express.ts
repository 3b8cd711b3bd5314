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

/** Layers that pass every request on: express's own, core's and ours, and mounted apps, which are looked at apart. */
export const PASSING_LAYERS: ReadonlySet<string> = new Set([
  "query",
  "expressInit",
  "rawBodyCapture",
  "mounted_app",
  "corsMiddleware",
  "jsonParser",
  "urlencodedParser",
  "webhookFront",
  "webhookBehind",
  "webhookEnd",
]);

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
 * Tells whether a layer of an app may answer a request; true where that cannot be known. Nothing is called.
 * @param app may be missing
 * @param mounted how many of the apps that are mounted in it are looked at apart
 */
export function mayServe(app: ExpressApp | undefined, method: string, path: string, mounted: number): boolean {
  let apart = mounted;
  return stackOf(app).some(({ name, regexp, route }) => {
    if (!takesEveryPath(regexp) && !regexp.test(path)) return false;
    if (route) return takesMethod(route.methods, method.toLowerCase());
    if (name === "mounted_app") return --apart < 0;
    return !PASSING_LAYERS.has(name);
  });
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
