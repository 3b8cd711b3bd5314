import assert from "node:assert/strict";
import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { nodeTypes } from "../../scripts/assets.js";
import { SIMULATORS } from "../../simulators/all.js";
import { environmentLines } from "../../simulators/environment.js";
import type { RteState } from "../../simulators/rte/state.js";
import { until } from "../support/wait.js";

const root = resolve(__dirname, "../..");
/** Every port of every simulator: a free one. */
const FREE = [
  "--console-port",
  "0",
  ...SIMULATORS.filter(({ listens }) => listens).flatMap(({ name }) => [`--${name}-port`, "0"]),
];

/** A command in a process of its own. */
class Command {
  output = "";
  readonly exited: Promise<number | null>;
  private constructor(private readonly child: ChildProcess) {
    for (const stream of [child.stdout, child.stderr])
      stream?.setEncoding("utf8").on("data", (text: string) => (this.output += text));
    this.exited = new Promise((done) => child.once("close", done));
  }
  static run(script: string, args: readonly string[], env: Record<string, string> = {}): Command {
    return new Command(
      spawn(process.execPath, [join(root, "dist", script), ...args], {
        env: { ...process.env, ...env },
        stdio: ["ignore", "pipe", "pipe"],
      }),
    );
  }
  /** As `npm start` runs it: by a shell, in the foreground of a terminal. */
  static shell(line: string): Command {
    return new Command(spawn("sh", ["-c", line], { cwd: root, detached: true, stdio: ["ignore", "pipe", "pipe"] }));
  }
  /** The address printed behind a label. */
  address(label: string): Promise<string> {
    return until(
      `the line ${label}`,
      () => new RegExp(`^${label}: +(\\S+)$`, "m").exec(this.output)?.[1],
      20_000,
    ).catch((error: unknown) => {
      throw new Error(`${String(error)}\n${this.output}`);
    });
  }
  /** Ctrl-C: the whole foreground group gets the signal. */
  interrupt(): Promise<number | null> {
    process.kill(-(this.child.pid as number), "SIGINT");
    return this.exited;
  }
  end(signal: NodeJS.Signals): Promise<number | null> {
    this.child.kill(signal);
    return this.exited;
  }
}

function json(url: string, body: object): Promise<Response> {
  return fetch(url, { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) });
}

/** What the console shows of RTE as soon as a flow has subscribed. */
async function rteAtRest(consoleUrl: string): Promise<object> {
  const { body } = await fetch(`${consoleUrl}api/events`);
  let text = "";
  for await (const chunk of body as unknown as AsyncIterable<Uint8Array>) {
    text += Buffer.from(chunk).toString();
    for (const [, line = ""] of text.matchAll(/^data: (\{"simulator":"rte".*\})$/gm)) {
      const { state } = JSON.parse(line) as { state: RteState };
      if (state.connections.some(({ subscriptions }) => subscriptions > 0))
        return { log: state.log, subscribed: true, playing: state.progress !== undefined };
    }
  }
  return {};
}

