/**
 * The trace of a message. Node-RED hands messages from node to node without saying so to anybody, so a message carries its
 * trace itself: `msg.traceparent` and, where the caller sent one, `msg.tracestate`, as W3C Trace Context writes them.
 */
import type { Context, SpanContext } from "@opentelemetry/api";
import { openTelemetry } from "./api.js";

/** Version, trace, span and flags; later versions may add something behind. */
const TRACEPARENT = /^(?!ff)[0-9a-f]{2}-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(?:-|$)/;

/** The headers of W3C Trace Context. */
export interface TraceHeaders {
  traceparent: string;
  tracestate?: string;
}

/** What a span is called in a header. */
export function traceHeaders({ traceId, spanId, traceFlags, traceState }: SpanContext): TraceHeaders {
  const state = traceState?.serialize();
  const flags = traceFlags.toString(16).padStart(2, "0");
  return { traceparent: `00-${traceId}-${spanId}-${flags}`, ...(state && { tracestate: state }) };
}

/**
 * The span that a message belongs to.
 * @returns undefined without an SDK, and for a message without a trace
 */
export function spanOf(message: { traceparent?: unknown; tracestate?: unknown }): SpanContext | undefined {
  const api = openTelemetry();
  if (!api || typeof message.traceparent !== "string") return undefined;
  const [, traceId = "", spanId = "", flags = ""] = TRACEPARENT.exec(message.traceparent) ?? [];
  const span: SpanContext = {
    traceId,
    spanId,
    traceFlags: Number.parseInt(flags, 16) & 1,
    isRemote: true,
    ...(typeof message.tracestate === "string" && { traceState: api.createTraceState(message.tracestate) }),
  };
  return api.isSpanContextValid(span) ? span : undefined;
}

/**
 * Where work on a message belongs: the active span where it is of the message's trace, being nearer, else the message's.
 * @returns undefined without an SDK
 */
export function contextOf(message: object): Context | undefined {
  const api = openTelemetry();
  if (!api) return undefined;
  const active = api.context.active();
  const span = spanOf(message);
  if (!span || api.trace.getSpanContext(active)?.traceId === span.traceId) return active;
  return api.trace.setSpanContext(api.ROOT_CONTEXT, span);
}

/** Does work on a message within its trace: what an instrumentation of the SDK sees there becomes part of it. */
export function withinTraceOf<Result>(message: object, work: () => Result): Result {
  const api = openTelemetry();
  const context = api && contextOf(message);
  return context ? api.context.with(context, work) : work();
}
