/** The examples as a test deploys them: what a user reads in the sidebar the test reads, and what they ask can fail. */
import assert from "node:assert/strict";
import { createServer, request, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Example, layOut } from "../../demo/examples.js";
import { SIMULATORS } from "../../simulators/all.js";
import { code } from "./flow.js";
import type { FlowNode, NodeRed } from "./node-red.js";

/** The examples' folder of files, for this process alone. The test removes it. */
export const EXAMPLE_FOLDER = join(tmpdir(), `contact-center-demo-${process.pid}`);

/** What a probe reports of a message. What an http request brings along is left out. */
const REPORTED = "const { topic, payload, call, error, event } = msg;";

/**
 * Examples on their vendors' tabs, ready to deploy: a probe of the same name in each debug node's place, the demo's
 * credentials in the config nodes, a folder of their own, and pauses between tries that a test can wait for.
 */
export function exampleFlows(examples: readonly Example[], credentials = demoCredentials()): FlowNode[] {
  const flows = JSON.stringify(layOut(examples)).replaceAll("/tmp/contact-center-demo", EXAMPLE_FOLDER);
  return (JSON.parse(flows) as FlowNode[]).map((node) => {
    const { id, type, name, z, x, y } = node;
    if (type === "debug") {
      const source = `${REPORTED} global.get("probe")(${JSON.stringify(name)}, { topic, payload, call, error, event });`;
      return { ...code(id, source, [], 0), z, x, y, name };
    }
    if (type === "delay" && /^in \d+ s$/.test(String(name))) return { ...node, timeout: "0.05" };
    const secret = credentials.get(type);
    return secret === undefined ? node : { ...node, credentials: { ...secret } };
  });
}

/** The demo's credentials, by the type of the config node. */
export function demoCredentials(): Map<string, object> {
  return new Map(SIMULATORS.flatMap(({ credentials = {} }) => Object.entries(credentials)));
}

/** Presses an inject node's button. */
export async function pressButton(red: NodeRed, flows: readonly FlowNode[], name: string): Promise<void> {
  const button = flows.find((node) => node.type === "inject" && node["name"] === name);
  assert.ok(button, name);
  assert.equal((await fetch(`${red.adminUrl}/inject/${button.id}`, { method: "POST" })).status, 200);
}

/** The address by which the examples ask their stand-ins in Node-RED, which can fail in front of them. */
export class StandIns {
  /** What is answered in their place; undefined: they answer themselves. */
  answer: { status: number; body: string } | undefined;
  /** How many requests got that answer. */
  failed = 0;
  private constructor(
    readonly url: string,
    private readonly server: Server,
  ) {}

  /** @param port where Node-RED listens */
  static async start(port: number): Promise<StandIns> {
    const server = createServer((incoming, response) => {
      const { method, url = "", headers } = incoming;
      const { answer } = standIns;
      if (answer && url.startsWith("/demo-")) {
        standIns.failed++;
        incoming.resume();
        response.writeHead(answer.status, { "Content-Type": "application/json" }).end(answer.body);
        return;
      }
      const forwarded = request({ host: "127.0.0.1", port, method, path: url, headers }, (answered) => {
        response.writeHead(answered.statusCode ?? 500, answered.headers);
        answered.pipe(response);
      });
      forwarded.on("error", () => response.destroy());
      incoming.pipe(forwarded);
    });
    await new Promise<void>((ready) => server.listen(0, "127.0.0.1", ready));
    const standIns = new StandIns(`http://127.0.0.1:${(server.address() as AddressInfo).port}`, server);
    return standIns;
  }

  /** Has them fail while something is tried. */
  async failing<T>(status: number, body: string, work: () => Promise<T>): Promise<T> {
    this.answer = { status, body };
    try {
      return await work();
    } finally {
      this.answer = undefined;
    }
  }

  close(): Promise<void> {
    this.server.closeAllConnections();
    return new Promise((done) => this.server.close(() => done()));
  }
}
