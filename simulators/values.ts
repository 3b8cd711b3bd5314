/** What values are, where a simulator reads JSON. */

/** True for an object of JSON: no list, and not null. */
export function isObject(value: unknown): value is Record<string, unknown> {
  return value !== null && typeof value === "object" && !Array.isArray(value);
}
