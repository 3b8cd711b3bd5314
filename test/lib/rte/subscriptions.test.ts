import assert from "node:assert/strict";
import { distinct } from "../../../lib/rte/subject.js";
import { Subscriptions } from "../../../lib/rte/subscriptions.js";

const subscriber = (): object => ({});
const NOW = { nowMs: 1000 };
const STATUS = { entityId: "Q1", eventName: "QueueStatus" };
const ARRIVED = { entityId: "Q1", eventName: "QueueCallInArrived" };

describe("lib/rte/subscriptions", () => {
  it("asks for what is wanted and not granted, once for all subscribers", () => {
    const [one, two] = [subscriber(), subscriber()];
    const books = new Subscriptions();
    books.add(one, [STATUS], NOW);
    books.add(two, [{ entityId: "q1", eventName: "QUEUESTATUS" }, ARRIVED], NOW);
    assert.deepEqual(books.missing(NOW.nowMs), [STATUS, ARRIVED]);
    books.answered(STATUS, true, null, NOW.nowMs);
    books.answered(ARRIVED, false, "Unauthorized", NOW.nowMs);
    assert.deepEqual(books.missing(NOW.nowMs), [], "a refusal is not asked for again at once");
    books.add(one, [ARRIVED], NOW);
    assert.deepEqual(books.missing(NOW.nowMs), [ARRIVED], "but when somebody subscribes it again");
    books.disconnected(NOW.nowMs);
    assert.deepEqual(books.missing(NOW.nowMs), [STATUS, ARRIVED], "a new connection knows nothing");
  });

  it("gives back what the last one leaves", () => {
    const [one, two] = [subscriber(), subscriber()];
    const books = new Subscriptions();
    books.add(one, [STATUS, ARRIVED], NOW);
    books.add(two, [STATUS], NOW);
    for (const subject of [STATUS, ARRIVED]) books.answered(subject, true, null, NOW.nowMs);
    books.remove(one, [STATUS, ARRIVED]);
    assert.deepEqual([books.surplus(NOW.nowMs), books.isSurplusAll()], [[ARRIVED], false]);
    books.released(ARRIVED);
    books.remove(two, [STATUS]);
    assert.deepEqual([books.surplus(NOW.nowMs), books.isSurplusAll()], [[STATUS], true]);
    assert.equal(books.wasSubscribed({ entityId: "q1", eventName: "queuestatus" }), true);
    assert.equal(books.wasSubscribed({ entityId: "q2", eventName: "queuestatus" }), false);
  });

  it("finds receivers by any spelling, and forgets nobody and keeps nobody after a change", () => {
    const [one, two] = [subscriber(), subscriber()];
    const books = new Subscriptions();
    books.add(one, [STATUS], NOW);
    assert.deepEqual(books.receivers({ entityId: "q1", eventName: "queuestatus" }), [one]);
    assert.deepEqual(books.receivers({ entityId: "Q1", eventName: "QueueStatus" }), [one]);
    assert.equal(books.route(STATUS, NOW.nowMs), undefined, "the hub has not agreed yet");
    books.answered(STATUS, true, null, NOW.nowMs);
    assert.deepEqual([books.receivers(STATUS), books.route(STATUS, NOW.nowMs)], [[one], [one]]);
    books.add(two, [STATUS], NOW);
    books.add(two, [STATUS], NOW);
    assert.deepEqual(books.receivers({ entityId: "q1", eventName: "queuestatus" }), [one, two]);
    books.remove(one, [STATUS]);
    assert.deepEqual(books.receivers({ entityId: "q1", eventName: "queuestatus" }), [two]);
    assert.deepEqual(books.reports.of(two), [STATUS]);
    assert.deepEqual(books.reports.of(one), []);
  });

  it("says what became of a subject", () => {
    const books = new Subscriptions();
    books.add(subscriber(), [STATUS, ARRIVED], NOW);
    assert.deepEqual(books.reports.result(STATUS, "disconnected"), {
      ...STATUS,
      subscribed: false,
      message: "disconnected",
    });
    books.answered(STATUS, true, null, NOW.nowMs);
    books.answered(ARRIVED, false, "Unauthorized", NOW.nowMs);
    assert.deepEqual(books.reports.result(STATUS), { ...STATUS, subscribed: true, message: null });
    assert.deepEqual(books.reports.result(ARRIVED), { ...ARRIVED, subscribed: false, message: "Unauthorized" });
    assert.deepEqual(distinct([STATUS, { entityId: "q1", eventName: "queueStatus" }, ARRIVED]).length, 2);
  });

  it("asks again for what was refused after five minutes, and for what failed after its wait", () => {
    const books = new Subscriptions();
    books.add(subscriber(), [STATUS, ARRIVED], NOW);
    books.answered(STATUS, false, "Unauthorized", NOW.nowMs);
    books.failed(ARRIVED, { message: "busy", isAlone: false, waitMs: (failures) => 100 + failures }, NOW.nowMs);
    assert.deepEqual([books.nextMs(), books.missing(1099)], [1100, []]);
    assert.deepEqual(books.missing(1100), [ARRIVED]);
    books.failed(ARRIVED, { message: "busy", isAlone: false, waitMs: (failures) => 100 + failures }, 1100);
    assert.equal(books.nextMs(), 1201);
    assert.deepEqual(books.missing(300_999), [ARRIVED]);
    assert.deepEqual(books.missing(301_000), [STATUS, ARRIVED]);
  });

  it("lets a message ask again for what was refused just now, but not with each of many messages", () => {
    const books = new Subscriptions();
    const one = subscriber();
    const asks = (nowMs: number): boolean => {
      books.add(one, [STATUS], { nowMs, isAnswered: true });
      return books.missing(nowMs).length > 0;
    };
    assert.ok(asks(0));
    books.answered(STATUS, false, "Unauthorized", 10);
    assert.ok(asks(20));
    books.answered(STATUS, false, "Unauthorized", 30);
    assert.deepEqual([asks(1000), asks(2100)], [false, true]);
  });

  it("knows since when each subscriber has lost events, and reports each loss once", () => {
    const [one, two] = [subscriber(), subscriber()];
    const books = new Subscriptions();
    books.add(one, [STATUS], { nowMs: 1000 });
    books.answered(STATUS, true, null, 1100);
    assert.deepEqual(books.reports.takeLosses(one), [], "nothing failed");
    books.add(two, [STATUS], { nowMs: 5000 });
    assert.deepEqual(
      [books.reports.completeUntilMs(one, 6000), books.reports.completeUntilMs(subscriber(), 6000)],
      [6000, undefined],
    );
    books.disconnected(4000);
    books.disconnected(undefined);
    assert.deepEqual(
      [books.reports.completeUntilMs(one, 9000), books.reports.completeUntilMs(two, 9000)],
      [4000, 5000],
    );
    assert.deepEqual(books.reports.takeLosses(one), [], "not over");
    books.answered(STATUS, true, null, 10_000);
    assert.deepEqual(books.reports.takeLosses(one), [{ fromMs: 4000, toMs: 10_000, subjects: [STATUS] }]);
    assert.deepEqual(books.reports.takeLosses(two), [{ fromMs: 5000, toMs: 10_000, subjects: [STATUS] }]);
    assert.deepEqual(books.reports.takeLosses(one), []);
  });

  it("does not take for served what is being given up: subscribed again, it is asked for and its loss is known", () => {
    const one = subscriber();
    const books = new Subscriptions();
    const failure = { message: "not answered", isAlone: false, waitMs: () => 500 };
    books.add(one, [STATUS], NOW);
    books.answered(STATUS, true, null, NOW.nowMs);
    books.remove(one, [STATUS]);
    books.releasing([STATUS]);
    books.add(one, [STATUS, ARRIVED], { nowMs: 2000 });
    assert.deepEqual(books.reports.counts(one), { refused: 0, pending: 2 });
    assert.equal(books.arrived(STATUS, 2001), false, "an event that was sent before");
    assert.equal(books.reports.completeUntilMs(one, 5000), 2000);
    books.delayed();
    books.failed(STATUS, failure, 12_000);
    assert.deepEqual(books.missing(12_000), [STATUS, ARRIVED]);
    for (const subject of [STATUS, ARRIVED]) books.answered(subject, true, null, 12_001);
    assert.deepEqual(books.reports.takeLosses(one), [{ fromMs: 2000, toMs: 12_001, subjects: [STATUS, ARRIVED] }]);
    books.releasedLate([STATUS]);
    assert.deepEqual(books.missing(13_000), [STATUS], "the late answer may have ended it");
    books.answered(STATUS, true, null, 13_000);
    assert.deepEqual(books.reports.takeLosses(one), [{ fromMs: 12_001, toMs: 13_000, subjects: [STATUS] }]);
  });
});
