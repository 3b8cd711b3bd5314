import assert from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";
import { failing, ForeignHub, items } from "../../support/foreign-hub.js";
import { agree } from "../../support/raw-hub.js";
import { FAST } from "../../support/recording-subscriber.js";
import { of, QUEUE_ID } from "../../support/rte.js";
import { until } from "../../support/wait.js";

/** Calls that fail, are late or are not answered. */
describe("lib/rte/client against another hub: calls", () => {
  const foreign = ForeignHub.forEachTest();

  it("repeats a Subscribe that failed after an outage until it is served, with one gap from the outage on", async () => {
    const recorder = await foreign.subscribed();
    foreign.hub.emit(QUEUE_ID, "QueueStatus");
    await until("an event", () => recorder.events.length === 1);
    let failures = 3;
    foreign.hub.onCall = (_method, args) => (failures-- > 0 ? failing() : agree(items(args)));
    const droppedMs = Date.now();
    foreign.hub.drop();
    const { payload } = await recorder.notice("gap");
    assert.ok(Math.abs(Date.parse(payload.from) - droppedMs) < 150, "from");
    assert.ok(Date.parse(payload.to) >= (foreign.hub.calls.at(-1)?.atMs ?? 0), "to");
    assert.deepEqual(payload.subscriptions, [of("QueueStatus")]);
    await sleep(50);
    assert.deepEqual(
      recorder.notices.map(({ topic }) => topic),
      ["connected", "subscribed", "disconnected", "connected", "error", "subscribed", "gap"],
    );
    assert.equal(foreign.hub.requests.filter(({ kind }) => kind === "upgrade").length, 2, "on the same connection");
  });

  for (const [what, takes, left] of [
    ["an item", (names: string[]) => !names.includes("UserStatus"), 1],
    ["more than two items", (names: string[]) => names.length <= 2, 0],
  ] as const)
    it(`serves the others of a hub that ends the connection on ${what}`, async () => {
      const recorder = await foreign.subscribed();
      foreign.hub.onCall = (method, args) => {
        if (method === "Subscribe" && !takes(items(args).map(({ EventName }) => EventName))) foreign.hub.drop();
        return agree(items(args));
      };
      const names = ["QueueStatus", "QueueCallInArrived", "QueueCallInAllocated", "UserStatus"];
      void recorder.setSubscriptions(names.map((name) => of(name)));
      const upgrades = (): number => foreign.hub.requests.filter(({ kind }) => kind === "upgrade").length;
      // What ends the connection by itself rests.
      await until("the others to be served for a while", async () => {
        const before = upgrades();
        if (foreign.client.counts(recorder).pending !== left) return false;
        await sleep(300);
        return upgrades() === before && foreign.client.counts(recorder).pending === left;
      });
      foreign.hub.emit(QUEUE_ID, "QueueStatus");
      await until("an event", () => recorder.events.length === 1);
      const gaps = recorder.all("gap").flatMap(({ payload }) => payload.subscriptions);
      for (const name of names.slice(0, 4 - left))
        assert.ok(
          gaps.some(({ eventName }) => eventName === name),
          name,
        );
    });

  it("waits for a slow Subscribe as long as the hub gives signs of life", async () => {
    foreign.hub.onCall = async (_method, args) => {
      // Longer than the hub may be silent.
      await sleep(500);
      return agree(items(args));
    };
    const recorder = foreign.open({}, { timings: { ...FAST.timings, callMs: 5000 } });
    void recorder.setSubscriptions([of("QueueStatus")]);
    await recorder.notice("subscribed");
    assert.equal(foreign.hub.requests.filter(({ kind }) => kind === "upgrade").length, 1);
    assert.equal(foreign.hub.count("Subscribe"), 1);
  });

  it("takes back what is unsubscribed while its Subscribe is not answered, once the late answer grants it", async () => {
    let answer = (): void => undefined;
    foreign.hub.onCall = (method, args) =>
      method === "Subscribe"
        ? new Promise((resolve) => (answer = () => resolve(agree(items(args)))))
        : agree(items(args), false);
    const recorder = foreign.open();
    await recorder.notice("connected");
    void recorder.setSubscriptions([of("QueueStatus"), of("QueueCallInArrived")]);
    await until("the call", () => foreign.hub.count("Subscribe") === 1);
    const results = foreign.client.unsubscribe(recorder, [of("QueueStatus")]);
    answer();
    assert.deepEqual(await results, [{ ...of("QueueStatus"), subscribed: false, message: null }]);
    assert.deepEqual(
      foreign.hub.calls.filter(({ method }) => method === "Unsubscribe").map(({ args }) => items(args)),
      [[{ EntityId: QUEUE_ID, EventName: "QueueStatus" }]],
    );
  });

  it("ends no connection over a question, and keeps what it says to the one that failed first", async () => {
    const recorder = await foreign.subscribed();
    foreign.hub.onCall = () => new Promise(() => undefined);
    await assert.rejects(recorder.available(), { code: "ETIMEDOUT" });
    assert.deepEqual(
      (await recorder.list()).map((result) => result.subscribed),
      [true],
    );
    foreign.hub.onCall = (_method, args) => {
      throw new Error(
        args.length === 0 ? "the real reason" : "Invocation provides 1 argument(s) but target expects 0.",
      );
    };
    await assert.rejects(recorder.available(), { code: "EHUB", message: /the real reason/ });
    foreign.hub.emit(QUEUE_ID, "QueueStatus");
    await until("the event", () => recorder.events.length === 1);
    assert.equal(recorder.all("disconnected").length, 0);
  });

  it("takes no answer to a question that is none: names are text", async () => {
    const recorder = await foreign.subscribed();
    let answer: unknown;
    const { onCall } = foreign.hub;
    foreign.hub.onCall = (method, args) => (method === "AvailableSubscriptions" ? answer : onCall(method, args));
    for (answer of [{ names: [] }, "queuestatus", 5, [{}, 1]])
      await assert.rejects(recorder.available(), { code: "EANSWER" }, JSON.stringify(answer));
    answer = ["queuestatus", null, 5, "Other"];
    assert.deepEqual(await recorder.available(), ["QueueStatus", "Other"]);
  });

  it("remembers which form of a method worked", async () => {
    const recorder = await foreign.subscribed();
    foreign.hub.onCall = (_method, args) => {
      if (args.length === 0) throw new Error("Invocation provides 0 argument(s) but target expects 1.");
      return ["queuestatus"];
    };
    await recorder.available();
    await recorder.available();
    assert.deepEqual(
      foreign.hub.calls.filter(({ method }) => method === "AvailableSubscriptions").map(({ args }) => args.length),
      [0, 1, 1],
    );
  });

  it("finds the item that makes a call fail, and serves the others", async () => {
    foreign.hub.onCall = (method, args) => {
      if (method === "Subscribe" && items(args).some(({ EntityId }) => EntityId.startsWith("not-a-guid"))) failing();
      return agree(items(args), method === "Subscribe");
    };
    const recorder = foreign.open();
    const good = Array.from({ length: 150 }, (_, index) => of("UserStatus", `user-${index}`));
    const bad = ["not-a-guid-1", "not-a-guid-2", "not-a-guid-3"].map((id) => of("UserStatus", id));
    await recorder.setSubscriptions([...bad, ...good]);
    const reported = await until("the good ones", () => {
      const all = recorder.all("subscribed").flatMap(({ payload }) => payload);
      return all.length === good.length && all;
    });
    assert.deepEqual(foreign.client.counts(recorder), { refused: 0, pending: bad.length });
    assert.ok(reported.every(({ subscribed: isSubscribed }) => isSubscribed));
    assert.match(
      (await recorder.list()).find(({ entityId }) => entityId === "not-a-guid-1")?.message ?? "",
      /unexpected error/,
    );
  });

  it("asks little of a hub that fails at everything", async () => {
    foreign.hub.onCall = failing;
    const recorder = foreign.open({}, { backoff: { minMs: 60_000, maxMs: 60_000 } });
    await recorder.notice("connected");
    await recorder.setSubscriptions(Array.from({ length: 1000 }, (_, index) => of("UserStatus", `user-${index}`)));
    assert.ok(foreign.hub.calls.length <= 20, `${foreign.hub.calls.length} calls`);
  });

  it("tries an Unsubscribe that did not happen again, and says so meanwhile", async () => {
    const recorder = await foreign.subscribed("QueueStatus", "QueueCallInArrived");
    let busy = 2;
    foreign.hub.onCall = (_method, args) => (busy-- > 0 ? agree(items(args), true, "Busy") : agree(items(args), false));
    assert.deepEqual(await recorder.unsubscribe([of("QueueStatus")]), [
      { ...of("QueueStatus"), subscribed: true, message: "Busy" },
    ]);
    await until("a third try", () => foreign.hub.count("Unsubscribe") === 3);
    await sleep(200);
    assert.equal(foreign.hub.count("Unsubscribe"), 3);
  });

  for (const [method, others, held] of [
    ["Unsubscribe", ["QueueCallInComing"], []],
    // It may end what is subscribed meanwhile.
    ["UnsubscribeAll", [], ["QueueCallInArrived"]],
  ] as const)
    it(`goes on without the answer to ${method}: what is subscribed again is served, with a gap since then`, async () => {
      const recorder = foreign.open({}, { timings: { ...FAST.timings, questionMs: 700, callMs: 5000 } });
      await recorder.setSubscriptions(["QueueStatus", ...others].map((event) => of(event)));
      await recorder.notice("subscribed");
      const { onCall } = foreign.hub;
      foreign.hub.onCall = (name, args) =>
        name.startsWith("Unsubscribe") ? new Promise(() => undefined) : onCall(name, args);
      const answer = recorder.unsubscribe([of("QueueStatus")]);
      await until("the call", () => foreign.hub.count(method) === 1);
      const againMs = Date.now();
      const again = recorder.subscribe([of("QueueStatus"), of("QueueCallInArrived")]);
      assert.equal(foreign.client.counts(recorder).pending, 2);
      assert.equal((await again).subscribed.filter(({ subscribed }) => subscribed).length, 2);
      assert.deepEqual((await answer)[0]?.eventName, "QueueStatus");
      const { payload } = await recorder.notice("gap");
      assert.deepEqual(payload.subscriptions, [of("QueueStatus"), ...held.map((event) => of(event))]);
      assert.ok(Math.abs(Date.parse(payload.from) - againMs) < 50, "from");
      assert.equal((await recorder.notice("error")).payload.operation, method);
      assert.deepEqual(foreign.client.counts(recorder), { refused: 0, pending: 0 });
      assert.equal(recorder.all("disconnected").length, 0);
    });

  it("lets no other call wait for an Unsubscribe that is never answered, however often it is tried", async () => {
    const recorder = foreign.open({}, { timings: { ...FAST.timings, questionMs: 30_000 } });
    await recorder.setSubscriptions([of("QueueStatus"), of("QueueCallInComing")]);
    await recorder.notice("subscribed");
    const { onCall } = foreign.hub;
    foreign.hub.onCall = (name, args) => (name === "Unsubscribe" ? new Promise(() => undefined) : onCall(name, args));
    void recorder.unsubscribe([of("QueueStatus")]);
    await until("the call", () => foreign.hub.count("Unsubscribe") === 1);
    assert.equal((await recorder.subscribe([of("QueueCallInArrived")])).subscribed[0]?.subscribed, true);
    assert.equal(foreign.hub.count("Unsubscribe"), 1, "one at a time");
    assert.equal(recorder.all("gap").length, 0);
  });

  it("sends a Subscribe again that was not answered where others are served, with a gap until it is", async () => {
    const recorder = foreign.open({}, { timings: { ...FAST.timings, subscribeMs: 200 } });
    await recorder.setSubscriptions([of("QueueStatus")]);
    await recorder.notice("subscribed");
    const { onCall } = foreign.hub;
    let lost = 2;
    foreign.hub.onCall = (name, args) => (lost-- > 0 ? new Promise(() => undefined) : onCall(name, args));
    const sinceMs = Date.now();
    const { subscribed } = await recorder.subscribe([of("QueueCallInArrived")]);
    assert.deepEqual(subscribed, [{ ...of("QueueCallInArrived"), subscribed: false, message: "not answered" }]);
    const { payload } = await recorder.notice("gap");
    assert.deepEqual(payload.subscriptions, [of("QueueCallInArrived")]);
    assert.ok(Math.abs(Date.parse(payload.from) - sinceMs) < 100, "from");
    assert.ok(Date.parse(payload.to) >= (foreign.hub.calls.at(-1)?.atMs ?? Infinity), "to");
    assert.equal((await recorder.notice("error")).payload.operation, "Subscribe");
    assert.deepEqual(foreign.client.counts(recorder), { refused: 0, pending: 0 });
    assert.deepEqual([foreign.hub.count("Subscribe"), recorder.all("disconnected").length], [4, 0]);
  });

  it("takes the late answer to a Subscribe that was sent again", async () => {
    const recorder = foreign.open({}, { timings: { ...FAST.timings, subscribeMs: 50 } });
    await recorder.setSubscriptions([of("QueueStatus")]);
    await recorder.notice("subscribed");
    let answer = (): void => undefined;
    foreign.hub.onCall = (_method, args) =>
      foreign.hub.count("Subscribe") === 2
        ? new Promise((resolve) => (answer = () => resolve(agree(items(args)))))
        : new Promise(() => undefined);
    void recorder.subscribe([of("QueueCallInArrived")]);
    await until("the second try", () => foreign.hub.count("Subscribe") === 3);
    answer();
    assert.deepEqual((await recorder.notice("gap")).payload.subscriptions, [of("QueueCallInArrived")]);
    assert.deepEqual((await recorder.notice("subscribed", 2)).payload[0]?.eventName, "QueueCallInArrived");
    assert.equal(recorder.all("disconnected").length, 0);
  });

  it("subscribes again what a late Unsubscribe may have ended, with a gap", async () => {
    const recorder = await foreign.subscribed("QueueStatus", "QueueCallInArrived");
    const { onCall } = foreign.hub;
    let finish = (): void => undefined;
    foreign.hub.onCall = (method, args) =>
      method === "Unsubscribe"
        ? new Promise((resolve) => (finish = () => resolve(agree(items(args), false))))
        : onCall(method, args);
    void recorder.unsubscribe([of("QueueStatus")]);
    await until("the call", () => foreign.hub.count("Unsubscribe") === 1);
    await recorder.subscribe([of("QueueStatus")]);
    await recorder.notice("gap");
    finish();
    assert.deepEqual((await recorder.notice("gap", 2)).payload.subscriptions, [of("QueueStatus")]);
    assert.equal(foreign.hub.count("Subscribe"), 3);
  });

  it("names the items where UnsubscribeAll was not done", async () => {
    const recorder = await foreign.subscribed();
    foreign.hub.onCall = (method, args) => (method === "UnsubscribeAll" ? false : agree(items(args), false));
    assert.equal((await recorder.unsubscribe())[0]?.subscribed, true);
    await until("an Unsubscribe", () => foreign.hub.count("Unsubscribe") === 1);
    assert.deepEqual(
      [foreign.hub.count("UnsubscribeAll"), foreign.hub.calls.at(-1)?.args],
      [1, [[{ EntityId: QUEUE_ID, EventName: "QueueStatus" }]]],
    );
  });

  it("takes no answer for no refusal: an event or a pushed answer settles it, and what is served is taken back", async () => {
    foreign.hub.onCall = (method) => (method === "UnsubscribeAll" ? true : undefined);
    const recorder = foreign.open({}, { backoff: { minMs: 60_000, maxMs: 60_000 } });
    await recorder.notice("connected");
    await recorder.setSubscriptions([of("QueueStatus"), of("QueueCallInArrived")]);
    assert.deepEqual(foreign.client.counts(recorder), { refused: 0, pending: 2 });
    foreign.hub.emit(QUEUE_ID, "QueueStatus");
    await until("one served", () => foreign.client.counts(recorder).pending === 1);
    foreign.hub.push("SubscribeDetails", [
      { entityId: QUEUE_ID, eventName: "queuecallinarrived", subscribed: false, message: "No" },
    ]);
    await until("one refused", () => foreign.client.counts(recorder).refused === 1);
    assert.equal((await recorder.notice("refused")).payload[0]?.message, "No");
    assert.equal(recorder.all("gap").length, 1, "since it was subscribed, until the first event");
    await recorder.unsubscribe();
    assert.equal(foreign.hub.count("UnsubscribeAll"), 1);
  });

  it("asks again for what was refused, but not at the common pace", async () => {
    foreign.hub.onCall = (_method, args) => agree(items(args), false, "Unauthorized");
    const recorder = foreign.open();
    await recorder.notice("connected");
    await recorder.setSubscriptions([of("QueueStatus")]);
    await recorder.notice("refused");
    await sleep(200);
    assert.equal(foreign.hub.count("Subscribe"), 1, "not at the common pace");
    foreign.hub.onCall = (_method, args) => agree(items(args));
    await recorder.subscribe([of("QueueStatus")]);
    assert.equal((await recorder.notice("gap")).payload.subscriptions.length, 1);
  });

  it("begins the gap when all that was sent had been read, however far behind the flow is", async () => {
    const recorder = await foreign.subscribed();
    const slow = { onEvent: (): void => busy(10), onNotice: (): void => undefined, onState: (): void => undefined };
    foreign.client.add(slow);
    await foreign.client.setSubscriptions(slow, [of("QueueStatus")]);
    const burstMs = Date.now();
    for (let count = 0; count < 60; count++) foreign.hub.emit(QUEUE_ID, "QueueStatus", { MaxWaitTime: count });
    await until("the flow to be behind", () => recorder.events.length > 20);
    foreign.hub.drop();
    const droppedMs = Date.now();
    const { payload } = await recorder.notice("gap");
    // Not when the last of them was read: what the hub sent after the first one may be lost.
    const fromMs = Date.parse(payload.from);
    assert.ok(fromMs <= burstMs + 60 && fromMs >= burstMs - 200, `${fromMs - burstMs} ms after the burst`);
    assert.ok(Date.parse(payload.to) >= droppedMs);
  });

  it("does not take a flow that is busy for a hub that is silent", async () => {
    const recorder = await foreign.subscribed();
    // Sent, and not read before the flow is through.
    foreign.hub.emit(QUEUE_ID, "QueueStatus");
    busy(700);
    await until("the event", () => recorder.events.length === 1);
    // An end of the connection would be reported by now.
    await sleep(150);
    assert.equal(recorder.all("disconnected").length, 0);
  });
});

/** Keeps the event loop for so many milliseconds. */
function busy(ms: number): void {
  const end = performance.now() + ms;
  while (performance.now() < end);
}
