/**
 * `npm run bench:recorder`: what the recorder costs. Calls come through the SmartRouting nodes, each from another number, while
 * the recorder is at `off` and at `path` in turns: what else the machine does meets both. First some 400 calls a second, each of
 * which is recorded; then as many as Node-RED takes, of which at most 500 a second are: a turn lasts a second or more, since a
 * shorter one would have the runs of a whole second. Then two fresh ones, at `off` and without the
 * plugin, in turns. On a busy machine the processor time says more than the rate.
 * Options: --turns 40 --ms 1000 --connections 50 --part levels (or plugin; both without)
 */
import { mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { parseArgs } from "node:util";
import { code, node, tab } from "../test/support/flow.js";
import { makeUserDir, NodeRed, PACKAGE } from "../test/support/node-red.js";
import { until } from "../test/support/wait.js";
import { load } from "./support/load.js";
import { median } from "./support/median.js";

const { values } = parseArgs({
  options: {
    turns: { type: "string", default: "40" },
    ms: { type: "string", default: "1000" },
    connections: { type: "string", default: "50" },
    part: { type: "string", default: "" },
  },
});
const root = resolve(__dirname, "..");
const turns = Number(values.turns);
const turnMs = Number(values.ms);
/** From the first call of a turn until it is measured. */
const WARM_MS = 500;
/** Fewer than the recorder's bound. */
const PACED_PER_SECOND = 400;
const FLOWS = [
  tab(),
  node("in", "smartrouting-in", { url: "/calls", auth: "none" }, [["vip"], []]),
  code("vip", `global.get("count")(); msg.payload = { InitialTarget: "+358942000200", Priority: 9000 }; return msg;`, [
    ["out"],
  ]),
  node("out", "smartrouting-out"),
];
/** Counts calls and processor time within Node-RED, where they are exact. */
const COUNTING = `
let calls = 0;
module.exports = {
  count: () => { calls++; },
  route: (request, response, next) => {
    if (request.path !== "/figures") return next();
    const { user, system } = process.cpuUsage();
    response.json({ calls, us: user + system, ms: performance.now() });
  },
};`;
const BODIES = Array.from({ length: 50_000 }, (_, i) =>
  JSON.stringify({
    anum: `+3584${String(10_000_000 + i * 1789).slice(0, 8)}`,
    bnum: "+358942000100",
    targetid: "SALES_QUEUE",
    extradata: { CallId: "0a7d3a55-5a4e-4a5d-93f2-6a2f1c1f9a10", LegId: "7f3d2c1b0a@198.51.100.7_b1" },
  }),
);

interface Figures {
  calls: number;
  /** Processor time, µs. */
  us: number;
  ms: number;
}

/** One turn: processor time of a call in µs, and calls a second. */
interface Turn {
  perCall: number;
  perSecond: number;
}

/** At `off`. */
async function start(userDir: string): Promise<NodeRed> {
  writeFileSync(join(userDir, "counting.js"), COUNTING);
  const red = await NodeRed.start({
    userDir,
    settings: `contactCenter: { recorder: { level: "off" } }, functionGlobalContext: { count: require("./counting.js").count }, httpAdminMiddleware: require("./counting.js").route,`,
  });
  await red.deploy(FLOWS);
  return red;
}

async function figures(red: NodeRed): Promise<Figures> {
  return (await (await fetch(`${red.url}/figures`)).json()) as Figures;
}

async function turn(red: NodeRed): Promise<Turn> {
  const before = await figures(red);
  await sleep(turnMs);
  const after = await figures(red);
  const calls = after.calls - before.calls;
  return { perCall: (after.us - before.us) / calls, perSecond: (1000 * calls) / (after.ms - before.ms) };
}

async function level(red: NodeRed, name: string): Promise<void> {
  const answer = await fetch(`${red.url}/contact-center/recorder/level`, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ level: name }),
  });
  if (answer.status !== 200) throw new Error(await answer.text());
}

