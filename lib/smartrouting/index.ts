/** Enreach SmartRouting: reads its requests and builds the answers ("HTTP Integrator Guide"). */
export { answerBody, type AnswerValues, checkValue, type TargetKind, targetKind } from "./answer.js";
export type { Call } from "../core/call.js";
export { ContactCenterError, type ErrorCause } from "./errors.js";
export type { VendorEvent } from "../core/event.js";
export { callFacts, eventFacts } from "./events.js";
export { type ExtraData, readExtraData, readRequest, type SmartRoutingRequest } from "./request.js";
export { ANSWER_FIELDS, type AnswerField, type AnswerFieldName, DISCONNECT, REQUEST_KEYS } from "./tables.js";
