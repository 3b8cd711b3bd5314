/** What `contact-center-simulator test --json` prints: an object a line, with one of these properties. */

/** What was not as expected. */
export interface ScenarioFault {
  /** For people. */
  text: string;
  /** Id of the node that it names, or that gave the answer; within a subflow `<instance>-<node>`. */
  node?: string;
}

/** What came of a scenario. */
export interface ScenarioResult {
  /** Path of its file. */
  file: string;
  name: string;
  /** Milliseconds. */
  ms: number;
  /** None: it passed. */
  faults: readonly ScenarioFault[];
}

/** What came of all. */
export interface ScenarioSummary {
  scenarios: number;
  failed: number;
  /** Milliseconds. */
  ms: number;
  /** What was asked for outside, and by no message of a scenario. */
  blocked: readonly string[];
}

/** A line. */
export interface ScenarioLine {
  /** Version of the Node-RED that runs the flow: the first line. */
  nodeRed?: string;
  result?: ScenarioResult;
  /** The last line of a run. */
  summary?: ScenarioSummary;
  /** Why the scenarios could not be run. */
  problem?: string;
}
