/** The Webitel simulator in its own process: `tsx webitel-server.ts <ms per POST>`. Sends its address, and counts on request. */
import { startWebitelSimulator } from "../../simulators/webitel/simulator.js";

async function main(): Promise<void> {
  const simulator = await startWebitelSimulator({ bulkDelayMs: Number(process.argv[2] ?? 0), forgetful: true });
  process.send?.({ url: simulator.url });
  process.on("message", () => {
    const queue = simulator.store.queue("10");
    process.send?.({ loaded: queue?.loaded });
    if (queue) queue.loaded = 0;
  });
}

void main();
