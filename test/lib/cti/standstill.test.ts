import assert from "node:assert/strict";
import { ANNA, BART, SubscriptionTest } from "../../support/cti-subscriptions.js";

describe("lib/cti/standstill", () => {
  const test = new SubscriptionTest();
  const { started } = test;

  it("is one gap of all agents where the process did not run for seconds: what came meanwhile may be lost", async () => {
    await started([ANNA, BART]);
    await test.clock.tickAsync(10_000);
    const from = Date.now();
    test.clock.jump(8000);
    await test.clock.tickAsync(2000);
    assert.deepEqual(
      test.gaps.flatMap(({ agents }) => agents),
      [ANNA, BART],
    );
    const [gap] = test.gaps;
    assert.equal(test.gaps.length, 1);
    assert.ok(Date.parse(gap?.from ?? "") <= from && Date.parse(gap?.to ?? "") >= from + 8000, JSON.stringify(gap));
  });

  it("is none where it was busy for a moment", async () => {
    await started([ANNA]);
    await test.clock.tickAsync(10_000);
    test.clock.jump(2500);
    await test.clock.tickAsync(2000);
    assert.deepEqual(test.gaps, []);
  });
});
