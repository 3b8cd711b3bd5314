/** What is counted of an upload's members. */
import { count } from "../../core/telemetry/metrics.js";
import type { Totals } from "./report.js";

/** The report's numbers, in the words of the metric. */
const OUTCOMES: Record<keyof Totals, string> = {
  accepted: "accepted",
  rejected: "rejected",
  uncertain: "uncertain",
  duplicates: "duplicate",
  doubled: "doubled",
  removed: "removed",
};

/** Counts members by what became of them. @param numbers those that are new */
export function countMembers(numbers: Partial<Totals>): void {
  for (const [name, outcome] of Object.entries(OUTCOMES)) {
    const value = numbers[name as keyof Totals] ?? 0;
    const facts = { "contact_center.vendor": "webitel", "contact_center.outcome": outcome };
    if (value > 0) count("contact_center.members", facts, value);
  }
}
