import assert from "node:assert/strict";
import { EVENTS, EVENT_NAMES } from "../../../lib/cti/tables.js";
import { type CtiSimulator, startCtiSimulator } from "../../../simulators/cti/simulator.js";
import { probe, tab } from "../../support/flow.js";
import { NodeRed } from "../../support/node-red.js";
import { until } from "../../support/wait.js";
import { send } from "../../support/webhook.js";
import { ANNA, BART, eventLoopFlow, eventIn, held, SECRET, withSettings } from "../../support/cti.js";

const EVENT = {
  SubscriptionId: "5b0f2a6e-1c39-4f0e-9b7d-2d1a6c0e7f11",
  SessionType: 0,
  ImAddress: ANNA,
  eventType: 4,
  callId: "c0a1d2e3-4b5c-4d6e-8f90-112233445566",
  ani: "+31201234567",
};

interface EventMessage extends Record<string, unknown> {
  payload: Record<string, unknown>;
  topic: string;
  call?: { state: string; id?: string; agent?: { address: string } };
  event: { key: string; name: string; vendor: string };
}

describe("nodes/cti/cti-event-in", () => {
  let red: NodeRed;
  before(async () => {
    red = await NodeRed.start();
  });
  after(() => red.stop());
  const events = (): EventMessage[] => red.messages("event") as EventMessage[];

  describe("without a subscriber", () => {
    before(() => red.deploy([tab(), eventIn(), probe("event"), probe("transfer")]));
    beforeEach(() => red.forget());

    it("answers 200 with an empty body and sends the event as the vendor documents it", async () => {
      const reply = await send(`${red.url}/cti`, EVENT);
      assert.deepEqual([reply.status, reply.text], [200, ""]);
      const message = (await red.message("event")) as EventMessage;
      assert.deepEqual(message.payload, { ...EVENT, SessionType: "Inbound", eventType: "Connected" });
      assert.equal(message.topic, "Connected");
      assert.deepEqual([message.event.vendor, message.event.name], ["anywhere365", "Connected"]);
      const { at, ...call } = message.call as unknown as Record<string, unknown>;
      assert.deepEqual(call, {
        vendor: "anywhere365",
        id: EVENT.callId,
        state: "connected",
        direction: "inbound",
        from: EVENT.ani,
        agent: { address: ANNA },
      });
      assert.match(String(at), /^\d{4}-.*Z$/);
      assert.equal((message["req"] as { method: string }).method, "POST");
    });

    it("reads every event in both enumeration styles, with the same key", async () => {
      for (const name of EVENT_NAMES) {
        await send(`${red.url}/cti`, { ...EVENT, eventType: name, SessionType: "Inbound" });
        await send(`${red.url}/cti`, { ...EVENT, eventType: EVENTS[name].number, SubscriptionId: "another" });
      }
      const seen = await until("all events", () => (events().length === 2 * EVENT_NAMES.length ? events() : undefined));
      for (const [at, name] of EVENT_NAMES.entries()) {
        const [one, two] = seen.slice(2 * at);
        assert.deepEqual([one?.topic, two?.topic, one?.event.key], [name, name, two?.event.key]);
      }
      assert.equal(new Set(seen.map((message) => message.event.key)).size, EVENT_NAMES.length);
    });

    it("says whether a log-in worked", async () => {
      for (const callId of ["", "failed"]) await send(`${red.url}/cti`, { ...EVENT, eventType: 0, callId });
      await until("both", () => events().length === 2);
      assert.deepEqual(
        events().map((message) => [message.topic, message.payload["success"], message.call]),
        [
          ["LoggedIn", true, undefined],
          ["LoggedIn", false, undefined],
        ],
      );
    });

    it("passes on events that nobody has documented", async () => {
      await send(`${red.url}/cti`, { ...EVENT, eventType: "2" });
      const message = (await red.message("event")) as EventMessage;
      assert.deepEqual([message.payload["eventType"], message.topic, message.call], [2, "2", undefined]);
    });

    it("refuses what is no event and says so", async () => {
      const reply = await send(`${red.url}/cti`, { hello: "world" });
      assert.equal(reply.status, 400);
      assert.equal((reply.json as { error: string }).error, "event");
      assert.doesNotMatch(reply.text, /cti-event-in/);
      assert.equal(events().length, 0);
    });

    it("sends a transfer on output 2, after its event, with facts and a key of its own", async () => {
      for (const [eventType, ImAddress] of [
        [6, ANNA],
        [7, BART],
      ])
        await send(`${red.url}/cti`, { ...EVENT, eventType, ImAddress });
      const transfer = (await red.message("transfer")) as EventMessage;
      assert.deepEqual(transfer.payload, { result: "succeeded", callId: EVENT.callId, from: ANNA, to: BART });
      assert.deepEqual(
        [transfer.topic, transfer.call?.state, transfer.event.name],
        ["Transfer", "transferred", "Transfer"],
      );
      const [, retrieve] = events();
      assert.deepEqual(
        [retrieve?.topic, retrieve?.call?.state, retrieve?.call?.agent?.address],
        ["Retrieve", "transferred", BART],
      );
      assert.notEqual(transfer.event.key, retrieve?.event.key);
      assert.deepEqual(red.seen.map((seen) => seen.probe).slice(-2), ["event", "transfer"]);
    });
  });

  describe("with a broker and a subscriber", () => {
    let simulator: CtiSimulator;
    before(async () => {
      simulator = await startCtiSimulator();
      await red.deploy(eventLoopFlow(simulator, red, [ANNA, BART]));
      await until("both subscriptions", () => held(simulator).length === 2);
    });
    after(() => simulator.close());
    beforeEach(() => red.forget());
    const transfers = (): unknown[] => red.messages("transfer").map((message) => message["payload"]);

    it("hears every step of a call in order, in both styles", async () => {
      for (const style of ["number", "name"] as const) {
        red.forget();
        simulator.deliveries.enumStyle = style;
        const board = simulator.switchboard;
        const { id } = board.ring(ANNA, "+31201234567");
        board.answer(id);
        board.hold(id);
        board.retrieve(id);
        board.hangup(id);
        await until("the end of the call", () => events().some((message) => message.topic === "Disconnected"));
        assert.deepEqual(
          events().map((message) => [message.topic, message.call?.state]),
          [
            ["Hunting", "offered"],
            ["Connected", "connected"],
            ["OnHold", "held"],
            ["Retrieve", "retrieved"],
            ["Disconnected", "ended"],
          ],
        );
        assert.deepEqual(transfers(), [{ result: "failed", callId: id, from: ANNA }]);
      }
    });

    it("decides transfers of interleaved calls rightly, each time", async () => {
      const board = simulator.switchboard;
      const [one, two] = [board.ring(ANNA, "+31200000001"), board.ring(BART, "+31200000002", "Outbound")];
      for (const { id } of [one, two]) board.answer(id);
      board.hold(one.id);
      board.hold(two.id);
      board.retrieve(two.id);
      board.retrieve(one.id, BART);
      board.transfer(one.id, ANNA, true);
      board.transfer(two.id, ANNA, false);
      for (const { id } of [one, two]) board.hangup(id);
      await until("both ends", () => events().filter((message) => message.topic === "Disconnected").length === 2);
      const of = (id: string): unknown[] =>
        transfers().filter((transfer) => (transfer as { callId: string }).callId === id);
      assert.deepEqual(of(one.id), [
        { result: "succeeded", callId: one.id, from: ANNA, to: BART },
        { result: "succeeded", callId: one.id, from: BART, to: ANNA },
      ]);
      assert.deepEqual(of(two.id), [
        { result: "failed", callId: two.id, from: BART },
        { result: "failed", callId: two.id, from: BART },
      ]);
    });

    it("hears of log-ins and of calls that a Dial makes", async () => {
      simulator.switchboard.login(ANNA);
      simulator.switchboard.login(BART);
      await until("both", () => events().length === 2);
      assert.ok(events().every((message) => message.payload["success"] === true));
    });

    it("refuses events of a subscription that nobody here made, warns once, and does not need the secret in the log", async () => {
      const address = `${red.url}/cti/${SECRET}`;
      for (let round = 0; round < 2; round++) assert.equal((await send(address, EVENT)).status, 404);
      assert.equal((await send(`${red.url}/cti`, EVENT)).status, 401);
      assert.equal(events().length, 0);
      assert.equal(red.log.filter((line) => line.includes(EVENT.SubscriptionId)).length, 1);
      assert.equal(
        red.log.some((line) => line.includes(SECRET)),
        false,
      );
    });

    it("passes them where the setting says so", async () => {
      await red.deploy(withSettings(eventLoopFlow(simulator, red, [ANNA]), "events", { unknown: "pass" }), "nodes");
      await until("the subscription", () => held(simulator).length === 1);
      assert.equal((await send(`${red.url}/cti/${SECRET}`, EVENT)).status, 200);
      await red.message("event");
    });

    it("loses nothing of a short burst, keeps each call in order, and answers 200 only", async () => {
      await red.deploy(eventLoopFlow(simulator, red, []), "full");
      await until("the subscription alone", () => JSON.stringify(held(simulator)) === '[""]');
      red.forget();
      const report = await simulator.burst({ rate: 1000, seconds: 2 });
      await until("all events", () => events().length === report.events);
      assert.equal(report.events, 2000);
      const [subscription] = simulator.state().subscriptions;
      assert.deepEqual([subscription?.delivered, subscription?.failed], [2000, 0]);
      const steps = new Map<unknown, number>();
      for (const { payload } of events()) {
        const step = steps.get(payload["callId"]) ?? 0;
        assert.equal(payload["ani"], `+4400${step}`);
        steps.set(payload["callId"], step + 1);
      }
    });
  });
});
