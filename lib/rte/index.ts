/** A client for Enreach RTE that keeps its subscriptions over outages, its two ways to log in, and the names of its events. */
export { createRteClient } from "./client.js";
export type { Call } from "../core/call.js";
export { ContactCenterError, type ErrorCause } from "./errors.js";
export type { VendorEvent } from "../core/event.js";
export type { RteEvent } from "./events.js";
export type { Subject } from "./subject.js";
export { type EnreachAccount, enreachLogin, type HubEndpoint, type Login, tokenLogin } from "./login.js";
export type { Gap, Notice, State, Subscriber, Outcome, Result } from "./subscriber.js";
export { catalogueName, EVENT_NAMES, type EventName, EVENTS } from "./tables.js";
export type { ClientOptions, RteClient } from "./types.js";
