/** Scenarios, as the sidebar asks the recorder's admin API. */
import type { ScenarioList } from "../../../lib/recorder/scenario-run.js";
import { post } from "./api.js";

/** The files, and the last run. @throws the jQuery request, which has the status */
export async function getScenarios(): Promise<ScenarioList> {
  return (await $.getJSON("contact-center/recorder/scenarios")) as ScenarioList;
}

/**
 * Begins a run.
 * @param files undefined for all
 * @throws the jQuery request, which has the status
 */
export async function runScenarios(flows: readonly object[], files: readonly string[] | undefined): Promise<void> {
  await post("scenarios/run", { flows, ...(files && { files }) });
}

/** Ends the run. @throws the jQuery request, which has the status */
export async function stopScenarios(): Promise<void> {
  await post("scenarios/stop", {});
}
