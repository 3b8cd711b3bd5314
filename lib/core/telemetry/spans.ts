/**
 * Every span and attribute that this pack exports to OpenTelemetry: what types, docs and tests are made of. Nothing loads it at
 * run time, so the package does not bring it.
 */

/** Attributes: what each one says. None of them holds a number that was dialled, a person, an address of an agent or a credential. */
export const ATTRIBUTES = {
  "contact_center.vendor": "enreach, anywhere365, webitel or voicenter",
  "contact_center.node.type": "Type of the node, such as smartrouting-in",
  "contact_center.node.id": "Id of the node in the flow",
  "contact_center.outcome": "What came of it",
  "contact_center.reason": "Why a request was refused, or got the fallback answer",
  "contact_center.operation": "The vendor's name of what was asked, such as CreateCall",
  "http.request.method": "Method of the request",
  "http.request.resend_count": "How often the request was sent before",
  "http.response.status_code": "Status of the answer",
  "server.address": "Host that was asked",
  "server.port": "Its port",
  "error.type": "Why, of a request that failed",
} as const satisfies Record<string, string>;
/** One of {@link ATTRIBUTES}. */
export type AttributeName = keyof typeof ATTRIBUTES;
/** Values by the attributes' names; undefined is left out. */
export type Facts = Partial<Record<AttributeName, string | number | undefined>>;

/** A span. */
export interface SpanKind {
  kind: "server" | "client" | "internal";
  /** How its name is made. */
  name: string;
  description: string;
  attributes: readonly AttributeName[];
}

/** The spans. */
export const SPANS = {
  received: {
    kind: "server",
    name: "<node type>",
    description:
      "A vendor's request, from its arrival to its answer; internal below the span of an HTTP instrumentation",
    attributes: [
      "contact_center.vendor",
      "contact_center.node.type",
      "contact_center.outcome",
      "contact_center.reason",
      "contact_center.node.id",
      "http.response.status_code",
      "error.type",
    ],
  },
  late: {
    kind: "internal",
    name: "<node type> late answer",
    description: "A flow's answer to a call that had the fallback answer already; it has no duration",
    attributes: ["contact_center.vendor", "contact_center.node.type", "contact_center.outcome"],
  },
  sent: {
    kind: "client",
    name: "<vendor> <operation>",
    description:
      "A request to a vendor, each try, in the trace of the message. Those of a connection or subscription have a trace of their own, with a link to what they came from",
    attributes: [
      "contact_center.vendor",
      "contact_center.operation",
      "http.request.method",
      "http.request.resend_count",
      "http.response.status_code",
      "server.address",
      "server.port",
      "error.type",
    ],
  },
} as const satisfies Record<string, SpanKind>;
