import assert from "node:assert/strict";
import { probe, tab } from "../../support/flow.js";
import { NodeRed } from "../../support/node-red.js";
import { until } from "../../support/wait.js";
import {
  ANNA,
  BART,
  broker,
  button,
  eventLoopFlow,
  eventIn,
  held,
  pressInject,
  SECRET,
  subscriber,
  withSettings,
} from "../../support/cti.js";
import { CARLA, rows, SubscribeTest } from "../../support/cti-subscribe.js";

describe("nodes/cti/cti-subscribe", function () {
  this.timeout(120_000);
  const test = new SubscribeTest();
  const { holds, settle } = test;

  it("registers the event node's address with its secret, and says so once all is settled", async () => {
    const settled = await settle(eventLoopFlow(test.simulator, test.red, [ANNA, BART]));
    assert.deepEqual(
      settled.map((row) => [row.imAddress, row.subscribed]),
      [
        [ANNA, true],
        [BART, true],
      ],
    );
    assert.deepEqual(
      settled.map((row) => row.subscriptionId),
      test.simulator.state().subscriptions.map((subscription) => subscription.id),
    );
    const bodies = test.simulator.requests
      .filter((request) => request.operation === "subscribe")
      .map((request) => request.body);
    assert.deepEqual(
      bodies,
      [ANNA, BART].map((address) => ({ ImAddress: address, CallbackUrl: `${test.red.url}/cti/${SECRET}` })),
    );
    test.simulator.switchboard.ring(ANNA, "+31201234567");
    assert.equal((await test.red.message("event"))["topic"], "Hunting");
    assert.equal(test.red.messages("rows").length, 1);
  });

  it("registers the address that is served, where its path ends in a slash", async () => {
    const flows = eventLoopFlow(test.simulator, test.red, [ANNA]);
    await settle(withSettings(flows, "events", { url: "/cti/with/" }));
    assert.deepEqual(
      test.simulator.requests.map(({ body }) => (body as { CallbackUrl?: string }).CallbackUrl).at(-1),
      `${test.red.url}/cti/with/${SECRET}`,
    );
    test.simulator.switchboard.ring(ANNA, "+31201234567");
    assert.equal((await test.red.message("event"))["topic"], "Hunting");
  });

  it("makes one subscription without an address for no agents, and each agent once", async () => {
    assert.deepEqual(
      (await settle(eventLoopFlow(test.simulator, test.red, []))).map((row) => row.imAddress),
      [""],
    );
    assert.deepEqual(held(test.simulator), [""]);
    await settle(eventLoopFlow(test.simulator, test.red, [ANNA, ANNA.toUpperCase().replace("SIP", "sip"), " "]));
    assert.deepEqual(held(test.simulator), [ANNA]);
  });

  it("takes a full address and environment variables instead", async () => {
    const other = await NodeRed.start({ env: { CTI_AGENT: "anna.berg" } });
    try {
      await other.deploy([
        tab(),
        broker(test.simulator.url),
        subscriber(["sip:${CTI_AGENT}@contoso.example"], { eventNode: "", callback: "http://127.0.0.1:9/elsewhere" }),
        probe("rows"),
      ]);
      await until("the subscription", () =>
        test.simulator
          .state()
          .subscriptions.some(
            (subscription) => subscription.callback === "http://127.0.0.1:9/elsewhere" && subscription.address === ANNA,
          ),
      );
    } finally {
      await other.stop();
    }
    assert.equal(
      test.simulator.state().subscriptions.some((subscription) => subscription.callback.includes("elsewhere")),
      false,
    );
  });

  it("subscribes the others where one address is wrong, and says which entry it is", async () => {
    const settled = await settle([
      ...eventLoopFlow(test.simulator, test.red, [ANNA, "bart", `${CARLA}:5061;transport=tls`]),
      button("list", "subscribe", { action: "list" }),
      button("sub", "subscribe", { action: "subscribe", payload: [BART, "nobody"] }),
    ]);
    assert.deepEqual(
      settled.map((row) => [row.imAddress, row.subscribed]),
      [
        [ANNA, true],
        [`${CARLA}:5061;transport=tls`, true],
        ["bart", false],
      ],
    );
    assert.match(settled[2]?.error ?? "", /Entry 2 of agents/);
    test.red.forget();
    await pressInject(test.red, "sub");
    assert.deepEqual(
      rows(await test.red.message("rows")).map((row) => row.subscribed),
      [true, false],
    );
  });

  it("sends each event once while subscriptions are replaced", async () => {
    await settle(eventLoopFlow(test.simulator, test.red, [ANNA], { renew: 0.002 }));
    for (let call = 0; call < 60; call++) {
      await test.simulator.send({
        event: "Hunting",
        session: "Inbound",
        address: ANNA,
        callId: `call-${call}`,
        ani: "+31201234567",
      });
    }
    await test.red.message("event", ({ payload }) => (payload as { callId: string }).callId === "call-59");
    assert.equal(test.red.messages("event").length, 60);
    await test.red.deploy([tab()]);
  });

  it("shares the subscription of an agent between two nodes, and the last one ends it", async () => {
    const flow = [...eventLoopFlow(test.simulator, test.red, [ANNA]), subscriber([ANNA], {}, "second")];
    await settle(flow);
    await until("both", () => test.red.messages("rows").length >= 1);
    await holds([ANNA]);
    await test.red.deploy(
      flow.filter((one) => one.id !== "second"),
      "nodes",
    );
    test.red.forget();
    // A deploy in the first moments of another may make the subscription again, and reports it as a gap.
    await until("an event", () => {
      test.simulator.switchboard.ring(ANNA, "+31201234567");
      return test.red.messages("event").length > 0;
    });
    await holds([ANNA]);
  });

  it("shares an event node with another subscriber", async () => {
    await settle([
      ...eventLoopFlow(test.simulator, test.red, [ANNA]),
      subscriber([BART], {}, "second"),
      eventIn({ url: "/other" }, "unused"),
    ]);
    await holds([ANNA, BART]);
    for (const agent of [ANNA, BART]) test.simulator.switchboard.ring(agent, "+31201234567");
    await until("both events", () => test.red.messages("event").length === 2);
  });

  it("keeps many subscribers without a warning of Node", async () => {
    const agents = Array.from({ length: 15 }, (_, at) => `sip:agent${at}@contoso.example`);
    await settle([
      ...eventLoopFlow(test.simulator, test.red, [ANNA]),
      ...agents.map((agent, at) => subscriber([agent], {}, `subscribe${at}`)),
    ]);
    await holds([ANNA, ...agents]);
    assert.deepEqual(
      test.red.log.filter((line) => line.includes("MaxListenersExceeded")),
      [],
    );
  });
});
