/** Counts and measures, under the names of the table. Without an SDK each call costs one look. */
import type { Attributes, Counter, Histogram, Meter, MeterProvider } from "@opentelemetry/api";
import { openTelemetry } from "./api.js";
import type { Facts } from "./spans.js";
import { type Metric, type MetricName, METRICS, SCOPE, SECONDS } from "./table.js";

type NameOf<Kind> = { [Name in MetricName]: (typeof METRICS)[Name]["kind"] extends Kind ? Name : never }[MetricName];

/** The instruments of one provider, by name. */
interface Instruments {
  provider: MeterProvider;
  meter: Meter;
  counters: Map<string, Counter>;
  histograms: Map<string, Histogram>;
}

let current: Instruments | undefined;

/** An SDK may come, or another one take its place, while this process runs. */
function instruments(): Instruments | undefined {
  const provider = openTelemetry()?.metrics.getMeterProvider();
  if (provider === undefined || current?.provider === provider) return provider && current;
  current = { provider, meter: provider.getMeter(SCOPE), counters: new Map(), histograms: new Map() };
  return current;
}

/** The facts that a metric has: what only a span says would make a series of each call. */
function attributesOf({ attributes }: Metric, facts: Facts): Attributes {
  const kept: Attributes = {};
  for (const name of attributes) if (facts[name] !== undefined) kept[name] = facts[name];
  return kept;
}

/** Adds to a counter. */
export function count(name: NameOf<"counter">, facts: Facts, value = 1): void {
  const found = instruments();
  if (!found) return;
  const metric: Metric = METRICS[name];
  let counter = found.counters.get(name);
  if (!counter) found.counters.set(name, (counter = found.meter.createCounter(name, metric)));
  counter.add(value, attributesOf(metric, facts));
}

/** @param seconds how long it took */
export function measure(name: NameOf<"histogram">, facts: Facts, seconds: number): void {
  const found = instruments();
  if (!found) return;
  const metric: Metric = METRICS[name];
  let histogram = found.histograms.get(name);
  if (!histogram) {
    const { description, unit } = metric;
    histogram = found.meter.createHistogram(name, {
      description,
      unit,
      advice: { explicitBucketBoundaries: SECONDS },
    });
    found.histograms.set(name, histogram);
  }
  histogram.record(seconds, attributesOf(metric, facts));
}
