/** What an external layer's request is in the models that all vendors share: a call, and a vendor's event. */
import { randomUUID } from "node:crypto";
import type { Call } from "../core/call.js";
import { eventKey, type VendorEvent } from "../core/event.js";
import { idText, withoutEmpty } from "../core/values.js";
import type { LayerRequest } from "./request.js";
import { REQUEST_NAME } from "./tables.js";

/**
 * The call that a request is about.
 * @param at when the request came, ISO 8601
 */
export function callFacts({ IVR_UNIQUE_ID, CALLER_ID, DID }: LayerRequest, at: string): Call {
  return withoutEmpty<Call>({
    vendor: "voicenter",
    id: idText(IVR_UNIQUE_ID),
    state: "incoming",
    direction: "inbound",
    from: CALLER_ID,
    to: DID,
    at,
  }) as Call;
}

/**
 * The request as an event.
 * @param receivedAt ISO 8601
 */
export function eventFacts(request: LayerRequest, receivedAt: string): VendorEvent {
  // Without the vendor's id two calls of one caller look alike, and they are not the same call.
  const key = idText(request.IVR_UNIQUE_ID) ? eventKey("voicenter", REQUEST_NAME, request) : randomUUID();
  return { key, vendor: "voicenter", name: REQUEST_NAME, receivedAt };
}
