/**
 * `npm run bench:startup`: what the pack costs Node-RED at start, used by no flow. A real Node-RED starts with and without
 * it, alternating, each from its own user directory that has been started once before; the medians are compared.
 * Options: --rounds 11
 */
import { rmSync } from "node:fs";
import { parseArgs } from "node:util";
import { makeUserDir, NodeRed } from "../test/support/node-red.js";
import { median } from "./support/median.js";

const { values } = parseArgs({ options: { rounds: { type: "string", default: "11" } } });

/** What one start cost. */
interface Start {
  /** Milliseconds from the start of the process until the flows run. */
  ms: number;
  /** Processor time until then, ms: what a busy machine disturbs less. */
  cpuMs: number;
  /** Resident memory then, MB. */
  residentMb: number;
  /** Heap after a collection, MB. */
  heapMb: number;
  /** CommonJS modules that are loaded. */
  modules: number;
}

/** A log handler of Node-RED that measures when the flows run, in the process itself. */
const SETTINGS = `logging: { bench: { level: "info", handler: () => ({ msg }) => {
  if (!/Started flows/.test(msg)) return;
  const { user, system } = process.cpuUsage();
  const ms = process.uptime() * 1000, cpuMs = (user + system) / 1000, residentMb = process.memoryUsage.rss() / 1e6;
  global.gc();
  const heapMb = process.memoryUsage().heapUsed / 1e6;
  report("start", { ms, cpuMs, residentMb, heapMb, modules: Object.keys(require.cache).length });
} }, console: { level: "info", metrics: false, audit: false } }`;

async function start(userDir: string): Promise<Start> {
  const red = await NodeRed.start({ userDir, settings: SETTINGS, execArgv: ["--expose-gc"] });
  try {
    return (await red.message("start")) as unknown as Start;
  } finally {
    await red.stop();
  }
}

async function main(): Promise<void> {
  const sides = { without: makeUserDir(false), with: makeUserDir(true) };
  const starts: Record<keyof typeof sides, Start[]> = { without: [], with: [] };
  try {
    for (const userDir of Object.values(sides)) await start(userDir);
    for (let round = 0; round < Number(values.rounds); round++) {
      // Each side goes first in every other round.
      const order = round % 2 === 0 ? (["without", "with"] as const) : (["with", "without"] as const);
      for (const side of order) starts[side].push(await start(sides[side]));
    }
  } finally {
    for (const userDir of Object.values(sides)) rmSync(userDir, { recursive: true, force: true });
  }
  const of = (side: keyof typeof sides, figure: keyof Start): number =>
    median(starts[side].map((each) => each[figure]));
  const figures: (keyof Start)[] = ["ms", "cpuMs", "residentMb", "heapMb", "modules"];
  console.table(
    Object.fromEntries(
      figures.map((figure) => [
        figure,
        {
          without: Math.round(of("without", figure) * 10) / 10,
          with: Math.round(of("with", figure) * 10) / 10,
          more: Math.round((of("with", figure) - of("without", figure)) * 10) / 10,
        },
      ]),
    ),
  );
}

void main();
