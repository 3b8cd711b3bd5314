import assert from "node:assert/strict";
import type { Subscriber } from "../../../lib/cti/subscriber.js";
import type { SubscriptionManager } from "../../../lib/cti/subscriptions.js";
import { ANNA, BART, CALLBACK, SubscriptionTest } from "../../support/cti-subscriptions.js";
import { failure } from "../../support/fake-cti-broker.js";

describe("lib/cti/event-admission", () => {
  const test = new SubscriptionTest();
  const { kill, started } = test;

  describe("admits events", () => {
    it("of what it holds, gives up, or has just given up, and of nothing else", async () => {
      const { manager, one } = await started([ANNA]);
      assert.deepEqual(
        [manager.admission.admits(CALLBACK, "{ID-1}", ANNA), manager.admission.admits(CALLBACK, "id-2", ANNA)],
        [true, false],
      );
      await one.unsubscribe([ANNA]);
      assert.equal(manager.admission.admits(CALLBACK, "id-1", ANNA), true);
      await test.clock.tickAsync(300_100);
      assert.equal(manager.admission.admits(CALLBACK, "id-1", ANNA), false);
    });

    it("of what it holds where the broker writes the id as the path of the subscription", async () => {
      const { manager } = await started([ANNA]);
      assert.deepEqual(
        ["api/subscribe/id-1", "https://host/cti/api/subscribe/ID-1/", "api/subscribe/id-2", "api/id-1"].map((id) =>
          manager.admission.admits(CALLBACK, id, ANNA),
        ),
        [true, true, false, false],
      );
    });

    it("of a subscription whose id is longer than one that nobody knows may be", async () => {
      test.broker.nextId = () => "x".repeat(400);
      const { manager } = await started([ANNA]);
      assert.deepEqual(
        ["x", "y"].map((letter) => manager.admission.admits(CALLBACK, letter.repeat(400), ANNA)),
        [true, false],
      );
    });

    it("of none that has ended, while another one is being made", async () => {
      const { manager, one } = await started([ANNA]);
      test.broker.loseAnswers = 1;
      void one.subscribe([ANNA]);
      await test.clock.tickAsync(10_000);
      assert.equal(manager.admission.admits(CALLBACK, "id-2", ANNA), false);
      await test.clock.tickAsync(301_000);
      assert.equal(test.broker.held.has("id-2"), false);
      test.broker.gate = new Promise(() => undefined);
      void one.subscribe([ANNA]);
      await test.clock.tickAsync(100);
      assert.deepEqual(
        ["id-1", "id-2", "id-4"].map((id) => manager.admission.admits(CALLBACK, id, ANNA)),
        [false, false, true],
      );
    });

    it("of what ended up to 5 minutes ago, and tells of a later one in a gap", async () => {
      const { manager, one } = await started([ANNA]);
      await test.clock.tickAsync(1000);
      void one.subscribe([ANNA]);
      await test.clock.tickAsync(200);
      const endedAt = Date.now() - 100;
      for (let second = 0; second < 299; second++) {
        await test.clock.tickAsync(1000);
        assert.equal(manager.admission.admits(CALLBACK, "id-1", ANNA), true);
      }
      assert.deepEqual(test.gaps, []);
      await test.clock.tickAsync(2000);
      for (let event = 0; event < 3; event++) {
        assert.equal(manager.admission.admits(CALLBACK, "id-1", ANNA), false);
        await test.clock.tickAsync(1000);
      }
      assert.deepEqual(
        test.gaps.map(({ from, to, agents }) => [Date.parse(from) - endedAt, Date.parse(to) - endedAt, agents]),
        [[-301_100, 301_100, [ANNA]]],
      );
    });

    const letsLateOnesIn = async (end: (manager: SubscriptionManager, one: Subscriber) => Promise<void>) => {
      const former = await started([ANNA]);
      await end(former.manager, former.one);
      assert.equal(test.broker.held.has("id-1"), false);
      await test.clock.tickAsync(4000);
      const { manager } = await started([ANNA]);
      await test.clock.tickAsync(3000);
      assert.deepEqual(
        ["id-1", "ID-1", "id-9"].map((id) => manager.admission.admits(CALLBACK, id, ANNA)),
        [true, true, false],
      );
      await test.clock.tickAsync(310_000);
      assert.equal(manager.admission.admits(CALLBACK, "id-1", ANNA), false);
      assert.deepEqual(test.gaps.at(-1)?.agents, [ANNA]);
    };

    it("of what ended with a former process, for as long", () =>
      letsLateOnesIn(async (manager, one) => {
        const closed = one.close(2000).then(() => manager.close());
        await test.clock.tickAsync(500);
        await closed;
      }));

    it("of what a renewal ended before a kill, for as long", () =>
      letsLateOnesIn(async (manager, one) => {
        void one.subscribe([ANNA]);
        await test.clock.tickAsync(2000);
        kill(manager);
      }));

    it("of an unknown id only while a subscription for that very agent is under way", async () => {
      const { manager, one } = await started([BART]);
      let answer = (): void => undefined;
      test.broker.gate = new Promise((resolve) => (answer = resolve));
      const asked = one.subscribe([ANNA]);
      await test.clock.tickAsync(0);
      assert.deepEqual(
        [manager.admission.admits(CALLBACK, "new", ANNA), manager.admission.admits(CALLBACK, "new", BART)],
        [true, false],
      );
      answer();
      await test.clock.tickAsync(200);
      await asked;
      assert.equal(manager.admission.admits(CALLBACK, "new", ANNA), false);
    });

    it("of no id that was refused before the agent was asked for", async () => {
      const { manager, one } = await started([]);
      assert.equal(manager.admission.admits(CALLBACK, "theirs", ANNA), false);
      test.broker.gate = new Promise(() => undefined);
      await test.clock.tickAsync(100);
      void one.subscribe([ANNA]);
      await test.clock.tickAsync(10);
      assert.deepEqual(
        [manager.admission.admits(CALLBACK, "theirs", ANNA), manager.admission.admits(CALLBACK, "new", ANNA)],
        [false, true],
      );
    });

    it("of no id that was refused before, also while the agent's subscription is renewed", async () => {
      const { manager, one } = await started([ANNA]);
      assert.equal(manager.admission.admits(CALLBACK, "left over", ANNA), false);
      test.broker.gate = new Promise(() => undefined);
      await test.clock.tickAsync(100);
      void one.subscribe([ANNA]);
      await test.clock.tickAsync(10);
      assert.deepEqual(
        [manager.admission.admits(CALLBACK, "left over", ANNA), manager.admission.admits(CALLBACK, "new", ANNA)],
        [false, true],
      );
    });

    it("of nothing unknown while the broker refuses an agent", async () => {
      test.broker.refused.set(ANNA, failure(500));
      const { manager } = await started([ANNA, BART]);
      for (const agent of [ANNA, BART, "sip:other@contoso.example"])
        assert.equal(manager.admission.admits(CALLBACK, "unknown", agent), false);
    });

    it("without an id where the agent is subscribed at this address", async () => {
      const { manager } = await started([ANNA]);
      assert.deepEqual(
        [
          manager.admission.admits(CALLBACK, undefined, ANNA),
          manager.admission.admits(CALLBACK, "", BART),
          manager.admission.admits("http://z", "", ANNA),
        ],
        [true, false, false],
      );
    });
  });

  describe("where an answer got lost", () => {
    const lose = async (lostWith: number | string = "ECONNRESET"): Promise<SubscriptionManager> => {
      const { manager, one } = await started([BART]);
      Object.assign(test.broker, { loseAnswers: 1, lostWith });
      void one.subscribe([ANNA]);
      await test.clock.tickAsync(1100);
      assert.deepEqual(test.broker.addresses(), [ANNA, ANNA, BART]);
      return manager;
    };

    it("ends the subscription that nobody knows, with its first event, and only that one", async () => {
      const manager = await lose();
      assert.deepEqual(
        [manager.admission.admits(CALLBACK, "foreign", BART), manager.admission.admits(CALLBACK, "id-2", ANNA)],
        [false, false],
      );
      await test.clock.tickAsync(200);
      assert.equal(manager.admission.admits(CALLBACK, "foreign", ANNA), false);
      await test.clock.tickAsync(200);
      assert.deepEqual(
        test.broker.calls.filter((call) => call.startsWith("-")),
        ["-id-2"],
      );
      assert.deepEqual(test.broker.addresses(), [ANNA, BART]);
    });

    it("ends that of an answer which names no id", async () => {
      const manager = await lose(200);
      assert.equal(manager.admission.admits(CALLBACK, "id-2", ANNA), false);
      await test.clock.tickAsync(400);
      assert.deepEqual(test.broker.addresses(), [ANNA, BART]);
    });

    it("ends each where several answers of one agent got lost", async () => {
      const { manager, one } = await started([BART]);
      test.broker.loseAnswers = 3;
      void one.subscribe([ANNA]);
      await test.clock.tickAsync(5000);
      assert.equal(test.broker.held.size, 5);
      for (const id of ["id-2", "id-3", "id-4"]) assert.equal(manager.admission.admits(CALLBACK, id, ANNA), false);
      await test.clock.tickAsync(500);
      assert.deepEqual(test.broker.addresses(), [ANNA, BART]);
    });

    it("refuses it beside the known one also while that is asked for again", async () => {
      const { manager, one } = await started([ANNA]);
      test.broker.loseAnswers = 1;
      void one.subscribe([ANNA]);
      await test.clock.tickAsync(100);
      let answer = (): void => undefined;
      test.broker.gate = new Promise((resolve) => (answer = resolve));
      await test.clock.tickAsync(1000);
      assert.deepEqual([test.broker.running, manager.admission.admits(CALLBACK, "id-2", ANNA)], [1, false]);
      answer();
      await test.clock.tickAsync(200);
      assert.equal(manager.admission.admits(CALLBACK, "id-2", ANNA), false);
      await test.clock.tickAsync(500);
      assert.deepEqual([...test.broker.held.keys()], ["id-3"]);
    });

    it("ends one that posted before its answer was known to be lost, without another event", async () => {
      const { manager, one } = await started([BART]);
      let answer = (): void => undefined;
      test.broker.gate = new Promise((resolve) => (answer = resolve));
      test.broker.loseAnswers = 1;
      const asked = one.subscribe([ANNA]);
      await test.clock.tickAsync(10);
      const ended = one.unsubscribe([ANNA]);
      await test.clock.tickAsync(1);
      assert.equal(manager.admission.admits(CALLBACK, "id-2", ANNA), false);
      answer();
      await test.clock.tickAsync(500);
      await Promise.all([asked, ended]);
      assert.deepEqual(test.broker.addresses(), [BART]);
    });

    it("ends one that posted while it was asked for, without another event", async () => {
      const { manager, one } = await started([BART]);
      let answer = (): void => undefined;
      test.broker.gate = new Promise((resolve) => (answer = resolve));
      test.broker.loseAnswers = 1;
      void one.subscribe([ANNA]);
      await test.clock.tickAsync(10);
      assert.equal(manager.admission.admits(CALLBACK, "id-2", ANNA), true);
      answer();
      await test.clock.tickAsync(1100);
      assert.deepEqual([...test.broker.held.keys()], ["id-1", "id-3"]);
    });

    it("ends it although nobody wants the agent any more", async () => {
      const { manager, one } = await started([BART]);
      test.broker.loseAnswers = 1;
      void one.subscribe([ANNA]);
      await test.clock.tickAsync(10);
      void one.unsubscribe([ANNA]);
      await test.clock.tickAsync(10);
      assert.equal(manager.admission.admits(CALLBACK, "id-2", ANNA), false);
      await test.clock.tickAsync(500);
      assert.deepEqual(test.broker.addresses(), [BART]);
    });

    it("ends each that a killed process left for one agent", async () => {
      const { manager: former, one } = await started([ANNA]);
      test.broker.loseAnswers = 1;
      void one.subscribe([ANNA]);
      await test.clock.tickAsync(300);
      let answer = (): void => undefined;
      test.broker.gate = new Promise((resolve) => (answer = resolve));
      void one.subscribe([ANNA]);
      await test.clock.tickAsync(10);
      kill(former);
      answer();
      await test.clock.tickAsync(10);
      assert.deepEqual([...test.broker.held.keys()], ["id-1", "id-2", "id-3"]);
      const { manager } = await started([ANNA]);
      for (const id of ["id-2", "id-3"]) assert.equal(manager.admission.admits(CALLBACK, id, ANNA), false);
      await test.clock.tickAsync(500);
      assert.deepEqual([...test.broker.held.keys()], ["id-4"]);
    });

    it("refuses what a killed process may have left as long as it posts, and ends it once", async () => {
      const { manager: former } = await started([ANNA]);
      kill(former);
      const { manager } = await started([ANNA]);
      for (let second = 0; second < 20; second++) {
        assert.equal(manager.admission.admits(CALLBACK, "foreign", ANNA), false, `after ${second} s`);
        await test.clock.tickAsync(1000);
      }
      assert.deepEqual(
        test.broker.calls.filter((call) => call === "-foreign"),
        ["-foreign"],
      );
    });

    it("never one that posted before, nor later than a minute", async () => {
      const { manager, one } = await started([ANNA]);
      assert.equal(manager.admission.admits(CALLBACK, "foreign", ANNA), false);
      test.broker.loseAnswers = 1;
      void one.subscribe([ANNA]);
      await test.clock.tickAsync(1100);
      assert.equal(manager.admission.admits(CALLBACK, "foreign", ANNA), false);
      await test.clock.tickAsync(60_100);
      assert.equal(manager.admission.admits(CALLBACK, "another", ANNA), false);
      await test.clock.tickAsync(1000);
      assert.deepEqual(
        test.broker.calls.filter((call) => call === "-foreign" || call === "-another"),
        [],
      );
    });
  });
});
