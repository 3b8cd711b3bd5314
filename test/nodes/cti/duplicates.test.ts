import assert from "node:assert/strict";
import { readEvent } from "../../../lib/cti/events.js";
import type { SubscriptionManager } from "../../../lib/cti/subscriptions.js";
import { expectEvents, isDuplicate, isExpected, noteClosed, noteRefused } from "../../../nodes/cti/callback.js";
import { ANNA, BART, CALLBACK, SubscriptionTest } from "../../support/cti-subscriptions.js";
import { failure } from "../../support/fake-cti-broker.js";

const EVENT = { eventType: "OnHold", SessionType: "Inbound", ImAddress: ANNA, ani: "+31201234567" };
let eventNodes = 0;

describe("nodes/cti/callback", () => {
  const test = new SubscriptionTest();
  const { kill, manage, open, started } = test;
  let eventNode = "";
  beforeEach(() => (eventNode = `events-${++eventNodes}`));
  const expect = (subscriptions: SubscriptionManager, url = CALLBACK): void =>
    void expectEvents(eventNode, {
      subscriptions,
      broker: String(test.managers.indexOf(subscriptions)),
      url,
      onLoggedOut: () => undefined,
    });
  /** Anna is subscribed, and her events are expected. */
  const subscribed = async (): Promise<Awaited<ReturnType<typeof started>>> => {
    const both = await started([ANNA]);
    expect(both.manager);
    return both;
  };
  /** An event of this call comes in. */
  const copies = (SubscriptionId: string, callId: string, more: object = {}): boolean =>
    isDuplicate(eventNode, readEvent({ ...EVENT, SubscriptionId, callId, ...more }), true);

  it("notes what an event node refused, or sent in the second before it closed, for all that use its address", async () => {
    const { manager } = await started([ANNA]);
    const elsewhere = "http://z/events/secret";
    void open(manager, 0, elsewhere).start([BART]);
    expect(manager);
    expectEvents("/events/secret", {
      subscriptions: manager,
      broker: "0",
      url: elsewhere,
      onLoggedOut: () => undefined,
    });
    const gapAfter = (note: () => void): unknown[] => {
      test.gaps.length = 0;
      note();
      manager.users.eventsTaken();
      return test.gaps.map(({ from, agents }) => [Date.now() - Date.parse(from), ...agents]);
    };
    await test.clock.tickAsync(60_000);
    const path = "/events/secret";
    const both = (ms: number): unknown[] => [
      [ms, ANNA],
      [ms, BART],
    ];
    assert.deepEqual(
      gapAfter(() => noteRefused(eventNode, path, Date.now() - 500)),
      both(1500),
    );
    await test.clock.tickAsync(1000);
    assert.deepEqual(
      gapAfter(() => noteClosed(eventNode, path, Date.now() - 900)),
      both(1900),
    );
    assert.deepEqual(
      gapAfter(() => noteClosed(eventNode, path, Date.now() - 1100)),
      [],
    );
  });

  /** One of one call, by its type. */
  const event = (id: string, eventType: string): boolean => copies(id, "call", { eventType });

  describe("finds the second copy of an event", () => {
    it("while one subscription replaces another, and not the same event again", async () => {
      const { one } = await subscribed();
      assert.deepEqual([copies("id-1", "hold"), copies("id-1", "hold")], [false, false]);
      void one.subscribe([ANNA]);
      await test.clock.tickAsync(200);
      assert.deepEqual(
        [copies("id-1", "hold"), copies("id-2", "hold"), copies("id-2", "hold"), copies("id-1", "hold")],
        [false, true, false, true],
      );
      await test.clock.tickAsync(30_100);
      assert.deepEqual([copies("id-2", "ring"), copies("id-1", "ring")], [false, true]);
    });

    it("not what happened again after it was undone while a slow renewal made the other one: a transfer is told", async () => {
      const { one } = await subscribed();
      assert.equal(event("id-1", "Connected"), false);
      await test.clock.tickAsync(5000);
      test.broker.latencyMs = 3000;
      void one.subscribe([ANNA]);
      await test.clock.tickAsync(500);
      assert.equal(event("id-1", "OnHold"), false);
      await test.clock.tickAsync(1500);
      assert.equal(event("id-1", "Retrieve"), false);
      await test.clock.tickAsync(10_000);
      assert.equal(event("id-2", "OnHold"), false);
      await test.clock.tickAsync(1500);
      assert.deepEqual([event("id-2", "Retrieve"), event("id-2", "Disconnected")], [false, false]);
    });

    it("not what came again within 2 s, once the subscription that was being made has posted what undid it", async () => {
      const { one } = await subscribed();
      test.broker.latencyMs = 600;
      void one.subscribe([ANNA]);
      await test.clock.tickAsync(400);
      for (const call of ["call", "other"]) assert.equal(copies("id-1", call, { eventType: "OnHold" }), false);
      await test.clock.tickAsync(500);
      for (const id of ["id-1", "id-2"]) copies(id, "other", { eventType: "Retrieve" });
      assert.deepEqual([event("id-1", "Retrieve"), event("id-2", "Retrieve")], [false, true]);
      await test.clock.tickAsync(100);
      // Its copy of the first, in the wrong order.
      assert.equal(copies("id-2", "other", { eventType: "OnHold" }), true);
      await test.clock.tickAsync(400);
      assert.deepEqual([event("id-2", "OnHold"), event("id-1", "OnHold")], [false, true]);
    });

    it("still within 2 s of it, and 30 s where nothing undid it, while a slow renewal makes the other one", async () => {
      const { one } = await subscribed();
      test.broker.latencyMs = 1000;
      void one.subscribe([ANNA]);
      await test.clock.tickAsync(500);
      assert.deepEqual(
        ["Hunting", "Connected", "OnHold", "Retrieve"].map((type) => event("id-1", type)),
        [false, false, false, false],
      );
      await test.clock.tickAsync(1400);
      assert.deepEqual([event("id-2", "OnHold"), event("id-2", "Retrieve")], [true, true]);
      void one.subscribe([ANNA]);
      await test.clock.tickAsync(500);
      assert.deepEqual([copies("id-2", "late"), copies("id-2", "late", { eventType: "Connected" })], [false, false]);
      await test.clock.tickAsync(20_000);
      assert.deepEqual([copies("id-3", "late"), copies("id-3", "late", { eventType: "Connected" })], [true, true]);
    });

    it("of a subscription of somebody else, where those are passed on, and not what that one alone posts", async () => {
      await subscribed();
      assert.deepEqual(
        ["id-1", "theirs", "theirs", "id-1", "theirs"].map((id) => copies(id, "ring")),
        [false, true, false, true, false],
      );
      assert.deepEqual([copies("theirs", "back"), copies("id-1", "back")], [false, true]);
    });

    it("for as long as the broker does not end the former one", async () => {
      const { one } = await subscribed();
      test.broker.keeps = failure(500);
      void one.subscribe([ANNA]);
      await test.clock.tickAsync(30_000);
      assert.deepEqual(
        ["id-1", "id-2"].map((id) => copies(id, "hold")),
        [false, true],
      );
    });

    it("where the broker does not end one whose answer got lost", async () => {
      const { manager, one } = await started([BART]);
      test.broker.loseAnswers = 1;
      void one.subscribe([ANNA]);
      await test.clock.tickAsync(20_000);
      test.broker.keeps = failure(500);
      assert.equal(manager.admission.admits(CALLBACK, "id-2", ANNA), false);
      await test.clock.tickAsync(20_000);
      expect(manager);
      assert.deepEqual(
        ["id-2", "id-3"].map((id) => copies(id, "hold")),
        [false, true],
      );
    });

    it("of two that lost answers left, while the agent is asked for again", async () => {
      const { manager, one } = await started([BART]);
      expect(manager);
      test.broker.loseAnswers = 2;
      void one.subscribe([ANNA]);
      await test.clock.tickAsync(10);
      assert.equal(copies("id-2", "hold"), false);
      test.broker.gate = new Promise(() => undefined);
      await test.clock.tickAsync(800);
      assert.deepEqual([test.broker.running, manager.admission.admits(CALLBACK, "id-3", ANNA)], [1, true]);
      assert.equal(copies("id-2", "again"), false);
      await test.clock.tickAsync(100);
      assert.equal(copies("id-3", "again"), true);
    });

    it("and the third, where the ends of two former ones are pending", async () => {
      const { one } = await subscribed();
      test.broker.keeps = failure(500);
      for (let renewal = 0; renewal < 2; renewal++) {
        void one.subscribe([ANNA]);
        await test.clock.tickAsync(200);
      }
      const all = (): boolean[] => ["id-1", "id-2", "id-3"].map((id) => copies(id, "hold"));
      assert.deepEqual([all(), all()], Array(2).fill([false, true, true]));
    });

    it("after a kill between a subscription and the end of the one that it replaced", async () => {
      const { manager: former, one } = await started([ANNA]);
      test.broker.keeps = failure(500);
      void one.subscribe([ANNA]);
      await test.clock.tickAsync(500);
      kill(former);
      const manager = manage();
      await test.clock.tickAsync(100);
      expect(manager);
      const all = (): boolean[] => ["id-1", "id-2"].map((id) => copies(id, "hold"));
      assert.deepEqual([all(), all()], Array(2).fill([false, true]));
    });

    it("before what a former process left is known, before a subscriber is there, and across both", async () => {
      const { manager: former, one } = await started([ANNA]);
      test.broker.keeps = failure(500);
      void one.subscribe([ANNA]);
      await test.clock.tickAsync(500);
      kill(former);
      assert.deepEqual([copies("id-1", "a"), copies("id-2", "a"), copies("id-1", "b")], [false, true, false]);
      const manager = manage();
      expect(manager);
      assert.equal(manager.previous.loaded, false);
      assert.deepEqual([copies("id-1", "c"), copies("id-2", "c"), copies("id-1", "d")], [false, true, false]);
      const two = open(manager);
      void two.start([ANNA]);
      await test.clock.tickAsync(200);
      assert.ok(manager.previous.loaded && two.list()[0]?.subscribed);
      assert.deepEqual([copies("id-2", "b"), copies("id-2", "d")], [true, true]);
    });

    it("however it is spelled", async () => {
      const { one } = await subscribed();
      test.broker.keeps = failure(500);
      void one.subscribe([ANNA]);
      await test.clock.tickAsync(500);
      const spellings = [
        { ImAddress: "SIP:Anna@CONTOSO.example" },
        { ImAddress: "anna@contoso.example" },
        { eventType: 6, SessionType: "0" },
        { ani: null },
        { ani: undefined },
        { Extra: 1 },
      ];
      for (const [at, spelling] of spellings.entries())
        assert.deepEqual(
          [copies("id-1", `call-${at}`), copies("{ID-2}", `call-${at}`, spelling)],
          [false, true],
          JSON.stringify(spelling),
        );
      const others = [
        { eventType: "Retrieve" },
        { SessionType: "Outbound" },
        { ImAddress: BART },
        { callId: "y" },
        { callId: null },
        { callId: null, ani: "+31201234568" },
      ];
      assert.equal(copies("id-1", "x"), false);
      for (const other of others) assert.equal(copies("id-2", "x", other), false, JSON.stringify(other));
    });

    it("within 30 s, whatever the later one has posted since", async () => {
      const { one } = await subscribed();
      test.broker.keeps = failure(500);
      void one.subscribe([ANNA]);
      await test.clock.tickAsync(500);
      for (const id of ["id-1", "id-2"])
        for (const callId of ["late", "later"])
          assert.equal(copies(id, callId, { eventType: id === "id-1" ? "OnHold" : "Hunting" }), false);
      await test.clock.tickAsync(29_900);
      assert.deepEqual([copies("id-2", "late"), copies("id-2", "late"), copies("id-1", "late")], [true, false, true]);
      assert.equal(copies("id-1", "late", { eventType: "Hunting" }), true);
      await test.clock.tickAsync(200);
      assert.equal(copies("id-2", "later"), false);
    });

    it("that came before it was surely made within 2 s, or 30 s while it has posted nothing later", async () => {
      const { one } = await subscribed();
      test.broker.keeps = failure(500);
      test.broker.gate = new Promise((resolve) => setTimeout(resolve, 1000));
      void one.subscribe([ANNA]);
      await test.clock.tickAsync(500);
      for (const callId of ["early", "moved", "late", "later"]) assert.equal(copies("id-1", callId), false);
      for (const callId of ["early", "moved"]) assert.equal(copies("id-2", callId, { eventType: "Connected" }), false);
      await test.clock.tickAsync(1900);
      assert.equal(copies("id-2", "early"), true);
      await test.clock.tickAsync(200);
      // The agent may hold the call again.
      assert.equal(copies("id-2", "moved"), false);
      await test.clock.tickAsync(27_800);
      assert.deepEqual([copies("id-2", "late"), copies("id-2", "late"), copies("id-1", "late")], [true, false, true]);
      await test.clock.tickAsync(200);
      assert.equal(copies("id-2", "later"), false);
    });

    it("for 5 minutes after the former one has ended, and what that one posts late then", async () => {
      const { manager, one } = await subscribed();
      void one.subscribe([ANNA]);
      await test.clock.tickAsync(500);
      assert.equal(copies("id-2", "rings"), false);
      await test.clock.tickAsync(28_000);
      assert.deepEqual([manager.admission.admits(CALLBACK, "id-1", ANNA), copies("id-1", "rings")], [true, true]);
      await test.clock.tickAsync(273_000);
      assert.equal(manager.admission.admits(CALLBACK, "id-1", ANNA), false);
    });

    it("at two addresses of one event node, but not of two brokers", async () => {
      const { manager, one } = await subscribed();
      const elsewhere = "http://z/y";
      const two = open(manager, 0, elsewhere);
      void two.start([ANNA]);
      await test.clock.tickAsync(200);
      expect(manager, elsewhere);
      assert.deepEqual([one.list()[0]?.subscriptionId, two.list()[0]?.subscriptionId], ["id-1", "id-2"]);
      assert.deepEqual([copies("id-1", "a"), copies("id-2", "a")], [false, true]);
      test.stored = undefined;
      const other = manage();
      void open(other).start([ANNA]);
      await test.clock.tickAsync(200);
      expect(other);
      assert.deepEqual([copies("id-1", "b"), copies("id-3", "b")], [false, false]);
    });

    it("of one broker, beside another one with the same agent that was killed a moment ago and may have asked for more", async () => {
      const { manager: former } = await started([ANNA]);
      kill(former);
      const { manager } = await started([ANNA]);
      test.stored = undefined;
      const { manager: other, one } = await started([ANNA]);
      expect(manager);
      expect(other);
      const id = one.list()[0]?.subscriptionId ?? "";
      const isPassedOn = (SubscriptionId: string): boolean => {
        const read = readEvent({ ...EVENT, SubscriptionId, callId: "c" });
        return isExpected(eventNode, read, false) && !isDuplicate(eventNode, read, true);
      };
      assert.equal(isPassedOn(id), true);
      await test.clock.tickAsync(3000);
      void one.subscribe([ANNA]);
      await test.clock.tickAsync(150);
      const next = one.list()[0]?.subscriptionId ?? "";
      assert.notEqual(next, id);
      assert.deepEqual([isPassedOn(id), isPassedOn(next)], [true, false]);
      assert.deepEqual(
        [manager.problems.isPending(id), other.problems.isPending(id), test.broker.held.has(next)],
        [false, false, true],
      );
    });
  });
});
