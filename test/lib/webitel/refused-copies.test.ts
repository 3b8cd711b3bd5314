/** A queue that takes nobody twice: what it refuses, because a lost request was loaded after all, is loaded. */
import assert from "node:assert/strict";
import { numbers, TimedUploads } from "../../support/webitel/timed-uploads.js";
import { upTo } from "../../support/webitel/bench-run.js";
import { type BulkPlan, failed, inFakeTime, TimedWebitel } from "../../support/webitel/timed-webitel.js";

/** The second insert of a number waits for the first, and is refused then. */
class UniqueWebitel extends TimedWebitel {
  private pending: Promise<unknown> = Promise.resolve();

  constructor(
    plans: BulkPlan[],
    private readonly code: number,
  ) {
    super(plans);
  }

  override async createMembers(...[queue, items]: Parameters<TimedWebitel["createMembers"]>): Promise<string[]> {
    await this.pending;
    const taken = new Set(this.members.map(({ variables }) => variables?.["row"]));
    if (items.some(({ variables }) => taken.has(variables?.["row"])))
      throw failed(this.code, { id: "store.sql_member.bulk_save.app_error", detail: "duplicate key" });
    const sent = super.createMembers(queue, items);
    const late = new Promise((resolve) => setTimeout(resolve, 2600));
    this.pending = sent.catch(() => late);
    return sent;
  }
}

describe("lib/webitel/upload, a queue that takes nobody twice", () => {
  const uploads = new TimedUploads();

  for (const code of [400, 409])
    for (const at of [0, 1])
      it(`counts a batch as loaded that it refuses with ${code} because the lost request ${at + 1} was loaded`, async () => {
        const good = { answerMs: 10, commitMs: 10 };
        const plans = [
          ...Array.from({ length: at }, () => good),
          { answerMs: 300, code: "ECONNRESET", commitMs: 2500 },
        ];
        const webitel = new UniqueWebitel(plans, code);
        const report = await inFakeTime(() => uploads.upload(webitel, 30));
        assert.deepEqual([numbers(report), webitel.rows], [[30, 30, 0, 0, 0], upTo(30)]);
      });
});
