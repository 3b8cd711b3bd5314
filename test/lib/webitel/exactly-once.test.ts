/** Answers that are lost, late, short or wrong: every row is in the queue once at the end. */
import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { ContactCenterError } from "../../../lib/core/errors.js";
import { memberMapper } from "../../../lib/webitel/member.js";
import type { RowError } from "../../../lib/webitel/member.js";
import type { FoundMember } from "../../../lib/webitel/types.js";
import { copiesAmong } from "../../../lib/webitel/upload/doubles.js";
import { JournalFolder } from "../../../lib/webitel/upload/journal.js";
import { openRun, resumeRun } from "../../../lib/webitel/upload/open.js";
import type { Report } from "../../../lib/webitel/upload/report.js";
import { listSource } from "../../../lib/webitel/upload/source.js";
import { Upload, type UploadOptions } from "../../../lib/webitel/upload/upload.js";
import { startWebitelSimulator, type WebitelSimulatorOptions } from "../../../simulators/webitel/simulator.js";
import { type Overrides, people, type Prepared, QUICK, UploadHarness, upTo } from "../../support/webitel/bench-run.js";
import { until } from "../../support/wait.js";
import { type BulkPlan, failed, inFakeTime, TimedWebitel } from "../../support/webitel/timed-webitel.js";

const MINUTE_MS = 60_000;

