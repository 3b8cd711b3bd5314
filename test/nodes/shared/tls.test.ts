/** A connection whose TLS configuration is missing or disabled sends nothing; one that is enabled again is used. */
import assert from "node:assert/strict";
import { broker } from "../../support/cti.js";
import { catchProbe, inject, node, statusProbe, tab } from "../../support/flow.js";
import { type FlowNode, NodeRed } from "../../support/node-red.js";
import { subscriber, of } from "../../support/rte.js";
import { startServer, type TestServer } from "../../support/server.js";
import { send } from "../../support/webhook.js";
import { until } from "../../support/wait.js";

const TYPES = ["rte-connection", "cti-broker", "webitel-connection"] as const;

const NO_FILES = { cert: "", key: "", ca: "", certname: "", keyname: "", caname: "", servername: "", alpnprotocol: "" };

describe("nodes/shared/tls", () => {
  let red: NodeRed;
  let site: TestServer;
  before(async () => {
    [red, site] = await Promise.all([
      NodeRed.start(),
      startServer((_heard, response) => void response.writeHead(404).end()),
    ]);
  });
  beforeEach(() => void (site.heard.length = 0));
  after(async () => {
    await red.stop();
    await site.close();
  });

  const flow = (disabled: boolean): FlowNode[] => [
    tab(),
    { id: "own-ca", type: "tls-config", ...NO_FILES, verifyservercert: true, d: disabled },
    {
      id: "connection",
      type: "rte-connection",
      auth: "token",
      url: `${site.url}/rte`,
      tls: "own-ca",
      credentials: { token: "t-4711" },
    },
    ...subscriber("events", [of("QueueStatus")]),
    broker(`${site.url}/cti`, { tls: "own-ca" }),
    node("command", "cti-command", {
      broker: "broker",
      command: "Dial",
      imAddress: "sip:a@b.example",
      number: "+31201234567",
    }),
    {
      id: "webitel",
      type: "webitel-connection",
      url: `${site.url}/webitel/api`,
      tls: "own-ca",
      credentials: { token: "t-4711" },
    },
    node("agents", "webitel-agents", { connection: "webitel" }),
    inject("go", {}, [["command", "agents"]]),
    ...catchProbe(),
    ...statusProbe(["events"]),
  ];

  it("sends nothing with a configuration that is disabled, says so, and goes on when it is enabled", async () => {
    await red.deploy(flow(true));
    await send(`${red.adminUrl}/inject/go`, {});
    await until("two errors", () => red.messages("caught").length === 2);
    for (const { error } of red.messages("caught"))
      assert.match((error as Error).message, /^The TLS configuration that is chosen is missing, disabled/);
    assert.ok(red.log.some((line) => line.includes("[rte-connection:") && line.includes("The TLS configuration")));
    assert.ok(red.messages("status").some(({ status }) => (status as { text?: string }).text === "unconfigured"));
    assert.deepEqual(site.heard, []);
    await red.deploy(flow(false), "nodes");
    await send(`${red.adminUrl}/inject/go`, {});
    await until("a request of each", () =>
      ["/rte", "/cti", "/webitel"].every((path) => site.heard.some(({ url }) => url.startsWith(path))),
    );
  });

  for (const type of TYPES)
    it(`does not test a ${type} without the configuration that it names`, async () => {
      const settings = { auth: type === "rte-connection" ? "token" : "none", url: site.url, tls: "gone" };
      const { json } = await send(`${red.adminUrl}/contact-center/${type}/test`, {
        settings,
        credentials: type === "cti-broker" ? {} : { token: "t-4711" },
      });
      const { ok, message } = json as { ok: boolean; message: string };
      assert.deepEqual([ok, site.heard], [false, []]);
      assert.match(message, /^The TLS configuration that is chosen is missing, disabled or not deployed yet\./);
    });
});
