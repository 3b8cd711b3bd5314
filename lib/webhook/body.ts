/** The body of a request: bounded in size, in time and in depth, and never trusted. */
import type { IncomingMessage } from "node:http";

/** 64 KiB: the largest body that is read. */
export const BODY_LIMIT = 64 * 1024;
/** Milliseconds within which a body must be complete, unless a caller waits for less. */
export const BODY_TIMEOUT_MS = 4000;
/** Objects and lists nested deeper than this are refused. */
const DEPTH_LIMIT = 64;
/** How much of a body that is refused is still taken in, so that its sender can read the answer. */
const DRAIN_LIMIT = 16 * 1024 * 1024;

/** How reading a body ended. */
export type Body = { kind: "whole"; bytes: Buffer } | { kind: "too-large" } | { kind: "incomplete" };

/**
 * Reads a body. Listening starts at once, so nobody else can take the bytes away.
 * @param request a request whose body nobody has read
 * @param timeoutMs milliseconds within which it must be complete
 * @param limit bytes
 * @returns never rejects
 */
export function readBody(request: IncomingMessage, timeoutMs: number, limit: number = BODY_LIMIT): Promise<Body> {
  return new Promise((resolve) => {
    const parts: Buffer[] = [];
    let size = 0;
    const end = (body: Body): void => {
      clearTimeout(timer);
      resolve(body);
    };
    const timer = setTimeout(() => end({ kind: "incomplete" }), timeoutMs);
    request.on("data", (part: Buffer) => {
      size += part.length;
      if (size <= limit) parts.push(part);
      else {
        parts.length = 0;
        end({ kind: "too-large" });
        if (size > DRAIN_LIMIT) request.destroy();
      }
    });
    request.on("end", () =>
      end({ kind: "whole", bytes: parts.length === 1 ? (parts[0] as Buffer) : Buffer.concat(parts) }),
    );
    request.on("error", () => end({ kind: "incomplete" }));
    request.on("close", () => end({ kind: "incomplete" }));
  });
}

/** Why a body is rejected. */
export type BodyFault = "not-json" | "not-object" | "too-deep";

/**
 * Reads a JSON object.
 * @param bytes UTF-8, with or without a byte order mark
 * @returns the object without any `__proto__` property, or what is wrong
 */
export function parseJsonObject(bytes: Buffer): { object: Record<string, unknown> } | { fault: BodyFault } {
  let value: unknown;
  try {
    value = JSON.parse(bytes.toString("utf8").replace(/^\uFEFF/, ""));
  } catch {
    return { fault: "not-json" };
  }
  if (value === null || typeof value !== "object" || Array.isArray(value)) return { fault: "not-object" };
  return isShallow(value, DEPTH_LIMIT) ? { object: value as Record<string, unknown> } : { fault: "too-deep" };
}

/** Walks plain data, drops `__proto__` properties on the way, and tells whether it is nested no deeper than the limit. */
function isShallow(value: object, limit: number): boolean {
  if (limit === 0) return false;
  // A later merge would take such a property for the prototype.
  if (Object.hasOwn(value, "__proto__")) delete (value as Record<string, unknown>)["__proto__"];
  for (const name in value) {
    const child = (value as Record<string, unknown>)[name];
    if (child !== null && typeof child === "object" && !isShallow(child, limit - 1)) return false;
  }
  return true;
}

/**
 * Reads a form body or a query string (`application/x-www-form-urlencoded`).
 * @param text without a leading question mark
 * @returns text values; a name that comes twice becomes a list
 */
export function parseForm(text: string): Record<string, string | string[]> {
  const fields: Record<string, string | string[]> = {};
  if (text === "") return fields;
  for (const [name, value] of new URLSearchParams(text)) {
    if (name === "__proto__") continue;
    const before = Object.hasOwn(fields, name) ? fields[name] : undefined;
    fields[name] = before === undefined ? value : [before, value].flat();
  }
  return fields;
}
