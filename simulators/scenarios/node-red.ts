/** The Node-RED that a test runs, in this process: the user's, on a free port of loopback, with nothing on disk but its user directory. */
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { createRequire } from "node:module";
import { listen } from "../listen.js";
import type { FlowNode, Values } from "./model.js";

/** A node that runs. */
export interface RunningNode {
  id: string;
  type: string;
  name?: string;
  /** Within a subflow: the node's id there. */
  _alias?: string;
  receive(message: object): void;
  send(message: unknown): void;
  error(error: unknown, message: object): void;
  /** As Node-RED itself does when a node is done with a message. */
  _complete?(message: object, error?: unknown): void;
}
/** What Node-RED gives to `onReceive`. */
export interface ReceiveEvent {
  msg: Record<string, unknown>;
  destination: { node: RunningNode };
}
/** What Node-RED gives to `onSend`, a list of these. */
export interface SendEvent {
  msg: Record<string, unknown>;
  source: { node: RunningNode };
}
/** A line of the log. */
export interface LogEntry {
  /** 20 = error, 30 = warning. */
  level: number;
  id?: string;
  type?: string;
  name?: string;
  msg?: unknown;
}

/** What is used of `node-red`. */
interface Runtime {
  init(server: unknown, settings: object): void;
  start(): Promise<void>;
  stop(): Promise<void>;
  readonly version: () => string;
  readonly httpAdmin: unknown;
  readonly httpNode: unknown;
  readonly nodes: { getNode(id: string): RunningNode | null; eachNode(see: (node: FlowNode) => void): void };
  readonly hooks: { add(id: string, hook: (event: never) => unknown): void };
  readonly events: {
    on(event: string, listener: (event: never) => void): void;
    off(event: string, listener: (event: never) => void): void;
  };
  readonly runtime: {
    flows: { setFlows(options: { flows: { flows: FlowNode[] }; deploymentType: string }): Promise<unknown> };
  };
}
/** A store of contexts (Node-RED's API of context plugins). */
interface ContextStore {
  get(scope: string, key: string): unknown;
  set(scope: string, key: string, value: unknown): void;
  delete(scope: string): Promise<void>;
  clean(active: string[]): Promise<void>;
}
type Application = ((request: IncomingMessage, response: ServerResponse) => void) & {
  use(path: string, handler: unknown): void;
};

/** The running Node-RED. */
export interface TestNodeRed {
  readonly url: string;
  readonly port: number;
  readonly version: string;
  /** Told of each warning and error. */
  onLog: (entry: LogEntry) => void;
  readonly runtime: Pick<Runtime, "hooks" | "nodes">;
  /**
   * Sets the given values and starts the flow, after {@link stop}.
   * @throws Error that says which types or modules are missing
   */
  deploy(flows: FlowNode[], context: { global?: Values; flow?: Values }): Promise<void>;
  /** Stops the flow and forgets every context. */
  stop(): Promise<void>;
  /** A value of the global context, or of the flow context of a tab. */
  contextValue(scope: string, key: string): unknown;
  close(): Promise<void>;
}

const ADMIN_ROOT = "/contact-center-test";

/**
 * Starts it without a flow.
 * @param main of the package `node-red`
 */
