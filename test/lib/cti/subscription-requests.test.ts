import assert from "node:assert/strict";
import type { Subscriber } from "../../../lib/cti/subscriber.js";
import { SubscriptionManager } from "../../../lib/cti/subscriptions.js";
import { ANNA, BART, codeOf, SubscriptionTest } from "../../support/cti-subscriptions.js";
import { failure } from "../../support/fake-cti-broker.js";

describe("lib/cti/subscription-requests", () => {
  const test = new SubscriptionTest();
  const { ids, manage, open, started } = test;

  describe("spares the broker", () => {
    const AGENTS = Array.from({ length: 20 }, (_, at) => `sip:agent${at}@contoso.example`);

    it("has four requests at once, and the time in the queue is not the request's", async () => {
      await started(AGENTS);
      assert.deepEqual([test.broker.mostAtOnce, test.broker.held.size, test.broker.calls.length], [4, 20, 20]);
    });

    it("asks again for the agent that is refused, with growing pauses, and for nobody else", async () => {
      test.broker.refused.set(AGENTS[0] as string, failure(503));
      await started(AGENTS);
      await test.clock.tickAsync(600_000);
      assert.equal(test.broker.calls.length - test.broker.subscribes(AGENTS[0] as string), 19);
      assert.ok(test.broker.subscribes(AGENTS[0] as string) <= 20, `${test.broker.subscribes(AGENTS[0] as string)}`);
    });

    it("makes nothing again after one failed renewal", async () => {
      await started(AGENTS, 60_000);
      const [agent] = AGENTS as [string];
      test.broker.refused.set(agent, failure(502));
      await test.clock.tickAsync(60_000);
      test.broker.refused.clear();
      await test.clock.tickAsync(2000);
      assert.equal(test.broker.held.size, 20);
      for (const other of AGENTS.slice(1)) assert.ok(test.broker.subscribes(other) <= 3, other);
    });

    it("probes a broker that is away, and asks it for nothing else", async () => {
      await started(AGENTS, 60_000);
      test.broker.fault = failure("ECONNREFUSED");
      const before = test.broker.calls.length;
      await test.clock.tickAsync(600_000);
      assert.ok(test.broker.calls.length - before <= 4, `${test.broker.calls.length - before}`);
      assert.ok(test.broker.probes >= 18 && test.broker.probes <= 30, `${test.broker.probes}`);
    });

    it("renews each once after an outage, spread out", async () => {
      await started(AGENTS, 300_000);
      test.broker.fault = failure("ECONNREFUSED");
      await test.clock.tickAsync(300_000);
      test.broker.fault = undefined;
      const before = test.broker.calls.length;
      await test.clock.tickAsync(35_000);
      assert.equal(test.broker.calls.length - before, 40);
      assert.equal(test.broker.held.size, 20);
    });

    it("does not call subscribed what waits for its check after an outage", async () => {
      const { one } = await started(AGENTS, 300_000);
      test.broker.fault = failure("ECONNREFUSED");
      void one.subscribe(AGENTS.slice(0, 1));
      await test.clock.tickAsync(50_000);
      test.broker.fault = undefined;
      test.broker.held.clear();
      for (let at = 0; at < 4000; at++) {
        await test.clock.tickAsync(10);
        const subscribed = one.list().filter((row) => row.subscribed).length;
        assert.ok(subscribed <= test.broker.held.size, `${subscribed} of ${test.broker.held.size}`);
      }
      assert.equal(one.list().filter((row) => row.subscribed).length, 20);
    });

    it("staggers renewals", async () => {
      const manager = new SubscriptionManager({
        client: test.broker,
        store: { load: () => Promise.resolve(undefined), save: () => Promise.resolve("saved") },
      });
      test.managers.push(manager);
      const start = open(manager, 300_000).start(AGENTS);
      await test.clock.tickAsync(200);
      await start;
      const before = test.broker.calls.length;
      // Half of the interval after the first subscription, none is due yet.
      await test.clock.tickAsync(149_700);
      assert.equal(test.broker.calls.length, before);
      await test.clock.tickAsync(75_300);
      assert.ok(test.broker.calls.length > before && test.broker.calls.length < before + 40);
      await test.clock.tickAsync(76_000);
      assert.ok(test.broker.calls.length >= before + 40);
    });
  });

  describe("tries again", () => {
    it("an agent that a proxy refuses, and settles without it when the broker answers others", async () => {
      test.broker.refused.set(ANNA, failure(503));
      const one = open(manage());
      const start = one.start([ANNA, BART]);
      await test.clock.tickAsync(10_000);
      assert.deepEqual(
        (await start).map(({ subscribed }) => subscribed),
        [false, true],
      );
    });

    it("what was refused, with back-off", async () => {
      test.broker.refused.set(ANNA, failure(500));
      const { one } = await started([ANNA]);
      assert.deepEqual([one.list()[0]?.subscribed, codeOf(one.list()[0])], [false, 500]);
      test.broker.refused.clear();
      await test.clock.tickAsync(1000);
      assert.equal(one.list()[0]?.subscribed, true);
    });

    it("a broker that is away at start: never gives up, and is settled when it is back", async () => {
      test.broker.fault = failure("ECONNREFUSED");
      const one = open(manage());
      let settled = false;
      const start = one.start([ANNA]).then((rows) => {
        settled = true;
        return rows;
      });
      await test.clock.tickAsync(600_000);
      assert.deepEqual([settled, codeOf(one.list()[0])], [false, "ECONNREFUSED"]);
      test.broker.fault = undefined;
      await test.clock.tickAsync(31_000);
      assert.deepEqual(await start, [{ imAddress: ANNA, subscribed: true, subscriptionId: "id-1" }]);
    });
  });

  describe("renews", () => {
    it("the new one first, then the end of the old one", async () => {
      await started([ANNA], 60_000);
      await test.clock.tickAsync(60_200);
      assert.deepEqual(test.broker.calls, [`+${ANNA}`, `+${ANNA}`, "-id-1"]);
      await test.clock.tickAsync(60_200);
      assert.deepEqual([test.broker.addresses(), ids()], [[ANNA], ["id-3"]]);
    });

    it("not while the broker does not end the former one: it would only get worse", async () => {
      await started([ANNA], 10_000);
      test.broker.keeps = failure(500);
      await test.clock.tickAsync(100_000);
      assert.equal(test.broker.held.size, 2);
    });

    it("not for three minutes while a web page answers instead of the broker, which is asked again and again", async () => {
      const { one } = await started([ANNA, BART], 10_000);
      test.broker.keeps = failure("EANSWER");
      await test.clock.tickAsync(170_000);
      assert.deepEqual([test.broker.held.size, one.postponed], [4, 2]);
      assert.deepEqual(
        one.list().map((row) => [row.subscribed, codeOf(row)]),
        [
          [true, "EANSWER"],
          [true, "EANSWER"],
        ],
      );
      const [row] = await one.unsubscribe([ANNA]);
      assert.deepEqual([row?.subscribed, codeOf(row)], [false, "EANSWER"]);
      test.broker.keeps = undefined;
      await test.clock.tickAsync(61_000);
      assert.deepEqual([test.broker.held.size, test.broker.addresses()], [1, [BART]]);
    });

    for (const [what, error] of [
      ["a page", failure("EANSWER")],
      ["a page with 404", failure("EANSWER", 404)],
      ["500", failure(500)],
      ["nothing", failure("ETIMEDOUT")],
    ] as const)
      it(`again after some minutes, where what the broker forgot cannot be ended: ${what} answers`, async () => {
        await started([ANNA], 20_000);
        test.broker.unknownWith = error;
        test.broker.held.clear();
        await test.clock.tickAsync(60_000);
        test.broker.held.clear();
        await test.clock.tickAsync(600_000);
        assert.ok(test.broker.addresses().includes(ANNA));
      });

    it("with a gap where a page with 404 says that the broker forgot, and the next renewal works", async () => {
      const from = Date.now();
      const { one } = await started([ANNA, BART], 20_000);
      test.broker.unknownWith = failure("EANSWER", 404);
      test.broker.held.clear();
      await test.clock.tickAsync(60_000);
      assert.deepEqual([test.broker.addresses(), one.postponed], [[ANNA, BART], 0]);
      const told = test.gaps.map(({ agents, from }) => [...agents, Date.parse(from)]);
      assert.deepEqual(new Set(told.flat()), new Set([ANNA, BART, from]));
    });

    it("begins none whose former one could not be ended within the limit of requests", async () => {
      const { one } = await started(
        Array.from({ length: 20 }, (_, at) => `sip:agent${at}@contoso.example`),
        3000,
      );
      await test.clock.tickAsync(150_000);
      assert.equal(one.list().length, 20);
      assert.ok(test.broker.longestPairMs <= 1500, `${test.broker.longestPairMs}`);
    });

    it("counts those that wait for the end of the former one, until they are renewed", async () => {
      const { one } = await started([ANNA, BART], 10_000);
      test.broker.keeps = failure(500);
      await test.clock.tickAsync(20_000);
      assert.equal(one.postponed, 2);
      test.broker.keeps = undefined;
      await test.clock.tickAsync(60_000);
      assert.equal(one.postponed, 0);
    });

    it("does not end a subscription whose id the broker hands out again", async () => {
      test.broker.nextId = (address) => `same-${address}`;
      const { one } = await started([ANNA], 60_000);
      await test.clock.tickAsync(60_200);
      void one.subscribe([ANNA]);
      await test.clock.tickAsync(200);
      assert.deepEqual(
        [test.broker.calls.filter((call) => call.startsWith("-")), test.broker.addresses()],
        [[], [ANNA]],
      );
    });

    it("makes it again, with a gap, where an end that was never answered may have met the id that was handed out again", async () => {
      test.broker.nextId = (address) => `same-${address}`;
      const { one } = await started([ANNA]);
      const from = Date.now();
      test.broker.keeps = failure("ETIMEDOUT");
      void one.unsubscribe();
      await test.clock.tickAsync(100);
      void one.subscribe([ANNA]);
      await test.clock.tickAsync(100);
      assert.equal(one.list()[0]?.subscribed, true);
      // The broker ends it late.
      test.broker.held.clear();
      test.broker.keeps = undefined;
      await test.clock.tickAsync(60_000);
      const [gap] = test.gaps;
      assert.deepEqual(
        [test.broker.addresses(), test.gaps.map(({ agents }) => agents), Date.parse(gap?.from ?? "") <= from + 200],
        [[ANNA], [[ANNA]], true],
      );
      assert.equal(test.broker.calls.filter((call) => call.startsWith("-")).length, 1);
    });

    for (const [how, end] of [
      ["are unsubscribed", (one) => one.unsubscribe()],
      ["leave with their node", (one) => one.close(1800)],
    ] as [string, (one: Subscriber) => Promise<unknown>][])
      it(`ends a subscription of several agents once, when all of them ${how}`, async () => {
        test.broker.nextId = () => "same";
        const { one } = await started([ANNA, BART, "sip:carl@contoso.example"]);
        void one.unsubscribe([ANNA]);
        await test.clock.tickAsync(200);
        assert.equal(test.broker.held.size, 1);
        void end(one);
        await test.clock.tickAsync(200);
        assert.deepEqual([test.broker.calls.filter((call) => call.startsWith("-")), ids()], [["-same"], []]);
      });

    it("ends a subscription of several agents that a former process left and nobody wants any more", async () => {
      test.broker.nextId = () => "same";
      const { manager } = await started([ANNA, BART]);
      test.kill(manager);
      await started([]);
      assert.equal(test.broker.held.size, 0);
    });

    it("on request what is subscribed already: one subscription, however often", async () => {
      const { one } = await started([ANNA]);
      void one.subscribe([ANNA.toUpperCase()]);
      await test.clock.tickAsync(300);
      assert.deepEqual([test.broker.addresses(), ids()], [[ANNA], ["id-2"]]);
    });
  });
});
