/** Webhooks that stay while a deploy of modified nodes replaces what stands behind them. On a real Node-RED. */
import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { code, inject, node, probe, tab } from "../../support/flow.js";
import { type FlowNode, NodeRed } from "../../support/node-red.js";
import { ring, ROUTING_VENDORS, routingFlow } from "../../support/routing-vendors.js";
import { until } from "../../support/wait.js";
import { type Reply, send } from "../../support/webhook.js";

const [SMARTROUTING, VOICENTER] = ROUTING_VENDORS as [(typeof ROUTING_VENDORS)[0], (typeof ROUTING_VENDORS)[0]];

describe("a webhook in a deploy that replaces a node behind it", () => {
  let red: NodeRed;
  let gate: string;
  /** @param name of the nodes that a deploy replaces */
  const flows = (name: string): FlowNode[] => [
    tab(),
    ...routingFlow(SMARTROUTING, { deadline: 60_000 }).map((each) =>
      each.id === "smartrouting-flow" ? { ...each, name } : each,
    ),
    // Nothing behind this one is replaced.
    ...routingFlow(VOICENTER, { deadline: 60_000 }),
    node("events", "webitel-event-in", { url: "/events", auth: "none" }, [["away"]]),
    node("away", "link out", { mode: "link", links: ["arrived"] }),
    node("arrived", "link in", { links: ["away"] }, [["behind"]]),
    { ...code("behind", "return msg;", [["event"]]), name },
    probe("event"),
    { ...inject("start", {}, [["slow"]]), once: true },
    {
      // Closes when the test opens the gate.
      ...code(
        "slow",
        `node.on("close", (done) => {
          const timer = setInterval(() => {
            if (!fs.existsSync(${JSON.stringify(gate)})) return;
            clearInterval(timer);
            done();
          }, 20);
        });
        global.get("probe")("slow", {});`,
      ),
      name,
      libs: [{ var: "fs", module: "fs" }],
    },
  ];
  const event = (): Promise<Reply> => send(`${red.url}/events`, { event: "offering", id: "1", attempt_id: 1 });
  /** Resolves when the nodes are stopped, with what resolves when others stand in their place. */
  const beginDeploy = async (): Promise<{ deployed: Promise<unknown> }> => {
    const from = red.log.length;
    const deployed = red.deploy(flows("second"), "nodes");
    await until("the flows to stop", () => red.log.slice(from).some((line) => line.includes("Stopping modified")));
    return { deployed };
  };

  beforeEach(async () => {
    red = await NodeRed.start();
    gate = join(red.userDir, "gate");
    await red.deploy(flows("first"));
    await red.message("slow");
  });
  afterEach(async () => {
    writeFileSync(gate, "");
    await red?.stop();
  });

  it("keeps what would be dropped until the deploy has ended, and nothing else", async () => {
    const { deployed } = await beginDeploy();
    let answered = 0;
    const kept = [event(), ring(red.url, SMARTROUTING, "good"), event()];
    for (const each of kept) void each.then(() => answered++);
    // By then these have come.
    for (let call = 0; call < 3; call++)
      assert.deepEqual((await ring(red.url, VOICENTER, "good")).json, VOICENTER.good.json);
    assert.equal(answered, 0);
    writeFileSync(gate, "");
    await deployed;
    const [first, call, second] = await Promise.all(kept);
    assert.deepEqual([first?.status, second?.status], [200, 200]);
    assert.deepEqual(call?.json, SMARTROUTING.good.json);
    await until("both events", () => red.messages("event").length === 2);
  });

  it("refuses an event for which the deploy takes too long, so that its sender tries again", async () => {
    const { deployed } = await beginDeploy();
    // Takes the 4 s that an event waits.
    assert.equal((await event()).status, 503);
    writeFileSync(gate, "");
    await deployed;
    assert.equal((await event()).status, 200);
    await red.message("event");
    assert.equal(red.messages("event").length, 1);
  });
});
