/**
 * `npm run bench:telemetry`: what OpenTelemetry costs a call through the SmartRouting nodes. Pairs of rounds: this build
 * without an SDK against an earlier build, or, without one, this build without an SDK against the same with one.
 * Options: --before <folder of an earlier build> --rounds 9 --seconds 3 --connections 50
 */
import { mkdirSync, mkdtempSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { code, node, tab } from "../test/support/flow.js";
import { makeUserDir, NodeRed, PACKAGE } from "../test/support/node-red.js";
import { sdkOptions, startCollector } from "../test/support/telemetry.js";
import { load } from "./support/load.js";
import { median } from "./support/median.js";
import { processorMs } from "./support/process.js";

const { values } = parseArgs({
  options: {
    before: { type: "string" },
    rounds: { type: "string", default: "9" },
    seconds: { type: "string", default: "3" },
    connections: { type: "string", default: "50" },
  },
});
const REQUEST = JSON.stringify({ anum: "+358401112233", bnum: "+358942000100", targetid: "SALES_QUEUE" });
const FLOWS = [
  tab(),
  node("in", "smartrouting-in", { url: "/calls", auth: "none" }, [["vip"], []]),
  code("vip", `msg.payload = { InitialTarget: "+358942000200" }; return msg;`, [["out"]]),
  node("out", "smartrouting-out"),
];

interface Round {
  rate: number;
  /** Microseconds of processor time. */
  perCall: number;
}

async function round(red: NodeRed, seconds: number): Promise<Round> {
  const before = processorMs(red.child.pid as number);
  const { requestsPerSecond, statuses } = await load({
    url: `${red.url}/calls`,
    body: REQUEST,
    connections: Number(values.connections),
    seconds,
  });
  if (Object.keys(statuses).join() !== "200") throw new Error(`answered ${JSON.stringify(statuses)}`);
  return {
    rate: requestsPerSecond,
    perCall: (1000 * (processorMs(red.child.pid as number) - before)) / (statuses["200"] ?? 1),
  };
}

/** A user directory with the build of another folder. */
function userDirOf(build: string): string {
  const userDir = makeUserDir(false);
  const link = join(userDir, "node_modules", PACKAGE);
  mkdirSync(dirname(link), { recursive: true });
  symlinkSync(resolve(build), link);
  return userDir;
}

async function main(): Promise<void> {
  const collector = await startCollector();
  const folder = mkdtempSync(join(tmpdir(), "cc-telemetry-"));
  const otherDir = values.before === undefined ? undefined : userDirOf(values.before);
  const names = otherDir === undefined ? (["without", "with an SDK"] as const) : (["this build", "before"] as const);
  const reds = [
    await NodeRed.start(),
    await NodeRed.start(otherDir === undefined ? { execArgv: sdkOptions(folder, collector) } : { userDir: otherDir }),
  ];
  try {
    for (const red of reds) {
      await red.deploy(FLOWS);
      await round(red, 3);
    }
    const pairs: [Round, Round][] = [];
    for (let i = 0; i < Number(values.rounds); i++) {
      // Each is first in every other pair: what the machine does beside it falls on both.
      const order = i % 2 === 0 ? [0, 1] : [1, 0];
      const pair: Round[] = [];
      for (const at of order) pair[at] = await round(reds[at] as NodeRed, Number(values.seconds));
      pairs.push(pair as [Round, Round]);
      const text = pair.map(({ rate, perCall }, at) => `${names[at]} ${rate.toFixed(0)} /s ${perCall.toFixed(0)} µs`);
      console.log(text.join("   "));
    }
    const ratio = (of: keyof Round): string => median(pairs.map(([one, other]) => one[of] / other[of])).toFixed(3);
    console.log(
      `\n${names[0]} against ${names[1]}, medians of ${pairs.length} pairs: rate ${ratio("rate")}, processor time of a call ${ratio("perCall")}`,
    );
  } finally {
    for (const red of reds) await red.stop();
    await collector.close();
    for (const made of [folder, ...(otherDir === undefined ? [] : [otherDir])])
      rmSync(made, { recursive: true, force: true });
  }
}

void main();
