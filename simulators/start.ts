/** All simulators and their console page, up and down together. */
import type { About, ConsoleLink } from "./console/page/about.js";
import { startConsole } from "./console/server.js";
import { type Option, type Values, withPort } from "./options.js";
import { type Simulator, SIMULATOR_LABELS } from "./simulator.js";
import { portOption, SIMULATORS } from "./all.js";

/** What runs. */
interface RunningSimulators {
  readonly consoleUrl: string;
  readonly simulators: readonly Simulator[];
  /** Environment variables of the examples, by name. */
  readonly env: Readonly<Record<string, string>>;
  /** One line per simulator that listens. */
  readonly lines: readonly string[];
  close(): Promise<void>;
}

/** Options that choose ports. */
export const SIMULATOR_OPTIONS: readonly Option[] = [
  { name: "console-port", env: "CC_CONSOLE_PORT", kind: "port", preset: 1881, help: "console page" },
  ...SIMULATORS.flatMap(portOption),
];

/**
 * Starts every simulator and the console.
 * @param values of {@link SIMULATOR_OPTIONS}
 * @param nodeRedUrl the Node-RED whose flows are rung
 * @throws UsageError when a port is taken; nothing is left running then
 */
export async function startSimulators(
  values: Values,
  nodeRedUrl: string,
  links: readonly ConsoleLink[],
): Promise<RunningSimulators> {
  const started: { close(): Promise<void> }[] = [];
  const close = async (): Promise<void> => {
    await Promise.all(started.map((each) => each.close()));
  };
  const env: Record<string, string> = {};
  const lines: string[] = [];
  const simulators: Simulator[] = [];
  const connect: { -readonly [name in keyof About["connect"]]: About["connect"][name] } = {};
  try {
    for (const row of SIMULATORS) {
      const option = portOption(row)[0]?.name ?? "";
      const simulator = await withPort(option, Number(values.get(option) ?? 0), (port) =>
        row.start({ port, nodeRedUrl }),
      );
      started.push(simulator);
      simulators.push(simulator);
      if (row.listens === undefined || simulator.url === undefined) continue;
      env[row.listens.env] = simulator.url;
      connect[row.name] = row.listens.connect(simulator.url, nodeRedUrl);
      lines.push(line(`${SIMULATOR_LABELS[row.name]} simulator`, simulator.url));
    }
    const console = await withPort("console-port", Number(values.get("console-port")), (port) =>
      startConsole({ port, simulators, links, connect }),
    );
    started.push(console);
    return { consoleUrl: console.url, simulators, env, lines, close };
  } catch (error) {
    await close();
    throw error;
  }
}

/** One printed address. */
export function line(label: string, address: string): string {
  return `${`${label}:`.padEnd(24)}${address}`;
}
