import assert from "node:assert/strict";
import { ANNA, BART, SubscriptionTest } from "../../support/cti-subscriptions.js";
import { failure } from "../../support/fake-cti-broker.js";

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

describe("lib/cti: a clock that is set back", () => {
  const test = new SubscriptionTest();
  const { gaps, kill, started } = test;
  const setBack = (ms = HOUR_MS): void => test.clock.setSystemTime(Date.now() - ms);
  beforeEach(() => test.clock.setSystemTime(100 * DAY_MS));
  /** Duration of the only gap, and how long ago it ended, both in seconds. */
  const gap = (): number[] => {
    assert.equal(gaps.length, 1, JSON.stringify(gaps));
    const [{ from, to, durationMs } = { from: "", to: "", durationMs: 0 }] = gaps;
    assert.equal(durationMs, Date.parse(to) - Date.parse(from));
    return [durationMs, Date.now() - Date.parse(to)].map((ms) => Math.round(ms / 1000));
  };

  it("within an outage leaves its gap the true length, by the clock as it is set then", async () => {
    await started([ANNA, BART], 30_000);
    await test.clock.tickAsync(15_000);
    test.broker.fault = failure("ECONNREFUSED");
    await test.clock.tickAsync(60_000);
    setBack();
    await test.clock.tickAsync(60_000);
    test.broker.fault = undefined;
    await test.clock.tickAsync(30_000);
    const [lengthS = 0, agoS = 0] = gap();
    assert.ok(lengthS >= 120 && lengthS <= 165 && agoS >= 0 && agoS <= 30, `${lengthS} s, ${agoS} s ago`);
  });

  it("keeps no request waiting: what was sent before is forgotten after a minute", async () => {
    const { one } = await started([ANNA]);
    for (let request = 0; request < 31; request++) {
      void one.subscribe([ANNA]);
      await test.clock.tickAsync(200);
    }
    setBack();
    await test.clock.tickAsync(61_000);
    const before = test.broker.calls.length;
    void one.subscribe([ANNA]);
    await test.clock.tickAsync(1000);
    assert.equal(test.broker.calls.length - before, 2);
  });

  for (const [when, inProcess] of [
    ["while Node-RED is down", false],
    ["before the kill, since the ids were written", true],
  ] as const)
    it(`${when} leaves the gap its true length`, async () => {
      const { manager } = await started([ANNA]);
      await test.clock.tickAsync(20_000);
      if (inProcess) setBack();
      await test.clock.tickAsync(inProcess ? 5000 : 0);
      kill(manager);
      await test.clock.tickAsync(10_000);
      if (!inProcess) setBack();
      await started([ANNA]);
      const [lengthS = 0, agoS] = gap();
      assert.ok(lengthS >= 11 && lengthS <= 13 && agoS === 0, `${lengthS} s`);
    });

  it("over a restart of the machine makes the gap a day longer: nobody knows how long it was off", async () => {
    const { manager } = await started([ANNA]);
    await test.clock.tickAsync(20_000);
    kill(manager);
    const restarted = { boot: "another", upMs: 0 };
    for (const stamp of [test.stored?.written, test.stored?.received]) Object.assign(stamp ?? {}, restarted);
    setBack();
    await started([ANNA]);
    const [lengthS = 0] = gap();
    assert.ok(lengthS >= 86_400 && lengthS <= 86_405, `${lengthS} s`);
  });

  it("leaves the rest of a former process as long ago as it is, too", async () => {
    const { manager, one } = await started([ANNA]);
    await test.clock.tickAsync(10_000);
    void one.close(1000);
    await test.clock.tickAsync(1000);
    kill(manager);
    setBack();
    await test.clock.tickAsync(30_000);
    await started([ANNA]);
    assert.deepEqual(gap(), [31, 0]);
  });
});
