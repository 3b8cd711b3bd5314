/** Two Node-REDs with the flow that has Redis choose one of them, and the count of what their receivers got. */
import assert from "node:assert/strict";
import { readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import type { Example } from "../../demo/examples.js";
import { exampleFlows } from "./examples.js";
import { statusProbe } from "./flow.js";
import { type FlowNode, freePort, makeUserDir, NodeRed } from "./node-red.js";
import type { RedisServer } from "./redis-server.js";
import { until } from "./wait.js";

const root = resolve(__dirname, "../..");
/** What the flow's function node asks for, as `npm install` puts it into the user directory. */
const MODULES = ["ioredis", "redis-semaphore"];

/** The flow of docs/scaling.md, which is no file of the import menu: it needs packages that are none of this one's. */
export const LEASE_FLOW: Example = {
  vendor: "rte",
  name: "lease-in-redis",
  nodes: JSON.parse(readFileSync(join(root, "docs/scaling/lease-in-redis.json"), "utf8")) as FlowNode[],
};

/** How much earlier than the last proof a gap begins here, ms: the flow's own time would hide what it does not tell. */
const UNSURE_MS = 500;

/** The flow, its function node enabled, with a probe for that node's badge. */
export function leaseFlows(): FlowNode[] {
  const flows = exampleFlows([LEASE_FLOW]).map((node) => {
    if (node["name"] !== "Lease") return node;
    const initialize = String(node["initialize"]).replace(/UNSURE_MS = \d+/, `UNSURE_MS = ${UNSURE_MS}`);
    return { ...node, d: false, initialize };
  });
  const lease = flows.find((node) => node["name"] === "Lease");
  assert.ok(lease);
  return [...flows, ...statusProbe([lease.id], "lease badge").map((node) => ({ ...node, z: String(lease["z"]) }))];
}

/** So many events in a row have some of each vendor. */
const IN_A_ROW = 10;

/** One of the two. */
export class Copy {
  /** Every life of it, the killed ones included. */
  readonly lives: NodeRed[] = [];
  private constructor(
    readonly name: string,
    readonly flows: FlowNode[],
    private readonly userDir: string,
    private readonly port: number,
    private readonly env: Record<string, string>,
  ) {}

  /** Makes its user directory; nothing runs yet. */
  static async make(name: string, flows: FlowNode[], redis: RedisServer, env: Record<string, string>): Promise<Copy> {
    const userDir = makeUserDir();
    const file = join(userDir, "package.json");
    const manifest = JSON.parse(readFileSync(file, "utf8")) as { dependencies: Record<string, string> };
    for (const module of MODULES) {
      symlinkSync(join(root, "node_modules", module), join(userDir, "node_modules", module));
      manifest.dependencies[module] = "*";
    }
    writeFileSync(file, JSON.stringify(manifest));
    const port = await freePort();
    const more = { CC_COPY: name, CC_REDIS_URL: redis.url, CC_NODE_RED_URL: `http://127.0.0.1:${port}` };
    return new Copy(name, flows, userDir, port, { ...env, ...more });
  }

  /** Its running Node-RED. */
  get red(): NodeRed {
    const red = this.lives.at(-1);
    assert.ok(red, `${this.name} was never started`);
    return red;
  }

  /** Starts it; deploys the flow the first time, so that its credentials are stored. */
  async start(): Promise<void> {
    const isFirst = this.lives.length === 0;
    this.lives.push(await NodeRed.start({ port: this.port, userDir: this.userDir, env: this.env }));
    if (isFirst) await this.red.deploy(this.flows);
  }

  /** What the badge of its lease says. */
  badge(): { fill?: string; text?: string } {
    const { status = {} } = this.red.messages("lease badge").at(-1) ?? {};
    return status as { fill?: string; text?: string };
  }

  /** True where it leads, with everything told. */
  leads(): boolean {
    const { fill, text } = this.badge();
    return fill === "green" && text === `${this.name} leads`;
  }

  /** True where it says that another one leads. */
  follows(other: Copy): boolean {
    return this.badge().text === `${other.name} leads`;
  }

  async remove(): Promise<void> {
    await this.lives.at(-1)?.stop("SIGKILL");
    rmSync(this.userDir, { recursive: true, force: true });
  }
}

/** Waits until one of them leads and the other one says so; gives both in that order. */
export function leaderOf(copies: readonly [Copy, Copy]): Promise<[Copy, Copy]> {
  return until("one leader that the other one follows", () => {
    const [one, other] = copies;
    if (one.leads() && other.follows(one)) return [one, other] as [Copy, Copy];
    if (other.leads() && one.follows(other)) return [other, one] as [Copy, Copy];
    return undefined;
  });
}

/** Numbered events, one after another, and what became of each. */
export class Numbered {
  private readonly sentAt: number[] = [];
  private timer: NodeJS.Timeout | undefined;

  /**
   * @param copies whose receivers count
   * @param send sends the event with this number
   * @param numberOf reads the number of an event that a receiver got
   */
  constructor(
    private readonly copies: readonly Copy[],
    private readonly send: (number: number) => void,
    private readonly numberOf: (message: Record<string, unknown>) => number,
  ) {}

  begin(everyMs = 10): void {
    this.timer = setInterval(() => {
      this.send(this.sentAt.push(Date.now()) - 1);
    }, everyMs);
  }

  /** Sends no more. */
  stop(): void {
    clearInterval(this.timer);
  }

  /** Waits until several in a row have come, those of each vendor among them; sends no more then, and waits for the last one. */
  async end(): Promise<void> {
    const first = this.sentAt.length;
    await until("events without a loss", () => {
      const received = new Set(this.received());
      const inRow = (from: number): boolean => [...Array(IN_A_ROW).keys()].every((at) => received.has(from + at));
      return [...this.sentAt.keys()].slice(first).some(inRow);
    });
    this.stop();
    const last = this.sentAt.push(Date.now()) - 1;
    this.send(last);
    await until("the last event", () => this.received().includes(last));
  }

  /** Numbers that any life of any copy handed on, in the order of the copies. */
  received(copies = this.copies): number[] {
    const lives = copies.flatMap((copy) => copy.lives);
    return lives.flatMap((red) => red.messages("calls of the leader").map(this.numberOf));
  }

  /** Waits until one of these copies hands on events that are sent from now on. */
  async passedBy(...copies: Copy[]): Promise<void> {
    const first = this.sentAt.length;
    await until(`events by ${copies.map(({ name }) => name).join(" or ")}`, () =>
      this.received(copies).some((number) => number >= first),
    );
  }

  /** What was lost, in all and outside of every gap that was told, and what came more than once. */
  account(): { sent: number; lost: number; untold: number[]; doubled: number[] } {
    const gaps = this.copies
      .flatMap((copy) => copy.lives)
      .flatMap((red) => red.messages("events may be missing"))
      .map(({ payload }) => payload as { from: string; to: string })
      .map(({ from, to }) => [Date.parse(from), Date.parse(to)] as const);
    const received = this.received();
    const counts = new Map<number, number>();
    for (const number of received) counts.set(number, (counts.get(number) ?? 0) + 1);
    const lost = [...this.sentAt.keys()].filter((number) => !counts.has(number));
    const isTold = (at: number): boolean => gaps.some(([from, to]) => from <= at && at <= to);
    return {
      sent: this.sentAt.length,
      lost: lost.length,
      untold: lost.filter((number) => !isTold(this.sentAt[number] ?? 0)),
      doubled: [...counts].filter(([, count]) => count > 1).map(([number]) => number),
    };
  }
}
