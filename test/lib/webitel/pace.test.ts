/** When requests of an upload leave, in virtual time. */
import assert from "node:assert/strict";
import { type Clock, install } from "@sinonjs/fake-timers";
import { Pace } from "../../../lib/webitel/upload/pace.js";

/** Members of a request, and requests that are ready at once. */
const [MEMBERS, WORKERS] = [10, 8];

describe("lib/webitel/upload/pace", () => {
  let clock: Clock;
  let pace: Pace;
  let stop: AbortController;
  /** When a request has left, milliseconds. */
  let left: number[];
  beforeEach(() => {
    clock = install();
    pace = new Pace(100);
    stop = new AbortController();
    left = [];
    const work = async (): Promise<void> => {
      for (;;) {
        await pace.waitForTurn(MEMBERS, stop.signal);
        left.push(performance.now());
      }
    };
    for (let worker = 0; worker < WORKERS; worker++) void work().catch(() => undefined);
  });
  afterEach(async () => {
    stop.abort(new Error("over"));
    await clock.runAllAsync();
    clock.uninstall();
  });
  const gaps = (): number[] => left.slice(1).map((at, index) => at - (left[index] as number));

  it("keeps to the rate, evenly, however many requests are ready", async () => {
    await clock.tickAsync(10_000);
    assert.equal(left.length, 101);
    assert.deepEqual(new Set(gaps()), new Set([100]));
  });

  const STOPS: Record<string, () => Promise<unknown>> = {
    "a pause": async () => {
      pace.pause();
      await clock.tickAsync(5000);
      pace.resume();
    },
    "what the server asked for": async () => {
      pace.hold(5000);
      await clock.tickAsync(4999);
    },
    both: async () => {
      pace.hold(3000);
      pace.pause();
      await clock.tickAsync(5000);
      pace.resume();
    },
  };
  for (const [what, stopped] of Object.entries(STOPS))
    it(`sends nothing at once that could not leave during ${what}`, async () => {
      await clock.tickAsync(1050);
      const before = left.length;
      await stopped();
      assert.equal(left.length, before);
      await clock.tickAsync(1000);
      const after = left.length - before;
      assert.ok(after >= 10 && after <= 11, `${after} requests`);
      assert.ok(Math.min(...gaps()) >= 100, `${Math.min(...gaps())} ms apart`);
    });
});
