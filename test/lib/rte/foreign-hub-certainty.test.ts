import assert from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";
import { failing, ForeignHub } from "../../support/foreign-hub.js";
import { RecordingSubscriber } from "../../support/recording-subscriber.js";
import { of, QUEUE_ID } from "../../support/rte.js";
import { until } from "../../support/wait.js";

/** What counts as served, and what does not. */
describe("lib/rte/client against another hub: certainty", () => {
  const foreign = ForeignHub.forEachTest();

  for (const [what, answer] of [
    ["failed", failing],
    ["brought no answer", () => []],
  ] as const)
    for (const others of [[], ["QueueCallInComing"]])
      it(`takes no event for an answer after an Unsubscribe${others.length > 0 ? "" : "All"}: a Subscribe that ${what} is repeated`, async () => {
        const recorder = foreign.open({}, { backoff: { minMs: 400, maxMs: 400 } });
        await recorder.setSubscriptions(["QueueStatus", ...others].map((event) => of(event)));
        await recorder.notice("subscribed");
        await recorder.unsubscribe([of("QueueStatus")]);
        const { onCall } = foreign.hub;
        const isEvent = (): boolean => recorder.events.length > 0;
        foreign.hub.onCall = async (name, args) => {
          if (foreign.hub.count("Subscribe") === 2) return answer();
          await until("the event, which is passed on", isEvent);
          return onCall(name, args);
        };
        const sinceMs = Date.now();
        assert.equal((await recorder.subscribe([of("QueueStatus")])).subscribed[0]?.subscribed, false);
        // As if it had been sent while the earlier subscription lasted.
        foreign.hub.emit(QUEUE_ID, "QueueStatus");
        await until("a second try", () => foreign.hub.count("Subscribe") === 3);
        const { payload } = await recorder.notice("gap");
        assert.deepEqual(payload.subscriptions, [of("QueueStatus")]);
        assert.ok(Date.parse(payload.from) >= sinceMs - 50, "from");
        assert.ok(Date.parse(payload.to) >= (foreign.hub.calls.at(-1)?.atMs ?? Infinity), "to");
      });

  it("subscribes again what the hub says that it lacks, with a gap since it was surely served", async () => {
    const recorder = await foreign.subscribed("QueueStatus", "QueueCallInArrived");
    const other = new RecordingSubscriber(foreign.client);
    await other.setSubscriptions([of("QueueStatus")]);
    const { onCall } = foreign.hub;
    let served = ["QueueStatus", "queuecallinarrived"];
    foreign.hub.onCall = (name, args) =>
      name === "GetActiveSubscriptions"
        ? served.map((eventName) => ({ entityId: QUEUE_ID, eventName }))
        : onCall(name, args);
    const words = async (): Promise<unknown[]> => (await recorder.list()).map(({ message }) => message);
    // Nothing that was answered in the millisecond of the question counts.
    await sleep(5);
    const servedMs = Date.now();
    assert.deepEqual(await words(), [null, null]);
    served = ["queuecallinarrived"];
    await sleep(5);
    assert.deepEqual(await words(), ["unknown to the hub", null]);
    for (const each of [recorder, other]) {
      const { payload } = await each.notice("gap");
      assert.deepEqual(payload.subscriptions, [of("QueueStatus")]);
      const fromMs = Date.parse(payload.from);
      assert.ok(fromMs >= servedMs && fromMs < servedMs + 1000, "since the list that had it");
      assert.ok(Date.parse(payload.to) >= (foreign.hub.calls.at(-1)?.atMs ?? Infinity), "to");
      assert.deepEqual((await each.notice("subscribed", 2)).payload.length, 1);
    }
    assert.deepEqual(foreign.hub.calls.at(-1)?.args, [[{ EntityId: QUEUE_ID, EventName: "QueueStatus" }]]);
    assert.equal(recorder.all("disconnected").length, 0);
  });

  it("believes no list of another form, and none about what was not settled when it was asked for", async () => {
    const recorder = await foreign.subscribed();
    const { onCall } = foreign.hub;
    let list: unknown = null;
    let finish = (): void => undefined;
    foreign.hub.onCall = (name, args) => (name === "GetActiveSubscriptions" ? list : onCall(name, args));
    await sleep(5);
    for (list of [null, {}, ["QueueStatus"], [{ entityId: 1, eventName: "QueueStatus" }]])
      assert.equal((await recorder.list())[0]?.subscribed, true, JSON.stringify(list));
    list = new Promise((resolve) => (finish = () => resolve([{ entityId: QUEUE_ID, eventName: "queuestatus" }])));
    const answer = recorder.list();
    await recorder.subscribe([of("QueueCallInArrived")]);
    finish();
    assert.deepEqual(
      (await answer).map(({ subscribed }) => subscribed),
      [true, true],
    );
    assert.deepEqual(foreign.client.counts(recorder), { refused: 0, pending: 0 });
    assert.equal(foreign.hub.count("Subscribe"), 2);
    assert.equal(recorder.all("gap").length, 0);
  });

  it("keeps a connection when the clock is set forward", async () => {
    const recorder = await foreign.subscribed();
    const { now } = Date;
    try {
      // By then what the hub has said is noted, and after the step it is looked at again.
      await sleep(50);
      Date.now = () => now() + 3_600_000;
      await sleep(50);
      assert.deepEqual(recorder.all("disconnected"), []);
    } finally {
      Date.now = now;
    }
  });

  for (const when of ["before", "in"])
    it(`reports the true length of an outage where the clock was set back ${when} it`, async () => {
      const recorder = await foreign.subscribed();
      const { now } = Date;
      const setBack = (): void => void (Date.now = () => now() - 600_000);
      try {
        if (when === "before") setBack();
        await sleep(100);
        foreign.hub.onUpgrade = () => 503;
        foreign.hub.drop();
        await recorder.notice("disconnected");
        if (when === "in") setBack();
        await sleep(400);
        foreign.hub.onUpgrade = () => undefined;
        const { payload } = await recorder.notice("gap");
        assert.ok(payload.durationMs >= 400 && payload.durationMs < 10_000, `${payload.durationMs} ms`);
        assert.equal(Date.parse(payload.to) - Date.parse(payload.from), payload.durationMs);
        assert.ok(Math.abs(Date.parse(payload.to) - Date.now()) < 5000, "to, as the clock is set");
      } finally {
        Date.now = now;
      }
    });
});
