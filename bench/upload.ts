/**
 * `npm run bench:upload`: how fast a CSV file gets into a dialer, against a bare loop that posts batches prepared beforehand, and
 * against the flow that people write today (file in -> csv -> http request per row); with memory, and the delay of another flow.
 * The simulator runs in its own process. Options: --rows 1000000 --batch 500 --concurrency 2 --today 5000 --delays 20,0 (what the server
 * takes for a batch, ms)
 */
import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { createWriteStream, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { Agent, request } from "node:http";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import type { Report } from "../lib/webitel/upload/report.js";
import { WEBITEL_DEMO_TOKEN } from "../simulators/webitel/simulator.js";
import { code, node, probe, tab } from "../test/support/flow.js";
import { NodeRed } from "../test/support/node-red.js";
import { until } from "../test/support/wait.js";
import { entry, start, uploadFlow } from "../test/support/webitel/flow.js";
import { median } from "./support/median.js";

const { values } = parseArgs({
  options: {
    rows: { type: "string", default: "1000000" },
    batch: { type: "string", default: "500" },
    concurrency: { type: "string", default: "2" },
    today: { type: "string", default: "5000" },
    delays: { type: "string", default: "20,0" },
  },
});
const ROWS = Number(values.rows);
const BATCH = Number(values.batch);
const CONCURRENCY = Number(values.concurrency);
const TODAY = Number(values.today);
const HOUR_MS = 3_600_000;

const cells = (row: number): string[] => [
  `Person ${row}`,
  `+38044${1_000_000 + row}`,
  "1",
  String(row),
  "120.50",
  "Kyiv",
];
const HEADER = ["name", "destination", "type", "variables.crm_id", "variables.debt", "variables.city"];

async function writeCsv(path: string, rows: number): Promise<void> {
  const file = createWriteStream(path);
  file.write(`${HEADER.join(";")}\n`);
  for (let row = 1; row <= rows; row++) if (!file.write(`${cells(row).join(";")}\n`)) await once(file, "drain");
  file.end();
  await once(file, "close");
}

/** A simulator that takes this many milliseconds for a POST. */
class Server {
  private constructor(
    readonly url: string,
    private readonly child: ChildProcess,
  ) {}

  static async start(delayMs: number): Promise<Server> {
    const child = fork(resolve(__dirname, "support/webitel-server.ts"), [String(delayMs)], {
      execArgv: ["--import", "tsx"],
    });
    const [{ url }] = (await once(child, "message")) as [{ url: string }];
    return new Server(url, child);
  }

  async expect(members: number): Promise<void> {
    this.child.send("count");
    const [{ loaded }] = (await once(this.child, "message")) as [{ loaded: number }];
    if (loaded !== members) throw new Error(`${loaded} members are in the queue, not ${members}`);
  }

  async stop(): Promise<void> {
    this.child.kill();
    await once(this.child, "exit");
  }
}

/** Posts batches that were made beforehand; as many bodies as fit into memory, again and again. */
async function bareLoop(server: Server, rows: number): Promise<number> {
  const body = (first: number): Buffer =>
    Buffer.from(
      JSON.stringify({
        items: Array.from({ length: BATCH }, (_, at) => {
          const [name, destination, type, crm_id, debt, city] = cells(first + at);
          return {
            communications: [{ destination, type: { id: type }, priority: 0 }],
            name,
            variables: { crm_id, debt, city, cc_batch: "0mbv5x9k2abcd-1000" },
          };
        }),
      }),
    );
  const bodies = Array.from({ length: 20 }, (_, at) => body(at * BATCH + 1));
  const agent = new Agent({ keepAlive: true });
  const post = (bytes: Buffer): Promise<void> =>
    new Promise((done, reject) => {
      const headers = {
        "Content-Type": "application/json",
        "Content-Length": bytes.length,
        "X-Webitel-Access": WEBITEL_DEMO_TOKEN,
      };
      const sent = request(
        `${server.url}/call_center/queues/10/members/bulk`,
        { method: "POST", agent, headers },
        (answer) => {
          if (answer.statusCode !== 200) reject(new Error(`status ${answer.statusCode}`));
          answer.resume().on("end", done);
        },
      );
      sent.on("error", reject).end(bytes);
    });
  let left = rows / BATCH;
  const startMs = performance.now();
  const work = async (): Promise<void> => {
    while (left-- > 0) await post(bodies[left % bodies.length] as Buffer);
  };
  await Promise.all(Array.from({ length: CONCURRENCY }, work));
  agent.destroy();
  await server.expect(rows);
  return rows / ((performance.now() - startMs) / 1000);
}

/** Watches memory and another flow's endpoint while something runs. */
class Watch {
  peakKb = 0;
  readonly delaysMs: number[] = [];
  /** Requests that a Node-RED under too much load broke off. */
  unanswered = 0;
  private running = true;
  private readonly ended: Promise<unknown>;

  constructor(private readonly red: NodeRed) {
    this.ended = Promise.all([this.memory(), this.pings()]);
  }

  async stop(): Promise<void> {
    this.running = false;
    await this.ended;
  }

  private async memory(): Promise<void> {
    while (this.running) {
      this.peakKb = Math.max(this.peakKb, residentKb(this.red));
      await new Promise((done) => setTimeout(done, 50));
    }
  }

  private async pings(): Promise<void> {
    while (this.running) {
      const from = performance.now();
      // A connection of its own: a kept one may be closed by the server's idle time-out just as it is used.
      const answered = await fetch(`${this.red.url}/ping`, { headers: { Connection: "close" } })
        .then((answer) => answer.text())
        .catch(() => undefined);
      if (answered === undefined) this.unanswered++;
      else this.delaysMs.push(performance.now() - from);
      await new Promise((done) => setTimeout(done, 25));
    }
  }
}

function residentKb(red: NodeRed): number {
  return Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${red.child.pid}/status`, "utf8"))?.[1]);
}

const PING = [
  node("ping", "http in", { url: "/ping", method: "get" }, [["pong"]]),
  code("pong", 'msg.payload = "pong"; return msg;', [["out"]]),
  node("out", "http response", { statusCode: "200", headers: {} }),
];

/** Members per second, MB over idle, and how long another flow's endpoint took meanwhile. */
interface Figures {
  rate: number;
  overIdleMb: number;
  medianMs: number;
  p99Ms: number;
  unanswered: number;
}

async function watched(red: NodeRed, rows: number, run: () => Promise<unknown>): Promise<Figures> {
  const idleKb = residentKb(red);
  const watch = new Watch(red);
  const startMs = performance.now();
  await run();
  const rate = rows / ((performance.now() - startMs) / 1000);
  await watch.stop();
  const delays = watch.delaysMs.sort((a, b) => a - b);
  return {
    rate,
    overIdleMb: (watch.peakKb - idleKb) / 1024,
    medianMs: median(delays),
    p99Ms: delays[Math.floor(delays.length * 0.99)] ?? 0,
    unanswered: watch.unanswered,
  };
}

async function ours(server: Server, folder: string): Promise<Figures> {
  const red = await NodeRed.start();
  try {
    await red.deploy([
      ...uploadFlow(server.url, {
        source: "file",
        filename: "",
        batchSize: BATCH,
        concurrency: CONCURRENCY,
        defaults: [],
      }).filter(({ id }) => id !== "progress"),
      ...PING,
    ]);
    const load = async (file: string, rows: number): Promise<void> => {
      red.forget();
      await start(red.url, { filename: join(folder, file) });
      const { payload } = await red.message("report", () => true, HOUR_MS);
      if ((payload as Report).accepted !== rows) throw new Error(JSON.stringify(payload));
      await server.expect(rows);
    };
    await load("warm.csv", 2 * BATCH);
    return await watched(red, ROWS, () => load("members.csv", ROWS));
  } finally {
    await red.stop();
  }
}

/** What people write today. */
async function today(server: Server, folder: string): Promise<Figures> {
  const red = await NodeRed.start();
  try {
    const build = `const [destination, type] = [msg.payload.destination, msg.payload.type];
      msg.headers = { "X-Webitel-Access": ${JSON.stringify(WEBITEL_DEMO_TOKEN)} };
      msg.payload = { name: msg.payload.name, communications: [{ destination, type: { id: String(type) } }] };
      return msg;`;
    await red.deploy([
      tab(),
      ...entry("read"),
      node(
        "read",
        "file in",
        {
          filename: "filename",
          filenameType: "msg",
          format: "utf8",
          chunk: false,
          sendError: false,
          encoding: "none",
          allProps: false,
        },
        [["csv"]],
      ),
      node(
        "csv",
        "csv",
        {
          spec: "rfc",
          sep: ";",
          hdrin: true,
          hdrout: "none",
          multi: "one",
          ret: "\\n",
          temp: "",
          skip: "0",
          strings: false,
          include_empty_strings: false,
          include_null_values: false,
        },
        [["build"]],
      ),
      code("build", build, [["post"]]),
      node(
        "post",
        "http request",
        {
          method: "POST",
          ret: "obj",
          paytoqs: "ignore",
          url: `${server.url}/call_center/queues/10/members`,
          tls: "",
          persist: true,
          proxy: "",
          insecureHTTPParser: false,
          authType: "",
          senderr: false,
          headers: [],
        },
        [["count"]],
      ),
      code(
        "count",
        `const n = (context.get("n") || 0) + 1; context.set("n", n); if (n === ${TODAY}) return { payload: n };`,
        [["done"]],
      ),
      probe("done"),
      ...PING,
    ]);
    return await watched(red, TODAY, async () => {
      await start(red.url, { filename: join(folder, "today.csv") });
      await until("all rows", () => red.messages("done").length > 0, HOUR_MS);
      await server.expect(TODAY);
    });
  } finally {
    await red.stop();
  }
}

const rate = (perSecond: number): string => `${Math.round(perSecond).toLocaleString("en-US").padStart(9)} members/s`;
const figures = (it: Figures): string =>
  `${rate(it.rate)}   ${it.overIdleMb.toFixed(0).padStart(4)} MB over idle   other flow ${it.medianMs.toFixed(1)} ms median, ${it.p99Ms.toFixed(1)} ms p99${it.unanswered > 0 ? `, ${it.unanswered} unanswered` : ""}`;

async function main(): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "cc-bench-"));
  try {
    await writeCsv(join(folder, "members.csv"), ROWS);
    await writeCsv(join(folder, "warm.csv"), 2 * BATCH);
    await writeCsv(join(folder, "today.csv"), TODAY);
    console.log(`${ROWS.toLocaleString("en-US")} rows, batches of ${BATCH}, ${CONCURRENCY} at once\n`);
    for (const delayMs of values.delays.split(",").map(Number)) {
      const server = await Server.start(delayMs);
      try {
        await bareLoop(server, 20 * BATCH);
        const bare = await bareLoop(server, ROWS);
        const mine = await ours(server, folder);
        console.log(`server takes ${delayMs} ms`);
        console.log(`  bare loop      ${rate(bare)}`);
        console.log(`  upload node    ${figures(mine)}`);
        console.log(`  of the bare loop: ${(mine.rate / bare).toFixed(2)}`);
        if (delayMs > 0 && TODAY > 0)
          console.log(
            `  today's flow   ${figures(await today(server, folder))}   (${TODAY.toLocaleString("en-US")} rows)`,
          );
      } finally {
        await server.stop();
      }
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

void main();
