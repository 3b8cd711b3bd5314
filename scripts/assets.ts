/**
 * What the build needs beyond tsc: puts each node's form, help, words and icon beside its compiled script, where
 * Node-RED looks for them.
 *
 * - `<!-- include: ../shared/x.html -->` in a form or help page is replaced by that file; where the file is a `.ts`, by
 *   the text that its default function makes of a table and of sentences in the page's language.
 * - `<cc-row>` in a form becomes a whole row: see `rows.ts`.
 * - The catalogue of a node is made of the errors of `lib/core` and `lib/<vendor>`, of
 *   `nodes/shared/locales/<lang>/shared.json`, `nodes/<vendor>/locales/<lang>/<vendor>.json` and its own, so that no
 *   sentence is written twice. In and out nodes get those of `nodes/shared/webhook` as well. Errors that nothing behind the
 *   node can throw are left out.
 * - What is shipped as one file is bundled: see `bundles.ts`.
 */
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import type { Sentences } from "../lib/core/errors.js";
import type { HelpPart, HelpSentences } from "../nodes/shared/help/sentences.js";
import { buildBundles } from "./bundles.js";
import { withRows } from "./rows.js";

const root = resolve(__dirname, "..");
const INCLUDE = /([ \t]*)<!-- include: (\S+) -->\n?/g;

/** Groups of sentences that a node has only as far as it names them. */
const PRUNED = new Set(["errors", "warnings"]);

/** Node types and the compiled script of each, as Node-RED reads them. */
export function nodeTypes(): Record<string, string> {
  const text = readFileSync(join(root, "package.json"), "utf8");
  return (JSON.parse(text) as { "node-red": { nodes: Record<string, string> } })["node-red"].nodes;
}

/**
 * The text of a file with its includes in place.
 * @param sentences for the parts that are made from a table
 */
async function withIncludes(file: string, sentences?: HelpSentences): Promise<string> {
  let text = readFileSync(file, "utf8");
  for (const [mark, indent = "", target = ""] of text.matchAll(INCLUDE)) {
    const path = resolve(dirname(file), target);
    const part = path.endsWith(".ts") ? await made(path, sentences) : await withIncludes(path, sentences);
    text = text.replace(mark, () => part.replace(/^(?=.)/gm, indent));
  }
  return text;
}

async function made(file: string, sentences: HelpSentences | undefined): Promise<string> {
  const module = ((await import(pathToFileURL(file).href)) as { default: HelpPart | { default: HelpPart } }).default;
  if (sentences === undefined) throw new Error(`${file} is for help pages, which have a language`);
  return (typeof module === "function" ? module : module.default)(sentences);
}

/** The sentences of files, as one catalogue; a file that does not exist has none. */
export function catalogue(files: readonly string[]): Sentences {
  const merged: Sentences = {};
  for (const file of files.filter((each) => existsSync(each)))
    merge(merged, JSON.parse(readFileSync(file, "utf8")) as Sentences);
  return merged;
}

function merge(into: Sentences, from: Sentences): void {
  for (const [name, content] of Object.entries(from)) {
    const existing = into[name];
    if (typeof existing === "object" && typeof content === "object") merge(existing, content);
    else into[name] = content;
  }
}

