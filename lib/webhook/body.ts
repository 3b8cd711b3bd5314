/** The body of a request: bounded in size, time, depth and number of values, and never trusted. */
import type { IncomingMessage } from "node:http";
import { parseJson } from "../core/values.js";

/** 64 KiB: the largest body that is read. */
const BODY_LIMIT = 64 * 1024;
/** Milliseconds within which a body must be complete, unless a caller waits for less. */
export const BODY_TIMEOUT_MS = 4000;
/** Objects and lists nested deeper than this are refused. */
const DEPTH_LIMIT = 64;
/** Bodies with more values, and forms and queries with more parameters, are refused: many small values cost far more than their bytes suggest. */
const VALUE_LIMIT = 1000;
/**
 * Bytes of a refused body that are still received, so that a sender that reads no answer before it has sent all can read it:
 * little of a caller whose credentials were refused too, and more of one that is allowed to call.
 */
const DISCARD_LIMIT = 2 * BODY_LIMIT;
const DISCARD_LIMIT_OF_CALLER = 64 * 1024 * 1024;
/** Milliseconds that a connection stays open for its sender to read the answer, when the rest of its body is not received. */
const LINGER_MS = 2000;

/** How reading a body ended. */
export type Body = { kind: "whole"; bytes: Buffer } | { kind: "too-large" } | { kind: "incomplete" };

/**
 * Reads a body. Listening starts at once, so that no other reader can consume it.
 * @param request a request whose body nobody has read
 * @param timeoutMs milliseconds within which it must be complete
 * @param limit bytes
 * @returns never rejects
 */
export function readBody(request: IncomingMessage, timeoutMs: number, limit: number = BODY_LIMIT): Promise<Body> {
  return new Promise((resolve) => {
    if (Number(request.headers["content-length"] ?? 0) > limit) {
      discardBody(request, DISCARD_LIMIT_OF_CALLER);
      resolve({ kind: "too-large" });
      return;
    }
    const parts: Buffer[] = [];
    let size = 0;
    let isOpen = true;
    const onData = (part: Buffer): void => {
      size += part.length;
      if (size <= limit) parts.push(part);
      else end({ kind: "too-large" });
    };
    const end = (body: Body): void => {
      if (!isOpen) return;
      isOpen = false;
      clearTimeout(timer);
      if (body.kind !== "whole") {
        request.off("data", onData);
        parts.length = 0;
        discardBody(request, DISCARD_LIMIT_OF_CALLER);
      }
      resolve(body);
    };
    const timer = setTimeout(() => end({ kind: "incomplete" }), timeoutMs);
    // Each comes once. Those that come after the end change nothing.
    const onBreak = (): void => end({ kind: "incomplete" });
    request.on("data", onData);
    request.on("end", () =>
      end({ kind: "whole", bytes: parts.length === 1 ? (parts[0] as Buffer) : Buffer.concat(parts) }),
    );
    request.on("error", onBreak).on("close", onBreak);
  });
}

const discarded = new WeakSet<IncomingMessage>();

/**
 * Receives what is left of a refused body without keeping it. A connection that is closed at once would break the sender
 * off before it has read the answer; one that receives without end would cost processor time without end.
 * @param request its answer is sent by whoever calls this
 * @param limit bytes
 */
export function discardBody(request: IncomingMessage, limit = DISCARD_LIMIT): void {
  if (!isOnTheWay(request) || discarded.has(request)) return;
  discarded.add(request);
  let size = 0;
  let timer: NodeJS.Timeout | undefined = setTimeout(() => request.destroy(), BODY_TIMEOUT_MS);
  const onData = (part: Buffer): void => {
    // A chunk costs about as much as two thousand bytes, however small it is.
    size += part.length + 2048;
    if (size <= limit) return;
    request.off("data", onData).pause();
    // Chunks that are here already are not kept, and no more are received.
    request.push = () => false;
    clearTimeout(timer);
    timer = setTimeout(() => request.destroy(), LINGER_MS);
  };
  request.on("data", onData);
  const stop = (): void => clearTimeout(timer);
  request.once("end", stop).once("close", stop);
  // A sender that breaks off is nothing to report: it was refused anyway.
  request.on("error", stop);
}

