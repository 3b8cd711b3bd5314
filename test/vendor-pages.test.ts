/** The pages on the set-up at the vendors: the badges that they explain can be seen, and each says where its facts are from. */
import assert from "node:assert/strict";
import { readdirSync } from "node:fs";
import { join, resolve } from "node:path";
import type { Sentences } from "../lib/core/errors.js";
import { catalogue } from "../scripts/assets.js";
import { source } from "./support/pages.js";

const root = resolve(__dirname, "..");
const PAGES = {
  "enreach-rte": "rte",
  "enreach-smartrouting": "smartrouting",
  "anywhere365-cti-broker": "cti",
  webitel: "webitel",
  voicenter: "voicenter",
};
const HEADINGS = ["Addresses and ports", "Where the address goes", "How to see that it works", "Usual faults"];
/** What a badge counts, made without a catalogue: `5 / 5`, `12,400 / 12,600`, `5 / 5, 2 late`. */
const COUNTS = /^[\d,]+ \/ [\d,]+(?:, \d+ late)?$/;
/** A count in front of what is wrong with the rest: `1 / 2 see error`. */
const COUNTED = /^[\d,]+ \/ [\d,]+ (?=\S)/;

/** The badges among the sentences of a vendor's nodes. */
function badgesIn(sentences: Sentences, isBadge = false): string[] {
  return Object.entries(sentences).flatMap(([key, part]) =>
    typeof part === "string" ? (isBadge ? [part] : []) : badgesIn(part, isBadge || key === "badge"),
  );
}

/** Matches a badge's text with anything at its placeholders. */
function patternOf(badge: string): RegExp {
  return new RegExp(`^${badge.replace(/[.*+?^${}()|[\]\\]/g, "\\$&").replace(/__\w+__/g, ".+")}$`);
}

/** The badges that a page explains. */
function explainedIn(page: string): string[] {
  const [, faults = ""] = source(`docs/vendors/${page}.md`).split("| badge |");
  return [...faults.matchAll(/^\| ([^|]+) \|/gm)].flatMap(([, cell = ""]) =>
    [...cell.matchAll(/`([^`]+)`/g)].map(([, text]) => text as string),
  );
}

/** What nodes of a vendor do not show of the badges that are shared: an event has no deadline, and its caller does not wait. */
const NEVER_SHOWN: Record<string, readonly string[]> = {
  cti: ["wrong deadline", "caller hung up"],
  webitel: ["limit"],
};

/** The words of all nodes that a vendor's nodes show; what they show while all is well needs no line. */
const SHARED_WORDS: Record<string, readonly string[]> = {
  rte: ["unconfigured"],
  cti: ["open"],
  webitel: ["open", "late", "error"],
  smartrouting: ["open", "late", "error"],
  voicenter: ["open", "late", "error"],
};

/** The badges of a vendor's own catalogues, of webhooks, and of nodes that call the vendor. */
function badgesOf(vendor: string): Set<string> {
  const folder = join(root, `nodes/${vendor}/locales/en-US`);
  const own = readdirSync(folder).filter((file) => file.endsWith(".json") && file !== "help.json");
  const shared = ["webitel", "cti"].includes(vendor) ? ["nodes/shared/locales/en-US/shared.json"] : [];
  const webhook = vendor === "rte" ? [] : ["nodes/shared/webhook/locales/en-US/webhook.json"];
  const files = [...own.map((file) => join(folder, file)), ...[...shared, ...webhook].map((file) => join(root, file))];
  return new Set([...files.flatMap((file) => badgesIn(catalogue([file]))), ...(SHARED_WORDS[vendor] ?? [])]);
}

/** Recognises what a vendor's badges say: a word, a sentence of the catalogue, a count, or an HTTP status. */
function recogniser(vendor: string): (text: string) => boolean {
  const folder = `nodes/${vendor}/locales/en-US`;
  const own = readdirSync(join(root, folder)).filter((file) => file.endsWith(".json") && file !== "help.json");
  const hasWebhook = vendor !== "rte";
  const files = [
    ...own.map((file) => `${folder}/${file}`),
    "nodes/shared/locales/en-US/shared.json",
    "nodes/shared/webhook/locales/en-US/webhook.json",
  ];
  const used = files.slice(0, hasWebhook ? undefined : -1).map((file) => join(root, file));
  const words = [...source("nodes/shared/status.ts").matchAll(/^ {2}(\w+): \{ fill/gm)].map(
    ([, word]) => word as string,
  );
  const statuses = [...source("lib/core/locales/en-US.json").matchAll(/"([45]\d\d)":/g)].map(([, status]) => status);
  const known = [...words, ...used.flatMap((file) => badgesIn(catalogue([file])))];
  const patterns = known.map(patternOf);
  const isWord = (text: string): boolean =>
    [...statuses, "500", "503"].includes(text) || patterns.some((pattern) => pattern.test(text));
  return (text) => COUNTS.test(text) || isWord(text.replace(COUNTED, ""));
}

describe("Pages on the set-up at the vendors", () => {
  it("are one for each vendor", () => {
    const pages = readdirSync(join(root, "docs/vendors")).map((file) => file.replace(".md", ""));
    assert.deepEqual(pages.sort(), Object.keys(PAGES).sort());
    for (const page of pages) assert.ok(source("README.md").includes(`docs/vendors/${page}.md`), page);
  });

  for (const [page, vendor] of Object.entries(PAGES)) {
    it(`${page} explains badges that exist`, () => {
      const cells = explainedIn(page);
      assert.ok(cells.length > 8, cells.join());
      const isBadge = recogniser(vendor);
      assert.ok(!isBadge("no such badge") && !isBadge("ENOSUCH"));
      assert.deepEqual(
        cells.filter((text) => !isBadge(text)),
        [],
      );
    });

    it(`${page} explains every badge that its nodes can show`, () => {
      const cells = explainedIn(page);
      const badges = [...badgesOf(vendor)].filter((badge) => !NEVER_SHOWN[vendor]?.includes(badge));
      assert.ok(badges.length > 10);
      assert.deepEqual(
        badges.filter((badge) => !cells.some((cell) => patternOf(badge).test(cell.replace(COUNTED, "")))),
        [],
      );
    });

    it(`${page} has every part, and marks where its facts are from`, () => {
      const text = source(`docs/vendors/${page}.md`);
      assert.match(text, /^## What to ask/m);
      for (const heading of HEADINGS) assert.ok(text.includes(`\n## ${heading}\n`), heading);
      assert.ok([...text.matchAll(/\((?:document|guide|page|protos|source|public|not documented)/g)].length > 6);
    });
  }
});
