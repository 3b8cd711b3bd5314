/** SearchAgent (2.): from filters to a query. */
import { refused } from "../core/errors.js";
import type { Query } from "./client.js";
import { AGENT_FILTERS } from "./tables.js";

const NAMES = new Map(AGENT_FILTERS.map((name) => [name.toLowerCase(), name]));

const isScalar = (value: unknown): value is string | number | boolean =>
  ["string", "number", "boolean"].includes(typeof value);

/**
 * Builds the query.
 * @param filters by the vendor's names, in any case; `page` is left out, since all pages are read
 * @throws ContactCenterError `EINVALID` for a name that the vendor does not know: the server would ignore it and list everybody
 */
export function agentQuery(filters: Record<string, unknown>): Query {
  const query: Query = {};
  for (const [given, value] of Object.entries(filters)) {
    const wrong = (key: string): ReturnType<typeof refused> =>
      refused(key, { vendor: "webitel", operation: "SearchAgent", field: given });
    if (value === undefined || value === null || value === "" || given.toLowerCase() === "page") continue;
    const name = NAMES.get(given.toLowerCase());
    if (name === undefined) throw wrong("webitel.errors.filter");
    const list = Array.isArray(value) ? (value as unknown[]) : [value];
    if (!list.every(isScalar)) throw wrong("webitel.errors.field.text");
    query[name] = list.length === 1 ? list[0] : list.map((item) => (typeof item === "boolean" ? String(item) : item));
  }
  return query;
}
