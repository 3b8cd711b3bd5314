/**
 * A real Node-RED in a process of its own, with this pack as a user has it: built, linked into a fresh user directory.
 * Flows are deployed through the admin API; a `probe` (see flow.ts) reports every message it sees to the test.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { until } from "./wait.js";

const root = resolve(__dirname, "../..");
/** The pack's name. */
export const PACKAGE = "@contact-center/node-red-contrib-contact-center";
/** Another Node-RED and Node to test with: `npm run test:red5` sets both. */
export const NODE_RED = process.env["NODE_RED_DIR"] ?? dirname(require.resolve("node-red/package.json"));

/** How a deploy treats what did not change. */
export type DeployType = "full" | "flows" | "nodes";
/** A node as a flow file has it. */
export interface FlowNode {
  id: string;
  type: string;
  [property: string]: unknown;
}
/** What a probe saw. */
export interface Seen {
  probe: string;
  message: Record<string, unknown>;
}

/** Settings of a test's Node-RED. */
export interface NodeRedOptions {
  flows?: FlowNode[];
  /** Source text of more properties of settings.js, such as `httpAdminRoot: "/admin", httpNodeRoot: "/api"`. */
  settings?: string;
  /** An existing user directory; one is made and removed otherwise. */
  userDir?: string;
  /** A port to listen on; a free one otherwise. */
  port?: number;
  env?: Record<string, string>;
  /** Options of node itself, such as `--expose-gc`. */
  execArgv?: string[];
  /** Links the pack into the user directory; false when the test installs it there. */
  link?: boolean;
}

/** Finds a free port on loopback. */
export function freePort(): Promise<number> {
  return new Promise((resolvePort, reject) => {
    const server = createServer();
    server.once("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const { port } = server.address() as { port: number };
      server.close(() => resolvePort(port));
    });
  });
}

/**
 * Makes a user directory; the caller removes it.
 * @param link puts the built pack into it
 */
export function makeUserDir(link = true, flows: FlowNode[] = []): string {
  const userDir = mkdtempSync(join(tmpdir(), "cc-node-red-"));
  writeFileSync(
    join(userDir, "package.json"),
    JSON.stringify({ name: "user", private: true, dependencies: link ? { [PACKAGE]: "*" } : {} }),
  );
  if (flows.length > 0) writeFileSync(join(userDir, "flows.json"), JSON.stringify(flows));
  if (link) {
    mkdirSync(join(userDir, "node_modules", dirname(PACKAGE)), { recursive: true });
    symlinkSync(root, join(userDir, "node_modules", PACKAGE));
  }
  return userDir;
}

/** A running Node-RED. */
export class NodeRed {
  /** Lines of its log. */
  readonly log: string[] = [];
  /** Everything that probes saw, in order. */
  readonly seen: Seen[] = [];
  private constructor(
    readonly url: string,
    readonly adminUrl: string,
    readonly userDir: string,
    private readonly ownsDir: boolean,
    readonly child: ChildProcess,
  ) {}

