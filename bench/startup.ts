/**
 * `npm run bench:startup`: what the pack costs Node-RED at start, used by no flow. A real Node-RED starts with and without
 * the packed tarball, alternating, each from its own user directory that has been started once before; the medians are
 * compared.
 * Options: --rounds 11
 */
import { execFileSync } from "node:child_process";
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { makeUserDir, NodeRed, PACKAGE } from "../test/support/node-red.js";
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

/** A user directory with the pack as its users have it, without its dependencies: nothing loads them at start. */
function makeUserDirWithPack(): string {
  const userDir = makeUserDir(false);
  const target = join(userDir, "node_modules", PACKAGE);
  mkdirSync(target, { recursive: true });
  const packed = execFileSync("npm", ["pack", "--silent", "--ignore-scripts", "--pack-destination", userDir], {
    cwd: resolve(__dirname, ".."),
    encoding: "utf8",
  });
  execFileSync("tar", [
    "-xzf",
    join(userDir, packed.trim().split("\n").at(-1) ?? ""),
    "-C",
    target,
    "--strip-components=1",
  ]);
  writeFileSync(
    join(userDir, "package.json"),
    JSON.stringify({ name: "user", private: true, dependencies: { [PACKAGE]: "*" } }),
  );
  return userDir;
}

async function start(userDir: string): Promise<Start> {
  const red = await NodeRed.start({ userDir, settings: SETTINGS, execArgv: ["--expose-gc"] });
  try {
    return (await red.message("start")) as unknown as Start;
  } finally {
    await red.stop();
  }
}

async function main(): Promise<void> {
  const sides = { without: makeUserDir(false), with: makeUserDirWithPack() };
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
