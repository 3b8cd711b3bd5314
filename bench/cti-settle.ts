/**
 * `npm run bench:cti-settle`: how long 2,000 subscriptions take at a broker that answers each request after 30 ms, four at
 * once, and how many requests are sent beside the needed ones. Fails unless each agent has one subscription and no request
 * was needless.
 * Options: --agents 2000 --latency 30
 */
import { parseArgs } from "node:util";
import { createCtiClient } from "../lib/cti/client.js";
import { Subscriber } from "../lib/cti/subscriber.js";
import { SubscriptionManager } from "../lib/cti/subscriptions.js";
import { startCtiSimulator } from "../simulators/cti/simulator.js";

const { values } = parseArgs({
  options: { agents: { type: "string", default: "2000" }, latency: { type: "string", default: "30" } },
});

async function main(): Promise<void> {
  const simulator = await startCtiSimulator();
  simulator.faults.slowMs = Number(values.latency);
  const agents = Array.from({ length: Number(values.agents) }, (_, at) => `sip:agent${at}@contoso.example`);
  const client = createCtiClient({ url: simulator.url });
  const store = { load: () => Promise.resolve(undefined), save: () => Promise.resolve("saved" as const) };
  const manager = new SubscriptionManager({ client, store });
  const subscriber = new Subscriber(manager, { callback: { url: "http://127.0.0.1:9/events" }, renewMs: 300_000 });
  const started = performance.now();
  const rows = await subscriber.start(agents);
  const settledMs = performance.now() - started;
  const needless = simulator.requests.length - agents.length;
  const held = new Set(simulator.state().subscriptions.map(({ address }) => address)).size;
  const subscribed = rows.filter((row) => row.subscribed).length;
  const ideal = (agents.length * Number(values.latency)) / 4 / 1000;
  console.log(
    `${subscribed} of ${agents.length} subscribed after ${(settledMs / 1000).toFixed(1)} s (four at once cannot be faster than ${ideal.toFixed(1)} s)`,
  );
  console.log(`requests beside the needed ones: ${needless}`);
  const holds = needless === 0 && held === agents.length && subscribed === agents.length;
  console.log(holds ? "holds" : "DOES NOT HOLD");
  if (!holds) process.exitCode = 1;
  await manager.close();
  client.close();
  await simulator.close();
}

void main();