  /** Starts Node-RED and resolves when its flows run. */
  static async start(options: NodeRedOptions = {}): Promise<NodeRed> {
    const port = options.port ?? (await freePort());
    const userDir = options.userDir ?? makeUserDir(options.link ?? true);
    writeFileSync(join(userDir, "settings.js"), settingsFile(port, userDir, options.settings ?? ""));
    if (options.flows) writeFileSync(join(userDir, "flows.json"), JSON.stringify(options.flows));
    const child = spawn(
      process.execPath,
      [...(options.execArgv ?? []), join(NODE_RED, "red.js"), "--settings", join(userDir, "settings.js")],
      {
        cwd: userDir,
        env: { ...process.env, ...options.env },
        stdio: ["ignore", "pipe", "pipe", "ipc"],
      },
    );
    const adminRoot = /httpAdminRoot:\s*"([^"]*)"/.exec(options.settings ?? "")?.[1] ?? "/";
    const url = `http://127.0.0.1:${port}`;
    const red = new NodeRed(
      url,
      `${url}${adminRoot === "/" ? "" : adminRoot}`,
      userDir,
      options.userDir === undefined,
      child,
    );
    for (const stream of [child.stdout, child.stderr]) {
      stream
        ?.setEncoding("utf8")
        .on("data", (text: string) => red.log.push(...text.split("\n").filter((line) => line !== "")));
    }
    child.on("message", (message) => red.seen.push(message as Seen));
    await until(
      "Node-RED to start",
      () => {
        if (child.exitCode !== null) throw new Error(`Node-RED ended:\n${red.log.join("\n")}`);
        return red.startedFlows() > 0 && red.log.some((line) => line.includes("Server now running"));
      },
      30_000,
    ).catch((error: unknown) => {
      child.kill("SIGKILL");
      throw new Error(`${String(error)}\n${red.log.join("\n")}`);
    });
    return red;
  }

  /** How often flows were started: it rises when a deploy, the editor's too, has come into effect. */
  startedFlows(): number {
    return this.log.filter((line) => /Started (modified )?(flows|nodes)/.test(line)).length;
  }

  /** Deploys a whole flow file and resolves when it runs. */
  async deploy(flows: FlowNode[], type: DeployType = "full"): Promise<void> {
    const before = this.startedFlows();
    const answer = await fetch(`${this.adminUrl}/flows`, {
      method: "POST",
      headers: { "Content-Type": "application/json", "Node-RED-Deployment-Type": type },
      body: JSON.stringify(flows),
    });
    if (answer.status !== 204) throw new Error(`deploy answered ${answer.status}: ${await answer.text()}`);
    await until("the deploy to start flows", () => this.startedFlows() > before);
  }

  /** The messages a probe saw so far. */
  messages(probe: string): Record<string, unknown>[] {
    return this.seen.filter((entry) => entry.probe === probe).map((entry) => entry.message);
  }

  /** Waits for the first message at a probe that fits. */
  message(
    probe: string,
    fits: (message: Record<string, unknown>) => boolean = () => true,
    limitMs?: number,
  ): Promise<Record<string, unknown>> {
    return until(`a message at ${probe}`, () => this.messages(probe).find(fits), limitMs);
  }

  /** Waits for a line of the log with this text: the log and what probes see come on two ways. */
  async logged(text: string): Promise<void> {
    await until(`"${text}" in the log`, () => this.log.some((line) => line.includes(text)));
  }

  /** Forgets what probes saw. */
  forget(): void {
    this.seen.length = 0;
  }

  /** Ends it; resolves when the process is gone. */
  async stop(signal: NodeJS.Signals = "SIGTERM"): Promise<void> {
    if (this.child.exitCode === null && this.child.signalCode === null) {
      const gone = new Promise((done) => this.child.once("exit", done));
      this.child.kill(signal);
      const forced = setTimeout(() => this.child.kill("SIGKILL"), 15_000);
      await gone;
      clearTimeout(forced);
    }
    if (this.ownsDir) rmSync(this.userDir, { recursive: true, force: true });
  }
}

function settingsFile(port: number, userDir: string, more: string): string {
  return `
const report = (probe, message) => {
  const parents = new Map();
  // What is its own ancestor is left out: it cannot be sent.
  const acyclic = function (name, value) {
    if (value === null || typeof value !== "object") return value;
    for (let at = this; at; at = parents.get(at)) if (at === value) return undefined;
    parents.set(value, this);
    return value;
  };
  process.send({ probe, message: JSON.parse(JSON.stringify(message, acyclic)) });
};
module.exports = {
  uiPort: ${port}, uiHost: "127.0.0.1", userDir: ${JSON.stringify(userDir)}, flowFile: "flows.json", credentialSecret: "test",
  telemetry: { enabled: false, updateNotification: false }, diagnostics: { enabled: false },
  editorTheme: { tours: false, palette: { catalogues: [] }, projects: { enabled: false } },
  functionGlobalContext: { probe: report },
  logging: { console: { level: "info", metrics: false, audit: false } },
  ${more}
};
`;
}
