/** Webhooks between the close of their nodes and the end of the deploy, which waits for other nodes. On a real Node-RED. */
import assert from "node:assert/strict";
import { existsSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { code, inject, node, probe, tab } from "../../support/flow.js";
import { type FlowNode, NodeRed } from "../../support/node-red.js";
import { ring, ROUTING_VENDORS, routingFlow } from "../../support/routing-vendors.js";
import { until } from "../../support/wait.js";
import { type Reply, send } from "../../support/webhook.js";

describe("a webhook in a deploy that waits for another node", () => {
  let red: NodeRed;
  let gate: string;
  /** @param name of all nodes that are to be closed by a deploy of modified nodes */
  const flows = (name: string, events: object = {}): FlowNode[] => [
    tab(),
    ...ROUTING_VENDORS.flatMap((vendor) => routingFlow(vendor, { name })),
    node("events", "webitel-event-in", { url: "/events", name, credentials: { secret: "s3cret" }, ...events }, [
      ["event"],
    ]),
    probe("event"),
    node("far", "webitel-event-in", { url: "/far", name, networks: ["192.0.2.1"], credentials: { secret: "s3cret" } }),
    { ...inject("start", {}, [["slow"]]), once: true },
    {
      // Closes when the test opens the gate.
      ...code(
        "slow",
        `node.on("close", (done) => {
          const gate = ${JSON.stringify(gate)};
          const look = () => {
            if (!fs.existsSync(gate)) return;
            fs.unwatchFile(gate);
            done();
          };
          fs.watchFile(gate, { interval: 20 }, look);
          look();
        });
        global.get("probe")("slow", {});`,
      ),
      name,
      libs: [{ var: "fs", module: "fs" }],
    },
  ];
  const event = (path = "/events/s3cret"): Promise<Reply> =>
    send(`${red.url}${path}`, { event: "offering", id: "1", attempt_id: 1 });
  const errorOf = (reply: Reply): unknown[] => [reply.status, (reply.json as { error?: unknown } | undefined)?.error];
  /** Each in node has counted its call, and the event node its events, in one line. */
  const isCounted = (): void => {
    for (const type of ["smartrouting-in", "voicenter-layer-in"])
      assert.equal(red.log.filter((line) => line.includes(type) && line.includes(" 1 call(s) got the")).length, 1);
    const [line, ...more] = red.log.filter((each) => each.includes("event(s) got a 503"));
    // One is from the answers, the others are from waiting for the flows to stop.
    assert.ok(Number(/(\d+) event\(s\)/.exec(line ?? "")?.[1]) >= 2, line);
    assert.deepEqual(more, []);
  };
  /** Resolves when webhooks are closed and the slow node is not. */
  const stopping = (from: number): Promise<unknown> =>
    until("the flows to stop", async () => {
      if (!red.log.slice(from).some((line) => /Stopping (flows|modified)/.test(line))) return false;
      return (await event()).status === 503;
    });
  const openGate = (): void => {
    // A Node-RED that has stopped took its folder along.
    if (existsSync(red.userDir)) writeFileSync(gate, "");
  };
  const answersAsClosed = async (): Promise<void> => {
    for (const vendor of ROUTING_VENDORS) {
      const reply = await ring(red.url, vendor, "good");
      assert.deepEqual({ status: reply.status, json: reply.json }, vendor.fallback);
    }
    assert.deepEqual(errorOf(await event()), [503, "closed"]);
    assert.deepEqual(errorOf(await event("/events/wrong")), [401, "credentials"]);
    assert.deepEqual(errorOf(await event("/far/s3cret")), [403, "network"]);
  };
  const servesAgain = async (): Promise<void> => {
    for (const vendor of ROUTING_VENDORS) {
      const reply = await ring(red.url, vendor, "good");
      assert.deepEqual({ status: reply.status, json: reply.json }, vendor.good);
    }
  };
  /** Deploys, and looks at the webhooks while the slow node closes. */
  const deploy = async (
    next: FlowNode[],
    type: "full" | "flows" | "nodes",
    during = answersAsClosed,
  ): Promise<void> => {
    const from = red.log.length;
    const deployed = red.deploy(next, type);
    await stopping(from);
    await during();
    openGate();
    await deployed;
    rmSync(gate);
  };

  beforeEach(async () => {
    red = await NodeRed.start({ settings: "runtimeState: { enabled: true }," });
    gate = join(red.userDir, "gate");
    await red.deploy(flows("first"));
    await red.message("slow");
    await servesAgain();
  });
  afterEach(async () => {
    openGate();
    await red?.stop();
  });

  for (const type of ["full", "flows", "nodes"] as const)
    it(`answers as closed until a deploy of type ${type} has ended, and counts in the log what came`, async () => {
      await deploy(flows(`for ${type}`), type);
      await servesAgain();
      assert.equal((await event()).status, 200);
      await red.message("event");
      assert.equal(red.messages("event").length, 1);
      isCounted();
    });

  it("keeps the old path of a node that is moved until the end of the deploy", async () => {
    await deploy(flows("first", { url: "/moved" }), "full");
    assert.equal((await event("/moved/s3cret")).status, 200);
    assert.equal((await event()).status, 404);
  });

  for (const [title, change] of [
    ["removed", (all: FlowNode[]) => all.filter(({ id }) => id !== "events")],
    ["disabled", (all: FlowNode[]) => all.map((each) => (each.id === "events" ? { ...each, d: true } : each))],
  ] as const)
    it(`keeps the path of a node that is ${title} until the end of the deploy`, async () => {
      await deploy(change(flows("second")), "nodes");
      assert.equal((await event()).status, 404);
      await servesAgain();
    });

  it("lets another node take the path over", async () => {
    const others = flows("first").map((each) => (each.id === "events" ? { ...each, id: "other" } : each));
    await deploy(others, "full");
    assert.equal((await event()).status, 200);
    await red.message("event");
  });

  it("answers as closed until Node-RED has stopped", async () => {
    const from = red.log.length;
    const stopped = red.stop("SIGTERM");
    await stopping(from);
    await answersAsClosed();
    openGate();
    await stopped;
    isCounted();
  });

  it("answers as closed until the flows have stopped, and not after", async () => {
    const from = red.log.length;
    const stopped = send(`${red.adminUrl}/flows/state`, { state: "stop" });
    await stopping(from);
    await answersAsClosed();
    openGate();
    await stopped;
    isCounted();
    assert.equal((await event()).status, 404);
  });
});
