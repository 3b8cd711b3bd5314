/** A real redis-server on a free port of loopback, which keeps nothing on the disk. */
import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { freePort } from "./node-red.js";
import { until } from "./wait.js";

/** A Redis that can be killed and started again at the same address. */
export class RedisServer {
  private child: ChildProcess | undefined;
  private constructor(
    readonly port: number,
    private readonly folder: string,
  ) {}

  /** Starts one; resolves when it answers. */
  static async start(): Promise<RedisServer> {
    const redis = new RedisServer(await freePort(), mkdtempSync(join(tmpdir(), "cc-redis-")));
    await redis.restart();
    return redis;
  }

  get url(): string {
    return `redis://127.0.0.1:${this.port}`;
  }

  /** Starts it, empty. */
  async restart(): Promise<void> {
    const options = ["--port", `${this.port}`, "--bind", "127.0.0.1", "--save", "", "--dir", this.folder];
    const child = spawn("redis-server", options, { stdio: "ignore" });
    let failure: Error | undefined;
    child.once("error", (error) => (failure = error));
    this.child = child;
    await until("redis-server to answer", async () => {
      if (failure) throw new Error(`redis-server is missing (apt-get install redis-server): ${failure.message}`);
      return (await this.ask("PING").catch(() => "")) === "+PONG";
    });
  }

  /** Sends one command as a line; gives the last line of the answer. */
  ask(command: string): Promise<string> {
    return new Promise((answered, failed) => {
      const socket = connect(this.port, "127.0.0.1", () => socket.write(`${command}\r\nQUIT\r\n`));
      let text = "";
      socket.setEncoding("utf8").on("data", (part: string) => (text += part));
      socket.on("error", failed);
      socket.on("end", () => {
        answered(text.trim().split("\r\n").slice(0, -1).at(-1) ?? "");
        socket.destroy();
      });
    });
  }

  /** Kills it; what it knew is gone. */
  async kill(): Promise<void> {
    const { child } = this;
    if (child?.exitCode !== null || child.signalCode !== null) return;
    const gone = new Promise((done) => child.once("exit", done));
    child.kill("SIGKILL");
    await gone;
  }

  /** Kills it and removes its folder. */
  async stop(): Promise<void> {
    await this.kill();
    rmSync(this.folder, { recursive: true, force: true });
  }
}
