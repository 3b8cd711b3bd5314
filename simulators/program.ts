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
interface Program {
  /** First lines of the help. */
  usage: string;
  options: readonly Option[];
  start(values: Values): Promise<Running>;
}

/** Longest time that closing may take, in milliseconds. */
const CLOSING_MS = 5000;

/** Runs a command in this process; ends the process. */
export async function run(program: Program): Promise<void> {
  // Listened to from the first moment: a Ctrl-C while starting ends as cleanly as one later.
  const signal = new Promise<void>((resolve) => {
    for (const name of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(name, () => resolve());
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
