/**
 * `npm run bench:recorder-truth`: whether the recorder's path is the true one on 1,000 seeded random flows in a real Node-RED:
 * each node of them writes down by itself from where each message came to it.
 * Options: --seeds 1000 --first 1 --unknowable (with messages whose origin nobody can know)
 */
import { rmSync } from "node:fs";
import { parseArgs } from "node:util";
import { makeUserDir, NodeRed } from "../test/support/node-red.js";
import { compareTruth } from "../test/support/recorded-truth.js";
import { installTruth, randomFlow } from "../test/support/random-flows.js";

const { values } = parseArgs({
  options: {
    seeds: { type: "string", default: "1000" },
    first: { type: "string", default: "1" },
    unknowable: { type: "boolean", default: false },
  },
});
/** So many flows run at once. */
const AT_ONCE = 50;

async function main(): Promise<void> {
  const userDir = makeUserDir();
  installTruth(userDir);
  const red = await NodeRed.start({ userDir, settings: `contactCenter: { recorder: { level: "path" } },` });
  const all = { passages: 0, wrong: 0, uncertain: 0, uncertainRight: 0, unknown: 0 };
  try {
    for (let done = 0; done < Number(values.seeds); done += AT_ONCE) {
      const seeds = Array.from(
        { length: Math.min(AT_ONCE, Number(values.seeds) - done) },
        (_, i) => Number(values.first) + done + i,
      );
      const flows = seeds.flatMap((seed) => randomFlow(seed, values.unknowable));
      await red.deploy(flows);
      const { wrong, ...counts } = await compareTruth(red, flows, seeds);
      for (const name of ["passages", "uncertain", "uncertainRight", "unknown"] as const) all[name] += counts[name];
      all.wrong += wrong.length;
      for (const each of wrong) console.log(`seeds from ${seeds[0]}: ${each}`);
    }
  } catch (error) {
    console.log(red.log.slice(-20).join("\n"));
    throw error;
  } finally {
    await red.stop();
    rmSync(userDir, { recursive: true, force: true });
  }
  console.log(
    `${values.seeds} flows, two calls each: ${all.passages} messages at nodes, ${all.wrong} faults; of ${all.uncertain} the recorder says that their origin is uncertain, ${all.uncertainRight} of them are right; ${all.unknown} behind messages without an origin are in no run`,
  );
  if (all.wrong > 0) process.exitCode = 1;
}

void main();
