/**
 * Figures and words of the help and of the sentences that users read are those of the code: each row names where the code
 * has them, and a figure that no row holds fails. A `#` stands for a figure; it is compared as exactly as it is written.
 */
import assert from "node:assert/strict";
import { existsSync, readdirSync } from "node:fs";
import { join, resolve } from "node:path";
import { catalogue } from "../scripts/assets.js";
import { PAGES, raw, source, textOf as pageText, VENDORS } from "./support/pages.js";

const root = resolve(__dirname, "..");
const UNITS = { "": 1, ms: 1, s: 1000, min: 60_000, h: 3_600_000, KiB: 1024, MiB: 1024 * 1024, MB: 1_000_000 };
const WORDS = ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten"];

/** Where the code has a figure: a file, a name that is set there, and the unit in which the page says it. */
type Source = readonly [file: string, name: string, unit?: keyof typeof UNITS];
type Row = readonly [page: string, sentence: string, ...sources: Source[]];

const BODY = "lib/webhook/body.ts";
const RETRY = "lib/rte/retry.ts";
const TIMINGS = "lib/rte/timings.ts";
const PLACE = "nodes/rte/place.ts";
const RING = "lib/recorder/ring.ts";
const LIMIT = "lib/cti/request-limit.ts";
const CONTEXT = "lib/webitel/upload/context.ts";
const BACKOFF = "lib/http/backoff.ts";
const DEADLINE: Source = ["nodes/shared/webhook/request-response.ts", "DEFAULT_DEADLINE_MS", "ms"];
const VENDORS_WAIT: Source = ["nodes/shared/webhook/request-response.ts", "VENDORS_WAIT_MS", "ms"];
const KIBIBYTES: Source = [BODY, "BODY_LIMIT", "KiB"];
const LEVELS: Source = [BODY, "DEPTH_LIMIT"];
const VALUES: Source = [BODY, "VALUE_LIMIT"];
const COPIES: Source = ["lib/cti/duplicates.ts", "COPY_MS", "s"];
const LATE_COPIES: Source = ["lib/cti/duplicates.ts", "LATE_COPY_MS", "s"];
const LEASE = "docs/scaling/lease-in-redis.json";
const END_OF_LIST: Source = ["lib/webitel/pages.ts", "MAX_PAGES"];

