/**
 * `npm run bench:rte-soak -- --minutes 30`: a real Node-RED with `rte-subscribe` while the hub goes through random faults,
 * and numbered events all the time. It must never double or reorder an event, every event that is missing must lie in a
 * `gap` notice, and it must be back after each fault within the back-off. Exit code 1 when it is not so.
 * Options: --minutes 30 --rate 100 (events a second) --seed 1
 */
import { setTimeout as sleep } from "node:timers/promises";
import { readFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { chance } from "../simulators/rte/scenario.js";
import type { Fault } from "../simulators/rte/faults.js";
import { type RteSimulator, startRteSimulator } from "../simulators/rte/simulator.js";
import { tab } from "../test/support/flow.js";
import { NodeRed } from "../test/support/node-red.js";
import { flowOf, of, subscriber } from "../test/support/rte.js";
import { until } from "../test/support/wait.js";

const { values } = parseArgs({
  options: {
    minutes: { type: "string", default: "30" },
    rate: { type: "string", default: "100" },
    seed: { type: "string", default: "1" },
  },
});
const ENTITY = "soak";
/** A gap begins when the last event was read; the next one may have been sent while that one was on its way. */
const ON_ITS_WAY_MS = 100;
/** The longest way back: the last wait of the back-off, and a step that had to time out before it. */
const BACK_MS = 30_000 + 10_000 + 2_000;

interface Gap {
  fromMs: number;
  toMs: number;
}
/** What a fault does, for how long, and what has to be undone. */
type Trouble = (simulator: RteSimulator, ms: number) => Promise<void>;
const lasting =
  (fault: Fault): Trouble =>
  async (simulator, ms) => {
    simulator.setFault(fault);
    // A fault that meets newcomers only needs some.
    if (fault !== "silent") simulator.hub.drop();
    await sleep(ms);
    simulator.setFault("none");
  };
const TROUBLES: Record<string, Trouble> = {
  "socket broken": (simulator) => Promise.resolve(simulator.hub.drop()),
  "good-bye": (simulator) => Promise.resolve(simulator.hub.sayGoodbye()),
  "hub error": (simulator) => Promise.resolve(simulator.hub.sayGoodbye("restarting")),
  "hub down": async (simulator, ms) => {
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
  "REST broken": lasting("broken-rest"),
  silence: lasting("silent"),
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
  const simulator = await startRteSimulator({ pingMs: 5000 });
  const red = await NodeRed.start({ flows: [tab()] });
  await red.deploy(flowOf(simulator, ...subscriber("a", [of("UserAlert", ENTITY)])));
  await red.message("a-notice", ({ topic }) => topic === "subscribed");

  const sentAt: number[] = [];
  const got = new Set<number>();
  const gaps: Gap[] = [];
  let last = -1;
  let doubled = 0;
  let disordered = 0;
  const drain = (): void => {
    for (const { probe, message } of red.seen.splice(0)) {
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

  const endMs = Date.now() + Number(values.minutes) * 60_000;
  const counts: Record<string, number> = {};
  const backMs: number[] = [];
  let sockets = 0;
  const firstMb = residentMb(red.child.pid);
  while (Date.now() < endMs) {
    await sleep(3000 + random() * 12_000);
    const names = Object.keys(TROUBLES);
    const name = names[Math.floor(random() * names.length)] ?? "socket broken";
    counts[name] = (counts[name] ?? 0) + 1;
    await TROUBLES[name]?.(simulator, 500 + random() * (name === "silence" ? 40_000 : 12_000));
    const liftedMs = Date.now();
    await until(`a connection after "${name}"`, isOn, BACK_MS + 40_000);
    backMs.push(Date.now() - liftedMs);
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
  const lateMs = Math.max(...backMs);
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
    `back ${(lateMs / 1000).toFixed(1)} s after a fault at the latest; at most ${sockets} socket; resident ${firstMb.toFixed(0)} -> ${residentMb(red.child.pid).toFixed(0)} MB`,
  );
  await red.stop();
  await simulator.close();
  process.exitCode = untold.length + doubled + disordered > 0 || lateMs > BACK_MS || sockets > 1 ? 1 : 0;
}

void main();
