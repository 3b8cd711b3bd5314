import assert from "node:assert/strict";
import type { Gap } from "../../../lib/cti/gaps.js";
import { ANNA, BART, CALLBACK, SubscriptionTest } from "../../support/cti-subscriptions.js";
import { failure } from "../../support/fake-cti-broker.js";

describe("lib/cti/subscription-gaps", () => {
  const test = new SubscriptionTest();
  const { gaps, kill, manage, open, started } = test;

  describe("tells a gap", () => {
    it("after an outage, for all that were subscribed", async () => {
      await started([ANNA, BART], 60_000);
      test.broker.fault = failure("ECONNREFUSED");
      await test.clock.tickAsync(100_000);
      test.broker.held.clear();
      test.broker.fault = undefined;
      await test.clock.tickAsync(40_000);
      assert.deepEqual(
        gaps.map(({ agents }) => agents.toSorted()),
        [[ANNA, BART]],
      );
      assert.deepEqual(test.broker.addresses(), [ANNA, BART]);
      const [gap] = gaps as [Gap];
      assert.ok(Date.parse(gap.from) <= 60_000 && Date.parse(gap.to) >= 100_000, JSON.stringify(gap));
      assert.equal(gap.durationMs, Date.parse(gap.to) - Date.parse(gap.from));
    });

    it("when the broker turns out to have forgotten, and checks all others at once", async () => {
      const manager = manage();
      const start = open(manager, 300_000).start([ANNA]);
      void open(manager, 3_000_000).start([BART]);
      await test.clock.tickAsync(200);
      await start;
      test.broker.held.clear();
      await test.clock.tickAsync(300_500);
      assert.deepEqual(test.broker.addresses(), [ANNA, BART]);
      assert.deepEqual(gaps.flatMap(({ agents }) => agents).toSorted(), [ANNA, BART]);
      for (const { from } of gaps) assert.ok(Date.parse(from) < 1000);
    });

    it("from the last event on, which proves that the subscription was there", async () => {
      const { manager } = await started([ANNA], 300_000);
      await test.clock.tickAsync(100_000);
      assert.equal(manager.admission.admits(CALLBACK, "id-1", ANNA), true);
      test.broker.held.clear();
      await test.clock.tickAsync(201_000);
      assert.deepEqual(
        gaps.map(({ from }) => Date.parse(from)),
        [100_200],
      );
    });

    for (const [what, code] of [
      ["refused", 503],
      ["answered by a proxy", 502],
    ] as const)
      it(`also where the end of the forgotten subscription was first ${what}`, async () => {
        const { manager } = await started([ANNA], 300_000);
        await test.clock.tickAsync(100_000);
        assert.equal(manager.admission.admits(CALLBACK, "id-1", ANNA), true);
        test.broker.held.clear();
        test.broker.keeps = failure(code);
        await test.clock.tickAsync(201_000);
        test.broker.keeps = undefined;
        await test.clock.tickAsync(60_000);
        assert.deepEqual(
          gaps.map(({ from, agents }) => [Date.parse(from), agents]),
          [[100_200, [ANNA]]],
        );
      });

    it("from before a deploy where the broker had forgotten by then", async () => {
      const { manager, one } = await started([ANNA]);
      await test.clock.tickAsync(100_000);
      assert.equal(manager.admission.admits(CALLBACK, "id-1", ANNA), true);
      test.broker.held.clear();
      await test.clock.tickAsync(20_000);
      void one.close(1000);
      await test.clock.tickAsync(200);
      void open(manager).start([ANNA]);
      await test.clock.tickAsync(200);
      assert.deepEqual(
        gaps.map(({ from }) => Date.parse(from)),
        [100_200],
      );
    });

    it("after a deploy, and after a kill", async () => {
      const { manager, one } = await started([ANNA]);
      await one.close(1000);
      await test.clock.tickAsync(5000);
      const again = open(manager).start([ANNA]);
      await test.clock.tickAsync(200);
      await again;
      assert.deepEqual(
        gaps.map(({ durationMs, agents }) => [durationMs, agents]),
        [[5000, [ANNA]]],
      );
      await test.clock.tickAsync(60_000);
      kill(manager);
      await test.clock.tickAsync(10_000);
      await started([ANNA]);
      assert.ok((gaps[1]?.durationMs ?? 0) >= 10_000, JSON.stringify(gaps));
      assert.ok((gaps[1]?.durationMs ?? 0) <= 75_000, JSON.stringify(gaps));
    });

    it("after a restart also to who is asked for before it is known what the former process had", async () => {
      const { manager, one } = await started([ANNA, BART]);
      await one.close(1000);
      kill(manager);
      await test.clock.tickAsync(10_000);
      const two = open(test.manage());
      void two.start([ANNA]);
      void two.subscribe([BART]);
      await test.clock.tickAsync(2000);
      assert.deepEqual(new Set(gaps.flatMap(({ agents }) => agents)), new Set([ANNA, BART]));
    });

    it("after a kill from at most 2 s before it, whenever the ids were written", async () => {
      const { manager } = await started([ANNA]);
      await test.clock.tickAsync(50_000);
      const killedAt = Date.now();
      kill(manager);
      await test.clock.tickAsync(10_000);
      await started([ANNA]);
      assert.equal(gaps.length, 1);
      const earlyMs = killedAt - Date.parse(gaps[0]?.from ?? "");
      assert.ok(earlyMs >= 1000 && earlyMs <= 2000, `${earlyMs}`);
    });

    it("after a kill also what was known and not told yet", async () => {
      const { manager } = await started([ANNA, BART], 300_000);
      test.broker.fault = failure("ECONNREFUSED");
      await test.clock.tickAsync(301_000);
      test.broker.fault = undefined;
      test.broker.refused.set(BART, failure(500));
      await test.clock.tickAsync(2000);
      assert.deepEqual([gaps, test.broker.addresses()], [[], [ANNA, BART]]);
      kill(manager);
      test.broker.refused.clear();
      await started([ANNA, BART], 300_000);
      await test.clock.tickAsync(1000);
      assert.ok(
        gaps.some(({ agents, from }) => agents.includes(ANNA) && Date.parse(from) <= 1000),
        JSON.stringify(gaps),
      );
    });

    it("after a kill from the last sign of a subscription that the broker had forgotten by then", async () => {
      const { manager } = await started([ANNA], 300_000);
      await test.clock.tickAsync(10_000);
      assert.equal(manager.admission.admits(CALLBACK, "id-1", ANNA), true);
      const at = Date.now();
      test.broker.held.clear();
      await test.clock.tickAsync(20_000);
      await manager.save();
      kill(manager);
      await started([ANNA], 300_000);
      assert.deepEqual(
        gaps.map(({ from }) => Date.parse(from)),
        [at],
      );
    });

    it("from the last sign of a forgotten subscription, though killed before the broker was asked to end it", async () => {
      const { manager } = await started([ANNA], 300_000);
      await test.clock.tickAsync(100_000);
      assert.equal(manager.admission.admits(CALLBACK, "id-1", ANNA), true);
      const at = Date.now();
      test.broker.held.clear();
      test.broker.gateEnds = new Promise(() => undefined);
      await test.clock.tickAsync(201_000);
      assert.deepEqual(test.ids(), ["id-2"]);
      kill(manager);
      test.broker.gateEnds = undefined;
      await started([ANNA], 300_000);
      await test.clock.tickAsync(10_000);
      assert.ok(
        gaps.some(({ from, agents }) => agents.includes(ANNA) && Date.parse(from) <= at),
        JSON.stringify(gaps),
      );
    });

    it("where the first events of a subscription came before the answer, and were taken for those of one left over", async () => {
      const { manager } = await started([ANNA]);
      kill(manager);
      const { manager: second, one } = await started([ANNA]);
      await test.clock.tickAsync(10_000);
      gaps.length = 0;
      const at = Date.now();
      test.broker.gate = new Promise((resolve) => setTimeout(resolve, 300));
      void one.subscribe([ANNA]);
      await test.clock.tickAsync(100);
      assert.equal(second.admission.admits(CALLBACK, "id-3", ANNA), false);
      await test.clock.tickAsync(1000);
      assert.deepEqual([second.isUsed("id-3"), gaps.map(({ from }) => Date.parse(from))], [true, [at + 100]]);
    });

    it("after a kill in an outage from the last sign before it", async () => {
      const { manager } = await started([ANNA], 60_000);
      await test.clock.tickAsync(10_000);
      assert.equal(manager.admission.admits(CALLBACK, "id-1", ANNA), true);
      const at = Date.now();
      test.broker.fault = failure("ECONNREFUSED");
      await test.clock.tickAsync(200_000);
      kill(manager);
      test.broker.fault = undefined;
      await started([ANNA]);
      await test.clock.tickAsync(1000);
      assert.deepEqual([gaps.map(({ from }) => Date.parse(from) <= at), test.broker.addresses()], [[true], [ANNA]]);
    });

    it("after a kill within a deploy from its beginning", async () => {
      const { manager, one } = await started([ANNA]);
      await test.clock.tickAsync(10_000);
      const at = Date.now();
      void one.close(1000, true);
      await test.clock.tickAsync(5000);
      await manager.save();
      kill(manager);
      await started([ANNA]);
      assert.deepEqual(
        gaps.map(({ from }) => Date.parse(from)),
        [at],
      );
    });

    it("not where a message ended the subscription", async () => {
      const { one } = await started([ANNA]);
      await one.unsubscribe([ANNA]);
      await test.clock.tickAsync(5000);
      void one.subscribe([ANNA]);
      await test.clock.tickAsync(500);
      assert.deepEqual(gaps, []);
    });
  });
});
