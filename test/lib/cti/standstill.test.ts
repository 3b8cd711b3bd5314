import assert from "node:assert/strict";
import { ANNA, BART, SubscriptionTest } from "../../support/cti-subscriptions.js";

describe("lib/cti/standstill", () => {
  const test = new SubscriptionTest();
  const { kill, started } = test;

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

  it("is told after the next start where a stop comes at once with its end", async () => {
    const { manager, one } = await started([ANNA, BART]);
    await test.clock.tickAsync(10_000);
    const from = Date.now();
    // No timer comes between them.
    const now = performance.now.bind(performance);
    performance.now = () => now() + 8000;
    test.clock.setSystemTime(Date.now() + 8000);
    const closed = one.close(1800);
    await test.clock.tickAsync(2000);
    await closed;
    kill(manager);
    assert.equal(test.gaps.length, 0);
    await started([ANNA, BART]);
    performance.now = now;
    const [gap] = test.gaps;
    assert.deepEqual([test.gaps.length, gap?.agents], [1, [ANNA, BART]]);
    assert.ok(Date.parse(gap?.from ?? "") <= from, JSON.stringify(gap));
  });

  it("is told again after the next start where a stop comes a moment after the notice", async () => {
    const { manager, one } = await started([ANNA]);
    await test.clock.tickAsync(10_000);
    const from = Date.now();
    test.clock.jump(8000);
    await test.clock.tickAsync(500);
    assert.equal(test.gaps.length, 1);
    const closed = one.close(1800);
    await test.clock.tickAsync(2000);
    await closed;
    kill(manager);
    await started([ANNA]);
    assert.equal(test.gaps.length, 2);
    assert.ok(Date.parse(test.gaps[1]?.from ?? "") <= from, JSON.stringify(test.gaps));
  });

  it("is none where it was busy for a moment", async () => {
    await started([ANNA]);
    await test.clock.tickAsync(10_000);
    test.clock.jump(2500);
    await test.clock.tickAsync(2000);
    assert.deepEqual(test.gaps, []);
  });
});