const FIGURES: readonly Row[] = [
  ["README", "no answer has come after # ms", DEADLINE],
  ["README", "wait #, by their public pages", VENDORS_WAIT],
  ["README", "limited to # KiB and # levels", KIBIBYTES, LEVELS],
  ["README", "never answers, deadline # ms", DEADLINE],
  [
    "security",
    "linear time: # KiB, # levels, # parameters or values, # proxies",
    KIBIBYTES,
    LEVELS,
    VALUES,
    ["lib/webhook/networks.ts", "HOP_LIMIT"],
  ],
  ["security", "and # MiB where network and credentials were right", [BODY, "DISCARD_LIMIT_OF_CALLER", "MiB"]],
  ["security", "Of a refused body # KiB is received", [BODY, "DISCARD_LIMIT", "KiB"]],
  ["security", "reads up to # KiB of what its networks", ["nodes/shared/webhook/stranger.ts", "LONGEST_BODY", "KiB"]],
  ["security", "closes the connection after # s", [BODY, "LINGER_MS", "s"]],
  [
    "security",
    "per thing and minute and # things, to # characters",
    ["nodes/shared/log.ts", "THINGS_PER_MINUTE"],
    ["nodes/shared/log.ts", "LONGEST_LINE"],
  ],
  [
    "recorder",
    "At most # runs and # MB stay in memory, the latest ones, and at most # steps",
    [RING, "MAX_RUNS"],
    [RING, "MAX_BYTES", "MB"],
    [RING, "MAX_STEPS"],
  ],
  ["recorder", "the first # characters are kept", ["lib/recorder/recorder.ts", "LONGEST_TEXT"]],
  ["recorder", "error where the node failed (its first # characters)", ["lib/recorder/recorder.ts", "LONGEST_ERROR"]],
  ["recorder", "Within one second # runs", [RING, "MAX_RUNS"]],
  ["recorder", "# seconds after their outcome", ["lib/recorder/recorder.ts", "DONE_MS", "s"]],
  ["scaling", "# s after its last renewal, and hands on events", [LEASE, "LEASE_MS", "s"]],
  ["scaling", "keeps the key of each event for # s", [LEASE, "KEY_MS", "s"]],
  [
    "scaling",
    "The margin is # s, as a silent RTE connection may be gone for # s",
    [LEASE, "UNSURE_MS", "s"],
    [TIMINGS, "silenceMs", "s"],
  ],
  ["scaling", "# s at most after the last renewal", [LEASE, "LEASE_MS", "s"]],
  ["scaling", "to nobody new in its first # s", [LEASE, "LEASE_MS", "s"]],
  ["scaling", "no sign of life for # s", ["lib/webitel/upload/lock.ts", "STALE_MS", "s"]],
  ["scaling", "two may lead for # s", [LEASE, "LEASE_MS", "s"]],
  ["webhooks", "one of fewer than # characters", ["lib/webhook/redaction.ts", "SHORTEST_IN_TEXT"]],
  ["security", "one of fewer than # characters", ["lib/webhook/redaction.ts", "SHORTEST_IN_TEXT"]],
  [
    "cti-subscribe",
    "a subscription of these agents, within # KiB",
    ["nodes/shared/webhook/stranger.ts", "LONGEST_BODY", "KiB"],
  ],
  ["webhooks", "413 more than # KiB", KIBIBYTES],
  ["webhooks", "deeper than # levels or holds more than # values", LEVELS, VALUES],
  ["webhooks", "events # s, then 503", ["nodes/shared/webhook/event.ts", "WAIT_MS", "s"]],
  ["webhook.json", "larger than # KiB", KIBIBYTES],
  ["webhook.json", "deeper than # levels", LEVELS],
  ["webhook.json", "more than # parameters or values", VALUES],
  ["webhook.json", "Voicenter wait by public pages (# ms)", VENDORS_WAIT],
  ["webhook.json", "milliseconds above 0; # is used", DEADLINE],
  ["webhook.json", "By public pages, Enreach and Voicenter wait # ms", VENDORS_WAIT],
  ["rte-connection", "retries after # s at most", [BACKOFF, "minMs", "s"]],
  ["rte-connection", "delays of up to # s", [BACKOFF, "maxMs", "s"]],
  ["rte-connection", "After # attempts with refused credentials", [RETRY, "QUICK_REFUSALS"]],
  ["rte-connection", "After # in a row that end within # s", [RETRY, "QUICK_CONNECTIONS"], [RETRY, "SHORT_MS", "s"]],
  ["rte-connection", "retries every # s at most", [RETRY, "REFUSED_PACE_MS", "s"]],
  ["rte-connection", "longer pause gets # s", [RETRY, "MAX_RETRY_AFTER_MS", "s"]],
  ["rte-connection", "handshake may take # s each", [TIMINGS, "negotiateMs", "s"]],
  ["rte-connection", "says nothing for # s", [TIMINGS, "silenceMs", "s"]],
  ["rte-subscribe", "each item once in # s at most", [TIMINGS, "againMs", "s"]],
  ["rte-subscribe", "asked again every # minutes", ["lib/rte/subscription.ts", "REFUSED_RETRY_MS", "min"]],
  ["rte-subscribe", "without an answer for # s", [TIMINGS, "subscribeMs", "s"]],
  ["rte-subscribe", "rests for # s and more", [TIMINGS, "restMs", "s"]],
  ["rte-subscribe", "is # s before the file was last written", ["nodes/rte/progress.ts", "DAMAGE_MS", "s"]],
  [
    "rte-subscribe",
    "more than # s or held back more than # events",
    [PLACE, "MAX_WAIT_MS", "s"],
    [PLACE, "MAX_EVENTS"],
  ],
  ["cti-broker", "ends after # s at most without an answer", ["lib/cti/client.ts", "timeoutMs", "s"]],
  [
    "cti-command",
    "less than # counts as #",
    ["nodes/cti/cti-command.ts", "SHORTEST_MS", "s"],
    ["nodes/cti/cti-command.ts", "SHORTEST_MS", "s"],
  ],
  ["cti-command", "answered within # s, retries", ["lib/cti/agent-commands.ts", "COMMAND_MS", "s"]],
  ["cti-command", "ETIMEDOUT means no answer within # s", ["lib/cti/client.ts", "timeoutMs", "s"]],
  ["cti-command", "could not leave within # s", ["lib/cti/agent-commands.ts", "TURN_MS", "s"]],
  ["cti-command", "cannot leave within # s", ["lib/cti/agent-commands.ts", "DIAL_MS", "s"]],
  [
    "cti-event-in",
    "remembered for # hours at most, for # calls",
    ["lib/cti/transfers.ts", "maxAgeMs", "h"],
    ["lib/cti/transfers.ts", "maxCalls"],
  ],
  ["cti-event-in", "for # minutes after one ended", ["lib/cti/subscription-ids.ts", "LATE_MS", "min"]],
  ["cti-event-in", "post within # s are left out", LATE_COPIES],
  ["cti-event-in", "copies are expected for # s; for # s where", COPIES, LATE_COPIES],
  ["cti-subscribe", "after # s or more in which", ["lib/cti/standstill.ts", "SHORTEST_MS", "s"]],
  ["cti-subscribe", "at the new one, too, after # s", ["lib/cti/removals.ts", "FORMER_MS", "s"]],
  ["cti-command", "does not count, for # s", ["lib/cti/agent-commands.ts", "LOGGED_OFF_MS", "s"]],
  ["cti-subscribe", "waits up to # s for the broker", ["nodes/cti/cti-subscribe.ts", "CLOSE_MS", "s"]],
  ["cti-subscribe", "increasing delays of up to # s", ["lib/cti/broker-requests.ts", "PROBE_MAX_MS", "s"]],
  ["cti-subscribe", "delays of its own, up to # s", ["lib/cti/entry-schedule.ts", "maxMs", "s"]],
  ["cti-subscribe", "within every # minutes", ["nodes/cti/cti-subscribe.ts", "DEFAULT_RENEW"]],
  ["cti-subscribe", "At most # are under way", ["nodes/cti/cti-broker.ts", "PARALLEL"]],
  ["cti-subscribe", "no more than # per agent, and #,", [LIMIT, "PER_AGENT"], [LIMIT, "EXTRA_PER_MINUTE"]],
  [
    "cti-subscribe",
    "pauses of # s or the Retry-After (at most # s)",
    ["lib/cti/refusals.ts", "PAUSE_MAX_MS", "s"],
    ["lib/cti/refusals.ts", "ASKED_MAX_MS", "s"],
  ],
  ["webitel-agents", "does not end after # pages", END_OF_LIST],
  [
    "webitel-dialer-member-upload",
    "under way have # s to end",
    ["lib/webitel/upload/upload.ts", "CANCEL_GRACE_MS", "s"],
  ],
  [
    "webitel-dialer-member-upload",
    "waits up to # s for a sign of life",
    ["lib/webitel/upload/lock.ts", "STALE_MS", "s"],
  ],
  [
    "webitel-dialer-member-upload",
    "Lists that wait may have # MB",
    ["lib/webitel/upload/held.ts", "MAX_HELD_BYTES", "MB"],
  ],
  ["webitel-dialer-member-upload", "ids of the others, # at most", ["lib/webitel/upload/doubles.ts", "NAMED"]],
  [
    "webitel-dialer-member-upload",
    "in its place a number of at least # digits",
    ["lib/webitel/hidden-rows.ts", "PHONE_DIGITS"],
  ],
  ["webitel-dialer-member-upload", "phone number of at least # digits", ["lib/webitel/numbers.ts", "MIN_DIGITS"]],
  [
    "webitel-dialer-member-upload",
    "what is in the first #, at once",
    ["lib/webitel/upload/copies.ts", "COPIED_AT_ONCE"],
  ],
  ["webitel-dialer-member-upload", "stays incomplete for # s", ["nodes/webitel/upload/streams.ts", "IDLE_MS", "s"]],
  [
    "webitel-dialer-member-upload",
    "a search may take # s, and up to # s after one that took longer",
    ["lib/webitel/upload/context.ts", "SEARCH_MS", "s"],
    ["lib/webitel/upload/context.ts", "SEARCH_MAX_MS", "s"],
  ],
  [
    "webitel-dialer-member-upload",
    "so do # rows refused alone",
    ["lib/webitel/upload/refused-alone.ts", "HOPELESS_ROWS"],
  ],
  ["webitel-dialer-member-upload", "delays of up to # s", [BACKOFF, "maxMs", "s"]],
  ["webitel-dialer-member-upload", "gives up # minutes after", [CONTEXT, "giveUpMs", "min"]],
  ["webitel-dialer-member-upload", "at most # MB", ["lib/webitel/upload/size-bound.ts", "MAX_BYTES", "MB"]],
  ["webitel-dialer-member-upload", "does not end after # pages", END_OF_LIST],
  ["webitel-lookup-in", "(# ms)", DEADLINE],
  ["smartrouting-in", "(# ms; Enreach waits # by default)", DEADLINE, VENDORS_WAIT],
  ["smartrouting-in", "the # s are from", ["nodes/shared/webhook/request-response.ts", "VENDORS_WAIT_MS", "s"]],
  ["voicenter-layer-in", "(# ms; by its public notes Voicenter waits #)", DEADLINE, VENDORS_WAIT],
  [
    "voicenter-layer-in",
    "up to # calls, # hours",
    ["lib/voicenter/sessions.ts", "MOST_CALLS"],
    ["lib/voicenter/sessions.ts", "KEPT_MS", "h"],
  ],
  ["voicenter-layer-out", "SDK allows # characters", ["lib/voicenter/tables.ts", "CUSTOM_DATA_LIMIT"]],
  ["voicenter-layer-out", "value over # characters", ["lib/voicenter/tables.ts", "CUSTOM_DATA_LIMIT"]],
];

