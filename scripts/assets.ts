/**
 * What the build needs beyond tsc: puts the forms, help, words and icon of each vendor's nodes beside the script that
 * registers them, where Node-RED looks for them.
 *
 * - `<!-- include: ../shared/x.html -->` in a form or help page is replaced by that file; where the file is a `.ts`, by
 *   the text that its default function makes of a table and of sentences in the page's language.
 * - `<cc-row>` in a form becomes a whole row: see `rows.ts`.
 * - The catalogue of a vendor is made of the errors of `lib/core` and `lib/<vendor>`, of what all nodes share, and of
 *   `nodes/<vendor>/locales/<lang>/*.json`, so that no sentence is written twice. Errors that nothing behind its nodes can
 *   throw are left out.
 * - What is shipped as one file is bundled: see `bundles.ts`.
 */
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import type { Sentences } from "../lib/core/errors.js";
import type { HelpPart, HelpSentences } from "../nodes/shared/help/sentences.js";
import type { NodeType } from "../nodes/shared/register.js";
import { buildBundles } from "./bundles.js";
import { bundleDeclarations } from "./declarations.js";
import { withRows } from "./rows.js";

const root = resolve(__dirname, "..");
const INCLUDE = /([ \t]*)<!-- include: (\S+) -->\n?/g;

/** Loads what the forms of all nodes need; a browser loads it once. */
const EDITOR = `<script type="module" src="resources/@contact-center/node-red-contrib-contact-center/editor.js"></script>`;

/** Groups of sentences that a vendor has only as far as its code names them. */
const PRUNED = new Set(["errors", "warnings"]);

/** Where Node-RED finds each vendor's nodes, by the name of its folder. */
function nodeSets(): Record<string, string> {
  const text = readFileSync(join(root, "package.json"), "utf8");
  return (JSON.parse(text) as { "node-red": { nodes: Record<string, string> } })["node-red"].nodes;
}

/** What a vendor's file registers: each type, in the order of the palette, with what it hands to Node-RED. */
export function typesOf(vendor: string): Record<string, NodeType> {
  const types: Record<string, NodeType> = {};
  const RED = {
    nodes: { registerType: (type: string, _: unknown, options: NodeType) => (types[type] = options) },
    httpAdmin: { post: () => undefined },
    auth: { needsPermission: () => undefined },
  };
  (require(join(root, "nodes", vendor, vendor)) as (RED: object) => void)(RED);
  return types;
}

/** All node types, each with its vendor's folder. */
export function nodeTypes(): Record<string, string> {
  const pairs = Object.keys(nodeSets()).flatMap((vendor) => Object.keys(typesOf(vendor)).map((type) => [type, vendor]));
  return Object.fromEntries(pairs) as Record<string, string>;
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

/** The files whose sentences make a vendor's catalogue in one language; a file that does not exist has none. */
function catalogueFiles(vendor: string, types: readonly string[], lang: string): string[] {
  const nodes = join("nodes", vendor, "locales", lang);
  return [
    ...["core", vendor].map((folder) => `lib/${folder}/locales/${lang}.json`),
    ...["shared", "connection-test"].map((name) => `nodes/shared/locales/${lang}/${name}.json`),
    ...["webhook", "answer"].map((name) => `nodes/shared/webhook/locales/${lang}/${name}.json`),
    ...[vendor, ...types].map((name) => `${nodes}/${name}.json`),
  ].map((file) => join(root, file));
}

/** Makes the form, help, words and icon of a vendor's nodes. */
async function assetsOf(vendor: string, script: string): Promise<void> {
  const source = join(root, "nodes", vendor);
  const target = dirname(join(root, script));
  const types = Object.keys(typesOf(vendor));
  const write = (file: string, text: string): void => {
    mkdirSync(dirname(join(target, file)), { recursive: true });
    // Nobody reads the indentation, which is a kilobyte of the package.
    const lines = text.replace(/^[ \t]+/gm, "");
    // Nor the ends of lines in front of an element that begins a line anyhow.
    writeFileSync(join(target, file), lines.replace(/\n(?=<\/?(?:div|dl|dt|dd|li|ol|ul|p|h3|option)\b)/g, ""));
  };
  mkdirSync(join(target, "icons"), { recursive: true });
  for (const icon of readdirSync(join(root, "icons")).filter((file) => file.startsWith(vendor)))
    cpSync(join(root, "icons", icon), join(target, "icons", icon));
  const forms = [EDITOR];
  for (const type of types) forms.push(withRows(await withIncludes(join(source, `${type}.html`)), type));
  write(`${vendor}.html`, forms.join("\n"));
  const code = [...types.map((type) => codeBehind(join(source, `${type}.ts`))), ...forms].join("\n");
  for (const lang of readdirSync(join(source, "locales"))) {
    const sentences = catalogue(catalogueFiles(vendor, types, lang));
    // A vendor without webhooks has none of their words, one without a connection nothing of its test.
    const shared = sentences["shared"] as Sentences;
    for (const part of ["webhook", "test"])
      if (!forms.some((form) => form.includes(`shared.${part}.`))) delete shared[part];
    write(`locales/${lang}/${vendor}.json`, JSON.stringify(withoutUnused(sentences, code)));
    const part = (name: string): Sentences => catalogue([join(source, "locales", lang, `${name}.json`)]);
    const pages = types.map((type) => join(source, "locales", lang, `${type}.html`)).filter((page) => existsSync(page));
    const help = await Promise.all(pages.map((page) => withIncludes(page, part)));
    // Node-RED breaks no line in code, and samples within words; the sidebar is narrow.
    const page = help
      .join("\n")
      .replace(/<code>(?=[^<]{30})/g, '<code class="cc-long">')
      .replaceAll("<pre>", '<pre class="cc-sample">');
    write(`locales/${lang}/${vendor}.html`, page);
  }
}

async function build(): Promise<void> {
  await bundleDeclarations();
  for (const [vendor, script] of Object.entries(nodeSets())) await assetsOf(vendor, script);
  for (const plugin of readdirSync(join(root, "plugins"))) {
    const [source, target] = [join(root, "plugins", plugin), join(root, "dist/plugins", plugin)];
    for (const part of ["locales", `${plugin}.html`])
      cpSync(join(source, part), join(target, part), { recursive: true });
    for (const file of readdirSync(join(target, "locales"), { recursive: true, encoding: "utf8" }))
      if (file.endsWith(".json")) shortenJson(join(target, "locales", file));
  }
  await buildBundles();
  // Editors complete scenario files by it, and the command checks them by it.
  cpSync(join(root, "simulators/scenarios/scenario.schema.json"), join(root, "resources/scenario.schema.json"));
  shortenJson(join(root, "resources/scenario.schema.json"));
}

/** Takes the space out of a file of JSON. */
function shortenJson(file: string): void {
  writeFileSync(file, JSON.stringify(JSON.parse(readFileSync(file, "utf8"))));
}

if (require.main === module) void build();
