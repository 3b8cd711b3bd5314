/**
 * `npm run bench:cti-soak`: subscriptions while Node-RED is killed (default context), the broker forgets or is away, answers
 * get lost and flows are deployed. Numbered events go to every agent all the time. Fails unless the broker ends with exactly
 * one subscription per agent, no event came twice, and each that is missing is inside a gap that was told. For each that is
 * not it says what the broker's post was answered, and which faults came before.
 * Options: --minutes 30 --agents 20 --seed 1 --pause 6.5 (mean seconds between faults)
 */
import { rmSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { parseArgs } from "node:util";
import type { DeliveryState } from "../simulators/cti/state.js";
import { type CtiSimulator, startCtiSimulator } from "../simulators/cti/simulator.js";
import { broker, eventIn, SECRET, subscriber } from "../test/support/cti.js";
import { probe, tab } from "../test/support/flow.js";
import { type FlowNode, freePort, makeUserDir, NodeRed } from "../test/support/node-red.js";
import { until } from "../test/support/wait.js";

const { values } = parseArgs({
  options: {
    minutes: { type: "string", default: "30" },
    agents: { type: "string", default: "20" },
    seed: { type: "string", default: "1" },
    pause: { type: "string", default: "6.5" },
  },
});
/** Each agent gets an event this often, milliseconds. */
const EVENT_MS = 1000;
/** What a gap may miss at its ends: an event is on its way, milliseconds. */
const EDGE_MS = 1500;

interface Sent {
  agent: string;
  at: number;
}
/** What was done, and how the broker's posts were answered. */
interface History {
  sent: Map<string, Sent>;
  /** By call: one for each subscription that posted it. */
  posts: Map<string, DeliveryState[]>;
  faults: { name: string; at: number }[];
  /** Each Node-RED: what the last one before a kill has reported is read after its end. */
  runs: NodeRed[];
}
/** An event that came out. */
interface Arrival {
  /** Which Node-RED. */
  run: number;
  SubscriptionId: string;
  receivedAt: string;
}
interface Gap {
  from: string;
  to: string;
  agents: string[];
}

let seed = Number(values.seed);
function random(): number {
  seed = (seed * 1_103_515_245 + 12_345) % 2 ** 31;
  return seed / 2 ** 31;
}

async function main(): Promise<void> {
  const agents = Array.from({ length: Number(values.agents) }, (_, at) => `sip:agent${at}@contoso.example`);
  const [port, brokerPort, userDir] = [await freePort(), await freePort(), makeUserDir()];
  const history: History = { sent: new Map(), posts: new Map(), faults: [], runs: [] };
  const { sent, posts, runs } = history;
  const startBroker = async (): Promise<CtiSimulator> => {
    const started = await startCtiSimulator({ port: brokerPort, agents });
    let known: unknown;
    started.onChange(() => {
      const last = started.deliveries.log.at(-1);
      if (!last || last === known) return;
      known = last;
      posts.set(last.callId, [...(posts.get(last.callId) ?? []), last]);
    });
    return started;
  };
  const startNodeRed = async (): Promise<NodeRed> => {
    const started = await NodeRed.start({ port, userDir });
    runs.push(started);
    return started;
  };
  let simulator = await startBroker();
  const flows = (name: string): FlowNode[] => [
    tab(),
    broker(simulator.url, { callbackUrl: `http://127.0.0.1:${port}` }),
    eventIn({ auth: "secret", credentials: { secret: SECRET } }),
    Object.assign(subscriber(agents, { name, renew: 0.2 }), { wires: [[], ["gap"]] }),
    probe("event"),
    probe("gap"),
  ];
  let red = await startNodeRed();
  await red.deploy(flows("first"));
  await until("the subscriptions", () => simulator.state().subscriptions.length === agents.length);

  let number = 0;
  const timer = setInterval(() => {
    for (const agent of agents) {
      const callId = `call-${++number}`;
      sent.set(callId, { agent, at: Date.now() });
      void simulator.send({ event: "Hunting", session: "Inbound", address: agent, callId, ani: "+31201234567" });
    }
  }, EVENT_MS);

  const faults: Record<string, () => Promise<unknown>> = {
    async kill() {
      await red.stop("SIGKILL");
      red = await startNodeRed();
    },
    async away() {
      await simulator.close();
      await sleep(500 + 4000 * random());
      simulator = await startBroker();
    },
    async forget() {
      simulator.deliveries.forget();
    },
    async lose() {
      simulator.faults.lose = Math.ceil(4 * random());
    },
    async refuse() {
      Object.assign(simulator.faults, { refuse: Math.ceil(20 * random()), refuseStatus: random() < 0.5 ? 503 : 502 });
    },
    async deploy() {
      await red.deploy(flows(String(random())), random() < 0.5 ? "full" : "nodes");
    },
  };
  const end = Date.now() + Number(values.minutes) * 60_000;
  while (Date.now() < end) {
    await sleep(Number(values.pause) * 1000 * (0.5 + random()));
    const names = Object.keys(faults);
    const name = names[Math.floor(random() * names.length)] as string;
    history.faults.push({ name, at: Date.now() });
    await faults[name]?.();
  }
  Object.assign(simulator.faults, { lose: 0, refuse: 0 });
  // Everything has been renewed once, and what a lost answer left has posted.
  await sleep(75_000);
  clearInterval(timer);
  await sleep(2000);
  // Not while a subscription is being replaced.
  await until("one subscription per agent", () => simulator.state().subscriptions.length === agents.length).catch(
    () => undefined,
  );
  report(simulator, agents, history);
  await red.stop();
  await simulator.close();
  rmSync(userDir, { recursive: true, force: true });
}

function report(simulator: CtiSimulator, agents: readonly string[], { sent, posts, faults, runs }: History): void {
  const seen = runs.flatMap((run) => run.seen);
  const gaps = seen.filter(({ probe: name }) => name === "gap").map(({ message }) => message["payload"] as Gap);
  const received = new Map<string, Arrival[]>();
  for (const [run, { seen: ofRun }] of runs.entries())
    for (const { probe: name, message } of ofRun) {
      if (name !== "event") continue;
      const { callId, SubscriptionId } = message["payload"] as { callId: string; SubscriptionId: string };
      const { receivedAt } = message["event"] as { receivedAt: string };
      received.set(callId, [...(received.get(callId) ?? []), { run, SubscriptionId, receivedAt }]);
    }
  const isTold = ({ agent, at }: Sent): boolean =>
    gaps.some(
      (gap) => gap.agents.includes(agent) && at >= Date.parse(gap.from) - EDGE_MS && at <= Date.parse(gap.to) + EDGE_MS,
    );
  const missing = [...sent].filter(([callId]) => !received.has(callId));
  const untold = missing.filter(([, one]) => !isTold(one));
  const twice = [...received].filter(([, arrivals]) => arrivals.length > 1);
  const doubled = twice.length;
  const held = simulator.state().subscriptions.map(({ address }) => address);
  const wrong = [
    doubled > 0 && `${doubled} events came twice`,
    untold.length > 0 && `${untold.length} are missing outside of any gap`,
    (held.length !== agents.length || new Set(held).size !== agents.length) &&
      `${held.length} subscriptions for ${agents.length} agents`,
  ].filter((one) => one !== false);
  const counts: Record<string, number> = {};
  for (const { name } of faults) counts[name] = (counts[name] ?? 0) + 1;
  console.log(`faults: ${JSON.stringify(counts)}`);
  console.log(
    `${sent.size} events, ${received.size} arrived, ${missing.length} missing of which ${missing.length - untold.length} inside ${gaps.length} gaps, ${doubled} twice; ${held.length} subscriptions for ${agents.length} agents`,
  );
  for (const [callId, { agent, at }] of untold.slice(0, 50)) {
    const before = faults.filter((fault) => fault.at < at + EDGE_MS).slice(-4);
    const those = gaps
      .filter(({ agents: concerned }) => concerned.includes(agent))
      .map(({ from, to }) => `${from}-${to}`);
    console.log(
      [
        `untold: ${agent} ${new Date(at).toISOString()}`,
        `answers ${
          posts
            .get(callId)
            ?.map(({ answer }) => answer)
            .join(" ") ?? "none: no subscription"
        }`,
        `faults ${before.map((fault) => `${fault.name} ${((fault.at - at) / 1000).toFixed(1)} s`).join(", ")}`,
        `gap before ${those.findLast((gap) => gap < new Date(at).toISOString())}`,
        `gap after ${those.find((gap) => gap > new Date(at).toISOString())}`,
      ].join("; "),
    );
  }
  for (const [callId, arrivals] of twice.slice(0, 50)) {
    const at = sent.get(callId)?.at ?? 0;
    const seconds = (time: string): string => `${((Date.parse(time) - at) / 1000).toFixed(1)} s`;
    const before = faults.filter((fault) => fault.at < at + EDGE_MS).slice(-4);
    console.log(
      [
        `twice: ${sent.get(callId)?.agent} ${new Date(at).toISOString()} ${callId}`,
        `posts ${posts
          .get(callId)
          ?.map((post) => `${post.subscriptionId.slice(0, 8)} ${seconds(post.at)} ${post.answer}`)
          .join(", ")}`,
        `arrivals ${arrivals.map((one) => `${one.SubscriptionId.slice(0, 8)} ${seconds(one.receivedAt)} run ${one.run}`).join(", ")}`,
        `faults ${before.map((fault) => `${fault.name} ${((fault.at - at) / 1000).toFixed(1)} s`).join(", ")}`,
      ].join("; "),
    );
  }
  console.log(wrong.length === 0 ? "holds" : `DOES NOT HOLD: ${wrong.join("; ")}`);
  if (wrong.length > 0) process.exitCode = 1;
}

void main();
