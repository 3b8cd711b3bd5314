import assert from "node:assert/strict";
import { tab } from "../../support/flow.js";
import type { FlowNode } from "../../support/node-red.js";
import { until } from "../../support/wait.js";
import { ANNA, BART, button, eventLoopFlow, held, pressInject } from "../../support/cti.js";
import { CARLA, rows, SubscribeTest } from "../../support/cti-subscribe.js";

describe("nodes/cti/cti-subscribe-control", function () {
  this.timeout(120_000);
  const test = new SubscribeTest();
  const { holds, settle, failure } = test;

  describe("control messages", () => {
    const buttons = [
      button("sub", "subscribe", { action: "subscribe", payload: CARLA, keep: "me" }),
      button("sub-two", "subscribe", { action: "subscribe", payload: [BART, { imAddress: CARLA }] }),
      button("sub-all", "subscribe", { action: "subscribe" }),
      button("unsub", "subscribe", { action: "unsubscribe", payload: CARLA }),
      button("unsub-all", "subscribe", { action: "unsubscribe" }),
      button("list", "subscribe", { action: "list", payload: "ignored" }),
      button("bad", "subscribe", { action: "clear" }),
      button("bad-address", "subscribe", { action: "subscribe", payload: ["carla"] }),
    ];
    const ask = async (id: string): Promise<Record<string, unknown>> => {
      test.red.forget();
      await pressInject(test.red, id);
      return test.red.message("rows");
    };
    before(() => settle([...eventLoopFlow(test.simulator, test.red, [ANNA]), ...buttons]));

    it("subscribes, lists and unsubscribes on the message that asked", async () => {
      const message = await ask("sub");
      assert.deepEqual(
        [message["keep"], rows(message).map((row) => [row.imAddress, row.subscribed])],
        ["me", [[CARLA, true]]],
      );
      assert.deepEqual(
        rows(await ask("list")).map((row) => row.imAddress),
        [ANNA, CARLA],
      );
      assert.deepEqual(rows(await ask("unsub")), [{ imAddress: CARLA, subscribed: false }]);
      assert.deepEqual(held(test.simulator), [ANNA]);
      assert.deepEqual(
        rows(await ask("sub-two")).map((row) => row.imAddress),
        [BART, CARLA],
      );
      assert.deepEqual(held(test.simulator), [ANNA, BART, CARLA]);
      await ask("unsub-all");
      assert.deepEqual([held(test.simulator), rows(await ask("list"))], [[], []]);
      await ask("sub-all");
      assert.deepEqual(held(test.simulator), [ANNA]);
    });

    it("heals a broker that forgot, when asked", async () => {
      test.simulator.deliveries.forget();
      test.simulator.requests.length = 0;
      await ask("sub-all");
      assert.deepEqual(held(test.simulator), [ANNA]);
      // The end of the forgotten one is asked for after the answer; then one more shows whether the broker keeps two of an agent.
      const ends = (): object[] => test.simulator.requests.filter(({ operation }) => operation === "unsubscribe");
      await until("both ends", () => ends().length >= 2);
    });

    it("refuses what it does not understand, names the field, and asks the broker for nothing", async () => {
      test.simulator.requests.length = 0;
      for (const [id, field] of [
        ["bad", "action"],
        ["bad-address", "payload"],
      ] as const) {
        test.red.forget();
        await pressInject(test.red, id);
        const error = await failure();
        assert.deepEqual([error.code, error.cause.field], ["EINVALID", field]);
      }
      assert.equal(test.simulator.requests.length, 0);
    });
  });

  it("does not subscribe by itself when it is not active, but when it is told to", async () => {
    await test.red.deploy([tab()]);
    await holds([]);
    const gate = (value: unknown, type: string): FlowNode[] => [
      ...eventLoopFlow(test.simulator, test.red, [ANNA], { active: value, activeType: type }),
      button("sub", "subscribe", { action: "subscribe" }),
    ];
    for (const [value, type] of [
      ["false", "bool"],
      ["CTI_NO_SUCH_FLAG & 'x' = 'y'", "jsonata"],
      ["off", "str"],
    ] as const) {
      test.red.forget();
      test.simulator.requests.length = 0;
      await test.red.deploy(gate(value, type));
      await pressInject(test.red, "sub");
      await test.red.message("rows");
      assert.deepEqual(test.simulator.requests.filter((request) => request.operation === "subscribe").length, 1, value);
      assert.equal(test.red.messages("rows").length, 1);
    }
  });
});
