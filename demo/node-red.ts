/** Node-RED inside this process, on loopback, without any request to the outside. */
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { createRequire } from "node:module";
import { listen } from "../simulators/listen.js";
import { withPort } from "../simulators/options.js";
import type { UserDir } from "./user-dir.js";

/** What is used of `node-red`. */
interface Runtime {
  init(server: unknown, settings: object): void;
  start(): Promise<void>;
  stop(): Promise<void>;
  readonly httpAdmin: unknown;
  readonly httpNode: unknown;
  readonly events: { once(event: "flows:started", listener: () => void): void };
}
type Application = ((request: IncomingMessage, response: ServerResponse) => void) & {
  use(path: string, handler: unknown): void;
};

/** A Node-RED that listens but does not yet run: the environment of its flows needs its address. */
export interface NodeRed {
  /** Without a slash at its end. */
  readonly url: string;
  /** Runs the flows of the user directory; resolves when they run. */
  run(userDir: Pick<UserDir, "path" | "credentialSecret">): Promise<void>;
  close(): Promise<void>;
}

/**
 * Listens.
 * @throws UsageError when the port is taken
 */
export async function openNodeRed(asked: number): Promise<NodeRed> {
  let handler: (request: IncomingMessage, response: ServerResponse) => void = (_, response) =>
    void response.writeHead(503).end();
  const server = createServer((request, response) => handler(request, response));
  const port = await withPort("port", asked, (free) => listen(server, free));
  let runtime: Runtime | undefined;
  return {
    url: `http://127.0.0.1:${port}`,
    async run(userDir) {
      // Another Node-RED than the installed one can be named, to try the flows on.
      const place = require.resolve(process.env["NODE_RED_DIR"] ?? "node-red");
      const red = require(place) as Runtime;
      // Node-RED's own express: nodes look for the stack of exactly this one.
      const app = (createRequire(place)("express") as () => Application)();
      runtime = red;
      red.init(server, settings(port, userDir));
      app.use("/", red.httpAdmin);
      app.use("/", red.httpNode);
      handler = app;
      const running = new Promise<void>((resolve) => red.events.once("flows:started", resolve));
      await red.start();
      await running;
    },
    async close() {
      await runtime?.stop();
      server.closeAllConnections();
      await new Promise((done) => server.close(done));
    },
  };
}

function settings(port: number, { path, credentialSecret }: Pick<UserDir, "path" | "credentialSecret">): object {
  return {
    uiPort: port,
    uiHost: "127.0.0.1",
    userDir: path,
    fileWorkingDirectory: path,
    credentialSecret,
    flowFile: "flows.json",
    flowFilePretty: true,
    telemetry: { enabled: false, updateNotification: false },
    editorTheme: { tours: false, palette: { catalogues: [] }, header: { title: "Contact center demo" } },
    logging: { console: { level: "off" }, demo: { level: "warn", metrics: false, audit: false, handler: () => log } },
  };
}

/** A line of Node-RED's log. */
interface LogEntry {
  level: number;
  /** Type and name of the node that speaks; absent when it is the runtime itself. */
  type?: string;
  name?: string;
  msg?: unknown;
}
/** Node-RED's number of the level `error`. */
const ERROR = 20;

/** Prints what nodes warn of, and every error; not what Node-RED thinks of a demo's settings. */
function log({ level, type, name, msg }: LogEntry): void {
  if (level > ERROR && type === undefined) return;
  const text = msg instanceof Error ? msg.message : typeof msg === "string" ? msg : JSON.stringify(msg);
  process.stdout.write(
    `${level > ERROR ? "warning" : "error"}${type === undefined ? "" : ` of ${name ?? type}`}: ${text}\n`,
  );
}
