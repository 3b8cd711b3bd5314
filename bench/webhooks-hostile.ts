/**
 * `npm run bench:webhooks-hostile`: what requests that mean no good cost Node-RED, and whether calls are answered meanwhile.
 *
 * First the processor time of a refusal, by kind of request, beside that of a server of Node.js alone; then seeded requests over raw sockets to each of the five
 * webhook nodes, while 50 calls a second come in. A call is late when the vendors no longer wait for it; one that is late while
 * a bare server beside was slow too is counted apart.
 * Options: --refusals 10000 --requests 50000 --seed 1 --connections 128
 */
import { loadavg } from "node:os";
import { parseArgs } from "node:util";
import { code, node, tab } from "../test/support/flow.js";
import { NodeRed } from "../test/support/node-red.js";
import { startBareServer } from "./support/bare-server.js";
import { BODIES, HEADERS, QUERIES, randomRequest, request, seeded, sendRaw, type Target } from "./support/hostile.js";
import { callSteadily } from "./support/paced-calls.js";
import { processorMs, residentMb } from "./support/process.js";

const { values } = parseArgs({
  options: {
    refusals: { type: "string", default: "10000" },
    requests: { type: "string", default: "50000" },
    seed: { type: "string", default: "1" },
    connections: { type: "string", default: "128" },
  },
});
const CALLS_PER_SECOND = 50;
/** The vendors wait so long, ms. */
const LATE_MS = 5000;
const SECRET = "s3cret";

const TARGETS: Record<string, Target> = {
  "smartrouting-in": {
    path: "/routing",
    method: "POST",
    header: `X-Benemen-APIKey: ${SECRET}`,
    body: JSON.stringify({
      anum: "+358401112233",
      bnum: "+358942000100",
      targetid: "SALES",
      extradata: { CallId: "1" },
    }),
  },
  "voicenter-layer-in": {
    path: "/layer",
    method: "POST",
    secret: SECRET,
    body: JSON.stringify({ DATA: { LAYER_ID: 1, CALLER_ID: "0501112233", IVR_UNIQUE_ID: "1" } }),
  },
  "webitel-lookup-in": {
    path: "/lookup",
    method: "GET",
    header: `Authorization: Basic ${Buffer.from(`u:${SECRET}`).toString("base64")}`,
    body: "",
  },
  "cti-event-in": {
    path: "/cti/events",
    method: "POST",
    secret: SECRET,
    body: JSON.stringify({
      SubscriptionId: "1",
      SessionType: 0,
      ImAddress: "sip:a@b.example",
      eventType: 4,
      callId: "1",
    }),
  },
  "webitel-event-in": {
    path: "/webitel/events",
    method: "POST",
    secret: SECRET,
    body: '{"event":"offering","cid":"1"}',
  },
};

const proxies = ["127.0.0.1", "10.0.0.0/8"];
const auth = {
  secret: { auth: "secret", credentials: { secret: SECRET } },
  apikey: { auth: "apikey", credentials: { apiKey: SECRET } },
};
const FLOWS = [
  tab(),
  node("routing", "smartrouting-in", { url: "/routing", proxies, ...auth.apikey }, [["answer"], []]),
  code("answer", "msg.payload = { Priority: 9000 }; return msg;", [["routing-out"]]),
  node("routing-out", "smartrouting-out"),
  node("layer", "voicenter-layer-in", { url: "/layer", proxies, ...auth.secret }, [["layer-answer"], []]),
  code("layer-answer", 'msg.payload = { ACTION: "GO_TO_LAYER", LAYER: 2 }; return msg;', [["layer-out"]]),
  node("layer-out", "voicenter-layer-out", { action: "msg" }),
  node(
    "lookup",
    "webitel-lookup-in",
    { url: "/lookup", proxies, auth: "basic", credentials: { username: "u", password: SECRET } },
    [["found"], []],
  ),
  code("found", "msg.payload = { found: true }; return msg;", [["lookup-out"]]),
  node("lookup-out", "webitel-lookup-out"),
  node("cti", "cti-event-in", { url: "/cti/events", unknown: "pass", proxies, ...auth.secret }, [[], []]),
  node("webitel", "webitel-event-in", { url: "/webitel/events", proxies, ...auth.secret }, [[]]),
  node("calls", "smartrouting-in", { url: "/calls", ...auth.apikey }, [["calls-answer"], []]),
  code("calls-answer", "msg.payload = { Priority: 9000 }; return msg;", [["calls-out"]]),
  node("calls-out", "smartrouting-out"),
];

/** Sends with so many connections at a time, and counts the results. */
async function sendAll(port: number, count: number, make: () => string): Promise<Record<string, number>> {
  const results: Record<string, number> = {};
  let left = count;
  const worker = async (): Promise<void> => {
    while (left-- > 0) {
      const result = await sendRaw(port, make());
      results[result] = (results[result] ?? 0) + 1;
    }
  };
  await Promise.all(Array.from({ length: Number(values.connections) }, worker));
  return results;
}

const shown = (results: Record<string, number>): string =>
  Object.entries(results)
    .sort(([one], [two]) => one.localeCompare(two))
    .map(([status, count]) => `${status}: ${count}`)
    .join("  ");

