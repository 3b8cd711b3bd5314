import assert from "node:assert/strict";
import { node, probe, tab } from "../../support/flow.js";
import { type DeployType, type FlowNode } from "../../support/node-red.js";
import { until } from "../../support/wait.js";
import { ANNA, BART, eventLoopFlow, held, withSettings } from "../../support/cti.js";
import { SubscribeTest } from "../../support/cti-subscribe.js";

describe("nodes/cti/cti-subscribe-deploys", function () {
  this.timeout(120_000);
  const test = new SubscribeTest();
  const { holds, settle } = test;

  it("holds exactly what the flow asks for after 50 redeploys of each type", async () => {
    await settle(eventLoopFlow(test.simulator, test.red, [ANNA, BART]));
    test.simulator.requests.length = 0;
    for (const type of ["full", "flows", "nodes"] as DeployType[]) {
      for (let round = 0; round < 50; round++) {
        await test.red.deploy(
          eventLoopFlow(test.simulator, test.red, [ANNA, BART], { name: `${type} ${round}` }),
          type,
        );
      }
      await holds([ANNA, BART]);
    }
    assert.deepEqual(test.simulator.requests, []);
    test.red.forget();
    test.simulator.switchboard.ring(BART, "+31201234567");
    await test.red.message("event");
    assert.equal(
      test.red.log.some((line) => line.includes("are refused")),
      false,
    );
  });

  it("asks the broker for nothing where its node moves to another tab, and the former tab is deleted", async () => {
    const flows = eventLoopFlow(test.simulator, test.red, [ANNA, BART]);
    const moved = [...withSettings(flows, "subscribe", { z: "former" }), { id: "former", type: "tab" }];
    await settle(moved);
    test.simulator.requests.length = 0;
    for (const type of ["full", "flows", "nodes"] as DeployType[]) {
      test.red.forget();
      await test.red.deploy(flows, type);
      await test.red.message("rows");
      await holds([ANNA, BART]);
      await test.red.deploy(moved, type);
    }
    assert.deepEqual(test.simulator.requests, []);
  });

  it("shows on the badge that all are subscribed, also where a deploy asked the broker for nothing", async () => {
    for (const name of ["first", "second"]) {
      test.red.forget();
      await test.red.deploy([
        ...eventLoopFlow(test.simulator, test.red, [ANNA, BART], { name }),
        node("watch", "status", { scope: ["subscribe"] }, [["status"]]),
        probe("status"),
      ]);
      await test.red.message("status", ({ status }) => (status as { text: string }).text === "2 / 2");
    }
  });

  it("follows the event node: another path, another secret, gone, back", async () => {
    const flows = eventLoopFlow(test.simulator, test.red, [ANNA]);
    await settle(flows);
    const changed = withSettings(flows, "events", { url: "/moved", credentials: { secret: "other" } });
    await test.red.deploy(changed, "nodes");
    await until(
      "the new address",
      () =>
        test.simulator
          .state()
          .subscriptions.map((one) => one.callback)
          .join() === `${test.red.url}/moved/other`,
    );
    await test.red.deploy(
      changed.filter((one) => one.id !== "events"),
      "nodes",
    );
    await holds([]);
    await test.red.deploy(flows, "nodes");
    await holds([ANNA]);
    await test.red.deploy(withSettings(flows, "events", { d: true }), "nodes");
    await holds([]);
    await test.red.deploy(flows, "nodes");
    await holds([ANNA]);
  });

  it("removes the subscriptions of a node that is removed, also when the broker is down at that time", async () => {
    const flows = eventLoopFlow(test.simulator, test.red, [ANNA, BART]);
    await settle(flows);
    await test.red.deploy(
      flows.filter((one) => one.id !== "subscribe"),
      "nodes",
    );
    await holds([]);
    await test.red.deploy(flows, "nodes");
    await holds([ANNA, BART]);
    Object.assign(test.simulator.faults, { refuse: 2, refuseStatus: 503 });
    await test.red.deploy(
      flows.filter((one) => one.id !== "subscribe"),
      "full",
    );
    await holds([]);
  });

  it("renews, and so heals a broker that forgot", async () => {
    await settle(eventLoopFlow(test.simulator, test.red, [ANNA], { renew: 0.005 }));
    test.simulator.deliveries.forget();
    await holds([ANNA]);
    const before = test.simulator.state().subscriptions[0]?.id;
    await until(
      "a renewal",
      () => held(test.simulator).length === 1 && test.simulator.state().subscriptions[0]?.id !== before,
    );
    await test.red.deploy([tab()]);
    await holds([]);
  });

  it("does not hold up a deploy when the broker does not answer, and heals after it", async () => {
    const flows = eventLoopFlow(test.simulator, test.red, [ANNA]);
    await settle(flows);
    test.simulator.faults.slowMs = 5000;
    const started = Date.now();
    await test.red.deploy(
      flows.filter((one) => one.id !== "subscribe"),
      "nodes",
    );
    const took = Date.now() - started;
    assert.ok(took < 4500, `${took} ms`);
    test.simulator.faults.slowMs = 0;
    await holds([]);
  });

  it("tells on output 2 that events may be lost: after a deploy with another address, and when the broker forgot", async () => {
    const flow = (name: string, renew: number, url = "/cti"): FlowNode[] => {
      const nodes = eventLoopFlow(test.simulator, test.red, [ANNA], { name, renew });
      const wired = withSettings(nodes, "subscribe", { wires: [["rows"], ["gap"]] });
      return [...withSettings(wired, "events", { url }), probe("gap")];
    };
    await settle(flow("one", 0));
    // Agents of the tests before may have one.
    test.red.forget();
    await test.red.deploy(flow("two", 0), "full");
    await test.red.message("rows");
    assert.deepEqual(test.red.messages("gap"), []);
    test.red.forget();
    await test.red.deploy(flow("three", 0.005, "/elsewhere"), "nodes");
    const { payload } = await test.red.message("gap");
    const { from, to, durationMs, agents } = payload as {
      from: string;
      to: string;
      durationMs: number;
      agents: string[];
    };
    assert.deepEqual([agents, durationMs], [[ANNA], Date.parse(to) - Date.parse(from)]);
    test.red.forget();
    test.simulator.deliveries.forget();
    assert.equal((await test.red.message("gap"))["topic"], "gap");
    await test.red.deploy([tab()]);
  });
});
