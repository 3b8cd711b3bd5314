/**
 * `npm run bench:upload-faults`: 100,000 rows under seeded faults of every kind (late commits, short and empty answers, log-in pages,
 * 413s, breaks), the process killed three times and resumed by two at once, with concurrency 1 and 8 in turn: every good row is in the
 * queue once, every bad one is rejected with its reason. Time runs a hundred times as fast.
 * Options: --rows 100000 --seed 1 --seeds 20 --share 0.1; a run is repeated with its --seed and --seeds 1.
 */
import { parseArgs } from "node:util";
import { faultRun } from "../test/support/webitel/fault-run.js";

const { values } = parseArgs({
  options: {
    rows: { type: "string", default: "100000" },
    seed: { type: "string", default: "1" },
    seeds: { type: "string", default: "20" },
    share: { type: "string", default: "0.1" },
  },
});

async function main(): Promise<void> {
  const rows = Number(values.rows);
  const first = Number(values.seed);
  for (let seed = first; seed < first + Number(values.seeds); seed++) {
    const concurrency = seed % 2 === 0 ? 8 : 1;
    const startMs = performance.now();
    const what = { rows, seed, concurrency, batchSize: 500, kills: 3, share: Number(values.share) };
    const { report, wrong, misjudged, kills, refused, tooLarge, bad } = await faultRun(what);
    const { accepted, rejected, uncertain, doubled, removed, total } = report;
    const sumsFit = accepted === rows - bad && rejected === bad && uncertain === 0 && total === rows;
    const isRight = wrong.length + misjudged.length === 0 && sumsFit;
    console.log(
      `seed ${seed}, concurrency ${concurrency}, ${((performance.now() - startMs) / 1000).toFixed(0)} s: ${isRight ? "right" : "WRONG"}; killed ${kills} times, ${refused} second writers refused, ${tooLarge} times 413, ${bad} bad rows, ${doubled} copies found, ${removed} removed`,
    );
    if (isRight) continue;
    console.log(`  ${JSON.stringify(report)}`);
    console.log(`  rows not in the queue as often as they should be: ${wrong.slice(0, 5).join("; ")}`);
    console.log(`  rows rejected wrongly or not: ${misjudged.slice(0, 5).join("; ")}`);
    process.exitCode = 1;
  }
}

void main();
