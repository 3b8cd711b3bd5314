import assert from "node:assert/strict";
import type { ContactCenterError } from "../../../lib/core/errors.js";
import type { RowError } from "../../../lib/webitel/member.js";
import type { Report } from "../../../lib/webitel/upload/report.js";
import { startWebitelSimulator, type WebitelSimulatorOptions } from "../../../simulators/webitel/simulator.js";
import { type Overrides, people, type Prepared, QUICK, UploadHarness, upTo } from "../../support/webitel/bench-run.js";
import { until } from "../../support/wait.js";
import { memberMapper } from "../../../lib/webitel/member.js";
import { fromRanges, type Range } from "../../../lib/webitel/upload/rows.js";
import type { Member } from "../../../lib/webitel/types.js";
import { failed } from "../../support/webitel/timed-webitel.js";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

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

  const wrong = memberMapper({ mapping: [], defaults: [{ field: "bucket", value: "99" }] });
  for (const batchSize of [1, 4, 40])
    it(`sends the rows that a wrong setting has refused once it is right: batches of ${batchSize}`, async () => {
      const list = people(40, (row) => (row === 3 ? { destination: "abc" } : {}));
      const hopeless = await prepare(list, { batchSize, toMember: wrong });
      const { accepted, rejected, total } = (await failure(hopeless)).cause.report;
      const given = (results: Prepared["results"]): number[] =>
        results.flatMap(({ rejects }) => rejects.map(({ row }) => row));
      const first = given(hopeless.results);
      // What cannot be sent at all has nothing to do with the setting.
      assert.deepEqual([accepted, rejected, total], [0, first.length, first.length]);
      assert.ok(first.every((row) => row === 3));
      const corrected = await harness.prepare(list, { batchSize, resume: true });
      assert.deepEqual(await load(corrected), [40, 39, 1, 0]);
      assert.deepEqual([...first, ...given(corrected.results)], [3]);
      assert.deepEqual(
        harness.loaded(),
        upTo(40).filter((row) => row !== 3),
      );
    });

  for (const [what, bad, good] of [
    ["a row is accepted", 5, (row: number) => row > 5],
    ["the texts differ", 5, () => false],
    ["all were sent", 5, () => false],
  ] as const)
    it(`gives out rows that were refused alone, each once, as soon as it is their fault: ${what}`, async () => {
      const count = what === "all were sent" ? bad : 8;
      const list = people(count, (row) => (good(row) ? {} : { bucket: "99" }));
      const refuses = (_: string, [member]: readonly Member[]): Promise<never> => {
        const detail = Number(member?.variables?.["row"]) > bad ? "one text" : "another text";
        return Promise.reject(failed(400, { id: "store.sql_member.save.app_error", detail }));
      };
      const api = {
        createMembers: refuses,
        findMembers: () => Promise.resolve([]),
        deleteMember: () => Promise.resolve(true),
      };
      const told: [rejected: number, accepted: number][] = [];
      const prepared = await prepare(list, {
        batchSize: 1,
        ...(what === "the texts differ" && { api }),
        onBatch: (result) => {
          prepared.results.push(result);
          told.push([result.rejected, prepared.upload.report.rejected]);
        },
      });
      const accepted = list.filter((_, at) => good(at + 1)).length;
      assert.deepEqual(await load(prepared), [count, accepted, count - accepted, 0]);
      assert.deepEqual(
        prepared.results.flatMap(({ rejects }) => rejects.map(({ row }) => row)),
        upTo(count).filter((row) => !good(row)),
      );
      // The numbers are true whenever somebody looks.
      let sum = 0;
      for (const [rejected, reported] of told) assert.equal(reported, (sum += rejected));
      const journal = readFileSync(
        join(harness.folder, readdirSync(harness.folder).find((name) => name.endsWith(".jsonl")) ?? ""),
        "utf8",
      );
      const done = journal.split("\n").filter((line) => line.startsWith('{"done"'));
      assert.deepEqual(
        done.flatMap((line) => fromRanges((JSON.parse(line) as { rows: Range[] }).rows)).sort((a, b) => a - b),
        upTo(count),
      );
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

  it("loads a row that is alone when a 413 comes which is not about its size", async () => {
    const prepared = await prepare(people(11));
    const { faults } = harness.simulator;
    faults.push("slow");
    faults.push("413");
    assert.deepEqual(await load(prepared), [11, 11, 0, 0]);
    assert.deepEqual(harness.loaded(), upTo(11));
  });

  it("goes on with whole batches after a 413 for what is hardly larger than what was accepted", async () => {
    const prepared = await prepare(people(60));
    const { faults, seen } = harness.simulator;
    faults.push("slow");
    for (let refused = 0; refused < 4; refused++) faults.push("413");
    assert.deepEqual(await load(prepared), [60, 60, 0, 0]);
    assert.deepEqual(harness.loaded(), upTo(60));
    const bulks = seen
      .filter(({ path }) => path.endsWith("/bulk"))
      .map(({ body }) => (body as { items: object[] }).items);
    assert.deepEqual(
      bulks.slice(-3).map(({ length }) => length),
      [10, 10, 10],
      bulks.map(({ length }) => length).join(),
    );
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
