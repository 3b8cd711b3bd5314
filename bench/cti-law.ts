/**
 * `npm run bench:cti-law`: the law of requests to a CTI Broker under seeded schedules of faults, messages, deploys, restarts
 * and kills, seven kinds of broker, 1 to 2,000 agents. Time is virtual. Fails unless in each schedule no minute had more than
 * three requests per agent plus 60, no more were under way at once than allowed, no event came twice or was missing outside
 * of a gap, and everything came right afterwards.
 * Options: --schedules 1000 --agents 2000 --seed 0 (the first of that many seeds; ranges may run one after another)
 */
import { parseArgs } from "node:util";
import { runSchedule, type ScheduleReport, violations } from "../test/support/cti-schedule/schedule.js";
import { VirtualClock } from "../test/support/virtual-clock.js";

const { values } = parseArgs({
  options: {
    schedules: { type: "string", default: "1000" },
    agents: { type: "string", default: "2000" },
    seed: { type: "string", default: "0" },
  },
});
const PROGRESS_MS = 10_000;

/** Runs one schedule in virtual time. @returns its report, and how long it really took, milliseconds */
async function timed(seed: number): Promise<{ report: ScheduleReport; ms: number }> {
  const start = performance.now();
  const clock = new VirtualClock();
  const report = await runSchedule(seed, clock, Number(values.agents)).finally(() => clock.uninstall());
  return { report, ms: performance.now() - start };
}

async function main(): Promise<void> {
  const [first, count] = [Number(values.seed), Number(values.schedules)];
  const started = performance.now();
  let [requests, broken, closest, saidAt] = [0, 0, 0, started];
  let slowest = { seed: first, agents: 0, ms: 0 };
  for (let seed = first; seed < first + count; seed++) {
    const { report, ms } = await timed(seed);
    requests += report.requests;
    closest = Math.max(closest, report.worstMinute / report.allowed);
    if (ms > slowest.ms) slowest = { seed, agents: report.agents, ms };
    const wrong = violations(report);
    if (wrong.length > 0) {
      broken++;
      console.log(`seed ${seed} (${report.kind}, ${report.agents} agents): ${wrong.join("; ")}`);
    }
    if (performance.now() - saidAt < PROGRESS_MS) continue;
    saidAt = performance.now();
    const done = seed - first + 1;
    const left = ((saidAt - started) / done) * (count - done);
    console.log(`${done} of ${count} schedules, about ${Math.ceil(left / 1000)} s left`);
  }
  console.log(
    `${count} schedules from seed ${first} on, up to ${values.agents} agents, in ${((performance.now() - started) / 1000).toFixed(0)} s: ${requests} requests; the worst minute had ${(closest * 100).toFixed(0)} % of what is allowed; the slowest schedule (seed ${slowest.seed}, ${slowest.agents} agents) took ${slowest.ms.toFixed(0)} ms`,
  );
  console.log(broken === 0 ? "holds" : `DOES NOT HOLD in ${broken} schedules`);
  if (broken > 0) process.exitCode = 1;
}

void main();
