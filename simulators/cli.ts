#!/usr/bin/env node
/** `contact-center-simulator`: the simulators and their console page, for flows in a Node-RED of your own; `test` runs scenarios. */
import { credentialLines, environmentLines } from "./environment.js";
import type { Option } from "./options.js";
import { type Program, run } from "./program.js";
import { NOT_RUN, testCommand } from "./scenarios/command.js";
import { line, SIMULATOR_OPTIONS, startSimulators } from "./start.js";

const OPTIONS: readonly Option[] = [
  {
    name: "node-red",
    env: "CC_NODE_RED_URL",
    kind: "url",
    preset: "http://127.0.0.1:1880",
    help: "address of your Node-RED, which the console's phones ring",
  },
  ...SIMULATOR_OPTIONS,
];
/** What a flow left open ends with the process, after so many milliseconds. */
const LEAVING_MS = 500;
const USAGE = `contact-center-simulator [options]

A simulator for each vendor of the contact center nodes, and a console page to ring your flows and to send them events.
An option can be given by the environment variable behind it as well; port 0 is any free port.
contact-center-simulator test --help: runs a flow against its scenarios.`;

const program: Program = {
  usage: USAGE,
  options: OPTIONS,
  async start(values) {
    const nodeRedUrl = String(values.get("node-red")).replace(/\/+$/, "");
    const simulators = await startSimulators(values, nodeRedUrl, [{ label: "Node-RED editor", url: `${nodeRedUrl}/` }]);
    return {
      lines: [
        line("Console", `${simulators.consoleUrl}/`),
        ...simulators.lines,
        "",
        "To enter in the imported examples, where a form asks for it:",
        ...credentialLines(),
        "",
        "The examples look for all of this at the default ports. For others, paste into the terminal that starts Node-RED:",
        ...environmentLines({ CC_NODE_RED_URL: nodeRedUrl, ...simulators.env, CC_ACTIVE: "true" }, process.platform),
        "",
        "Other ports: --help. Ctrl-C ends it all.",
      ],
      async close() {
        await simulators.close();
        return [];
      },
    };
  },
};

const [command, ...rest] = process.argv.slice(2);
if (command !== "test") void run(program);
else {
  // Without a verdict they could not be run, whatever ended them.
  process.exitCode = NOT_RUN;
  // Whoever started it and talks to it is gone: nobody wants to know the rest.
  const leave = process.exit.bind(process);
  process.once("disconnect", () => leave());
  process.channel?.unref();
  void testCommand(rest, (text) => void process.stdout.write(`${text}\n`)).then((code) => {
    // A package of the flow may keep something open.
    process.exitCode = code;
    setTimeout(() => leave(), LEAVING_MS).unref();
  });
}
