/** Brokers that keep one subscription of an agent: one ends the former by itself, another refuses a second one with 409. */
import assert from "node:assert/strict";
import type { SubscriptionManager } from "../../../lib/cti/subscriptions.js";
import { ANNA, BART, CALLBACK, codeOf, SubscriptionTest } from "../../support/cti-subscriptions.js";
import { failure } from "../../support/fake-cti-broker.js";

const RENEW_MS = 60_000;
const LATENCY_MS = 20;

describe("lib/cti/one-per-agent", () => {
  const test = new SubscriptionTest();
  const { gaps, kill, open, started } = test;

  beforeEach(() => {
    test.broker.latencyMs = LATENCY_MS;
  });

  /** An event of each subscription of these agents. */
  const post = (manager: SubscriptionManager, agents: readonly string[]): void => {
    for (const [id, agent] of test.broker.held)
      if (agents.includes(agent)) assert.equal(manager.admission.admits(CALLBACK, id, agent), true, id);
  };
  /** Time passes, with an event of each of these agents every 5 s. */
  const busy = async (manager: SubscriptionManager, ms: number, agents: readonly string[]): Promise<void> => {
    for (let at = 0; at < ms; at += 5000) {
      await test.clock.tickAsync(5000);
      post(manager, agents);
    }
  };
  const longest = (): number => Math.max(0, ...gaps.map(({ durationMs }) => durationMs));

  for (const former of ["replaced", "refuses"] as const)
    describe(`where the former subscription ${former === "replaced" ? "is ended by another one" : "refuses another one"}`, () => {
      beforeEach(() => {
        test.broker.former = former;
      });

      it("gives no gap while events come, and no error", async () => {
        const { manager, one } = await started([ANNA, BART], RENEW_MS);
        await busy(manager, 3 * RENEW_MS, [ANNA, BART]);
        gaps.length = 0;
        for (let minute = 0; minute < 60; minute++) {
          await busy(manager, 60_000, [ANNA, BART]);
          assert.deepEqual(
            one.list().map((row) => [row.subscribed, row.error]),
            [
              [true, undefined],
              [true, undefined],
            ],
          );
        }
        assert.deepEqual([gaps, test.broker.addresses()], [[], [ANNA, BART]]);
      });

      it("gives without events a gap of the moment in which there is none, and nothing is red", async () => {
        const { one } = await started([ANNA], RENEW_MS);
        await test.clock.tickAsync(3 * RENEW_MS);
        gaps.length = 0;
        for (let second = 0; second < 600; second++) {
          await test.clock.tickAsync(1000);
          assert.equal(one.list()[0]?.error, undefined);
        }
        assert.ok(gaps.length >= 9 && longest() <= 3 * LATENCY_MS, JSON.stringify(gaps));
        assert.deepEqual(test.broker.addresses(), [ANNA]);
      });

      it("tells what a broker forgot that did so between two renewals, and makes it again", async () => {
        const { manager } = await started([ANNA, BART], RENEW_MS);
        await busy(manager, 5 * RENEW_MS, [ANNA, BART]);
        gaps.length = 0;
        const lastEvent = Date.now();
        test.broker.held.clear();
        await test.clock.tickAsync(2 * RENEW_MS + 6000);
        assert.deepEqual(test.broker.addresses(), [ANNA, BART]);
        for (const agent of [ANNA, BART])
          assert.ok(
            gaps.some(({ agents, from }) => agents.includes(agent) && Date.parse(from) <= lastEvent),
            JSON.stringify(gaps),
          );
      });

      it("tells what a broker forgot of one agent only, however busy the others are", async () => {
        const { manager } = await started([ANNA, BART], RENEW_MS);
        await busy(manager, 5 * RENEW_MS, [ANNA, BART]);
        gaps.length = 0;
        const lastEvent = Date.now();
        for (const [id, agent] of test.broker.held) if (agent === ANNA) test.broker.held.delete(id);
        await busy(manager, 2 * RENEW_MS + 5000, [BART]);
        assert.ok(
          gaps.some(({ agents, from }) => agents.includes(ANNA) && Date.parse(from) <= lastEvent),
          JSON.stringify(gaps),
        );
        assert.deepEqual(test.broker.addresses(), [ANNA, BART]);
      });

      it("renews each time, though events come, where subscriptions expire", async () => {
        const { manager } = await started([ANNA], RENEW_MS);
        await busy(manager, 5 * RENEW_MS, [ANNA]);
        test.broker.held.clear();
        await test.clock.tickAsync(2 * RENEW_MS + 6000);
        const [id] = test.broker.held.keys();
        await busy(manager, RENEW_MS + 5000, [ANNA]);
        assert.equal(test.broker.held.has(id as string), false);
      });

      it("heals after an outage, a kill and a message that asks for it", async () => {
        const { manager, one } = await started([ANNA, BART], 5 * RENEW_MS);
        test.broker.fault = failure("ECONNREFUSED");
        void one.subscribe([ANNA]);
        await test.clock.tickAsync(20_000);
        test.broker.fault = undefined;
        await test.clock.tickAsync(60_000);
        assert.ok(one.list().every((row) => row.subscribed && row.error === undefined));
        void one.subscribe([ANNA, BART]);
        await test.clock.tickAsync(2000);
        assert.ok(one.list().every((row) => row.subscribed && row.error === undefined));
        kill(manager);
        const { one: again } = await started([ANNA, BART], 5 * RENEW_MS);
        await test.clock.tickAsync(10_000);
        assert.ok(again.list().every((row) => row.subscribed && row.error === undefined));
        assert.deepEqual(test.broker.addresses(), [ANNA, BART]);
        assert.deepEqual(test.ids().toSorted(), [...test.broker.held.keys()].toSorted());
      });

      it("leaves a subscription as it is that the broker does not end: late, and no error but that", async () => {
        const { manager, one } = await started([ANNA], RENEW_MS);
        await busy(manager, 3 * RENEW_MS, [ANNA]);
        gaps.length = 0;
        const [id] = test.broker.held.keys();
        test.broker.keeps = failure(500);
        await test.clock.tickAsync(3 * RENEW_MS);
        post(manager, [ANNA]);
        assert.deepEqual([one.list()[0]?.subscribed, codeOf(one.list()[0]), one.postponed], [true, 500, 1]);
        assert.deepEqual([[...test.broker.held.keys()], gaps], [[id], []]);
        test.broker.keeps = undefined;
        await test.clock.tickAsync(3 * RENEW_MS);
        assert.deepEqual([one.list()[0]?.subscribed, one.list()[0]?.error, one.postponed], [true, undefined, 0]);
      });

      it("gives a gap where the end was not answered and may have been carried out", async () => {
        const { manager, one } = await started([ANNA], RENEW_MS);
        await busy(manager, 5 * RENEW_MS, [ANNA]);
        gaps.length = 0;
        test.broker.keeps = failure("ETIMEDOUT");
        await test.clock.tickAsync(2 * RENEW_MS);
        test.broker.held.clear();
        test.broker.keeps = undefined;
        await test.clock.tickAsync(RENEW_MS);
        assert.equal(one.list()[0]?.subscribed, true);
        assert.deepEqual(test.broker.addresses(), [ANNA]);
        assert.ok(longest() > 10_000, JSON.stringify(gaps));
      });
    });

  it("says that an agent is refused whom another program has, with a gap where it was ours", async () => {
    test.broker.former = "refuses";
    const { manager, one } = await started([ANNA], RENEW_MS);
    await busy(manager, 5 * RENEW_MS, [ANNA]);
    gaps.length = 0;
    test.broker.held.clear();
    test.broker.held.set("foreign", ANNA);
    await test.clock.tickAsync(3 * RENEW_MS);
    assert.deepEqual([one.list()[0]?.subscribed, codeOf(one.list()[0])], [false, 409]);
    test.broker.held.clear();
    const at = Date.now();
    await test.clock.tickAsync(2 * RENEW_MS);
    const [gap] = gaps;
    assert.equal(one.list()[0]?.subscribed, true);
    assert.ok(Date.parse(gap?.from ?? "") < at - RENEW_MS && Date.parse(gap?.to ?? "") >= at, JSON.stringify(gaps));
  });

  it("is not taken for one where it keeps both and had forgotten", async () => {
    await started([ANNA, BART], RENEW_MS);
    test.broker.held.clear();
    await test.clock.tickAsync(RENEW_MS + 6000);
    assert.deepEqual(new Set(gaps.flatMap(({ agents }) => agents)), new Set([ANNA, BART]));
    gaps.length = 0;
    const before = test.broker.subscribes(ANNA);
    await test.clock.tickAsync(10 * RENEW_MS);
    assert.deepEqual([gaps, test.broker.subscribes(ANNA) >= before + 9], [[], true]);
  });

  it("is found out again after it was changed", async () => {
    test.broker.former = "replaced";
    const { manager } = await started([ANNA], RENEW_MS);
    await busy(manager, 3 * RENEW_MS, [ANNA]);
    test.broker.former = undefined;
    test.broker.held.clear();
    await test.clock.tickAsync(3 * RENEW_MS);
    gaps.length = 0;
    await test.clock.tickAsync(10 * RENEW_MS);
    assert.deepEqual([gaps, test.broker.addresses()], [[], [ANNA]]);
  });

  it("is used by several nodes that want one agent", async () => {
    test.broker.former = "replaced";
    const { manager } = await started([ANNA], RENEW_MS);
    const two = open(manager, RENEW_MS);
    void two.start([ANNA]);
    await busy(manager, 3 * RENEW_MS, [ANNA]);
    gaps.length = 0;
    await busy(manager, 10 * RENEW_MS, [ANNA]);
    assert.deepEqual([gaps, test.broker.addresses()], [[], [ANNA]]);
  });
});
