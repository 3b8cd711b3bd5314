/** A subscriber starts again at another broker. */
import assert from "node:assert/strict";
import { createEntry, type Entry } from "../../../lib/cti/entry.js";
import { entryKey } from "../../../lib/cti/entry-keys.js";
import { FormerSubscriptions } from "../../../lib/cti/former-subscriptions.js";
import { Subscriber } from "../../../lib/cti/subscriber.js";
import type { SubscriptionManager } from "../../../lib/cti/subscriptions.js";
import { ANNA, BART, CALLBACK, SubscriptionTest } from "../../support/cti-subscriptions.js";
import { failure } from "../../support/fake-cti-broker.js";

describe("lib/cti/former-subscriptions", () => {
  const test = new SubscriptionTest();
  const { gaps } = test;
  let all: FormerSubscriptions;

  beforeEach(() => {
    all = new FormerSubscriptions();
  });

  // Another node: it shares no file.
  const manage = (): SubscriptionManager => {
    test.stored = undefined;
    return test.manage();
  };
  const open = (manager: SubscriptionManager, name = "one", url = CALLBACK): Subscriber =>
    new Subscriber(manager, { callback: { url }, former: { all, name }, onGap: (gap) => gaps.push(gap) });
  const start = async (one: Subscriber, agents: string[]): Promise<Subscriber> => {
    void one.start(agents);
    await test.clock.tickAsync(200);
    return one;
  };
  const told = (): [number, number, string[]][] =>
    gaps.map(({ from, to, agents }) => [Date.parse(from), Date.parse(to), agents]);
  const close = async (manager: SubscriptionManager, one: Subscriber, isDeploy = true): Promise<void> => {
    void one.close(1000, isDeploy);
    await test.clock.tickAsync(100);
    manager.allSubscribersExpected();
  };

  it("tells one gap from its close to the new subscriptions, of the agents that it has again", async () => {
    for (const isDeploy of [true, false]) {
      gaps.length = 0;
      const [former, next] = [manage(), manage()];
      const one = await start(open(former), [ANNA, BART]);
      const closedAt = Date.now();
      await close(former, one, isDeploy);
      await test.clock.tickAsync(4900);
      const again = await start(open(next), [BART, ANNA, "sip:new@contoso.example"]);
      await test.clock.tickAsync(5000);
      assert.deepEqual(told(), [[closedAt, closedAt + 5000, [BART, ANNA]]], `deploy ${isDeploy}`);
      await again.close(1000);
      all = new FormerSubscriptions();
    }
  });

  it("tells none where the broker is the same, or another subscriber has the agent all the time", async () => {
    const [former, next] = [manage(), manage()];
    const one = await start(open(former), [ANNA]);
    await start(open(former, "two"), [ANNA]);
    await close(former, one);
    const again = await start(open(next), [ANNA]);
    void again.close(1000, true);
    await start(open(next), [ANNA]);
    next.allSubscribersExpected();
    assert.deepEqual(gaps, []);
  });

  it("tells it where another subscriber has the agent at another address only", async () => {
    const [former, next] = [manage(), manage()];
    const one = await start(open(former), [ANNA]);
    await start(open(former, "two"), [ANNA]);
    await close(former, one);
    await start(open(next, "one", "http://x/other"), [ANNA]);
    assert.equal(gaps.length, 1);
  });

  it("tells it where another subscriber was faster at the new broker", async () => {
    const [former, next] = [manage(), manage()];
    const one = await start(open(former), [ANNA]);
    const closedAt = Date.now();
    await close(former, one);
    await start(open(next, "two"), [ANNA]);
    await start(open(next), [ANNA]);
    assert.deepEqual(told(), [[closedAt, closedAt + 100, [ANNA]]]);
  });

  it("begins with what nobody was told: events refused, an outage of the former broker", async () => {
    const [former, next] = [manage(), manage()];
    const one = await start(open(former), [ANNA]);
    const refusedAt = Date.now() - 50;
    void one.close(1000, true);
    former.users.eventsRefused(CALLBACK, refusedAt);
    await test.clock.tickAsync(100);
    const two = await start(open(next), [ANNA]);
    former.users.eventsTaken();
    former.allSubscribersExpected();
    await test.clock.tickAsync(5000);
    assert.deepEqual(told(), [[refusedAt, refusedAt + 150, [ANNA]]]);
    gaps.length = 0;
    const aliveAt = Date.now();
    await two.subscribe([ANNA]);
    await test.clock.tickAsync(5000);
    test.broker.fault = failure("ECONNREFUSED");
    void two.subscribe([ANNA]);
    await test.clock.tickAsync(10_000);
    await close(next, two);
    test.broker.fault = undefined;
    await start(open(manage()), [ANNA]);
    await test.clock.tickAsync(5000);
    const [[from] = []] = told();
    assert.ok(from !== undefined && from >= aliveAt && from < aliveAt + 5000, JSON.stringify({ gaps, aliveAt }));
  });

  it("remembers it over starts in which the broker is missing, or does not answer", async () => {
    const [former, next] = [manage(), manage()];
    const one = await start(open(former), [ANNA]);
    const closedAt = Date.now();
    await close(former, one);
    // Closed before it could ask for its agents.
    await close(next, open(next));
    test.broker.fault = failure("ECONNREFUSED");
    const two = await start(open(next), [ANNA]);
    await close(next, two);
    test.broker.fault = undefined;
    await start(open(manage()), [ANNA]);
    await test.clock.tickAsync(5000);
    assert.equal(told()[0]?.[0], closedAt);
    assert.equal(gaps.length, 1);
  });

  it("is bounded by age and by count, and knows nothing of who never was subscribed", () => {
    const broker = (): Pick<SubscriptionManager, "problems"> => ({ problems: manage().problems });
    const [former, next] = [broker(), broker()];
    const entry = (agent: string, id?: string): Entry =>
      createEntry(entryKey(CALLBACK, agent), agent, { url: CALLBACK }, { id });
    const subscribed = Array.from({ length: 10_001 }, (_, at) => entry(`sip:${at}@contoso.example`, `id${at}`));
    const taken = (at: number): number | undefined => all.take("one", next, entry(`sip:${at}@contoso.example`));
    all.note("one", former, [...subscribed, entry(ANNA)]);
    assert.equal(all.take("one", next, entry(ANNA)), undefined);
    assert.equal(all.take("two", next, entry("sip:1@contoso.example")), undefined);
    assert.deepEqual([taken(0), taken(1), taken(1)], [undefined, Date.now(), undefined]);
    test.clock.tick(3_600_000);
    assert.equal(taken(2), Date.now() - 3_600_000);
    test.clock.tick(1);
    assert.equal(taken(3), undefined);
  });
});
