/** Voicenter's External Layer: reads its requests and builds the answers ("External Layer API"). */
export { answerBody, type AnswerValues, checkValue, ERROR_BODY, readAction } from "./answer.js";
export type { Call } from "../core/call.js";
export { ContactCenterError, type ErrorCause } from "./errors.js";
export type { VendorEvent } from "../core/event.js";
export { callFacts, eventFacts } from "./events.js";
export { type LayerRequest, readRequest } from "./request.js";
export {
  type Action,
  ACTION_FIELDS,
  ACTIONS,
  ANSWER_FIELDS,
  type AnswerField,
  type AnswerFieldName,
  LANGUAGES,
  RECORD_TYPES,
  TARGET_TYPES,
} from "./tables.js";
