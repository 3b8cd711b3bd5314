/** `docs/promises.md` names a test or bench for every sentence that promises something. */
import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { join, resolve } from "node:path";
import { PAGES, sentences, source, textOf } from "./support/pages.js";

const root = resolve(__dirname, "..");

/** A sentence with one of these promises something, unless it is one of {@link NOT_PROMISES}. */
const PROMISING =
  /\b(?:never|always|exactly|every|only|at once)\b|(?<![-:/\d])\b\d[\d,.]* ?(?:ms|s|kB|KiB|MiB|MB|minutes?|hours?|levels|times|%|rows?|calls|events?|core's|pages|digits|characters|things|values|ids)\b|at most|\b(?:two|three|four|five|ten) (?:seconds|minutes|hours|digits|lines|per agent)\b/i;

/** Sentences that promise nothing: the vendors' words, advice, conditions, and what a setting means. */
const NOT_PROMISES: Record<string, readonly string[]> = {
  security: [
    "Enreach calls by HTTPS on port 443 only",
    "let the proxy pass only the webhooks' paths",
    "a httpNodeMiddleware that never goes on holds up every route",
    "De-duplicate within a short window only",
  ],
  scaling: [
    "Then two may lead for 3 s",
    "both copies and Redis are started anew at once",
    "it is loaded again, as always",
  ],
  "rte-subscribe": ["De-duplicate by msg.event.key only within a short time (2 s)"],
  "cti-event-in": ["would double every event"],
  "webitel-dialer-member-upload": ["0 is never"],
  "webitel-event-in": ["drop a key that comes again within two seconds"],
  "webitel-agents": ["Some fields come only when"],
  "smartrouting-in": ["the 5 s are from its public pages"],
  "voicenter-layer-out": ["the name on Voicenter extensions only", "the vendor's SDK allows 128 characters"],
};

interface Promised {
  words: string;
  pages: string[];
  held: string;
}

const rows: Promised[] = [
  ...source("docs/promises.md").matchAll(/^\| (?!promise|-)([^|]+) \| ([^|]+) \| ([^|]+) \|/gm),
].map(([, words = "", pages = "", held = ""]) => ({ words, pages: pages.split(", "), held }));

describe("docs/promises.md", () => {
  it("has promises as the pages make them", () => {
    assert.ok(rows.length > 80, `${rows.length}`);
    const gone = rows.flatMap(({ words, pages }) =>
      pages.filter((page) => !textOf(page).includes(words)).map((page) => `${page}: ${words}`),
    );
    assert.deepEqual(gone, []);
  });

  it("has every word and figure that promises something", () => {
    const missing = PAGES.flatMap((page) => {
      const known = [
        ...rows.filter(({ pages }) => pages.includes(page)).map(({ words }) => words),
        ...(NOT_PROMISES[page] ?? []),
      ];
      return sentences(page).flatMap((sentence) => {
        const spans = known.map((words) => [sentence.indexOf(words), sentence.indexOf(words) + words.length] as const);
        return [...sentence.matchAll(new RegExp(PROMISING, "gi"))]
          .filter(
            ({ index, 0: word }) =>
              !spans.some(([from, to]) => from >= 0 && from <= index && index + word.length <= to),
          )
          .map(({ 0: word }) => `${page}: "${word}" in: ${sentence}`);
      });
    });
    assert.deepEqual(missing, [], "give it a line in docs/promises.md, or name it in NOT_PROMISES");
  });

  it("excepts no sentence that is gone", () => {
    const gone = Object.entries(NOT_PROMISES).flatMap(([page, parts]) =>
      parts.filter((part) => !textOf(page).includes(part)),
    );
    assert.deepEqual(gone, []);
  });

  it("names tests, titles and commands that exist", () => {
    const { scripts } = JSON.parse(source("package.json")) as { scripts: Record<string, string> };
    const wrong = rows.flatMap(({ words, held }) => {
      if (held === "no test") return [];
      return held.split("; ").flatMap((part) => {
        const [, name = "", title = ""] = /^`([^`]+)`(?:: (.+))?$/.exec(part) ?? [];
        if (name.startsWith("bench:")) return scripts[name] ? [] : [part];
        const file = `test/${name}.test.ts`;
        if (name === "" || !existsSync(join(root, file))) return [`${words}: ${part}`];
        const titles = [...source(file).matchAll(/\b(?:it|describe)\(\s*(["'`])(.+?)\1,/g)].map(
          ([, , text]) => text as string,
        );
        return title === "" || titles.some((text) => text.includes(title)) ? [] : [`${words}: ${part}`];
      });
    });
    assert.deepEqual(wrong, []);
  });
});
