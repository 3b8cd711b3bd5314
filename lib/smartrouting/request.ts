/** The request that Enreach SmartRouting makes for each call (HTTP Integrator Guide, "SmartRouting Request" and "Extra Data"). */
import { randomUUID } from "node:crypto";
import type { Call } from "../core/call.js";
import { eventKey, type VendorEvent } from "../core/event.js";
import { plainText } from "../core/values.js";

/** What the vendor calls this request; the name of its `msg.event`. */
export const REQUEST_NAME = "SmartRouting";
/** The keys of a request, written as `msg.payload` has them. */
export const REQUEST_KEYS = ["anum", "bnum", "targetid", "extradata"] as const;

/** `msg.payload`; what the request did not carry is left out. */
export interface SmartRoutingRequest {
  /** Calling number, E.164; may be missing or be no number when it is withheld. */
  anum?: string;
  /** Called number, E.164. */
  bnum?: string;
  /** Tag from the Enreach configuration. */
  targetid?: string;
  /** As it came. */
  extradata?: unknown;
}

/** `msg.smartrouting`: the extra data by name. */
export interface SmartRoutingFacts {
  callId?: string;
  legId?: string;
  queueId?: string;
  userId?: string;
  isInternalCaller?: boolean;
  /** The `DYN_*` keys without `DYN_PAR_` or `DYN_`. */
  parameters: Record<string, unknown>;
}

/** The keys of extradata that the guide documents, in lower case, and the fact each one is. */
const FACTS = {
  callid: "callId",
  legid: "legId",
  currqueueid: "queueId",
  curruserid: "userId",
  isinternalcaller: "isInternalCaller",
} as const;

/** A request in all its readings. */
export interface ReadRequest {
  payload: SmartRoutingRequest;
  smartrouting: SmartRoutingFacts;
  call: Call;
  event: VendorEvent;
}

/**
 * Reads a request. Nothing is refused: a caller with a withheld number is a caller too.
 * @param body the JSON object; its keys are read without regard to case
 * @param receivedAt ISO 8601
 */
export function readRequest(body: Record<string, unknown>, receivedAt: string): ReadRequest {
  const byKey = folded(body);
  const payload: SmartRoutingRequest = {};
  for (const key of REQUEST_KEYS) {
    const value = key === "extradata" ? (byKey[key] ?? undefined) : plainText(byKey[key]);
    if (value !== undefined) payload[key] = value as string;
  }
  const smartrouting = readFacts(payload.extradata);
  const call: Call = {
    vendor: "enreach",
    ...(smartrouting.callId !== undefined && { id: smartrouting.callId }),
    ...(smartrouting.legId !== undefined && { legId: smartrouting.legId }),
    state: "incoming",
    direction: "inbound",
    ...(payload.anum && { from: payload.anum }),
    ...(payload.bnum && { to: payload.bnum }),
    ...(smartrouting.userId !== undefined && { agent: { id: smartrouting.userId } }),
    ...(smartrouting.queueId !== undefined && { queue: { id: smartrouting.queueId } }),
    at: receivedAt,
  };
  const content = {
    ...payload,
    extradata: isRecord(payload.extradata) ? folded(payload.extradata) : payload.extradata,
  };
  // Without the vendor's id two calls of one caller look alike, and they are not the same call.
  const key = smartrouting.callId === undefined ? randomUUID() : eventKey("enreach", REQUEST_NAME, content);
  return { payload, smartrouting, call, event: { key, vendor: "enreach", name: REQUEST_NAME, receivedAt } };
}

function readFacts(extradata: unknown): SmartRoutingFacts {
  const facts: Record<string, unknown> = {};
  const parameters: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(isRecord(extradata) ? extradata : {})) {
    const fact = FACTS[key.toLowerCase() as keyof typeof FACTS];
    const parameter = /^DYN_(?:PAR_)?(.+)$/i.exec(key)?.[1];
    if (parameter === "__proto__") continue;
    if (parameter !== undefined) parameters[parameter] = value;
    else if (fact === "isInternalCaller") facts[fact] = plainText(value)?.toLowerCase() === "true";
    else if (fact && plainText(value)) facts[fact] = plainText(value);
  }
  return { ...facts, parameters };
}

function folded(object: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(object).map(([key, value]) => [key.toLowerCase(), value]));
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return value !== null && typeof value === "object" && !Array.isArray(value);
}
