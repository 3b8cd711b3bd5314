/** A run of scenarios, as the admin API shows it and the sidebar reads it. */
import type { ScenarioResult, ScenarioSummary } from "./scenario-lines.js";

/** `stopped`: by whoever asked for it; `late`: its time was over; `failed`: the scenarios could not be run. */
export type RunState = "running" | "done" | "stopped" | "late" | "failed";

/** A run that goes on, or the last one. */
export interface ScenarioRun {
  state: RunState;
  /** ISO 8601. */
  start: string;
  /** Version of the Node-RED that runs the flow. */
  nodeRed?: string;
  /** Paths of files are within the folder of scenarios. */
  results: ScenarioResult[];
  /** Results that were left out, since all together were too long. */
  cut: number;
  summary?: ScenarioSummary;
  /** Why the scenarios could not be run. */
  problem?: string;
}

/** The scenarios of a user directory. */
export interface ScenarioList {
  /** Paths within the folder. */
  files: string[];
  run?: ScenarioRun;
}
