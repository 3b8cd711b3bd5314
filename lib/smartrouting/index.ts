/** Enreach SmartRouting: reads its requests and builds the answers ("HTTP Integrator Guide"). */
export * from "./answer.js";
export { ContactCenterError, type ErrorCause } from "./errors.js";
export * from "./events.js";
export * from "./request.js";
export * from "./tables.js";
