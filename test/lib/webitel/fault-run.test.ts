import assert from "node:assert/strict";
import { faultRun } from "../../support/webitel/fault-run.js";

describe("lib/webitel/upload under seeded faults, killed twice and resumed by two at once", () => {
  for (const concurrency of [1, 8]) {
    it(`loads each good row once and rejects each bad one, concurrency ${concurrency}`, async () => {
      const rows = 6_000;
      const result = await faultRun({ rows, seed: 7 + concurrency, concurrency, batchSize: 500, kills: 2, share: 0.1 });
      assert.deepEqual(result.wrong, []);
      assert.deepEqual(result.misjudged, []);
      assert.equal(result.kills, 2);
      assert.ok(result.refused >= 2, `${result.refused} were refused`);
      assert.ok(result.tooLarge > 0 && result.tooLarge < 30, `${result.tooLarge} requests were too large`);
      const { accepted, rejected, uncertain, total, resumed } = result.report;
      assert.deepEqual(
        { accepted, rejected, uncertain, total, resumed },
        { accepted: rows - result.bad, rejected: result.bad, uncertain: 0, total: rows, resumed: true },
      );
    }).timeout(180_000);
  }
});