describe("lib/webitel/upload, exactly once on a clock", () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "cc-once-"));
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  async function upload(
    webitel: TimedWebitel,
    count: number,
    options: Partial<UploadOptions> & { resume?: boolean; cancelAfterMs?: number } = {},
  ): Promise<Report> {
    const source = listSource(people(count));
    const { resume = false, cancelAfterMs, ...more } = options;
    const run = await (resume ? resumeRun : openRun)(new JournalFolder(folder, "n"), "10", source);
    const running = new Upload({
      api: webitel,
      queueId: "10",
      ...run,
      toMember: memberMapper({ mapping: [], defaults: [] }),
      batchSize: 10,
      concurrency: 1,
      rate: 0,
      uncertain: "verify",
      onBatch: () => undefined,
      ...more,
    });
    if (cancelAfterMs !== undefined) setTimeout(() => running.cancel(), cancelAfterMs);
    return running.run(source.rows());
  }
  const numbers = ({ total, accepted, uncertain, doubled, removed }: Report): number[] => [
    total,
    accepted,
    uncertain,
    doubled,
    removed,
  ];

  const late: [what: string, plan: BulkPlan, bulks: number, doubled: number][] = [
    ["504 after 100 ms, committed after 3 s", { answerMs: 100, code: 504, commitMs: 3000 }, 2, 10],
    ["504 at once, committed after 90 s", { answerMs: 5, code: 504, commitMs: 90_000 }, 2, 10],
    ["no answer for 60 s, committed after 64 s", { answerMs: MINUTE_MS, code: "ETIMEDOUT", commitMs: 64_000 }, 1, 0],
    ["no answer for 60 s, committed after 119 s", { answerMs: MINUTE_MS, code: "ETIMEDOUT", commitMs: 119_000 }, 1, 0],
    ["no answer for 60 s, never committed", { answerMs: MINUTE_MS, code: "ETIMEDOUT" }, 2, 0],
  ];
  for (const [what, plan, bulks, doubled] of late) {
    it(`has each row once: ${what}`, async () => {
      const webitel = new TimedWebitel([plan]);
      const report = await inFakeTime(() => upload(webitel, 10));
      assert.deepEqual(webitel.rows, upTo(10));
      assert.deepEqual([webitel.bulks.length, ...numbers(report)], [bulks, 10, 10, 0, doubled, doubled]);
    });
  }

  it("only reports the copies when told so, with their ids", async () => {
    const webitel = new TimedWebitel([{ answerMs: 100, code: 504, commitMs: 3000 }]);
    const report = await inFakeTime(() => upload(webitel, 10, { doubles: "report" }));
    assert.deepEqual(numbers(report), [10, 10, 0, 10, 0]);
    assert.equal(webitel.members.length, 20);
    assert.deepEqual(
      [...(report.copies ?? [])].sort(),
      webitel.members
        .slice(10)
        .map(({ id }) => id)
        .sort(),
    );
  });

  it("names what was sent twice when it is cancelled before the copies could be checked", async () => {
    const webitel = new TimedWebitel([{ answerMs: 100, code: 504, commitMs: 30_000 }]);
    const report = await inFakeTime(() => upload(webitel, 15, { cancelAfterMs: 10_000 }));
    assert.deepEqual([webitel.bulks.length, ...numbers(report)], [3, 15, 15, 0, 0, 0]);
    const [unchecked, ...others] = report.unchecked ?? [];
    assert.deepEqual(
      [report.cancelled, unchecked?.batch, unchecked?.rows, others],
      [true, `${report.runId}-1`, [[1, 10]], []],
    );
    assert.ok(Date.parse(unchecked?.until ?? "") > (webitel.bulks[1] ?? 0) + 80_000);
    const complete = await inFakeTime(() => upload(new TimedWebitel([{ answerMs: 100, code: 504 }]), 15));
    assert.equal(complete.unchecked, undefined);
  });

  for (const committed of [true, false]) {
    it(`gives a request that hangs 2 s after a cancel, its members ${committed ? "found" : "unknown"}`, async () => {
      const webitel = new TimedWebitel([]);
      const create = webitel.createMembers.bind(webitel);
      webitel.createMembers = async (queue, items, { signal } = {}) => {
        if (committed) await create(queue, items);
        return new Promise((_, reject) => signal?.addEventListener("abort", () => reject(failed("ECLOSED"))));
      };
      const report = await inFakeTime(() => upload(webitel, 30, { cancelAfterMs: 2000 }));
      assert.deepEqual([report.cancelled, ...numbers(report)], [true, 10, ...(committed ? [10, 0] : [0, 10]), 0, 0]);
      assert.ok(report.durationMs >= 4000 && report.durationMs < 7000, `${report.durationMs} ms`);
    }).timeout(5000);
  }

  it("keeps who was called already, and says that a copy stays when both were", async () => {
    const webitel = new TimedWebitel([{ answerMs: 100, code: 504, commitMs: 3000 }]);
    const find = webitel.findMembers.bind(webitel);
    // Row 1: the late copy was called. Row 2: both were.
    webitel.findMembers = async (queue, marker) => {
      const found = await find(queue, marker);
      const called = (id: string): boolean => ["11", "2", "12"].includes(id);
      return found.map((member) => ({ ...member, attempts: called(member.id) ? 1 : 0 }));
    };
    const report = await inFakeTime(() => upload(webitel, 10));
    assert.deepEqual(numbers(report), [10, 10, 0, 10, 9]);
    assert.deepEqual(report.copies, ["12"]);
    const ids = new Set(webitel.members.map(({ id }) => id));
    assert.deepEqual([ids.has("1"), ids.has("11")], [false, true]);
  });

  for (const commitMs of [3000, 60_000]) {
    it(`names at the end who is in the queue, a copy that came after ${commitMs / 1000} s was called`, async () => {
      const webitel = new TimedWebitel([{ answerMs: 100, code: 504, commitMs }]);
      const find = webitel.findMembers.bind(webitel);
      const rowOf = (member: FoundMember): number => Number(member.variables?.["row"]);
      // The copy of row 3 that came late is called; the other was reported.
      webitel.findMembers = async (queue, marker) => {
        const found = await find(queue, marker);
        const late = found.filter((member) => rowOf(member) === 3)[1];
        return found.map((member) => (member === late ? { ...member, attempts: 1 } : member));
      };
      const ids: Record<string, string> = {};
      const report = await inFakeTime(() =>
        upload(webitel, 10, { onBatch: (result) => void Object.assign(ids, result.ids) }),
      );
      assert.deepEqual([report.accepted, report.doubled, report.removed], [10, 10, 10]);
      assert.deepEqual(ids, Object.fromEntries(webitel.members.map((member) => [rowOf(member), member.id])));
    });
  }

  it("goes on asking while the queue answers with members whose variables it leaves out", async () => {
    const webitel = new TimedWebitel([{ answerMs: 100, code: 504, commitMs: 50 }]);
    const find = webitel.findMembers.bind(webitel);
    let asked = 0;
    webitel.findMembers = (queue, marker) => (++asked <= 5 ? Promise.reject(failed("EANSWER")) : find(queue, marker));
    const report = await inFakeTime(() => upload(webitel, 10));
    assert.deepEqual([webitel.bulks.length, ...numbers(report)], [1, 10, 10, 0, 0, 0]);
  });

  it("does not give up at the first failure of a slow upload, and gives up ten minutes after it", async () => {
    const slow = new TimedWebitel([
      { answerMs: 10, commitMs: 10 },
      { answerMs: 10, code: 503 },
    ]);
    const report = await inFakeTime(() => upload(slow, 2, { batchSize: 1, rate: 1 / (20 * 60) }));
    assert.deepEqual([report.accepted, slow.bulks.length], [2, 3]);

    const dead = new TimedWebitel(Array.from({ length: 1000 }, () => ({ answerMs: 10, code: 503 })));
    const error = await inFakeTime(() =>
      upload(dead, 5).then(
        () => undefined,
        (reason: unknown) => reason,
      ),
    );
    const { key, cause } = error as ContactCenterError & { cause: { report: Report } };
    assert.equal(key, "webitel.errors.gave-up");
    const tookMs = (dead.bulks.at(-1) ?? 0) - (dead.bulks[0] ?? 0);
    assert.ok(tookMs > 9 * MINUTE_MS && tookMs < 12 * MINUTE_MS, `${tookMs} ms`);
    // The queue was asked last of all, and nobody is in it.
    assert.equal(cause.report.uncertain, 0);
  }).timeout(20_000);

  it("obeys Retry-After for an hour at most, without giving up or a timer that cannot count so far", async () => {
    const warnings: Error[] = [];
    const warned = (warning: Error): void => void warnings.push(warning);
    process.on("warning", warned);
    const waits: number[] = [];
    const webitel = new TimedWebitel([{ answerMs: 10, code: 429, cause: { retryAfterMs: 1e11 } }]);
    const report = await inFakeTime(() =>
      upload(webitel, 1, { onWait: ({ untilMs }) => waits.push(untilMs - Date.now()) }),
    );
    process.off("warning", warned);
    assert.equal(report.accepted, 1);
    assert.equal(waits[0], 60 * MINUTE_MS);
    const waitedMs = (webitel.bulks[1] ?? 0) - (webitel.bulks[0] ?? 0);
    assert.ok(waitedMs >= 60 * MINUTE_MS && waitedMs < 61 * MINUTE_MS, `${waitedMs} ms`);
    assert.deepEqual(warnings, []);
  }).timeout(60_000);
});

