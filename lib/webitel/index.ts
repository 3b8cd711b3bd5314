/** What may be used of this folder on its own: a client for Webitel, the exactly-once upload, and the vendor's names. */
export * from "./client.js";
export * from "./events.js";
export * from "./requests.js";
export * from "./tables.js";
export * from "./types.js";
