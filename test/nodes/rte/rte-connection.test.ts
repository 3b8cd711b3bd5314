import assert from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";
import { DEMO } from "../../../simulators/rte/seed-data.js";
import { type RteSimulator, startRteSimulator } from "../../../simulators/rte/simulator.js";
import { statusProbe, tab } from "../../support/flow.js";
import { installedWithOldCookies } from "../../support/hoisted.js";
import { type FlowNode, NodeRed, type NodeRedOptions } from "../../support/node-red.js";
import { connectionNode, flowOf, hubHas, of, subscriber } from "../../support/rte.js";
import { until } from "../../support/wait.js";

/** Credentials are read from a deploy, not from a flow file. */
async function startWith(flows: FlowNode[], options: NodeRedOptions = {}): Promise<NodeRed> {
  const red = await NodeRed.start({ flows: [tab()], ...options });
  await red.deploy(flows);
  return red;
}

interface Report {
  ok: boolean;
  message: string;
  steps?: string[];
}

/** What the button of the dialog asks. */
async function testConnection({ adminUrl }: NodeRed, question: object): Promise<Report> {
  const answer = await fetch(`${adminUrl}/contact-center/rte-connection/test`, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify(question),
  });
  return (await answer.json()) as Report;
}

describe("nodes/rte: rte-connection in a real Node-RED", function () {
  this.timeout(120_000);
  let simulator: RteSimulator;
  let red: NodeRed | undefined;
  beforeEach(async () => {
    simulator = await startRteSimulator();
  });
  afterEach(async () => {
    await red?.stop();
    red = undefined;
    await simulator.close();
  });

  it("does not hammer a refused token, and says so in its own word, once", async () => {
    simulator.setFault("unauthorized");
    red = await startWith(flowOf(simulator, ...subscriber("a", [of("QueueStatus")]), ...statusProbe(["a"])));
    await until("two tries", () => simulator.hub.negotiations.length === 2);
    await red.message("status", ({ status }) => (status as { text?: string }).text?.startsWith("401 → ") === true);
    await red.message("a-notice");
    assert.deepEqual(
      red.messages("a-notice").map(({ topic, payload }) => [topic, (payload as { reason: string }).reason]),
      [["disconnected", "unauthorized"]],
    );
    await sleep(2500);
    assert.equal(simulator.hub.negotiations.length, 2, "the third try is 10 s away");
    assert.equal(
      red.log.filter((line) => line.includes("No connection to Enreach RTE")).length,
      1,
      "one line per outage",
    );
  });

  for (const fault of ["none", "silent", "hang-negotiate", "hang-calls", "unauthorized"] as const) {
    it(`SIGTERM ends Node-RED in under 5 s (${fault})`, async () => {
      if (fault !== "silent") simulator.setFault(fault);
      red = await startWith(flowOf(simulator, ...subscriber("a", [of("QueueStatus")])));
      if (fault === "none" || fault === "silent") await hubHas(simulator, of("QueueStatus"));
      simulator.setFault(fault);
      const startMs = Date.now();
      await red.stop();
      assert.ok(Date.now() - startMs < 5000, `${Date.now() - startMs} ms`);
      assert.equal(red.child.exitCode ?? red.child.signalCode, 0);
    });
  }

  it("shows no secret in log, badge, message, error or export", async () => {
    const SECRETS = [
      "the-secret-key",
      "the-password",
      "the-token",
      DEMO.secretKey,
      Buffer.from(`${DEMO.email}:${DEMO.secretKey}`).toString("base64"),
      Buffer.from(`${DEMO.email}:the-secret-key`).toString("base64"),
    ];
    const tabs: FlowNode[] = [tab()];
    const add = (id: string, properties: object): void => {
      tabs.push(
        { ...connectionNode(simulator, properties), id: `connection-${id}` },
        ...subscriber(id, [of("QueueStatus")], { connection: `connection-${id}` }),
      );
    };
    add("good", {});
    add("key", { credentials: { secretKey: "the-secret-key" } });
    add("word", { credentials: { password: "the-password" } });
    add("token", { auth: "token", url: simulator.hubUrl, credentials: { token: "the-token" } });
    red = await startWith(tabs, { settings: 'logging: { console: { level: "trace", metrics: true, audit: true } },' });
    const [server] = [red];
    for (const id of ["key", "word", "token"])
      await server.message(`${id}-notice`, ({ topic }) => topic === "disconnected");
    await server.message("good-notice", ({ topic }) => topic === "subscribed");
    for (const auth of ["key", "word", "token"] as const) {
      const report = await testConnection(server, {
        id: `connection-${auth}`,
        settings: {
          auth: auth === "token" ? "token" : "enreach",
          url: auth === "token" ? simulator.hubUrl : "",
          email: DEMO.email,
          discoveryUrl: `${simulator.url}/api/user`,
        },
        credentials: { token: "__PWRD__", secretKey: "__PWRD__", password: "__PWRD__" },
      });
      const steps = { key: /^Get the user: /, word: /^Get the secret key: /, token: /^Negotiate with the hub: / };
      assert.match(report.message, steps[auth]);
      server.seen.push({ probe: "test", message: { ...report } });
    }
    const flows = await (await fetch(`${server.adminUrl}/flows`)).text();
    const everything = JSON.stringify([server.log, server.seen, flows]);
    for (const secret of SECRETS) assert.ok(!everything.includes(secret), `${secret} leaked`);
    assert.ok(!/eyJ[\w-]+\.[\w-]+\./.test(everything), "no token of the hub");
  });

  it("sends a stored credential nowhere but where it was deployed for", async () => {
    red = await startWith(flowOf(simulator, ...subscriber("a", [of("QueueStatus")])));
    await hubHas(simulator, of("QueueStatus"));
    const elsewhere = await startRteSimulator();
    try {
      const [server] = [red];
      const ask = (more: object): Promise<Report> =>
        testConnection(server, {
          id: "connection",
          settings: { auth: "enreach", email: DEMO.email, ...more },
          credentials: { secretKey: "__PWRD__" },
        });
      const deployed = await ask({ discoveryUrl: `${simulator.url}/api/user`, apiUrl: "" });
      assert.deepEqual([deployed.ok, deployed.steps?.length], [true, 6]);
      for (const changed of [
        { discoveryUrl: `${elsewhere.url}/api/user`, apiUrl: "" },
        { discoveryUrl: `${simulator.url}/api/user`, apiUrl: elsewhere.url },
        { discoveryUrl: `${simulator.url}/api/user`, apiUrl: "", tls: "another" },
      ]) {
        assert.equal((await ask(changed)).ok, false);
      }
      assert.deepEqual(elsewhere.requests, []);
    } finally {
      await elsewhere.close();
    }
  });

  it("connects where another pack hoisted tough-cookie 2.5", async () => {
    const userDir = installedWithOldCookies();
    try {
      red = await startWith(flowOf(simulator, ...subscriber("a", [of("QueueStatus")])), {
        userDir: userDir.path,
        link: false,
      });
      await red.message("a-notice", ({ topic }) => topic === "subscribed");
    } finally {
      await red?.stop();
      red = undefined;
      userDir.remove();
    }
  });
});
