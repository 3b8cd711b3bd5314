import assert from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";
import type { Subject } from "../../../lib/rte/subject.js";
import { CALL_EVENTS } from "../../../lib/rte/events.js";
import { EVENT_NAMES, EVENTS } from "../../../lib/rte/tables.js";
import { CLOSED_QUEUE } from "../../../simulators/directory.js";
import { entityOf, sample } from "../../../simulators/rte/samples.js";
import { catchProbe, inject, statusProbe, tab } from "../../support/flow.js";
import type { FlowNode } from "../../support/node-red.js";
import { AGENT_ID, connectionNode, hubHas, of, QUEUE_ID, subscriber } from "../../support/rte.js";
import { SubscribeTest } from "../../support/rte-subscribe.js";
import { until } from "../../support/wait.js";

/** JavaScript types of the vendor's. */
const TYPES: Record<string, string> = {
  Guid: "string",
  string: "string",
  DateTime: "string",
  int: "number",
  short: "number",
  long: "number",
  bool: "boolean",
};

describe("nodes/rte: rte-subscribe in a real Node-RED", function () {
  this.timeout(120_000);
  const test = new SubscribeTest();
  const { deploy, notice, notices } = test;

  it("hands each of the 41 events to a flow: names, types, call, key", async () => {
    await deploy(
      ...subscriber(
        "a",
        EVENT_NAMES.map((name) => of(name, entityOf(name))),
      ),
    );
    await notice("subscribed");
    for (const name of EVENT_NAMES) test.simulator.emit(name);
    await until("all of them", () => test.red.messages("a-event").length === EVENT_NAMES.length);
    const keys = new Set<string>();
    for (const name of EVENT_NAMES) {
      const message = test.red.messages("a-event").find(({ topic }) => topic === name);
      assert.ok(message, name);
      const { payload, rte, call, event } = message as {
        payload: Record<string, unknown>;
        rte: object;
        call?: Record<string, unknown>;
        event: { key: string; name: string; vendor: string };
      };
      assert.deepEqual(rte, { entityId: entityOf(name), eventName: name });
      const types = EVENTS[name] as Record<string, string>;
      assert.deepEqual(new Set(Object.keys(payload)), new Set(Object.keys(types)), name);
      for (const [property, type] of Object.entries(types)) {
        if (type.startsWith("List")) assert.ok(Array.isArray(payload[property]), `${name}.${property}`);
        else assert.equal(typeof payload[property], TYPES[type.replace("?", "")], `${name}.${property}`);
        if (type.startsWith("DateTime")) assert.match(String(payload[property]), /(Z|[+-]\d\d:\d\d)$/);
      }
      assert.equal(call?.["state"] !== undefined, name in CALL_EVENTS, name);
      if (call) assert.deepEqual([call["vendor"], typeof call["at"]], ["enreach", "string"]);
      assert.deepEqual([event.vendor, event.name], ["enreach", name]);
      keys.add(event.key);
    }
    assert.equal(keys.size, EVENT_NAMES.length);
  });

  it("gives one event the same key in two nodes, and each its own message", async () => {
    await deploy(
      ...subscriber("a", [of("QueueStatus")]),
      ...subscriber("b", [of("queuestatus", QUEUE_ID.toUpperCase())]),
    );
    await hubHas(test.simulator, of("QueueStatus"));
    await notice("subscribed", "b");
    test.simulator.emit("QueueStatus", QUEUE_ID);
    const [a, b] = [await test.red.message("a-event"), await test.red.message("b-event")] as {
      event: { key: string; snapshot: boolean };
      _msgid: string;
    }[];
    assert.equal(a?.event.key, b?.event.key);
    assert.equal(a?.event.snapshot, true);
    assert.notEqual(a?._msgid, b?._msgid);
  });

  it("puts environment variables into the list, leaves out blank items, and warns of names it does not know", async () => {
    await deploy(
      ...subscriber("a", [
        of("${RTE_EVENT}", "${RTE_QUEUE}"),
        of("QueueStatus", "${RTE_NOTHING}"),
        of("QueueStatus", "${RTE_NOT_SET}".concat(AGENT_ID)),
        of("UserSetting", AGENT_ID),
      ]),
    );
    const { payload } = await notice("subscribed");
    assert.deepEqual(
      (payload as { eventName: string }[]).map(({ eventName }) => eventName),
      ["QueueCallInArrived", "UserSetting"],
    );
    await test.red.logged("RTE_NOTHING");
    await test.red.logged("variable RTE_NOT_SET is not set");
    test.simulator.emit("UserSetting", AGENT_ID, { Setting: "a" });
    assert.deepEqual((await test.red.message("a-event"))["payload"], { setting: "a" });
  });

  it("leaves out an item that is no subscription, and keeps the others and the node", async () => {
    const odd = [null, 7, "QueueStatus", [], { entityId: 7, eventName: null }, of("QueueStatus")];
    test.red.log.length = 0;
    await deploy(...subscriber("a", odd as Subject[]));
    assert.deepEqual((await notice("subscribed")).payload, [{ ...of("QueueStatus"), subscribed: true, message: null }]);
    const blank = (): number =>
      test.red.log.filter((line) => line.includes("its entity or its event is blank (entity")).length;
    await until("five warnings", () => blank() >= 5);
    assert.equal(blank(), 5);
    await test.red.message("status", ({ status }) => (status as { text?: string }).text === "5 left out");
  });

  it("says what was refused, on output 2 and on the badge", async () => {
    await deploy(...subscriber("a", [of("QueueStatus"), of("QueueStatus", CLOSED_QUEUE.id)]));
    assert.deepEqual((await notice("refused")).payload, [
      { entityId: CLOSED_QUEUE.id, eventName: "QueueStatus", subscribed: false, message: "Unauthorized" },
    ]);
    await test.red.message("status", ({ status }) => (status as { text?: string }).text === "1 refused");
    assert.deepEqual(notices(), ["connected", "subscribed", "refused"]);
  });

  it("warns of an id that is no GUID, and asks for it all the same", async () => {
    test.red.log.length = 0;
    await deploy(...subscriber("a", [of("QueueStatus", "Sales")]));
    assert.deepEqual((await notice("refused")).payload, [
      { entityId: "Sales", eventName: "QueueStatus", subscribed: false, message: "Unauthorized" },
    ]);
    await test.red.logged('"Sales" is no GUID');
  });

  it("takes more nodes than an emitter takes listeners", async () => {
    const ids = Array.from({ length: 15 }, (_, index) => `n${index}`);
    await deploy(...ids.flatMap((id) => subscriber(id, [of("QueueStatus")])));
    for (const id of ids) await notice("subscribed", id);
    test.simulator.emit("QueueStatus", QUEUE_ID);
    for (const id of ids) await test.red.message(`${id}-event`);
    assert.ok(
      !test.red.log.some((line) => line.includes("MaxListenersExceeded")),
      test.red.log.find((line) => line.includes("MaxListeners")),
    );
  });

  it("subscribes nothing while active is false, by literal and by environment", async () => {
    for (const active of [{ active: "false" }, { active: "RTE_OFF", activeType: "env" }]) {
      await deploy(...subscriber("a", [of("QueueStatus")], active));
      await notice("connected");
      await test.red.message("status", ({ status }) => (status as { text?: string }).text === "inactive");
      await hubHas(test.simulator);
    }
  });

  it("behaves as by default when a flow lacks a setting", async () => {
    const [subscribe, ...probes] = subscriber("a", [of("QueueStatus")]);
    const { active: _active, activeType: _type, ...bare } = subscribe as FlowNode;
    await deploy(bare, ...probes);
    await notice("subscribed");
  });

  it("says what is missing without a connection or a setting", async () => {
    await test.red.deploy([
      tab(),
      connectionNode(test.simulator, { email: "" }),
      // A node of its own: one that comes back to a connection that works has a gap.
      ...subscriber("unserved", [of("QueueStatus")]),
      ...catchProbe(),
      ...statusProbe(["unserved"]),
      inject("go", { action: "list" }, [["unserved"]]),
    ]);
    test.red.forget();
    await fetch(`${test.red.adminUrl}/inject/go`, { method: "POST" });
    const { error } = (await test.red.message("caught")) as { error: { code: string; message: string } };
    assert.equal(error.code, "EINVALID");
    assert.match(error.message, /connection/);
    await test.red.logged('"email"');
  });

  it("connection notices once per outage and node; the gap after it; the badge says why and when", async () => {
    await deploy(...subscriber("a", [of("QueueStatus")]), ...subscriber("b", []));
    await notice("subscribed");
    const before = Date.now();
    await test.simulator.stop();
    await notice("disconnected", "b");
    await test.red.message("status", ({ status }) =>
      /^(dropped|network) → \d\d:\d\d:\d\d$/.test((status as { text?: string }).text ?? ""),
    );
    await sleep(1200);
    await test.simulator.start();
    const gap = await notice("gap");
    const { from, to, durationMs, subscriptions } = gap.payload as {
      from: string;
      to: string;
      durationMs: number;
      subscriptions: object[];
    };
    assert.ok(Date.parse(from) - before < 2000 && before - Date.parse(from) < 10_000, `from ${from}`);
    assert.ok(Date.parse(to) > before + 1200, `to ${to}`);
    assert.equal(durationMs, Date.parse(to) - Date.parse(from));
    assert.deepEqual(subscriptions, [of("QueueStatus")]);
    assert.deepEqual(notices(), ["connected", "subscribed", "disconnected", "connected", "subscribed", "gap"]);
    assert.deepEqual(notices("b"), ["connected", "disconnected", "connected"], "nothing subscribed, nothing lost");
    test.simulator.emit("QueueStatus", QUEUE_ID);
    await test.red.message("a-event");
    assert.equal(test.red.messages("a-event").length, 1);
  });
});

describe("nodes/rte: the types of a sample", () => {
  it("cover the catalogue", () => {
    for (const name of EVENT_NAMES) assert.deepEqual(Object.keys(sample(name)), Object.keys(EVENTS[name]));
  });
});