/** Phrases whose figure the code does not have: advice, what a standard says, and what follows from a figure that has a row. */
const WITHOUT_ROW: Record<string, readonly string[]> = {
  "cti-command": ["8 to 15 digits"],
  "rte-subscribe": ["within a short time (2 s)", "truly three events", "up to 1 s earlier"],
  "webitel-event-in": ["within two seconds"],
  scaling: ["within 5 s of the kill", "stands by 0.2 s before the lease ends", "The take-over takes 3 s and a little"],
};

/** Lists of words: the page has between `before` and `after` exactly those that the code has under a name. */
const LISTS: readonly (readonly [page: string, before: string, after: string, file: string, name: string])[] = [
  ["rte-subscribe", "reasons are", "</dd>", RETRY, "ALL_REASONS"],
  ["rte-subscribe", "<code>snapshot: true</code> marks", ": keep the latest", "lib/rte/events.ts", "SNAPSHOTS"],
  ["cti-subscribe", "<dt>action", "</dd>", "nodes/cti/control.ts", "ACTIONS"],
];

/** A page, or a catalogue of sentences. */
const textOf = (page: string): string =>
  page === "webhook.json" ? source("nodes/shared/webhook/locales/en-US/webhook.json") : pageText(page);
const escaped = (text: string): string => text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");

