import assert from "node:assert/strict";
import { node, probe, tab } from "../../support/flow.js";
import type { FlowNode } from "../../support/node-red.js";
import { ANNA, button, eventLoopFlow, pressInject, withSettings } from "../../support/cti.js";
import { SubscribeTest } from "../../support/cti-subscribe.js";

describe("nodes/cti/cti-subscribe-settings", function () {
  this.timeout(120_000);
  const test = new SubscribeTest();
  const { holds, failure } = test;

  describe("settings that cannot work", () => {
    const UNSET = "a variable that is not set";
    const cases: [string, (flows: FlowNode[]) => FlowNode[], string][] = [
      ["a missing event node", (flows) => flows.filter((one) => one.id !== "events"), "eventNode"],
      ["a disabled event node", (flows) => withSettings(flows, "events", { d: true }), "eventNode"],
      [
        "an event node without its secret",
        (flows) =>
          withSettings(withSettings(flows, "events", { id: "unproved", credentials: { secret: "" } }), "subscribe", {
            eventNode: "unproved",
          }),
        "eventNode",
      ],
      ["no callback URL", (flows) => withSettings(flows, "broker", { callbackUrl: "" }), "callbackUrl"],
      ["neither event node nor address", (flows) => withSettings(flows, "subscribe", { eventNode: "" }), "callback"],
      [
        "an address that is none",
        (flows) => withSettings(flows, "subscribe", { eventNode: "", callback: "here" }),
        "callback",
      ],
      ["a wrong agent", (flows) => withSettings(flows, "subscribe", { agents: ["anna"] }), "agents"],
      ...["agents", "callback", "callbackUrl", "url", "headerName"].map(
        (field): [string, (flows: FlowNode[]) => FlowNode[], string] => [
          UNSET,
          (flows) =>
            field === "agents"
              ? withSettings(flows, "subscribe", { agents: ["${NOT_SET}"] })
              : field === "callback"
                ? withSettings(flows, "subscribe", { eventNode: "", callback: "https://${NOT_SET}.example" })
                : withSettings(flows, "broker", { [field]: "http://127.0.0.1/${NOT_SET}" }),
          field,
        ],
      ),
      ["no broker", (flows) => withSettings(flows, "subscribe", { broker: "" }), "broker"],
      ["a wrong gate", (flows) => withSettings(flows, "subscribe", { active: "perhaps", activeType: "str" }), "active"],
    ];
    for (const [what, change, field] of cases) {
      it(`says ${field} for ${what}, and subscribes nothing`, async () => {
        await test.red.deploy([tab()]);
        await holds([]);
        test.red.forget();
        test.simulator.requests.length = 0;
        await test.red.deploy([
          ...change(eventLoopFlow(test.simulator, test.red, [ANNA])),
          button("sub", "subscribe", { action: "subscribe" }),
          node("watch", "status", { scope: ["subscribe"] }, [["status"]]),
          probe("status"),
        ]);
        const badge = await test.red.message(
          "status",
          (message) => (message["status"] as { fill: string }).fill === "red",
        );
        const named = what === UNSET ? /^NOT_SET not set$/ : new RegExp(field);
        assert.match((badge["status"] as { text: string }).text, named);
        if (field !== "active") {
          await pressInject(test.red, "sub");
          const error = await failure();
          assert.deepEqual([error.code, error.cause.field], ["EINVALID", field]);
          assert.doesNotMatch(error.message, /^cti\.|__/);
        }
        assert.deepEqual(test.simulator.requests, []);
      });
    }
  });

  for (const agents of [["sip:ann@${DOMAIN"], ["${}"], [" "]])
    it(`subscribes nobody where the agents are ${JSON.stringify(agents)}`, async () => {
      await test.red.deploy([tab()]);
      await holds([]);
      test.red.forget();
      test.simulator.requests.length = 0;
      await test.red.deploy([
        ...eventLoopFlow(test.simulator, test.red, agents),
        button("sub", "subscribe", { action: "subscribe" }),
      ]);
      await pressInject(test.red, "sub");
      const error = await failure();
      assert.deepEqual([error.code, error.cause.field], ["EINVALID", "agents"]);
      assert.deepEqual(test.simulator.requests, []);
    });

  it("names the variable that is set to nothing where it is the whole list of agents, and subscribes nobody", async () => {
    await test.red.deploy([tab()]);
    await holds([]);
    test.red.forget();
    test.simulator.requests.length = 0;
    await test.red.deploy([
      ...eventLoopFlow(test.simulator, test.red, ["${CTI_NOTHING}"]),
      button("sub", "subscribe", { action: "subscribe" }),
      node("watch", "status", { scope: ["subscribe"] }, [["status"]]),
      probe("status"),
    ]);
    const badge = await test.red.message("status", (message) => (message["status"] as { fill: string }).fill === "red");
    assert.match((badge["status"] as { text: string }).text, /CTI_NOTHING/);
    await pressInject(test.red, "sub");
    const error = await failure();
    assert.deepEqual([error.code, error.cause.field], ["EINVALID", "agents"]);
    assert.match(error.message, /CTI_NOTHING/);
    assert.deepEqual(test.simulator.requests, []);
  });
});
