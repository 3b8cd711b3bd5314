/** The recorder's admin API, as the sidebar asks it. jQuery sends the login's token along. */
import type { Level, Run } from "../../../lib/recorder/model.js";

const PATH = "contact-center/recorder";

/** A run in the list: its steps are a number. */
export type RunSummary = Omit<Run, "steps"> & { steps: number };

/** What the list answers. */
export interface RunList {
  level: Level;
  /** Runs that were not recorded, since too many began within a second. */
  skipped: number;
  /** The newest first. */
  runs: RunSummary[];
}

/**
 * The runs in memory.
 * @param number of a caller; all runs where it is blank
 * @throws the jQuery request, which has the status
 */
export async function getRuns(number: string): Promise<RunList> {
  return (await $.getJSON(`${PATH}/runs`, number === "" ? {} : { number })) as RunList;
}

/** One run with its steps. @throws the jQuery request, which has the status */
export async function getRun(id: string): Promise<Run> {
  return (await $.getJSON(`${PATH}/runs/${encodeURIComponent(id)}`)) as Run;
}

/** Records more or less, until Node-RED restarts. @throws the jQuery request, which has the status */
export async function setLevel(level: string): Promise<void> {
  await $.ajax(`${PATH}/level`, { method: "POST", contentType: "application/json", data: JSON.stringify({ level }) });
}
