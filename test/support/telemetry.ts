/** A collector on loopback that takes OTLP as JSON, and the SDK that a Node-RED under test is started with. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { startServer } from "./server.js";
import { until } from "./wait.js";

/** Values by name. */
type Attributes = Record<string, string | number | boolean>;

/** A span as it was exported. */
export interface ExportedSpan {
  scope: string;
  traceId: string;
  spanId: string;
  parentSpanId: string;
  name: string;
  /** 1 internal, 2 server, 3 client. */
  kind: number;
  attributes: Attributes;
  /** 2 is an error. */
  status: number;
  links: { traceId: string; spanId: string }[];
  /** Milliseconds. */
  duration: number;
}

/** One series of a metric, as it was when it was exported last. */
export interface ExportedSeries {
  scope: string;
  name: string;
  unit: string;
  description: string;
  kind: "counter" | "histogram" | "gauge";
  attributes: Attributes;
  /** Of a histogram: how many. */
  value: number;
  /** Of a histogram: their sum. */
  sum?: number;
}

/** A collector. */
export interface Collector {
  url: string;
  spans: ExportedSpan[];
  /** The latest of each series. */
  series(): ExportedSeries[];
  /** Sums up the series of a metric whose attributes have these values. */
  sum(name: string, attributes?: Attributes): number;
  /** Waits until a sum is what it should be. */
  reaches(name: string, attributes: Attributes, value: number): Promise<void>;
  /** All that was exported, as it came. */
  text(): string;
  close(): Promise<void>;
}

interface OtlpAttribute {
  key: string;
  value: { stringValue?: string; intValue?: number | string; doubleValue?: number; boolValue?: boolean };
}

interface OtlpPoint {
  attributes?: OtlpAttribute[];
  asInt?: number | string;
  asDouble?: number;
  count?: number | string;
  sum?: number;
}

interface OtlpSpan extends Omit<ExportedSpan, "attributes" | "status" | "duration" | "scope" | "links"> {
  attributes?: OtlpAttribute[];
  status?: { code?: number };
  links?: ExportedSpan["links"];
  startTimeUnixNano: string;
  endTimeUnixNano: string;
}

type Points = { dataPoints: OtlpPoint[] };

interface OtlpMetric {
  name: string;
  unit: string;
  description: string;
  sum?: Points;
  histogram?: Points;
  gauge?: Points;
}

interface OtlpBody {
  resourceSpans?: { scopeSpans: { scope: { name: string }; spans: OtlpSpan[] }[] }[];
  resourceMetrics?: { scopeMetrics: { scope: { name: string }; metrics: OtlpMetric[] }[] }[];
}

function attributesOf(list: OtlpAttribute[] = []): Attributes {
  return Object.fromEntries(
    list.map(({ key, value: { stringValue, intValue, doubleValue, boolValue } }) => [
      key,
      stringValue ?? (intValue === undefined ? (doubleValue ?? boolValue ?? "") : Number(intValue)),
    ]),
  );
}

function readSpan(scope: string, span: OtlpSpan): ExportedSpan {
  return {
    ...span,
    scope,
    parentSpanId: span.parentSpanId ?? "",
    attributes: attributesOf(span.attributes),
    status: span.status?.code ?? 0,
    links: span.links ?? [],
    duration: Number(BigInt(span.endTimeUnixNano) - BigInt(span.startTimeUnixNano)) / 1e6,
  };
}

function* readMetric(scope: string, { name, unit, description, ...metric }: OtlpMetric): Generator<ExportedSeries> {
  const kind = metric.histogram ? "histogram" : metric.gauge ? "gauge" : "counter";
  for (const point of (metric.sum ?? metric.histogram ?? metric.gauge)?.dataPoints ?? []) {
    const value = Number(point.count ?? point.asInt ?? point.asDouble);
    const attributes = attributesOf(point.attributes);
    yield {
      scope,
      name,
      unit,
      description,
      kind,
      attributes,
      value,
      ...(point.sum !== undefined && { sum: point.sum }),
    };
  }
}

function fits(attributes: Attributes, wanted: Attributes): boolean {
  return Object.entries(wanted).every(([name, value]) => attributes[name] === value);
}

/** Starts a collector. */
export async function startCollector(): Promise<Collector> {
  const spans: ExportedSpan[] = [];
  const latest = new Map<string, ExportedSeries>();
  const server = await startServer(({ body }, response) => {
    const { resourceSpans = [], resourceMetrics = [] } = JSON.parse(body) as OtlpBody;
    for (const { scope, spans: found } of resourceSpans.flatMap(({ scopeSpans }) => scopeSpans))
      spans.push(...found.map((span) => readSpan(scope.name, span)));
    for (const { scope, metrics } of resourceMetrics.flatMap(({ scopeMetrics }) => scopeMetrics))
      for (const series of metrics.flatMap((metric) => [...readMetric(scope.name, metric)]))
        latest.set(JSON.stringify([series.name, series.attributes]), series);
    response.writeHead(200, { "Content-Type": "application/json" }).end("{}");
  });
  const sum = (name: string, attributes: Attributes = {}): number =>
    [...latest.values()]
      .filter((series) => series.name === name && fits(series.attributes, attributes))
      .reduce((total, { value }) => total + value, 0);
  return {
    url: server.url,
    spans,
    series: () => [...latest.values()],
    sum,
    async reaches(name, attributes, value) {
      await until(
        `${name} ${JSON.stringify(attributes)} to be ${value}, not ${sum(name, attributes)}`,
        () => sum(name, attributes) >= value,
      );
    },
    text: () => server.heard.map(({ body }) => body).join("\n"),
    close: () => server.close(),
  };
}

/**
 * Writes what starts an SDK in a process, and gives the options of node that load it.
 * @param folder to write to
 * @param withHttp with the instrumentation of node's own http
 */
export function sdkOptions(folder: string, collector: Pick<Collector, "url">, withHttp = false): string[] {
  const load = (name: string): string => `require(${JSON.stringify(require.resolve(`@opentelemetry/${name}`))})`;
  const file = join(folder, "start-sdk.cjs");
  const url = JSON.stringify(collector.url);
  const http = `
const { HttpInstrumentation } = ${withHttp ? load("instrumentation-http") : "{}"};
new HttpInstrumentation();`;
  writeFileSync(
    file,
    `
const { BatchSpanProcessor, NodeTracerProvider } = ${load("sdk-trace-node")};
const { MeterProvider, PeriodicExportingMetricReader } = ${load("sdk-metrics")};
const { OTLPTraceExporter } = ${load("exporter-trace-otlp-http")};
const { OTLPMetricExporter } = ${load("exporter-metrics-otlp-http")};
const { metrics } = ${load("api")};
const traces = new OTLPTraceExporter({ url: ${url} + "/v1/traces" });
new NodeTracerProvider({ spanProcessors: [new BatchSpanProcessor(traces, { scheduledDelayMillis: 100 })] }).register();
const exporter = new OTLPMetricExporter({ url: ${url} + "/v1/metrics" });
const reader = new PeriodicExportingMetricReader({ exporter, exportIntervalMillis: 200, exportTimeoutMillis: 200 });
metrics.setGlobalMeterProvider(new MeterProvider({ readers: [reader] }));
${withHttp ? http : ""}
`,
  );
  return ["--require", file];
}
