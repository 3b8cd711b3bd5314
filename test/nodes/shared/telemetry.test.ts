/** What OpenTelemetry gets of calls and events, in a real Node-RED with a real SDK and a collector of OTLP. */
import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { SPANS } from "../../../lib/core/telemetry/spans.js";
import { METRICS, SCOPE } from "../../../lib/core/telemetry/table.js";
import { catchProbe, code, node, tab } from "../../support/flow.js";
import { NodeRed } from "../../support/node-red.js";
import { type Caller, ring, ROUTING_VENDORS, type RoutingVendor, routingFlow } from "../../support/routing-vendors.js";
import { startServer, type TestServer } from "../../support/server.js";
import { type Collector, type ExportedSpan, sdkOptions, startCollector } from "../../support/telemetry.js";
import { until } from "../../support/wait.js";
import { type Reply, send } from "../../support/webhook.js";

const [SMARTROUTING] = ROUTING_VENDORS as readonly [RoutingVendor];
const TRACE = "4bf92f3577b34da6a3ce929d0e0e4736";
const CALLER_SPAN = "00f067aa0ba902b7";
const PARENT = { traceparent: `00-${TRACE}-${CALLER_SPAN}-01`, tracestate: "vendor=42" };
/** Things that no attribute may have: those of the requests, and the credentials. */
const SECRET = "a-secret-in-the-address";
const NUMBER = "+358401112233";
const VENDOR_NAMES = { smartrouting: "enreach", voicenter: "voicenter" } as const;

/** Asks a CRM for each call, and hands the trace on as `docs/operating.md` says. */
const askCrm = (url: string, isHandedOn: boolean): ReturnType<typeof node>[] => [
  node("asks", "smartrouting-in", { url: "/crm", auth: "none", deadline: 10_000 }, [["headers"], []]),
  node(
    "headers",
    "change",
    {
      rules: isHandedOn
        ? [
            { t: "set", p: "headers", pt: "msg", to: "{}", tot: "json" },
            { t: "set", p: "headers.traceparent", pt: "msg", to: "traceparent", tot: "msg" },
          ]
        : [{ t: "delete", p: "headers", pt: "msg" }],
    },
    [["crm"]],
  ),
  node("crm", "http request", { method: "GET", ret: "obj", url, paytoqs: "ignore" }, [["answer"]]),
  node("answer", "smartrouting-out", { initialTarget: "+3581012345", initialTargetType: "str" }),
];