function calls(red: NodeRed, seconds: number, pauseMs?: number): ReturnType<typeof load> {
  const pause = pauseMs === undefined ? {} : { pauseMs };
  return load({ url: `${red.url}/calls`, body: BODIES, connections: Number(values.connections), seconds, ...pause });
}

/** Turns of two cases, each of a pair first as often as second; prints the medians and that of the pairs' ratios. */
async function compare(names: readonly [string, string], run: (name: string) => Promise<Turn>): Promise<void> {
  const pairs: Record<string, Turn>[] = [];
  for (let i = 0; i < turns; i++) {
    const pair: Record<string, Turn> = {};
    for (const name of i % 2 === 0 ? names : names.toReversed()) pair[name] = await run(name);
    pairs.push(pair);
  }
  const [first, second] = names;
  const ratio = (figure: keyof Turn): string =>
    median(pairs.map((pair) => (pair[second] as Turn)[figure] / (pair[first] as Turn)[figure])).toFixed(3);
  for (const name of names) {
    const of = (figure: keyof Turn): number => median(pairs.map((pair) => (pair[name] as Turn)[figure]));
    console.log(
      `${name.padEnd(8)} ${of("perSecond").toFixed(0)} calls/s   ${of("perCall").toFixed(1)} µs of processor time a call`,
    );
  }
  console.log(
    `${second} against ${first}, median of ${turns} pairs: rate ${ratio("perSecond")}, processor time ${ratio("perCall")}\n`,
  );
}

/** A user directory with the pack as it is but for the plugin: nobody can record. */
function withoutPlugin(): string {
  const userDir = makeUserDir(false);
  const folder = join(userDir, "node_modules", PACKAGE);
  mkdirSync(folder, { recursive: true });
  for (const part of ["dist", "resources", "examples", "node_modules"])
    symlinkSync(join(root, part), join(folder, part));
  const manifest = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as { "node-red": { plugins?: object } };
  delete manifest["node-red"].plugins;
  writeFileSync(join(folder, "package.json"), JSON.stringify(manifest));
  writeFileSync(
    join(userDir, "package.json"),
    JSON.stringify({ name: "user", private: true, dependencies: { [PACKAGE]: "*" } }),
  );
  return userDir;
}

/** `off` and `path` in turns, in one Node-RED. @param pauseMs of each connection between two calls */
async function compareLevels(userDir: string, pauseMs?: number): Promise<void> {
  const red = await start(userDir);
  try {
    await calls(red, 3);
    const under = calls(red, (turns * 2 * turnMs) / 1000 + 5, pauseMs);
    await compare(["off", "path"], async (name) => {
      await level(red, name);
      return turn(red);
    });
    const { statuses } = await under;
    if (Object.keys(statuses).join() !== "200") throw new Error(JSON.stringify(statuses));
  } finally {
    await red.stop();
  }
}

/** Two Node-REDs in turns, each under load in its own. */
async function comparePlugin(userDirs: Record<string, string>): Promise<void> {
  const reds: Record<string, NodeRed> = {};
  try {
    for (const [name, userDir] of Object.entries(userDirs)) reds[name] = await start(userDir);
    for (const red of Object.values(reds)) await calls(red, 5);
    await compare(["without", "off"], async (name) => {
      const red = reds[name] as NodeRed;
      const { calls: before } = await figures(red);
      const under = calls(red, turnMs / 1000 + 1);
      // The load begins late where other work goes on.
      await until("the first call", async () => (await figures(red)).calls > before, 30_000);
      await sleep(WARM_MS);
      const result = await turn(red);
      await under;
      return result;
    });
  } finally {
    for (const red of Object.values(reds)) await red.stop();
  }
}

async function main(): Promise<void> {
  const [off, without] = [makeUserDir(), withoutPlugin()];
  try {
    if (values.part !== "plugin") {
      await compareLevels(off, (1000 * Number(values.connections)) / PACED_PER_SECOND);
      await compareLevels(off);
    }
    if (values.part !== "levels") await comparePlugin({ without, off });
  } finally {
    for (const dir of [off, without]) rmSync(dir, { recursive: true, force: true });
  }
}

void main();
