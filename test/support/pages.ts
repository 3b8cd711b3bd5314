/** The pages whose sentences are held against code and tests: README, security, scaling and the help, by a short name each. */
import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";

const root = resolve(__dirname, "../..");
export const VENDORS = ["rte", "cti", "webitel", "smartrouting", "voicenter"];

/** A file of the repository. */
export const source = (file: string): string => readFileSync(join(root, file), "utf8");

/** The files by their page's name: a node's type, or a word for what no node has alone. */
const FILES = new Map<string, string>([
  ["README", "README.md"],
  ["security", "docs/security.md"],
  ["recorder", "docs/recorder.md"],
  ["operating", "docs/operating.md"],
  ["scaling", "docs/scaling.md"],
  ["webhooks", "nodes/shared/webhook/locales/en-US/help.html"],
  ...VENDORS.flatMap((vendor) => {
    const folder = `nodes/${vendor}/locales/en-US`;
    const pages = readdirSync(join(root, folder)).filter((file) => file.endsWith(".html"));
    return pages.map((file) => [file.replace(".html", ""), `${folder}/${file}`] as const);
  }),
]);

/** The names of all pages. */
export const PAGES = [...FILES.keys()];

/** A page as it is written. */
export const raw = (page: string): string => source(FILES.get(page) ?? assert.fail(`${page} is no page`));

/** A page as it is read, a paragraph or cell a line: no tags, marks or samples, one blank between words. */
export function paragraphs(page: string): string[] {
  const text = raw(page);
  const plain = text.startsWith("<")
    ? text
        .replace(/<h3>References[^]*?<\/ul>|<!--[^]*?-->|<pre>[^]*?<\/pre>/g, "")
        .replace(/<\/?(?:p|li|dt|dd|dl|ol|ul|h3|h4|script)\b[^>]*>/g, "\n\n")
        .replace(/<[^>]+>/g, "")
        .replaceAll("&lt;", "<")
        .replaceAll("&gt;", ">")
    : text
        .replace(/```[^]*?```/g, "")
        .replace(/^(?:\||- |\d\. |#)/gm, "\n\n$&")
        .replace(/[`*]/g, "");
  return plain
    .split(/\n\s*\n/)
    .map((part) => part.replace(/\s+/g, " ").trim())
    .filter((part) => part !== "");
}

/** The sentences of a page. */
export const sentences = (page: string): string[] =>
  paragraphs(page).flatMap((part) => part.split(/(?<=[.!?:;])\s+(?=[A-Z(])/));

const texts = new Map(PAGES.map((page) => [page, paragraphs(page).join(" ")]));

/** A page as one text. */
export const textOf = (page: string): string => texts.get(page) ?? assert.fail(`${page} is no page`);
