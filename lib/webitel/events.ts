/** What Webitel sends us (5.): the lookup of a caller and the events of a call. */
import { randomUUID } from "node:crypto";
import type { Call, CallDirection } from "../core/call.js";
import { eventKey, type VendorEvent } from "../core/event.js";
import { idText, isRecord, plainText, withoutEmpty } from "../core/values.js";
import { refused } from "./errors.js";
import { asTexts } from "./fields.js";
import { EVENT_STATES } from "./tables.js";

/** The name of a lookup's `msg.event`. */
const LOOKUP_NAME = "lookup";

/** A lookup in all its readings. */
export interface CallerLookup {
  payload: Record<string, unknown>;
  call: Call;
  event: VendorEvent;
}

/**
 * Reads the query of a lookup. A caller with a withheld number has no `cid`, and is a caller too.
 * @param receivedAt ISO 8601
 */
export function readLookup(query: Record<string, unknown>, receivedAt: string): CallerLookup {
  const payload = withNumbers(query);
  const { cid } = payload as { cid?: unknown };
  const from = Array.isArray(cid) ? (cid as unknown[])[0] : cid;
  return {
    payload,
    call: {
      vendor: "webitel",
      state: "incoming",
      direction: "inbound",
      ...withoutEmpty({ from: from as string }),
      at: receivedAt,
    },
    // The vendor sends no call id: two lookups of one number are two calls.
    event: { key: randomUUID(), vendor: "webitel", name: LOOKUP_NAME, receivedAt },
  };
}

/** A copy with plus signs: one that was put into an address or a form as it is arrives as a blank, and no number begins with that. */
function withNumbers(query: Record<string, unknown>): Record<string, unknown> {
  const number = (cid: unknown): unknown => (typeof cid === "string" ? cid.replace(/^ (?=\d)/, "+") : cid);
  const { cid } = query;
  return { ...query, ...("cid" in query && { cid: Array.isArray(cid) ? cid.map(number) : number(cid) }) };
}

/**
 * The answer to a lookup: the flow's object as it is.
 * @param payload what the flow made
 * @param query what the lookup asked; undefined when the flow threw it away
 * @throws ContactCenterError `EINVALID` when it is no object, or still the query
 */
export function lookupAnswer(payload: unknown, query: unknown): object {
  const wrong = (key: string): ReturnType<typeof refused> =>
    refused(key, { vendor: "webitel", operation: "lookup", field: "payload" });
  // By its tag, since objects of function nodes have prototypes of their own: an Error or a Map would become "{}".
  if (!isRecord(payload) || Object.prototype.toString.call(payload) !== "[object Object]")
    throw wrong("webitel.errors.answer.object");
  if (isQuery(payload, query)) throw wrong("webitel.errors.answer.query");
  return payload;
}

/** A query is flat: text, or a list of texts where a name came twice. */
function isQuery(payload: Record<string, unknown>, query: unknown): boolean {
  const names = Object.keys(payload);
  if (query === null || typeof query !== "object") return names.every((name) => name === "cid");
  const asked = withNumbers(query as Record<string, unknown>);
  const same = (a: unknown, b: unknown): boolean =>
    Array.isArray(a) && Array.isArray(b) ? a.join("\n") === b.join("\n") : a === b;
  return names.length === Object.keys(asked).length && names.every((name) => same(payload[name], asked[name]));
}

/** An event in all its readings. */
export interface ReadEvent {
  payload: Record<string, string>;
  topic?: string;
  /** Missing for an event that we do not know. */
  call?: Call;
  event: VendorEvent;
}

/** Whom or what an event names: by an id, or as the platform's own `{id, name}`. @param text the value as text */
function recordOf(value: unknown, text: string | undefined): { id?: string; name?: string } | undefined {
  if (!isRecord(value)) return withoutEmpty({ id: text });
  return withoutEmpty({ id: idText(value["id"]), name: plainText(value["name"]) });
}

/**
 * Reads an event. Nothing is refused: the events are made in the customer's own Webitel flow.
 * @param body fields of JSON or of a form
 * @param receivedAt ISO 8601
 */
export function readEvent(body: Record<string, unknown>, receivedAt: string): ReadEvent {
  const payload = asTexts(withNumbers(body));
  const { event: name = "", queue, uuid, agent, cid } = payload;
  const state = Object.hasOwn(EVENT_STATES, name) ? EVENT_STATES[name as keyof typeof EVENT_STATES] : undefined;
  const direction = payload["direction"]?.toLowerCase() ?? "";
  const isDirection = direction === "inbound" || direction === "outbound";
  const call: Call | undefined = state && {
    vendor: "webitel",
    ...withoutEmpty({ id: idText(uuid) }),
    state,
    ...(isDirection && { direction: direction satisfies CallDirection }),
    ...withoutEmpty<Pick<Call, "from" | "to">>(
      // One that we do not know may be either; an event without any is that of a caller.
      direction === "outbound"
        ? { from: undefined, to: cid }
        : { from: direction === "inbound" || direction === "" ? cid : undefined, to: undefined },
    ),
    // An id or an extension, as agreed with Webitel.
    ...withoutEmpty({ agent: recordOf(body["agent"], agent) }),
    ...withoutEmpty({ queue: recordOf(body["queue"], queue) }),
    at: receivedAt,
  };
  return {
    payload,
    ...(name !== "" && { topic: name }),
    ...(call && { call }),
    event: { key: eventKey("webitel", name, payload), vendor: "webitel", name, receivedAt },
  };
}
