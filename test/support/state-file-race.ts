/**
 * A process that writes one state file after the other, each at its moment, and says which of them it got:
 * `tsx state-file-race.ts <folder> <files>`. It begins when it is told when to (Unix milliseconds), and ends with its input.
 */
import { once } from "node:events";
import { join } from "node:path";
import { StateFile } from "../../nodes/shared/state-file.js";

/** Milliseconds between two files. */
const PACE_MS = 5;

async function main(): Promise<void> {
  const [, , folder = "", files = "0"] = process.argv;
  console.log("ready");
  const start = Number((await once(process.stdin, "data"))[0]);
  const got: number[] = [];
  for (let at = 0; at < Number(files); at++) {
    // Turns of the event loop would let the other one be first.
    while (Date.now() < start + at * PACE_MS);
    await new StateFile(join(folder, `${at}.json`)).write({}).then(
      () => got.push(at),
      () => undefined,
    );
  }
  console.log(JSON.stringify(got));
  process.stdin.on("end", () => process.exit());
}

void main();
