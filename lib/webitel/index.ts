/** A client for Webitel, the bodies of its requests, and readers of what it posts. */
export { createWebitelClient, type Query, type WebitelClient, type WebitelOptions } from "./client.js";
export type { Call } from "../core/call.js";
export { ContactCenterError, type ErrorCause } from "./errors.js";
export type { VendorEvent } from "../core/event.js";
export { type CallerLookup, lookupAnswer, type ReadEvent, readEvent, readLookup } from "./events.js";
export {
  agentQuery,
  type AttemptRequest,
  attemptRequest,
  type AttemptValues,
  callBody,
  type CallValues,
} from "./requests.js";
export { AGENT_FILTERS } from "./tables.js";
export type { Agent, Communication, FoundMember, Lookup, Member } from "./types.js";
