/** Every error that is thrown has an English sentence, every sentence is thrown, and what fills its placeholders is given. */
import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import type { Sentences } from "../lib/core/errors.js";
import { catalogue } from "../scripts/assets.js";

const root = resolve(__dirname, "..");
const VENDORS = ["rte", "cti", "webitel", "smartrouting", "voicenter"];
/** What `placeholders` fills of itself. */
const GIVEN = new Set(["vendor", "operation", "field"]);

/** Sentences by full key. */
type Flat = Map<string, string>;

function flat(sentences: Sentences, prefix = ""): [key: string, sentence: string][] {
  return Object.entries(sentences).flatMap(([name, content]) =>
    typeof content === "string" ? [[prefix + name, content]] : flat(content, `${prefix}${name}.`),
  ) as [string, string][];
}

/** The errors' sentences of files, by key. */
function errorsIn(...files: string[]): Flat {
  return new Map(flat(catalogue(files.map((file) => join(root, file)))).filter(([key]) => key.includes(".errors.")));
}

const libOf = (vendor: string): string[] => ["lib/core/locales/en-US.json", `lib/${vendor}/locales/en-US.json`];
const nodesOf = (vendor: string): string[] => [
  ...libOf(vendor),
  "nodes/shared/locales/en-US/shared.json",
  "nodes/shared/webhook/locales/en-US/answer.json",
  "nodes/shared/webhook/locales/en-US/webhook.json",
  `nodes/${vendor}/locales/en-US/${vendor}.json`,
];

/** A place where a key is made. */
interface Use {
  file: string;
  /** The whole key, or what is before `${` in it. */
  key: string;
  isPrefix: boolean;
  /** What may give the values: the call for a whole key, else the file. */
  scope: string;
}

/** The text of the call of which `at` is an argument; undefined where it is none that makes an error. */
function callAround(text: string, at: number): string | undefined {
  const start = Math.max(text.lastIndexOf("refused(", at), text.lastIndexOf("ContactCenterError(", at));
  if (start < 0) return undefined;
  let depth = 0;
  for (let end = text.indexOf("(", start); end < text.length; end++) {
    if (text[end] === "(") depth++;
    if (text[end] === ")" && --depth === 0) return end > at ? text.slice(start, end) : undefined;
  }
  return undefined;
}

/** The literals in the first argument of each call of the function in which `at` stands. */
function literalsGiven(text: string, at: number): string[] {
  const [, helper] = [...text.slice(0, at).matchAll(/(?:function|const) (\w+)(?:\(| = \()/g)].at(-1) ?? [];
  return [...text.matchAll(new RegExp(`(?<!function )\\b${helper}\\(([^,)]*)`, "g"))].flatMap(([, argument = ""]) =>
    [...argument.matchAll(/"([^"]*)"/g)].map(([, literal]) => literal as string).filter((literal) => literal !== ""),
  );
}

function usesIn(file: string): Use[] {
  const text = readFileSync(join(root, file), "utf8").replaceAll(/^\s*\*.*$|\/\*\*.*\*\/|^\s*\/\/.*$/gm, "");
  return [...text.matchAll(/["`]((?:shared|rte|cti|webitel|smartrouting|voicenter)\.errors\.[\w.-]*)(\$\{)?/g)].flatMap(
    ({ 1: key = "", 2: open, index }) => {
      const whole = { file, key, isPrefix: false, scope: callAround(text, index) ?? text };
      if (open === undefined) return [whole];
      const made = literalsGiven(text, index).map((name) => ({ ...whole, key: key + name, scope: text }));
      return [...made, { file, key, isPrefix: true, scope: text }];
    },
  );
}

const files = ["lib", "nodes"].flatMap((folder) =>
  readdirSync(join(root, folder), { recursive: true, encoding: "utf8" })
    .filter((file) => file.endsWith(".ts"))
    .map((file) => join(folder, file).replaceAll("\\", "/")),
);
const uses = files.flatMap(usesIn);

/** The sentences that a file's keys are looked up in: a part of lib has its own only, a node all of its catalogue. */
function sentencesFor(file: string): Flat {
  const [layer, folder = ""] = file.split("/");
  if (VENDORS.includes(folder)) return errorsIn(...(layer === "lib" ? libOf(folder) : nodesOf(folder)));
  return layer === "lib" ? errorsIn("lib/core/locales/en-US.json") : errorsIn(...nodesOf("shared"));
}

/** The sentences that a use may mean. */
function meant({ file, key, isPrefix, scope }: Use): [key: string, sentence: string][] {
  const all = [...sentencesFor(file)];
  if (!isPrefix) return all.filter(([each]) => each === key);
  const isNamed = (name: string): boolean => new RegExp(`\\b${name.split(".")[0]}\\b`).test(scope);
  return all.filter(([each]) => each.startsWith(key) && isNamed(each.slice(key.length)));
}

const placeholdersOf = (sentence: string): string[] =>
  [...sentence.matchAll(/__(\w+?)__/g)].map(([, name]) => name as string).filter((name) => !GIVEN.has(name));

describe("Sentences of errors", () => {
  it("are looked for in many places, so that this test looks at something", () => {
    assert.ok(uses.length > 60, `${uses.length}`);
    assert.ok(uses.some(({ key, isPrefix }) => key === "cti.errors.number-trunk" && !isPrefix));
  });

  it("exist for every key that is thrown", () => {
    const missing = uses.filter((use) => meant(use).length === 0);
    assert.deepEqual(
      missing.map(({ file, key }) => `${file}: ${key}`),
      [],
    );
  });

  it("are all thrown", () => {
    const thrown = new Set(uses.flatMap((use) => meant(use).map(([key]) => key)));
    const written = VENDORS.flatMap((vendor) => [...errorsIn(...nodesOf(vendor)).keys()]);
    assert.deepEqual([...new Set(written)].filter((key) => !thrown.has(key)).sort(), []);
  });

  it("get every value that they name", () => {
    const without = uses.flatMap((use) =>
      meant(use).flatMap(([key, sentence]) =>
        placeholdersOf(sentence)
          .filter((name) => !new RegExp(`[{,]\\s*${name}\\s*[:,}]`).test(use.scope))
          .map((name) => `${use.file}: ${key} without ${name}`),
      ),
    );
    assert.deepEqual([...new Set(without)], []);
  });

  it("are there for whoever imports any file of a vendor's lib: each takes its errors from its own folder", () => {
    const around = files.filter(
      (file) =>
        VENDORS.some((vendor) => file.startsWith(`lib/${vendor}/`) && file !== `lib/${vendor}/errors.ts`) &&
        readFileSync(join(root, file), "utf8").includes('/core/errors.js"'),
    );
    assert.deepEqual(around, []);
  });

  it("are written once: no node repeats a sentence of lib", () => {
    const twice = VENDORS.flatMap((vendor) => {
      const lib = errorsIn(...libOf(vendor));
      const nodes = errorsIn(...nodesOf(vendor).filter((file) => file.startsWith("nodes/")));
      return [...nodes.keys()].filter((key) => lib.has(key));
    });
    assert.deepEqual(twice, []);
  });
});