/** The value that the code gives a name: a number, another name of the file, or a product of those. */
function valueIn([file, name, unit = ""]: Source): number {
  const found = new RegExp(`\\b${name}(?:: number)? ?(?:[=:]|\\?\\?) ?([A-Z\\d_.]+(?: \\* [A-Z\\d_.]+)*)`).exec(
    source(file),
  );
  assert.ok(found, `${file} does not set ${name}`);
  const factors = (found[1] as string).split(" * ");
  const numbers = factors.map((each) => (/^\d/.test(each) ? Number(each.replaceAll("_", "")) : valueIn([file, each])));
  return numbers.reduce((product, each) => product * each, 1) / UNITS[unit];
}

const SENTENCE = new Map(
  FIGURES.map((row) => [row, new RegExp(escaped(row[1]).replaceAll("#", "([\\d,.]*\\d|[a-z]+)"))]),
);

describe("Figures of help and README", () => {
  for (const row of FIGURES) {
    const [page, sentence, ...sources] = row;
    it(`${page}: ${sentence}`, () => {
      const [, ...said] = (SENTENCE.get(row) as RegExp).exec(textOf(page)) ?? assert.fail("the page does not say this");
      assert.equal(said.length, sources.length);
      for (const [index, text] of said.entries()) {
        const decimals = /\.(\d+)$/.exec(text)?.[1]?.length ?? 0;
        const figure = WORDS.includes(text) ? WORDS.indexOf(text) : Number(text.replaceAll(",", ""));
        assert.equal(
          figure,
          Number(valueIn(sources[index] as Source).toFixed(decimals)),
          (sources[index] as Source).join(" "),
        );
      }
    });
  }

  it("stand in a row each, or are no figure of the code", () => {
    const FIGURE =
      /(?:\b\d[\d,.]*|\b(?:one|two|three|four|five|ten)) (?:ms|s|kB|KiB|MiB|MB|(?:milli)?seconds?|minutes?|hours?|levels|values|parameters|pages|proxies|events|calls|characters|digits|things)\b|\d+ at most/g;
    const loose = ["webhook.json", ...PAGES]
      .filter((page) => page !== "README")
      .flatMap((page) => {
        const text = textOf(page);
        const rows = FIGURES.filter(([each]) => each === page).map((row) => SENTENCE.get(row) as RegExp);
        const spans = [...rows, ...(WITHOUT_ROW[page] ?? []).map((each) => new RegExp(escaped(each)))].map((each) => {
          const found = each.exec(text) ?? assert.fail(`${page} does not say ${each.source}`);
          return [found.index, found.index + found[0].length] as const;
        });
        return [...text.matchAll(FIGURE)]
          .filter(({ index, 0: figure }) => !spans.some(([from, to]) => index < to && index + figure.length > from))
          .map(({ index }) => `${page}: … ${text.slice(Math.max(0, index - 40), index + 40)} …`);
      });
    assert.deepEqual(loose, [], "add a row to FIGURES, or a phrase to WITHOUT_ROW");
  });
});

