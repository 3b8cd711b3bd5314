/** `npx tsx scripts/telemetry-tables.ts`: writes the tables of `docs/operating.md` anew, from those of the code. */
import { readFileSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { TABLES } from "../test/support/telemetry-tables.js";

const file = join(resolve(__dirname, ".."), "docs/operating.md");
let text = readFileSync(file, "utf8");
for (const [mark, table] of Object.entries(TABLES))
  text = text.replace(new RegExp(`(<!-- ${mark} -->\n)(?:\n*\\|.*)*\n*`), (_, kept: string) => `${kept}\n${table}\n\n`);
writeFileSync(file, `${text.trimEnd()}\n`);
