/**
 * `npm run bench:webhooks`: how many calls a second go through the SmartRouting nodes, with API key and deadline on, against
 * core `http in` -> function -> `http response` with the same bodies: alternating rounds on one Node-RED.
 * Options: --rounds 5 --seconds 4 --connections 50
 */
import { parseArgs } from "node:util";
import { code, node, tab } from "../test/support/flow.js";
import { NodeRed } from "../test/support/node-red.js";
import { load, type LoadResult } from "./support/load.js";
import { median } from "./support/median.js";
import { processorMs } from "./support/process.js";

const { values } = parseArgs({
  options: {
    rounds: { type: "string", default: "5" },
    seconds: { type: "string", default: "4" },
    connections: { type: "string", default: "50" },
  },
});
const KEY = "bench-key";
const REQUEST = JSON.stringify({
  anum: "+358401112233",
  bnum: "+358942000100",
  targetid: "SALES_QUEUE",
  extradata: { CallId: "0a7d3a55-5a4e-4a5d-93f2-6a2f1c1f9a10", LegId: "7f3d2c1b0a@198.51.100.7_b1" },
});
const ANSWER = `{ InitialTarget: "+358942000200", Priority: 9000 }`;

const FLOWS = [
  tab(),
  node("in", "smartrouting-in", { url: "/calls", auth: "apikey", credentials: { apiKey: KEY } }, [["vip"], []]),
  code("vip", `msg.payload = ${ANSWER}; return msg;`, [["out"]]),
  node("out", "smartrouting-out"),
  node("silent", "smartrouting-in", { auth: "none", url: "/silent" }, [[], []]),
  node("core-in", "http in", { url: "/core", method: "post" }, [["core-vip"]]),
  code("core-vip", `msg.payload = ${ANSWER}; return msg;`, [["core-out"]]),
  node("core-out", "http response", { statusCode: "200", headers: {} }),
];

async function main(): Promise<void> {
  const rounds = Number(values.rounds);
  const red = await NodeRed.start();
  try {
    await red.deploy(FLOWS);
    const run = (path: string, seconds: number): Promise<LoadResult> =>
      load({
        url: red.url + path,
        body: REQUEST,
        headers: { "X-Benemen-APIKey": KEY },
        connections: Number(values.connections),
        seconds,
      });
    for (const path of ["/calls", "/core"]) await run(path, 2);
    const results: Record<"nodes" | "core", LoadResult[]> = { nodes: [], core: [] };
    const processor: Record<"nodes" | "core", number[]> = { nodes: [], core: [] };
    for (let round = 0; round < rounds; round++) {
      for (const name of ["nodes", "core"] as const) {
        const before = processorMs(red.child.pid as number);
        const result = await run(name === "nodes" ? "/calls" : "/core", Number(values.seconds));
        if (Object.keys(result.statuses).join() !== "200")
          throw new Error(`${name} answered ${JSON.stringify(result.statuses)}`);
        results[name].push(result);
        // Independent of what else the machine does, unlike the rate.
        const perCall = (1000 * (processorMs(red.child.pid as number) - before)) / (result.statuses["200"] ?? 1);
        processor[name].push(perCall);
        console.log(
          `${name.padEnd(5)} ${result.requestsPerSecond.toFixed(0).padStart(7)} /s   p50 ${result.p50.toFixed(2)} ms   p99 ${result.p99.toFixed(2)} ms   ${perCall.toFixed(0)} µs of processor time`,
        );
      }
    }
    const start = performance.now();
    await fetch(`${red.url}/silent`, { method: "POST", body: REQUEST });
    console.log(
      `\na call that the flow never answers, deadline 4000 ms: fallback after ${(performance.now() - start).toFixed(0)} ms`,
    );
    const [own, core] = [median(processor.nodes), median(processor.core)];
    console.log(
      `processor time of a call: ${own.toFixed(0)} µs, core's ${core.toFixed(0)} µs: ${(core / own).toFixed(2)} times`,
    );
    const of = (name: "nodes" | "core", figure: "requestsPerSecond" | "p99"): number =>
      median(results[name].map((result) => result[figure]));
    console.log(
      `rate: ${(of("nodes", "requestsPerSecond") / of("core", "requestsPerSecond")).toFixed(2)} times core's; p99: ${(of("nodes", "p99") / of("core", "p99")).toFixed(2)} of core's`,
    );
  } finally {
    await red.stop();
  }
}

void main();