describe("Measured figures of README", () => {
  const [, table = ""] = source("README.md").split("\n## Figures\n");
  const rows = [...table.matchAll(/^\| ([^|]+) \| ([^|]*\d[^|]*) \|$/gm)];

  it("are those of docs/benchmarks.md", () => {
    assert.ok(rows.length >= 5, `${rows.length}`);
    const measured = source("docs/benchmarks.md");
    const unknown = rows.flatMap(([, what, cell = ""]) =>
      [...cell.matchAll(/\b\d[\d,.]*\b/g)]
        .filter(([figure]) => !new RegExp(`(?<![\\d.,])${escaped(figure)}(?![\\d]|[.,]\\d)`).test(measured))
        .map(([figure]) => `${what}: ${figure}`),
    );
    assert.deepEqual(unknown, []);
  });
});

describe("Words of the help", () => {
  for (const [page, before, after, file, name] of LISTS) {
    it(`${page} lists ${name} of ${file}`, () => {
      const text = raw(page);
      const from = text.indexOf(before) + before.length;
      assert.ok(from > before.length, "the page does not say this");
      const said = [...text.slice(from, text.indexOf(after, from)).matchAll(/<code>(\w+)<\/code>/g)].map(
        ([, word]) => word as string,
      );
      const code =
        new RegExp(`\\b${name}\\b[^;]*?= ?(?:new Set<\\w+>\\()?\\[([^\\]]*)`).exec(source(file))?.[1] ?? assert.fail();
      const known = [...code.matchAll(/"([\w-]+)"/g)].map(([, word]) => word as string);
      assert.deepEqual(said.toSorted(), known.toSorted());
    });
  }

  it("name badges that exist", () => {
    const status = source("nodes/shared/status.ts").matchAll(/text: "([\w-]+)"/g);
    const files = VENDORS.flatMap((vendor) => [
      ...readdirSync(join(root, `nodes/${vendor}/locales/en-US`)).map(
        (file) => `nodes/${vendor}/locales/en-US/${file}`,
      ),
      "nodes/shared/webhook/locales/en-US/webhook.json",
    ]).filter((file) => file.endsWith(".json") && existsSync(join(root, file)));
    const badges = new Set<string>([...status].map(([, word]) => word as string));
    const collect = (part: object, isBadge: boolean): void => {
      for (const [key, value] of Object.entries(part))
        if (typeof value === "object") collect(value as object, isBadge || key === "badge");
        else if (isBadge) badges.add(value as string);
    };
    for (const file of files) collect(catalogue([join(root, file)]), false);
    const named = PAGES.flatMap((page) =>
      [...raw(page).matchAll(/badge (?:says|shows|of [^.]*? says) (?:<code>|`)([^<`]+)/g)].map(
        ([, word]) => `${page}: ${word}`,
      ),
    );
    assert.ok(named.length > 4, named.join());
    assert.deepEqual(
      named.filter((each) => !badges.has(each.slice(each.indexOf(": ") + 2))),
      [],
    );
  });
});
