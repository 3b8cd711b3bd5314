/** `contact-center-simulator test`: a flow against its scenarios, for people and for CI servers. */
import { type FSWatcher, mkdirSync, statSync, watch, writeFileSync } from "node:fs";
import { basename, dirname, resolve } from "node:path";
import { parseArgs } from "node:util";
import { UsageError } from "../options.js";
import type { Result } from "./model.js";
import { readFlows, readScenarios } from "./read.js";
import { JSON_LINES, junit, type Reporter, TEXT } from "./report.js";
import { type Runner, startRunner } from "./runner.js";
import { findNodeRed, makeUserDir, type Places, type TestUserDir } from "./user-dir.js";

const USAGE = `contact-center-simulator test <flows.json> <scenarios> [options]

Runs a flow against its scenarios: files, or folders of .json files. The flow runs in a Node-RED of its own, the vendors
are simulators, and nothing leaves this machine. Instead of a flow, name a folder in which each flow has the name of its
scenarios.

  --junit <file>      writes a report in JUnit's XML
  --json              prints an object of JSON a line, for programs
  --watch             runs again when the flow or a scenario changes
  --user-dir <path>   folder whose node_modules the flow needs (the flow's own, or ~/.node-red)
  --node-red <path>   folder of the Node-RED to use (the one that is installed there)

Exit code: 0 all passed, 1 some failed, 2 they could not be run.
`;
/** Editors write a file in several steps: they are one change, in milliseconds. */
const CHANGE_MS = 100;
const ALL_PASSED = 0;
const SOME_FAILED = 1;
/** Exit code of a run without a verdict. */
export const NOT_RUN = 2;

interface Asked {
  flows: string;
  scenarios: string[];
  junit: string | undefined;
  watch: boolean;
  reporter: Reporter;
  places: Places;
}

/** Reads the command line. @returns undefined when help was asked for @throws UsageError */
function readAsked(argv: readonly string[]): Asked | undefined {
  const text = { type: "string" } as const;
  const flag = { type: "boolean" } as const;
  const options = {
    junit: text,
    json: flag,
    watch: flag,
    "user-dir": text,
    "node-red": text,
    help: { ...flag, short: "h" },
  } as const;
  let parsed;
  try {
    parsed = parseArgs({ args: [...argv], options, allowPositionals: true });
  } catch (error) {
    throw new UsageError(`${(error as Error).message.replace(/\.?$/, ".")} Try test --help.`, { cause: error });
  }
  const { values, positionals } = parsed;
  if (values.help === true) return undefined;
  const [flows, ...scenarios] = positionals;
  if (flows === undefined || scenarios.length === 0)
    throw new UsageError("Name the flow and its scenarios: contact-center-simulator test flows.json scenarios/");
  const nodeRed = values["node-red"] ?? process.env["NODE_RED_DIR"] ?? "";
  return {
    flows,
    scenarios,
    junit: values.junit,
    watch: values.watch ?? false,
    reporter: values.json === true ? JSON_LINES : TEXT,
    places: {
      flows: dirname(resolve(flows)),
      userDir: values["user-dir"] === undefined ? "" : resolve(values["user-dir"]),
      nodeRed: nodeRed === "" ? "" : resolve(nodeRed),
    },
  };
}

type Print = (lines: readonly string[]) => void;

/** Runs every scenario and prints its line. */
async function runAll(runner: Runner, asked: Asked, print: Print): Promise<Result[]> {
  const { reporter } = asked;
  const started = performance.now();
  const results: Result[] = [];
  for (const { path, name, content } of readScenarios(asked.scenarios)) {
    const flows = readFlows(asked.flows, name);
    print(reporter.file(path));
    for (const scenario of content.scenarios) {
      const result = await runner.run(flows, path, scenario, { ...content.given, ...scenario.given });
      results.push(result);
      print(reporter.result(result, flows));
    }
  }
  print(reporter.end(results, performance.now() - started, runner.blocked()));
  if (asked.junit !== undefined) writeReport(asked.junit, results);
  const strays = runner.strayFaults();
  if (strays.length > 0) throw new UsageError(strays.join("\n"));
  return results;
}

/** @throws UsageError */
function writeReport(path: string, results: readonly Result[]): void {
  try {
    mkdirSync(dirname(resolve(path)), { recursive: true });
    writeFileSync(path, junit(results));
  } catch (error) {
    throw new UsageError(`${path}: the report could not be written: ${(error as Error).message}`, { cause: error });
  }
}

/**
 * The command.
 * @param argv what stands behind `test`
 * @param printLine called with each line
 * @returns the exit code
 */
export async function testCommand(argv: readonly string[], printLine: (line: string) => void): Promise<number> {
  const print: Print = (lines) => lines.forEach(printLine);
  let reporter = TEXT;
  let userDir: TestUserDir | undefined;
  let runner: Runner | undefined;
  try {
    const asked = readAsked(argv);
    if (!asked) {
      print([USAGE]);
      return ALL_PASSED;
    }
    ({ reporter } = asked);
    // Wrong files are said before anything is started.
    for (const { name } of readScenarios(asked.scenarios)) readFlows(asked.flows, name);
    const main = findNodeRed(asked.places);
    userDir = makeUserDir(asked.places);
    removeAtSignals(userDir, asked.watch ? ["SIGHUP"] : ["SIGINT", "SIGTERM", "SIGHUP"]);
    runner = await startRunner(main, userDir.path);
    print(reporter.nodeRed(runner.version));
    if (asked.watch) return await runAgain(runner, asked, print);
    const results = await runAll(runner, asked, print);
    return results.every(({ faults }) => faults.length === 0) ? ALL_PASSED : SOME_FAILED;
  } catch (error) {
    print(reporter.problem(error instanceof UsageError ? error.message : String((error as Error).stack)));
    return NOT_RUN;
  } finally {
    await runner?.close();
    userDir?.close();
  }
}

/** The signals end the process as ever; the folder that was made for it goes first. */
function removeAtSignals(userDir: TestUserDir, signals: readonly NodeJS.Signals[]): void {
  for (const signal of signals)
    process.once(signal, () => {
      userDir.close();
      // Whoever waits learns what ended it, and no package of the flow keeps it alive.
      process.removeAllListeners(signal);
      process.kill(process.pid, signal);
    });
}

/** A file is watched in its folder: who saves it by renaming another one leaves nothing of what was watched. */
function watchPath(path: string, onChange: () => void): FSWatcher {
  if (statSync(path).isDirectory()) return watch(path, { recursive: true }, onChange);
  const name = basename(path);
  return watch(dirname(path), (_, changed) => {
    if (changed === name) onChange();
  });
}

/** Runs at each change, until the process is told to end. */
async function runAgain(runner: Runner, asked: Asked, print: Print): Promise<number> {
  let changed: () => void = () => undefined;
  let isOver = false;
  const watchers = [asked.flows, ...asked.scenarios].map((path) => watchPath(path, () => changed()));
  const end = (): void => {
    isOver = true;
    changed();
  };
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, end);
  while (!isOver) {
    const change = new Promise<void>((resolve) => (changed = resolve));
    try {
      await runAll(runner, asked, print);
    } catch (error) {
      if (!(error instanceof UsageError)) throw error;
      print(asked.reporter.problem(error.message));
    }
    await change;
    if (!isOver) await new Promise((resolve) => setTimeout(resolve, CHANGE_MS));
  }
  for (const watcher of watchers) watcher.close();
  return ALL_PASSED;
}