/** Each kind of refusal: processor time of one, with all that Node.js itself spends on a connection and a request, and that alone. */
async function refusals(port: number, pid: number): Promise<void> {
  const target = TARGETS["voicenter-layer-in"] as Target;
  const kinds = [
    ...Object.keys(QUERIES).map((query) => ({ query })),
    // What lies further below is nobody's: Node-RED answers 404.
    ...["none", "slash", "wrong", "slashes", "encoded", "broken"].map((tail) => ({ tail })),
    ...Object.keys(HEADERS).map((headers) => ({ headers })),
    ...Object.keys(BODIES).map((body) => ({ body })),
    { method: "GET" },
    ...["deep", "wide", "form", "broken at its end", "300 kB"].map((body) => ({ body, proved: true })),
    { query: "6,000 names", proved: true },
  ];
  const each = Math.ceil(Number(values.refusals) / kinds.length);
  const bare = await startBareServer();
  const servers = [{ port, pid }, bare];
  const random = seeded(Number(values.seed));
  for (const kind of [...kinds, ...kinds])
    for (const server of servers) await sendAll(server.port, 20, () => request(target, random, kind));
  let total = 0;
  let dearest = 0;
  let dearestBeyond = 0;
  for (const kind of kinds) {
    const spent: number[] = [];
    let results: Record<string, number> | undefined;
    for (const server of servers) {
      const seed = seeded(Number(values.seed));
      const before = processorMs(server.pid);
      const sent = await sendAll(server.port, each, () => request(target, seed, kind));
      results ??= sent;
      spent.push((processorMs(server.pid) - before) / each);
    }
    const [ours = 0, alone = 0] = spent;
    total += ours;
    dearest = Math.max(dearest, ours);
    dearestBeyond = Math.max(dearestBeyond, ours - alone);
    const name = Object.entries(kind).map(([what, which]) =>
      which === true ? "with credentials" : `${what}: ${which}`,
    );
    console.log(
      `${name.join(", ").padEnd(44)} ${ours.toFixed(3)} ms   Node.js alone ${alone.toFixed(3)} ms   ${shown(results ?? {})}`,
    );
  }
  bare.child.disconnect();
  console.log(
    `${each * kinds.length} refusals: ${(total / kinds.length).toFixed(3)} ms of processor time each, ${dearest.toFixed(3)} ms the dearest kind, ` +
      `at most ${dearestBeyond.toFixed(3)} ms more than Node.js alone\n`,
  );
}

/** Seeded requests to each node, and calls meanwhile. */
async function attack(port: number, pid: number, red: NodeRed): Promise<void> {
  let failed = false;
  for (const [type, target] of Object.entries(TARGETS)) {
    const random = seeded(Number(values.seed));
    const count = Number(values.requests);
    // What a process takes once, for code and caches, is no growth.
    await sendAll(port, Math.min(count, 2000), () => randomRequest(target, random));
    const rss = residentMb(pid);
    const log = red.log.length;
    const traffic = await callSteadily({
      url: `${red.url}/calls`,
      headers: { "X-Benemen-APIKey": SECRET },
      body: TARGETS["smartrouting-in"]?.body ?? "",
      expected: "9000",
      perSecond: CALLS_PER_SECOND,
      lateMs: LATE_MS,
    });
    const results = await sendAll(port, count, () => randomRequest(target, random));
    const { sent, wrong, late, lateByMachine, slowestMs, bareSlowestMs } = await traffic.end();
    const serverErrors = Object.entries(results).filter(([status]) => status.startsWith("5"));
    failed ||= wrong + late + serverErrors.length > 0 || red.child.exitCode !== null;
    console.log(
      `${type.padEnd(20)} ${count} requests   ${shown(results)}\n` +
        `${"".padEnd(20)} ${sent} calls meanwhile: ${wrong} wrong or lost, ${late} late` +
        `${lateByMachine > 0 ? ` and ${lateByMachine} on a machine that kept a bare server waiting too` : ""}, ` +
        `slowest ${slowestMs.toFixed(0)} ms (bare server ${bareSlowestMs.toFixed(0)} ms, load ${loadavg()[0]?.toFixed(1)}); ` +
        `RSS ${rss.toFixed(0)} -> ${residentMb(pid).toFixed(0)} MB; ${red.log.length - log} log lines`,
    );
  }
  console.log(failed ? "\nFAILED" : "\nno call lost or late, no 5xx");
  process.exitCode = failed ? 1 : 0;
}

async function withNodeRed(
  execArgv: string[],
  run: (port: number, pid: number, red: NodeRed) => Promise<void>,
): Promise<void> {
  const red = await NodeRed.start({ execArgv });
  try {
    await red.deploy(FLOWS);
    await run(Number(new URL(red.url).port), red.child.pid as number, red);
  } finally {
    await red.stop();
  }
}

async function main(): Promise<void> {
  await withNodeRed([], refusals);
  // A heap that cannot grow: what leaked would end the process.
  await withNodeRed(["--max-old-space-size=96"], attack);
}

void main();