export async function startNodeRed(main: string, userDir: string): Promise<TestNodeRed> {
  const load = createRequire(main);
  const red = load(main) as Runtime;
  const app = (load("express") as () => Application)();
  const server = createServer(app);
  const port = await listen(server);
  // Node-RED's own store in memory, of which a test keeps hold.
  const runtimePlace = createRequire(load.resolve("@node-red/runtime"));
  const store = (runtimePlace("@node-red/runtime/lib/nodes/context/memory") as (config: object) => ContextStore)({});
  const testNodeRed: TestNodeRed = {
    url: `http://127.0.0.1:${port}`,
    port,
    version: "",
    onLog: () => undefined,
    runtime: red,
    async deploy(flows, context) {
      const tabs = flows.filter(({ type }) => type === "tab").map(({ id }) => id);
      for (const [key, value] of Object.entries(context.global ?? {})) store.set("global", key, value);
      for (const tab of tabs) for (const [key, value] of Object.entries(context.flow ?? {})) store.set(tab, key, value);
      await deploy(red, flows);
    },
    async stop() {
      await deploy(red, []);
      await store.delete("global");
      await store.clean([]);
    },
    contextValue: (scope, key) => store.get(scope, key),
    async close() {
      await red.stop();
      server.closeAllConnections();
      await new Promise((done) => server.close(done));
    },
  };
  const log = (entry: LogEntry): void => testNodeRed.onLog(entry);
  red.init(server, settings(port, userDir, store, log));
  app.use(ADMIN_ROOT, red.httpAdmin);
  app.use("/", red.httpNode);
  const started = eventOf(red, "flows:started");
  await red.start();
  await started;
  return Object.assign(testNodeRed, { version: red.version() });
}

/** Where the recorder's runs are, below the address of Node-RED. */
export const RUNS_PATH = `${ADMIN_ROOT}/contact-center/recorder/runs`;

/** Runs another flow; resolves when it runs. */
async function deploy(red: Runtime, flows: FlowNode[]): Promise<void> {
  const missing = new Promise<never>((_, reject) => {
    const listen = ({
      id,
      payload,
    }: {
      id: string;
      payload?: { error?: string; types?: string[]; modules?: object[] };
    }) => {
      const lacks =
        payload?.types?.join(", ") ?? payload?.modules?.map((each) => (each as { module: string }).module).join(", ");
      if (id !== "runtime-state" || !payload?.error || lacks === undefined) return;
      red.events.off("runtime-event", listen);
      reject(
        new Error(
          `The flow does not start: ${payload.error === "missing-types" ? "no installed package has the node" : "it needs the module"} ${lacks}. Install what it needs beside the flow.`,
        ),
      );
    };
    red.events.on("runtime-event", listen);
    void eventOf(red, "flows:started").then(() => red.events.off("runtime-event", listen));
  });
  const started = eventOf(red, "flows:started");
  await red.runtime.flows.setFlows({ flows: { flows }, deploymentType: "full" });
  await Promise.race([started, missing]);
}

function eventOf(red: Runtime, event: string): Promise<void> {
  return new Promise((resolve) => {
    const listener = (): void => {
      red.events.off(event, listener);
      resolve();
    };
    red.events.on(event, listener);
  });
}

/** Settings that keep everything in memory, install nothing and ask nobody. */
function settings(port: number, userDir: string, store: ContextStore, log: (entry: LogEntry) => void): object {
  const nothing = (): Promise<void> => Promise.resolve();
  const list = (): Promise<object[]> => Promise.resolve([]);
  const object = (): Promise<object> => Promise.resolve({});
  return {
    uiPort: port,
    uiHost: "127.0.0.1",
    userDir,
    fileWorkingDirectory: userDir,
    httpAdminRoot: ADMIN_ROOT,
    httpNodeRoot: "/",
    disableEditor: true,
    credentialSecret: false,
    storageModule: {
      init: nothing,
      getFlows: list,
      saveFlows: nothing,
      getCredentials: object,
      saveCredentials: nothing,
      getSettings: object,
      saveSettings: nothing,
      getSessions: object,
      saveSessions: nothing,
      getLibraryEntry: list,
      saveLibraryEntry: nothing,
    },
    contextStorage: { default: { module: () => store } },
    contactCenter: { recorder: { level: "path", numbers: "shown" } },
    externalModules: { autoInstall: false, palette: { allowInstall: false }, modules: { allowInstall: false } },
    telemetry: { enabled: false, updateNotification: false },
    editorTheme: { tours: false, palette: { catalogues: [] } },
    logging: { console: { level: "off" }, test: { level: "warn", metrics: false, audit: false, handler: () => log } },
  };
}
