/**
 * `npm run bench:cti`: a burst of CTI Broker events. 50 interleaved calls, transfers included, at a steady rate into one
 * `cti-event-in` with a secret in its address and a subscriber that knows what to expect. Fails unless every event was
 * answered 200, arrived once and in order per call, and the memory of Node-RED stayed flat.
 * Options: --rate 1000 --seconds 60
 */
import { readFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { LATE_COPY_MS } from "../lib/cti/duplicates.js";
import { startCtiSimulator } from "../simulators/cti/simulator.js";
import { code, node, tab } from "../test/support/flow.js";
import { NodeRed } from "../test/support/node-red.js";
import { until } from "../test/support/wait.js";
import { broker, eventIn, SECRET, subscriber } from "../test/support/cti.js";

const { values } = parseArgs({
  options: { rate: { type: "string", default: "1000" }, seconds: { type: "string", default: "60" } },
});
/** Growth of the heap that counts as flat, megabytes: noise of what Node-RED itself keeps. */
const FLAT_MB = 3;

/** Sees order and loss: the simulator counts the events of a call in `ani`. */
const COUNT = `
const seen = flow.get("seen") ?? { events: 0, transfers: 0, outOfOrder: 0, steps: new Map() };
flow.set("seen", seen);
if (msg.topic === "Transfer") { seen.transfers++; return null; }
seen.events++;
const { callId, ani, eventType } = msg.payload;
const step = seen.steps.get(callId) ?? 0;
if (ani !== "+4400" + step) seen.outOfOrder++;
if (eventType === "Disconnected") seen.steps.delete(callId);
else seen.steps.set(callId, step + 1);
return null;`;
const REPORT = `
const { events = 0, transfers = 0, outOfOrder = 0 } = flow.get("seen") ?? {};
msg.payload = { events, transfers, outOfOrder, heapMb: global.get("heapMb")() };
return msg;`;
/** The live heap, garbage collected. */
const SETTINGS = `functionGlobalContext: {
  heapMb: (() => {
    require("node:v8").setFlagsFromString("--expose_gc");
    const collect = require("node:vm").runInNewContext("gc");
    return () => { collect(); return process.memoryUsage().heapUsed / 1024 / 1024; };
  })(),
}`;

interface Seen {
  events: number;
  transfers: number;
  outOfOrder: number;
  heapMb: number;
}

/** Resident memory of a process in megabytes. */
function residentMb(pid: number): number {
  return Number(/VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1]) / 1024;
}

async function main(): Promise<void> {
  const [simulator, red] = await Promise.all([startCtiSimulator(), NodeRed.start({ settings: SETTINGS })]);
  try {
    await red.deploy([
      tab(),
      broker(simulator.url, { callbackUrl: red.url }),
      Object.assign(eventIn({ auth: "secret", credentials: { secret: SECRET } }), { wires: [["count"], ["count"]] }),
      Object.assign(subscriber([]), { wires: [[]] }),
      code("count", COUNT, [[]]),
      node("ask", "http in", { url: "/seen", method: "get" }, [["report"]]),
      code("report", REPORT, [["answer"]]),
      node("answer", "http response", { statusCode: "", headers: {} }),
    ]);
    await until("the subscription", () => simulator.state().subscriptions.length === 1);
    const burst = { rate: Number(values.rate), seconds: Number(values.seconds) };
    // Events are remembered for so long, to find copies: memory is flat from then on.
    const { events: warmUpEvents } = await simulator.burst({ rate: burst.rate, seconds: LATE_COPY_MS / 1000 + 1 });
    const warmUp = await until("the warm-up", async () => {
      const now = await ask(red.url);
      return now.events === warmUpEvents ? now : undefined;
    });

    const report = await simulator.burst(burst);
    const residentAfterMb = residentMb(red.child.pid as number);
    const seen = await until("all events", async () => {
      const now = await ask(red.url);
      return now.events >= warmUp.events + report.events ? now : undefined;
    });

    const growth = seen.heapMb - warmUp.heapMb;
    const refused = simulator.state().subscriptions[0]?.failed ?? 0;
    console.log(
      `${report.events} events in ${(report.durationMs / 1000).toFixed(1)} s: ${(report.events / (report.durationMs / 1000)).toFixed(0)} /s`,
    );
    console.log(`answered 200: all but ${refused}; p50 ${report.p50} ms, p99 ${report.p99} ms`);
    console.log(
      `arrived: ${seen.events - warmUp.events}, out of order ${seen.outOfOrder}, transfers ${seen.transfers - warmUp.transfers}`,
    );
    console.log(
      `live heap of Node-RED: ${warmUp.heapMb.toFixed(1)} MB before, ${seen.heapMb.toFixed(1)} MB after; resident ${residentAfterMb.toFixed(0)} MB`,
    );
    const faults = [
      refused > 0 && "refused",
      seen.events - warmUp.events !== report.events && "lost or doubled",
      seen.outOfOrder > 0 && "out of order",
      growth > FLAT_MB && "memory grows",
    ];
    const wrong = faults.filter((fault) => fault !== false);
    console.log(wrong.length === 0 ? "holds" : `DOES NOT HOLD: ${wrong.join(", ")}`);
    if (wrong.length > 0) process.exitCode = 1;
  } finally {
    await red.stop();
    await simulator.close();
  }
}

async function ask(url: string): Promise<Seen> {
  return (await (await fetch(`${url}/seen`)).json()) as Seen;
}

void main();
