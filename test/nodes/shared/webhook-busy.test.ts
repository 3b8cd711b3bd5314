/**
 * Requests that come on an open connection while a flow keeps the process busy. On a real Node-RED, whose server ends idle
 * connections after one second here, and after six on default settings.
 */
import assert from "node:assert/strict";
import { connect, type Socket } from "node:net";
import { code, node, probe, tab } from "../../support/flow.js";
import { NodeRed } from "../../support/node-red.js";
import { ROUTING_VENDORS, routingFlow } from "../../support/routing-vendors.js";
import { until } from "../../support/wait.js";

const IMPATIENT_SERVER = `server: (() => {
  const http = require("node:http"), create = http.createServer;
  http.createServer = (...options) => Object.assign(create(...options), { keepAliveTimeout: 1 });
  return true;
})(),`;

/** A caller that keeps its connection, and pays no heed to the `Keep-Alive` header. */
class Caller {
  private heard = "";
  private fault: Error | undefined;

  private constructor(private readonly socket: Socket) {
    socket.on("data", (bytes) => (this.heard += bytes.toString()));
    socket.on("error", (error) => (this.fault = error));
  }

  static async to(url: string): Promise<Caller> {
    const { port } = new URL(url);
    const socket = connect(Number(port), "127.0.0.1");
    await new Promise((resolve) => socket.once("connect", resolve));
    return new Caller(socket);
  }

  send(path: string, body: object): void {
    const text = JSON.stringify(body);
    const head = ["Host: localhost", "Content-Type: application/json", `Content-Length: ${Buffer.byteLength(text)}`];
    this.socket.write(`POST ${path} HTTP/1.1\r\n${head.join("\r\n")}\r\n\r\n${text}`);
  }

  /** The status lines of this many answers. */
  async answers(count: number): Promise<string[]> {
    const found = (): string[] => this.heard.match(/HTTP\/1\.1 \d+/g) ?? [];
    await until(`${count} answers`, () => {
      if (this.fault) throw this.fault;
      return found().length >= count || this.socket.readableEnded;
    });
    return found();
  }

  end(): void {
    this.socket.destroy();
  }
}

describe("a request that comes on an open connection while a flow computes for long", () => {
  let red: NodeRed;

  before(async () => {
    red = await NodeRed.start({
      settings: IMPATIENT_SERVER,
      flows: [
        tab(),
        ...ROUTING_VENDORS.flatMap((vendor) => routingFlow(vendor, { deadline: 15_000 })),
        node("events", "cti-event-in", { url: "/events", auth: "none", unknown: "pass" }, [["event"]]),
        probe("event"),
        node("busy", "http in", { url: "/busy", method: "post" }, [["compute"]]),
        code(
          "compute",
          `global.get("probe")("busy", {});
          for (const start = Date.now(); Date.now() - start < 1500;);
          return msg;`,
          [["done"]],
        ),
        node("done", "http response", {}),
      ],
    });
  });
  after(() => red.stop());

  const requests = [
    ...ROUTING_VENDORS.map((vendor) => ({
      name: vendor.name,
      body: vendor.request("good"),
      status: vendor.good.status,
    })),
    {
      name: "events",
      body: { SubscriptionId: "s", SessionType: 0, ImAddress: "sip:a@x", eventType: "LoggedIn" },
      status: 200,
    },
  ];
  for (const { name, body, status } of requests)
    it(`is answered by ${name}`, async () => {
      const caller = await Caller.to(red.url);
      const other = await Caller.to(red.url);
      try {
        caller.send(`/${name}`, body);
        await caller.answers(1);
        const before = red.seen.filter(({ probe: id }) => id === "busy").length;
        other.send("/busy", {});
        await until("the flow to compute", () => red.seen.filter(({ probe: id }) => id === "busy").length > before);
        caller.send(`/${name}`, body);
        assert.deepEqual(await caller.answers(2), Array(2).fill(`HTTP/1.1 ${status}`));
      } finally {
        caller.end();
        other.end();
      }
    });
});
