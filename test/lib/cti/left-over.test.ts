import assert from "node:assert/strict";
import { CALLBACK, SubscriptionTest } from "../../support/cti-subscriptions.js";
import { failure } from "../../support/fake-cti-broker.js";

describe("lib/cti: what lost answers leave at the broker", () => {
  const test = new SubscriptionTest();
  const { started } = test;

  it("is ended soon, also while renewals use up all that they may", async () => {
    const agents = Array.from({ length: 100 }, (_, at) => `sip:agent${at}@contoso.example`);
    test.broker.latencyMs = 100;
    const { manager } = await started(agents, 40_000);
    /** Every subscription at the broker posts every two seconds. */
    const pass = async (seconds: number): Promise<void> => {
      for (let at = 0; at < seconds; at += 2) {
        for (const [id, address] of test.broker.held) manager.admits(CALLBACK, id, address);
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
    assert.equal(test.broker.held.size, 100);
  });
});
