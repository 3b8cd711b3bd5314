/** What a SmartRouting request is in the models that all vendors share: a call, and a vendor's event. */
import { randomUUID } from "node:crypto";
import type { Call } from "../core/call.js";
import { eventKey, type VendorEvent } from "../core/event.js";
import { propertiesIgnoringCase, withoutEmpty } from "../core/values.js";
import type { ExtraData, SmartRoutingRequest } from "./request.js";
import { REQUEST_NAME } from "./tables.js";

/**
 * The call that a request is about.
 * @param at when the request came, ISO 8601
 */
export function callFacts({ anum, bnum }: SmartRoutingRequest, extraData: ExtraData, at: string): Call {
  return withoutEmpty<Call>({
    vendor: "enreach",
    id: extraData.callId,
    legId: extraData.legId,
    state: "incoming",
    direction: "inbound",
    from: anum,
    to: bnum,
    agent: withoutEmpty({ id: extraData.userId }),
    queue: withoutEmpty({ id: extraData.queueId }),
    at,
  }) as Call;
}

/**
 * The request as an event.
 * @param receivedAt ISO 8601
 */
export function eventFacts(request: SmartRoutingRequest, { callId }: ExtraData, receivedAt: string): VendorEvent {
  const { extradata } = request;
  const properties = propertiesIgnoringCase(extradata);
  const content = {
    ...request,
    extradata:
      properties.size > 0 ? Object.fromEntries([...properties].map(([key, [, value]]) => [key, value])) : extradata,
  };
  // Without the vendor's id two calls of one caller look alike, and they are not the same call.
  const key = callId === undefined ? randomUUID() : eventKey("enreach", REQUEST_NAME, content);
  return { key, vendor: "enreach", name: REQUEST_NAME, receivedAt };
}
