/**
 * A file full of good and bad rows, loaded under seeded faults by a process that is killed and resumed by two at once, of which one has
 * to be refused; and what became of each row. Time runs a hundred times as fast: a commit that comes 0.9 s late stands for 90 s.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { extname, join, resolve } from "node:path";
import type { Reject, Report } from "../../../lib/webitel/upload/report.js";
import { chanceOf, type Fault, FAULTS } from "../../../simulators/webitel/faults.js";
import { startWebitelSimulator, WEBITEL_DEMO_TOKEN } from "../../../simulators/webitel/simulator.js";
import { until } from "../wait.js";
import type { LoaderJob } from "./loader.js";

/** What to try. */
interface FaultRun {
  rows: number;
  seed: number;
  concurrency: number;
  batchSize: number;
  /** How often the process is killed. */
  kills: number;
  /** Share of requests that fail. */
  share: number;
}

/** What came of it. */
interface FaultRunResult {
  report: Report;
  /** How often each good row's number is in the queue, other than once. */
  wrong: string[];
  /** Bad rows that were not rejected with their reason, and good ones that were. */
  misjudged: string[];
  bad: number;
  kills: number;
  /** Processes that wanted to resume what another one was at. */
  refused: number;
  /** Requests that were refused for their size. */
  tooLarge: number;
}

/** All but a half commit, which the platform's transaction rules out: after a kill nobody can tell its rows apart. */
const KINDS = (Object.keys(FAULTS) as Fault[]).filter((kind) => kind !== "partial");
/** 90 s, a hundred times as fast. */
const LATE_MS = [10, 900] as const;
/** What the proxy lets through; a batch of 500 rows has about five times as much. */
const MAX_BODY_BYTES = 20_000;

const QUEUE = "10";

/** Every 97th row lacks its number, every 101st was through a spreadsheet, some are refused only by the server. */
function writeRows(path: string, { rows, seed }: FaultRun): Map<number, string | number> {
  const chance = chanceOf(seed);
  const bad = new Map<number, string | number>();
  const lines = ["name;destination;bucket;variables.row"];
  for (let row = 1; row <= rows; row++) {
    let number = `+3805${String(row).padStart(8, "0")}`;
    let bucket = "1";
    if (row % 97 === 0) {
      number = "";
      bad.set(row, "EINVALID");
    } else if (row % 101 === 0) {
      number = "3.80441E+11";
      bad.set(row, "EINVALID");
    } else if (chance() < 0.002) {
      bucket = "99";
      bad.set(row, 400);
    }
    lines.push(`Person ${row};${number};${bucket};${row}`);
  }
  writeFileSync(path, `${lines.join("\n")}\n`);
  return bad;
}

function start(job: LoaderJob): ChildProcess {
  return spawn(
    process.execPath,
    ["--import", "tsx", resolve(__dirname, `loader${extname(__filename)}`), JSON.stringify(job)],
    {
      stdio: ["ignore", "inherit", "inherit"],
    },
  );
}

const gone = (child: ChildProcess): Promise<void> =>
  new Promise((done) =>
    child.exitCode === null && child.signalCode === null ? child.once("exit", () => done()) : done(),
  );

/**
 * Two processes want to resume the same run.
 * @returns the one that does, and how many were refused
 */
async function resumed(job: LoaderJob): Promise<{ child: ChildProcess; refused: number }> {
  for (let refused = 0; ; refused += 2) {
    const children = [start(job), start(job)];
    const first = await Promise.race(children.map(async (child) => gone(child).then(() => child)));
    const other = children.find((child) => child !== first) as ChildProcess;
    // The first to end is the refused one, or it was so quick that it loaded everything.
    if (first.exitCode === 0) {
      await gone(other);
      return { child: first, refused: refused + 1 };
    }
    if (other.exitCode === null) return { child: other, refused: refused + 1 };
    if (other.exitCode === 0) return { child: other, refused: refused + 1 };
  }
}

/** Runs it against a simulator in this process. */
export async function faultRun(what: FaultRun): Promise<FaultRunResult> {
  const folder = mkdtempSync(join(tmpdir(), "cc-fault-run-"));
  const simulator = await startWebitelSimulator({
    faults: { seed: what.seed, share: what.share, lateMs: LATE_MS, kinds: KINDS },
    bulkDelayMs: 5,
    maxBodyBytes: MAX_BODY_BYTES,
  });
  const job: LoaderJob = {
    url: simulator.url,
    token: WEBITEL_DEMO_TOKEN,
    queueId: QUEUE,
    file: join(folder, "members.csv"),
    folder: join(folder, "journal"),
    log: join(folder, "log"),
    batchSize: what.batchSize,
    concurrency: what.concurrency,
    resume: false,
  };
  const bad = writeRows(job.file, what);
  const queue = simulator.store.queue(QUEUE);
  let kills = 0;
  let refused = 0;
  let child = start(job);
  try {
    for (; kills < what.kills; kills++) {
      const mark = Math.round((what.rows * (kills + 1)) / (what.kills + 1));
      await until(`${mark} members`, () => (queue?.loaded ?? 0) >= mark || child.exitCode !== null, 600_000);
      child.kill("SIGKILL");
      await gone(child);
      const next = await resumed({ ...job, resume: true });
      child = next.child;
      refused += next.refused;
    }
    await gone(child);
    return {
      kills,
      refused,
      tooLarge: simulator.tooLarge,
      bad: bad.size,
      ...checkRun(
        what,
        bad,
        readFileSync(job.log, "utf8"),
        queue?.members.map(({ variables }) => Number(variables?.["row"])) ?? [],
      ),
    };
  } finally {
    child.kill("SIGKILL");
    await simulator.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

function checkRun(
  what: FaultRun,
  bad: ReadonlyMap<number, string | number>,
  log: string,
  loaded: readonly number[],
): Pick<FaultRunResult, "report" | "wrong" | "misjudged"> {
  const lines = log
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as { rejects?: Reject[]; report?: Report });
  const report = lines.findLast((line) => line.report)?.report;
  if (!report) throw new Error(`no run ended with a report: ${JSON.stringify(lines.at(-1))}`);
  const times = new Map<number, number>();
  for (const row of loaded) times.set(row, (times.get(row) ?? 0) + 1);
  const rejects = new Map(lines.flatMap((line) => line.rejects ?? []).map((reject) => [reject.row, reject]));
  const wrong: string[] = [];
  const misjudged: string[] = [];
  for (let row = 1; row <= what.rows; row++) {
    const expected = bad.has(row) ? 0 : 1;
    const found = times.get(row) ?? 0;
    if (found !== expected) wrong.push(`row ${row}: ${found} times`);
    const reject = rejects.get(row);
    if (
      reject?.code !== bad.get(row) ||
      (reject && (!reject.reason || (reject.data as { "variables.row": string })["variables.row"] !== String(row)))
    )
      misjudged.push(`row ${row}: ${JSON.stringify(reject)}`);
  }
  return { report, wrong, misjudged };
}
