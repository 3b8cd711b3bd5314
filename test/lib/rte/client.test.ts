import assert from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";
import { enreachAccess } from "../../../lib/rte/login.js";
import { type ClientOptions, RteClient } from "../../../lib/rte/client.js";
import type { Fault } from "../../../simulators/rte/faults.js";
import { CLOSED_QUEUE, DEMO } from "../../../simulators/rte/seed-data.js";
import { type RteSimulator, startRteSimulator } from "../../../simulators/rte/simulator.js";
import { hubHas, of, QUEUE_ID } from "../../support/rte.js";
import { RecordingSubscriber, FAST } from "../../support/recording-subscriber.js";
import { until } from "../../support/wait.js";

describe("lib/rte/client", () => {
  let simulator: RteSimulator;
  let client: RteClient;
  const unknown: string[] = [];
  const login = () => ({ email: DEMO.email, discoveryUrl: `${simulator.url}/api/user`, secretKey: DEMO.secretKey });
  function open(options: Partial<ClientOptions> = {}): RteClient {
    client = new RteClient({
      access: enreachAccess(login),
      onUnknown: (what) => unknown.push(what),
      ...FAST,
      ...options,
    });
    client.open();
    return client;
  }
  async function listening(...events: string[]): Promise<RecordingSubscriber> {
    const ear = new RecordingSubscriber(open());
    await ear.member.want((events.length > 0 ? events : ["QueueStatus"]).map((event) => of(event)));
    await ear.notice("subscribed");
    return ear;
  }
  beforeEach(async () => {
    simulator = await startRteSimulator({ pingMs: 60 });
    unknown.length = 0;
  });
  afterEach(async () => {
    await client?.close();
    await simulator.close();
  });

  it("connects, subscribes and hands over events in order", async () => {
    const ear = await listening("QueueStatus", "QueueCallInArrived");
    for (let count = 0; count < 50; count++) simulator.emit("QueueStatus", QUEUE_ID, { MaxWaitTime: count });
    simulator.emit("QueueCallInArrived", QUEUE_ID);
    await until("all events", () => ear.events.length === 51);
    assert.deepEqual(
      ear.events.slice(0, 50).map(({ payload }) => payload["MaxWaitTime"]),
      Array.from({ length: 50 }, (_, index) => index),
    );
    assert.deepEqual(
      ear.notices.map(({ topic }) => topic),
      ["connected", "subscribed"],
    );
  });

  it("says per item what is subscribed and what was refused", async () => {
    const ear = new RecordingSubscriber(open());
    await ear.member.want([of("QueueStatus"), of("QueueStatus", CLOSED_QUEUE.id)]);
    const { payload } = await ear.notice("refused");
    assert.deepEqual(payload, [
      { entityId: CLOSED_QUEUE.id, eventName: "QueueStatus", subscribed: false, message: "Unauthorized" },
    ]);
    assert.deepEqual(ear.all("subscribed")[0]?.payload, [
      { entityId: QUEUE_ID, eventName: "QueueStatus", subscribed: true, message: null },
    ]);
  });

  it("shares one subscription, copies only for a second receiver, and lets one leave", async () => {
    const ear = await listening();
    const second = new RecordingSubscriber(client, "second");
    await second.member.want([of("QUEUESTATUS", QUEUE_ID.toUpperCase())]);
    assert.equal(simulator.hub.calls.filter(({ method }) => method === "Subscribe").length, 1);
    simulator.emit("QueueStatus", QUEUE_ID);
    await until("both", () => ear.events.length === 1 && second.events.length === 1);
    assert.deepEqual(ear.events, second.events);
    assert.notEqual(ear.events[0]?.payload, second.events[0]?.payload);
    ear.member.leave();
    simulator.emit("QueueStatus", QUEUE_ID);
    await until("the second one", () => second.events.length === 2);
    assert.equal(ear.events.length, 1);
    assert.equal(
      simulator.hub.calls.some(({ method }) => method.startsWith("Unsubscribe")),
      false,
    );
    second.member.leave();
    await hubHas(simulator);
  });

  it("subscribes and unsubscribes for messages, and takes back only what nobody else wants", async () => {
    const ear = await listening();
    assert.deepEqual(await ear.member.subscribe([of("QueueCallInArrived"), of("QueueCallInArrived")]), [
      { ...of("QueueCallInArrived"), subscribed: true, message: null },
    ]);
    assert.deepEqual(
      (await ear.member.list()).map(({ eventName }) => eventName),
      ["QueueStatus", "QueueCallInArrived"],
    );
    assert.deepEqual(await ear.member.unsubscribe([of("QueueStatus")]), [
      { ...of("QueueStatus"), subscribed: false, message: null },
    ]);
    await hubHas(simulator, of("QueueCallInArrived"));
    await ear.member.unsubscribe();
    await hubHas(simulator);
    assert.equal(simulator.hub.calls.at(-1)?.method, "UnsubscribeAll");
  });

  it("asks in batches of at most a hundred", async () => {
    const ear = new RecordingSubscriber(open());
    await ear.member.want(Array.from({ length: 250 }, (_, index) => of("UserStatus", `user-${index}`)));
    await ear.notice("subscribed");
    assert.deepEqual(
      simulator.hub.calls
        .filter(({ method }) => method === "Subscribe")
        .map(({ args }) => (args[0] as object[]).length),
      [100, 100, 50],
    );
  });

  for (const arity of [0, 1] as const) {
    it(`calls a hub whose methods want ${arity} arguments`, async () => {
      simulator.hub.manners.arity = arity;
      const ear = await listening();
      assert.ok((await ear.member.available()).includes("QueueCallInComing"));
      await ear.member.unsubscribe();
      await hubHas(simulator);
    });
  }

  it("lists by its own books where the hub has no GetActiveSubscriptions, and by the hub's where it has", async () => {
    const ear = await listening();
    [...simulator.hub.connections][0]?.subscriptions.clear();
    assert.deepEqual(
      (await ear.member.list()).map(({ subscribed }) => subscribed),
      [false],
    );
    simulator.hub.manners.knowsActive = false;
    assert.deepEqual(
      (await ear.member.list()).map(({ subscribed }) => subscribed),
      [true],
    );
  });

  it("tells of an error of the hub, keeps the wish, and asks again when told to", async () => {
    simulator.setFault("refuse-calls");
    const ear = new RecordingSubscriber(open());
    await ear.member.want([of("QueueStatus")]);
    const { payload } = await ear.notice("error");
    assert.equal(payload.operation, "Subscribe");
    assert.match((await ear.notice("refused")).payload[0]?.message ?? "", /Failed to invoke/);
    simulator.setFault("none");
    assert.equal((await ear.member.subscribe([of("QueueStatus")]))[0]?.subscribed, true);
  });

  it("answers at once while there is no connection, and does it later", async () => {
    await simulator.stop();
    const ear = new RecordingSubscriber(open());
    await ear.notice("disconnected");
    assert.deepEqual(await ear.member.subscribe([of("QueueStatus")]), [
      { ...of("QueueStatus"), subscribed: false, message: "disconnected" },
    ]);
    await assert.rejects(ear.member.available(), { code: "ECLOSED" });
    await simulator.start();
    assert.equal((await ear.notice("subscribed")).payload[0]?.subscribed, true);
  });

  it("closes in whatever state it is, at once and for good", async () => {
    for (const fault of [
      "none",
      "hang-negotiate",
      "hang-upgrade",
      "hang-handshake",
      "hang-calls",
      "silent",
      "unauthorized",
    ] as Fault[]) {
      simulator.setFault(fault === "silent" ? "none" : fault);
      open({ timings: {}, backoff: {} });
      const ear = new RecordingSubscriber(client);
      void ear.member.want([of("QueueStatus")]);
      await sleep(60);
      simulator.setFault(fault);
      const startMs = Date.now();
      await client.close();
      assert.ok(Date.now() - startMs < 900, `${fault}: ${Date.now() - startMs} ms`);
      simulator.setFault("none");
    }
    await until("no socket left", () => simulator.hub.connections.size === 0);
  });

  it("tells once of what the vendor does not document", async () => {
    const ear = await listening("QueueStatus", "UserSetting");
    const [connection] = simulator.hub.connections;
    const push = (target: string, ...args: unknown[]): void =>
      connection!.socket.send(`${JSON.stringify({ type: 1, target, arguments: args })}\u001e`);
    for (let times = 0; times < 2; times++) {
      push("SubscribeDetails", []);
      push("Surprise", 1);
      push("MessageReceived", { data: {} });
      push("MessageReceived", { subscription: { entityId: "nobody", eventName: "queuestatus" }, data: {} });
      simulator.emit("UserSetting", QUEUE_ID, { some: 1 });
      simulator.emit("QueueStatus", QUEUE_ID, { surprise: 1 });
    }
    await until("the events", () => ear.events.length === 4);
    assert.deepEqual(unknown.sort(), [
      "MessageReceived without a subscription",
      "QueueStatus.surprise",
      "Surprise",
      "UserSetting",
      "queuestatus of nobody, which nobody subscribed",
    ]);
  });

  it("gives up a connection that sends no SignalR, and comes back", async () => {
    const ear = await listening();
    [...simulator.hub.connections][0]!.socket.send("no json\u001e");
    await ear.notice("gap");
    simulator.emit("QueueStatus", QUEUE_ID);
    await until("an event", () => ear.events.length === 1);
  });

  it("is not ended by a receiver that throws", async () => {
    const ear = await listening();
    const bad = client.join("bad", {
      onEvent: () => {
        throw new Error("broken flow");
      },
      onNotice: () => undefined,
      onState: () => undefined,
    });
    await bad.want([of("QueueStatus")]);
    simulator.emit("QueueStatus", QUEUE_ID);
    simulator.emit("QueueStatus", QUEUE_ID);
    await until("both events", () => ear.events.length === 2);
    assert.equal(ear.all("disconnected").length, 0);
  });

  it("hands a burst over in portions, so that other work gets its turn", async () => {
    const ear = await listening();
    let perTurn = 0;
    let most = 0;
    const bystander = client.join("bystander", {
      onEvent: () => {
        if (perTurn++ === 0) setImmediate(() => (perTurn = 0));
        most = Math.max(most, perTurn);
      },
      onNotice: () => undefined,
      onState: () => undefined,
    });
    await bystander.want([of("QueueStatus")]);
    const [connection] = simulator.hub.connections;
    const data = { queueName: "x".repeat(200) };
    const frame =
      `${JSON.stringify({ type: 1, target: "MessageReceived", arguments: [{ subscription: { entityId: QUEUE_ID, eventName: "queuestatus" }, data }] })}\u001e`.repeat(
        50,
      );
    for (let count = 0; count < 400; count++) connection!.socket.send(frame);
    await until("all", () => ear.events.length === 20_000);
    assert.ok(most <= 600, `${most} events in one turn`);
  });

  it("tells the heir of a gap, whenever it took the place", async () => {
    const ear = await listening();
    await simulator.stop();
    await ear.notice("disconnected");
    ear.member.hold();
    const early = new RecordingSubscriber(client);
    void early.member.want([of("QueueStatus")]);
    await simulator.start();
    await early.notice("gap");
    early.member.hold();
    simulator.hub.drop();
    await hubHas(simulator);
    await hubHas(simulator, of("QueueStatus"));
    await sleep(30);
    const late = new RecordingSubscriber(client);
    await late.member.want([of("QueueStatus")]);
    assert.equal(late.all("gap").length, 1);
  });

  it("tells of an outage in a second life as in the first", async () => {
    const ear = await listening();
    await simulator.stop();
    await ear.notice("disconnected");
    await client.close();
    client.open();
    const next = new RecordingSubscriber(client, "next");
    await next.notice("disconnected");
    await simulator.start();
    await next.notice("connected");
  });

  it("keeps a place and its events while a node is deployed anew", async () => {
    const ear = await listening("QueueStatus", "QueueCallInArrived");
    ear.member.hold();
    simulator.emit("QueueStatus", QUEUE_ID, { MaxWaitTime: 1 });
    simulator.emit("QueueCallInArrived", QUEUE_ID);
    await sleep(30);
    const next = new RecordingSubscriber(client);
    await next.member.want([of("QueueStatus")]);
    assert.deepEqual(
      next.events.map(({ topic }) => topic),
      ["QueueStatus"],
      "what it still wants",
    );
    assert.equal(ear.events.length, 0);
    await hubHas(simulator, of("QueueStatus"));
    next.member.hold();
    client.dropHeld();
    await hubHas(simulator);
  });
});
