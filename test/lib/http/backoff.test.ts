import assert from "node:assert/strict";
import { backoffDelay, delay, retryAfterMs } from "../../../lib/http/backoff.js";

describe("lib/http/backoff", () => {
  it("doubles from the lower bound to the upper one", () => {
    const steps = [0, 1, 2, 3, 20].map((attempt) => backoffDelay(attempt, { random: () => 1 }));
    assert.deepEqual(steps, [500, 1000, 2000, 4000, 30_000]);
  });

  it("leaves half of each step to chance", () => {
    assert.equal(backoffDelay(1, { random: () => 0 }), 500);
    assert.equal(backoffDelay(1, { random: () => 0.5 }), 750);
  });

  it("reads Retry-After as seconds and as a date", () => {
    const sentAt = "Sat, 02 May 2026 08:00:00 GMT";
    assert.equal(retryAfterMs("3", sentAt), 3000);
    assert.equal(retryAfterMs("Sat, 02 May 2026 08:00:05 GMT", sentAt), 5000);
    assert.equal(retryAfterMs("Sat, 02 May 2026 07:00:00 GMT", sentAt), 0);
    for (const unreadable of [undefined, "", "soon", 7]) assert.equal(retryAfterMs(unreadable, sentAt), undefined);
  });

  it("reads a date by our own clock where the answer has no time that can be read", () => {
    const at = new Date(Date.now() + 60_000).toUTCString();
    for (const sentAt of [undefined, "", "today", 7]) {
      const ms = retryAfterMs(at, sentAt);
      assert.ok(ms !== undefined && ms > 50_000 && ms <= 60_000, `${ms}`);
    }
  });

  it("waits, even for longer than a timer can count", async () => {
    const stop = new AbortController();
    const wait = delay(2 ** 40, stop.signal);
    const first = await Promise.race([wait, new Promise((resolve) => setTimeout(resolve, 20, "still waiting"))]);
    stop.abort(new Error("over"));
    assert.equal(first, "still waiting");
    await assert.rejects(wait, /over/);
  });
});
