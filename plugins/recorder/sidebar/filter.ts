/** Which runs the list shows. */
import type { RunSummary } from "./api.js";

/** What was chosen; blank texts choose all. The number is looked for by the recorder, which knows its pseudonym. */
export interface Filter {
  vendor: string;
  outcome: string;
  number: string;
  /** Milliseconds. */
  slowerThan: number;
  search: string;
}

/** True for a run that the list shows. @param label of the node that received it */
export function isShown(run: RunSummary, filter: Filter, label: string): boolean {
  const { vendor, outcome, slowerThan, search } = filter;
  if (vendor !== "" && run.vendor !== vendor) return false;
  if (outcome !== "" && run.outcome !== outcome) return false;
  if (slowerThan > 0 && !((run.latencyMs ?? 0) > slowerThan)) return false;
  return search === "" || `${label} ${JSON.stringify(run)}`.toLowerCase().includes(search.toLowerCase());
}
