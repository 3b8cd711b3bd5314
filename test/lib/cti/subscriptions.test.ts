import assert from "node:assert/strict";
import { ANNA, BART, codeOf, SubscriptionTest } from "../../support/cti-subscriptions.js";
import { failure } from "../../support/fake-cti-broker.js";

describe("lib/cti/subscriptions", () => {
  const test = new SubscriptionTest();
  const { ids, open, started } = test;

  it("subscribes what is asked for and says so once the broker answered for each", async () => {
    const { one } = await started([ANNA, BART]);
    assert.deepEqual(one.list(), [
      { imAddress: ANNA, subscribed: true, subscriptionId: "id-1" },
      { imAddress: BART, subscribed: true, subscriptionId: "id-2" },
    ]);
    assert.deepEqual(ids(), ["id-1", "id-2"]);
    assert.doesNotMatch(JSON.stringify(test.stored), /anna|contoso|http/);
  });

  describe("shares", () => {
    it("one subscription between subscribers that want the same, and the last one out ends it", async () => {
      const { manager, one } = await started([ANNA]);
      const two = open(manager);
      await two.start([ANNA]);
      assert.equal(two.list()[0]?.subscribed, true);
      await one.close(1000);
      await test.clock.tickAsync(200);
      assert.deepEqual(test.broker.calls, [`+${ANNA}`]);
      await two.unsubscribe([ANNA]);
      assert.deepEqual(test.broker.calls, [`+${ANNA}`, "-id-1"]);
    });

    it("nothing between different callback addresses", async () => {
      const { manager } = await started([ANNA]);
      void open(manager, 0, "http://x/z").start([ANNA]);
      await test.clock.tickAsync(200);
      assert.equal(test.broker.held.size, 2);
    });

    it("waits with a new subscription for the end of the former one: the broker may hand out the same id", async () => {
      test.broker.nextId = (address) => `same-${address}`;
      const { manager, one } = await started([ANNA]);
      let answer = (): void => undefined;
      test.broker.gate = new Promise((resolve) => (answer = resolve));
      const closed = one.close(1000);
      await test.clock.tickAsync(10);
      void open(manager).start([ANNA]);
      await test.clock.tickAsync(100);
      assert.deepEqual(test.broker.calls.slice(1), [`-same-${ANNA}`]);
      answer();
      test.broker.gate = undefined;
      await test.clock.tickAsync(200);
      await closed;
      assert.deepEqual(test.broker.addresses(), [ANNA]);
    });
  });

  describe("answers a caller at once", () => {
    it("about a broker that is known to be away", async () => {
      const { one } = await started([]);
      test.broker.fault = failure("ECONNREFUSED");
      await one.subscribe([ANNA]);
      test.broker.gate = new Promise(() => undefined);
      const [row] = await one.subscribe([BART]);
      assert.deepEqual([row?.imAddress, row?.subscribed, codeOf(row)], [BART, false, "ECONNREFUSED"]);
    });

    it("about one that gives no sign, after 2 s", async () => {
      const { one } = await started([]);
      test.broker.gate = new Promise(() => undefined);
      const answer = one.subscribe([ANNA]);
      await test.clock.tickAsync(2200);
      const [row] = await answer;
      assert.deepEqual([row?.subscribed, codeOf(row)], [false, "ETIMEDOUT"]);
    });
  });

  describe("unsubscribes", () => {
    it("one, all, and one that it does not have", async () => {
      const { one } = await started([ANNA, BART]);
      assert.deepEqual(await one.unsubscribe([ANNA]), [{ imAddress: ANNA, subscribed: false }]);
      assert.deepEqual(await one.unsubscribe([ANNA]), [{ imAddress: ANNA, subscribed: false }]);
      assert.deepEqual(await one.unsubscribe(), [{ imAddress: BART, subscribed: false }]);
      await test.clock.tickAsync(200);
      assert.deepEqual([test.broker.addresses(), ids(), one.list()], [[], [], []]);
    });

    it("says what kept it from unsubscribing, and goes on trying", async () => {
      const { one } = await started([ANNA]);
      test.broker.keeps = failure(500);
      const [row] = await one.unsubscribe([ANNA]);
      assert.deepEqual([row?.subscribed, row?.subscriptionId, codeOf(row)], [false, "id-1", 500]);
      test.broker.keeps = undefined;
      await test.clock.tickAsync(1000);
      assert.deepEqual([test.broker.addresses(), test.stored?.removals], [[], {}]);
    });

    it("ends a subscription that was answered after nobody wanted it any more", async () => {
      const { one } = await started([]);
      let answer = (): void => undefined;
      test.broker.gate = new Promise((resolve) => (answer = resolve));
      const asked = one.subscribe([ANNA]);
      await test.clock.tickAsync(0);
      const ended = one.unsubscribe([ANNA]);
      answer();
      await test.clock.tickAsync(200);
      await Promise.all([asked, ended]);
      assert.deepEqual([test.broker.calls, test.broker.addresses()], [[`+${ANNA}`, "-id-1"], []]);
    });

    it("asks once an hour a broker that refuses for good", async () => {
      const { one } = await started([ANNA]);
      test.broker.keeps = failure(500);
      void one.unsubscribe([ANNA]);
      await test.clock.tickAsync(600_000);
      const before = test.broker.calls.length;
      await test.clock.tickAsync(3_600_000);
      assert.deepEqual([before, test.broker.calls.length - before], [11, 1]);
    });
  });

  describe("closes", () => {
    it("ends everything, what is being answered included", async () => {
      const { one } = await started([ANNA], 60_000);
      let answer = (): void => undefined;
      test.broker.gate = new Promise((resolve) => (answer = resolve));
      void one.subscribe([BART]);
      await test.clock.tickAsync(0);
      const closed = one.close(2000);
      answer();
      await test.clock.tickAsync(300);
      await closed;
      await test.clock.tickAsync(300_000);
      assert.deepEqual(test.broker.addresses(), []);
    });

    it("asks for nothing that was waiting when it began", async () => {
      const one = open(test.manage());
      const asked = one.subscribe([ANNA]);
      await one.close(1000);
      assert.deepEqual((await asked).map(codeOf), ["ECLOSED"]);
      await test.clock.tickAsync(60_000);
      assert.deepEqual(test.broker.calls, []);
    });

    it("waits for a broker that does not answer no longer than told, and leaves the ids in the store", async () => {
      const { one } = await started([ANNA]);
      test.broker.gate = new Promise(() => undefined);
      const closed = one.close(2000);
      await test.clock.tickAsync(2000);
      await closed;
      assert.deepEqual(Object.keys(test.stored?.removals ?? {}), ["id-1"]);
    });
  });
});
