/** Answers that are lost, late, short or wrong: every row is in the queue once at the end. */
import assert from "node:assert/strict";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { ContactCenterError } from "../../../lib/core/errors.js";
import { delay } from "../../../lib/http/backoff.js";
import { memberMapper } from "../../../lib/webitel/member.js";
import type { FoundMember } from "../../../lib/webitel/types.js";
import { PATIENCE } from "../../../lib/webitel/upload/context.js";
import type { BatchResult, Report } from "../../../lib/webitel/upload/report.js";
import { UniqueDestinations } from "../../../lib/webitel/upload/unique.js";
import { upTo } from "../../support/webitel/bench-run.js";
import { numbers, TimedUploads } from "../../support/webitel/timed-uploads.js";
import { type BulkPlan, failed, inFakeTime, TimedWebitel } from "../../support/webitel/timed-webitel.js";

const MINUTE_MS = 60_000;

describe("lib/webitel/upload, exactly once on a clock", () => {
  const uploads = new TimedUploads();
  const { upload } = uploads;

  it("loads the next row with a number when the server has refused the first, also after a restart", async () => {
    const webitel = new TimedWebitel([]);
    const create = webitel.createMembers.bind(webitel);
    let left = Infinity;
    webitel.createMembers = (queue, items) => {
      if (left-- <= 0) return Promise.reject(failed(403));
      const isRefused = items.some(({ name }) => name === "Person 1" || name === "Person 12");
      return isRefused ? Promise.reject(failed(400, { detail: "no" })) : create(queue, items);
    };
    // Twice each, the refused ones too.
    const toMember = (row: unknown) => {
      const { "variables.row": name, ...rest } = row as Record<string, string>;
      const twin = Number(name) > 20 ? Number(name) - 20 : Number(name);
      return memberMapper({ mapping: [], defaults: [] })({
        ...rest,
        destination: `+38044${2_000_000 + twin}`,
        "variables.row": name,
      });
    };
    const options = { toMember, unique: new UniqueDestinations() };
    left = 8;
    await assert.rejects(
      inFakeTime(() => upload(webitel, 40, options)),
      { code: 403 },
    );
    left = Infinity;
    const again = { ...options, unique: new UniqueDestinations(), resume: true };
    const report = await inFakeTime(() => upload(webitel, 40, again));
    const expected = upTo(20).filter((row) => row !== 1 && row !== 12);
    assert.deepEqual(webitel.rows, [...expected, 21, 32]);
    assert.deepEqual([report.total, report.accepted, report.rejected, report.duplicates], [40, 20, 2, 18]);
  });

  it("has not ended before its report has left: one that was killed then says it again, and loads nothing", async () => {
    const webitel = new TimedWebitel([]);
    const onReport = (): never => {
      assert.ok(
        !readFileSync(
          join(uploads.folder, readdirSync(uploads.folder).find((name) => name.endsWith(".jsonl")) ?? ""),
          "utf8",
        ).includes('{"end"'),
      );
      throw new Error("killed");
    };
    await assert.rejects(
      inFakeTime(() => upload(webitel, 20, { onReport })),
      /killed/,
    );
    const report = await inFakeTime(() => upload(webitel, 20, { resume: true }));
    assert.deepEqual([numbers(report), report.resumed, webitel.bulks.length], [[20, 20, 0, 0, 0], true, 2]);
  });

  it("counts what was sent and not settled in each error, also after a resume", async () => {
    const webitel = new TimedWebitel([
      { answerMs: 10, commitMs: 5 },
      { answerMs: 10, code: "ECONNRESET", commitMs: 5 },
    ]);
    webitel.findMembers = () => Promise.reject(failed(403));
    for (const resume of [false, true])
      await assert.rejects(
        inFakeTime(() => upload(webitel, 30, { resume })),
        ({ cause }: ContactCenterError) => {
          assert.deepEqual(numbers(cause["report"] as Report), [20, 10, 10, 0, 0]);
          return true;
        },
      );
  });

  it("does not take the answer to another batch for one of its own", async () => {
    const webitel = new TimedWebitel([]);
    const create = webitel.createMembers.bind(webitel);
    let cached: string[] | undefined;
    let count = 0;
    webitel.createMembers = async (queue, items) => {
      if (++count === 2 && cached) return cached;
      return (cached = await create(queue, items));
    };
    const report = await inFakeTime(() => upload(webitel, 30));
    assert.deepEqual([numbers(report), webitel.rows], [[30, 30, 0, 0, 0], upTo(30)]);
  });

  it("counts a copy as removed when the queue does not have it any more, whatever a deletion was answered", async () => {
    const webitel = new TimedWebitel([{ answerMs: 100, code: 504, commitMs: 3000 }]);
    webitel.deletes = true;
    const report = await inFakeTime(() => upload(webitel, 10));
    assert.deepEqual(numbers(report), [10, 10, 0, 10, 0]);
    assert.equal(report.copies?.length, 10);
  });

  const late: [what: string, plan: BulkPlan, bulks: number, doubled: number][] = [
    ["504 after 100 ms, committed after 3 s", { answerMs: 100, code: 504, commitMs: 3000 }, 2, 10],
    ["504 at once, committed after 90 s", { answerMs: 5, code: 504, commitMs: 90_000 }, 2, 10],
    ["no answer for 60 s, committed after 64 s", { answerMs: MINUTE_MS, code: "ETIMEDOUT", commitMs: 64_000 }, 1, 0],
    ["no answer for 60 s, committed after 119 s", { answerMs: MINUTE_MS, code: "ETIMEDOUT", commitMs: 119_000 }, 1, 0],
    ["no answer for 60 s, never committed", { answerMs: MINUTE_MS, code: "ETIMEDOUT" }, 2, 0],
    ["499 of a gateway, committed", { answerMs: 100, code: 499, cause: { grpc: 1 }, commitMs: 50 }, 1, 0],
    ["413 of a proxy, committed after 20 s", { answerMs: 10, code: 413, commitMs: 20_000 }, 3, 10],
    ["409 of a gateway, never committed", { answerMs: 100, code: 409, cause: { grpc: 10 } }, 2, 0],
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

  for (const [when, cancelAfterMs] of [
    ["before the queue was asked", 150],
    ["before it is sent again", 2000],
    ["after it was sent again", 15_000],
  ] as const)
    for (const commitMs of [20_000, 90_000])
      it(`loads nothing twice of a request that commits after ${commitMs} ms and is cancelled ${when}`, async () => {
        const webitel = new TimedWebitel([{ answerMs: 100, code: 504, commitMs }]);
        const [cancelled, report] = await inFakeTime(async () => {
          const patience = { ...PATIENCE, backoff: { minMs: 8000, maxMs: 8000 } };
          const first = await upload(webitel, 15, { cancelAfterMs, patience });
          await delay(30_000);
          const second = await upload(webitel, 15, { resume: true });
          await delay(100_000);
          return [first, second] as const;
        });
        assert.deepEqual([cancelled.cancelled, webitel.rows], [true, upTo(15)]);
        assert.deepEqual([report.total, report.accepted, report.uncertain], [15, 15, 0]);
      });

  for (const setByMs of [7_200_000, 8000, -7_200_000])
    it(`loads nothing twice when the clock is set by ${setByMs / 1000} s between a cancel and the resume`, async () => {
      const webitel = new TimedWebitel([{ answerMs: 300, code: 504, commitMs: 14_000 }]);
      const patience = { ...PATIENCE, lateMs: 20_000 };
      const { now } = Date;
      const report = await inFakeTime(async () => {
        await upload(webitel, 15, { cancelAfterMs: 400, patience });
        await delay(4500);
        const { now: virtual } = Date;
        Date.now = () => virtual() + setByMs;
        const resumed = await upload(webitel, 15, { resume: true, patience });
        await delay(30_000);
        return resumed;
      }).finally(() => (Date.now = now));
      assert.deepEqual([report.accepted, report.uncertain, webitel.rows], [15, 0, upTo(15)]);
    });

  it("loads nothing twice of a request that was announced a second before it left, and commits 90 s later", async () => {
    const webitel = new TimedWebitel([
      { answerMs: 600, commitMs: 10 },
      { answerMs: 100, code: 504, commitMs: 90_000 },
    ]);
    const report = await inFakeTime(async () => {
      await upload(webitel, 15, { concurrency: 1, cancelAfterMs: 800 });
      await delay(30_000);
      const resumed = await upload(webitel, 15, { resume: true });
      await delay(100_000);
      return resumed;
    });
    assert.deepEqual([report.accepted, report.uncertain, webitel.rows], [15, 0, upTo(15)]);
  });

  it("advises no resume to a stream of messages, which cannot be read again", async () => {
    for (const [fingerprint, words] of [
      ["", /cannot be resumed/],
      ["x", /msg\.action = "resume"/],
    ] as const)
      await assert.rejects(
        inFakeTime(() => upload(new TimedWebitel([]), 20, { fingerprint, closeAfterMs: 15 })),
        ({ code, message }: ContactCenterError) => code === "ECLOSED" && words.test(message),
      );
  });

  it("tells of what a cancel left open behind all else, and loads it in the resume", async () => {
    const webitel = new TimedWebitel([
      { answerMs: 100, code: 504 },
      { answerMs: 200, commitMs: 100 },
    ]);
    const told: (number | string)[][] = [];
    const onBatch = ({ batch, accepted, uncertain, rejects }: BatchResult): void =>
      void told.push([batch, accepted, uncertain, ...rejects.map(({ row }) => row)]);
    const settings = { concurrency: 2, batchSize: 5, onBatch, patience: { ...PATIENCE, lateMs: 0 } };
    const report = await inFakeTime(() => upload(webitel, 20, { ...settings, cancelAfterMs: 150 }));
    assert.deepEqual([numbers(report), webitel.rows], [[5, 0, 5, 0, 0], []]);
    assert.deepEqual(told, [[1, 0, 5, 1, 2, 3, 4, 5]]);
    const rest = await inFakeTime(() => upload(webitel, 20, { ...settings, resume: true }));
    assert.deepEqual([numbers(rest), webitel.rows], [[20, 20, 0, 0, 0], upTo(20)]);
  });

  for (const committed of [true, false]) {
    it(`gives a request that hangs 2 s after a cancel, its members ${committed ? "found" : "unknown"}`, async () => {
      const webitel = new TimedWebitel([]);
      const create = webitel.createMembers.bind(webitel);
      webitel.createMembers = async (queue, items, options) => {
        if (committed) await create(queue, items);
        return new Promise((_, reject) => options?.signal?.addEventListener("abort", () => reject(failed("ECLOSED"))));
      };
      const report = await inFakeTime(() => upload(webitel, 30, { cancelAfterMs: 2000 }));
      assert.deepEqual([report.cancelled, ...numbers(report)], [true, 10, ...(committed ? [10, 0] : [0, 10]), 0, 0]);
      assert.ok(report.durationMs >= 4000 && report.durationMs < 40_000, `${report.durationMs} ms`);
    });
  }

  for (const before of [0, 4, 9]) {
    it(`counts copies rightly after a kill while they are deleted, ${before} of 10 before it`, async () => {
      const webitel = new TimedWebitel([{ answerMs: 5, code: 504, commitMs: 60_000 }]);
      const deleteMember = webitel.deleteMember.bind(webitel);
      const findMembers = webitel.findMembers.bind(webitel);
      let deleted = 0;
      let journal = "";
      const path = (): string =>
        join(uploads.folder, readdirSync(uploads.folder).find((name) => name.endsWith(".jsonl")) ?? "");
      webitel.deleteMember = (queue, id) => {
        if (deleted++ < before) return deleteMember(queue, id);
        journal ||= readFileSync(path(), "utf8");
        webitel.findMembers = () => Promise.reject(failed(401));
        return Promise.reject(failed(401));
      };
      await assert.rejects(
        inFakeTime(() => upload(webitel, 15)),
        { code: 401 },
      );
      // What was written after the kill was not.
      writeFileSync(path(), journal);
      Object.assign(webitel, { deleteMember, findMembers });
      const report = await inFakeTime(() => upload(webitel, 15, { resume: true }));
      assert.deepEqual([webitel.rows, ...numbers(report)], [upTo(15), 15, 15, 0, 10, 10]);
    });
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

  for (const shown of ["as sent", "without numbers", "one name changed"]) {
    it(`names each row's member after a lost answer, whatever order the server inserted them in: ${shown}`, async () => {
      const webitel = new TimedWebitel([{ answerMs: 100, code: 504, commitMs: 50 }]);
      const find = webitel.findMembers.bind(webitel);
      webitel.findMembers = async (queue, marker) => {
        const found = await find(queue, marker);
        const ids = found.map(({ id }) => id).reverse();
        return found
          .map((member, at) => {
            const { communications, ...others } = { ...member, id: ids[at] as string };
            if (shown === "without numbers") return others as FoundMember;
            return { communications, ...others, ...(shown === "one name changed" && at === 3 && { name: "X" }) };
          })
          .reverse();
      };
      const ids: Record<string, string> = {};
      const report = await inFakeTime(() =>
        upload(webitel, 10, { onBatch: (result) => void Object.assign(ids, result.ids) }),
      );
      assert.deepEqual(numbers(report), [10, 10, 0, 0, 0]);
      const expected = {
        "as sent": upTo(10).map((row) => String(11 - row)),
        "without numbers": upTo(10).map(String),
        "one name changed": [],
      }[shown];
      assert.deepEqual(Object.values(ids), expected);
    });
  }

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
});
