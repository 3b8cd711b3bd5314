/** What a journal says of times, after the clock of the machine was set. */
import assert from "node:assert/strict";
import os from "node:os";
import { momentNow, type Moment, sinceMs } from "../../../lib/webitel/upload/clock.js";

describe("lib/webitel/upload/clock", () => {
  const { now } = Date;
  const { uptime } = os;
  let [clockMs, upMs] = [0, 0];
  beforeEach(() => {
    [clockMs, upMs] = [1_800_000_000_000, 50_000_000];
    Date.now = () => clockMs;
    os.uptime = () => upMs / 1000;
  });
  afterEach(() => {
    Date.now = now;
    os.uptime = uptime;
  });

  for (const [what, setByMs] of [
    ["was set forward", 7_200_000],
    ["was set back", -7_200_000],
    ["came from 1970", 1_790_000_000_000],
    ["was left alone", 0],
  ] as const)
    it(`knows how long ago something was written when the clock ${what}`, () => {
      const written = momentNow();
      clockMs += 4500 + setByMs;
      upMs += 4500;
      assert.equal(sinceMs(written), 4500);
    });

  it("believes the clock for no longer than the machine has run, when another one wrote", () => {
    const other: Moment = { ...momentNow(), boot: "another", upMs: 1 };
    clockMs += 7_200_000;
    upMs = 30_000;
    assert.equal(sinceMs(other), 30_000);
    upMs = 90_000_000;
    assert.equal(sinceMs(other), 7_200_000);
  });

  it("reads a journal of an earlier version by the clock", () => {
    const written = { at: clockMs };
    clockMs += 4500;
    assert.equal(sinceMs(written), 4500);
    clockMs -= 9000;
    assert.equal(sinceMs(written), 0);
  });
});
