import assert from "node:assert/strict";
import { endOfDay, isTimeZone, localZone, toMillis } from "../../../lib/webitel/time.js";

const at = (text: string): number => Date.parse(text);

describe("lib/webitel/time", () => {
  it("ends the day of the zone, not of the machine", () => {
    const now = at("2026-05-01T22:30:00Z");
    assert.equal(endOfDay(now, "UTC"), at("2026-05-01T23:59:59.999Z"));
    assert.equal(endOfDay(now, "Europe/Kyiv"), at("2026-05-02T23:59:59.999+03:00"));
    assert.equal(endOfDay(now, "America/New_York"), at("2026-05-01T23:59:59.999-04:00"));
  });

  it("keeps to the clock on days of 23 and 25 hours, and where midnight does not exist", () => {
    assert.equal(endOfDay(at("2026-03-29T00:30:00+02:00"), "Europe/Kyiv"), at("2026-03-29T23:59:59.999+03:00"));
    assert.equal(endOfDay(at("2026-10-25T00:30:00+03:00"), "Europe/Kyiv"), at("2026-10-25T23:59:59.999+02:00"));
    // Beirut goes from 23:59:59 to 01:00.
    assert.equal(endOfDay(at("2026-03-28T12:00:00+02:00"), "Asia/Beirut"), at("2026-03-28T23:59:59.999+02:00"));
  });

  it("knows zones", () => {
    assert.ok(isTimeZone("Europe/Kyiv") && isTimeZone(localZone()));
    assert.ok(!isTimeZone("Europe/Atlantis"));
  });

  it("reads seconds, milliseconds and ISO with zone, and nothing else", () => {
    assert.equal(toMillis(99_999_999_999), 99_999_999_999_000);
    assert.equal(toMillis(100_000_000_000), 100_000_000_000);
    assert.equal(toMillis(" 1767225599 "), 1_767_225_599_000);
    assert.equal(toMillis("2026-01-01 00:00:00 +0200"), at("2025-12-31T22:00:00Z"));
    assert.equal(toMillis("2026-01-01T00:00Z"), at("2026-01-01T00:00:00Z"));
    for (const no of [
      "",
      "2026-01-01",
      "2026-01-01T00:00",
      "tomorrow",
      "31.12.2026",
      -5,
      NaN,
      null,
      {},
      true,
      "2026-13-45T00:00Z",
    ])
      assert.equal(toMillis(no), undefined, JSON.stringify(no));
  });
});
