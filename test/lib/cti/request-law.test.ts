/** The law: at most three requests per agent and minute plus 60, whatever the broker does. `npm run bench:cti-law` runs more. */
import assert from "node:assert/strict";
import { KINDS } from "../../support/cti-schedule/broker.js";
import { runSchedule, violations } from "../../support/cti-schedule/schedule.js";
import { VirtualClock } from "../../support/virtual-clock.js";

const SEEDS = 20;
const MOST_AGENTS = 50;

describe("lib/cti/request-law", function () {
  this.timeout(120_000);
  for (const [at, kind] of KINDS.entries()) {
    it(`holds for a ${kind} broker under any faults, and everything comes right after them`, async () => {
      for (let round = 0; round < SEEDS; round++) {
        const clock = new VirtualClock();
        try {
          const report = await runSchedule(round * KINDS.length + at, clock, MOST_AGENTS);
          assert.deepEqual(violations(report), [], JSON.stringify(report));
        } finally {
          clock.uninstall();
        }
      }
    });
  }
});
