import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { ContactCenterError } from "../../../lib/core/errors.js";
import type { RowError } from "../../../lib/webitel/member-values.js";
import type { FoundMember } from "../../../lib/webitel/types.js";
import type { MembersApi } from "../../../lib/webitel/upload/context.js";
import type { Written } from "../../../lib/webitel/upload/rejects-known.js";
import { until } from "../../support/wait.js";
import { eachWithHarness, failure, IMPATIENT, numbers, people, upTo } from "../../support/webitel/bench-run.js";

describe("lib/webitel/upload, failures", () => {
  const harness = eachWithHarness();
  const { prepare } = harness;

  for (const fault of ["reset-after", "400-after", "429-after", "502-after", "cut-after", "late"] as const) {
    it(`settles an answer lost by ${fault}: asks before it sends again`, async () => {
      const { upload, rows, results } = await prepare(people(20));
      harness.bench.simulator.faults.push(fault);
      assert.deepEqual(numbers(await upload.run(rows)), [20, 20, 0, 0, 2]);
      assert.deepEqual(harness.bench.bulks(), ["1", "2"]);
      assert.deepEqual(harness.bench.loaded(), upTo(20));
      assert.equal(Object.keys(results[0]?.ids ?? {}).length, 10);
    });
  }

  for (const fault of ["reset", "429", "500", "502", "503"] as const) {
    it(`sends again after ${fault}, when the queue has twice said no`, async () => {
      const { upload, rows } = await prepare(people(10));
      harness.bench.simulator.faults.push(fault);
      assert.deepEqual(numbers(await upload.run(rows)), [10, 10, 0, 0, 1]);
      assert.deepEqual(harness.bench.bulks(), ["1", "1"]);
      assert.deepEqual(
        harness.bench.simulator.seen.slice(0, 4).map(({ method }) => method),
        ["POST", "GET", "GET", "POST"],
      );
    });
  }

  it("asks not before 500 ms after the break, unless told", async () => {
    const { PATIENCE } = await import("../../../lib/webitel/upload/context.js");
    const { upload, rows } = await prepare(people(1), { patience: PATIENCE });
    harness.bench.simulator.faults.push("reset-after");
    await upload.run(rows);
    const [bulk, search] = harness.bench.simulator.seen;
    assert.ok((search?.at ?? 0) - (bulk?.at ?? 0) >= 495);
  });

  it("goes on asking while the queue cannot be asked", async () => {
    const { upload, rows } = await prepare(people(10));
    for (const fault of ["reset-after", "503", "reset", "500"] as const) harness.bench.simulator.faults.push(fault);
    assert.deepEqual(numbers(await upload.run(rows)), [10, 10, 0, 0, 1]);
    assert.deepEqual(harness.bench.bulks(), ["1"]);
    assert.equal(harness.bench.asked(), 4);
  });

  it("is not fooled by a server that ignores the filter", async () => {
    const { upload, rows } = await prepare(people(20), {}, { ignoresVariables: true });
    const queue = harness.bench.simulator.store.queue("10");
    if (queue)
      harness.bench.simulator.store.insert(
        queue,
        people(2500).map(({ destination }) => ({
          communications: [{ destination: String(destination), type: { id: "1" } }],
          variables: { row: "0" },
        })),
      );
    harness.bench.simulator.faults.push("reset");
    harness.bench.simulator.faults.push("slow");
    assert.deepEqual(numbers(await upload.run(rows)), [20, 20, 0, 0, 2]);
    assert.deepEqual(harness.bench.bulks(), ["1", "1", "2"]);
    assert.deepEqual(
      harness.bench.loaded().filter((row) => row > 0),
      upTo(20),
    );
  });

  for (const fault of ["reset", "500", "502", "503"] as const) {
    it(`reports an answer lost by ${fault} instead of asking, when told so`, async () => {
      const { upload, rows, results } = await prepare(people(20), { uncertain: "report" });
      harness.bench.simulator.faults.push(fault);
      assert.deepEqual(numbers(await upload.run(rows)), [20, 10, 0, 10, 2]);
      assert.deepEqual([harness.bench.asked(), harness.bench.bulks()], [0, ["1", "2"]]);
      assert.deepEqual(
        results[0]?.rejects.map(({ row, code, reason }) => [row, code, (reason as RowError | undefined)?.value]),
        upTo(10).map((row) => [row, "UNCERTAIN", fault === "reset" ? undefined : fault]),
      );
    });
  }

  for (const fault of ["429", "429-after"] as const) {
    it(`sends nothing twice after ${fault}, although it reports lost answers instead of asking`, async () => {
      const { upload, rows } = await prepare(people(20), { uncertain: "report" });
      harness.bench.simulator.faults.push(fault);
      assert.deepEqual(numbers(await upload.run(rows)), [20, 20, 0, 0, 2]);
      assert.deepEqual(harness.bench.bulks(), fault === "429" ? ["1", "1", "2"] : ["1", "2"]);
      assert.deepEqual(harness.bench.loaded(), upTo(20));
    });
  }

  it("says that a batch is done when its refused rows are kept", async () => {
    let keep: (written: Written) => void = () => undefined;
    const kept = new Promise<Written>((resolve) => (keep = resolve));
    const list = people(20, (row) => (row === 5 ? { destination: "abc" } : {}));
    const { upload, rows } = await prepare(list, { onBatch: ({ rejects }) => (rejects.length > 0 ? kept : undefined) });
    const work = upload.run(rows);
    const name = (): string => readdirSync(harness.bench.folder).find((each) => each.endsWith(".jsonl")) ?? "";
    const journal = (): string => readFileSync(join(harness.bench.folder, name()), "utf8");
    await until("the second request", () => harness.bench.bulks().length === 2);
    for (let turn = 0; turn < 20; turn++) await new Promise((resolve) => setTimeout(resolve, 5));
    assert.ok(!journal().includes('"done"'));
    keep({ ino: 7, bytes: 123, crc: 9 });
    await work;
    assert.match(journal(), /"done":1,.*"file":\{"ino":7,"bytes":123,"crc":9\}/);
  });

  it("halves a batch that a proxy refuses for a row, and refuses a lone row", async () => {
    const createMembers: MembersApi["createMembers"] = (_queue, items) => {
      if (items.every(({ variables }) => variables?.["row"] !== "3"))
        return Promise.resolve(items.map(({ variables }) => String(variables?.["row"])));
      return Promise.reject(new ContactCenterError(400, "k", { vendor: "webitel", operation: "CreateMemberBulk" }));
    };
    const api = { createMembers, findMembers: () => Promise.resolve([]), deleteMember: () => Promise.resolve(true) };
    const list = await prepare(people(8), { api, patience: IMPATIENT });
    assert.deepEqual(numbers(await list.upload.run(list.rows)), [8, 7, 1, 0, 1]);
    const lone = await harness.bench.prepare(people(3).slice(2), { api, patience: IMPATIENT });
    assert.deepEqual(numbers(await lone.upload.run(lone.rows)), [1, 0, 1, 0, 1]);
  });

  it("says again after a restart what ended while it was closed, and loads nothing again", async () => {
    const list = people(20, (row) => (row % 5 === 0 ? { destination: "abc" } : {}));
    const first = await prepare(list, {}, { bulkDelayMs: 300 });
    const work = failure(first);
    await until("the first request", () => harness.bench.bulks().length === 1);
    await first.upload.close();
    assert.equal((await work).code, "ECLOSED");
    assert.equal(harness.bench.loaded().length, 10);
    const rest = await harness.bench.prepare(list, { resume: true });
    assert.deepEqual(numbers(await rest.upload.run(rest.rows)).slice(0, 4), [20, 16, 4, 0]);
    assert.deepEqual(
      rest.results.flatMap(({ rejects }) => rejects.map(({ row }) => row)),
      [5, 10, 15, 20],
    );
    assert.equal(rest.results.flatMap(({ ids }) => Object.keys(ids)).length, 16);
    assert.equal(harness.bench.loaded().length, 16);
  });

  it("obeys Retry-After with the whole upload, in seconds and as a date", async () => {
    for (const header of [() => "1", () => new Date(Date.now() + 2000).toUTCString()]) {
      const retryAfter = header();
      const { upload, rows } = await prepare(people(60), { concurrency: 3 });
      harness.bench.simulator.faults.push("429", retryAfter);
      await upload.run(rows);
      const times = harness.bench.simulator.seen.map(({ at }) => at);
      assert.ok((times[1] ?? 0) - (times[0] ?? 0) >= 900, `${(times[1] ?? 0) - (times[0] ?? 0)} ms`);
      assert.deepEqual(harness.bench.loaded(), upTo(60));
      if (retryAfter === "1") await harness.bench.close();
    }
  });

  it("waits for a server that is down, and gives up when it stays so", async () => {
    const { upload, rows } = await prepare(people(20));
    await harness.bench.simulator.down();
    const work = upload.run(rows);
    await new Promise((done) => setTimeout(done, 100));
    await harness.bench.simulator.up();
    assert.deepEqual(numbers(await work), [20, 20, 0, 0, 2]);

    const again = await harness.bench.prepare(people(20), {
      patience: { backoff: { minMs: 10, maxMs: 20 }, askAfterMs: 10, giveUpMs: 200, lateMs: 0 },
    });
    await harness.bench.simulator.down();
    const error = await failure(again);
    assert.deepEqual([error.code, error.key], ["ECONNREFUSED", "webitel.errors.gave-up"]);
    await harness.bench.simulator.up();
    const rest = await harness.bench.prepare(people(20), { resume: true });
    assert.deepEqual(numbers(await rest.upload.run(rest.rows)).slice(0, 2), [20, 20]);
  });

  it("calls a batch uncertain of which the queue shows a part only, and not only for a moment", async () => {
    let asked = 0;
    const lost = (): Promise<never> =>
      Promise.reject(new ContactCenterError("ECONNRESET", "k", { vendor: "webitel", operation: "CreateMemberBulk" }));
    const members = (count: number): FoundMember[] =>
      Array.from({ length: count }, (_, at) => ({ id: String(at), communications: [] }));
    const patience = IMPATIENT;
    const late = await prepare(people(4), {
      patience,
      api: {
        createMembers: lost,
        findMembers: () => Promise.resolve(members(++asked < 3 ? 2 : 4)),
        deleteMember: () => Promise.resolve(true),
      },
    });
    assert.deepEqual(numbers(await late.upload.run(late.rows)), [4, 4, 0, 0, 1]);
    const gone = await harness.bench.prepare(people(5), {
      patience,
      api: {
        createMembers: lost,
        findMembers: () => Promise.resolve(members(2)),
        deleteMember: () => Promise.resolve(true),
      },
    });
    assert.deepEqual(numbers(await gone.upload.run(gone.rows)), [5, 0, 0, 5, 1]);
  });
});
