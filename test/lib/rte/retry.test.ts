import assert from "node:assert/strict";
import { ContactCenterError } from "../../../lib/core/errors.js";
import { TIMINGS } from "../../../lib/rte/timings.js";
import { Pace, reasonOf } from "../../../lib/rte/retry.js";

function failure(code: number | string, more: object = {}): ContactCenterError {
  return new ContactCenterError(code, "key", { vendor: "enreach", operation: "negotiate", ...more });
}

describe("lib/rte/retry", () => {
  it("keeps the bounds of the contract", () => {
    const { negotiateMs, handshakeMs, silenceMs, drainMs } = TIMINGS;
    assert.deepEqual([negotiateMs, handshakeMs], [10_000, 10_000]);
    assert.ok(silenceMs > 30_000 && silenceMs + drainMs < 40_000, "two pings and a margin; noticed within 40 s");
  });

  it("waits from half a second to 30 s, for ever", () => {
    const pace = new Pace({ random: () => 1 });
    const waits = Array.from({ length: 10 }, () => pace.next(failure("ECONNREFUSED")));
    assert.deepEqual(waits, [500, 1000, 2000, 4000, 8000, 16_000, 30_000, 30_000, 30_000, 30_000]);
    assert.ok(new Pace({ random: () => 0 }).next(failure("ECONNREFUSED")) >= 250);
  });

  it("does not hammer a 401 or 403: after two tries no faster than every 10 s", () => {
    for (const code of [401, 403]) {
      const pace = new Pace({ random: () => 0 });
      const waits = Array.from({ length: 8 }, () => pace.next(failure(code)));
      assert.ok((waits[0] ?? 0) < 1000);
      for (const wait of waits.slice(1)) assert.ok(wait >= 10_000, String(waits));
    }
  });

  it("waits 30 s after settings that cannot be used: nobody was asked, and only an edit helps", () => {
    const pace = new Pace({ random: () => 0 });
    assert.deepEqual([pace.next(failure("EINVALID")), pace.next(failure("EINVALID"))], [30_000, 30_000]);
    assert.ok(pace.next(failure("ECONNREFUSED")) <= 500);
  });

  it("starts again after a connection that served something, however short, not after one that was of no use", () => {
    const pace = new Pace({ random: () => 1 });
    for (let turn = 0; turn < 5; turn++) pace.next(failure("ECONNRESET"));
    pace.ended(60_000, false);
    assert.equal(pace.next(failure("ECONNRESET")), 16_000);
    pace.ended(100, undefined);
    assert.equal(pace.next(failure("ECONNRESET")), 30_000, "nothing to serve, and it died at once");
    pace.ended(2000, undefined);
    assert.equal(pace.next(failure("ECONNRESET")), 500);
    for (let turn = 0; turn < 5; turn++) pace.next(failure("ECONNRESET"));
    pace.ended(100, true);
    assert.equal(pace.next(failure("ECONNRESET")), 500);
  });

  it("obeys Retry-After up to 30 s", () => {
    assert.equal(new Pace({ random: () => 1 }).next(failure(503, { retryAfterMs: 9_999_999_000 })), 30_000);
    assert.equal(new Pace({ random: () => 1 }).next(failure(429, { retryAfterMs: 12_000 })), 12_000);
  });

  it("has a word of its own for each kind of failure", () => {
    const words = [
      401,
      403,
      500,
      404,
      "ETIMEDOUT",
      "ESILENT",
      "ECONNRESET",
      "EHUB",
      "EANSWER",
      "EINVALID",
      "ECONNREFUSED",
      "ENOTFOUND",
    ].map((code) => reasonOf(failure(code)));
    assert.deepEqual(words, [
      "unauthorized",
      "forbidden",
      "server",
      "server",
      "timeout",
      "silent",
      "closed",
      "hub",
      "server",
      "settings",
      "network",
      "network",
    ]);
    assert.equal(reasonOf(new Error("odd")), "network");
  });

  describe("connections that serve something and end soon", () => {
    function losing(): (connectedForMs: number, isTrial?: boolean) => number {
      const pace = new Pace({ random: () => 1 });
      return (connectedForMs, isTrial) => {
        pace.ended(connectedForMs, true, isTrial);
        return pace.next(new Error("gone"));
      };
    }

    it("make it grow, until one lasts", () => {
      const lost = losing();
      for (let count = 0; count < 10; count++) assert.equal(lost(400), 500);
      assert.deepEqual([lost(400), lost(2900), lost(400)], [1000, 2000, 4000]);
      for (let count = 0; count < 10; count++) lost(400);
      assert.equal(lost(400), 30_000);
      assert.equal(lost(60_000), 500);
    });

    it("do not make it grow where they last for seconds, or end on a call", () => {
      const lost = losing();
      for (let count = 0; count < 30; count++)
        for (const ms of [5000, 12_000, 50_000]) assert.equal(lost(ms), 500, `${ms} ms`);
      for (let count = 0; count < 30; count++) assert.equal(lost(10, true), 500, "a call");
    });
  });
});
