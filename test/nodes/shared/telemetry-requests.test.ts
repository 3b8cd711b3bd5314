/** What OpenTelemetry gets of requests to vendors, of events that may be missing and of members, beside the simulators' own books. */
import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { SPANS } from "../../../lib/core/telemetry/spans.js";
import { METRICS, SCOPE } from "../../../lib/core/telemetry/table.js";
import type { Report } from "../../../lib/webitel/upload/report.js";
import { type CtiSimulator, startCtiSimulator } from "../../../simulators/cti/simulator.js";
import { DEMO } from "../../../simulators/rte/seed-data.js";
import { type RteSimulator, startRteSimulator } from "../../../simulators/rte/simulator.js";
import { startWebitelSimulator, type WebitelSimulator } from "../../../simulators/webitel/simulator.js";
import { ANNA, broker, command } from "../../support/cti.js";
import { code, node, probe } from "../../support/flow.js";
import { NodeRed } from "../../support/node-red.js";
import { connectionNode, hubHas, of, QUEUE_ID, subscriber } from "../../support/rte.js";
import { type Collector, type ExportedSpan, sdkOptions, startCollector } from "../../support/telemetry.js";
import { until } from "../../support/wait.js";
import { start, uploadFlow } from "../../support/webitel/flow.js";
import { SECRET } from "../../support/webitel/uploads.js";
import { send } from "../../support/webhook.js";

const TRACE = "4bf92f3577b34da6a3ce929d0e0e4736";
const NUMBER = "+491701112233";

