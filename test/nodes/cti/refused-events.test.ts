/** Events that come while a deploy holds their flow. On a real Node-RED. */
import assert from "node:assert/strict";
import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { ANNA, BART, eventLoopFlow, SECRET, withSettings } from "../../support/cti.js";
import { SubscribeTest } from "../../support/cti-subscribe.js";
import { code, inject, probe, tab } from "../../support/flow.js";
import type { FlowNode } from "../../support/node-red.js";
import { until } from "../../support/wait.js";
import { type Reply, send } from "../../support/webhook.js";

describe("nodes/cti: events that are refused in a deploy", function () {
  this.timeout(120_000);
  const test = new SubscribeTest();
  const gate = (): string => join(test.red.userDir, "gate");

  /** The subscriber stands on another tab than its event node, and what is behind that closes when the gate opens. */
  const flows = (name: string): FlowNode[] => [
    tab("tab2"),
    ...eventLoopFlow(test.simulator, test.red, [ANNA, BART]).map((each) =>
      each.id === "subscribe" ? { ...each, z: "tab2", wires: [["rows"], ["gap"]] } : each,
    ),
    { ...probe("gap"), z: "tab2" },
    { ...inject("start", {}, [["slow"]]), once: true },
    {
      ...code(
        "slow",
        `node.on("close", (done) => {
          const timer = setInterval(() => {
            if (!fs.existsSync(${JSON.stringify(gate())})) return;
            clearInterval(timer);
            done();
          }, 20);
        });
        global.get("probe")("slow", {});
        return msg;`,
      ),
      name,
      libs: [{ var: "fs", module: "fs" }],
    },
  ];
  // A deploy with credentials restarts the event node, and so the subscriber.
  const wired = (name: string, more: object = { credentials: undefined }): FlowNode[] =>
    withSettings(flows(name), "events", { wires: [["event", "slow"], []], ...more });

  const post = (): Promise<Reply> =>
    send(`${test.red.url}/cti/${SECRET}`, {
      SubscriptionId: test.simulator.state().subscriptions.find(({ address }) => address === ANNA)?.id,
      ImAddress: ANNA,
      eventType: "Connected",
      callId: "1",
      SessionType: "Inbound",
      ani: "+31201234567",
    });

  for (const type of ["flows", "nodes"] as const)
    it(`are in one gap after a deploy of ${type}, in which the subscriber stays`, async () => {
      await test.settle(wired("first", {}));
      await test.red.message("slow");
      rmSync(gate(), { force: true });
      test.red.forget();
      const from = test.red.log.length;
      const deployed = test.red.deploy(wired("second"), type);
      await until("the flows to stop", () =>
        test.red.log.slice(from).some((line) => line.includes("Stopping modified")),
      );
      const posted = Date.now();
      const { status } = await post();
      const refused = Date.now();
      writeFileSync(gate(), "");
      await deployed;
      assert.equal(status, 503);
      const { payload } = await test.red.message("gap");
      const gap = payload as { from: string; to: string; agents: string[] };
      assert.deepEqual(gap.agents.toSorted(), [ANNA, BART]);
      const [lost, restored] = [Date.parse(gap.from), Date.parse(gap.to)];
      assert.ok(
        lost <= posted && lost >= posted - 2000 && restored >= refused,
        `${posted} ${refused} ${JSON.stringify(gap)}`,
      );
      // Where nothing is refused, nothing is told.
      await test.red.deploy(wired("third"), type);
      assert.equal((await post()).status, 200);
      await test.red.message("event");
      assert.deepEqual(
        test.red.messages("gap").map((message) => message["payload"]),
        [payload],
      );
    });
});
