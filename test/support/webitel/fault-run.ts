/** A file full of good and bad rows, loaded under seeded faults by a process that is killed and resumed; and what became of each row. */
import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { extname, join, resolve } from "node:path";
import type { Reject, Report } from "../../../lib/webitel/upload/report.js";
import { chanceOf } from "../../../simulators/webitel/faults.js";
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
}

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

/** Runs it against a simulator in this process. */
export async function faultRun(what: FaultRun): Promise<FaultRunResult> {
  const folder = mkdtempSync(join(tmpdir(), "cc-fault-run-"));
  const simulator = await startWebitelSimulator({ faults: { seed: what.seed, share: what.share }, bulkDelayMs: 5 });
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
  let child = start(job);
  try {
    for (; kills < what.kills; kills++) {
      const mark = Math.round((what.rows * (kills + 1)) / (what.kills + 1));
      await until(`${mark} members`, () => (queue?.loaded ?? 0) >= mark || child.exitCode !== null, 600_000);
      child.kill("SIGKILL");
      await gone(child);
      child = start({ ...job, resume: true });
    }
    await gone(child);
    return {
      kills,
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
  const report = lines.at(-1)?.report;
  if (!report) throw new Error(`the last run did not end with a report: ${JSON.stringify(lines.at(-1))}`);
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