describe("telemetry of requests to vendors", function () {
  this.timeout(120_000);
  let collector: Collector;
  let folder: string;
  let webitel: WebitelSimulator;
  let cti: CtiSimulator;
  let rte: RteSimulator;
  let red: NodeRed;
  const own = (): ExportedSpan[] => collector.spans.filter(({ scope, kind }) => scope === SCOPE && kind === 3);
  const span = (name: string): Promise<ExportedSpan> =>
    until(name, () => own().find((found) => found.name === name && found.traceId === TRACE));

  before(async () => {
    collector = await startCollector();
    folder = mkdtempSync(join(tmpdir(), "cc-telemetry-"));
    webitel = await startWebitelSimulator({ token: SECRET });
    cti = await startCtiSimulator();
    rte = await startRteSimulator({ pingMs: 100 });
    red = await NodeRed.start({ execArgv: sdkOptions(folder, collector, true) });
    await red.deploy([
      ...uploadFlow(webitel.url, { batchSize: 100, lateSeconds: 1 }, SECRET),
      node("events", "webitel-event-in", { url: "/events", auth: "none" }, [["held"]]),
      // A message that waited is sent by nobody's context.
      code("held", `setTimeout(() => node.send(msg), 20);`, [["to-call", "to-dial"]]),
      code("to-call", `msg.payload = { destination: ${JSON.stringify(NUMBER)}, extension: "1017" }; return msg;`, [
        ["call"],
      ]),
      node("call", "webitel-create-call", { connection: "webitel" }, [["called"]]),
      probe("called"),
      broker(cti.url),
      code("to-dial", `msg.payload = {}; return msg;`, [["command"]]),
      command({ command: "Dial", imAddress: ANNA, number: NUMBER }),
      probe("sent"),
      connectionNode(rte),
      ...subscriber("rte", [of("QueueStatus")]),
    ]);
  });
  after(async () => {
    await red?.stop();
    await rte?.close();
    await cti?.close();
    await webitel?.close();
    await collector?.close();
    rmSync(folder, { recursive: true, force: true });
  });

  it("puts a call and a command that an event caused into the event's trace, and the vendors' requests with it", async () => {
    const headers = { traceparent: `00-${TRACE}-00f067aa0ba902b7-01` };
    assert.equal((await send(`${red.url}/events`, { event: "offering", cid: NUMBER }, { headers })).status, 200);
    await red.message("called");
    await red.message("sent");
    const call = await span("webitel CreateCall");
    const dial = await span("anywhere365 Dial");
    const event = await until("the event's span", () =>
      collector.spans.find(({ name, traceId }) => name === "webitel-event-in" && traceId === TRACE),
    );
    assert.deepEqual([call.parentSpanId, dial.parentSpanId], [event.spanId, event.spanId]);
    assert.equal(call.attributes["http.response.status_code"], 200);
    assert.equal(dial.attributes["http.response.status_code"], 202);
    // The instrumentation would have shown the whole address.
    const others = collector.spans.filter(
      ({ scope, kind, traceId }) => scope !== SCOPE && kind === 3 && traceId === TRACE,
    );
    assert.deepEqual(others, []);
  });

  it("gives what a connection asks a trace of its own", async () => {
    await hubHas(rte, of("QueueStatus"));
    const asked = await until("the chain", () => {
      const found = own().filter(({ name }) => name.startsWith("enreach "));
      return found.some(({ name }) => name === "enreach negotiate") && found;
    });
    assert.deepEqual([...new Set(asked.map(({ parentSpanId }) => parentSpanId))], [""]);
    assert.ok(asked.every(({ traceId }) => traceId !== TRACE));
  });

  it("counts RTE events, outages and gaps", async () => {
    const facts = { "contact_center.vendor": "enreach" };
    await hubHas(rte, of("QueueStatus"));
    const before = collector.sum("contact_center.events", facts);
    for (let i = 0; i < 50; i++) rte.emit("QueueStatus", QUEUE_ID);
    await collector.reaches("contact_center.events", facts, before + 50);
    assert.equal(collector.sum("contact_center.events", facts), red.messages("rte-event").length);
    rte.hub.drop();
    const gap = await red.message("rte-notice", ({ topic }) => topic === "gap");
    await collector.reaches("contact_center.gaps", facts, 1);
    await collector.reaches("contact_center.disconnections", facts, 1);
    assert.equal(collector.sum("contact_center.gaps", facts), 1);
    assert.equal(collector.sum("contact_center.disconnections", facts), 1);
    const { durationMs } = gap["payload"] as { durationMs: number };
    assert.equal(collector.sum("contact_center.gap.time", facts), durationMs / 1000);
  });

  it("counts members and requests as the server's and the report's books have them, under faults", async () => {
    webitel.seen.length = 0;
    for (const fault of ["503", "502", "reset-after"] as const) webitel.faults.push(fault);
    const rows = Array.from({ length: 1000 }, (_, i) => ({
      name: `A. Person ${i}`,
      destination: i % 10 === 0 ? "no number" : `+49170${String(i).padStart(7, "0")}`,
    }));
    await start(red.url, { payload: rows });
    const report = (await red.message("report"))["payload"] as Report;
    assert.deepEqual([report.total, report.accepted, report.rejected], [1000, 900, 100]);
    const queued = webitel.store.queue("10")?.members.length;
    assert.equal(queued, 900);
    const members = "contact_center.members";
    await collector.reaches(members, {}, 1000);
    assert.equal(collector.sum(members, { "contact_center.outcome": "accepted" }), queued);
    assert.equal(collector.sum(members, { "contact_center.outcome": "rejected" }), report.rejected);
    const requests = (facts: object): number =>
      collector.sum("contact_center.request.duration", { "contact_center.vendor": "webitel", ...facts });
    const asked = webitel.seen.filter(({ method }) => method === "POST").length;
    await until("all requests", () => requests({ "contact_center.operation": "CreateMemberBulk" }) >= asked);
    assert.equal(requests({ "contact_center.operation": "CreateMemberBulk" }), asked);
    assert.equal(requests({ "http.response.status_code": 503, "error.type": "503" }), 1);
    assert.equal(requests({ "http.response.status_code": 502, "error.type": "502" }), 1);
    assert.equal(requests({ "error.type": "ECONNRESET" }), 1);
  });

  it("exports the names and attributes of the table, and nobody's number, name, address or credential", () => {
    for (const { name, attributes } of collector.series().filter(({ scope }) => scope === SCOPE)) {
      const known: readonly string[] = METRICS[name as keyof typeof METRICS].attributes;
      assert.deepEqual(
        Object.keys(attributes).filter((key) => !known.includes(key)),
        [],
        name,
      );
    }
    const known = new Set<string>(SPANS.sent.attributes);
    for (const { name, attributes } of own())
      assert.deepEqual(
        Object.keys(attributes).filter((key) => !known.has(key)),
        [],
        name,
      );
    const exported = collector.text();
    for (const text of [NUMBER.slice(1), "+49170", "A. Person", ANNA, "anna.berg", SECRET, DEMO.email, DEMO.secretKey])
      assert.ok(!exported.includes(text), text);
  });
});
