import assert from "node:assert/strict";
import { type HubConnection, HubConnectionBuilder, HttpTransportType, LogLevel } from "@microsoft/signalr";
import { createRteClient } from "../../../lib/rte/client.js";
import type { RteClient } from "../../../lib/rte/types.js";
import { tokenLogin } from "../../../lib/rte/login.js";
import { EVENT_NAMES, EVENTS } from "../../../lib/rte/tables.js";
import type { Fault } from "../../../simulators/rte/faults.js";
import { DAY_MS, makeDay } from "../../../simulators/rte/scenario.js";
import { AGENTS, CLOSED_QUEUE, QUEUES } from "../../../simulators/directory.js";
import { type RteSimulator, startRteSimulator } from "../../../simulators/rte/simulator.js";
import { camelCase } from "../../../simulators/rte/wire.js";
import { FAST, RecordingSubscriber } from "../../support/recording-subscriber.js";
import { hubHas, of, QUEUE_ID } from "../../support/rte.js";
import { until } from "../../support/wait.js";

/** The official client as a plain program uses it: its own http client, its own socket, its own reconnect. */
describe("simulators/rte with Microsoft's own client", () => {
  let simulator: RteSimulator;
  let connection: HubConnection;
  const received: { subscription: { entityId: string; eventName: string }; data: Record<string, unknown> }[] = [];
  const client = (token: () => string, more: object = {}): HubConnection => {
    connection = new HubConnectionBuilder()
      .withUrl(simulator.hubUrl, { accessTokenFactory: token, ...more })
      .withAutomaticReconnect([50, 100])
      .configureLogging(LogLevel.None)
      .build();
    connection.on("MessageReceived", (message) => {
      received.push(message as (typeof received)[number]);
    });
    return connection;
  };
  beforeEach(async () => {
    received.length = 0;
    simulator = await startRteSimulator();
  });
  afterEach(async () => {
    await connection?.stop();
    await simulator.close();
  });

  it("connects, subscribes, receives, reconnects, unsubscribes", async () => {
    await client(() => simulator.token()).start();
    const item = (EntityId: string, EventName: string): object => ({ EntityId, EventName });
    assert.deepEqual(
      await connection.invoke("Subscribe", [item(QUEUE_ID, "QueueCallIncoming"), item(CLOSED_QUEUE.id, "QueueStatus")]),
      [
        { subscribed: true, message: null, entityId: QUEUE_ID, eventName: "queuecallincoming" },
        { subscribed: false, message: "Unauthorized", entityId: CLOSED_QUEUE.id, eventName: "queuestatus" },
      ],
    );
    assert.deepEqual(await connection.invoke("Subscribe", [item("Sales", "QueueStatus")]), [
      { subscribed: false, message: "Unauthorized", entityId: "Sales", eventName: "queuestatus" },
    ]);
    assert.equal(simulator.emit("QueueCallInComing"), 1);
    await until("an event", () => received.length === 1);
    assert.deepEqual(received[0]?.subscription, { entityId: QUEUE_ID, eventName: "queuecallincoming" });
    assert.equal(received[0]?.data["callerNumber"], "+358401234567");
    assert.equal((await connection.invoke<string[]>("AvailableSubscriptions")).length, EVENT_NAMES.length + 4);
    await assert.rejects(connection.invoke("AvailableSubscriptions", []), /provides 1 argument/);
    assert.equal((await connection.invoke<object[]>("GetActiveSubscriptions")).length, 1);
    const back = new Promise((done) => connection.onreconnected(done));
    simulator.hub.drop();
    await back;
    assert.equal(simulator.emit("QueueCallInComing"), 0, "subscriptions live on the connection");
    assert.deepEqual(await connection.invoke("Unsubscribe", [item(QUEUE_ID, "QueueCallIncoming")]), [
      { subscribed: false, message: null, entityId: QUEUE_ID, eventName: "queuecallincoming" },
    ]);
    assert.equal(await connection.invoke("UnsubscribeAll"), true);
  });

  it("takes a token in the query too, and none of a wrong, expired or missing one", async () => {
    for (const token of ["wrong", simulator.token(-1), `${simulator.token()}x`, ""])
      await assert.rejects(client(() => token).start(), /401/);
    const url = `${simulator.hubUrl.replace("http", "ws")}?access_token=${simulator.token()}`;
    connection = new HubConnectionBuilder()
      .withUrl(url.replace("ws", "http"), { skipNegotiation: true, transport: HttpTransportType.WebSockets })
      .configureLogging(LogLevel.None)
      .build();
    await connection.start();
  });

  it("offers WebSockets only, and knows its own ids", async () => {
    await assert.rejects(
      client(() => simulator.token(), { transport: HttpTransportType.LongPolling }).start(),
      /LongPolling|transports/,
    );
    const answer = await fetch(`${simulator.hubUrl}/negotiate?negotiateVersion=1`, {
      method: "POST",
      headers: { Authorization: `Bearer ${simulator.token()}` },
    });
    const { availableTransports, connectionToken } = (await answer.json()) as {
      availableTransports: object[];
      connectionToken: string;
    };
    assert.equal(availableTransports.length, 1);
    assert.ok(connectionToken);
  });

  it("pings, and can fall silent", async () => {
    await simulator.close();
    simulator = await startRteSimulator({ pingMs: 20 });
    client(() => simulator.token());
    connection.serverTimeoutInMilliseconds = 100;
    await connection.start();
    let lost = false;
    connection.onreconnecting(() => (lost = true));
    await new Promise((done) => setTimeout(done, 250));
    assert.equal(lost, false, "kept alive by pings");
    simulator.setFault("silent");
    await until("the client to notice", () => lost);
  });
});