/** The text of a source file and of all that it imports. */
function codeBehind(file: string, seen = new Set<string>()): string {
  if (seen.has(file) || !existsSync(file)) return "";
  seen.add(file);
  const text = readFileSync(file, "utf8");
  const targets = [...text.matchAll(/(?:from |import\(?)"(\.[^"]+)\.js"/g)].map(([, target = ""]) => target);
  return [text, ...targets.map((target) => codeBehind(resolve(dirname(file), `${target}.ts`), seen))].join("\n");
}

/**
 * The sentences without the errors and warnings that code does not name: `webitel.errors.journal`, say, stays where that is in the code, and
 * all of `webitel.errors` where a key is put together right behind it.
 */
export function withoutUnused(sentences: Sentences, code: string): Sentences {
  const isUsed = (key: string): boolean => code.includes(key);
  const kept = Object.entries(sentences).map(([folder, content]) => {
    if (typeof content === "string") return [folder, content];
    const parts = Object.entries(content).map(([name, part]) => {
      const key = `${folder}.${name}`;
      if (!PRUNED.has(name) || typeof part === "string" || isUsed(`${key}.$`)) return [name, part];
      return [name, Object.fromEntries(Object.entries(part).filter(([each]) => isUsed(`${key}.${each}`)))];
    });
    return [folder, Object.fromEntries(parts)];
  });
  return Object.fromEntries(kept) as Sentences;
}

async function assetsOf(type: string, script: string): Promise<void> {
  const source = dirname(join(root, script.replace(/^dist\//, "")));
  const target = dirname(join(root, script));
  const vendor = source.split(/[\\/]/).at(-1) as string;
  const read = (file: string): string => readFileSync(join(source, file), "utf8");
  mkdirSync(join(target, "icons"), { recursive: true });
  cpSync(join(root, "icons", `${vendor}.svg`), join(target, "icons", `${vendor}.svg`));
  writeFileSync(join(target, `${type}.html`), withRows(await withIncludes(join(source, `${type}.html`)), type));
  for (const lang of readdirSync(join(source, "locales"))) {
    mkdirSync(join(target, "locales", lang), { recursive: true });
    const isEndpoint = read(`${type}.html`).includes("shared/webhook/form.html");
    const hasTest = read(`${type}.html`).includes("shared/connection-test.html");
    const isAnswer = read(`${type}.ts`).includes("answerCall");
    const ofWebhooks = isEndpoint ? ["webhook.json"] : isAnswer ? ["answer.json"] : [];
    const sentences = catalogue([
      // An endpoint hands no error on: it answers.
      ...(isEndpoint ? [] : [`lib/core/locales/${lang}.json`, `lib/${vendor}/locales/${lang}.json`]).map((file) =>
        join(root, file),
      ),
      join(root, "nodes/shared/locales", lang, "shared.json"),
      ...(hasTest ? [join(root, "nodes/shared/locales", lang, "connection-test.json")] : []),
      ...ofWebhooks.map((name) => join(root, "nodes/shared/webhook/locales", lang, name)),
      join(source, "locales", lang, `${vendor}.json`),
      join(source, "locales", lang, `${type}.json`),
    ]);
    const code = codeBehind(join(source, `${type}.ts`)) + readFileSync(join(target, `${type}.html`), "utf8");
    writeFileSync(join(target, "locales", lang, `${type}.json`), JSON.stringify(withoutUnused(sentences, code)));
    const help = join(source, "locales", lang, `${type}.html`);
    const part = (name: string): Sentences => JSON.parse(read(`locales/${lang}/${name}.json`)) as Sentences;
    if (existsSync(help)) writeFileSync(join(target, "locales", lang, `${type}.html`), await withIncludes(help, part));
  }
}

/** Removes the declarations that no published one needs. */
function pruneDeclarations(): void {
  const needed = new Set<string>();
  const visit = (file: string): void => {
    if (needed.has(file) || !existsSync(file)) return;
    needed.add(file);
    for (const [, target = ""] of readFileSync(file, "utf8").matchAll(/(?:from |import\()"(\.[^"]+)\.js"/g))
      visit(resolve(dirname(file), `${target}.d.ts`));
  };
  const declarations = readdirSync(join(root, "dist/lib"), { recursive: true, encoding: "utf8" })
    .filter((file) => file.endsWith(".d.ts"))
    .map((file) => join(root, "dist/lib", file));
  for (const file of declarations) if (file.endsWith("index.d.ts")) visit(file);
  for (const file of declarations) if (!needed.has(file)) rmSync(file);
}

/** Indents by tabs: the four blanks of tsc and of the forms are a twentieth of the package. A script with a text of several lines stays. */
function indentByTabs(folder: string): void {
  for (const name of readdirSync(folder, { recursive: true, encoding: "utf8" })) {
    if (!/\.(?:js|d\.ts|html|css)$/.test(name)) continue;
    const file = join(folder, name);
    const code = readFileSync(file, "utf8");
    const hasLongText =
      /\.(?:js|ts)$/.test(name) &&
      code.split("\n").some((line) => line.replaceAll("\\`", "").split("`").length % 2 === 0);
    if (!hasLongText)
      writeFileSync(
        file,
        code.replaceAll(/^(?: {4})+/gm, (blanks) => "\t".repeat(blanks.length / 4)),
      );
  }
}

async function build(): Promise<void> {
  pruneDeclarations();
  for (const [type, script] of Object.entries(nodeTypes())) await assetsOf(type, script);
  indentByTabs(join(root, "dist"));
  await buildBundles();
}

if (require.main === module) void build();
