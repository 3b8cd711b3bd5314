import assert from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";
import type { Subject } from "../../../lib/rte/subject.js";
import { CALL_EVENTS } from "../../../lib/rte/events.js";
import { EVENT_NAMES, EVENTS } from "../../../lib/rte/tables.js";
import { CLOSED_QUEUE } from "../../../simulators/directory.js";
import { entityOf, sample } from "../../../simulators/rte/samples.js";
import { type RteSimulator, startRteSimulator } from "../../../simulators/rte/simulator.js";
import { catchProbe, inject, statusProbe, tab } from "../../support/flow.js";
import { type FlowNode, NodeRed } from "../../support/node-red.js";
import { again, AGENT_ID, connectionNode, flowOf, hubHas, of, QUEUE_ID, subscriber } from "../../support/rte.js";
import { until } from "../../support/wait.js";

type Seen = Record<string, unknown> & { topic: string; payload: never };

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
  let simulator: RteSimulator;
  let red: NodeRed;
  const notices = (id = "a"): string[] => red.messages(`${id}-notice`).map(({ topic }) => String(topic));
  const notice = async (topic: string, id = "a"): Promise<Seen> =>
    (await red.message(`${id}-notice`, (message) => message["topic"] === topic)) as Seen;
  async function deploy(...nodes: FlowNode[]): Promise<void> {
    await red.deploy([tab()]);
    red.forget();
    await red.deploy(flowOf(simulator, ...nodes, ...catchProbe(), ...statusProbe(["a"])));
  }
  /** Sends a control message to `a`. */
  async function press(message: Record<string, unknown>): Promise<void> {
    const flow = (await (await fetch(`${red.adminUrl}/flows`)).json()) as FlowNode[];
    const id = `press-${Math.random().toString(36).slice(2)}`;
    await red.deploy(again([...flow, inject(id, message, [["a"]])]), "nodes");
    await fetch(`${red.adminUrl}/inject/${id}`, { method: "POST" });
  }

  before(async () => {
    simulator = await startRteSimulator({ pingMs: 100 });
    red = await NodeRed.start({
      flows: [tab()],
      env: { RTE_QUEUE: QUEUE_ID, RTE_EVENT: "queuecallinarrived", RTE_OFF: "false" },
    });
  });
  after(async () => {
    await red?.stop();
    await simulator?.close();
  });
  afterEach(() => simulator.setFault("none"));

  it("hands each of the 41 events to a flow: names, types, call, key", async () => {
    await deploy(
      ...subscriber(
        "a",
        EVENT_NAMES.map((name) => of(name, entityOf(name))),
      ),
    );
    await notice("subscribed");
    for (const name of EVENT_NAMES) simulator.emit(name);
    await until("all of them", () => red.messages("a-event").length === EVENT_NAMES.length);
    const keys = new Set<string>();
    for (const name of EVENT_NAMES) {
      const message = red.messages("a-event").find(({ topic }) => topic === name);
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
    await hubHas(simulator, of("QueueStatus"));
    await notice("subscribed", "b");
    simulator.emit("QueueStatus", QUEUE_ID);
    const [a, b] = [await red.message("a-event"), await red.message("b-event")] as {
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
    await red.logged("RTE_NOTHING");
    await red.logged("variable RTE_NOT_SET is not set");
    simulator.emit("UserSetting", AGENT_ID, { Setting: "a" });
    assert.deepEqual((await red.message("a-event"))["payload"], { setting: "a" });
  });

  it("leaves out an item that is no subscription, and keeps the others and the node", async () => {
    const odd = [null, 7, "QueueStatus", [], { entityId: 7, eventName: null }, of("QueueStatus")];
    red.log.length = 0;
    await deploy(...subscriber("a", odd as Subject[]));
    assert.deepEqual((await notice("subscribed")).payload, [{ ...of("QueueStatus"), subscribed: true, message: null }]);
    const blank = (): number =>
      red.log.filter((line) => line.includes("its entity or its event is blank (entity")).length;
    await until("five warnings", () => blank() >= 5);
    assert.equal(blank(), 5);
  });

  it("says what was refused, on output 2 and on the badge", async () => {
    await deploy(...subscriber("a", [of("QueueStatus"), of("QueueStatus", CLOSED_QUEUE.id)]));
    assert.deepEqual((await notice("refused")).payload, [
      { entityId: CLOSED_QUEUE.id, eventName: "QueueStatus", subscribed: false, message: "Unauthorized" },
    ]);
    await red.message("status", ({ status }) => (status as { text?: string }).text === "1 refused");
    assert.deepEqual(notices(), ["connected", "subscribed", "refused"]);
  });

  it("takes more nodes than an emitter takes listeners", async () => {
    const ids = Array.from({ length: 15 }, (_, index) => `n${index}`);
    await deploy(...ids.flatMap((id) => subscriber(id, [of("QueueStatus")])));
    for (const id of ids) await notice("subscribed", id);
    simulator.emit("QueueStatus", QUEUE_ID);
    for (const id of ids) await red.message(`${id}-event`);
    assert.ok(
      !red.log.some((line) => line.includes("MaxListenersExceeded")),
      red.log.find((line) => line.includes("MaxListeners")),
    );
  });

  describe("control messages", () => {
    beforeEach(async () => {
      await deploy(...subscriber("a", [of("QueueStatus")]));
      await notice("subscribed");
      red.forget();
    });

    it("subscribe: both answers, on the message that asked", async () => {
      await press({
        action: "subscribe",
        mine: 7,
        payload: [
          { entityid: QUEUE_ID, EVENTNAME: "queuecallincoming" },
          { EntityId: CLOSED_QUEUE.id, EventName: "QueueStatus" },
        ],
      });
      const [yes, no] = [await notice("subscribed"), await notice("refused")];
      assert.deepEqual(yes.payload, [{ ...of("QueueCallInComing"), subscribed: true, message: null }]);
      assert.deepEqual([yes["mine"], no["mine"]], [7, 7]);
      await hubHas(simulator, of("QueueStatus"), of("QueueCallInComing"));
    });

    it("unsubscribe, list, unsubscribe-all", async () => {
      await press({ action: "subscribe", payload: { EntityId: QUEUE_ID, EventName: "QueueCallInComing" } });
      await notice("subscribed");
      await press({ action: "unsubscribe", payload: [{ EntityId: QUEUE_ID, EventName: "QueueStatus" }] });
      assert.deepEqual((await notice("unsubscribed")).payload, [
        { ...of("QueueStatus"), subscribed: false, message: null },
      ]);
      await press({ action: "list" });
      assert.deepEqual((await notice("list")).payload, [
        { ...of("QueueCallInComing"), subscribed: true, message: null },
      ]);
      red.forget();
      await press({ action: "unsubscribe-all" });
      assert.deepEqual((await notice("unsubscribed")).payload, [
        { ...of("QueueCallInComing"), subscribed: false, message: null },
      ]);
      await hubHas(simulator);
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
      await hubHas(simulator);
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
      red.forget();
      await press({ action: "activate" });
      assert.equal(((await notice("subscribed")).payload as object[]).length, 2);
      await hubHas(simulator, of("QueueStatus"), of("QueueCallInComing"));
    });

    for (const ended of [["unsubscribe-all"], ["unsubscribe-all", "deactivate"]])
      it(`activate brings the settings back after ${ended.join(" and ")}`, async () => {
        for (const action of ended) {
          await press({ action });
          await notice("unsubscribed");
          red.forget();
        }
        await hubHas(simulator);
        await press({ action: "activate" });
        assert.deepEqual((await notice("subscribed")).payload, [
          { ...of("QueueStatus"), subscribed: true, message: null },
        ]);
        await hubHas(simulator, of("QueueStatus"));
      });

    const WRONG: Record<string, [message: object, field: string]> = {
      "an unknown action": [{ action: "sing" }, "action"],
      "a name of every object": [{ action: "toString" }, "action"],
      "an empty list": [{ action: "subscribe", payload: [] }, "payload"],
      "an item without entity": [
        { action: "subscribe", payload: [{ EventName: "QueueStatus" }] },
        "payload[0].EntityId",
      ],
      "a text": [{ action: "unsubscribe", payload: "QueueStatus" }, "payload[0].EntityId"],
    };
    for (const [what, [message, field]] of Object.entries(WRONG)) {
      it(`${what} goes to Catch, with the message and a sentence`, async () => {
        await press({ ...message, mine: 7 });
        const caught = (await red.message("caught")) as {
          mine: number;
          error: { code: string; message: string; cause: { field: string; vendor: string } };
        };
        assert.deepEqual(
          [caught.mine, caught.error.code, caught.error.cause.field, caught.error.cause.vendor],
          [7, "EINVALID", field, "enreach"],
        );
        assert.ok(!caught.error.message.startsWith("rte."), caught.error.message);
        assert.equal(red.messages("a-notice").length, 0);
      });
    }

    it("while the hub is away: answered at once, done later", async () => {
      await simulator.stop();
      await notice("disconnected");
      await press({ action: "subscribe", payload: [{ EntityId: QUEUE_ID, EventName: "QueueCallInComing" }] });
      assert.deepEqual((await notice("subscribed")).payload, [
        { ...of("QueueCallInComing"), subscribed: false, message: "disconnected" },
      ]);
      await press({ action: "available" });
      assert.equal(((await red.message("caught")) as { error: { code: string } }).error.code, "ECLOSED");
      await simulator.start();
      await notice("gap");
      await hubHas(simulator, of("QueueStatus"), of("QueueCallInComing"));
    });
  });

  it("subscribes nothing while active is false, by literal and by environment", async () => {
    for (const active of [{ active: "false" }, { active: "RTE_OFF", activeType: "env" }]) {
      await deploy(...subscriber("a", [of("QueueStatus")], active));
      await notice("connected");
      await red.message("status", ({ status }) => (status as { text?: string }).text === "inactive");
      await hubHas(simulator);
    }
  });

  it("behaves as by default when a flow lacks a setting", async () => {
    const [subscribe, ...probes] = subscriber("a", [of("QueueStatus")]);
    const { active: _active, activeType: _type, ...bare } = subscribe as FlowNode;
    await deploy(bare, ...probes);
    await notice("subscribed");
  });

  it("says what is missing without a connection or a setting", async () => {
    await red.deploy([
      tab(),
      connectionNode(simulator, { email: "" }),
      // A node of its own: one that comes back to a connection that works has a gap.
      ...subscriber("unserved", [of("QueueStatus")]),
      ...catchProbe(),
      ...statusProbe(["unserved"]),
      inject("go", { action: "list" }, [["unserved"]]),
    ]);
    red.forget();
    await fetch(`${red.adminUrl}/inject/go`, { method: "POST" });
    const { error } = (await red.message("caught")) as { error: { code: string; message: string } };
    assert.equal(error.code, "EINVALID");
    assert.match(error.message, /connection/);
    await red.logged('"email"');
  });

  it("connection notices once per outage and node; the gap after it; the badge says why and when", async () => {
    await deploy(...subscriber("a", [of("QueueStatus")]), ...subscriber("b", []));
    await notice("subscribed");
    const before = Date.now();
    await simulator.stop();
    await notice("disconnected", "b");
    await red.message("status", ({ status }) =>
      /^(dropped|network) → \d\d:\d\d:\d\d$/.test((status as { text?: string }).text ?? ""),
    );
    await sleep(1200);
    await simulator.start();
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
    simulator.emit("QueueStatus", QUEUE_ID);
    await red.message("a-event");
    assert.equal(red.messages("a-event").length, 1);
  });
});

describe("nodes/rte: the types of a sample", () => {
  it("cover the catalogue", () => {
    for (const name of EVENT_NAMES) assert.deepEqual(Object.keys(sample(name)), Object.keys(EVENTS[name]));
  });
});
