/** A client for the Anywhere365 CTI Broker, its commands, and a reader of what the broker posts. */
export {
  type AuthKind,
  createCtiClient,
  type CtiClient,
  type CtiClientOptions,
  type SubscribeRequest,
} from "./client.js";
export { type Command, type CommandBody, readCommand } from "./commands.js";
export type { Call } from "../core/call.js";
export { ContactCenterError, type ErrorCause } from "./errors.js";
export type { VendorEvent } from "../core/event.js";
export { callFacts, type CtiEvent, eventFacts, readEvent } from "./events.js";
export {
  COMMANDS,
  type CommandName,
  ENUM_STYLES,
  type EnumStyle,
  EVENTS,
  type EventName,
  SESSION_TYPES,
  type SessionTypeName,
} from "./tables.js";
export { type Transfer, TransferRule } from "./transfers.js";
