/**
 * `npm run bench:rte-soak -- --minutes 30`: a real Node-RED with `rte-subscribe` while the hub goes through random faults,
 * and numbered events all the time. It must never double or reorder an event, every event that is missing must lie in a
 * `gap` notice, no gap may be more than a second longer than what was lost in it, and it must be back after each fault within
 * the back-off. Exit code 1 when it is not so.
 * Options: --minutes 30 --rate 100 (events a second) --seed 1 --only "restart,full deploy" (faults)
 */
import { readFileSync, rmSync } from "node:fs";
import { type AddressInfo, connect, type Server } from "node:net";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { createServer as createTlsServer } from "node:tls";
import { parseArgs } from "node:util";
import { chance } from "../simulators/rte/chance.js";
import type { Fault } from "../simulators/rte/faults.js";
import { type RteSimulator, startRteSimulator } from "../simulators/rte/simulator.js";
import { tab } from "../test/support/flow.js";
import { type DeployType, type FlowNode, makeUserDir, NodeRed } from "../test/support/node-red.js";
import { startProxy, type TestProxy } from "../test/support/proxy.js";
import { connectionNode, of, subscriber } from "../test/support/rte.js";
import { SERVER_TLS } from "../test/support/tls.js";
import { until } from "../test/support/wait.js";

const { values } = parseArgs({
  options: {
    minutes: { type: "string", default: "30" },
    rate: { type: "string", default: "100" },
    seed: { type: "string", default: "1" },
    only: { type: "string", default: "" },
  },
});
const ENTITY = "50a50a50-0000-4000-8000-000000000001";
/** A gap begins when the last event was read; the next one may have been sent while that one was on its way. */
const ON_ITS_WAY_MS = 100;
/** A gap may be this much longer than what was lost in it. */
const LONGER_MS = 1000;
/** The longest way back: the last wait of the back-off, and a step that had to time out before it. */
const BACK_MS = 30_000 + 10_000 + 2_000;
/** A call that is never answered is waited for as long as the hub gives signs of life, and then for a minute at most. */
const BACK_AFTER_HANGING_CALLS_MS = BACK_MS + 60_000;

interface Gap {
  fromMs: number;
  toMs: number;
}
/** What is broken and repaired, deployed and restarted. */
class Scene {
  simulator!: RteSimulator;
  proxy!: TestProxy;
  red!: NodeRed;
  relay!: Server;
  readonly userDir = makeUserDir();
  private version = 0;

  /** Node-RED reaches the hub over TLS and through a proxy, as in a company. */
  async start(): Promise<void> {
    this.simulator = await startRteSimulator({ pingMs: 5000 });
    this.relay = createTlsServer(SERVER_TLS, (socket) => {
      const hub = connect(this.simulator.port, "127.0.0.1");
      socket.pipe(hub).pipe(socket);
      for (const [one, other] of [
        [socket, hub],
        [hub, socket],
      ] as const)
        one.on("error", () => undefined).once("close", () => other.destroy());
    });
    await new Promise<void>((resolve) => this.relay.listen(0, "127.0.0.1", resolve));
    this.proxy = await startProxy("user:secret");
    await this.startNodeRed();
    await this.red.deploy(this.flow(true));
  }

  private async startNodeRed(): Promise<void> {
    this.red = await NodeRed.start({
      userDir: this.userDir,
      ...(this.version === 0 && { flows: [tab()] }),
      env: {
        https_proxy: this.proxy.url,
        NODE_EXTRA_CA_CERTS: join(__dirname, "../test/fixtures/tls/certificate.pem"),
        RTE_TOKEN: this.simulator.token(7 * 86_400),
      },
    });
  }

  private flow(withCredentials: boolean, connection: object = {}): FlowNode[] {
    const { port } = this.relay.address() as AddressInfo;
    const { credentials: _none, ...node } = connectionNode(this.simulator, {
      auth: "token",
      url: `wss://hub.example.test:${port}/hub`,
      ...connection,
    });
    const subscribing = subscriber("a", [of("UserAlert", ENTITY)], { name: `version ${this.version++}` });
    return [tab(), { ...node, ...(withCredentials && { credentials: { token: "${RTE_TOKEN}" } }) }, ...subscribing];
  }

