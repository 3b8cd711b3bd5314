/** Where the pack lies, both as source and as built. */
import { existsSync } from "node:fs";
import { dirname, join } from "node:path";

/** The folder of the pack's package.json. */
export function packageRoot(): string {
  let folder = __dirname;
  while (!existsSync(join(folder, "package.json"))) folder = dirname(folder);
  return folder;
}
