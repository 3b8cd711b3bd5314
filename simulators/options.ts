/** Options of a command: a table in, values or one plain sentence out. */
import { parseArgs } from "node:util";

/** One option; it may be given as `--name value` or by an environment variable. */
export interface Option {
  name: string;
  env: string;
  kind: "port" | "text" | "url";
  /** A port's default as number; a text's default, or empty for none. */
  preset: number | string;
  help: string;
}

/** Somebody used the command wrongly, or a port is taken: the message is all that the user has to read. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}

/** Values by option name. */
export type Values = ReadonlyMap<string, number | string>;

/**
 * Reads the command line, and the environment where an option is not given.
 * @returns the values; undefined when help was asked for
 * @throws UsageError
 */
export function readOptions(
  options: readonly Option[],
  argv: readonly string[],
  env: NodeJS.ProcessEnv,
): Values | undefined {
  const config = Object.fromEntries(options.map(({ name }) => [name, { type: "string" as const }]));
  let given: Record<string, unknown>;
  try {
    given = parseArgs({ args: [...argv], options: { ...config, help: { type: "boolean", short: "h" } } }).values;
  } catch (error) {
    throw new UsageError(`${(error as Error).message.replace(/\.?$/, ".")} Try --help.`, { cause: error });
  }
  if (given["help"] === true) return undefined;
  return new Map(
    options.map((option) => [
      option.name,
      valueOf(option, (given[option.name] as string | undefined) ?? env[option.env]),
    ]),
  );
}

function valueOf({ name, kind, preset }: Option, text: string | undefined): number | string {
  if (text === undefined || text === "") return preset;
  if (kind === "text") return text;
  if (kind === "url") {
    if (/^https?:\/\/[^\s/]/.test(text) && URL.canParse(text)) return text;
    throw new UsageError(`--${name} takes an address such as ${preset}, not ${JSON.stringify(text)}.`);
  }
  if (!/^\d{1,5}$/.test(text) || Number(text) > 65_535)
    throw new UsageError(`--${name} takes a port number from 0 (any free port) to 65535, not ${JSON.stringify(text)}.`);
  return Number(text);
}

/** The text of `--help`. */
export function helpText(usage: string, options: readonly Option[]): string {
  const rows = options.map(({ name, kind, env, preset, help }) => [
    `  --${name} <${kind}>`,
    `${help} (${[preset, env].filter((part) => part !== "").join("; ")})`,
  ]);
  const width = Math.max(...rows.map(([left]) => left?.length ?? 0)) + 2;
  return [usage, "", ...rows.map(([left, right]) => `${left?.padEnd(width)}${right}`), ""].join("\n");
}

/**
 * Starts something that listens.
 * @throws UsageError that names the option, when the port is taken or may not be used
 */
export async function withPort<T>(option: string, port: number, start: (port: number) => Promise<T>): Promise<T> {
  try {
    return await start(port);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "EADDRINUSE")
      throw new UsageError(`Port ${port} is in use: choose another one with --${option} <port>.`, { cause: error });
    if (code === "EACCES")
      throw new UsageError(`Port ${port} may not be used: choose another one with --${option} <port>.`, {
        cause: error,
      });
    throw error;
  }
}
