/** Reads what the broker posts to a callback address (vendor document, Events). Pure: bytes are read elsewhere. */
import type { Call } from "../core/call.js";
import { agentKey } from "./addresses.js";
import { refused } from "./errors.js";
import { canonicalJson, eventKey, type VendorEvent } from "../core/event.js";
import {
  EVENTS,
  EVENT_FIELDS,
  type EventFacts,
  type EventName,
  SESSION_TYPES,
  type SessionTypeName,
  enumName,
} from "./tables.js";
import { idText, plainText, propertiesIgnoringCase, withoutEmpty } from "../core/values.js";

/** An event in the vendor's spelling. What the broker left out is absent; what it added stays. */
export interface CtiEvent {
  SubscriptionId?: string;
  /** A {@link SessionTypeName}, or what came instead. */
  SessionType?: number | string;
  ImAddress?: string;
  /** An {@link EventName}, or what came instead. */
  eventType: number | string;
  callId?: string;
  ani?: string;
  /** Set on `LoggedIn`: an empty `callId` means that the log-in worked (vendor document, Note loginEvent). */
  success?: boolean;
  [more: string]: unknown;
}

/** The id that .NET writes where there is none. */
const NO_GUID = /^\{?0{8}-0{4}-0{4}-0{4}-0{12}\}?$/;
const ENUMERATIONS: ReadonlySet<string> = new Set(["SessionType", "eventType"]);
const FIELD_OF = new Map(EVENT_FIELDS.map((field) => [field.toLowerCase(), field]));

/** True for the values that stand for "no id": nothing, empty text, and the GUID of zeros. */
export function isNoId(value: unknown): boolean {
  return (
    value === undefined ||
    value === null ||
    (typeof value === "string" && (value.trim() === "" || NO_GUID.test(value.trim())))
  );
}

/**
 * Reads an event: property names of any case, enumerations as number, name or numeric text.
 * @param body the parsed JSON object
 * @throws ContactCenterError `EINVALID` when there is no `eventType`, or a blank one
 */
export function readEvent(body: unknown): CtiEvent {
  const event: Record<string, unknown> = {};
  for (const [folded, [name, value]] of propertiesIgnoringCase(body)) {
    const field = FIELD_OF.get(folded);
    if (field === undefined)
      Object.defineProperty(event, name, { value, enumerable: true, writable: true, configurable: true });
    else if (value !== null)
      event[field] = typeof value === "number" && !ENUMERATIONS.has(field) ? String(value) : value;
    else if (field === "callId") event[field] = "";
  }
  event["eventType"] = enumName(EVENTS, event["eventType"]);
  const name = event["eventType"];
  if (typeof name === "string" ? name.trim() === "" : typeof name !== "number") {
    throw refused("cti.errors.no-event", { vendor: "anywhere365", operation: "event", field: "eventType" });
  }
  if ("SessionType" in event) event["SessionType"] = enumName(SESSION_TYPES, event["SessionType"]);
  // "failed" is the documented text; whatever else stands there is no proof of a log-in either.
  if (event["eventType"] === "LoggedIn") event["success"] = isNoId(event["callId"]);
  return event as CtiEvent;
}

/**
 * `msg.event` of an event. Its key is made of everything but the subscription, so that two subscribers agree on it.
 * @param name the event's name, `Transfer` included
 * @param content the event, or what was concluded from it
 * @param receivedAt ISO 8601 with zone
 */
export function eventFacts(name: string, content: object, receivedAt: string): VendorEvent {
  const parts = Object.fromEntries(
    [...propertiesIgnoringCase(content)]
      .filter(([folded]) => folded !== "subscriptionid")
      .map(([folded, [, value]]) => [folded, value]),
  );
  return { key: eventKey("anywhere365", name, parts), vendor: "anywhere365", name, receivedAt };
}

/**
 * What is equal in all copies of an event that several subscriptions post, however each is spelled: what happened to which
 * call of which agent. Of an event without a call, the number stands for it.
 */
export function copyKey(event: CtiEvent): [call: string, content: string] {
  const { ImAddress, callId, ani } = event;
  const call = isNoId(callId) ? { ani: ani || undefined } : { callId };
  return [canonicalJson({ agent: agentKey(plainText(ImAddress) ?? ""), ...call }), copyContent(event)];
}

/** The contents, as of {@link copyKey}, of events after which this one may truly happen again. */
export function undoingContents(event: CtiEvent): string[] {
  const facts: EventFacts | undefined = Object.hasOwn(EVENTS, event.eventType)
    ? EVENTS[event.eventType as EventName]
    : undefined;
  return (facts?.undoneBy ?? []).map((eventType) => copyContent({ ...event, eventType }));
}

function copyContent({ eventType, SessionType }: CtiEvent): string {
  return canonicalJson({ eventType, SessionType: SessionType || undefined });
}

/**
 * `msg.call` of an event; undefined where the event is not about a call, or is not known.
 * @param at ISO 8601 with zone
 * @param transferred true where the transfer rule says that another agent has the call now
 */
export function callFacts(event: CtiEvent, at: string, transferred = false): Call | undefined {
  const facts: EventFacts | undefined = Object.hasOwn(EVENTS, event.eventType)
    ? EVENTS[event.eventType as EventName]
    : undefined;
  if (facts?.state === undefined) return undefined;
  const session = SESSION_TYPES[event.SessionType as SessionTypeName] as
    (typeof SESSION_TYPES)[SessionTypeName] | undefined;
  return withoutEmpty<Call>({
    vendor: "anywhere365",
    id: isNoId(event.callId) ? undefined : idText(event.callId),
    state: transferred ? "transferred" : facts.state,
    direction: session?.direction,
    from: session?.ani === "from" ? event.ani : undefined,
    to: session?.ani === "to" ? event.ani : undefined,
    agent: withoutEmpty({ address: event.ImAddress }),
    at,
  });
}
