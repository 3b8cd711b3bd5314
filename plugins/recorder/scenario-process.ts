/**
 * One run of scenarios: the pack's own command `test`, in a process of its own, so that no live call meets a test. It works at
 * low priority, has its own folder for what is temporary, and ends with Node-RED, however that ends.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { constants, setPriority, tmpdir } from "node:os";
import { join, resolve } from "node:path";
import type { ScenarioLine } from "../../lib/recorder/scenario-lines.js";
import type { RunState, ScenarioRun } from "../../lib/recorder/scenario-run.js";
import { LineReader } from "./line-reader.js";

const COMMAND = resolve(__dirname, "../../simulator.js");
/** Characters of results that are kept; the others are counted. */
const MOST_CHARACTERS = 1_000_000;
/** Characters of what a process says that ends without a result. */
const MOST_WORDS = 2000;

/** What is run. */
export interface ScenarioOrder {
  flows: readonly object[];
  /** Files, or folders of files. */
  scenarios: readonly string[];
  /** Folder whose `node_modules` the flow needs; undefined where Node-RED has none. */
  userDir: string | undefined;
  /** Folder of the Node-RED to use; undefined for the one that the command finds. */
  nodeRed: string | undefined;
  /** Milliseconds after which it is ended. */
  limitMs: number;
  /** Told of what goes wrong beside the run. */
  onFault: (error: unknown) => void;
}

/** A run that was started. */
export class ScenarioProcess {
  readonly run: ScenarioRun = { state: "running", start: new Date().toISOString(), results: [], cut: 0 };
  /** Resolves when the process is gone. */
  readonly ended: Promise<void>;
  private readonly folder = mkdtempSync(join(tmpdir(), "contact-center-run-"));
  private readonly child: ChildProcess;
  private readonly kill = (): void => void this.child.kill("SIGKILL");
  /** Node-RED ends: nobody is told any more, and the flow is not to stay. */
  private readonly leave = (): void => {
    this.kill();
    rmSync(this.folder, { recursive: true, force: true });
  };
  /** The process is gone, or was never there. */
  private settle: (problem?: string) => void = () => undefined;
  private characters = 0;
  private words = "";

  constructor(order: ScenarioOrder) {
    const flows = join(this.folder, "flows.json");
    writeFileSync(flows, JSON.stringify(order.flows), { mode: 0o600 });
    const { folder } = this;
    const { userDir, nodeRed } = order;
    const places = [...(userDir === undefined ? [] : ["--user-dir", userDir])];
    if (nodeRed !== undefined) places.push("--node-red", nodeRed);
    this.child = spawn(process.execPath, [COMMAND, "test", flows, ...order.scenarios, "--json", ...places], {
      cwd: folder,
      env: { ...process.env, TMPDIR: folder, TMP: folder, TEMP: folder },
      // It ends when the last of these does, which is with this process at the latest.
      stdio: ["ignore", "pipe", "pipe", "ipc"],
      windowsHide: true,
    });
    const { pid, stdout, stderr } = this.child;
    if (pid !== undefined) lowerPriority(pid, order.onFault);
    process.once("exit", this.leave);
    const reader = new LineReader((line) => this.read(line));
    stdout?.setEncoding("utf8").on("data", (text: string) => reader.add(text));
    stderr?.setEncoding("utf8").on("data", (text: string) => (this.words = (this.words + text).slice(-MOST_WORDS)));
    const limit = setTimeout(() => this.end("late"), order.limitMs);
    this.ended = new Promise((done) => {
      this.settle = (problem) => {
        this.settle = () => undefined;
        clearTimeout(limit);
        process.off("exit", this.leave);
        this.finish(problem);
        try {
          rmSync(this.folder, { recursive: true, force: true });
        } catch (error) {
          order.onFault(error);
        }
        done();
      };
    });
    this.child.once("error", (error) => this.settle(error.message));
    // What a package has started may keep the output open.
    this.child.once("exit", () => this.settleWhenOver());
    this.child.once("close", () => this.settle());
  }

  /** Ends it now. */
  stop(): void {
    this.end("stopped");
  }

  private end(state: RunState): void {
    if (this.run.state !== "running") return;
    this.run.state = state;
    this.kill();
    this.settleWhenOver();
  }

  private settleWhenOver(): void {
    const isGone = this.child.exitCode !== null || this.child.signalCode !== null;
    if (isGone && (this.run.summary || this.run.state !== "running")) this.settle();
  }

  private finish(problem: string | undefined): void {
    const { run } = this;
    if (run.state !== "running") return;
    run.state = run.summary ? "done" : "failed";
    if (run.summary) return;
    const words = this.words.trim();
    run.problem ??= problem ?? (words === "" ? `The command ended without a verdict: ${this.endOf()}.` : words);
  }

  private endOf(): string {
    const { exitCode, signalCode } = this.child;
    return exitCode === null ? `${signalCode}` : `exit code ${exitCode}`;
  }

  private read(text: string): void {
    const { nodeRed, result, summary, problem } = lineOf(text);
    const { run } = this;
    if (nodeRed !== undefined) run.nodeRed = nodeRed;
    if (summary) {
      run.summary = summary;
      this.settleWhenOver();
    }
    if (problem !== undefined) run.problem = problem.slice(0, MOST_WORDS);
    if (!result) return;
    this.characters += text.length;
    if (this.characters > MOST_CHARACTERS) run.cut++;
    else run.results.push(result);
  }
}

/** A line of the command; what packages of the flow print says nothing here. */
function lineOf(text: string): ScenarioLine {
  if (!text.startsWith("{")) return {};
  try {
    return JSON.parse(text) as ScenarioLine;
  } catch {
    return {};
  }
}

/** Live calls come first. */
function lowerPriority(pid: number, onFault: (error: unknown) => void): void {
  try {
    setPriority(pid, constants.priority.PRIORITY_LOW);
  } catch (error) {
    // It is gone already, and says why.
    if ((error as { info?: { code?: string } }).info?.code !== "ESRCH") onFault(error);
  }
}