/** True while a request's body has not been read to its end. */
export function isOnTheWay({ headers, readableEnded, destroyed }: IncomingMessage): boolean {
  const isEmpty = headers["transfer-encoding"] === undefined && Number(headers["content-length"] ?? 0) === 0;
  return !isEmpty && !readableEnded && !destroyed;
}

/** Why a body is rejected. */
export type BodyFault = "not-json" | "not-object" | "too-deep" | "too-many";

/**
 * Reads a JSON object. The work is linear in the number of bytes.
 * @param bytes UTF-8, with or without a byte order mark
 * @returns the object without any `__proto__` property, or what is wrong
 */
export function parseJsonObject(bytes: Buffer): { object: Record<string, unknown> } | { fault: BodyFault } {
  const excess = excessOf(bytes);
  if (excess) return { fault: excess };
  let value: unknown;
  const text = bytes.toString("utf8");
  try {
    value = parseJson(text.startsWith("\uFEFF") ? text.slice(1) : text);
  } catch {
    return { fault: "not-json" };
  }
  if (value === null || typeof value !== "object" || Array.isArray(value)) return { fault: "not-object" };
  // The name may be escaped.
  if (text.includes("__proto__") || text.includes("\\u")) dropPrototypes(value);
  return { object: value as Record<string, unknown> };
}

const QUOTE = 0x22;
const COMMA = 0x2c;
const BACKSLASH = 0x5c;
/** Square and curly brackets differ in this bit only. */
const CURLY = 0x20;
const OPENING = 0x7b;
const CLOSING = 0x7d;

/** Counts levels and values before anything is parsed: 64 KiB of brackets would keep the parser busy for over 10 ms. */
function excessOf(bytes: Buffer): "too-deep" | "too-many" | undefined {
  let depth = 0;
  let values = 1;
  let inString = false;
  for (let at = 0; at < bytes.length; at++) {
    const byte = bytes[at] as number;
    if (inString) {
      if (byte === BACKSLASH) at++;
      else if (byte === QUOTE) inString = false;
    } else if (byte === QUOTE) inString = true;
    else if (byte === COMMA) {
      if (++values > VALUE_LIMIT) return "too-many";
    } else if ((byte | CURLY) === OPENING) {
      if (++depth > DEPTH_LIMIT) return "too-deep";
    } else if ((byte | CURLY) === CLOSING) depth--;
  }
  return undefined;
}

/** Deletes `__proto__` properties everywhere: a later merge would take such a property for the prototype. */
function dropPrototypes(value: object): void {
  if (Object.hasOwn(value, "__proto__")) delete (value as Record<string, unknown>)["__proto__"];
  for (const name in value) {
    const child = (value as Record<string, unknown>)[name];
    if (child !== null && typeof child === "object") dropPrototypes(child);
  }
}

const BREAKS: ReadonlySet<string> = new Set(["\r", "\n", "\uFEFF"]);

/** A form without line breaks and a byte order mark around it: in a value they are encoded, so these are of the program that sent it. */
function withoutFrame(text: string): string {
  let [start, end] = [0, text.length];
  while (start < end && BREAKS.has(text.charAt(start))) start++;
  while (end > start && BREAKS.has(text.charAt(end - 1))) end--;
  return text.slice(start, end);
}

/**
 * Reads a form body or a query string (`application/x-www-form-urlencoded`). The work is linear in the text's length.
 * @param text without a leading question mark
 * @returns text values, where a name that occurs twice becomes a list; or what is wrong
 */
export function parseForm(text: string): { object: Record<string, string | string[]> } | { fault: "too-many" } {
  const object: Record<string, string | string[]> = {};
  if (text === "") return { object };
  let parameters = 1;
  for (let at = text.indexOf("&"); at >= 0; at = text.indexOf("&", at + 1))
    if (++parameters > VALUE_LIMIT) return { fault: "too-many" };
  for (const [name, value] of new URLSearchParams(withoutFrame(text))) {
    if (name === "__proto__") continue;
    const before = Object.hasOwn(object, name) ? object[name] : undefined;
    if (before === undefined) object[name] = value;
    else if (Array.isArray(before)) before.push(value);
    else object[name] = [before, value];
  }
  return { object };
}
