/** What was under way, or not reported yet, when subscribers closed. */
import assert from "node:assert/strict";
import { ANNA, BART, CALLBACK, SubscriptionTest } from "../../support/cti-subscriptions.js";
import { failure } from "../../support/fake-cti-broker.js";

describe("lib/cti: what a close leaves unfinished", () => {
  const test = new SubscriptionTest();
  const { gaps, kill, manage, open, started } = test;

  for (const isDeploy of [true, false])
    it(`is a gap that waited for another agent, ${isDeploy ? "over a deploy" : "over a stop"}`, async () => {
      const { manager: first } = await started([ANNA, BART]);
      const killedAt = Date.now();
      kill(first);
      await test.clock.tickAsync(3000);
      test.broker.refused.set(BART, failure(500));
      const { manager, one } = await started([ANNA, BART]);
      void one.close(1800, isDeploy);
      await test.clock.tickAsync(2000);
      assert.equal(gaps.length, 0);
      if (!isDeploy) kill(manager);
      const next = isDeploy ? manager : manage();
      void open(next).start([ANNA, BART]);
      next.users.eventsTaken();
      await test.clock.tickAsync(10_000);
      const gap = gaps.find(({ agents }) => agents.includes(ANNA));
      assert.ok(gap && Date.parse(gap.from) <= killedAt, JSON.stringify(gaps));
    });

  it("is what a killed process had, where it was not known yet: the next one tells since when", async () => {
    const { manager } = await started([ANNA]);
    await test.clock.tickAsync(10_000);
    const killedAt = Date.now();
    test.kill(manager);
    await test.clock.tickAsync(5000);
    const second = test.manage();
    const one = test.open(second);
    const start = one.start([ANNA]);
    void one.close(1000);
    await test.clock.tickAsync(2000);
    await start;
    test.kill(second);
    await test.clock.tickAsync(5000);
    test.gaps.length = 0;
    await started([ANNA]);
    await test.clock.tickAsync(1000);
    const [gap] = test.gaps;
    assert.ok(
      Date.parse(gap?.from ?? "") <= killedAt && Date.parse(gap?.to ?? "") >= killedAt + 10_000,
      JSON.stringify(test.gaps),
    );
    assert.deepEqual(test.broker.addresses(), [ANNA]);
  });

  it("is a subscription whose answer had not come: it is ended with its first event, and a gap tells of it", async () => {
    test.broker.gate = new Promise(() => undefined);
    const { manager, one } = await started([ANNA]);
    assert.equal(manager.admission.admits(CALLBACK, "id-1", ANNA), true);
    void one.close(1800);
    await test.clock.tickAsync(1800);
    await manager.save();
    kill(manager);
    test.broker.gate = undefined;
    test.broker.held.set("orphan", ANNA);
    const { manager: next } = await started([ANNA]);
    assert.equal(next.admission.admits(CALLBACK, "orphan", ANNA), false);
    await test.clock.tickAsync(10_000);
    assert.deepEqual(test.broker.addresses(), [ANNA]);
    assert.equal(test.broker.held.has("orphan"), false);
    assert.deepEqual(
      gaps.map(({ agents }) => agents),
      [[ANNA]],
    );
  });
});
