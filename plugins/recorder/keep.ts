/** Keeps a recorded run as a scenario: a file beside the flow, and the command that runs it. */
import { isAbsolute, relative, resolve } from "node:path";
import type { NodeAPI } from "node-red";
import { type ConfiguredNode, type KeptRun, NotKeptError } from "../../lib/recorder/kept-run.js";
import { scenarioOf } from "../../lib/recorder/scenario.js";
import { contextOf } from "./context-values.js";
import { addScenario, ScenarioFileError } from "./scenario-file.js";
import type { Reply } from "./reply.js";
import { scenariosFolder } from "./settings.js";

const LONGEST_TITLE = 200;

/** What is asked for: names of the file and of the scenario. */
export interface KeepBody {
  name?: unknown;
  title?: unknown;
}

/**
 * @param chain see {@link scenarioOf}
 * @returns `{path, command}`, or a refusal with a sentence
 */
export async function keepRun(RED: NodeAPI, chain: readonly KeptRun[], { name, title }: KeepBody): Promise<Reply> {
  const refusal = (status: number, why: string, names: object = {}): Reply => ({
    status,
    body: { error: why, message: RED._(`recorder.keep.${why}`, { ...names }) },
  });
  if (typeof name !== "string") return refusal(400, "name");
  if (typeof title !== "string" || title.trim() === "" || title.length > LONGEST_TITLE) return refusal(400, "title");
  try {
    const { userDir = "." } = RED.settings;
    const folder = scenariosFolder(RED);
    const flows = flowsOf(RED);
    const context = await contextOf(RED, chain, flows);
    const scenario = scenarioOf(chain, flows, { environment: process.env, context });
    const path = await addScenario(folder, resolve(userDir), name.trim(), title.trim(), scenario);
    return { status: 200, body: { path, command: commandOf(RED, resolve(userDir), path) } };
  } catch (error) {
    if (error instanceof NotKeptError) return refusal(409, error.why, error.names);
    if (error instanceof ScenarioFileError) return refusal(error.fault === "name" ? 400 : 409, error.fault);
    return refusal(500, "write", { detail: (error as Error).message });
  }
}

/** The flow as it is deployed. */
function flowsOf(RED: NodeAPI): ConfiguredNode[] {
  const nodes: ConfiguredNode[] = [];
  RED.nodes.eachNode((node) => void nodes.push(node));
  return nodes;
}

/** What runs the file, from the user directory. */
function commandOf(RED: NodeAPI, userDir: string, path: string): string {
  const { flowFile = "flows.json" } = RED.settings as { flowFile?: string };
  const below = relative(userDir, path);
  const file = below.startsWith("..") || isAbsolute(below) ? path : below;
  return `npx contact-center-simulator test ${quoted(flowFile)} ${quoted(file)}`;
}

function quoted(path: string): string {
  return /^[\w./\\-]+$/.test(path) ? path : `"${path}"`;
}
