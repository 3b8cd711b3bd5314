import assert from "node:assert/strict";
import { CLOSED_QUEUE } from "../../../simulators/directory.js";
import { inject } from "../../support/flow.js";
import type { FlowNode } from "../../support/node-red.js";
import { again, hubHas, of, QUEUE_ID, subscriber } from "../../support/rte.js";
import { SubscribeTest } from "../../support/rte-subscribe.js";

describe("nodes/rte: control messages of rte-subscribe", function () {
  this.timeout(120_000);
  const test = new SubscribeTest();
  const { deploy, notice } = test;

  /** Sends a control message to `a`. */
  async function press(message: Record<string, unknown>): Promise<void> {
    const flow = (await (await fetch(`${test.red.adminUrl}/flows`)).json()) as FlowNode[];
    const id = `press-${Math.random().toString(36).slice(2)}`;
    await test.red.deploy(again([...flow, inject(id, message, [["a"]])]), "nodes");
    await fetch(`${test.red.adminUrl}/inject/${id}`, { method: "POST" });
  }

  beforeEach(async () => {
    await deploy(...subscriber("a", [of("QueueStatus")]));
    await notice("subscribed");
    test.red.forget();
  });

  it("subscribe: both answers, on the message that asked", async () => {
    await press({
      action: "subscribe",
      mine: 7,
      payload: [
        { entityid: QUEUE_ID, EVENTNAME: "queuecallincoming" },
        { EntityId: CLOSED_QUEUE.id, EventName: "QueueStatus" },
        { EntityId: "Billing", EventName: "QueueStatus" },
      ],
    });
    await test.red.logged('"Billing" is no GUID');
    const [yes, no] = [await notice("subscribed"), await notice("refused")];
    assert.deepEqual(yes.payload, [{ ...of("QueueCallInComing"), subscribed: true, message: null }]);
    assert.deepEqual([yes["mine"], no["mine"]], [7, 7]);
    await hubHas(test.simulator, of("QueueStatus"), of("QueueCallInComing"));
  });

  it("unsubscribe, list, unsubscribe-all", async () => {
    await press({ action: "subscribe", payload: { EntityId: QUEUE_ID, EventName: "QueueCallInComing" } });
    await notice("subscribed");
    await press({ action: "unsubscribe", payload: [{ EntityId: QUEUE_ID, EventName: "QueueStatus" }] });
    assert.deepEqual((await notice("unsubscribed")).payload, [
      { ...of("QueueStatus"), subscribed: false, message: null },
    ]);
    await press({ action: "list" });
    assert.deepEqual((await notice("list")).payload, [{ ...of("QueueCallInComing"), subscribed: true, message: null }]);
    test.red.forget();
    await press({ action: "unsubscribe-all" });
    assert.deepEqual((await notice("unsubscribed")).payload, [
      { ...of("QueueCallInComing"), subscribed: false, message: null },
    ]);
    await hubHas(test.simulator);
  });

  it("available: the hub's list in the catalogue's spelling", async () => {
    await press({ action: "available" });
    assert.ok(((await notice("available")).payload as string[]).includes("QueueCallInComing"));
  });

  it("deactivate and activate", async () => {
    await press({ action: "deactivate" });
    assert.deepEqual((await notice("unsubscribed")).payload, [
      { ...of("QueueStatus"), subscribed: false, message: null },
    ]);
    await hubHas(test.simulator);
    await press({
      action: "subscribe",
      payload: [of("QueueCallInComing")].map(({ entityId, eventName }) => ({
        EntityId: entityId,
        EventName: eventName,
      })),
    });
    assert.deepEqual((await notice("subscribed")).payload, [
      { ...of("QueueCallInComing"), subscribed: false, message: "inactive" },
    ]);
    test.red.forget();
    await press({ action: "activate" });
    assert.equal(((await notice("subscribed")).payload as object[]).length, 2);
    await hubHas(test.simulator, of("QueueStatus"), of("QueueCallInComing"));
  });

  for (const ended of [["unsubscribe-all"], ["unsubscribe-all", "deactivate"]])
    it(`activate brings the settings back after ${ended.join(" and ")}`, async () => {
      for (const action of ended) {
        await press({ action });
        await notice("unsubscribed");
        test.red.forget();
      }
      await hubHas(test.simulator);
      await press({ action: "activate" });
      assert.deepEqual((await notice("subscribed")).payload, [
        { ...of("QueueStatus"), subscribed: true, message: null },
      ]);
      await hubHas(test.simulator, of("QueueStatus"));
    });

  const WRONG: Record<string, [message: object, field: string]> = {
    "an unknown action": [{ action: "sing" }, "action"],
    "a name of every object": [{ action: "toString" }, "action"],
    "an empty list": [{ action: "subscribe", payload: [] }, "payload"],
    "an item without entity": [{ action: "subscribe", payload: [{ EventName: "QueueStatus" }] }, "payload[0].EntityId"],
    "a text": [{ action: "unsubscribe", payload: "QueueStatus" }, "payload[0].EntityId"],
  };
  for (const [what, [message, field]] of Object.entries(WRONG)) {
    it(`${what} goes to Catch, with the message and a sentence`, async () => {
      await press({ ...message, mine: 7 });
      const caught = (await test.red.message("caught")) as {
        mine: number;
        error: { code: string; message: string; cause: { field: string; vendor: string } };
      };
      assert.deepEqual(
        [caught.mine, caught.error.code, caught.error.cause.field, caught.error.cause.vendor],
        [7, "EINVALID", field, "enreach"],
      );
      assert.ok(!caught.error.message.startsWith("rte."), caught.error.message);
      assert.equal(test.red.messages("a-notice").length, 0);
    });
  }

  it("while the hub is away: answered at once, done later", async () => {
    await test.simulator.stop();
    await notice("disconnected");
    await press({ action: "subscribe", payload: [{ EntityId: QUEUE_ID, EventName: "QueueCallInComing" }] });
    assert.deepEqual((await notice("subscribed")).payload, [
      { ...of("QueueCallInComing"), subscribed: false, message: "disconnected" },
    ]);
    await press({ action: "available" });
    assert.equal(((await test.red.message("caught")) as { error: { code: string } }).error.code, "ECLOSED");
    await test.simulator.start();
    await notice("gap");
    await hubHas(test.simulator, of("QueueStatus"), of("QueueCallInComing"));
  });
});
