/** Voicenter's External Layer: reads its requests and builds the answers ("External Layer API"). */
export * from "./answer.js";
export { ContactCenterError, type ErrorCause } from "./errors.js";
export * from "./events.js";
export * from "./request.js";
export * from "./sessions.js";
export * from "./tables.js";
