/** `npm run bench:scenarios [count]`: how long the command takes for so many scenarios, from its start to its exit code. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { ScenarioFile } from "../simulators/scenarios/model.js";
import { ROOT, runScenarios, ScenarioFolder } from "../test/support/scenario-command.js";

const [count = 200] = process.argv.slice(2).map(Number);
const EXAMPLES = [
  "smartrouting/01 - Send VIP callers to their own queue",
  "voicenter/05 - Offer a menu with a time-out and three tries",
];

async function main(): Promise<void> {
  const folder = new ScenarioFolder();
  for (const example of EXAMPLES) {
    const read = (place: string): unknown => JSON.parse(readFileSync(join(ROOT, place, `${example}.json`), "utf8"));
    const { scenarios } = read("scenarios") as ScenarioFile;
    folder.write(read("examples") as object[], {
      scenarios: Array.from({ length: count }, (_, at) => scenarios[at % scenarios.length]),
    });
    const started = performance.now();
    const { code, text } = await runScenarios([folder.flows, folder.scenarios]);
    console.log(
      `${example}: ${count} scenarios, exit code ${code}, ${((performance.now() - started) / 1000).toFixed(1)} s (${text.trim().split("\n").at(-1)})`,
    );
  }
  folder.remove();
}

void main();
