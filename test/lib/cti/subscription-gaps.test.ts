import assert from "node:assert/strict";
import type { Gap } from "../../../lib/cti/gaps.js";
import type { Subscriber } from "../../../lib/cti/subscriber.js";
import type { SubscriptionManager } from "../../../lib/cti/subscriptions.js";
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
      await test.clock.tickAsync(300_000);
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

  describe("over a deploy", () => {
    const deployed = async (
      manager: SubscriptionManager,
      former: Subscriber,
      agents: string[],
    ): Promise<Subscriber> => {
      void former.close(1000, true);
      await test.clock.tickAsync(5000);
      const one = open(manager);
      void one.start(agents);
      manager.allSubscribersExpected();
      await test.clock.tickAsync(200);
      return one;
    };

    it("keeps what is wanted again without a request, and tells no gap where no event was refused", async () => {
      const { manager, one } = await started([ANNA, BART]);
      const again = await deployed(manager, one, [ANNA, BART]);
      assert.deepEqual(test.broker.calls, [`+${ANNA}`, `+${BART}`]);
      assert.deepEqual(
        again.list().map(({ subscribed }) => subscribed),
        [true, true],
      );
      manager.users.eventsTaken();
      assert.deepEqual(gaps, []);
    });

    it("ends a gap with the answer of the new subscription, however long the end of the former one takes", async () => {
      const { manager } = await started([ANNA]);
      kill(manager);
      test.broker.gateEnds = new Promise((resolve) => setTimeout(resolve, 5000));
      await started([ANNA]);
      await test.clock.tickAsync(10_000);
      const [gap] = gaps;
      assert.ok(gap && Date.parse(gap.to) < 1000, JSON.stringify(gaps));
    });

    it("tells each of two that share an agent since when events were refused", async () => {
      const { manager, one } = await started([ANNA]);
      const two = open(manager);
      await two.start([ANNA]);
      void one.close(1000, true);
      void two.close(1000, true);
      manager.users.eventsRefused(CALLBACK, Date.now());
      await test.clock.tickAsync(5000);
      const again = [open(manager), open(manager)];
      for (const each of again) void each.start([ANNA]);
      manager.allSubscribersExpected();
      await test.clock.tickAsync(1);
      manager.users.eventsTaken();
      assert.deepEqual(
        gaps.map(({ durationMs }) => durationMs),
        [5001, 5001],
      );
      assert.equal(test.broker.calls.length, 1);
    });

    it("ends what nobody wants again once all have started", async () => {
      const { manager, one } = await started([ANNA, BART]);
      await deployed(manager, one, [BART]);
      assert.deepEqual([test.broker.calls.slice(2), test.broker.addresses()], [["-id-1"], [BART]]);
    });

    it("ends it, too, where no flow starts again", async () => {
      const { one } = await started([ANNA]);
      void one.close(1000, true);
      await test.clock.tickAsync(31_000);
      assert.deepEqual(test.broker.addresses(), []);
    });

    it("reports an outage that ended meanwhile from its beginning", async () => {
      const { manager, one } = await started([ANNA], 300_000);
      test.broker.fault = failure("ECONNREFUSED");
      void one.subscribe([ANNA]);
      await test.clock.tickAsync(20_000);
      void one.close(1000, true);
      test.broker.fault = undefined;
      await test.clock.tickAsync(29_000);
      void open(manager).start([ANNA]);
      manager.allSubscribersExpected();
      await test.clock.tickAsync(10_000);
      assert.equal(test.broker.held.size, 1);
      assert.deepEqual(
        gaps.map(({ from }) => Date.parse(from)),
        [0],
      );
    });

    it("takes a subscription under way over: one request, whoever asked for it", async () => {
      const { manager, one } = await started([]);
      let answer = (): void => undefined;
      test.broker.gate = new Promise((resolve) => (answer = resolve));
      void one.subscribe([ANNA]);
      await test.clock.tickAsync(10);
      const again = await deployed(manager, one, [ANNA]);
      answer();
      await test.clock.tickAsync(200);
      assert.deepEqual([test.broker.calls, again.list()[0]?.subscribed], [[`+${ANNA}`], true]);
    });

    it("goes on with the renewals where it was", async () => {
      const { manager, one } = await started([ANNA], 60_000);
      let former = one;
      for (let deploy = 0; deploy < 4; deploy++) {
        await test.clock.tickAsync(20_000);
        void former.close(1000, true);
        former = open(manager, 60_000);
        void former.start([ANNA]);
        manager.allSubscribersExpected();
      }
      assert.deepEqual(test.broker.calls, [`+${ANNA}`, `+${ANNA}`, "-id-1"]);
    });
  });
});
