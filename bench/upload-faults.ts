/**
 * `npm run bench:upload-faults`: 100,000 rows under seeded faults of every kind, the process killed twice and resumed, with
 * concurrency 1 and 8: every good row is in the queue once, every bad one is rejected with its reason.
 * Options: --rows 100000 --seed 1 --share 0.1
 */
import { parseArgs } from "node:util";
import { faultRun } from "../test/support/webitel/fault-run.js";

const { values } = parseArgs({
  options: {
    rows: { type: "string", default: "100000" },
    seed: { type: "string", default: "1" },
    share: { type: "string", default: "0.1" },
  },
});

async function main(): Promise<void> {
  for (const concurrency of [1, 8]) {
    const startMs = performance.now();
    const { report, wrong, misjudged, kills, bad } = await faultRun({
      rows: Number(values.rows),
      seed: Number(values.seed),
      concurrency,
      batchSize: 500,
      kills: 2,
      share: Number(values.share),
    });
    console.log(
      `concurrency ${concurrency}, killed ${kills} times, ${bad} bad rows, ${((performance.now() - startMs) / 1000).toFixed(0)} s`,
    );
    console.log(`  ${JSON.stringify(report)}`);
    console.log(
      `  rows not in the queue exactly as often as they should be: ${wrong.length}; rows rejected wrongly or not: ${misjudged.length}`,
    );
    const { accepted, rejected, uncertain, total } = report;
    const sumsFit =
      accepted === Number(values.rows) - bad && rejected === bad && uncertain === 0 && total === Number(values.rows);
    if (wrong.length + misjudged.length > 0 || !sumsFit) process.exitCode = 1;
  }
}

void main();
