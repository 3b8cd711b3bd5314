/** What a message may ask of `rte-subscribe`, as a table of actions. */
import { refused } from "../../lib/core/errors.js";
import { catalogueName } from "../../lib/rte/tables.js";
import type { Subject } from "../../lib/rte/subject.js";
import { noticesOf, type Outcome, type Result } from "../../lib/rte/subscriber.js";
import { readIgnoringCase } from "../../lib/core/values.js";

/** What answers a control message. */
export interface Answer {
  topic: string;
  payload: unknown;
}

/** The node, as the actions see it. */
export interface Controlled {
  subscribe(subjects: Subject[]): Promise<Outcome>;
  unsubscribe(subjects?: Subject[]): Promise<Result[]>;
  list(): Promise<Result[]>;
  available(): Promise<string[]>;
  activate(): Promise<Outcome>;
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

function answersOf(outcome: Outcome): Answer[] {
  const notices = noticesOf(outcome);
  return notices.length > 0 ? notices : [{ topic: "subscribed", payload: [] }];
}

/** Gives one or two answers. */
type Action = (node: Controlled, payload: unknown) => Promise<Answer[]>;

const ACTIONS = new Map<string, Action>([
  ["subscribe", async (node, payload) => answersOf(await node.subscribe(readSubjects("Subscribe", payload)))],
  [
    "unsubscribe",
    async (node, payload) => [
      { topic: "unsubscribed", payload: await node.unsubscribe(readSubjects("Unsubscribe", payload)) },
    ],
  ],
  ["unsubscribe-all", async (node) => [{ topic: "unsubscribed", payload: await node.unsubscribe() }]],
  ["list", async (node) => [{ topic: "list", payload: await node.list() }]],
  ["available", async (node) => [{ topic: "available", payload: await node.available() }]],
  ["activate", async (node) => answersOf(await node.activate())],
  ["deactivate", async (node) => [{ topic: "unsubscribed", payload: await node.deactivate() }]],
]);

/**
 * The action of a name, in any case.
 * @throws ContactCenterError `EINVALID` when there is none
 */
export function actionOf(name: unknown): Action {
  const action = ACTIONS.get(String(name).trim().toLowerCase());
  if (action === undefined) {
    const cause = { vendor: "enreach", operation: "control", field: "action" } as const;
    throw refused("rte.errors.action", cause, { value: String(name).slice(0, 60) });
  }
  return action;
}
