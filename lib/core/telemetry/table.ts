/**
 * Every name that this pack exports to OpenTelemetry, with its unit and meaning: metrics, spans and attributes. Names and
 * units follow the semantic conventions; what those already name has their name. `docs/operating.md`, the dashboard and the
 * alert rules are held against these tables.
 */

/** Who exports: the name of the tracer and of the meter. */
export const SCOPE = "@contact-center/node-red-contrib-contact-center";

/** Attributes: what each one says. None of them holds a number that was dialled, a person, an address of an agent or a credential. */
export const ATTRIBUTES = {
  "contact_center.vendor": "enreach, anywhere365, webitel or voicenter",
  "contact_center.node.type": "Type of the node, such as smartrouting-in",
  "contact_center.node.id": "Id of the node in the flow",
  "contact_center.outcome": "What came of it",
  "contact_center.reason": "Why a request was refused, or got the fallback answer",
  "http.response.status_code": "Status of the answer",
  "error.type": "Why, of a request that failed",
} as const satisfies Record<string, string>;
/** One of {@link ATTRIBUTES}. */
export type AttributeName = keyof typeof ATTRIBUTES;
/** Values by the attributes' names; undefined is left out. */
export type Facts = Partial<Record<AttributeName, string | number | undefined>>;

/** A metric. */
export interface Metric {
  /** `counter` adds up, `histogram` has how many took how long, `gauge` is what it is now. */
  kind: "counter" | "histogram" | "gauge";
  /** As UCUM has it: `s`, or what is counted, in braces. */
  unit: string;
  description: string;
  attributes: readonly AttributeName[];
}

const RECEIVED = [
  "contact_center.vendor",
  "contact_center.node.type",
  "contact_center.outcome",
  "contact_center.reason",
] as const;

/** The metrics by name. */
export const METRICS = {
  "contact_center.calls": {
    kind: "counter",
    unit: "{call}",
    description: "Calls that a vendor asked about: answered, fallback, gone (the caller hung up) or refused",
    attributes: RECEIVED,
  },
  "contact_center.call.duration": {
    kind: "histogram",
    unit: "s",
    description: "From the vendor's request to its answer, of calls that were not refused",
    attributes: RECEIVED,
  },
  "contact_center.late_answers": {
    kind: "counter",
    unit: "{answer}",
    description: "Answers of flows to calls that had the fallback answer already",
    attributes: ["contact_center.vendor", "contact_center.node.type"],
  },
  "contact_center.events": {
    kind: "counter",
    unit: "{event}",
    description: "Events that a vendor sent: received or refused",
    attributes: RECEIVED,
  },
} as const satisfies Record<string, Metric>;
/** One of {@link METRICS}. */
export type MetricName = keyof typeof METRICS;

/** Upper bounds of the histograms' buckets, seconds: those of the conventions, and the deadlines that vendors' calls have. */
export const SECONDS = [0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2, 3, 4, 5, 7.5, 10, 30];

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
    attributes: [...RECEIVED, "contact_center.node.id", "http.response.status_code", "error.type"],
  },
  late: {
    kind: "internal",
    name: "<node type> late answer",
    description: "A flow's answer to a call that had the fallback answer already; it has no duration",
    attributes: ["contact_center.vendor", "contact_center.node.type", "contact_center.outcome"],
  },
} as const satisfies Record<string, SpanKind>;
