/** What a message may ask of `rte-subscribe`, as a table of actions. */
import { refused } from "../../lib/core/errors.js";
import { catalogueName } from "../../lib/rte/tables.js";
import type { Subject } from "../../lib/rte/events.js";
import { noticesOf } from "../../lib/rte/member.js";
import type { Result } from "../../lib/rte/subscriptions.js";
import { readIgnoringCase } from "../../lib/core/values.js";

/** What answers a control message. */
export interface Answer {
  topic: string;
  payload: unknown;
}

/** The node, as the actions see it. */
export interface Controlled {
  subscribe(subjects: Subject[]): Promise<Result[]>;
  unsubscribe(subjects?: Subject[]): Promise<Result[]>;
  list(): Promise<Result[]>;
  available(): Promise<string[]>;
  activate(): Promise<Result[]>;
  deactivate(): Promise<Result[]>;
}

/** The catalogue's spelling where it knows the name. */
export function subjectOf(entityId: string, eventName: string): Subject {
  return { entityId, eventName: catalogueName(eventName) ?? eventName };
}

/**
 * Reads a list of `{EntityId, EventName}`, names in any case; a single one counts as a list.
 * @throws ContactCenterError `EINVALID` with the item that is wrong
 */
export function readSubjects(operation: string, payload: unknown): Subject[] {
  const items: unknown[] = Array.isArray(payload) ? payload : [payload];
  if (items.length === 0) throw refused("rte.errors.empty-list", { vendor: "enreach", operation, field: "payload" });
  return items.map((item, index) => {
    const read = readIgnoringCase(item);
    const text = (name: string): string => {
      const value = read(name);
      if (typeof value !== "string" || value.trim() === "")
        throw refused("rte.errors.item", { vendor: "enreach", operation, field: `payload[${index}].${name}` });
      return value.trim();
    };
    return subjectOf(text("EntityId"), text("EventName"));
  });
}

function told(results: Result[], otherwise: string): Answer[] {
  const notices = noticesOf(results);
  return notices.length > 0 ? notices : [{ topic: otherwise, payload: [] }];
}

/** Actions by name. Each gives one or two answers. */
export const ACTIONS: Readonly<Record<string, (node: Controlled, payload: unknown) => Promise<Answer[]>>> = {
  subscribe: async (node, payload) => told(await node.subscribe(readSubjects("Subscribe", payload)), "subscribed"),
  unsubscribe: async (node, payload) => [
    { topic: "unsubscribed", payload: await node.unsubscribe(readSubjects("Unsubscribe", payload)) },
  ],
  "unsubscribe-all": async (node) => [{ topic: "unsubscribed", payload: await node.unsubscribe() }],
  list: async (node) => [{ topic: "list", payload: await node.list() }],
  available: async (node) => [{ topic: "available", payload: await node.available() }],
  activate: async (node) => told(await node.activate(), "subscribed"),
  deactivate: async (node) => [{ topic: "unsubscribed", payload: await node.deactivate() }],
};
