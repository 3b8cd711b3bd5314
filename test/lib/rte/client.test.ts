import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { enreachLogin } from "../../../lib/rte/login.js";
import { createRteClient } from "../../../lib/rte/client.js";
import type { ClientOptions, RteClient } from "../../../lib/rte/types.js";
import type { Fault } from "../../../simulators/rte/faults.js";
import { CLOSED_QUEUE } from "../../../simulators/directory.js";
import { DEMO } from "../../../simulators/rte/seed-data.js";
import { type RteSimulator, startRteSimulator } from "../../../simulators/rte/simulator.js";
import { hubHas, of, QUEUE_ID } from "../../support/rte.js";
import { RecordingSubscriber, FAST } from "../../support/recording-subscriber.js";
import { until } from "../../support/wait.js";

describe("lib/rte/client", () => {
  let simulator: RteSimulator;
  let client: RteClient;
  const unknown: string[] = [];
  const account = () => ({ email: DEMO.email, discoveryUrl: `${simulator.url}/api/user`, secretKey: DEMO.secretKey });
  function open(options: Partial<ClientOptions> = {}): RteClient {
    client = createRteClient({
      login: enreachLogin(account),
      onUnknown: ({ what }) => unknown.push(what),
      ...FAST,
      ...options,
    });
    client.open();
    return client;
  }
  async function listening(...events: string[]): Promise<RecordingSubscriber> {
    const recorder = new RecordingSubscriber(open());
    await recorder.setSubscriptions((events.length > 0 ? events : ["QueueStatus"]).map((event) => of(event)));
    await recorder.notice("subscribed");
    return recorder;
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
    const recorder = await listening("QueueStatus", "QueueCallInArrived");
    for (let count = 0; count < 50; count++) simulator.emit("QueueStatus", QUEUE_ID, { MaxWaitTime: count });
    simulator.emit("QueueCallInArrived", QUEUE_ID);
    await until("all events", () => recorder.events.length === 51);
    assert.deepEqual(
      recorder.events.slice(0, 50).map(({ payload }) => payload["MaxWaitTime"]),
      Array.from({ length: 50 }, (_, index) => index),
    );
    assert.deepEqual(
      recorder.notices.map(({ topic }) => topic),
      ["connected", "subscribed"],
    );
  });

  it("is connecting again after it was closed: whoever comes before it opens hears nothing else", async () => {
    const recorder = await listening();
    recorder.leave();
    const closed = client.close();
    const early = new RecordingSubscriber(client);
    await closed;
    const late = new RecordingSubscriber(client);
    for (const each of [early, late]) assert.deepEqual([each.states, each.notices], [[{ word: "connecting" }], []]);
    client.open();
    await late.notice("connected");
    assert.equal(late.all("connected").length, 1);
  });

  it("says per item what is subscribed and what was refused", async () => {
    const recorder = new RecordingSubscriber(open());
    await recorder.setSubscriptions([of("QueueStatus"), of("QueueStatus", CLOSED_QUEUE.id)]);
    const { payload } = await recorder.notice("refused");
    assert.deepEqual(payload, [
      { entityId: CLOSED_QUEUE.id, eventName: "QueueStatus", subscribed: false, message: "Unauthorized" },
    ]);
    assert.deepEqual(recorder.all("subscribed")[0]?.payload, [
      { entityId: QUEUE_ID, eventName: "QueueStatus", subscribed: true, message: null },
    ]);
  });

  it("shares one subscription, copies only for a second receiver, and lets one leave", async () => {
    const recorder = await listening();
    const second = new RecordingSubscriber(client);
    await second.setSubscriptions([of("QUEUESTATUS", QUEUE_ID.toUpperCase())]);
    assert.equal(simulator.hub.calls.filter(({ method }) => method === "Subscribe").length, 1);
    simulator.emit("QueueStatus", QUEUE_ID);
    await until("both", () => recorder.events.length === 1 && second.events.length === 1);
    assert.deepEqual(recorder.events, second.events);
    assert.notEqual(recorder.events[0]?.payload, second.events[0]?.payload);
    recorder.leave();
    simulator.emit("QueueStatus", QUEUE_ID);
    await until("the second one", () => second.events.length === 2);
    assert.equal(recorder.events.length, 1);
    assert.equal(
      simulator.hub.calls.some(({ method }) => method.startsWith("Unsubscribe")),
      false,
    );
    second.leave();
    await hubHas(simulator);
  });

  it("subscribes and unsubscribes for messages, and takes back only what nobody else wants", async () => {
    const recorder = await listening();
    assert.deepEqual(await recorder.subscribe([of("QueueCallInArrived"), of("QueueCallInArrived")]), {
      subscribed: [{ ...of("QueueCallInArrived"), subscribed: true, message: null }],
      refused: [],
    });
    assert.deepEqual(
      (await recorder.list()).map(({ eventName }) => eventName),
      ["QueueStatus", "QueueCallInArrived"],
    );
    assert.deepEqual(await recorder.unsubscribe([of("QueueStatus")]), [
      { ...of("QueueStatus"), subscribed: false, message: null },
    ]);
    await hubHas(simulator, of("QueueCallInArrived"));
    await recorder.unsubscribe();
    await hubHas(simulator);
    assert.equal(simulator.hub.calls.at(-1)?.method, "UnsubscribeAll");
  });

  it("asks in batches of at most a hundred", async () => {
    const recorder = new RecordingSubscriber(open());
    await recorder.setSubscriptions(Array.from({ length: 250 }, () => of("UserStatus", randomUUID())));
    await recorder.notice("subscribed");
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
      const recorder = await listening();
      assert.ok((await recorder.available()).includes("QueueCallInComing"));
      await recorder.unsubscribe();
      await hubHas(simulator);
    });
  }

  it("lists by its own books where the hub has no GetActiveSubscriptions, and by the hub's where it has", async () => {
    // With the real limits: a slow machine must not make it a hub that does not answer.
    const recorder = new RecordingSubscriber(open({ timings: {} }));
    await recorder.setSubscriptions([of("QueueStatus")]);
    await recorder.notice("subscribed");
    [...simulator.hub.connections][0]?.subscriptions.clear();
    assert.deepEqual(
      (await recorder.list()).map(({ subscribed }) => subscribed),
      [false],
    );
    simulator.hub.manners.knowsActive = false;
    assert.deepEqual(
      (await recorder.list()).map(({ subscribed }) => subscribed),
      [true],
    );
  });

  it("reports an error of the hub once, and repeats the call until it works: then with a gap", async () => {
    simulator.setFault("refuse-calls");
    const startMs = Date.now();
    const recorder = new RecordingSubscriber(open());
    await recorder.setSubscriptions([of("QueueStatus")]);
    const { payload } = await recorder.notice("error");
    assert.equal(payload.operation, "Subscribe");
    assert.match(payload.message, /Failed to invoke/);
    await until("more tries", () => simulator.hub.calls.length >= 3);
    const { subscribed } = await recorder.subscribe([of("QueueCallInArrived")]);
    assert.match(subscribed[0]?.message ?? "", /Failed to invoke/);
    assert.deepEqual(client.counts(recorder), { refused: 0, pending: 2 });
    simulator.setFault("none");
    const gap = await recorder.notice("gap");
    assert.ok(Date.parse(gap.payload.from) - startMs < 200, "since it was subscribed");
    await until("both", () => client.counts(recorder).pending === 0);
    assert.deepEqual([recorder.all("error").length, recorder.all("refused").length], [1, 0]);
  });

  it("answers at once while there is no connection, and does it later", async () => {
    await simulator.stop();
    const recorder = new RecordingSubscriber(open());
    await recorder.notice("disconnected");
    assert.deepEqual(await recorder.subscribe([of("QueueStatus")]), {
      subscribed: [{ ...of("QueueStatus"), subscribed: false, message: "disconnected" }],
      refused: [],
    });
    await assert.rejects(recorder.available(), { code: "ECLOSED", message: /no connection/i });
    await simulator.start();
    assert.equal((await recorder.notice("subscribed")).payload[0]?.subscribed, true);
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
      const recorder = new RecordingSubscriber(client);
      void recorder.setSubscriptions([of("QueueStatus")]);
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
    const recorder = await listening("QueueStatus", "UserSetting");
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
    await until("the events", () => recorder.events.length === 4);
    assert.deepEqual(unknown.sort(), [
      "MessageReceived without a subscription",
      "QueueStatus.surprise",
      "Surprise",
      "UserSetting",
      "queuestatus of nobody, which nobody subscribed",
    ]);
  });

  it("gives up a connection that sends no SignalR, and comes back", async () => {
    const recorder = await listening();
    [...simulator.hub.connections][0]!.socket.send("no json\u001e");
    await recorder.notice("gap");
    simulator.emit("QueueStatus", QUEUE_ID);
    await until("an event", () => recorder.events.length === 1);
  });

  it("is not ended by a receiver that throws", async () => {
    const recorder = await listening();
    const bad = {
      onEvent: (): void => {
        throw new Error("broken flow");
      },
      onNotice: (): void => undefined,
      onState: (): void => undefined,
    };
    client.add(bad);
    await client.setSubscriptions(bad, [of("QueueStatus")]);
    simulator.emit("QueueStatus", QUEUE_ID);
    simulator.emit("QueueStatus", QUEUE_ID);
    await until("both events", () => recorder.events.length === 2);
    assert.equal(recorder.all("disconnected").length, 0);
  });

  it("hands a burst over in portions, so that other work gets its turn", async () => {
    const recorder = await listening();
    let perTurn = 0;
    let most = 0;
    const bystander = {
      onEvent: (): void => {
        if (perTurn++ === 0) setImmediate(() => (perTurn = 0));
        most = Math.max(most, perTurn);
      },
      onNotice: (): void => undefined,
      onState: (): void => undefined,
    };
    client.add(bystander);
    await client.setSubscriptions(bystander, [of("QueueStatus")]);
    const [connection] = simulator.hub.connections;
    const data = { queueName: "x".repeat(200) };
    const frame =
      `${JSON.stringify({ type: 1, target: "MessageReceived", arguments: [{ subscription: { entityId: QUEUE_ID, eventName: "queuestatus" }, data }] })}\u001e`.repeat(
        50,
      );
    for (let count = 0; count < 400; count++) connection!.socket.send(frame);
    await until("all", () => recorder.events.length === 20_000);
    assert.ok(most <= 600, `${most} events in one turn`);
  });

  it("reports an outage after it was closed and opened again", async () => {
    const recorder = await listening();
    await simulator.stop();
    await recorder.notice("disconnected");
    await client.close();
    client.open();
    const next = new RecordingSubscriber(client);
    await next.notice("disconnected");
    await simulator.start();
    await next.notice("connected");
  });
});
