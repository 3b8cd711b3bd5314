import assert from "node:assert/strict";
import { ContactCenterError } from "../../../lib/cti/errors.js";
import type { SubscriptionRow } from "../../../lib/cti/subscriber.js";
import { ANNA, codeOf, SubscriptionTest } from "../../support/cti-subscriptions.js";
import { failure } from "../../support/fake-cti-broker.js";

/** A broker that asks for a pause, seconds. */
function tooMany(seconds: number): ContactCenterError {
  const cause = { vendor: "anywhere365", operation: "subscribe", retryAfterMs: seconds * 1000 } as const;
  return new ContactCenterError(429, "cti.errors.not-answered", cause);
}

function agentsOf(count: number): string[] {
  return Array.from({ length: count }, (_, at) => `sip:agent${at}@contoso.example`);
}

describe("lib/cti/subscription-limits", () => {
  const test = new SubscriptionTest();
  const { manage, open, started, kill } = test;
  const allowed = (agents: number): number => 3 * agents + 60;

  const gapsSince = (from: number): number =>
    new Set(test.gaps.filter(({ to }) => Date.parse(to) >= from).flatMap((gap) => gap.agents)).size;

  /** A process that ended while its broker refused everything: all its subscriptions are left to be ended. */
  const leftBehind = async (agents: string[], fault: ContactCenterError): Promise<void> => {
    const { manager, one } = await started(agents);
    await test.clock.tickAsync(120_000);
    test.broker.fault = fault;
    const closed = one.close(1800);
    await test.clock.tickAsync(2000);
    await closed;
    kill(manager);
    test.broker.calls.length = 0;
  };

  for (const [name, fault] of [
    ["429 with Retry-After", tooMany(20)],
    ["500", failure(500)],
  ] as const)
    for (const count of [20, 100])
      it(`subscribes ${count} agents soon after a broker that answered ${name} to everything at a restart`, async () => {
        await leftBehind(agentsOf(count), fault);
        const one = open(manage());
        void one.start(agentsOf(count));
        await test.clock.tickAsync(15_000);
        assert.ok(test.broker.calls.length <= 30, `${test.broker.calls.length}`);
        test.broker.fault = undefined;
        await test.clock.tickAsync(15_000);
        assert.equal(one.list().filter(({ subscribed }) => subscribed).length, count);
        await test.clock.tickAsync(120_000);
        assert.equal(test.broker.held.size, count);
      });

  it("asks for the end of what was left only with what missing subscriptions do not need", async () => {
    await leftBehind(agentsOf(60), failure(500));
    test.broker.fault = undefined;
    test.broker.keeps = failure(500);
    const manager = manage();
    const one = open(manager);
    void one.start(agentsOf(2));
    await test.clock.tickAsync(5000);
    void one.subscribe(agentsOf(4));
    await test.clock.tickAsync(500);
    assert.equal(one.list().filter(({ subscribed }) => subscribed).length, 4);
  });

  it("subscribes all before it ends what a broker forgot, and one of them again, with little left of the minute", async () => {
    const agents = agentsOf(40);
    let { manager } = await started(agents);
    await test.clock.tickAsync(2000);
    kill(manager);
    ({ manager } = await started(agents));
    await test.clock.tickAsync(8000);
    kill(manager);
    test.broker.held.clear();
    test.broker.calls.length = 0;
    const from = Date.now();
    await started(agents);
    await test.clock.tickAsync(10_000);
    assert.deepEqual([test.broker.held.size, new Set(test.broker.addresses()).size], [40, 40]);
    await test.clock.tickAsync(120_000);
    // One of them shows whether the broker keeps two of an agent.
    assert.equal(test.broker.calls.filter((call) => call.startsWith("+")).length, 41);
    assert.equal(test.broker.held.size, 40);
    assert.equal(gapsSince(from), 40);
  });

  it("sends no more a minute where it is killed again and again while it subscribes", async () => {
    for (let kills = 0; kills < 15; kills++) {
      const manager = manage();
      void open(manager).start(agentsOf(20));
      await test.clock.tickAsync(90);
      kill(manager);
    }
    await started(agentsOf(20));
    assert.ok(test.broker.calls.length <= allowed(20), `${test.broker.calls.length}`);
  });

  it("counts what former processes sent for a minute, and no longer, over several kills", async () => {
    const agents = agentsOf(40);
    let { manager } = await started(agents);
    for (let kills = 0; kills < 2; kills++) {
      await test.clock.tickAsync(25_000);
      kill(manager);
      ({ manager } = await started(agents));
    }
    // All three have 200, and 180 are allowed; the first 40 are a minute old soon.
    const { length } = test.broker.calls;
    await test.clock.tickAsync(12_500);
    assert.ok(length < test.broker.calls.length && test.broker.calls.length < 200, `${length}`);
    await test.clock.tickAsync(25_000);
    assert.deepEqual([test.broker.calls.length, test.broker.held.size], [200, 40]);
  });

  const count = 15;
  for (const lifeMs of [300, 1000, 6000])
    it(`ends ${count} at a stop after kills every ${lifeMs} ms with a broker that takes 30 ms`, async () => {
      test.broker.latencyMs = 30;
      for (let kills = 0; kills < 8; kills++) {
        const manager = manage();
        void open(manager).start(agentsOf(count));
        await test.clock.tickAsync(lifeMs);
        kill(manager);
      }
      const { one } = await started(agentsOf(count));
      const ids = test.ids();
      assert.equal(ids.length, count);
      const closed = one.close(1800);
      await test.clock.tickAsync(1800);
      await closed;
      assert.deepEqual(
        ids.filter((id) => test.broker.held.has(id)),
        [],
      );
      const worst = Math.max(
        ...test.broker.times.map((from) => test.broker.times.filter((at) => at >= from && at < from + 60_000).length),
      );
      assert.ok(worst <= allowed(count), `${worst}`);
    });

  it("asks again for an end no sooner than the broker asked for", async () => {
    const { one } = await started(agentsOf(1));
    test.broker.fault = tooMany(20);
    void one.unsubscribe();
    await test.clock.tickAsync(19_000);
    assert.equal(test.broker.calls.length, 2);
    test.broker.fault = undefined;
    await test.clock.tickAsync(3000);
    assert.equal(test.broker.held.size, 0);
  });

  it("calls nothing confirmed from the first proof that the broker forgot, twice within a minute, too", async () => {
    const agents = agentsOf(80);
    const { one } = await started(agents, 60_000);
    const held = (): number => one.list().filter(({ subscribed }) => subscribed).length;
    for (let forgotten = 0; forgotten < 2; forgotten++) {
      test.broker.held.clear();
      const before = new Set(test.broker.calls);
      let isProved = false;
      for (let at = 0; at < 3000 && (!isProved || held() < 80); at++) {
        await test.clock.tickAsync(50);
        // A new subscription, and then the end of one that is gone.
        isProved ||= test.broker.calls.some((call) => call.startsWith("-") && !before.has(call));
        assert.ok(!isProved || held() <= test.broker.held.size, `${held()} of ${test.broker.held.size}`);
      }
      await test.clock.tickAsync(5000);
      assert.deepEqual([held(), new Set(test.broker.addresses()).size], [80, 80]);
    }
  });

  it("answers a control message that has to wait for the limit, with the time when it goes on", async () => {
    const agents = agentsOf(20);
    const { one } = await started(agents);
    const answers: SubscriptionRow[][] = [];
    for (let asked = 0; asked < 6; asked++) {
      void (asked % 2 ? one.subscribe(agents) : one.unsubscribe(agents)).then((rows) => answers.push(rows));
      await test.clock.tickAsync(4000);
    }
    assert.equal(answers.length, 6);
    const rows = answers[5] ?? [];
    assert.deepEqual([rows.length, new Set(rows.map(codeOf))], [20, new Set(["ELIMIT"])]);
    assert.ok(rows.every(({ error, subscribed }) => !subscribed && /goes on at \d\d:/.test(String(error))));
    assert.ok(test.broker.calls.length <= allowed(20), `${test.broker.calls.length}`);
  });

  it("keeps within the limit whatever a person asks for", async () => {
    const agents = agentsOf(10);
    const { one } = await started(agents);
    for (let asked = 0; asked < 20; asked++) {
      void (asked % 2 ? one.subscribe(agents) : one.unsubscribe(agents));
      await test.clock.tickAsync(2000);
    }
    assert.ok(test.broker.calls.length <= allowed(10), `${test.broker.calls.length}`);
    await test.clock.tickAsync(120_000);
    assert.deepEqual([test.broker.held.size, one.list().length], [10, 10]);
  });

  it("subscribes what is wanted within a minute, however often that was wanted and not while the limit was used up", async () => {
    const few = agentsOf(20);
    const { one } = await started(few);
    await test.clock.tickAsync(120_000);
    for (let message = 0; message < 100; message++) {
      void one.unsubscribe(few);
      void one.subscribe(few);
      await test.clock.tickAsync(200);
    }
    await test.clock.tickAsync(61_000);
    assert.equal(one.list().filter(({ subscribed }) => subscribed).length, few.length);
    assert.equal(test.broker.held.size, few.length);
  });

  it("ends what nobody wants any more, however often the others are renewed", async () => {
    await leftBehind(agentsOf(120), failure(500));
    test.broker.fault = undefined;
    void open(manage(), 48_000).start(agentsOf(60));
    await test.clock.tickAsync(300_000);
    assert.equal(test.broker.held.size, 60);
  });

  it("keeps within the limit where deploys change the callback address again and again", async () => {
    const agents = agentsOf(10);
    const manager = manage();
    let one = open(manager);
    void one.start(agents);
    await test.clock.tickAsync(3000);
    for (let deploy = 0; deploy < 15; deploy++) {
      const closed = one.close(1800, true);
      one = open(manager, 0, `http://x/${deploy}`);
      await test.clock.tickAsync(100);
      await closed;
      void one.start(agents);
      await test.clock.tickAsync(2900);
    }
    assert.ok(test.broker.calls.length <= allowed(10), `${test.broker.calls.length}`);
    await test.clock.tickAsync(240_000);
    assert.deepEqual([test.broker.held.size, one.list().every(({ subscribed }) => subscribed)], [10, true]);
  });

  it("leaves enough of the minute to end all, whatever is asked for again, and says what is not ended", async () => {
    const agents = agentsOf(4);
    const { one } = await started(agents);
    for (let asked = 0; asked < 12; asked++) {
      void one.subscribe(agents);
      await test.clock.tickAsync(1000);
    }
    const closed = one.close(1800);
    await test.clock.tickAsync(2000);
    assert.deepEqual([await closed, test.broker.held.size], [0, 0]);
    assert.ok(test.broker.calls.length <= allowed(4), `${test.broker.calls.length}`);
    const { one: two } = await started(agents);
    test.broker.fault = failure(500);
    const failed = two.close(1800);
    await test.clock.tickAsync(2000);
    assert.equal(await failed, test.broker.held.size);
  });

  it("says at a stop how many are left, those at a former address included", async () => {
    const agents = agentsOf(4);
    const { manager, one } = await started(agents);
    for (let asked = 0; asked < 20; asked++) {
      void one.subscribe(agents);
      await test.clock.tickAsync(1000);
    }
    const deployed = one.close(1800, true);
    const two = open(manager, 0, "http://x/edited");
    void two.start(agents);
    await test.clock.tickAsync(200);
    await deployed;
    manager.allSubscribersExpected();
    await test.clock.tickAsync(2000);
    const closed = two.close(1800);
    await test.clock.tickAsync(2000);
    assert.ok(test.broker.held.size > 4, `${test.broker.held.size}`);
    assert.equal(await closed, test.broker.held.size);
  });

  it("counts the probes of former processes, too, where nobody wants a subscription any more", async () => {
    test.broker.fault = failure("ECONNREFUSED");
    const { manager, one } = await started([ANNA]);
    await one.unsubscribe();
    await test.clock.tickAsync(90_000);
    kill(manager);
    const sent = test.broker.times.filter((at) => at > Date.now() - 60_000);
    const counted = Object.values(test.stored?.requests?.sent ?? {}).reduce((sum, count) => sum + count, 0);
    assert.ok(sent.length > 0 && counted + (test.stored?.requests?.reserved ?? 0) >= sent.length, `${counted}`);
  });

  for (const isFreed of [false, true])
    it(`sends nothing before it is a minute old where nothing can be saved${isFreed ? ", or until it can" : ""}`, async () => {
      const agents = agentsOf(20);
      test.isDiskFull = true;
      for (let life = 0; life < 8; life++) {
        const { manager } = await started(agents);
        await test.clock.tickAsync(7000);
        kill(manager);
      }
      const manager = manage();
      const one = open(manager);
      void one.start(agents);
      await test.clock.tickAsync(5000);
      assert.deepEqual([test.broker.times, codeOf(one.list()[0])], [[], "ELIMIT"]);
      test.isDiskFull = !isFreed;
      await test.clock.tickAsync(isFreed ? 2000 : 56_000);
      assert.equal(one.list().filter(({ subscribed }) => subscribed).length, 20);
    });

  it("takes no request for older where the clock is set forward", async () => {
    const agents = agentsOf(10);
    const { manager, one } = await started(agents);
    for (let asked = 0; asked < 20; asked++) {
      void one.subscribe(agents);
      await test.clock.tickAsync(1000);
      test.clock.setSystemTime(Date.now() + 3_600_000);
    }
    kill(manager);
    test.clock.setSystemTime(Date.now() + 3_600_000);
    await started(agents);
    assert.ok(test.broker.times.length <= allowed(10), `${test.broker.times.length}`);
  });

  it("keeps within the limit where a process is killed again and again", async () => {
    const agents = agentsOf(10);
    for (let life = 0; life < 10; life++) {
      const { manager } = await started(agents);
      await test.clock.tickAsync(3000);
      kill(manager);
    }
    assert.ok(test.broker.calls.length <= allowed(10), `${test.broker.calls.length}`);
    await started(agents);
    await test.clock.tickAsync(120_000);
    assert.equal(test.broker.held.size, 10);
  });
});
