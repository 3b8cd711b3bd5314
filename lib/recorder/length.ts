/** Whether a value is long as JSON, found out without writing it: a huge one would hold up every call. */
import { firstKeys } from "./first-keys.js";

/** Characters of the shortest property of an object: `"":0,`. */
const SHORTEST_PROPERTY = 5;
const QUOTES = 2;
/** Quotes and a colon, and a comma. */
const AROUND_NAME = 4;

/**
 * @param limit characters
 * @returns true when it is surely longer; an object that writes itself, such as a time, counts for nothing
 */
export function isLonger(value: unknown, limit: number): boolean {
  return leftAfter(value, limit) < 0;
}

/** @returns characters that are left at most; less than 0 when it is longer */
function leftAfter(value: unknown, limit: number): number {
  if (limit < 0) return limit;
  if (typeof value === "string") return limit - value.length - QUOTES;
  if (typeof value !== "object" || value === null) return limit - 1;
  // A byte of a Buffer has two characters and more, and so have eight bytes of a list of numbers.
  if (ArrayBuffer.isView(value)) return limit - value.byteLength / 4;
  if (typeof (value as { toJSON?: unknown }).toJSON === "function") return limit;
  let left = limit;
  if (Array.isArray(value)) {
    for (let at = 0; at < value.length && left >= 0; at++) left = leftAfter(value[at], left - 1);
    return left;
  }
  const fields = value as Record<string, unknown>;
  for (const name of firstKeys(fields, Math.ceil(limit / SHORTEST_PROPERTY) + 1)) {
    const field = fields[name];
    // JSON leaves these out.
    if (field === undefined || typeof field === "function") continue;
    left = leftAfter(field, left - name.length - AROUND_NAME);
    if (left < 0) break;
  }
  return left;
}
