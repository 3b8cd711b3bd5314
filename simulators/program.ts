/** How a command runs: until Ctrl-C or SIGTERM, then everything is closed and the exit code is 0. */
import { helpText, type Option, readOptions, UsageError, type Values } from "./options.js";

/** What runs. */
interface Running {
  /** Printed once all is up. */
  readonly lines: readonly string[];
  /** Ends everything; returns what else is to be said. */
  close(): Promise<readonly string[]>;
}

/** A command. */
export interface Program {
  /** First lines of the help. */
  usage: string;
  options: readonly Option[];
  start(values: Values): Promise<Running>;
}

/** How often a command of npx looks whether npx is still there, in milliseconds. */
const PARENT_MS = 500;
/** Longest time that closing may take, in milliseconds. */
const CLOSING_MS = 5000;

/** Runs a command in this process; ends the process. */
export async function run(program: Program): Promise<void> {
  // Listened to from the first moment: a Ctrl-C while starting ends as cleanly as one later.
  const signal = new Promise<void>((resolve) => {
    for (const name of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(name, () => resolve());
    whenNpxEnds(resolve);
  });
  try {
    const values = readOptions(program.options, process.argv.slice(2), process.env);
    if (values === undefined) {
      process.stdout.write(helpText(program.usage, program.options));
      return;
    }
    const running = await program.start(values);
    process.stdout.write(`${running.lines.join("\n")}\n`);
    await signal;
    setTimeout(() => process.exit(0), CLOSING_MS).unref();
    const last = await running.close();
    if (last.length > 0) process.stdout.write(`${last.join("\n")}\n`);
    process.exit(0);
  } catch (error) {
    process.stderr.write(
      `${error instanceof UsageError ? error.message : error instanceof Error ? error.stack : String(error)}\n`,
    );
    process.exit(1);
  }
}

/** npx hands a SIGTERM to the shell that it started us with, not to us: we see only that our parent has gone. */
function whenNpxEnds(ended: () => void): void {
  if (process.env["npm_command"] !== "exec") return;
  const parent = process.ppid;
  const timer = setInterval(() => {
    if (process.ppid === parent) return;
    clearInterval(timer);
    ended();
  }, PARENT_MS);
  timer.unref();
}
