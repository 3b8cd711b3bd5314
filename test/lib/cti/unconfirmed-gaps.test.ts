/** Gaps where the broker had made or ended a subscription, and the process did not know it for sure. */
import assert from "node:assert/strict";
import type { Gap } from "../../../lib/cti/gaps.js";
import { ANNA, CALLBACK, SubscriptionTest } from "../../support/cti-subscriptions.js";

describe("lib/cti: gaps of unconfirmed subscriptions", () => {
  const test = new SubscriptionTest();
  const { gaps, kill, started } = test;

  for (const [what, ms] of [
    ["not answered yet", 4000],
    ["answered, and not stored", 5010],
  ] as const)
    it(`after a kill where the first subscription was ${what}: its events came out`, async () => {
      const gate = new Promise<void>((resolve) => setTimeout(resolve, 5000));
      test.broker.gate = gate;
      const { manager } = await started([ANNA]);
      assert.equal(manager.admission.admits(CALLBACK, "id-1", ANNA), true);
      await test.clock.tickAsync(ms - 200);
      kill(manager);
      await test.clock.tickAsync(8000);
      await started([ANNA]);
      await test.clock.tickAsync(10_000);
      const [gap] = gaps as [Gap];
      assert.deepEqual([gaps.length, gap.agents], [1, [ANNA]]);
      assert.ok(Date.parse(gap.from) <= ms && Date.parse(gap.to) >= ms + 8000, JSON.stringify(gap));
    });

  it("where the answer to the first subscription got lost after its events came out", async () => {
    let answer = (): void => undefined;
    test.broker.gate = new Promise((resolve) => (answer = resolve));
    test.broker.loseAnswers = 1;
    const { manager } = await started([ANNA]);
    assert.equal(manager.admission.admits(CALLBACK, "id-1", ANNA), true);
    await test.clock.tickAsync(800);
    answer();
    await test.clock.tickAsync(10_000);
    assert.deepEqual(
      gaps.map(({ from, agents }) => [Date.parse(from), agents]),
      [[1000, [ANNA]]],
    );
  });

  it("also where the former subscription is being ended already", async () => {
    const { manager } = await started([ANNA]);
    kill(manager);
    const [entry] = Object.entries(test.stored?.held ?? {}) as [[string, object]];
    Object.assign(test.stored ?? {}, { removals: { "id-1": { key: entry[0] } } });
    await started([ANNA]);
    await test.clock.tickAsync(10_000);
    assert.deepEqual(
      gaps.map(({ agents }) => agents),
      [[ANNA]],
    );
  });
});
