/**
 * `npm start`: Node-RED with this pack and its examples, one tab per vendor, all simulators and their console page.
 * Everything listens on loopback, and nothing outside is contacted.
 */
import { openNodeRed } from "./node-red.js";
import type { Option } from "../simulators/options.js";
import { run } from "../simulators/program.js";
import { line, SIMULATOR_OPTIONS, startSimulators } from "../simulators/start.js";
import { DEMO_WEBHOOKS } from "../simulators/smartrouting/demo.js";
import { prepareUserDir } from "./user-dir.js";
import { DEMO_PATHS } from "../simulators/voicenter/demo.js";

const OPTIONS: readonly Option[] = [
  { name: "port", env: "CC_PORT", kind: "port", preset: 1880, help: "Node-RED: editor and webhooks" },
  ...SIMULATOR_OPTIONS,
  {
    name: "user-dir",
    env: "CC_USER_DIR",
    kind: "text",
    preset: "",
    help: "folder that keeps your flows; a new temporary one otherwise",
  },
];
const USAGE = `npm start -- [options]

Node-RED with the contact center nodes and their examples, a simulator for each vendor, and a console page to ring them.
An option can be given by the environment variable behind it as well; port 0 is any free port.`;

void run({
  usage: USAGE,
  options: OPTIONS,
  async start(values) {
    const nodeRed = await openNodeRed(Number(values.get("port")));
    const simulators = await startSimulators(values, nodeRed.url, [
      { label: "Node-RED editor", url: `${nodeRed.url}/` },
    ]);
    // Named by the examples' config nodes and functions.
    Object.assign(process.env, simulators.env, {
      CC_NODE_RED_URL: nodeRed.url,
      CC_ACTIVE: process.env["CC_ACTIVE"] ?? "true",
    });
    const userDir = prepareUserDir(String(values.get("user-dir")));
    await nodeRed.run(userDir);
    return {
      lines: [
        line("Editor", `${nodeRed.url}/`),
        line("Console", `${simulators.consoleUrl}/`),
        line("SmartRouting webhook", `${nodeRed.url}${DEMO_WEBHOOKS[0]?.path}`),
        line("Voicenter webhook", `${nodeRed.url}${DEMO_PATHS.identify}`),
        ...simulators.lines,
        line("Flows", userDir.path),
        "Other ports and a folder for your flows: npm start -- --help. Ctrl-C ends it all.",
      ],
      async close() {
        // Its nodes end their subscriptions at the simulators.
        await nodeRed.close();
        await simulators.close();
        return userDir.close();
      },
    };
  },
});
