/** All simulators, one row each: the start commands, their options and the demo's settings derive from this table. */
import type { Connect } from "./console/page/about.js";
import { DEMO_CTI_CREDENTIALS, startCtiSimulator } from "./cti/simulator.js";
import type { Option } from "./options.js";
import { DEMO, DEMO_RTE_CREDENTIALS } from "./rte/seed-data.js";
import { startRteSimulator } from "./rte/simulator.js";
import { demoEndpoints } from "./smartrouting/demo.js";
import { startSmartRoutingSimulator } from "./smartrouting/simulator.js";
import { type Simulator, SIMULATOR_LABELS, type SimulatorName } from "./simulator.js";
import { demoIvrs } from "./voicenter/demo.js";
import { startVoicenterSimulator } from "./voicenter/simulator.js";
import { startWebitelSimulator, WEBITEL_DEMO_TOKEN } from "./webitel/simulator.js";

/** What a simulator is started with. */
interface SimulatorContext {
  /** Port to listen on; 0 = any free one. */
  port: number;
  /** Address of the Node-RED that the demo flows run in, without a slash at its end. */
  nodeRedUrl: string;
}

/** One simulator. */
interface SimulatorRow {
  name: SimulatorName;
  /** Where it listens; absent for a vendor that only calls us. */
  listens?: {
    /** The default; `--<name>-port` chooses another. */
    port: number;
    /** Environment variable that the examples' config nodes name; set to the simulator's address. */
    env: string;
    /** What the form of a connection asks for. */
    connect(url: string, nodeRedUrl: string): Connect;
  };
  start(context: SimulatorContext): Promise<Simulator>;
  /** What the demo's config nodes need to log in, by node type. */
  credentials?: Readonly<Record<string, Readonly<Record<string, string>>>>;
}

/** Every simulator that there is. */
export const SIMULATORS: readonly SimulatorRow[] = [
  {
    name: "smartrouting",
    start: ({ nodeRedUrl }) => startSmartRoutingSimulator({ endpoints: demoEndpoints(nodeRedUrl), nodeRedUrl }),
  },
  {
    name: "voicenter",
    start: ({ nodeRedUrl }) => startVoicenterSimulator({ ivrs: demoIvrs(nodeRedUrl) }),
  },
  {
    name: "rte",
    listens: {
      port: 8364,
      env: "CC_RTE_URL",
      connect: (url) => [
        ["Log in with", "Enreach user"],
        ["E-mail address", DEMO.email],
        ["Secret key", DEMO.secretKey],
        ["Discovery address", `${url}/api/user`],
      ],
    },
    // A day that plays from the start would fill the debug sidebar before anybody has looked.
    start: ({ port }) => startRteSimulator({ port, play: false }),
    credentials: { "rte-connection": DEMO_RTE_CREDENTIALS },
  },
  {
    name: "cti",
    listens: {
      port: 8365,
      env: "CC_CTI_URL",
      connect: (url, nodeRedUrl) => [
        ["Address", url],
        ["Callback URL", nodeRedUrl],
        ["Authentication", "user name and password (Basic)"],
        ["User name", DEMO_CTI_CREDENTIALS.username],
        ["Password", DEMO_CTI_CREDENTIALS.password],
      ],
    },
    start: ({ port }) => startCtiSimulator({ port, credentials: DEMO_CTI_CREDENTIALS }),
    credentials: { "cti-broker": DEMO_CTI_CREDENTIALS },
  },
  {
    name: "webitel",
    listens: {
      port: 8367,
      env: "CC_WEBITEL_URL",
      connect: (url) => [
        ["Address", url],
        ["Access token", WEBITEL_DEMO_TOKEN],
      ],
    },
    start: ({ port, nodeRedUrl }) =>
      startWebitelSimulator({
        port,
        hooks: { lookupUrl: `${nodeRedUrl}/webitel/lookup`, eventUrl: `${nodeRedUrl}/webitel/events` },
      }),
    credentials: { "webitel-connection": { token: WEBITEL_DEMO_TOKEN } },
  },
];

/** The port option of a simulator. */
export function portOption({ name, listens }: SimulatorRow): Option[] {
  if (listens === undefined) return [];
  return [
    {
      name: `${name}-port`,
      env: `CC_${name.toUpperCase()}_PORT`,
      kind: "port",
      preset: listens.port,
      help: `${SIMULATOR_LABELS[name]} simulator`,
    },
  ];
}