  deploy(type: DeployType, connection: object = {}): Promise<void> {
    return this.red.deploy(this.flow(false, connection), type);
  }

  /** Events that Node-RED has sent to the flow before are read first. */
  async restart(signal: NodeJS.Signals, onStop: () => void): Promise<void> {
    await this.red.stop(signal);
    onStop();
    await this.startNodeRed();
  }

  async close(): Promise<void> {
    await this.red.stop();
    await this.simulator.close();
    await this.proxy.close();
    this.relay.close();
    rmSync(this.userDir, { recursive: true, force: true });
  }
}

/** What a fault does, for how long, and what has to be undone. */
type Trouble = (scene: Scene, ms: number, onStop: () => void) => Promise<void>;
const lasting =
  (fault: Fault): Trouble =>
  async ({ simulator }, ms) => {
    simulator.setFault(fault);
    // A fault that meets newcomers only needs some.
    if (fault !== "silent") simulator.hub.drop();
    await sleep(ms);
    simulator.setFault("none");
  };
const TROUBLES: Record<string, Trouble> = {
  "socket broken": ({ simulator }) => Promise.resolve(simulator.hub.drop()),
  "good-bye": ({ simulator }) => Promise.resolve(simulator.hub.sayGoodbye()),
  "hub error": ({ simulator }) => Promise.resolve(simulator.hub.sayGoodbye("restarting")),
  "hub down": async ({ simulator }, ms) => {
    await simulator.stop();
    await sleep(ms);
    await simulator.start();
  },
  "401": lasting("unauthorized"),
  "403": lasting("forbidden"),
  "negotiate hangs": lasting("hang-negotiate"),
  "upgrade hangs": lasting("hang-upgrade"),
  "handshake hangs": lasting("hang-handshake"),
  "methods hang": lasting("hang-calls"),
  "methods fail": lasting("refuse-calls"),
  "two calls fail": lasting("fail-twice"),
  "no answers": lasting("no-answers"),
  silence: lasting("silent"),
  "proxy down": async ({ proxy }, ms) => {
    proxy.setUp(false);
    await sleep(ms);
    proxy.setUp(true);
  },
  "full deploy": (scene) => scene.deploy("full"),
  "flows deploy": (scene) => scene.deploy("flows"),
  "nodes deploy": (scene) => scene.deploy("nodes"),
  "connection renamed": (scene, ms) => scene.deploy("nodes", { name: `${ms}` }),
  "connection edited": (scene, ms) => scene.deploy("nodes", { email: `${ms}@contoso.example` }),
  restart: (scene, _ms, onStop) => scene.restart("SIGTERM", onStop),
  "killed and started": (scene, _ms, onStop) => scene.restart("SIGKILL", onStop),
};

/** Resident megabytes of a process, where the system tells. */
function residentMb(pid: number | undefined): number {
  try {
    return Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1] ?? 0) / 1024;
  } catch {
    return 0;
  }
}

