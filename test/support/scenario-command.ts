/** `contact-center-simulator test` as a user runs it: built, in a process of its own. */
import { spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";

/** The pack's folder. */
export const ROOT = resolve(__dirname, "../..");
const COMMAND = join(ROOT, "dist/simulator.js");

/** What the command said. */
export interface Ran {
  code: number | null;
  text: string;
}

/**
 * Runs the command.
 * @param onText told of everything that was printed so far; may end the process, by SIGTERM unless it names another signal
 * @param env variables beside those of this process
 */
export function runScenarios(
  args: readonly string[],
  onText?: (text: string, end: (signal?: NodeJS.Signals) => void) => void,
  env: Readonly<Record<string, string>> = {},
): Promise<Ran> {
  const child = spawn(process.execPath, [COMMAND, "test", ...args], {
    cwd: ROOT,
    stdio: ["ignore", "pipe", "pipe"],
    env: { ...process.env, ...env },
  });
  let text = "";
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding("utf8").on("data", (part: string) => {
      text += part;
      onText?.(text, (signal = "SIGTERM") => child.kill(signal));
    });
  return new Promise((done) => child.on("close", (code) => done({ code, text })));
}

/** A folder with a flow and its scenarios; the test removes it. */
export class ScenarioFolder {
  readonly path = mkdtempSync(join(tmpdir(), "cc-scenarios-"));
  readonly flows = join(this.path, "flows.json");
  readonly scenarios = join(this.path, "scenarios.json");

  /** Writes both files. */
  write(flows: readonly object[], content: object): void {
    writeFileSync(this.flows, JSON.stringify(flows));
    writeFileSync(this.scenarios, JSON.stringify(content));
  }

  remove(): void {
    rmSync(this.path, { recursive: true, force: true });
  }
}
