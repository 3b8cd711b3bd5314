/** Values from outside, where the document says one thing and the wire may say another. */

/** Text, number and boolean as text; undefined for everything else. */
export function plainText(value: unknown): string | undefined {
  if (typeof value === "string") return value;
  return (typeof value === "number" && Number.isFinite(value)) || typeof value === "boolean"
    ? String(value)
    : undefined;
}

/** True for a GUID, in any case, in braces or not. */
export const isGuid = (text: string): boolean => /^\{?[0-9a-f]{8}(?:-?[0-9a-f]{4}){3}-?[0-9a-f]{12}\}?$/i.test(text);

/** Ids and addresses from outside are remembered up to this length, in characters: the vendors' own are shorter. */
export const LONGEST_ID = 256;

/** An id as text; undefined for what stands for none: blank text, 0, true and false. */
export function idText(value: unknown): string | undefined {
  const text = plainText(value);
  return /^\s*(?:0|true|false)?\s*$/i.test(text ?? "") ? undefined : text;
}

/** Any value as text: dates as ISO 8601, objects as JSON, what JSON does not know as well. */
export function textOf(value: unknown): string {
  if (typeof value === "string") return value;
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? "" : value.toISOString();
  return typeof value === "object" && value !== null ? jsonOf(value) : String(value);
}

/** A Map as an object, a Set as a list; everything else as it is. A function node has classes of its own, so their names count. */
export function withoutMap(value: unknown): unknown {
  if (typeof value !== "object" || value === null) return value;
  const name = Object.prototype.toString.call(value);
  if (name === "[object Map]") return Object.fromEntries(value as Map<string, unknown>);
  return name === "[object Set]" ? [...(value as Set<unknown>)] : value;
}

/** JSON, with BigInt as text, which JSON itself refuses, and Map and Set, which it leaves empty, as objects and lists. */
export function jsonOf(value: unknown): string {
  return JSON.stringify(value, (_, each: unknown) => (typeof each === "bigint" ? String(each) : withoutMap(each)));
}

/** So many digits may be more than a number holds exactly. */
const LONG = /\d{16}/;
const JSON_TOKEN = /"[^"\\]*(?:\\.[^"\\]*)*"|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/g;

/**
 * Reads JSON. An integer that a number cannot hold exactly becomes the text of its digits: vendors have 64-bit ids.
 * @throws SyntaxError
 */
export function parseJson(text: string): unknown {
  const value = JSON.parse(text) as unknown;
  if (!LONG.test(text)) return value;
  const exact = (token: string): string =>
    /^-?\d{16,}$/.test(token) && !Number.isSafeInteger(Number(token)) ? `"${token}"` : token;
  return JSON.parse(text.replace(JSON_TOKEN, exact)) as unknown;
}

/** An integer, also where it came as decimal digits in text; undefined for everything else, `"0x10"` and `"1e3"` included. */
export function plainInteger(value: unknown): number | undefined {
  const number = typeof value === "string" && /^\s*[+-]?\d+\s*$/.test(value) ? Number(value) : value;
  return typeof number === "number" && Number.isSafeInteger(number) ? number : undefined;
}

/** What was thrown, in words. Never throws: a message may be a property that does, and so may `toString`. */
export function messageOf(error: unknown): string {
  try {
    return String((error as Error | undefined)?.message ?? error);
  } catch {
    return "an error without a message";
  }
}

/** The largest 32-bit integer, which several vendors' fields and the timers of node take. */
export const INT32_MAX = 2 ** 31 - 1;

/** The longest time that a timer can count, in milliseconds: one set for longer fires at once. */
export const MAX_TIMER_MS = INT32_MAX;

/** True for what was left empty: undefined, null and empty text. */
export function isBlank(value: unknown): value is undefined | null | "" {
  return value === undefined || value === null || value === "";
}

/** True for what is blank, and for text of white space only. */
export function isBlankText(value: unknown): boolean {
  return isBlank(typeof value === "string" ? value.trim() : value);
}

/** True for a plain object: neither a list nor bytes. */
export function isRecord(value: unknown): value is Record<string, unknown> {
  return value !== null && typeof value === "object" && !Array.isArray(value) && !ArrayBuffer.isView(value);
}

/**
 * Copies an object without the properties that are undefined, null or empty text: an unknown fact is left out.
 * @returns the copy, or undefined when nothing is left
 */
export function withoutEmpty<T extends object>(facts: { [K in keyof T]: T[K] | undefined | null }): T | undefined {
  let copy: Record<string, unknown> | undefined;
  for (const name of Object.keys(facts)) {
    const value = facts[name as keyof T];
    if (!isBlank(value)) (copy ??= {})[name] = value;
  }
  return copy as T | undefined;
}

/** A copy of what `JSON.parse` made, at all depths, without any `__proto__`; several times as fast as `structuredClone`. */
export function copyOfJson<T>(value: T): T {
  if (value === null || typeof value !== "object") return value;
  if (Array.isArray(value)) return value.map(copyOfJson) as T;
  const copy: Record<string, unknown> = {};
  for (const name of Object.keys(value))
    if (name !== "__proto__") copy[name] = copyOfJson((value as Record<string, unknown>)[name]);
  return copy as T;
}

/**
 * The own properties of plain data by name in lower case. Of two that differ in case only, the documented spelling wins,
 * else the first. Nothing of a prototype is taken for data.
 * @param value anything; what is not a plain object has no properties
 * @param documented names in the spelling that the vendor documents
 * @returns by name in lower case: the name as it is spelled, and the value
 */
export function propertiesIgnoringCase(
  value: unknown,
  documented: readonly string[] = [],
): Map<string, [name: string, value: unknown]> {
  const properties = new Map<string, [string, unknown]>();
  if (!isRecord(value)) return properties;
  for (const [name, content] of Object.entries(value)) {
    const key = name.toLowerCase();
    if (!properties.has(key)) properties.set(key, [name, content]);
  }
  for (const name of documented) {
    if (Object.hasOwn(value, name)) properties.set(name.toLowerCase(), [name, value[name]]);
  }
  return properties;
}

/**
 * A reader of properties without regard to case, by the rule of {@link propertiesIgnoringCase}.
 * @param value anything; what is not a plain object has no properties
 * @returns a function of names in the documented spelling: the value of the first that is present and not undefined
 */
export function readIgnoringCase(value: unknown): (...names: string[]) => unknown {
  const data = isRecord(value) ? value : {};
  let spelled: Map<string, string> | undefined;
  // Only what is asked for is read: another property may throw.
  const namedAlike = (name: string): unknown => {
    if (!spelled) {
      spelled = new Map();
      for (const each of Object.keys(data)) if (!spelled.has(each.toLowerCase())) spelled.set(each.toLowerCase(), each);
    }
    const own = spelled.get(name.toLowerCase());
    return own === undefined ? undefined : data[own];
  };
  return (...names) => {
    for (const name of names) {
      const exact = Object.hasOwn(data, name) ? data[name] : undefined;
      const found = exact ?? namedAlike(name);
      if (found !== undefined) return found;
    }
    return undefined;
  };
}