async function main(): Promise<void> {
  const random = chance(Number(values.seed));
  const scene = new Scene();
  await scene.start();
  const { simulator } = scene;
  await scene.red.message("a-notice", ({ topic }) => topic === "subscribed");

  const sentAt: number[] = [];
  const got = new Set<number>();
  const gaps: Gap[] = [];
  let last = -1;
  let doubled = 0;
  let disordered = 0;
  const drain = (): void => {
    for (const { probe, message } of scene.red.seen.splice(0)) {
      if (probe === "a-event") {
        const number = Number((message["payload"] as { Value: string }).Value);
        if (got.has(number)) doubled++;
        else if (number < last) disordered++;
        got.add(number);
        last = Math.max(last, number);
      } else if (message["topic"] === "gap") {
        const { from, to } = message["payload"] as { from: string; to: string };
        gaps.push({ fromMs: Date.parse(from), toMs: Date.parse(to) });
      }
    }
  };
  const isOn = (): boolean => [...simulator.hub.connections].some(({ subscriptions }) => subscriptions.size === 1);
  const over = new AbortController();
  const traffic = (async () => {
    const startMs = Date.now();
    for (let number = 0; !over.signal.aborted; number++) {
      sentAt[number] = Date.now();
      simulator.emit("UserAlert", ENTITY, { Value: String(number) });
      if (number % 50 === 0) drain();
      await sleep(Math.max(0, startMs + ((number + 1) * 1000) / Number(values.rate) - Date.now()));
    }
  })();

  const names = values.only === "" ? Object.keys(TROUBLES) : values.only.split(",");
  /** When each fault began, for what goes wrong. */
  const log: { ms: number; name: string }[] = [];
  const cause = (ms: number): string => `after "${log.findLast((each) => each.ms <= ms + ON_ITS_WAY_MS)?.name}"`;
  const endMs = Date.now() + Number(values.minutes) * 60_000;
  const counts: Record<string, number> = {};
  const late: string[] = [];
  let lateMs = 0;
  let sockets = 0;
  const firstMb = residentMb(scene.red.child.pid);
  while (Date.now() < endMs) {
    await sleep(3000 + random() * 12_000);
    const name = names[Math.floor(random() * names.length)] ?? "socket broken";
    counts[name] = (counts[name] ?? 0) + 1;
    log.push({ ms: Date.now(), name });
    await TROUBLES[name]?.(scene, 500 + random() * (name === "silence" ? 40_000 : 12_000), drain);
    const liftedMs = Date.now();
    await until(`a connection after "${name}"`, isOn, 2 * BACK_AFTER_HANGING_CALLS_MS);
    const tookMs = Date.now() - liftedMs;
    lateMs = Math.max(lateMs, tookMs);
    if (tookMs > (name === "methods hang" ? BACK_AFTER_HANGING_CALLS_MS : BACK_MS)) late.push(name);
    sockets = Math.max(sockets, simulator.hub.connections.size);
  }
  await sleep(2000);
  over.abort();
  await traffic;
  await sleep(500);
  drain();

  const missing = sentAt.map((_, number) => number).filter((number) => !got.has(number));
  const outside = (number: number): number =>
    Math.min(
      ...gaps.map(({ fromMs, toMs }) => Math.max(0, fromMs - (sentAt[number] ?? 0), (sentAt[number] ?? 0) - toMs)),
    );
  const untold = missing.filter((number) => outside(number) > ON_ITS_WAY_MS);
  const edge = Math.max(0, ...missing.map(outside));
  const excessMs = gaps.map(({ fromMs, toMs }) => {
    const lost = missing.map((number) => sentAt[number] ?? 0).filter((ms) => ms >= fromMs && ms <= toMs);
    return toMs - fromMs - (lost.length === 0 ? 0 : Math.max(...lost) - Math.min(...lost));
  });
  console.log(
    `${values.minutes} minutes, ${Object.values(counts).reduce((sum, count) => sum + count, 0)} faults: ${Object.entries(
      counts,
    )
      .map(([name, count]) => `${name} ${count}`)
      .join(", ")}`,
  );
  console.log(
    `${sentAt.length} events sent, ${got.size} received, ${missing.length} missed in ${gaps.length} gap notices (at most ${edge} ms outside); unreported ${untold.length}, doubled ${doubled}, out of order ${disordered}`,
  );
  console.log(
    `back ${(lateMs / 1000).toFixed(1)} s after a fault at the latest; at most ${sockets} socket; resident ${firstMb.toFixed(0)} -> ${residentMb(scene.red.child.pid).toFixed(0)} MB`,
  );
  const longerMs = Math.max(0, ...excessMs);
  console.log(`a gap is at most ${longerMs} ms longer than what was lost in it`);
  await scene.close();
  for (const number of untold) console.log(`event ${number} is unreported, ${cause(sentAt[number] ?? 0)}`);
  gaps.forEach(({ toMs }, at) => {
    if ((excessMs[at] ?? 0) > LONGER_MS) console.log(`a gap is ${excessMs[at]} ms longer, ${cause(toMs)}`);
  });
  const isWrong = untold.length + doubled + disordered + late.length > 0 || sockets > 1 || longerMs > LONGER_MS;
  process.exitCode = isWrong ? 1 : 0;
}

void main();
