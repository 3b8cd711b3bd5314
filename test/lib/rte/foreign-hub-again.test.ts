import assert from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";
import { failing, ForeignHub, items } from "../../support/foreign-hub.js";
import { agree, type Item } from "../../support/raw-hub.js";
import { FAST, type RecordingSubscriber } from "../../support/recording-subscriber.js";
import { of, QUEUE_ID } from "../../support/rte.js";
import { until } from "../../support/wait.js";

/** A message subscribes what the hub serves already: the hub may have lost it, and no `list` of it says so. */
describe("lib/rte/client against another hub: subscribed again by a message", () => {
  const foreign = ForeignHub.forEachTest();

  /** Served, with an event as the last certain sign. */
  async function served(againMs = 0): Promise<{ recorder: RecordingSubscriber; signMs: [number, number] }> {
    // No connection of these tests may end by itself, however slow the machine is.
    const slow = { negotiateMs: 10_000, handshakeMs: 10_000, silenceMs: 10_000 };
    const recorder = foreign.open({}, { timings: { ...FAST.timings, ...slow, againMs, subscribeMs: 60 } });
    await recorder.setSubscriptions([of("QueueStatus"), of("QueueCallInArrived")]);
    await recorder.notice("subscribed");
    const subscribedMs = Date.now();
    await sleep(100);
    foreign.hub.emit(QUEUE_ID, "QueueStatus");
    await until("the first event", () => recorder.events.length === 1);
    foreign.hub.emit(QUEUE_ID, "QueueStatus");
    await until("the second event", () => recorder.events.length === 2);
    return { recorder, signMs: [subscribedMs, Date.now()] };
  }

  it("asks the hub, whose answer that it serves it leaves all as it was", async () => {
    const { recorder } = await served();
    const answer = await recorder.subscribe([of("QueueStatus")]);
    assert.deepEqual(answer.subscribed, [{ ...of("QueueStatus"), subscribed: true, message: null }]);
    assert.deepEqual(foreign.hub.calls.at(-1)?.args, [[{ EntityId: QUEUE_ID, EventName: "QueueStatus" }]]);
    assert.deepEqual(
      recorder.notices.map(({ topic }) => topic),
      ["connected", "subscribed"],
    );
  });

  it("asks a hub that has a list before it subscribes what that lacks, with a gap, and what is new meanwhile", async () => {
    const { recorder, signMs } = await served();
    const { onCall } = foreign.hub;
    let answer = (): void => undefined;
    foreign.hub.onCall = (method, args) =>
      method === "GetActiveSubscriptions"
        ? new Promise((resolve) => (answer = () => resolve([{ ...of("QueueCallInArrived") }])))
        : onCall(method, args);
    const before = foreign.hub.count("Subscribe");
    const done = recorder.subscribe([of("QueueStatus"), of("QueueCallInArrived"), of("QueueCallInComing")]);
    await until("the new one", () => foreign.hub.count("Subscribe") === before + 1);
    answer();
    assert.ok((await done).subscribed.every(({ subscribed }) => subscribed));
    const { payload } = await recorder.notice("gap");
    assert.deepEqual(payload.subscriptions, [of("QueueStatus")]);
    assert.ok(Date.parse(payload.from) > signMs[0] && Date.parse(payload.from) <= signMs[1], "from");
    assert.deepEqual(
      foreign.hub.calls.slice(-3).map(({ args }) => (args[0] as Item[] | undefined)?.map(({ EventName }) => EventName)),
      [undefined, ["QueueCallInComing"], ["QueueStatus", "QueueCallInArrived"]],
    );
  });

  it("reports a gap from the last certain sign to the new answer where the hub refuses it", async () => {
    const { recorder, signMs } = await served();
    foreign.hub.onCall = (_method, args) => agree(items(args), false, "Unauthorized");
    const { refused } = await recorder.subscribe([of("QueueStatus")]);
    assert.deepEqual(refused, [{ ...of("QueueStatus"), subscribed: false, message: "Unauthorized" }]);
    assert.deepEqual(foreign.client.counts(recorder), { refused: 1, pending: 0 });
    foreign.hub.onCall = (_method, args) => agree(items(args));
    await recorder.subscribe([of("QueueStatus")]);
    const { payload } = await recorder.notice("gap");
    assert.deepEqual(payload.subscriptions, [of("QueueStatus")]);
    assert.ok(Date.parse(payload.from) > signMs[0] && Date.parse(payload.from) <= signMs[1], "from");
    assert.ok(Date.parse(payload.to) >= (foreign.hub.calls.at(-1)?.atMs ?? Infinity), "to");
  });

  for (const [what, answer] of [
    ["fails", failing],
    ["brings no answer for it", () => []],
    ["is not answered", () => new Promise(() => undefined)],
  ] as const)
    it(`asks with back-off where the call ${what}, and takes no event for an answer`, async () => {
      const { recorder, signMs } = await served();
      let isBad = true;
      foreign.hub.onCall = (method, args) => (isBad && method === "Subscribe" ? answer() : agree(items(args)));
      const { subscribed } = await recorder.subscribe([of("QueueStatus")]);
      assert.equal(subscribed[0]?.subscribed, false);
      // As if it had been sent before the hub lost the subscription.
      foreign.hub.emit(QUEUE_ID, "QueueStatus");
      await until("the event", () => recorder.events.length === 3);
      assert.equal(foreign.client.counts(recorder).pending, 1);
      isBad = false;
      const { payload } = await recorder.notice("gap");
      assert.deepEqual(payload.subscriptions, [of("QueueStatus")]);
      assert.ok(Date.parse(payload.from) > signMs[0] && Date.parse(payload.from) <= signMs[1], "from");
      assert.ok(Date.parse(payload.to) >= (foreign.hub.calls.at(-1)?.atMs ?? Infinity), "to");
      assert.equal(recorder.all("disconnected").length, 0);
    });

  for (const isServed of [true, false])
    it(`asks the hub once in a while however often messages subscribe what it ${isServed ? "serves" : "refused"}`, async () => {
      const { recorder } = await served(1000);
      if (!isServed) {
        await recorder.unsubscribe([of("QueueStatus")]);
        foreign.hub.onCall = (_method, args) => agree(items(args), false, "Unauthorized");
        await recorder.subscribe([of("QueueStatus")]);
      }
      const before = foreign.hub.count("Subscribe");
      const sinceMs = Date.now();
      while (Date.now() - sinceMs < 1500)
        assert.equal((await recorder.subscribe([of("QueueStatus")])).refused.length, isServed ? 0 : 1);
      const calls = foreign.hub.count("Subscribe") - before;
      assert.ok(calls >= 1 && calls <= 3, `${calls} calls`);
    });

  it("does not have the connection ended by it again and again", async () => {
    const { recorder } = await served(30);
    const known = new Set(["QueueStatus", "QueueCallInArrived"]);
    foreign.hub.onCall = async (_method, args) => {
      if (items(args).some(({ EventName }) => known.has(EventName))) {
        known.clear();
        foreign.hub.drop();
        await new Promise(() => undefined);
      }
      for (const { EventName } of items(args)) known.add(EventName);
      return agree(items(args));
    };
    const upgrades = (): number => foreign.hub.requests.filter(({ kind }) => kind === "upgrade").length;
    void recorder.subscribe([of("QueueStatus")]);
    await until(
      "a gap for each",
      () => recorder.all("gap").flatMap(({ payload }) => payload.subscriptions).length === 2,
    );
    for (let count = 0; count < 5; count++) {
      await sleep(40);
      await recorder.subscribe([of("QueueStatus")]);
    }
    assert.equal(upgrades(), 2);
  });
});
