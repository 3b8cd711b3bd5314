import assert from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";
import { ForeignHub, items } from "../../support/foreign-hub.js";
import { agree, type Item } from "../../support/raw-hub.js";
import { FAST, type RecordingSubscriber } from "../../support/recording-subscriber.js";
import { of, QUEUE_ID } from "../../support/rte.js";
import { until } from "../../support/wait.js";

/** A hub that ends the connection instead of answering a call. */
describe("lib/rte/client against another hub: calls that end the connection", () => {
  const foreign = ForeignHub.forEachTest();
  const connections = (): number => foreign.hub.requests.filter(({ kind }) => kind === "upgrade").length;
  const pending = (recorder: RecordingSubscriber): number => foreign.client.counts(recorder).pending;

  /** Ends the connection, after a while, on each Subscribe that these tests do not take. */
  function endOn(refuses: (call: Item[]) => boolean, afterMs = 0): void {
    foreign.hub.onCall = async (method, args) => {
      if (method === "Subscribe" && refuses(items(args))) {
        const asked = connections();
        if (afterMs > 0) await sleep(afterMs);
        if (connections() === asked) foreign.hub.drop();
        await new Promise(() => undefined);
      }
      return agree(items(args), method === "Subscribe");
    };
  }
  const hasBad = (call: Item[]): boolean => call.some(({ EntityId }) => EntityId.startsWith("bad"));

  for (const bad of [1, 2])
    for (const good of [1, 2])
      it(`serves ${good} behind ${bad} that end it, on the first connection`, async () => {
        endOn(hasBad);
        const recorder = foreign.open();
        void recorder.setSubscriptions([
          ...Array.from({ length: bad }, (_, index) => of("UserStatus", `bad-${index}`)),
          ...Array.from({ length: good }, (_, index) => of("UserStatus", `good-${index}`)),
        ]);
        await until("the good ones and peace", async () => {
          const before = connections();
          if (pending(recorder) !== bad) return false;
          await sleep(300);
          return connections() === before && pending(recorder) === bad;
        });
      });

  for (const [most, count] of [
    [20, 30],
    [20, 300],
    [1, 60],
  ] as const)
    it(`finds that a hub takes ${most} items, of ${count}, within a few connections`, async () => {
      endOn(({ length }) => length > most);
      const recorder = foreign.open();
      void recorder.setSubscriptions(Array.from({ length: count }, (_, index) => of("UserStatus", `user-${index}`)));
      await until("all of them", () => pending(recorder) === 0 && recorder.all("subscribed").length > 0);
      assert.ok(connections() <= (most === 1 ? 8 : 6), `${connections()} connections`);
      const before = connections();
      foreign.hub.drop();
      await until("all of them again", () => connections() > before && pending(recorder) === 0);
      assert.ok(connections() - before <= 2, `${connections() - before} connections after the next outage`);
    });

  it("uses large calls again once a hub that ended the connection on every call is well", async () => {
    endOn(() => true);
    const recorder = foreign.open({}, { backoff: { minMs: 5, maxMs: 5 } });
    void recorder.setSubscriptions(Array.from({ length: 90 }, (_, index) => of("UserStatus", `user-${index}`)));
    await until("many connections", () => connections() > 12);
    endOn(() => false);
    await until("all of them", () => pending(recorder) === 0);
    let calls = Infinity;
    for (let round = 0; round < 3; round++) {
      const before = foreign.hub.count("Subscribe");
      const connected = connections();
      foreign.hub.drop();
      await until("all of them again", () => connections() > connected && pending(recorder) === 0);
      calls = foreign.hub.count("Subscribe") - before;
    }
    assert.ok(calls <= 2, `${calls} calls`);
  });

  it("rests an item whatever messages and deploys ask for it", async () => {
    const recorder = await foreign.subscribed();
    endOn(hasBad);
    void recorder.setSubscriptions([of("QueueStatus"), of("UserStatus", "bad-1")]);
    await until("the item to rest", async () => {
      const before = connections();
      await sleep(300);
      return connections() === before && before > 1 && pending(recorder) === 1;
    });
    const before = connections();
    for (let count = 0; count < 10; count++) {
      const [result] = (await recorder.subscribe([of("UserStatus", "bad-1")])).subscribed;
      assert.equal(result?.subscribed, false);
      await recorder.setSubscriptions([of("QueueStatus"), of("UserStatus", "bad-1")]);
      await sleep(20);
    }
    assert.equal(connections(), before);
    foreign.hub.emit(QUEUE_ID, "QueueStatus");
    await until("an event", () => recorder.events.length > 0);
  });

  it("rests an item longer each time, although the end comes later than an answer may", async () => {
    const trials: number[] = [];
    endOn((call) => {
      if (hasBad(call)) trials.push(performance.now());
      return hasBad(call);
    }, 150);
    const recorder = foreign.open({}, { timings: { ...FAST.timings, subscribeMs: 60, restMs: 100 } });
    await recorder.setSubscriptions([of("QueueStatus"), of("UserStatus", "bad-1")]);
    const restsMs = (): number[] => trials.slice(1).map((at, index) => at - (trials[index] ?? 0));
    await until("a rest of eight times the first", () => restsMs().some((ms) => ms >= 800));
    assert.ok(trials.length < 15, `${trials.length} trials before it`);
  });

  it("tries items that rest one at a time, each when the others have been served for a while", async () => {
    const timings = { ...FAST.timings, restMs: 100, settleMs: 300 };
    const recorder = foreign.open({}, { timings, backoff: { minMs: 5, maxMs: 5000 } });
    let [connection, sinceMs] = [0, 0];
    const trials = new Map<string, number[]>();
    endOn((call) => {
      if (connections() > connection) [connection, sinceMs] = [connections(), performance.now()];
      for (const { EntityId } of call.length === 1 && hasBad(call) ? call : [])
        trials.set(EntityId, [...(trials.get(EntityId) ?? []), performance.now() - sinceMs]);
      return hasBad(call);
    });
    const bad = ["bad-1", "bad-2", "bad-3"].map((id) => of("UserStatus", id));
    void recorder.setSubscriptions([of("QueueStatus"), of("UserStatus", "good-1"), ...bad]);
    await until(
      "two trials of each after its first rest",
      () => bad.every(({ entityId }) => (trials.get(entityId)?.length ?? 0) >= 4),
      15_000,
    );
    // The first two found it, by the search.
    const later = [...trials.values()].flatMap((ages) => ages.slice(2));
    assert.ok(Math.min(...later) >= 150, later.join(", "));
    const waits = recorder.states.flatMap((state) => (state.word === "disconnected" ? [state.retryInMs] : []));
    assert.ok(waits.length > 10 && Number(waits.at(-1)) <= 5, waits.join(", "));
  });

  it("names the call that the hub ended the connection on, and the item that rests", async () => {
    endOn(hasBad);
    const recorder = foreign.open();
    void recorder.setSubscriptions([of("QueueStatus"), of("UserStatus", "bad-1")]);
    const { payload } = await recorder.notice("error");
    assert.deepEqual(payload, { operation: "Subscribe", message: "UserStatus of bad-1: ends the connection" });
    assert.equal((await recorder.list())[1]?.message, "ends the connection");
    for (const state of recorder.states)
      if (state.word === "disconnected") assert.match(String(state.error), /\(Enreach, Subscribe\)/);
    foreign.hub.onCall = () => {
      for (const socket of foreign.hub.sockets) socket.send('{"type":7,"error":"No such user"}\u001e');
      return new Promise(() => undefined);
    };
    void recorder.subscribe([of("QueueCallInArrived")]);
    const said = (): string =>
      String(recorder.states.flatMap((state) => ("error" in state ? [state.error] : [])).at(-1));
    await until("the hub's word", () => said().includes("The hub closed the connection (Subscribe): No such user"));
  });
});
