/** Members that expire before their batch leaves: nobody would call them. */
import assert from "node:assert/strict";
import { memberMapper } from "../../../lib/webitel/member.js";
import { upTo } from "../../support/webitel/bench-run.js";
import type { BatchResult, Reject } from "../../../lib/webitel/upload/report.js";
import { UniqueDestinations } from "../../../lib/webitel/upload/unique.js";
import { TimedUploads } from "../../support/webitel/timed-uploads.js";
import { inFakeTime, TimedWebitel } from "../../support/webitel/timed-webitel.js";

const MINUTE_MS = 60_000;

describe("lib/webitel/expired", () => {
  const { upload } = new TimedUploads();

  /** All rows expire this long after now, but each third one, which never does. */
  const mapper = (ms: number) => {
    const expireAt = Date.now() + ms;
    const map = memberMapper({ mapping: [], defaults: [] });
    return (row: unknown) => {
      const values = row as Record<string, string>;
      return map(Number(values["variables.row"]) % 3 === 0 ? values : { ...values, expire_at: expireAt });
    };
  };
  const rejectsInto =
    (rejects: Reject[]) =>
    (result: BatchResult): void =>
      void rejects.push(...result.rejects);

  it("rejects those that expired while the upload waited, and loads the others", async () => {
    const webitel = new TimedWebitel([
      { answerMs: 10, commitMs: 5 },
      { answerMs: 10, code: 503, cause: { retryAfterMs: 2 * MINUTE_MS } },
    ]);
    const rejects: Reject[] = [];
    const report = await inFakeTime(() =>
      upload(webitel, 30, { toMember: mapper(MINUTE_MS), onBatch: rejectsInto(rejects) }),
    );
    const lasting = upTo(30).filter((row) => row <= 10 || row % 3 === 0);
    assert.deepEqual(webitel.rows, lasting);
    assert.deepEqual([report.total, report.accepted, report.rejected], [30, lasting.length, 30 - lasting.length]);
    assert.deepEqual(
      rejects.map(({ row }) => row),
      upTo(30).filter((row) => !lasting.includes(row)),
    );
    for (const { code, reason } of rejects) {
      assert.equal(code, "EINVALID");
      assert.ok(typeof reason === "object" && reason.key === "expired" && reason.field === "expire_at");
    }
  });

  it("removes what a lost answer commits late of a batch that has expired", async () => {
    const webitel = new TimedWebitel([
      { answerMs: 10, code: 504, cause: { retryAfterMs: 2 * MINUTE_MS }, commitMs: 130_000 },
    ]);
    const report = await inFakeTime(() => upload(webitel, 10, { toMember: mapper(MINUTE_MS) }));
    assert.deepEqual(webitel.rows, [3, 6, 9]);
    assert.deepEqual([report.accepted, report.rejected, report.removed], [3, 7, 10]);
  });

  it("loads a later row with the number of an expired one", async () => {
    const webitel = new TimedWebitel([{ answerMs: 10, code: 503, cause: { retryAfterMs: 2 * MINUTE_MS } }]);
    const expires = mapper(MINUTE_MS);
    const lasts = memberMapper({ mapping: [], defaults: [] });
    const toMember = (row: unknown) => {
      const { "variables.row": number, ...rest } = row as Record<string, string>;
      const values = { ...rest, destination: "+380442000001", "variables.row": number };
      return number === "1" ? expires(values) : lasts(values);
    };
    const report = await inFakeTime(() => upload(webitel, 20, { toMember, unique: new UniqueDestinations() }));
    assert.deepEqual(webitel.rows, [2]);
    assert.deepEqual([report.accepted, report.rejected, report.duplicates], [1, 1, 18]);
  });
});
