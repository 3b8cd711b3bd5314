import assert from "node:assert/strict";
import { ANNA, CALLBACK, SubscriptionTest } from "../../support/cti-subscriptions.js";
import { failure } from "../../support/fake-cti-broker.js";

describe("lib/cti: what is left over at the broker", () => {
  const test = new SubscriptionTest();
  const { kill, started } = test;

  it("is ended again, without a gap, where an event proves that the broker has it, whatever it said", async () => {
    const { manager, one } = await started([ANNA]);
    const unsubscribe = test.broker.unsubscribe.bind(test.broker);
    // Another broker behind the same address, which knows nothing.
    test.broker.unsubscribe = () => Promise.resolve("unknown");
    void one.subscribe([ANNA]);
    await test.clock.tickAsync(2000);
    test.gaps.length = 0;
    test.broker.unsubscribe = unsubscribe;
    assert.deepEqual([...test.broker.held.keys()], ["id-1", "id-2", "id-3"]);
    for (let second = 0; second < 40; second++) {
      for (const id of test.broker.held.keys()) manager.admission.admits(CALLBACK, id, ANNA);
      await test.clock.tickAsync(1000);
    }
    assert.deepEqual([[...test.broker.held.keys()], test.gaps], [["id-3"], []]);
  });

  it("costs a few requests where the broker does not end it, whatever it says", async () => {
    const { manager, one } = await started([ANNA]);
    test.broker.unsubscribe = (id) => {
      test.broker.calls.push(`-${id}`);
      return Promise.resolve("ended");
    };
    void one.subscribe([ANNA]);
    for (let second = 0; second < 600; second++) {
      await test.clock.tickAsync(1000);
      for (const id of test.broker.held.keys()) manager.admission.admits(CALLBACK, id, ANNA);
    }
    const ends = test.broker.calls.filter((call) => call === "-id-1").length;
    assert.ok(ends > 1 && ends <= 6, String(ends));
    assert.deepEqual(test.gaps, []);
  });

  for (const isKilled of [false, true])
    it(`is ended where the broker takes no other one beside it, and its first event comes late${isKilled ? ", after a kill" : ""}`, async () => {
      const subscribe = test.broker.subscribe.bind(test.broker);
      test.broker.subscribe = async (request) => {
        if (test.broker.held.size === 0) return subscribe(request);
        throw failure(409);
      };
      if (isKilled) {
        const { manager } = await started([ANNA]);
        kill(manager);
        test.broker.held.clear();
      }
      test.broker.loseAnswers = 1;
      const { manager, one } = await started([ANNA]);
      await test.clock.tickAsync(400_000);
      assert.equal(one.list()[0]?.subscribed, false);
      const from = Date.now();
      const [lost = ""] = test.broker.held.keys();
      assert.equal(manager.admission.admits(CALLBACK, lost, ANNA), false);
      await test.clock.tickAsync(1000);
      assert.deepEqual([one.list()[0]?.subscribed, test.broker.held.has(lost)], [true, false]);
      const [gap] = test.gaps.slice(-1);
      assert.ok(gap && Date.parse(gap.from) <= from && Date.parse(gap.to) >= from, JSON.stringify(test.gaps));
    });

  it("by lost answers is ended soon, also while renewals use up all that they may", async () => {
    const agents = Array.from({ length: 40 }, (_, at) => `sip:agent${at}@contoso.example`);
    test.broker.latencyMs = 100;
    const { manager } = await started(agents, 30_000);
    /** Every subscription at the broker posts every two seconds. */
    const pass = async (seconds: number): Promise<void> => {
      for (let at = 0; at < seconds; at += 2) {
        for (const [id, address] of test.broker.held) manager.admission.admits(CALLBACK, id, address);
        await test.clock.tickAsync(2000);
      }
    };
    await pass(180);
    let count = 0;
    const subscribe = test.broker.subscribe.bind(test.broker);
    test.broker.subscribe = async (request) => {
      const id = await subscribe(request);
      if (++count % 5 === 0) throw failure("ECONNRESET");
      return id;
    };
    await pass(60);
    test.broker.subscribe = subscribe;
    await pass(20);
    assert.equal(test.broker.held.size, 40);
  });
});