describe("demo/start", () => {
  const running: Command[] = [];
  const folder = mkdtempSync(join(tmpdir(), "cc-start-"));
  let taken: Server;
  let takenPort: number;

  before(async () => {
    taken = createServer();
    await new Promise<void>((ready) => taken.listen(0, "127.0.0.1", ready));
    takenPort = (taken.address() as AddressInfo).port;
  });
  after(async () => {
    for (const command of running) await command.end("SIGKILL");
    await new Promise((done) => taken.close(done));
    rmSync(folder, { recursive: true, force: true });
  });
  function start(
    args: readonly string[] = ["--port", "0", ...FREE],
    env: Record<string, string> = {},
    script = "demo/start.js",
  ): Command {
    const command = Command.run(script, args, env);
    running.push(command);
    return command;
  }

  it("brings up editor, flows, simulators and console, and ends all of it on SIGINT", async () => {
    const command = start();
    const editor = await command.address("Editor");
    assert.match(editor, /^http:\/\/127\.0\.0\.1:\d+\/$/);
    const settings = (await (await fetch(`${editor}settings`)).json()) as {
      telemetryEnabled?: boolean;
      editorTheme: { palette: object };
    };
    assert.deepEqual(settings.editorTheme.palette, { catalogues: [] });
    assert.notEqual(settings.telemetryEnabled, true);

    const vip = await json(await command.address("SmartRouting webhook"), {
      anum: "+358401112233",
      bnum: "+358942000100",
    });
    assert.deepEqual(await vip.json(), { InitialTarget: "+358942000200", ExtraPriority: 500 });
    const layer = await json(await command.address("Voicenter webhook"), {
      METHOD: "IVR_LAYER_INPUT",
      DATA: { DTMF: "1234", LAYER_ID: "1" },
    });
    assert.equal(((await layer.json()) as { LAYER: number }).LAYER, 10);
    const consoleUrl = await command.address("Console");
    const page = await (await fetch(consoleUrl)).text();
    assert.match(page, /<title>Contact center simulator/);
    // Nothing is sent before somebody asks for it, or the debug sidebar would be full of it.
    assert.deepEqual(await rteAtRest(consoleUrl), { log: [], subscribed: true, playing: false });

    const flows = await command.address("Flows");
    assert.ok(existsSync(join(flows, "flows.json")));
    const types = Object.keys(nodeTypes());
    const nodes = await (await fetch(`${editor}nodes`, { headers: { Accept: "application/json" } })).text();
    for (const type of types) assert.ok(nodes.includes(`"${type}"`), type);

    assert.equal(await command.end("SIGINT"), 0);
    await assert.rejects(fetch(editor));
    assert.equal(existsSync(flows), false, "an unchanged temporary folder is removed");
    // The simulators are there until Node-RED has ended what it had at them.
    assert.doesNotMatch(command.output, /^(warning|error)/m);
  });

  it("contacts no address outside of loopback", async () => {
    const guard = join(folder, "guard.cjs");
    // Every connection and every name look-up passes one of these two.
    writeFileSync(
      guard,
      `const loopback = /^(localhost|127\\.0\\.0\\.1|::1)?$/;
       const { Socket } = require("node:net");
       const dns = require("node:dns");
       const report = (host) => { if (!loopback.test(String(host ?? ""))) console.log("OUTSIDE " + host); };
       const { connect } = Socket.prototype;
       Socket.prototype.connect = function (...args) { const [first] = [args[0]].flat(); report(typeof first === "object" ? first.host : undefined); return connect.apply(this, args); };
       const { lookup } = dns;
       dns.lookup = (host, ...rest) => { report(host); return lookup(host, ...rest); };`,
    );
    const env = { NODE_OPTIONS: `--require ${guard}` };
    const command = start(["--port", "0", ...FREE], env);
    const editor = await command.address("Editor");
    for (const path of ["", "flows", "nodes", "settings"]) await (await fetch(`${editor}${path}`)).text();
    await json(await command.address("SmartRouting webhook"), { anum: "+358401112233" });
    assert.equal(await command.end("SIGINT"), 0);
    assert.doesNotMatch(command.output, /OUTSIDE/);
    const proof = start(["--port", "0", ...FREE], {
      NODE_OPTIONS: `--require ${guard} --import data:text/javascript,import(%22node:net%22).then((n)=>n.connect(9,%22192.0.2.1%22).on(%22error%22,()=>0).destroy())`,
    });
    await proof.address("Editor");
    assert.match(proof.output, /OUTSIDE 192\.0\.2\.1/);
    await proof.end("SIGINT");
  });

  it("ends with code 0 on SIGTERM, the simulators alone too", async () => {
    const command = start();
    await command.address("Editor");
    assert.equal(await command.end("SIGTERM"), 0);
    const alone = start(["--node-red", "http://127.0.0.1:1", ...FREE], {}, "simulators/cli.js");
    await alone.address("Console");
    assert.equal(await alone.end("SIGTERM"), 0);
  });

  it("prints for a Node-RED elsewhere what to enter, and variables that can be pasted", async () => {
    const command = start(["--node-red", "http://127.0.0.1:1/it's", ...FREE], {}, "simulators/cli.js");
    const rte = await command.address("Enreach RTE simulator");
    const webitel = await command.address("Webitel simulator");
    await until("all lines", () => command.output.includes("Ctrl-C ends it all."));
    const pasted = command.output.split("\n").filter((line) => line.startsWith("export "));
    const script = [...pasted, 'printf "%s\n" "$CC_NODE_RED_URL" "$CC_RTE_URL" "$CC_WEBITEL_URL" "$CC_ACTIVE"'].join(
      "\n",
    );
    assert.deepEqual(execFileSync("sh", ["-c", script], { encoding: "utf8" }).trim().split("\n"), [
      "http://127.0.0.1:1/it's",
      rte,
      webitel,
      "true",
    ]);
    for (const { credentials, listens } of SIMULATORS) {
      if (listens)
        assert.ok(
          pasted.some((line) => line.startsWith(`export ${listens.env}=`)),
          listens.env,
        );
      for (const value of Object.values(credentials ?? {}).flatMap((fields) => Object.values(fields)))
        assert.ok(command.output.includes(value), value);
    }
    assert.deepEqual(environmentLines({ CC_RTE_URL: "http://it's" }, "win32"), ["$env:CC_RTE_URL = 'http://it''s'"]);
    assert.equal(await command.end("SIGTERM"), 0);
  });

  it("ends with code 0 on Ctrl-C under npm, which reaches the shell as well", async () => {
    const { scripts } = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as { scripts: { start: string } };
    const command = Command.shell([scripts.start, "--port", "0", ...FREE].join(" "));
    running.push(command);
    await command.address("Editor");
    assert.equal(await command.interrupt(), 0);
  });

  it("ends when npx is ended, which ends the shell between them only", async () => {
    // The last word keeps the shell from giving its place to the command.
    const command = Command.shell(["npm_command=exec node dist/simulator.js", ...FREE].join(" ") + "; true");
    running.push(command);
    await until("all lines", () => command.output.includes("Ctrl-C ends it all."), 20_000);
    await Promise.race([
      command.end("SIGTERM"),
      sleep(10_000, undefined, { ref: false }).then(() => command.interrupt().then(() => assert.fail("It goes on."))),
    ]);
  });

  it("says in one sentence which option mends a taken port", async () => {
    const sentence = (option: string): string =>
      `Port ${takenPort} is in use: choose another one with --${option} <port>.\n`;
    const editor = start(["--port", String(takenPort), ...FREE]);
    assert.equal(await editor.exited, 1);
    assert.equal(editor.output, sentence("port"));
    const panel = start(["--port", "0", ...FREE, "--console-port", String(takenPort)]);
    assert.equal(await panel.exited, 1);
    assert.equal(panel.output, sentence("console-port"));
    const byEnvironment = start(FREE, { CC_PORT: String(takenPort) });
    assert.equal(await byEnvironment.exited, 1);
    assert.equal(byEnvironment.output, sentence("port"));
  });

  it("refuses what is no option and explains itself", async () => {
    const wrong = start(["--port", "http"]);
    assert.equal(await wrong.exited, 1);
    assert.match(wrong.output, /^--port takes a port number .* not "http"\.\n$/);
    const unknown = start(["--prot", "1880"]);
    assert.equal(await unknown.exited, 1);
    assert.match(unknown.output, /'--prot'.*\. Try --help\.\n$/);
    const address = start(["--node-red", "localhost:1880"], {}, "simulators/cli.js");
    assert.equal(await address.exited, 1);
    assert.match(
      address.output,
      /^--node-red takes an address such as http:\/\/127\.0\.0\.1:1880, not "localhost:1880"\.\n$/,
    );
    for (const script of ["demo/start.js", "simulators/cli.js"]) {
      const help = start(["--help"], {}, script);
      assert.equal(await help.exited, 0);
      assert.match(help.output, /--console-port <port> +console page \(1881; CC_CONSOLE_PORT\)/);
    }
  });

  it("keeps the flows of a folder that was asked for", async () => {
    const flows = [{ id: "mine", type: "tab", label: "mine" }];
    writeFileSync(join(folder, "flows.json"), JSON.stringify(flows));
    const command = start(["--port", "0", ...FREE, "--user-dir", folder]);
    const editor = await command.address("Editor");
    assert.deepEqual(await (await fetch(`${editor}flows`)).json(), flows);
    assert.equal(await command.end("SIGINT"), 0);
    assert.ok(existsSync(join(folder, "flows.json")));
  });

  it("tells where changed flows are", async () => {
    const command = start();
    const editor = await command.address("Editor");
    const flows = await command.address("Flows");
    await fetch(`${editor}flows`, { method: "POST", headers: { "Content-Type": "application/json" }, body: "[]" });
    assert.equal(await command.end("SIGINT"), 0);
    assert.ok(command.output.includes(`npm start -- --user-dir ${flows} opens them again`), command.output);
    rmSync(flows, { recursive: true });
  });
});