describe("telemetry of webhooks", function () {
  this.timeout(120_000);
  let collector: Collector;
  let crm: TestServer;
  let folder: string;
  let red: NodeRed;
  const span = (fits: (span: ExportedSpan) => boolean): Promise<ExportedSpan> =>
    until("a span", () => collector.spans.find(fits));

  before(async () => {
    collector = await startCollector();
    crm = await startServer((_, response) => response.end("{}"));
    folder = mkdtempSync(join(tmpdir(), "cc-telemetry-"));
  });
  after(async () => {
    await crm?.close();
    await collector?.close();
    rmSync(folder, { recursive: true, force: true });
  });

  describe("with an SDK", () => {
    before(async () => {
      red = await NodeRed.start({ execArgv: sdkOptions(folder, collector) });
      await red.deploy([
        tab(),
        ...ROUTING_VENDORS.flatMap((vendor) => routingFlow(vendor)),
        ...catchProbe(),
        ...askCrm(`${crm.url}/customer`, true),
        node("key", "smartrouting-in", { url: "/key", auth: "apikey", credentials: { apiKey: SECRET } }, [[], []]),
        node("lookup", "webitel-lookup-in", { url: "/lookup", auth: "secret", credentials: { secret: SECRET } }, [
          ["found"],
          [],
        ]),
        code("found", `msg.payload = { found: true, name: "A. Person" }; return msg;`, [["lookup-out"]]),
        node("lookup-out", "webitel-lookup-out"),
        node("webitel-events", "webitel-event-in", { url: "/events", auth: "none" }, [["event"]]),
        node("cti-events", "cti-event-in", { url: "/cti", auth: "none", unknown: "refuse" }, [[], []]),
        code("event", `global.get("probe")("event", msg);`),
      ]);
    });
    after(() => red?.stop());

    it("counts what the callers saw, of 200 calls at once with late, silent, wrong and refused ones", async () => {
      const callers: Caller[] = ["good", "good", "good", "late", "silent", "bad", "twice"];
      for (const vendor of ROUTING_VENDORS) {
        const facts = { "contact_center.vendor": VENDOR_NAMES[vendor.name] };
        const asked = Array.from({ length: 200 }, (_, i) => callers[i % callers.length] as Caller);
        const refused = (i: number): boolean => i % 10 === 9;
        const replies = await Promise.all(
          asked.map((caller, i): Promise<Reply> => {
            if (refused(i)) return send(`${red.url}/${vendor.name}`, "no JSON");
            return ring(red.url, vendor, caller, PARENT);
          }),
        );
        const isGood = ({ status, json }: Reply): boolean =>
          status === vendor.good.status && JSON.stringify(json) === JSON.stringify(vendor.good.json);
        /** How many of these callers got, by their own account, the flow's answer or, on a busy machine too, another. */
        const of = (good: boolean, ...kinds: Caller[]): number =>
          asked.filter((caller, i) => !refused(i) && kinds.includes(caller) && isGood(replies[i] as Reply) === good)
            .length;
        assert.equal(of(true, "late", "silent", "bad"), 0);
        await collector.reaches("contact_center.calls", facts, 200);
        const calls = (outcome: string, reason?: string): number =>
          collector.sum("contact_center.calls", {
            ...facts,
            "contact_center.outcome": outcome,
            ...(reason !== undefined && { "contact_center.reason": reason }),
          });
        assert.equal(calls("answered"), of(true, "good", "twice"));
        assert.equal(calls("refused", "not-json"), replies.filter(({ status }) => status === 400).length);
        // A wrong answer that came too late is a late one: nobody looks at what is in it.
        const lateBad = of(false, "bad") - calls("fallback", "error");
        assert.ok(lateBad >= 0);
        assert.equal(calls("fallback", "deadline"), of(false, "late", "silent", "good", "twice") + lateBad);
        const late = of(false, "late", "good") + of(true, "twice") + 2 * of(false, "twice") + lateBad;
        await collector.reaches("contact_center.late_answers", facts, late);
        assert.equal(collector.sum("contact_center.late_answers", facts), late);
        // Refused ones say nothing of how fast the flow is.
        assert.equal(
          collector.sum("contact_center.call.duration", facts),
          collector.sum("contact_center.calls", facts) - calls("refused"),
        );
      }
    });

    it("is one trace from the vendor's request through an http request of the flow to the answer", async () => {
      const reply = await send(`${red.url}/crm`, SMARTROUTING.request("1"), { headers: PARENT });
      assert.equal(reply.status, 200);
      const own = await span(({ attributes }) => attributes["contact_center.node.id"] === "asks");
      assert.equal(own.parentSpanId, CALLER_SPAN);
      assert.equal(own.kind, 2);
      assert.equal(own.scope, SCOPE);
      assert.deepEqual(own.attributes, {
        "contact_center.vendor": "enreach",
        "contact_center.node.type": "smartrouting-in",
        "contact_center.node.id": "asks",
        "contact_center.outcome": "answered",
        "http.response.status_code": 200,
      });
      assert.ok(own.duration > 0 && own.duration <= reply.ms);
      assert.equal(crm.heard.at(-1)?.headers["traceparent"], `00-${TRACE}-${own.spanId}-01`);
    });

    it("gives each call a trace of its own where the vendor sends none", async () => {
      const before = collector.spans.length;
      for (let i = 0; i < 2; i++) await send(`${red.url}/crm`, SMARTROUTING.request("1"));
      const own = await until("two spans", () => {
        const found = collector.spans.slice(before).filter(({ name }) => name === "smartrouting-in");
        return found.length === 2 && found;
      });
      assert.notEqual(own[0]?.traceId, own[1]?.traceId);
      assert.deepEqual(
        own.map(({ parentSpanId }) => parentSpanId),
        ["", ""],
      );
    });

    it("shows a late answer in the trace of its call, and fallbacks as errors", async () => {
      const trace = "11111111111111111111111111111111";
      await ring(red.url, SMARTROUTING, "late", { traceparent: `00-${trace}-${CALLER_SPAN}-01` });
      const late = await span(({ name, traceId }) => name === "smartrouting-in late answer" && traceId === trace);
      const own = await span(({ name, traceId }) => name === "smartrouting-in" && traceId === trace);
      assert.equal(late.parentSpanId, own.spanId);
      assert.equal(own.status, 2);
      assert.equal(own.attributes["contact_center.outcome"], "fallback");
      assert.equal(own.attributes["contact_center.reason"], "deadline");
    });

    it("lets who is refused write into nobody's trace", async () => {
      const trace = "22222222222222222222222222222222";
      const headers = { traceparent: `00-${trace}-${CALLER_SPAN}-01`, "X-Benemen-APIKey": "wrong" };
      assert.equal((await send(`${red.url}/key`, SMARTROUTING.request(NUMBER), { headers })).status, 401);
      const facts = { "contact_center.node.type": "smartrouting-in", "contact_center.reason": "credentials" };
      await collector.reaches("contact_center.calls", { ...facts, "contact_center.outcome": "refused" }, 1);
      const own = await span(({ attributes }) => attributes["contact_center.node.id"] === "key");
      assert.notEqual(own.traceId, trace);
      assert.equal(own.attributes["http.response.status_code"], 401);
    });

    it("counts events received and refused, and marks their messages", async () => {
      const event = { event: "answered", cid: NUMBER };
      assert.equal((await send(`${red.url}/events`, event, { headers: PARENT })).status, 200);
      const { traceparent, tracestate } = await red.message("event");
      const own = await span(({ name }) => name === "webitel-event-in");
      assert.equal(traceparent, `00-${TRACE}-${own.spanId}-01`);
      assert.equal(tracestate, PARENT.tracestate);
      assert.equal(own.parentSpanId, CALLER_SPAN);
      assert.equal((await send(`${red.url}/cti`, { ani: NUMBER })).status, 400);
      const events = "contact_center.events";
      await collector.reaches(events, { "contact_center.outcome": "received", "contact_center.vendor": "webitel" }, 1);
      await collector.reaches(events, { "contact_center.outcome": "refused", "contact_center.reason": "event" }, 1);
    });

    it("exports the names, units and attributes of the table, and nothing of callers and credentials", async () => {
      const found = await fetch(`${red.url}/lookup/${SECRET}?cid=${encodeURIComponent(NUMBER)}`);
      assert.deepEqual(await found.json(), { found: true, name: "A. Person" });
      await span(({ name }) => name === "webitel-lookup-in");
      await collector.reaches("contact_center.calls", { "contact_center.vendor": "webitel" }, 1);
      for (const { name, attributes, ...series } of collector.series().filter(({ scope }) => scope === SCOPE)) {
        const { attributes: known, ...metric } = METRICS[name as keyof typeof METRICS];
        for (const [what, value] of Object.entries(metric))
          assert.equal(series[what as keyof typeof metric], value, name);
        const others = Object.keys(attributes).filter((key) => !(known as readonly string[]).includes(key));
        assert.deepEqual(others, [], name);
      }
      const known = new Set<string>(Object.values(SPANS).flatMap(({ attributes }) => [...attributes]));
      for (const { name, attributes } of collector.spans.filter(({ scope }) => scope === SCOPE))
        assert.deepEqual(
          Object.keys(attributes).filter((key) => !known.has(key)),
          [],
          name,
        );
      for (const secret of [SECRET, NUMBER, NUMBER.slice(1), "A. Person", "127.0.0.1"])
        assert.ok(!collector.text().includes(secret), secret);
    });
  });

  describe("with an SDK that watches http itself", () => {
    before(async () => {
      collector.spans.length = 0;
      red = await NodeRed.start({ execArgv: sdkOptions(folder, collector, true) });
      await red.deploy([
        tab(),
        ...askCrm(`${crm.url}/customer`, false),
        node("lookup", "webitel-lookup-in", { url: "/lookup", auth: "secret", credentials: { secret: SECRET } }, [
          ["found"],
          [],
        ]),
        code("found", `msg.payload = { found: true }; return msg;`, [["lookup-out"]]),
        node("lookup-out", "webitel-lookup-out"),
      ]);
    });
    after(() => red?.stop());

    it("has one trace without a change node: its request span, ours below it, the flow's request below that", async () => {
      assert.equal((await send(`${red.url}/crm`, SMARTROUTING.request("1"), { headers: PARENT })).status, 200);
      const outer = await span(({ kind, parentSpanId }) => kind === 2 && parentSpanId === CALLER_SPAN);
      const own = await span(({ name }) => name === "smartrouting-in");
      const asked = await span(({ kind, traceId }) => kind === 3 && traceId === TRACE);
      assert.equal(own.traceId, TRACE);
      assert.equal(own.parentSpanId, outer.spanId);
      assert.equal(own.kind, 1);
      assert.equal(asked.parentSpanId, own.spanId);
      assert.equal(crm.heard.at(-1)?.headers["traceparent"], `00-${TRACE}-${asked.spanId}-01`);
    });

    it("keeps the secret and the number in a webhook's address out of the instrumentation's span", async () => {
      const trace = "33333333333333333333333333333333";
      const headers = { traceparent: `00-${trace}-${CALLER_SPAN}-01` };
      const answers = [`/lookup/${SECRET}?cid=${encodeURIComponent(NUMBER)}`, `/lookup?key=${SECRET}&cid=1`];
      for (const path of answers) assert.equal((await fetch(red.url + path, { headers })).status, 200);
      const outer = await until("both spans", () => {
        const found = collector.spans.filter(({ kind, traceId }) => kind === 2 && traceId === trace);
        return found.length === 2 && found;
      });
      for (const { attributes } of outer) assert.match(JSON.stringify(attributes), /"\/lookup"/);
      for (const text of [SECRET, NUMBER.slice(1)]) assert.ok(!JSON.stringify(collector.spans).includes(text), text);
    });
  });
});
