/** What becomes of subscriptions and their gaps over a deploy. */
import assert from "node:assert/strict";
import type { Subscriber } from "../../../lib/cti/subscriber.js";
import type { SubscriptionManager } from "../../../lib/cti/subscriptions.js";
import { ANNA, BART, CALLBACK, SubscriptionTest } from "../../support/cti-subscriptions.js";
import { failure } from "../../support/fake-cti-broker.js";

describe("lib/cti/subscription-deploys", () => {
  const test = new SubscriptionTest();
  const { gaps, kill, open, started } = test;

  const deployed = async (manager: SubscriptionManager, former: Subscriber, agents: string[]): Promise<Subscriber> => {
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
