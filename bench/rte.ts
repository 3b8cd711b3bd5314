/**
 * `npm run bench:rte`: events a second from a SignalR hub to a flow, on a real Node-RED, hub in another process, contestants
 * in turn in one run: `rte-subscribe`; `node-red-contrib-signalrcore@1.0.3` raw, and with a function node behind it that
 * names the event and its properties (no call, no key); and Microsoft's bare client without any Node-RED.
 * Options: --rounds 5 --events 200000 --million (memory after a million events more) --only ours,raw
 */
import { type ChildProcess, execFileSync, fork } from "node:child_process";
import { once } from "node:events";
import { cpSync, existsSync, mkdirSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { EVENTS } from "../lib/rte/tables.js";
import { code, node, tab } from "../test/support/flow.js";
import { type FlowNode, makeUserDir, NodeRed, PACKAGE } from "../test/support/node-red.js";
import { until } from "../test/support/wait.js";
import type { Report } from "./support/counter.js";
import { median } from "./support/median.js";
import type { HubAddress } from "./support/rte-hub.js";

const { values } = parseArgs({
  options: {
    rounds: { type: "string", default: "5" },
    events: { type: "string", default: "200000" },
    million: { type: "boolean", default: false },
    only: { type: "string", default: "" },
  },
});
const PEER = "node-red-contrib-signalrcore@1.0.3";
const root = resolve(__dirname, "..");
const CONTESTANTS = {
  ours: "rte-subscribe",
  raw: "peer, raw",
  shaped: "peer + function",
  bare: "bare client",
} as const;
type Contestant = keyof typeof CONTESTANTS;

/** Installs the peer on demand; it is no dependency of this package. */
function installPeer(): string {
  const folder = join(root, ".cache/signalr-peer");
  if (!existsSync(join(folder, "node_modules/node-red-contrib-signalrcore")))
    execFileSync("npm", ["i", "--prefix", folder, "--no-save", "--no-audit", "--no-fund", PEER], { stdio: "inherit" });
  return join(folder, "node_modules");
}

/** What a user would write behind the peer. */
const NAMES = Object.fromEntries(
  Object.entries(EVENTS).map(([name, properties]) => [
    name.toLowerCase(),
    { name, names: Object.fromEntries(Object.keys(properties).map((each) => [each.toLowerCase(), each])) },
  ]),
);
const SHAPE = `
const { subscription, data } = msg.payload;
const known = context.get("names")[subscription.eventName];
const payload = {};
for (const [name, value] of Object.entries(data)) payload[known.names[name.toLowerCase()] || name] = value;
msg.topic = known.name;
msg.payload = payload;
msg.rte = { entityId: subscription.entityId, eventName: known.name };
return msg;`;

function flows({ port, token, subjects }: HubAddress): FlowNode[] {
  const peer = (id: string, next: string): FlowNode[] => [
    {
      id: `${id}-client`,
      type: "signalr-client",
      host: "127.0.0.1",
      port: String(port),
      hub: `${id}?access_token=${token}`,
      secure: false,
      reconnectInterval: "1000",
    },
    node(id, "signalr in", { client: `${id}-client`, responses: [{ methodName: "MessageReceived" }] }, [
      [],
      [],
      [],
      [next],
    ]),
  ];
  const shape = code("shape", SHAPE, [["sink-shaped"]]);
  shape["initialize"] = `context.set("names", ${JSON.stringify(NAMES)});`;
  return [
    tab(),
    {
      id: "connection",
      type: "rte-connection",
      auth: "token",
      url: `http://127.0.0.1:${port}/ours`,
      credentials: { token },
    },
    node(
      "ours",
      "rte-subscribe",
      { connection: "connection", subscriptions: subjects, active: "true", activeType: "bool" },
      [["sink-ours"], []],
    ),
    ...peer("raw", "sink-raw"),
    ...peer("shaped", "shape"),
    shape,
    ...["ours", "raw", "shaped"].map((id) => node(`sink-${id}`, "bench-sink", { counts: id })),
  ];
}

/** A node that counts and costs next to nothing. */
const SINK = `
const { Counter } = require(${JSON.stringify(join(root, ".cache/bench/counter.js"))});
module.exports = (RED) => RED.nodes.registerType("bench-sink", function (config) {
  RED.nodes.createNode(this, config);
  const counter = new Counter((report) => process.send({ probe: "report", message: report }));
  this.on("input", (msg, send, done) => { counter.count(); done(); });
  process.on("message", (order) => { if (order.expect && order.to === config.counts) counter.expect(order.expect); });
  process.on("message", (order) => { if (order.memory && order.to === config.counts) { require("node:v8").setFlagsFromString("--expose-gc"); require("node:vm").runInNewContext("gc")(); process.send({ probe: "memory", message: process.memoryUsage() }); } });
});`;

function prepareUserDir(): string {
  const userDir = makeUserDir();
  const peers = installPeer();
  cpSync(peers, join(userDir, "node_modules"), { recursive: true });
  writeFileSync(
    join(userDir, "package.json"),
    JSON.stringify({
      name: "user",
      private: true,
      dependencies: { [PACKAGE]: "*", "node-red-contrib-signalrcore": "*" },
    }),
  );
  mkdirSync(join(userDir, "nodes"), { recursive: true });
  mkdirSync(join(root, ".cache/bench"), { recursive: true });
  execFileSync(join(root, "node_modules/.bin/tsc"), [
    "--ignoreConfig",
    "--module",
    "commonjs",
    "--target",
    "es2023",
    "--skipLibCheck",
    "--types",
    "node",
    "--outDir",
    join(root, ".cache/bench"),
    join(root, "bench/support/counter.ts"),
  ]);
  writeFileSync(join(userDir, "nodes/bench-sink.js"), SINK);
  writeFileSync(
    join(userDir, "nodes/bench-sink.html"),
    '<script type="text/javascript">RED.nodes.registerType("bench-sink",{category:"bench",defaults:{counts:{value:""}},inputs:1,outputs:0});</script>',
  );
  return userDir;
}

async function main(): Promise<void> {
  const start = (file: string, ...args: string[]): ChildProcess =>
    fork(join(__dirname, "support", file), args, { execArgv: ["--import", "tsx"] });
  const hub = start("rte-hub.ts");
  const [address] = (await once(hub, "message")) as [HubAddress];
  const red = await NodeRed.start({ userDir: prepareUserDir() });
  const bare = start("rte-bare.ts", `http://127.0.0.1:${address.port}/bare`, address.token);
  try {
    await once(bare, "message");
    await red.deploy(flows(address));
    await until("the peer to connect", () => red.log.length > 0);
    await new Promise((done) => setTimeout(done, 2000));

    const run = async (who: Contestant, events: number): Promise<Report> => {
      red.forget();
      if (who === "bare") {
        const reported = once(bare, "message") as Promise<[{ report: Report }]>;
        bare.send(events);
        hub.send({ to: who, events });
        return (await reported)[0].report;
      }
      red.child.send({ to: who, expect: events });
      hub.send({ to: who, events });
      return (await red.message("report", () => true, 180_000)) as unknown as Report;
    };
    const names =
      values.only === "" ? (Object.keys(CONTESTANTS) as Contestant[]) : (values.only.split(",") as Contestant[]);
    for (const who of names) await run(who, 40_000);
    const reports: Record<Contestant, Report[]> = { ours: [], raw: [], shaped: [], bare: [] };
    for (let round = 0; round < Number(values.rounds); round++)
      for (const who of names) reports[who].push(await run(who, Number(values.events)));
    for (const who of names) {
      const of = (figure: keyof Report): number => median(reports[who].map((report) => report[figure]));
      console.log(
        `${CONTESTANTS[who].padEnd(16)} ${of("eventsPerSecond").toFixed(0).padStart(7)} events/s   ${of("cpuPerEvent").toFixed(1).padStart(5)} µs CPU per event`,
      );
    }
    const ratio = (other: Contestant): string =>
      median(
        reports.ours.map((report, index) => report.eventsPerSecond / (reports[other][index]?.eventsPerSecond ?? 1)),
      ).toFixed(2);
    console.log(
      `rte-subscribe: ${ratio("shaped")} times the peer with a function node, ${ratio("raw")} of its raw forward, ${ratio("bare")} of the bare client`,
    );
    if (values.million) {
      const memory = async (): Promise<NodeJS.MemoryUsage> => {
        red.forget();
        red.child.send({ to: "ours", memory: true });
        return (await red.message("memory")) as unknown as NodeJS.MemoryUsage;
      };
      const before = await memory();
      await run("ours", 1_000_000);
      const after = await memory();
      const mb = (bytes: number): string => (bytes / 1_048_576).toFixed(1);
      console.log(
        `a million events: heap ${mb(before.heapUsed)} -> ${mb(after.heapUsed)} MB, resident ${mb(before.rss)} -> ${mb(after.rss)} MB`,
      );
    }
  } finally {
    hub.disconnect();
    bare.disconnect();
    await red.stop();
  }
}

void main();
