import assert from "node:assert/strict";
import { ANNA, BART, CALLBACK, SubscriptionTest } from "../../support/cti-subscriptions.js";
import { failure } from "../../support/fake-cti-broker.js";

describe("lib/cti/duplicates", () => {
  const test = new SubscriptionTest();
  const { kill, manage, started } = test;

  describe("finds the second copy of an event", () => {
    it("while one subscription replaces another, and not the same event again", async () => {
      const { manager, one } = await started([ANNA]);
      const copies = (id: string, content: string): boolean => manager.isDuplicate(CALLBACK, id, ANNA, content);
      assert.deepEqual([copies("id-1", "hold"), copies("id-1", "hold")], [false, false]);
      void one.subscribe([ANNA]);
      await test.clock.tickAsync(200);
      assert.deepEqual(
        [copies("id-1", "hold"), copies("id-2", "hold"), copies("id-2", "hold"), copies("id-1", "hold")],
        [false, true, false, true],
      );
      await test.clock.tickAsync(10_100);
      assert.deepEqual([copies("id-2", "ring"), copies("id-1", "ring")], [false, false]);
    });

    it("for as long as the broker does not end the former one", async () => {
      const { manager, one } = await started([ANNA]);
      test.broker.keeps = failure(500);
      void one.subscribe([ANNA]);
      await test.clock.tickAsync(30_000);
      const copies = ["id-1", "id-2"].map((id) => manager.isDuplicate(CALLBACK, id, ANNA, "hold"));
      assert.deepEqual(copies, [false, true]);
    });

    it("where the broker does not end one whose answer got lost", async () => {
      const { manager, one } = await started([BART]);
      test.broker.loseAnswers = 1;
      void one.subscribe([ANNA]);
      await test.clock.tickAsync(20_000);
      test.broker.keeps = failure(500);
      assert.equal(manager.admits(CALLBACK, "id-2", ANNA), false);
      await test.clock.tickAsync(20_000);
      const copies = ["id-2", "id-3"].map((id) => manager.isDuplicate(CALLBACK, id, ANNA, "hold"));
      assert.deepEqual(copies, [false, true]);
    });

    it("and the third, where the ends of two former ones are pending", async () => {
      const { manager, one } = await started([ANNA]);
      test.broker.keeps = failure(500);
      for (let renewal = 0; renewal < 2; renewal++) {
        void one.subscribe([ANNA]);
        await test.clock.tickAsync(200);
      }
      const copies = (content: string): boolean[] =>
        ["id-1", "id-2", "id-3"].map((id) => manager.isDuplicate(CALLBACK, id, ANNA, content));
      assert.deepEqual([copies("hold"), copies("hold")], Array(2).fill([false, true, true]));
    });

    it("after a kill between a subscription and the end of the one that it replaced", async () => {
      const { manager: former, one } = await started([ANNA]);
      test.broker.keeps = failure(500);
      void one.subscribe([ANNA]);
      await test.clock.tickAsync(500);
      kill(former);
      const manager = manage();
      await test.clock.tickAsync(100);
      const copies = (content: string): boolean[] =>
        ["id-1", "id-2"].map((id) => manager.isDuplicate(CALLBACK, id, ANNA, content));
      assert.deepEqual([copies("hold"), copies("hold")], Array(2).fill([false, true]));
    });
  });
});
