/**
 * What the build needs beyond tsc: puts each node's form, help, words and icon beside its compiled script, where
 * Node-RED looks for them.
 *
 * - `<!-- include: ../shared/x.html -->` in a form or help page is replaced by that file; where the file is a `.ts`, by
 *   the text that it exports by default (for what is generated from a table).
 * - The catalogue of a node is made of `nodes/shared/locales/<lang>/shared.json`, `nodes/<vendor>/locales/<lang>/<vendor>.json`
 *   and its own, so that no sentence is written twice.
 */
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { pathToFileURL } from "node:url";

const root = resolve(__dirname, "..");
const INCLUDE = /[ \t]*<!-- include: (\S+) -->\n?/g;

/** Node types and the compiled script of each, as Node-RED reads them. */
export function nodeTypes(): Record<string, string> {
  const text = readFileSync(join(root, "package.json"), "utf8");
  return (JSON.parse(text) as { "node-red": { nodes: Record<string, string> } })["node-red"].nodes;
}

async function withIncludes(file: string): Promise<string> {
  let text = readFileSync(file, "utf8");
  for (const [mark, target] of text.matchAll(INCLUDE)) {
    const path = resolve(dirname(file), target as string);
    const part = path.endsWith(".ts")
      ? ((await import(pathToFileURL(path).href)) as { default: { default?: string } | string }).default
      : await withIncludes(path);
    text = text.replace(mark, () => (typeof part === "string" ? part : String(part.default)));
  }
  return text;
}

function words(file: string): object {
  return existsSync(file) ? (JSON.parse(readFileSync(file, "utf8")) as object) : {};
}

async function assetsOf(type: string, script: string): Promise<void> {
  const source = dirname(join(root, script.replace(/^dist\//, "")));
  const target = dirname(join(root, script));
  const vendor = source.split(/[\\/]/).at(-1) as string;
  mkdirSync(join(target, "icons"), { recursive: true });
  cpSync(join(root, "icons", `${vendor}.svg`), join(target, "icons", `${vendor}.svg`));
  writeFileSync(join(target, `${type}.html`), await withIncludes(join(source, `${type}.html`)));
  for (const lang of readdirSync(join(source, "locales"))) {
    mkdirSync(join(target, "locales", lang), { recursive: true });
    const catalogue = {
      ...words(join(root, "nodes/shared/locales", lang, "shared.json")),
      ...words(join(source, "locales", lang, `${vendor}.json`)),
      ...words(join(source, "locales", lang, `${type}.json`)),
    };
    writeFileSync(join(target, "locales", lang, `${type}.json`), JSON.stringify(catalogue));
    const help = join(source, "locales", lang, `${type}.html`);
    if (existsSync(help)) writeFileSync(join(target, "locales", lang, `${type}.html`), await withIncludes(help));
  }
}

async function build(): Promise<void> {
  for (const [type, script] of Object.entries(nodeTypes())) await assetsOf(type, script);
  const page = join(root, "simulators/console/page");
  if (existsSync(page))
    cpSync(page, join(root, "resources/simulators/console/page"), {
      recursive: true,
      filter: (file) => !file.endsWith(".ts"),
    });
}

if (require.main === module) void build();
