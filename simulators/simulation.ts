/** All stand-ins and their console page, up and down together. */
import type { ConsoleLink } from "./console/page/about.js";
import { startConsole } from "./console/server.js";
import { type Option, type Values, withPort } from "./options.js";
import { type Stand, STAND_LABELS } from "./stand.js";
import { portOption, STANDS } from "./stands.js";

/** What runs. */
export interface Simulation {
  readonly consoleUrl: string;
  readonly stands: readonly Stand[];
  /** Environment variables of the examples, by name. */
  readonly env: Readonly<Record<string, string>>;
  /** One line per stand-in that listens. */
  readonly lines: readonly string[];
  close(): Promise<void>;
}

/** Options that choose ports. */
export const SIMULATION_OPTIONS: readonly Option[] = [
  { name: "console-port", env: "CC_CONSOLE_PORT", kind: "port", preset: 1881, help: "console page" },
  ...STANDS.flatMap(portOption),
];

/**
 * Starts every stand-in and the console.
 * @param values of {@link SIMULATION_OPTIONS}
 * @param nodeRedUrl the Node-RED whose flows are rung
 * @throws UsageError when a port is taken; nothing is left running then
 */
export async function startSimulation(
  values: Values,
  nodeRedUrl: string,
  links: readonly ConsoleLink[],
): Promise<Simulation> {
  const started: { close(): Promise<void> }[] = [];
  const close = async (): Promise<void> => {
    await Promise.all(started.map((each) => each.close()));
  };
  const env: Record<string, string> = {};
  const lines: string[] = [];
  const stands: Stand[] = [];
  try {
    for (const row of STANDS) {
      const option = portOption(row)[0]?.name ?? "";
      const stand = await withPort(option, Number(values.get(option) ?? 0), (port) => row.start({ port, nodeRedUrl }));
      started.push(stand);
      stands.push(stand);
      if (row.listens === undefined || stand.url === undefined) continue;
      env[row.listens.env] = stand.url;
      lines.push(line(`${STAND_LABELS[row.name]} stand-in`, stand.url));
    }
    const console = await withPort("console-port", Number(values.get("console-port")), (port) =>
      startConsole({ port, stands, links }),
    );
    started.push(console);
    return { consoleUrl: console.url, stands, env, lines, close };
  } catch (error) {
    await close();
    throw error;
  }
}

/** One printed address. */
export function line(label: string, address: string): string {
  return `${`${label}:`.padEnd(24)}${address}`;
}
