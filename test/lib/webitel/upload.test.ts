import assert from "node:assert/strict";
import { ContactCenterError } from "../../../lib/core/errors.js";
import { createWebitelClient } from "../../../lib/webitel/client.js";
import { CANCELLED } from "../../../lib/webitel/upload/context.js";
import { Journal } from "../../../lib/webitel/upload/journal.js";
import type { RowError } from "../../../lib/webitel/member.js";
import type { InputRow } from "../../../lib/webitel/upload/rows.js";
import { cannedWebhook } from "../../support/canned-webhook.js";
import {
  eachWithHarness,
  failure,
  IMPATIENT,
  numbers,
  type Overrides,
  people,
  upTo,
} from "../../support/webitel/bench-run.js";
import { until } from "../../support/wait.js";

describe("lib/webitel/upload", () => {
  const harness = eachWithHarness();
  const { prepare } = harness;

  it("loads batches, keeps 64-bit ids as text and tells which row got which", async () => {
    const { upload, rows, results } = await prepare(people(25));
    const report = await upload.run(rows);
    assert.deepEqual(numbers(report), [25, 25, 0, 0, 3]);
    assert.deepEqual(harness.bench.loaded(), upTo(25));
    assert.deepEqual(harness.bench.bulks(), ["1", "2", "3"]);
    assert.deepEqual(
      results.map(({ batch, accepted, total }) => [batch, accepted, total]),
      [
        [1, 10, 10],
        [2, 10, 10],
        [3, 5, 5],
      ],
    );
    assert.deepEqual(results[1]?.ids["11"], harness.bench.simulator.store.queue("10")?.members[10]?.id);
    assert.equal(harness.bench.simulator.store.queue("10")?.members[0]?.variables?.["cc_batch"], `${report.runId}-1`);
  });

  it("asks nothing and reports 0 for an empty input", async () => {
    const { upload, rows } = await prepare([]);
    assert.deepEqual(numbers(await upload.run(rows)), [0, 0, 0, 0, 0]);
    assert.equal(harness.bench.simulator.seen.length, 0);
  });

  it("refuses rows before sending, with their number and as they came", async () => {
    const items = people(22, (row) => (row % 7 === 0 ? { destination: "3.8E+11" } : {}));
    const { upload, rows, results } = await prepare(items);
    assert.deepEqual(numbers(await upload.run(rows)), [22, 19, 3, 0, 2]);
    const rejects = results.flatMap((result) => result.rejects);
    assert.deepEqual(
      rejects.map(({ row, code, data }) => [row, code, data]),
      [7, 14, 21].map((row) => [row, "EINVALID", items[row - 1]]),
    );
  });

  it("rejects a row that JSON cannot write, and loads the others", async () => {
    const circular: Record<string, unknown> = {};
    circular["self"] = circular;
    const throwing = {
      toJSON() {
        throw new Error("boom");
      },
    };
    const finished = (extra: unknown): object => ({
      communications: [{ destination: "+380501112299", type: { id: "1" } }],
      sla: extra,
    });
    const items = [
      ...people(21),
      { ...people(1)[0], variables: { x: circular } },
      { ...people(1)[0], variables: { x: throwing } },
      { ...people(1)[0], "variables.x": circular },
      finished(circular),
      finished(throwing),
      finished({ at: 2n ** 60n }),
      Object.defineProperty({ type: "1" }, "destination", { enumerable: true, get: () => throwing.toJSON() }),
    ];
    const { upload, rows, results } = await prepare(items);
    assert.deepEqual(numbers(await upload.run(rows)), [28, 22, 6, 0, 3]);
    const rejects = results.flatMap((result) => result.rejects);
    assert.deepEqual(
      rejects.map(({ row, reason }) => [row, (reason as RowError).key, (reason as RowError).field]),
      [
        [22, "json", "variables.x"],
        [23, "json", "variables.x"],
        [24, "json", "variables.x"],
        [25, "json", "row"],
        [26, "json", "row"],
        [28, "json", "row"],
      ],
    );
  });

  it("gives an error that nobody expected a code, and the numbers so far", async () => {
    const toMember = (): never => {
      throw new TypeError("boom");
    };
    const error = await failure(await prepare(people(5), { toMember }));
    assert.deepEqual([error.code, error.cause.vendor, error.cause.operation], ["EUNEXPECTED", "webitel", "upload"]);
    assert.match(error.message, /boom/);
    assert.deepEqual(numbers(error.cause.report), [0, 0, 0, 0, 0]);
  });

  it("advises no resume where there is nothing to resume", async () => {
    const looksUp = { toMember: () => new Promise<never>(() => undefined) };
    const { upload, rows } = await prepare(people(5), looksUp);
    const ended = failure({ upload, rows, results: [] });
    await upload.close();
    assert.equal((await ended).key, "webitel.errors.closed-unsent");
  });

  it("advises a resume once something was sent", async () => {
    const { upload, rows } = await prepare(people(5), { rate: 1, batchSize: 1 });
    const ended = failure({ upload, rows, results: [] });
    await until("a row to be loaded", () => harness.bench.loaded().length > 0);
    await upload.close();
    assert.equal((await ended).key, "webitel.errors.closed");
  });

  it("halves a refused batch down to the bad rows, each half with a marker of its own", async () => {
    const { upload, rows, results } = await prepare(people(20, (row) => (row === 13 ? { bucket: "99" } : {})));
    assert.deepEqual(numbers(await upload.run(rows)), [20, 19, 1, 0, 2]);
    assert.deepEqual(harness.bench.bulks(), ["1", "2", "2a", "2b", "2aa", "2ab", "2aba", "2abb"]);
    const [reject] = results[1]?.rejects ?? [];
    assert.deepEqual(
      [reject?.row, reject?.code, reject?.reason],
      [
        13,
        400,
        'name=Person 13, pq: insert or update on table "cc_member" violates foreign key constraint "cc_member_cc_bucket_id_fk" (store.sql_member.save.app_error)',
      ],
    );
    assert.equal(harness.bench.loaded().length, 19);
  });

  it("ends when the first 16 rows are refused with one text, the first batch alone", async () => {
    const { upload, rows } = await prepare(
      people(40, () => ({ bucket: "99" })),
      { concurrency: 4, batchSize: 16 },
    );
    const error = await failure({ upload, rows, results: [] });
    assert.equal(error.code, 400);
    assert.deepEqual(numbers(error.cause.report), [0, 0, 0, 0, 1]);
    assert.equal(harness.bench.bulks().length, 31);
    assert.ok(harness.bench.bulks().every((marker) => marker.startsWith("1")));
  });

  const hopeless: [string, Overrides, number, number][] = [
    ["a wrong token", { token: "wrong-secret" }, 401, 1],
    ["an unknown queue", { queueId: "404" }, 404, 1],
    ["a queue that takes no members", { queueId: "12" }, 400, 1],
  ];
  for (const [what, overrides, code, bulks] of hopeless) {
    for (const errorShape of ["platform", "nested"] as const) {
      it(`ends at once with one error for ${what} (${errorShape} error), the token in none of it`, async () => {
        const error = await failure(await prepare(people(50), { concurrency: 8, ...overrides }, { errorShape }));
        assert.equal(error.code, code);
        assert.equal(harness.bench.bulks().length, bulks);
        assert.equal(harness.bench.loaded().length, 0);
        assert.ok(!JSON.stringify([error.message, error.cause, error.params]).includes("wrong-secret"));
      });
    }
  }

  it("keeps to its rate", async () => {
    const { upload, rows } = await prepare(people(60), { rate: 200, concurrency: 3 });
    const startMs = Date.now();
    await upload.run(rows);
    // The first batch goes at once, each further one 50 ms later at the earliest.
    const early = harness.bench.simulator.seen.filter(({ at }, index) => at - startMs < index * 50 - 5);
    assert.deepEqual(early, []);
  });

  it("pauses, goes on, and cancels with its report", async () => {
    const { upload, rows } = await prepare(people(1000), {}, { bulkDelayMs: 5 });
    const work = upload.run(rows);
    await until("a few batches", () => harness.bench.bulks().length >= 3);
    upload.pause();
    // Batches under way end; an upload that goes on would never be quiet for so long.
    await until("the upload to be quiet", async () => {
      const before = harness.bench.bulks().length;
      await new Promise((done) => setTimeout(done, 200));
      return harness.bench.bulks().length === before;
    });
    const paused = harness.bench.bulks().length;
    assert.ok(paused < 100);
    upload.resume();
    await until("more batches", () => harness.bench.bulks().length > paused + 2);
    upload.cancel();
    const report = await work;
    assert.equal(report.cancelled, true);
    assert.equal(report.accepted, harness.bench.loaded().length);
    assert.equal(report.batches, harness.bench.bulks().length);
    assert.ok(report.total < 1000 && report.total === report.accepted);
    const rest = await harness.bench.prepare(people(1000), { resume: true });
    const whole = await rest.upload.run(rest.rows);
    assert.deepEqual([whole.resumed, whole.runId, whole.cancelled], [true, report.runId, undefined]);
    assert.deepEqual([...numbers(whole).slice(0, 4), whole.doubled], [1000, 1000, 0, 0, 0]);
    assert.deepEqual(harness.bench.loaded(), upTo(1000));
  });

  it("is cancelled when its input is, and is not taken for an empty list", async () => {
    const { upload } = await prepare([]);
    const report = await upload.run({
      [Symbol.asyncIterator]: () => ({ next: () => Promise.reject(CANCELLED) }),
    });
    assert.deepEqual([report.cancelled, report.total], [true, 0]);
  });

  it("gives out a row that cannot be sent once, though its batch is left undone by a cancel", async () => {
    const list = people(20, (row) => (row % 5 === 0 ? { destination: "abc" } : {}));
    // Batches of five; the second one waits for its turn.
    const first = await prepare(list, { rate: 5 });
    const work = first.upload.run(first.rows);
    await until("the first batch", () => first.results.length === 1);
    first.upload.cancel();
    const { rejected } = await work;
    const rest = await harness.bench.prepare(list, { resume: true });
    const report = await rest.upload.run(rest.rows);
    assert.deepEqual(numbers(report).slice(0, 4), [20, 16, 4, 0]);
    const told = [first, rest].flatMap(({ results }) =>
      results.flatMap(({ rejects }) => rejects.map(({ row }) => row)),
    );
    assert.ok(rejected > 0 && rejected < 4, `${rejected}`);
    assert.deepEqual(told, [5, 10, 15, 20]);
  });

  it("counts no batch that a cancel has kept back", async () => {
    const { upload, rows } = await prepare(people(100), { rate: 5 });
    const work = upload.run(rows);
    await until("the first batch", () => harness.bench.bulks().length === 1);
    await until("its end", () => upload.report.accepted > 0);
    upload.cancel();
    assert.deepEqual((await work).batches, 1);
  });

  it("closes: what is under way ends, the rest is left to a resume", async () => {
    const { upload, rows } = await prepare(people(400), { concurrency: 2 }, { bulkDelayMs: 20 });
    const work = failure({ upload, rows, results: [] });
    await until("a few batches", () => harness.bench.loaded().length >= 50);
    await upload.close();
    const error = await work;
    assert.equal(error.code, "ECLOSED");
    assert.equal(error.cause.report.accepted, harness.bench.loaded().length);
    const rest = await harness.bench.prepare(people(400), { resume: true });
    const report = await rest.upload.run(rest.rows);
    assert.deepEqual([report.resumed, report.runId, report.accepted], [true, error.cause.report.runId, 400]);
    assert.deepEqual(harness.bench.loaded(), upTo(400));
    assert.equal(harness.bench.asked(), 0);
  });

  it("refuses to resume another input, another queue, or nothing", async () => {
    await prepare([]);
    await assert.rejects(harness.bench.prepare(people(5), { resume: true }), { key: "webitel.errors.resume.nothing" });
    const broken = await harness.bench.prepare(people(30), { token: "wrong" });
    await failure(broken);
    await assert.rejects(harness.bench.prepare(people(31), { resume: true }), {
      code: "EINVALID",
      key: "webitel.errors.resume.changed",
    });
    await assert.rejects(harness.bench.prepare(people(30), { resume: true, queueId: "11" }), {
      key: "webitel.errors.resume.queue",
    });
    const rest = await harness.bench.prepare(people(30), { resume: true });
    assert.equal((await rest.upload.run(rest.rows)).accepted, 30);
    await assert.rejects(harness.bench.prepare(people(30), { resume: true }), { key: "webitel.errors.resume.nothing" });
  });

  it("does not resume a broken run whose input was loaded by a later one", async () => {
    await failure(await prepare(people(30), { token: "wrong" }));
    const whole = await harness.bench.prepare(people(30));
    await whole.upload.run(whole.rows);
    await assert.rejects(harness.bench.prepare(people(30), { resume: true }), { key: "webitel.errors.resume.nothing" });
  });

  it("sends nothing that the journal could not note", async () => {
    const { upload, rows } = await prepare(people(30), {
      journal: new Journal("/dev/full", { run: "r", queue: "10", input: "", started: 0 }),
    });
    const error = await failure({ upload, rows, results: [] });
    assert.equal(error.code, "ENOSPC");
    assert.equal(harness.bench.simulator.seen.length, 0);
  });

  it("loads the good rows before an input that breaks", async () => {
    const { upload } = await prepare([]);
    const broken = async function* (): AsyncGenerator<InputRow[]> {
      yield people(15).map((data) => ({ data }));
      throw new ContactCenterError("EINVALID", "webitel.errors.csv", { vendor: "webitel", operation: "upload" });
    };
    const error = await failure({ upload, rows: broken(), results: [] });
    assert.equal(error.code, "EINVALID");
    assert.equal(error.cause.report.accepted, 15);
    assert.deepEqual(harness.bench.loaded(), upTo(15));
  });

  it("takes a half's 404 for a row's fault", async () => {
    let id = 0;
    const { upload, rows } = await prepare(
      people(4, (row) => (row === 2 ? { name: "lost" } : {})),
      {
        api: {
          createMembers: (_, items) =>
            items.some(({ name }) => name === "lost")
              ? Promise.reject(
                  new ContactCenterError(items.length === 1 ? 404 : 400, "k", {
                    vendor: "webitel",
                    operation: "CreateMemberBulk",
                    detail: String(items.length),
                  }),
                )
              : Promise.resolve(items.map(() => String(++id))),
          findMembers: () => Promise.resolve([]),
          deleteMember: () => Promise.resolve(true),
        },
      },
    );
    assert.deepEqual(numbers(await upload.run(rows)), [4, 3, 1, 0, 1]);
  });

  it("finds the row behind a failed insert that stays one", async () => {
    let id = 0;
    const { upload, rows, results } = await prepare(
      people(20, (row) => (row === 7 ? { name: "lost" } : {})),
      {
        patience: IMPATIENT,
        api: {
          createMembers: (_, items) =>
            items.some(({ name }) => name === "lost")
              ? Promise.reject(
                  new ContactCenterError(500, "k", {
                    vendor: "webitel",
                    operation: "CreateMemberBulk",
                    id: "store.sql_member.bulk_save.app_error",
                    detail: "insert failed",
                  }),
                )
              : Promise.resolve(items.map(() => String(++id))),
          findMembers: () => Promise.resolve([]),
          deleteMember: () => Promise.resolve(true),
        },
      },
    );
    assert.deepEqual(numbers(await upload.run(rows)), [20, 19, 1, 0, 2]);
    const [reject] = results[0]?.rejects ?? [];
    assert.deepEqual(
      [reject?.row, reject?.code, reject?.reason],
      [7, 500, "insert failed (store.sql_member.bulk_save.app_error)"],
    );
  });

  it("ends at once where something else answers than Webitel", async () => {
    const page = await cannedWebhook({ status: 200, body: "<html>Log in</html>", type: "text/html" });
    const api = createWebitelClient({ url: page.url, token: "t" });
    const error = await failure(await prepare(people(40), { api }));
    assert.deepEqual([error.code, error.key], ["EANSWER", "webitel.errors.no-list"]);
    api.close();
    await page.close();
  });
});
