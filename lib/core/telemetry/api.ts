/**
 * OpenTelemetry's API, where an operator has started an SDK in this process. Without one nothing is loaded, and a call costs
 * one look.
 */
import type * as OpenTelemetry from "@opentelemetry/api";

/** Where an SDK registers itself for every copy of the API in the process. */
const REGISTERED = Symbol.for("opentelemetry.js.api.1");

let api: typeof OpenTelemetry | undefined;

/** @returns the API; undefined while no SDK has registered itself */
export function openTelemetry(): typeof OpenTelemetry | undefined {
  if (api) return api;
  if ((globalThis as Record<symbol, unknown>)[REGISTERED] === undefined) return undefined;
  return (api = require("@opentelemetry/api") as typeof OpenTelemetry);
}
