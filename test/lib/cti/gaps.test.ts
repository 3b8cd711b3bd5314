import assert from "node:assert/strict";
import { type Gap, GapCollector } from "../../../lib/cti/gaps.js";
import { resetSteady } from "../../support/steady.js";

describe("lib/cti/gaps", () => {
  beforeEach(resetSteady);

  it("reaches from the earliest to the latest time of an agent, in whatever order they are known", () => {
    const told: Gap[] = [];
    let isRecovering = true;
    const gaps = new GapCollector(
      (gap) => told.push(gap),
      () => isRecovering,
    );
    gaps.add("sip:anna@contoso.example", 5000, 9000);
    isRecovering = false;
    gaps.add("sip:anna@contoso.example", 1000, 2000);
    assert.deepEqual(
      told.map(({ from, to, durationMs }) => [Date.parse(from), Date.parse(to), durationMs]),
      [[1000, 9000, 8000]],
    );
  });

  it("gives up what it has not reported, with its times", async () => {
    const told: Gap[] = [];
    const gaps = new GapCollector(
      (gap) => told.push(gap),
      () => true,
    );
    gaps.add("sip:anna@contoso.example", 1000, 2000);
    assert.deepEqual([...gaps.drain()], [["sip:anna@contoso.example", 1000]]);
    gaps.flush();
    assert.deepEqual(told, []);
  });

  it("has whole milliseconds, in which its times and its duration agree", () => {
    const told: Gap[] = [];
    const gaps = new GapCollector(
      (gap) => told.push(gap),
      () => false,
    );
    gaps.add("sip:anna@contoso.example", 1000.9, 4060.8);
    assert.deepEqual(
      told.map(({ from, to, durationMs }) => [Date.parse(from), Date.parse(to), durationMs]),
      [[1000, 4060, 3060]],
    );
  });
});
