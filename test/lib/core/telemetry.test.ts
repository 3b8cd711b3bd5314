/** Traces and counts under an SDK in this process, and without one. */
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { resolve } from "node:path";
import { metrics, ROOT_CONTEXT, SpanStatusCode, trace, context, propagation } from "@opentelemetry/api";
import {
  AggregationTemporality,
  InMemoryMetricExporter,
  MeterProvider,
  PeriodicExportingMetricReader,
} from "@opentelemetry/sdk-metrics";
import { InMemorySpanExporter, NodeTracerProvider, SimpleSpanProcessor } from "@opentelemetry/sdk-trace-node";
import { count, measure } from "../../../lib/core/telemetry/metrics.js";
import { contextOf, spanOf, withinTraceOf } from "../../../lib/core/telemetry/message.js";
import { beginReceived } from "../../../lib/core/telemetry/received.js";

const TRACE = "4bf92f3577b34da6a3ce929d0e0e4736";
const SPAN = "00f067aa0ba902b7";
const MESSAGE = { traceparent: `00-${TRACE}-${SPAN}-01`, tracestate: "a=1" };
const CALL = { vendor: "enreach", kind: "call", node: { id: "n", type: "smartrouting-in" } } as const;

describe("lib/core/telemetry", () => {
  describe("without an SDK", () => {
    it("loads and counts nothing", () => {
      const script = `
        const { beginReceived } = require("./received.ts");
        const { count } = require("./metrics.ts");
        const { withinTraceOf } = require("./message.ts");
        count("contact_center.calls", {});
        const begun = beginReceived({ vendor: "enreach", kind: "call", node: { id: "n" }, arrivedAt: 0 });
        const result = withinTraceOf({ traceparent: "${MESSAGE.traceparent}" }, () => 7);
        const loaded = Object.keys(require.cache).filter((file) => file.includes("opentelemetry"));
        console.log(JSON.stringify({ begun: begun ?? null, result, loaded }));`;
      const cwd = resolve(__dirname, "../../../lib/core/telemetry");
      const text = execFileSync(process.execPath, ["--import", "tsx", "-e", script], { cwd, encoding: "utf8" });
      assert.deepEqual(JSON.parse(text), { begun: null, result: 7, loaded: [] });
    });
  });

  describe("with an SDK", () => {
    const spans = new InMemorySpanExporter();
    const exporter = new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE);
    const reader = new PeriodicExportingMetricReader({ exporter, exportIntervalMillis: 3_600_000 });
    const meters = new MeterProvider({ readers: [reader] });
    const tracers = new NodeTracerProvider({ spanProcessors: [new SimpleSpanProcessor(spans)] });

    before(() => {
      tracers.register();
      metrics.setGlobalMeterProvider(meters);
    });
    beforeEach(() => spans.reset());
    after(async () => {
      await meters.shutdown();
      await tracers.shutdown();
      for (const api of [metrics, trace, context, propagation]) api.disable();
    });

    it("reads the trace of a message, and nothing that is none", () => {
      const { traceState, ...span } = spanOf(MESSAGE) ?? assert.fail();
      assert.deepEqual(span, { traceId: TRACE, spanId: SPAN, traceFlags: 1, isRemote: true });
      assert.equal(traceState?.serialize(), "a=1");
      const wrong = [
        undefined,
        7,
        "",
        "01",
        `ff-${TRACE}-${SPAN}-01`,
        `00-${"0".repeat(32)}-${SPAN}-01`,
        `00-${TRACE}-${SPAN}`,
      ];
      for (const traceparent of wrong) assert.equal(spanOf({ traceparent }), undefined, String(traceparent));
      // A later version may say more.
      assert.equal(spanOf({ traceparent: `01-${TRACE}-${SPAN}-01-more` })?.traceId, TRACE);
    });

    it("takes the trace of the message where another one is active, and the nearer span of its own", () => {
      const tracer = trace.getTracer("test");
      const active = (): string | undefined => trace.getSpanContext(context.active())?.spanId;
      tracer.startActiveSpan("other", (other) => {
        assert.equal(withinTraceOf(MESSAGE, active), SPAN);
        assert.equal(withinTraceOf({}, active), other.spanContext().spanId);
        other.end();
      });
      const own = tracer.startSpan("own", {}, contextOf(MESSAGE));
      context.with(trace.setSpan(ROOT_CONTEXT, own), () =>
        assert.equal(withinTraceOf(MESSAGE, active), own.spanContext().spanId),
      );
    });

    it("ends a span once, with what came first", async () => {
      const begun = beginReceived({ ...CALL, arrivedAt: performance.now() - 250 }) ?? assert.fail();
      begun.end("fallback", 204, "deadline");
      begun.end("answered", 200);
      const [span, ...others] = spans.getFinishedSpans();
      assert.equal(others.length, 0);
      assert.equal(span?.attributes["contact_center.outcome"], "fallback");
      assert.equal(span?.status.code, SpanStatusCode.ERROR);
      const [seconds, nanoseconds] = span?.duration ?? [0, 0];
      assert.ok(seconds + nanoseconds / 1e9 >= 0.25 && seconds < 1, String(span?.duration));
      count("contact_center.calls", { "contact_center.node.id": "left out", "contact_center.outcome": "gone" });
      measure("contact_center.call.duration", {}, 0.1);
      await reader.forceFlush();
      const calls = exporter
        .getMetrics()
        .at(-1)
        ?.scopeMetrics.flatMap((scope) => scope.metrics)
        .find(({ descriptor }) => descriptor.name === "contact_center.calls");
      assert.deepEqual(
        calls?.dataPoints.map(({ attributes, value }) => [attributes, value]),
        [
          [
            {
              "contact_center.vendor": "enreach",
              "contact_center.node.type": "smartrouting-in",
              "contact_center.outcome": "fallback",
              "contact_center.reason": "deadline",
            },
            1,
          ],
          [{ "contact_center.outcome": "gone" }, 1],
        ],
      );
    });

    it("marks the messages of a call that is not sampled too, so that the decision holds for all of it", () => {
      const headers = { traceparent: `00-${TRACE}-${SPAN}-00` };
      const begun = beginReceived({ ...CALL, arrivedAt: performance.now(), headers }) ?? assert.fail();
      const message: { traceparent?: string } = {};
      begun.mark(message);
      assert.match(message.traceparent ?? "", new RegExp(`^00-${TRACE}-[0-9a-f]{16}-00$`));
      begun.end("answered", 200);
      assert.deepEqual(spans.getFinishedSpans(), []);
    });
  });
});
