import assert from "node:assert/strict";
import {
  type CtiSimulator,
  type CtiSimulatorOptions,
  DEMO_AGENTS,
  startCtiSimulator,
} from "../../../simulators/cti/simulator.js";
import { runAction } from "../../support/run-action.js";
import { startServer, type TestServer } from "../../support/server.js";
import { until } from "../../support/wait.js";
import { send } from "../../support/webhook.js";

const [ANNA, BART] = DEMO_AGENTS;

describe("simulators/cti", () => {
  let broker: CtiSimulator;
  let callback: TestServer;
  let answer = 200;
  const start = async (options: CtiSimulatorOptions = {}): Promise<void> => {
    answer = 200;
    [broker, callback] = await Promise.all([
      startCtiSimulator(options),
      startServer((_heard, response) => void response.writeHead(answer).end()),
    ]);
  };
  afterEach(async () => {
    await broker.close();
    await callback.close();
  });
  const command = (body: object): Promise<{ status: number; text: string }> => send(`${broker.url}/api/command`, body);
  const subscribe = async (body: object = {}): Promise<string> => {
    const reply = await send(`${broker.url}/api/subscribe`, {
      ImAddress: ANNA,
      CallbackUrl: `${callback.url}/hook`,
      ...body,
    });
    assert.equal(reply.status, 201);
    return reply.headers.get("location")?.replace("api/subscribe/", "") ?? "";
  };
  const events = (): Record<string, unknown>[] =>
    callback.heard.map(({ body }) => JSON.parse(body) as Record<string, unknown>);

  describe("can be another kind of broker", () => {
    const statuses = (agents: readonly string[]): Promise<number[]> =>
      Promise.all(
        agents.map(async (ImAddress) => {
          const body = { ImAddress, CallbackUrl: `${callback.url}/hook` };
          return (await send(`${broker.url}/api/subscribe`, body)).status;
        }),
      );
    const become = async (kind: string): Promise<void> => {
      await start();
      runAction(broker, "kind", { kind });
      assert.equal(broker.state().kind, kind);
    };

    it("one that refuses an agent", async () => {
      await become("refusing");
      assert.deepEqual(await statuses([ANNA, BART]), [503, 201]);
    });

    it("one that takes eight at once", async () => {
      await become("limited");
      const answers = await statuses(Array.from({ length: 12 }, () => BART));
      assert.deepEqual(
        [answers.filter((one) => one === 201).length, answers.filter((one) => one === 503).length],
        [8, 4],
      );
    });

    it("one that takes its time for each, one after another", async () => {
      await become("serial");
      const started = performance.now();
      await statuses([ANNA, BART, ANNA, BART]);
      assert.ok(performance.now() - started >= 4 * 30 - 5);
    });

    it("one that gives the same agent and callback the same id", async () => {
      await become("idempotent");
      assert.equal(await subscribe(), await subscribe());
      assert.notEqual(await subscribe(), await subscribe({ ImAddress: BART }));
    });
  });

  it("serves the documented paths alone, behind a prefix where there is one", async () => {
    const statusAt = async (path: string): Promise<number> =>
      (await send(`${broker.url}${path}`, { ImAddress: ANNA, CallbackUrl: `${callback.url}/hook` })).status;
    await start();
    for (const path of [
      "/wrong/api/subscribe",
      "/api/api/subscribe",
      "/api/subscribe/",
      "/subscribe",
      "/api/command/x",
    ])
      assert.equal(await statusAt(path), 404, path);
    assert.equal(await statusAt("/api/subscribe"), 201);
    await broker.close();
    await callback.close();
    await start({ prefix: "/site" });
    assert.deepEqual([await statusAt("/api/subscribe"), await statusAt("/site/api/subscribe")], [404, 201]);
  });

  it("answers as the vendor documents", async () => {
    await start();
    const reply = await command({ ImAddress: ANNA, commandType: "AgentLogin" });
    assert.deepEqual([reply.status, reply.text], [202, ""]);
    for (const wrong of [
      {},
      { ImAddress: ANNA, commandType: 3 },
      { ImAddress: "anna", commandType: 0 },
      { ImAddress: ANNA, commandType: "Dial", number: "0201234567" },
    ])
      assert.equal((await command(wrong)).status, 500);
    assert.equal((await send(`${broker.url}/api/subscribe`, { ImAddress: ANNA })).status, 500);
    const id = await subscribe();
    assert.match(id, /^[0-9a-f-]{36}$/);
    for (const status of [202, 404])
      assert.equal((await send(`${broker.url}/api/subscribe/${id}`, undefined, { method: "DELETE" })).status, status);
  });

  it("posts the documented body, in either enumeration style, in order", async () => {
    await start();
    const id = await subscribe();
    const call = broker.switchboard.ring(ANNA, "+31201234567");
    runAction(broker, "enumStyle", { style: "name" });
    broker.switchboard.answer();
    broker.switchboard.hangup();
    await until("three events", () => events().length === 3);
    const common = { SubscriptionId: id, ImAddress: ANNA, callId: call.id, ani: "+31201234567" };
    assert.deepEqual(
      broker.state().deliveries.map(({ body }) => body),
      events().toReversed(),
      "the console shows what was posted",
    );
    assert.deepEqual(events(), [
      // Written when it is sent, which is after the style was changed.
      { ...common, SessionType: "Inbound", eventType: "Hunting" },
      { ...common, SessionType: "Inbound", eventType: "Connected" },
      { ...common, SessionType: "Inbound", eventType: "Disconnected" },
    ]);
    runAction(broker, "enumStyle", { style: "number" });
    broker.switchboard.ring(ANNA, "+31201234567", "Outbound");
    await until("the fourth", () => events().length === 4);
    assert.deepEqual([events()[3]?.["SessionType"], events()[3]?.["eventType"]], [1, 3]);
  });

  it("says how a log-in ended by an event", async () => {
    await start();
    await subscribe();
    await command({ ImAddress: ANNA, commandType: 0 });
    await until("the event", () => events().length === 1);
    runAction(broker, "refuseLogin", { agent: ANNA, refuse: true });
    await command({ ImAddress: ANNA, commandType: 0 });
    await until("the second event", () => events().length === 2);
    assert.deepEqual(
      events().map(({ callId }) => callId),
      ["", "failed"],
    );
  });

  it("transfers a call both ways", async () => {
    await start();
    await subscribe({ ImAddress: "" });
    const { id } = broker.switchboard.ring(ANNA, "+31201234567");
    broker.switchboard.answer(id);
    runAction(broker, "transfer", { id, to: BART, works: false });
    runAction(broker, "transfer", { id, to: BART });
    await until("six events", () => events().length === 6);
    assert.deepEqual(
      events()
        .slice(2)
        .map(({ eventType, ImAddress }) => [eventType, ImAddress]),
      [
        [6, ANNA],
        [7, ANNA],
        [6, ANNA],
        [7, BART],
      ],
    );
    assert.throws(() => runAction(broker, "transfer", { id, to: BART }), /with this agent already/);
    assert.throws(() => runAction(broker, "hold", { id: "other" }), /no such call/);
  });

  it("counts what a callback address refuses, and tells only whom it concerns", async () => {
    await start();
    await subscribe();
    answer = 404;
    broker.switchboard.ring(ANNA, "+1");
    broker.switchboard.ring(BART, "+2");
    await until("the refusal", () => broker.state().subscriptions[0]?.failed === 1);
    assert.deepEqual([events().length, broker.state().deliveries[0]?.answer], [1, 404]);
  });

  it("refuses, loses, is slow and forgets when it is told to", async () => {
    await start();
    runAction(broker, "fault", { refuse: 1, refuseStatus: 503 });
    assert.equal((await command({ ImAddress: ANNA, commandType: 14 })).status, 503);
    runAction(broker, "fault", { lose: 1 });
    await assert.rejects(command({ ImAddress: ANNA, commandType: 14 }));
    assert.equal(broker.switchboard.agent(ANNA)?.heartbeats, 1);
    runAction(broker, "fault", { slowMs: 80 });
    const started = performance.now();
    await subscribe();
    assert.ok(performance.now() - started >= 75);
    runAction(broker, "forget");
    assert.equal(broker.state().subscriptions.length, 0);
  });

  it("asks for a credential where it is told to", async () => {
    await start({ requires: { header: "Authorization", value: "Bearer t" } });
    assert.equal((await command({ ImAddress: ANNA, commandType: 14 })).status, 401);
    const reply = await send(
      `${broker.url}/api/command`,
      { ImAddress: ANNA, commandType: 14 },
      { headers: { Authorization: "Bearer t" } },
    );
    assert.equal(reply.status, 202);
  });

  it("refuses wrong credentials, and serves a request without any", async () => {
    await start({ credentials: { username: "demo", password: "demo" } });
    const basic = (text: string): Record<string, string> => ({
      Authorization: `Basic ${Buffer.from(text).toString("base64")}`,
    });
    const sent: [headers: Record<string, string>, status: number][] = [
      [{}, 202],
      [basic("demo:demo"), 202],
      [basic("demo:wrong"), 401],
      [basic("Demo:demo"), 401],
      [{ Authorization: "Bearer demo" }, 401],
    ];
    for (const [headers, status] of sent) {
      const reply = await send(`${broker.url}/api/command`, { ImAddress: ANNA, commandType: 14 }, { headers });
      assert.equal(reply.status, status, JSON.stringify(headers));
    }
    assert.equal(broker.switchboard.agent(ANNA)?.heartbeats, 2);
  });

  it("sends a burst at its rate", async () => {
    await start();
    await subscribe({ ImAddress: "" });
    const report = await broker.burst({ rate: 500, seconds: 0.4 });
    assert.deepEqual([report.events, events().length], [200, 200]);
    assert.ok(report.durationMs >= 390, String(report.durationMs));
  });
});
