/** The span and the counts of what a vendor sent: a call that waits for its answer, or an event. */
import type { Context, Span } from "@opentelemetry/api";
import type { Vendor } from "../errors.js";
import { openTelemetry } from "./api.js";
import { contextOf, traceHeaders } from "./message.js";
import { count, measure } from "./metrics.js";
import type { Facts } from "./spans.js";
import { SCOPE } from "./table.js";

/** What came. */
export interface Received {
  vendor: Vendor;
  /** Who received it. */
  node: { id: string; type?: string };
  /** A call gets an answer from the flow, an event at once. */
  kind: "call" | "event";
  /** When it came, as `performance.now()` has it. */
  arrivedAt: number;
  /** Of the request; the trace in them is continued. Absent for one that nobody may continue a trace with: a refused one. */
  headers?: Readonly<Record<string, string | string[] | undefined>>;
}

/** What came of it; `gone` where the caller hung up before. */
export type ReceivedOutcome = "answered" | "received" | "fallback" | "gone" | "refused";

/** A span that goes on. */
export interface ReceivedSpan {
  /** Puts the trace on a message. */
  mark(message: object): void;
  /** Does work within the trace. */
  within(work: () => void): void;
  /** Ends and counts it, once. @param status of the answer */
  end(outcome: ReceivedOutcome, status?: number, reason?: string): void;
}

/** Outcomes that an operator has to look at, where the vendor or the caller did not cause them. */
const FAILED: ReadonlySet<ReceivedOutcome> = new Set(["fallback"]);

/** Begins the span of what came; undefined without an SDK. */
export function beginReceived(received: Received): ReceivedSpan | undefined {
  const api = openTelemetry();
  if (!api) return undefined;
  const { vendor, node, kind, arrivedAt, headers } = received;
  const startTime = Date.now() - (performance.now() - arrivedAt);
  const facts: Facts = { "contact_center.vendor": vendor, "contact_center.node.type": node.type };
  const active = api.context.active();
  // An HTTP instrumentation has begun a span for this request already, and continued the caller's trace.
  const isBelow = api.trace.getSpan(active)?.isRecording() === true;
  const parent = isBelow || !headers ? active : api.propagation.extract(api.ROOT_CONTEXT, headers);
  const span = api.trace.getTracer(SCOPE).startSpan(
    node.type ?? kind,
    {
      kind: isBelow ? api.SpanKind.INTERNAL : api.SpanKind.SERVER,
      startTime,
      attributes: { ...facts, "contact_center.node.id": node.id },
    },
    parent,
  );
  return new Begun(api, span, api.trace.setSpan(parent, span), received, facts, startTime);
}

class Begun implements ReceivedSpan {
  private hasEnded = false;

  constructor(
    private readonly api: NonNullable<ReturnType<typeof openTelemetry>>,
    private readonly span: Span,
    private readonly context: Context,
    private readonly received: Received,
    private readonly facts: Facts,
    private readonly startTime: number,
  ) {}

  mark(message: object): void {
    const span = this.span.spanContext();
    if (this.api.isSpanContextValid(span)) Object.assign(message, traceHeaders(span));
  }

  within(work: () => void): void {
    this.api.context.with(this.context, work);
  }

  end(outcome: ReceivedOutcome, status?: number, reason?: string): void {
    if (this.hasEnded) return;
    this.hasEnded = true;
    const { kind, arrivedAt } = this.received;
    const elapsedMs = performance.now() - arrivedAt;
    const said: Facts = { "contact_center.outcome": outcome, "contact_center.reason": reason };
    const { span } = this;
    for (const [name, value] of Object.entries({ ...said, "http.response.status_code": status }))
      if (value !== undefined) span.setAttribute(name, value);
    if (FAILED.has(outcome)) {
      span.setAttribute("error.type", reason ?? outcome);
      span.setStatus({ code: this.api.SpanStatusCode.ERROR });
    }
    span.end(this.startTime + elapsedMs);
    const facts = { ...this.facts, ...said };
    if (kind === "event") {
      count("contact_center.events", facts);
      return;
    }
    count("contact_center.calls", facts);
    if (outcome !== "refused") measure("contact_center.call.duration", facts, elapsedMs / 1000);
  }
}

/**
 * Counts a flow's answer to a call that had the fallback already, and shows it in the call's trace.
 * @param message that carried the answer
 */
export function noteLate({ vendor, node }: Pick<Received, "vendor" | "node">, message: object): void {
  const api = openTelemetry();
  if (!api) return;
  const facts: Facts = { "contact_center.vendor": vendor, "contact_center.node.type": node.type };
  count("contact_center.late_answers", facts);
  const attributes = { ...facts, "contact_center.outcome": "late" };
  api.trace.getTracer(SCOPE).startSpan(`${node.type} late answer`, { attributes }, contextOf(message)).end();
}
