import assert from "node:assert/strict";
import type { SubscriptionManager } from "../../../lib/cti/subscriptions.js";
import { ANNA, BART, CALLBACK, SubscriptionTest } from "../../support/cti-subscriptions.js";

describe("lib/cti: a gap for events that a callback address refused", () => {
  const test = new SubscriptionTest();
  const { gaps, kill, open, started } = test;
  const times = (): (number | string[])[][] =>
    gaps.map(({ from, to, agents }) => [Date.parse(from), Date.parse(to), agents.toSorted()]);

  /** A process with two agents at the address, and another one elsewhere. */
  const withOther = async (): Promise<SubscriptionManager> => {
    const { manager } = await started([ANNA, BART]);
    void open(manager, 0, "http://x/other").start(["sip:carla@contoso.example"]);
    await test.clock.tickAsync(1000);
    return manager;
  };

  it("is told once, to the agents of that address only, without a request", async () => {
    const manager = await withOther();
    manager.users.eventsRefused(CALLBACK, 500);
    manager.users.eventsRefused(CALLBACK, 700);
    await test.clock.tickAsync(3000);
    assert.deepEqual(gaps, []);
    const [before, now] = [test.broker.calls.length, Date.now()];
    manager.users.eventsTaken();
    manager.users.eventsTaken();
    await test.clock.tickAsync(60_000);
    assert.deepEqual(times(), [[500, now, [ANNA, BART]]]);
    assert.equal(test.broker.calls.length, before);
  });

  it("is told with the first event that it takes, where it refused the broker, and not at the end of a deploy", async () => {
    const manager = await withOther();
    manager.users.eventDenied(CALLBACK, 500);
    manager.users.eventDenied(CALLBACK, 700);
    manager.users.eventsTaken();
    manager.users.eventTaken("http://x/other");
    await test.clock.tickAsync(3000);
    assert.deepEqual(gaps, []);
    const now = Date.now();
    manager.users.eventTaken(CALLBACK);
    manager.users.eventTaken(CALLBACK);
    await test.clock.tickAsync(60_000);
    assert.deepEqual(times(), [[500, now, [ANNA, BART]]]);
  });

  it("is told with the new subscription, where the address changed before it took an event", async () => {
    const { manager, one } = await started([ANNA]);
    manager.users.eventDenied(CALLBACK, 100);
    void one.close(1000, true);
    await test.clock.tickAsync(1000);
    void open(manager, 0, "http://x/other").start([ANNA]);
    await test.clock.tickAsync(1000);
    assert.deepEqual(
      times().map(([from, , agents]) => [from, agents]),
      [[100, [ANNA]]],
    );
  });

  it("is told after a kill in that time", async () => {
    const { manager } = await started([ANNA]);
    manager.users.eventDenied(CALLBACK, 100);
    await test.clock.tickAsync(120_000);
    kill(manager);
    await started([ANNA]);
    assert.deepEqual(
      times().map(([from]) => from),
      [100],
    );
  });

  for (const when of ["before", "after"])
    it(`is in the notice of a deploy that restarted the subscriber: refused ${when} it closed`, async () => {
      const { manager, one } = await started([ANNA, BART]);
      await test.clock.tickAsync(5000);
      if (when === "before") manager.users.eventsRefused(CALLBACK, 4000);
      void one.close(1000, true);
      await test.clock.tickAsync(100);
      if (when === "after") manager.users.eventsRefused(CALLBACK, 4000);
      await test.clock.tickAsync(900);
      const before = test.broker.calls.length;
      void open(manager).start([ANNA, BART]);
      await test.clock.tickAsync(1);
      manager.users.eventsTaken();
      await test.clock.tickAsync(60_000);
      assert.deepEqual(
        times().map(([from, , agents]) => [from, agents]),
        [[4000, [ANNA, BART]]],
      );
      assert.equal(test.broker.calls.length, before);
    });

  for (const end of ["kill", "stop"])
    it(`is told after a ${end} that came before the end of the deploy`, async () => {
      const { manager, one } = await started([ANNA]);
      await test.clock.tickAsync(1000);
      manager.users.eventsRefused(CALLBACK, 900);
      await test.clock.tickAsync(1000);
      if (end === "kill") {
        await manager.save();
        kill(manager);
      } else {
        void one.close(1000);
        await test.clock.tickAsync(200);
      }
      await started([ANNA]);
      await test.clock.tickAsync(1000);
      assert.deepEqual(
        times().map(([from]) => from),
        [900],
      );
    });
});
