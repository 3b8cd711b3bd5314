/**
 * Prints which objects of an upload's rows V8 allocates in its old generation, after many rows have stayed in memory.
 * Run with `--allow-natives-syntax --max-semi-space-size=1 --import tsx`.
 */
import { runInThisContext } from "node:vm";
import { memberMapper } from "../../../lib/webitel/member.js";
import { type Batch, batches } from "../../../lib/webitel/upload/batches.js";
import { textSource } from "../../../lib/webitel/upload/csv-source.js";

const ROWS = 60_000;
/** After so many batches V8 has learned how long rows live. */
const LEARNED = 100;
const isYoung = runInThisContext("(object) => %InYoungGeneration(object)") as (object: unknown) => boolean;

async function main(): Promise<void> {
  let text = "name;destination;type;variables.city\n";
  for (let row = 1; row <= ROWS; row++) text += `Person ${row};+38044${1_000_000 + row};1;Kyiv\n`;
  const source = textSource(text, { separator: ";", encoding: "auto" });
  const kept: Batch[] = [];
  const old = new Set<string>();
  const made = batches(source.rows(), {
    size: 500,
    first: 1,
    toMember: memberMapper({ mapping: [], defaults: [] }),
  });
  for await (const batch of made) {
    if (kept.push(batch) < LEARNED) continue;
    const entry = batch.entries.at(-1);
    const { input, member } = entry ?? {};
    const [number] = member?.communications ?? [];
    const parts = {
      entry,
      input,
      data: input?.data,
      member,
      numbers: member?.communications,
      number,
      type: number?.type,
    };
    for (const [name, part] of Object.entries(parts)) if (!isYoung(part)) old.add(name);
  }
  console.log(JSON.stringify({ batches: kept.length, old: [...old] }));
}

void main();