describe("copies among the members of a marker", () => {
  const member = (id: string, row: string, more: object = {}): FoundMember => ({
    id,
    name: `P${row}`,
    communications: [{ destination: `+${row}`, type: { id: "1" } }],
    ...more,
  });
  const ids = (found: FoundMember[], keep: number, reported: string[] = []): string[] =>
    copiesAmong(found, keep, new Set(reported))
      .members.map(({ id }) => id)
      .sort();

  it("are none where the number is right", () => assert.deepEqual(ids([member("1", "a"), member("2", "b")], 2), []));
  it("are all where the rows went under another marker", () => assert.deepEqual(ids([member("1", "a")], 0), ["1"]));
  it("leave the oldest", () => assert.deepEqual(ids([member("1", "a"), member("2", "a")], 1), ["2"]));
  it("leave the one whose id was reported", () =>
    assert.deepEqual(ids([member("1", "a"), member("2", "a")], 1, ["2"]), ["1"]));
  it("leave a person as often as the list has it", () =>
    assert.deepEqual(ids([member("1", "a"), member("2", "a"), member("3", "a"), member("4", "a")], 2), ["3", "4"]));
  it("are those that an earlier removal has left", () =>
    assert.deepEqual(ids([member("1", "a"), member("2", "b"), member("3", "a")], 2), ["3"]));
  it("are not named where somebody has changed the queue", () => {
    const found = [member("1", "a"), member("2", "a"), member("3", "a")];
    assert.deepEqual(copiesAmong(found, 2, new Set()), { count: 1, members: [] });
  });
});

