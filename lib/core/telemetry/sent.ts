/** The span and the duration of a request to a vendor. */
import type { Context } from "@opentelemetry/api";
import type { Vendor } from "../errors.js";
import { openTelemetry } from "./api.js";
import { traceHeaders } from "./message.js";
import { measure } from "./metrics.js";
import type { Facts } from "./spans.js";
import { SCOPE } from "./table.js";

/** A request that is about to be sent. */
export interface Sent {
  vendor: Vendor;
  /** The vendor's name of the operation: one of few. */
  operation: string;
  method: string;
  /** Base address: nothing but its host and port is exported. */
  url: string;
  /** How often it was sent before. */
  resends: number;
  /** It is about no message alone: its trace is one of its own, with a link to what it came from. */
  isShared?: boolean;
}

/**
 * What the SDK's own instrumentations respect: they see nothing below. Their span would repeat ours, with the whole address,
 * which may name a person.
 */
const SUPPRESSED = "OpenTelemetry SDK Context Key SUPPRESS_TRACING";

/**
 * Sends a request within its span.
 * @param send gets the headers that continue the trace at the vendor; none without an SDK
 */
export async function withinSent<Answer extends { status: number }>(
  sent: Sent,
  send: (headers: Record<string, string>) => Promise<Answer>,
): Promise<Answer> {
  const api = openTelemetry();
  if (!api) return send({});
  const { vendor, operation, method, url, resends, isShared } = sent;
  const facts: Facts = { "contact_center.vendor": vendor, "contact_center.operation": operation };
  const active = api.context.active();
  const origin = api.trace.getSpanContext(active);
  const parent: Context = isShared ? api.ROOT_CONTEXT : active;
  const span = api.trace.getTracer(SCOPE).startSpan(
    `${vendor} ${operation}`,
    {
      kind: api.SpanKind.CLIENT,
      attributes: {
        ...facts,
        ...addressOf(url),
        "http.request.method": method,
        ...(resends > 0 && { "http.request.resend_count": resends }),
      },
      ...(isShared && origin && { links: [{ context: origin }] }),
    },
    parent,
  );
  const begun = performance.now();
  const end = (status: number | undefined, fault: string | undefined): void => {
    if (status !== undefined) span.setAttribute("http.response.status_code", status);
    if (fault !== undefined) span.setAttribute("error.type", fault).setStatus({ code: api.SpanStatusCode.ERROR });
    span.end();
    const result: Facts = { ...facts, "http.response.status_code": status, "error.type": fault };
    measure("contact_center.request.duration", result, (performance.now() - begun) / 1000);
  };
  const own = span.spanContext();
  const headers = api.isSpanContextValid(own) ? { ...traceHeaders(own) } : {};
  const within = api.trace.setSpan(parent, span).setValue(api.createContextKey(SUPPRESSED), true);
  try {
    const answer = await api.context.with(within, () => send(headers));
    end(answer.status, undefined);
    return answer;
  } catch (error) {
    const { code, cause } = error as { code?: number | string; cause?: { status?: unknown } };
    const status = typeof cause?.status === "number" ? cause.status : undefined;
    end(status, String(status ?? code ?? "_OTHER"));
    throw error;
  }
}

function addressOf(url: string): Facts {
  if (!URL.canParse(url)) return {};
  const { hostname, port, protocol } = new URL(url);
  return { "server.address": hostname, "server.port": Number(port) || (protocol === "https:" ? 443 : 80) };
}
