/**
 * `npm run bench:cti-law`: the law of requests to a CTI Broker under seeded schedules of faults, five kinds of broker, 1 to
 * 2,000 agents. Time is virtual. Fails unless in each schedule no minute had more than three requests per agent plus 60,
 * no more were under way at once than allowed, and everything came right afterwards.
 * Options: --schedules 1000 --agents 2000
 */
import { parseArgs } from "node:util";
import { runSchedule, violations } from "../test/support/cti-schedule.js";
import { VirtualClock } from "../test/support/virtual-clock.js";

const { values } = parseArgs({
  options: { schedules: { type: "string", default: "1000" }, agents: { type: "string", default: "2000" } },
});

async function main(): Promise<void> {
  let requests = 0;
  let broken = 0;
  let closest = 0;
  for (let seed = 0; seed < Number(values.schedules); seed++) {
    const clock = new VirtualClock();
    const report = await runSchedule(seed, clock, Number(values.agents)).finally(() => clock.uninstall());
    requests += report.requests;
    closest = Math.max(closest, report.worstMinute / report.allowed);
    const wrong = violations(report);
    if (wrong.length > 0) {
      broken++;
      console.log(`seed ${seed} (${report.kind}, ${report.agents} agents): ${wrong.join("; ")}`);
    }
  }
  console.log(
    `${values.schedules} schedules, ${requests} requests; the worst minute had ${(closest * 100).toFixed(0)} % of what is allowed`,
  );
  console.log(broken === 0 ? "holds" : `DOES NOT HOLD in ${broken} schedules`);
  if (broken > 0) process.exitCode = 1;
}

void main();
