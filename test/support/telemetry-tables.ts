/** The tables of `docs/operating.md`, and the names that Prometheus gives to metrics, made of the code's own tables. */
import { ATTRIBUTES, type SpanKind, SPANS } from "../../lib/core/telemetry/spans.js";
import { type Metric, METRICS } from "../../lib/core/telemetry/table.js";

/** Prometheus' words for units; what is counted, in braces, has none. */
const UNITS: Record<string, string> = { s: "_seconds" };
/** What a histogram becomes. */
const HISTOGRAM = ["_bucket", "_sum", "_count"];

/** A metric's name in Prometheus, of a histogram without what its three series add. */
export function prometheusName(name: string, { kind, unit }: Metric): string {
  const plain = name.replaceAll(".", "_") + (UNITS[unit] ?? "");
  return kind === "counter" ? `${plain}_total` : plain;
}

/** Each series that Prometheus has, with the labels that it may have. */
export function prometheusSeries(): Map<string, ReadonlySet<string>> {
  return new Map(
    Object.entries(METRICS).flatMap(([name, metric]: [string, Metric]) => {
      const plain = prometheusName(name, metric);
      const labels = metric.attributes.map((attribute) => attribute.replaceAll(".", "_"));
      const names = metric.kind === "histogram" ? HISTOGRAM.map((end) => plain + end) : [plain];
      return names.map((each) => [each, new Set([...labels, "le"])] as const);
    }),
  );
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(" | ")} |`;
  return [line(head), `|${"---|".repeat(head.length)}`, ...rows.map(line)].join("\n");
}

const code = (text: string): string => `\`${text}\``;
const list = (names: readonly string[]): string =>
  names.map((name) => code(name.replace("contact_center.", ""))).join(", ");

/** The tables by the mark behind which they stand. */
export const TABLES: Record<string, string> = {
  spans: table(
    ["name", "kind", "what", "attributes"],
    Object.values(SPANS).map(({ name, kind, description, attributes }: SpanKind) => [
      code(name),
      kind,
      description,
      list(attributes),
    ]),
  ),
  metrics: table(
    ["name", "in Prometheus", "kind", "unit", "what", "attributes"],
    Object.entries(METRICS).map(([name, metric]: [string, Metric]) => [
      code(name),
      code(prometheusName(name, metric)),
      metric.kind,
      code(metric.unit),
      metric.description,
      list(metric.attributes),
    ]),
  ),
  attributes: table(
    ["name", "what"],
    Object.entries(ATTRIBUTES).map(([name, description]) => [code(name), description]),
  ),
};
