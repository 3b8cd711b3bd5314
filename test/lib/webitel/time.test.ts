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

  it("reads times without a zone by the clock of a zone, in summer, in winter and when it changes", () => {
    const kyiv = (text: unknown): number | undefined => toMillis(text, "Europe/Kyiv");
    assert.equal(kyiv("2026-01-02 03:04"), at("2026-01-02T03:04:00+02:00"));
    assert.equal(kyiv("02.07.2026 03:04:05"), at("2026-07-02T03:04:05+03:00"));
    // From 03:00 to 04:00, and from 04:00 to 03:00.
    assert.equal(kyiv("2026-03-29 03:30"), at("2026-03-29T04:30:00+03:00"));
    assert.equal(kyiv("2026-10-25 03:30"), at("2026-10-25T03:30:00+03:00"));
    assert.equal(kyiv("2026-10-25 04:30"), at("2026-10-25T04:30:00+02:00"));
    assert.equal(kyiv("2026-01-02T03:04Z"), at("2026-01-02T03:04:00Z"));
    for (const no of ["31.04.2026 10:00", "2026-02-30 10:00", "2026-01-01 25:00", "02.05.2026", "2026-05-02"])
      assert.equal(kyiv(no), undefined, no);
  });

  it("refuses an offset that no clock has", () => {
    for (const offset of ["+99:00", "-15:00", "+02:60", "+14:01"])
      assert.equal(toMillis(`2027-05-01T09:00:00${offset}`), undefined, offset);
    assert.equal(toMillis("2027-05-01T09:00:00+14:00"), at("2027-05-01T09:00:00+14:00"));
    assert.equal(toMillis("2027-05-01T09:00:00-1200"), at("2027-05-01T09:00:00-12:00"));
  });

  it("reads a spreadsheet's serial days by the clock of a zone, and only there", () => {
    assert.equal(toMillis("46144", "UTC"), at("2026-05-02T00:00:00Z"));
    assert.equal(toMillis(46_144.5, "America/New_York"), at("2026-05-02T12:00:00-04:00"));
    assert.equal(toMillis("46144"), 46_144_000);
  });

  it("reads seconds, milliseconds and ISO with zone, and nothing else", () => {
    assert.equal(toMillis(99_999_999_999), 99_999_999_999_000);
    assert.equal(toMillis(100_000_000_000), 100_000_000_000);
    assert.equal(toMillis(" 1767225599 "), 1_767_225_599_000);
    assert.equal(toMillis("2026-01-01 00:00:00 +0200"), at("2025-12-31T22:00:00Z"));
    assert.equal(toMillis("2026-01-01T00:00Z"), at("2026-01-01T00:00:00Z"));
    assert.equal(toMillis(new Date(5)), 5);
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
      "2026-02-31T10:00Z",
      new Date(NaN),
    ])
      assert.equal(toMillis(no), undefined, JSON.stringify(no));
  });
});
