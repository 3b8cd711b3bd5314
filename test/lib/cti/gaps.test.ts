import assert from "node:assert/strict";
import { type Clock, install } from "@sinonjs/fake-timers";
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

  describe("while notices follow each other", () => {
    let clock: Clock;
    beforeEach(() => {
      clock = install({ now: 100_000 });
      resetSteady();
    });
    afterEach(() => {
      clock.uninstall();
      resetSteady();
    });

    const collect = (): { gaps: GapCollector; told: unknown[] } => {
      const told: unknown[] = [];
      const gaps = new GapCollector(
        ({ from, to, agents }) => told.push([Date.parse(from), Date.parse(to), agents]),
        () => false,
      );
      return { gaps, told };
    };

    it("reports what is found out of many agents within a second as one", () => {
      const { gaps, told } = collect();
      gaps.add("sip:a0@x.example", 50_000, 60_000);
      for (let agent = 1; agent < 6; agent++) {
        clock.tick(150);
        gaps.add(`sip:a${agent}@x.example`, 50_000 + agent, 60_000 + agent);
      }
      clock.tick(300);
      const others = [
        "sip:a1@x.example",
        "sip:a2@x.example",
        "sip:a3@x.example",
        "sip:a4@x.example",
        "sip:a5@x.example",
      ];
      assert.deepEqual(told, [
        [50_000, 60_000, ["sip:a0@x.example"]],
        [50_001, 60_005, others],
      ]);
      clock.tick(1001);
      gaps.add("sip:a0@x.example", 80_000, 90_000);
      assert.equal(told.length, 3);
    });

    it("does not report again what lies within a time that was reported for that agent", () => {
      const { gaps, told } = collect();
      gaps.add("sip:a0@x.example", 50_000, 60_000);
      clock.tick(5000);
      gaps.add("sip:a0@x.example", 51_000, 60_000);
      clock.tick(5000);
      assert.equal(told.length, 1);
      gaps.add("sip:a1@x.example", 51_000, 60_000);
      clock.tick(5000);
      gaps.add("sip:a0@x.example", 51_000, 60_001);
      assert.equal(told.length, 3);
    });
  });
});
