/** How soon all agents are subscribed again after kills, within the limit of requests. */
import assert from "node:assert/strict";
import { CALLBACK, SubscriptionTest } from "../../support/cti-subscriptions.js";

const AGENTS = Array.from({ length: 40 }, (_, at) => `sip:agent${at}@contoso.example`);
const PER_MINUTE = 3 * AGENTS.length + 60;
const MINUTE_MS = 60_000;
/** How long a process takes to start, milliseconds. */
const START_MS = 2000;
/** What the requests take, and what the kills make the next process count too many, milliseconds. */
const MARGIN_MS = 2500;

/** What checks leave of a minute, so that a stop can end 15 subscriptions. */
const LEFT_FOR_STOP = 21;

/** When the last of some more requests may be sent at the earliest, where these were sent before; Unix milliseconds. */
function earliest(sent: readonly number[], more: number): number {
  const all = [...sent];
  const now = Date.now();
  for (let request = 0; request < more; request++)
    all.push(Math.max(now, (all.at(-PER_MINUTE) ?? -MINUTE_MS) + MINUTE_MS));
  return all.at(-1) ?? now;
}

describe("lib/cti/recovery", () => {
  const test = new SubscriptionTest();
  for (const lives of [
    [50, 60, 2000],
    [200, 200, 200],
    [300, 1500, 4000],
    [4000, 300, 300],
    [4000, 4000, 4000],
  ])
    it(`of 40 agents, killed ${lives.join(", ")} ms after a start, is as soon as the limit allows`, async () => {
      const { broker, clock } = test;
      broker.latencyMs = 30;
      for (const ms of lives) {
        const manager = test.manage();
        void test.open(manager).start(AGENTS);
        await clock.tickAsync(ms);
        test.kill(manager);
        await clock.tickAsync(START_MS);
      }
      const manager = test.manage();
      void test.open(manager).start(AGENTS);
      const [before, calls] = [[...broker.times], broker.calls.length];
      const restartedAt = Date.now();
      // Each agent is asked for, of each the former subscription is ended, and a stop has its share.
      const soonest = Math.max(restartedAt, earliest(before, 2 * AGENTS.length + LEFT_FOR_STOP));
      const isDone = (): boolean => AGENTS.every((agent) => broker.calls.includes(`+${agent}`, calls));
      while (!isDone() && Date.now() <= soonest + MARGIN_MS) {
        await clock.tickAsync(100);
        for (const [id, agent] of broker.held) manager.admission.admits(CALLBACK, id, agent);
      }
      assert.ok(isDone(), `not ${(soonest + MARGIN_MS - restartedAt) / 1000} s after the start`);
      await clock.tickAsync(MINUTE_MS);
      for (const [at, time] of broker.times.entries())
        assert.ok((broker.times[at - PER_MINUTE] ?? -MINUTE_MS) <= time - MINUTE_MS, "too many requests in a minute");
    });
});
