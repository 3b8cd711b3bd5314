import assert from "node:assert/strict";
import { SteadyClock } from "../../../lib/core/clock.js";

describe("lib/core/clock", () => {
  it("follows the clock forward, goes on where it is set back, and tells its times by the clock as it is set", () => {
    let clockMs = 1_000_000;
    let tickMs = 50.5;
    const clock = new SteadyClock(
      () => clockMs,
      () => tickMs,
    );
    /** Lets time pass, and sets the clock by so much. */
    const pass = (ms: number, setMs = 0): number => {
      tickMs += ms;
      clockMs += ms + setMs;
      return clock.now();
    };
    const first = clock.now();
    assert.equal(first, 1_000_000);
    assert.equal(pass(1000) - first, 1000);
    assert.equal(pass(1000, -600_000) - first, 2000, "set back");
    assert.equal(clock.toClock(clock.now()), clockMs);
    assert.equal(clock.fromClock(clockMs), clock.now());
    assert.equal(clock.toClock(first), clockMs - 2000);
    assert.equal(pass(1000, -100) - first, 2900, "a correction is no setting");
    assert.equal(pass(50, -100) - first, 2900, "and it never goes back");
    assert.equal(pass(1000, 3_600_000) - first, 3_603_850, "set forward, or the machine slept");
    assert.equal(clock.toClock(clock.now()), clockMs);
  });
});
