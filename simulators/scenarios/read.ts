/** Reads a flow and its scenarios from files. What is wrong is said with the file and the place. */
import { readdirSync, readFileSync, statSync } from "node:fs";
import { basename, join } from "node:path";
import { UsageError } from "../options.js";
import { packageRoot } from "../package-root.js";
import type { FlowNode, ScenarioFile } from "./model.js";
import { type Schema, schemaFaults } from "./schema.js";

/** A file that was read. */
export interface ReadFile {
  path: string;
  /** Its path within the folder that was named; its name where it was named itself. */
  name: string;
  content: ScenarioFile;
}

/** @throws UsageError with a line for each fault */
function readJson(path: string): unknown {
  try {
    // Editors of Windows begin a file with a byte order mark.
    return JSON.parse(readFileSync(path, "utf8").replace(/^\uFEFF/, "")) as unknown;
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    throw new UsageError(`${path}: ${code === "ENOENT" ? "there is no such file" : `no JSON: ${message}`}`, {
      cause: error,
    });
  }
}

/**
 * A flow file, as Node-RED writes it.
 * @param path of the file, or of a folder in which each flow is named as its scenarios are
 * @param name of the scenarios
 * @throws UsageError
 */
export function readFlows(path: string, name: string): FlowNode[] {
  if (statSync(path, { throwIfNoEntry: false })?.isDirectory()) return readFlows(join(path, name), name);
  const flows = readJson(path);
  if (Array.isArray(flows) && flows.every((node) => typeof (node as FlowNode | null)?.type === "string"))
    return flows as FlowNode[];
  throw new UsageError(`${path}: this is no flow: a list of nodes is expected, as Node-RED exports it`);
}

/**
 * Scenario files.
 * @param paths of files, and of folders whose `.json` files are meant
 * @throws UsageError with a line for each fault of any file
 */
export function readScenarios(paths: readonly string[]): ReadFile[] {
  const files = paths.flatMap(filesOf);
  if (files.length === 0) throw new UsageError(`${paths.join(", ")}: there is no .json file in it`);
  const schema = readJson(join(packageRoot(), "resources/scenario.schema.json")) as Schema;
  const read = files.map((file) => ({ ...file, content: readJson(file.path) }));
  const faults = read.flatMap(({ path, content }) => faultsOf(content, schema).map((fault) => `${path}: ${fault}`));
  if (faults.length > 0) throw new UsageError(faults.join("\n"));
  return read as ReadFile[];
}

function faultsOf(content: unknown, schema: Schema): string[] {
  try {
    return schemaFaults(content, schema, schema);
  } catch (error) {
    if (error instanceof RangeError) return ["something in it is nested too deeply"];
    throw error;
  }
}

function filesOf(path: string): { path: string; name: string }[] {
  const stats = statSync(path, { throwIfNoEntry: false });
  if (!stats) throw new UsageError(`${path}: there is no such file or folder`);
  if (!stats.isDirectory()) return [{ path, name: basename(path) }];
  return readdirSync(path, { recursive: true, encoding: "utf8" })
    .filter((file) => file.endsWith(".json"))
    .toSorted()
    .map((name) => ({ path: join(path, name), name }));
}