describe("simulators/rte: the contact centre", () => {
  const day = makeDay(1);

  it("plays the same day from the same seed", () => {
    assert.deepEqual(makeDay(1), day);
    assert.notDeepEqual(makeDay(2), day);
    assert.ok(day.length > 2000 && (day.at(-1)?.atMs ?? 0) <= DAY_MS * 1.2);
  });

  it("tells whole stories: each call comes, waits, is answered or not, and ends once", () => {
    const stories = new Map<string, string[]>();
    for (const { name, data } of day)
      if (name.startsWith("QueueCallIn"))
        stories.set(String(data["CallId"]), [
          ...(stories.get(String(data["CallId"])) ?? []),
          name.replace("QueueCallIn", ""),
        ]);
    for (const story of stories.values()) {
      assert.match(
        story.join(" "),
        /^Coming Arrived( UserAllocated UserCancelled)*( UserAllocated UserConnected)? Disconnected$/,
      );
    }
    assert.ok(
      [...stories.values()].some((story) => story.includes("UserCancelled")) &&
        [...stories.values()].some((story) => !story.includes("UserConnected")),
    );
  });

  it("says only what the catalogue has", () => {
    for (const { name, data } of day)
      for (const property of Object.keys(data)) assert.ok(property in EVENTS[name], `${name}.${property}`);
  });

  it("never has an agent in two calls, nor a negative counter", () => {
    const busy = new Set<unknown>();
    for (const { name, data } of day) {
      if (name === "UserCallInUserAllocated") {
        assert.ok(!busy.has(data["UserId"]));
        busy.add(data["UserId"]);
      } else if (name === "UserCallInDisconnected" || name === "UserCallInUserCancelled") busy.delete(data["UserId"]);
      for (const [property, value] of Object.entries(data))
        if (typeof value === "number") assert.ok(value >= 0, `${name}.${property}`);
    }
  });

  it("waits in the morning, and sends nothing, until it is played", async () => {
    const simulator = await startRteSimulator({ play: false });
    try {
      const { queues, agents, log, progress } = simulator.state();
      assert.deepEqual([log, progress], [[], undefined]);
      assert.ok(agents.every(({ free }) => free) && queues.every(({ waiting }) => waiting === 0));
      simulator.actions.play({ seconds: 2 });
      await until("events", () => simulator.state().log.some(({ data }) => "CallerNumber" in data));
    } finally {
      await simulator.close();
    }
  });

  it("plays it, and shows it", async () => {
    const simulator = await startRteSimulator({ play: true, daySeconds: 2 });
    try {
      await until("calls", () => simulator.state().queues.some(({ connected }) => connected > 0));
      const state = simulator.state();
      assert.equal(state.queues.length, QUEUES.length);
      assert.equal(state.agents.length, AGENTS.length);
      assert.ok(state.agents.some(({ talking }) => talking) && (state.progress ?? 0) > 0);
      simulator.actions.pause();
      assert.equal(simulator.state().progress, undefined);
    } finally {
      await simulator.close();
    }
  });

  it("refuses buttons that do not exist", async () => {
    const simulator = await startRteSimulator();
    try {
      assert.throws(() => simulator.actions.emit({ name: "Nothing" }), /no event/);
      assert.throws(() => simulator.actions.fault({ fault: "__proto__" }), /no fault/);
      assert.deepEqual(simulator.actions.emit({ name: "userstatus" }), { receivers: 0 });
      await simulator.actions.restart();
      assert.equal(simulator.state().up, true);
    } finally {
      await simulator.close();
    }
  });

  it("writes names as .NET does", () => {
    assert.deepEqual(["CBRId", "RUser", "SMSTo", "CallId", "Note", "ID"].map(camelCase), [
      "cbrId",
      "rUser",
      "smsTo",
      "callId",
      "note",
      "id",
    ]);
  });
});

