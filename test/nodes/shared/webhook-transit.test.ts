/**
 * What a webhook has sent when a deploy stops the next node: Node-RED delivers at the end of the turn, and drops what is on its
 * way to a node that was stopped in that turn. On a real Node-RED, whose deploys begin here in the turn of a message.
 */
import assert from "node:assert/strict";
import { code, node, probe, tab } from "../../support/flow.js";
import { type DeployType, type FlowNode, NODE_RED, NodeRed } from "../../support/node-red.js";
import { ring, ROUTING_VENDORS, routingFlow } from "../../support/routing-vendors.js";
import { until } from "../../support/wait.js";
import { type Reply, send } from "../../support/webhook.js";

/** Once told `{from, flows, type}`, the next message of the node `from` begins this deploy, which stops nodes in the same turn. */
const DEPLOYER = `deployer: (() => {
  const load = (path) => require(require.resolve(path, { paths: [${JSON.stringify(NODE_RED)}] }));
  const flows = load("@node-red/runtime/lib/flows"), storage = load("@node-red/runtime/lib/storage");
  let next;
  process.on("message", (told) => (next = told));
  load("@node-red/util").hooks.add("onSend.test", ([{ source }]) => {
    if (source.id !== next?.from) return;
    const { flows: config, type } = next;
    next = undefined;
    // Nothing is written, so that the deploy gets to its stop without leaving the turn.
    storage.saveFlows = async () => "revision";
    flows.setFlows(config, undefined, type);
  });
  return true;
})(),`;

describe("a message on its way when a deploy stops the next node", () => {
  let red: NodeRed;
  /** @param name of the nodes that a deploy replaces */
  const flows = (name: string): FlowNode[] => [
    tab(),
    ...ROUTING_VENDORS.flatMap((vendor) => routingFlow(vendor, { deadline: 15_000 })).map((each) =>
      each.id.endsWith("-seen") ? { ...each, name } : each,
    ),
    node("webitel", "webitel-event-in", { url: "/webitel", auth: "none" }, [["slow"]]),
    // Gets messages until it has closed, which takes it some time once it got one.
    { ...code("slow", `node.on("close", (done) => setTimeout(done, 50)); return msg;`, [["event"]]), name },
    probe("event"),
    node("cti", "cti-event-in", { url: "/cti", auth: "none", unknown: "pass" }, [["first"], ["second"]]),
    { ...probe("first"), name },
    { ...probe("second"), name },
  ];
  /** Begins a deploy in the turn in which a node sends its message, and resolves when it has ended. */
  const deployWith = async <T>(from: string, type: DeployType, request: () => Promise<T>): Promise<T> => {
    const before = red.startedFlows();
    await new Promise<void>((resolve, reject) => {
      red.child.send({ from, flows: flows(`deploy ${before}`), type }, (error) => (error ? reject(error) : resolve()));
    });
    // The process reads it before what comes by the network.
    const answer = await request();
    await until("the deploy to end", () => red.startedFlows() > before);
    return answer;
  };
  const cti = (eventType: string, ImAddress: string): Promise<Reply> =>
    send(`${red.url}/cti`, { SubscriptionId: "s", SessionType: 0, ImAddress, eventType, callId: "call", ani: "" });

  before(async () => {
    red = await NodeRed.start({ settings: DEPLOYER });
    await red.deploy(flows("first"));
  });
  after(() => red?.stop());
  beforeEach(() => red.forget());

  for (const vendor of ROUTING_VENDORS) {
    it(`answers a call of ${vendor.name}, which the flow gets once`, async () => {
      const answer = await deployWith(`${vendor.name}-in`, "nodes", () => ring(red.url, vendor, "good"));
      assert.deepEqual(answer.json, vendor.good.json);
      assert.deepEqual(red.messages(`${vendor.name}-seen`).length, 1);
      assert.deepEqual(red.messages(`${vendor.name}-fallback`), []);
    });
  }
  for (const type of ["nodes", "full"] as const) {
    it(`hands an event on once, in a deploy of ${type}`, async () => {
      const event = (id: string): Promise<Reply> =>
        send(`${red.url}/webitel`, { event: "offering", id, attempt_id: 1 });
      const ids = (): unknown[] => red.messages("event").map(({ payload }) => (payload as { id: string }).id);
      await event("1");
      // Between later nodes it would be lost with them.
      await until("the first event", () => ids().includes("1"));
      assert.equal((await deployWith("webitel", type, () => event("2"))).status, 200);
      // What came twice would have come before this one.
      await event("3");
      await until("the last event", () => ids().includes("3"));
      assert.deepEqual(ids(), ["1", "2", "3"]);
    });
  }
  it("hands an event and its transfer on, each at its output", async () => {
    await cti("OnHold", "sip:one@x");
    await red.message("first");
    assert.equal((await deployWith("cti", "nodes", () => cti("Retrieve", "sip:two@x"))).status, 200);
    await red.message("second");
    assert.deepEqual(
      red.messages("first").map(({ topic }) => topic),
      ["OnHold", "Retrieve"],
    );
    assert.deepEqual(
      red.messages("second").map(({ topic }) => topic),
      ["Transfer"],
    );
  });
  it("drops the call of a node that a full deploy closes: its caller has the fallback", async () => {
    const [vendor] = ROUTING_VENDORS as [(typeof ROUTING_VENDORS)[0]];
    const answer = await deployWith(`${vendor.name}-in`, "full", () => ring(red.url, vendor, "good"));
    assert.equal(answer.status, vendor.fallback.status);
    assert.deepEqual((await ring(red.url, vendor, "good")).json, vendor.good.json);
    assert.equal(red.messages(`${vendor.name}-seen`).length, 1);
  });
});
