/**
 * Every metric that this pack exports to OpenTelemetry, with its unit and meaning; spans and attributes are in `spans.ts`.
 * Names and units follow the semantic conventions; what those already name has their name. `docs/operating.md`, the
 * dashboard and the alert rules are held against these tables.
 */
import type { AttributeName } from "./spans.js";

/** Who exports: the name of the tracer and of the meter. */
export const SCOPE = "@contact-center/node-red-contrib-contact-center";

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
  "contact_center.gaps": {
    kind: "counter",
    unit: "{gap}",
    description: "Gap notices: times in which events of a node may be missing",
    attributes: ["contact_center.vendor", "contact_center.node.type"],
  },
  "contact_center.gap.time": {
    kind: "counter",
    unit: "s",
    description: "How long these times were",
    attributes: ["contact_center.vendor", "contact_center.node.type"],
  },
  "contact_center.disconnections": {
    kind: "counter",
    unit: "{disconnection}",
    description: "Outages of a connection, each counted once; it connects again by itself",
    attributes: ["contact_center.vendor"],
  },
  "contact_center.request.duration": {
    kind: "histogram",
    unit: "s",
    description: "Requests to a vendor, each try",
    attributes: ["contact_center.vendor", "contact_center.operation", "http.response.status_code", "error.type"],
  },
  "contact_center.members": {
    kind: "counter",
    unit: "{member}",
    description:
      "Members of uploads: accepted, rejected, uncertain, duplicate (left out by unique), doubled (copies of a late commit), removed (of those)",
    attributes: ["contact_center.vendor", "contact_center.outcome"],
  },
} as const satisfies Record<string, Metric>;
/** One of {@link METRICS}. */
export type MetricName = keyof typeof METRICS;

/** Upper bounds of the histograms' buckets, seconds: those of the conventions, and the deadlines that vendors' calls have. */
export const SECONDS = [0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2, 3, 4, 5, 7.5, 10, 30];