describe("simulators/rte: faults that hubs and balancers have", () => {
  let simulator: RteSimulator;
  let client: RteClient;
  beforeEach(async () => {
    simulator = await startRteSimulator({ pingMs: 60 });
  });
  afterEach(async () => {
    await client.close();
    await simulator.close();
  });

  /** What the client makes of each: what it has in the end, and what the simulator saw. */
  const CASES: Partial<Record<Fault, (recorder: RecordingSubscriber) => Promise<unknown> | void>> = {
    "fail-twice": (recorder) => assert.equal(recorder.all("error").length, 1),
    "pascal-case": async (recorder) => {
      simulator.emit("QueueStatus", QUEUE_ID, { MaxWaitTime: 5 });
      await until("the event", () => recorder.events[0]?.payload["MaxWaitTime"] === 5);
    },
    "sticky-cookie": () => undefined,
    redirect: () => assert.equal(simulator.hub.negotiations.filter(({ status }) => status === 401).length, 0),
    "no-answers": async (recorder) => {
      simulator.emit("QueueStatus", QUEUE_ID);
      await until("the event", () => recorder.events.length === 1);
    },
  };
  for (const [fault, look] of Object.entries(CASES)) {
    it(`${fault}: the client gets its events`, async () => {
      simulator.setFault(fault as Fault);
      client = createRteClient({
        login: tokenLogin(() => ({ url: simulator.hubUrl, token: simulator.token() })),
        ...FAST,
      });
      client.open();
      const recorder = new RecordingSubscriber(client);
      await recorder.setSubscriptions([of("QueueStatus")]);
      await hubHas(simulator, of("QueueStatus"));
      if (fault !== "no-answers") await recorder.notice("subscribed");
      await look(recorder);
    });
  }

  it("one-bad-item and ten-items: the good ones are served; keep-subscribed: it is tried again", async () => {
    simulator.setFault("one-bad-item");
    client = createRteClient({
      login: tokenLogin(() => ({ url: simulator.hubUrl, token: simulator.token() })),
      ...FAST,
    });
    client.open();
    const recorder = new RecordingSubscriber(client);
    const agents = AGENTS.map(({ id }) => of("UserStatus", id));
    await recorder.setSubscriptions([of("UserStatus", "no-guid"), ...agents]);
    await hubHas(simulator, ...agents);
    simulator.setFault("ten-items");
    const events = EVENT_NAMES.slice(0, 25).map((name) => of(name, QUEUE_ID));
    await recorder.setSubscriptions(events);
    await hubHas(simulator, ...events);
    simulator.setFault("keep-subscribed");
    assert.ok((await recorder.unsubscribe()).every(({ subscribed }) => subscribed));
    simulator.setFault("none");
    await hubHas(simulator);
  });
});
