import assert from "node:assert/strict";
import { ANNA, BART, SubscriptionTest } from "../../support/cti-subscriptions.js";

const guid = (at: number): string => `0f8fad5b-d9cb-469f-a165-7086${at.toString().padStart(8, "0")}`;

describe("lib/cti/former-address", () => {
  const test = new SubscriptionTest();
  const { started, kill, manage, open } = test;
  /** A process is killed, and the next one has another address of the broker. */
  const moved = async (url: string): Promise<void> => {
    for (const manager of test.managers) kill(manager);
    test.url = url;
    await started([ANNA, BART]);
  };
  const guids = (): void => {
    let count = 0;
    test.broker.nextId = () => guid(++count);
  };

  it("ends what has a GUID at another address of the same broker, also where nothing is posted", async () => {
    guids();
    await started([ANNA, BART]);
    await moved("http://other");
    await test.clock.tickAsync(60_000);
    assert.deepEqual([...test.broker.held.keys()], [guid(3), guid(4)]);
  });

  for (const ms of [5000, 600_000])
    it(`does so over a kill ${ms / 1000} s after the edit, too`, async () => {
      guids();
      await started([ANNA, BART]);
      await moved("http://other");
      if (ms < 35_000) test.broker.gateEnds = new Promise(() => undefined);
      await test.clock.tickAsync(ms);
      test.broker.gateEnds = undefined;
      await moved("http://other");
      await test.clock.tickAsync(60_000);
      assert.deepEqual(test.broker.addresses(), [ANNA, BART]);
    });

  it("does so where the callback address was edited, too", async () => {
    guids();
    kill((await started([ANNA, BART])).manager);
    test.url = "http://other";
    void open(manage(), 0, "http://x/another").start([ANNA, BART]);
    await test.clock.tickAsync(60_000);
    assert.deepEqual([...test.broker.held.keys()], [guid(3), guid(4)]);
  });

  it("ends what has no GUID where the former address is back, and asks for it nowhere else", async () => {
    await started([ANNA, BART]);
    await moved("http://other");
    await test.clock.tickAsync(600_000);
    assert.equal(test.broker.calls.filter((call) => call.startsWith("-")).length, 0);
    await moved("http://another");
    await test.clock.tickAsync(60_000);
    await moved("http://broker");
    await test.clock.tickAsync(60_000);
    assert.deepEqual(
      test.broker.calls.filter((call) => call.startsWith("-")),
      ["-id-1", "-id-2"],
    );
  });

  it("leaves what has no GUID alone a day later: the broker may have given it to somebody else", async () => {
    await started([ANNA, BART]);
    await moved("http://other");
    await test.clock.tickAsync(25 * 3_600_000);
    await moved("http://broker");
    await test.clock.tickAsync(60_000);
    assert.equal(test.broker.calls.filter((call) => call.startsWith("-")).length, 0);
  });

  it("counts what was sent to the former address: it may be of the same broker", async () => {
    for (let life = 0; life < 40; life++) {
      await started([ANNA]);
      await moved(`http://other-${life}`);
      await test.clock.tickAsync(500);
    }
    assert.ok(test.broker.times.length <= 66, `${test.broker.times.length}`);
  });
});
