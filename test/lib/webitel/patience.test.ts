/** How long an upload goes on when the queue does not answer, and when it gives up. */
import assert from "node:assert/strict";
import type { ContactCenterError } from "../../../lib/core/errors.js";
import { TOO_LARGE } from "../../../lib/webitel/errors.js";
import { PATIENCE, type Wait } from "../../../lib/webitel/upload/context.js";
import type { Report } from "../../../lib/webitel/upload/report.js";
import { numbers, TimedUploads } from "../../support/webitel/timed-uploads.js";
import { type BulkPlan, failed, inFakeTime, TimedWebitel } from "../../support/webitel/timed-webitel.js";

const MINUTE_MS = 60_000;

describe("lib/webitel/upload, patience on a clock", () => {
  const { upload } = new TimedUploads();

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

  for (const [what, plan, rate] of [
    ["503", { answerMs: 10, code: 503 }, 0],
    ["503 with Retry-After", { answerMs: 10, code: 503, cause: { retryAfterMs: 2000 } }, 0],
    ["a lost answer", { answerMs: 100, code: 504 }, 0],
    ["no failure at a set rate", { answerMs: 10, commitMs: 5 }, 2],
  ] as const)
    for (const hours of [1, -1])
      it(`goes on as if nothing were when the clock is set by ${hours} h: ${what}`, async () => {
        const webitel = new TimedWebitel([plan, plan]);
        const create = webitel.createMembers.bind(webitel);
        const report = await inFakeTime((clock) => {
          webitel.createMembers = (queue, items) => {
            if (webitel.bulks.length === 0) clock.setSystemTime(Date.now() + hours * 60 * MINUTE_MS);
            return create(queue, items);
          };
          return upload(webitel, 10, { batchSize: 5, rate });
        });
        assert.equal(report.accepted, 10);
        assert.ok(report.durationMs > 0 && report.durationMs < 3 * MINUTE_MS, `${report.durationMs} ms`);
      });

  it("lets a search of the queue take longer after one that took too long, so that a lost batch is settled", async () => {
    const webitel = new TimedWebitel([{ answerMs: 100, code: 504, commitMs: 50 }]);
    const find = webitel.findMembers.bind(webitel);
    const limits: number[] = [];
    webitel.findMembers = async (queue: string, marker: string, ...[, , timeoutMs = 0]: unknown[]) => {
      limits.push(timeoutMs as number);
      const tookMs = 70_000;
      await new Promise((resolve) => setTimeout(resolve, Math.min(tookMs, timeoutMs as number)));
      if ((timeoutMs as number) < tookMs) throw failed("ETIMEDOUT");
      return find(queue, marker);
    };
    const report = await inFakeTime(() => upload(webitel, 10));
    assert.deepEqual([webitel.bulks.length, ...numbers(report)], [1, 10, 10, 0, 0, 0]);
    assert.deepEqual(limits, [15_000, 30_000, 60_000, 120_000]);
  }).timeout(20_000);

  it("sends whole batches again once what is as large as a row that a 413 refused was accepted", async () => {
    const webitel = new TimedWebitel([]);
    const create = webitel.createMembers.bind(webitel);
    const sizes: number[] = [];
    webitel.createMembers = (queue, items, options) => {
      if (options && options.body.length > options.maxBytes && items.length > 1)
        return Promise.reject(failed(TOO_LARGE));
      sizes.push(items.length);
      const isRefused = items.some(({ variables }) => variables?.["row"] === "1");
      return isRefused ? Promise.reject(failed(413)) : create(queue, items);
    };
    const report = await inFakeTime(() => upload(webitel, 60));
    assert.deepEqual([report.accepted, report.rejected], [59, 1]);
    assert.deepEqual(sizes.slice(-5), [10, 10, 10, 10, 10], sizes.join());
  });

  it("removes what a 413 was said of, and was loaded all the same", async () => {
    const webitel = new TimedWebitel([{ answerMs: 100, code: 413, cause: { bytes: 5000 }, commitMs: 50 }]);
    const report = await inFakeTime(() => upload(webitel, 10));
    assert.deepEqual([webitel.bulks.length, ...numbers(report)], [3, 10, 10, 0, 10, 10]);
    assert.deepEqual(webitel.rows.length, 10);
  });

  it("does not give up at its last look, while the queue answers between two failures", async () => {
    const lost: BulkPlan = { answerMs: 5000, code: 504 };
    const webitel = new TimedWebitel([lost, { answerMs: 10, commitMs: 10 }, lost, { answerMs: 10, commitMs: 10 }]);
    const find = webitel.findMembers.bind(webitel);
    const failedOnce = new Set<string>();
    let copiesAreSoughtMs = Infinity;
    webitel.findMembers = async (queue, marker) => {
      if (Date.now() >= copiesAreSoughtMs && !failedOnce.has(marker)) {
        failedOnce.add(marker);
        throw failed(503);
      }
      return find(queue, marker);
    };
    const patience = { ...PATIENCE, giveUpMs: 6000 };
    const onWait = ({ code }: Wait): void => void (code === "check" && (copiesAreSoughtMs = Date.now()));
    const report = await inFakeTime(() => upload(webitel, 20, { patience, onWait }));
    assert.deepEqual(numbers(report), [20, 20, 0, 0, 0]);
    assert.equal(failedOnce.size, 2);
  });

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