describe("lib/webitel/upload, exactly once against the simulator", () => {
  let harness: UploadHarness;
  async function prepare(
    items: readonly unknown[],
    overrides: Overrides = {},
    options: WebitelSimulatorOptions = {},
  ): Promise<Prepared> {
    harness = new UploadHarness(await startWebitelSimulator(options));
    return harness.prepare(items, overrides);
  }
  const load = async ({ upload, rows }: Prepared): Promise<number[]> => {
    const { total, accepted, rejected, uncertain } = await upload.run(rows);
    return [total, accepted, rejected, uncertain];
  };
  const failure = ({ upload, rows }: Prepared): Promise<ContactCenterError & { cause: { report: Report } }> =>
    upload.run(rows).then(
      () => assert.fail("the upload did not fail"),
      (error: unknown) => error as ContactCenterError & { cause: { report: Report } },
    );
  afterEach(() => harness.close());

  for (const fault of ["empty", "page", "empty-after", "short-after", "partial", "504-late"] as const) {
    it(`has each row once after ${fault}`, async () => {
      const prepared = await prepare(people(30));
      harness.simulator.faults.push(fault);
      harness.simulator.faults.push(fault);
      assert.deepEqual(await load(prepared), [30, 30, 0, 0]);
      assert.deepEqual(harness.loaded(), upTo(30));
      const queue = harness.simulator.store.queue("10")?.members ?? [];
      for (const { ids } of prepared.results)
        for (const [row, id] of Object.entries(ids))
          assert.equal(queue.find((member) => member.id === id)?.variables?.["row"], row);
    });
  }

  it("has each row once where searches read a replica that is late", async () => {
    const prepared = await prepare(people(30), { patience: { ...QUICK, lateMs: 1500 } }, { replicaLagMs: 700 });
    harness.simulator.faults.push("reset-after");
    const report = await prepared.upload.run(prepared.rows);
    assert.deepEqual(harness.loaded(), upTo(30));
    assert.deepEqual([report.doubled, report.removed], [10, 10]);
  });

  it("goes on after a kill that a late commit follows", async () => {
    const first = await prepare(people(20), { patience: { ...QUICK, backoff: { minMs: 5000, maxMs: 5000 } } });
    harness.simulator.faults.push("504-late", undefined, 900);
    const work = failure(first);
    await until("the first request", () => harness.bulks().length === 1);
    await first.upload.close();
    await work;
    const rest = await harness.prepare(people(20), { resume: true, patience: { ...QUICK, lateMs: 1500 } });
    const report = await rest.upload.run(rest.rows);
    assert.deepEqual(harness.loaded(), upTo(20));
    assert.deepEqual([report.accepted, report.doubled, report.removed], [20, 10, 10]);
  });

  it("loads the good rows of a first batch in which both halves have a bad one, the texts all alike", async () => {
    const prepared = await prepare(
      people(500, (row) => ([10, 400].includes(row) ? { bucket: "99" } : {})),
      { batchSize: 500 },
    );
    assert.deepEqual(await load(prepared), [500, 498, 2, 0]);
    assert.deepEqual(
      prepared.results[0]?.rejects.map(({ row }) => row),
      [10, 400],
    );
  });

  it("ends when 16 single rows were refused with one text and none was accepted, and not before", async () => {
    const hopeless = await prepare(
      people(500, () => ({ bucket: "99" })),
      { batchSize: 500 },
    );
    const error = await failure(hopeless);
    assert.equal(error.code, 400);
    assert.ok(harness.bulks().length < 60, `${harness.bulks().length} requests`);
    assert.equal(error.cause.report.accepted, 0);
    const few = await harness.prepare(people(15, () => ({ bucket: "99" })));
    assert.deepEqual(await load(few), [15, 0, 15, 0]);
    const one = await harness.prepare(people(60, (row) => (row === 1 ? {} : { bucket: "99" })));
    assert.deepEqual(await load(one), [60, 1, 59, 0]);
  });

  it("sends less in a request after a 413, for the rest of the run", async () => {
    const text = "x".repeat(2000);
    const prepared = await prepare(
      people(600, () => ({ "variables.note": text })),
      { batchSize: 200 },
      { maxBodyBytes: 100_000 },
    );
    assert.deepEqual(await load(prepared), [600, 600, 0, 0]);
    assert.deepEqual(harness.loaded(), upTo(600));
    const { tooLarge } = harness.simulator;
    assert.ok(tooLarge <= 4, `${tooLarge} times refused`);
  });

  it("rejects a row that is too large for the server, and none around it", async () => {
    const prepared = await prepare(
      people(40, (row) => (row === 7 ? { "variables.note": "x".repeat(200_000) } : {})),
      { batchSize: 40 },
      { maxBodyBytes: 100_000 },
    );
    assert.deepEqual(await load(prepared), [40, 39, 1, 0]);
    assert.deepEqual(
      prepared.results[0]?.rejects.map(({ row, code, reason }) => [row, code, (reason as RowError).key]),
      [[7, 413, "too-large"]],
    );
  });

  it("takes a gateway's 429 for a message that is too large as what it is", async () => {
    const prepared = await prepare(
      people(100, () => ({ "variables.note": "x".repeat(2000) })),
      { batchSize: 100 },
      { maxMessageBytes: 60_000 },
    );
    assert.deepEqual(await load(prepared), [100, 100, 0, 0]);
  });

  it("sends no more than 1 MB in a request", async () => {
    const prepared = await prepare(
      people(900, () => ({ "variables.note": "x".repeat(6000) })),
      { batchSize: 900 },
      { maxBodyBytes: 1_000_000 },
    );
    assert.deepEqual(await load(prepared), [900, 900, 0, 0]);
    assert.equal(harness.simulator.tooLarge, 0);
  });

  it("finds a row that a server behind a bare 500 does not take, also in the first batch", async () => {
    const patience = { ...QUICK, backoff: { minMs: 1, maxMs: 3 }, askAfterMs: 1, lateMs: 10 };
    const prepared = await prepare(people(30), { patience }, { poison: ({ variables }) => variables?.["row"] === "1" });
    assert.deepEqual(await load(prepared), [30, 29, 1, 0]);
    assert.deepEqual(
      prepared.results[0]?.rejects.map(({ row, code }) => [row, code]),
      [[1, 500]],
    );
  });

  it("finds a row at which the server breaks the connection", async () => {
    const patience = { ...QUICK, backoff: { minMs: 1, maxMs: 3 }, askAfterMs: 1, lateMs: 10 };
    const prepared = await prepare(people(30), { patience }, { crash: ({ variables }) => variables?.["row"] === "14" });
    assert.deepEqual(await load(prepared), [30, 29, 1, 0]);
    const [reject] = prepared.results.flatMap(({ rejects }) => rejects);
    assert.deepEqual([reject?.row, reject?.code], [14, "ECONNRESET"]);
    assert.match(reject?.reason as string, /connection/i);
  });

  it("does not blame rows for a server that fails at everything", async () => {
    const patience = { ...QUICK, backoff: { minMs: 1, maxMs: 3 }, askAfterMs: 1, giveUpMs: 300, lateMs: 10 };
    const error = await failure(await prepare(people(4), { patience }, { poison: () => true }));
    const { rejected, uncertain, accepted } = error.cause.report;
    assert.deepEqual([error.key, rejected, uncertain, accepted], ["webitel.errors.gave-up", 0, 0, 0]);
  });
});
