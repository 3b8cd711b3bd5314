/** The recorder's admin API, as the sidebar asks it. jQuery sends the login's token along. */
import type { NodeHeat } from "../../../lib/recorder/heat.js";
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

/** Has a run received again. @param outside nodes reach outside @returns the id of the replay @throws the jQuery request */
export async function replay(id: string, outside: boolean): Promise<string> {
  return ((await post(`runs/${encodeURIComponent(id)}/replay`, { outside })) as { id: string }).id;
}

/** Keeps a run as a scenario. @returns the file's path, and the command that runs it @throws the jQuery request */
export async function keep(id: string, name: string, title: string): Promise<{ path: string; command: string }> {
  return (await post(`runs/${encodeURIComponent(id)}/scenario`, { name, title })) as { path: string; command: string };
}

/** The heat of each node in these runs. @throws the jQuery request, which has the status */
export async function getHeat(ids: readonly string[]): Promise<Record<string, NodeHeat>> {
  return ((await post("heat", { ids })) as { nodes: Record<string, NodeHeat> }).nodes;
}

/** Records more or less, until Node-RED restarts. @throws the jQuery request, which has the status */
export async function setLevel(level: string): Promise<void> {
  await post("level", { level });
}

/** A request that changes something. @throws the jQuery request, which has the status */
export async function post(what: string, body: object): Promise<unknown> {
  return $.ajax(`${PATH}/${what}`, {
    method: "POST",
    contentType: "application/json",
    data: JSON.stringify(body),
  }) as unknown;
}
