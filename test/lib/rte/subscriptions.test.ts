import assert from "node:assert/strict";
import { distinct, Subscriptions } from "../../../lib/rte/subscriptions.js";

const member = (): { onEvent: () => void } => ({ onEvent: () => undefined });
const STATUS = { entityId: "Q1", eventName: "QueueStatus" };
const ARRIVED = { entityId: "Q1", eventName: "QueueCallInArrived" };

describe("lib/rte/subscriptions", () => {
  it("asks for what is wanted and not granted, once for all members", () => {
    const [one, two] = [member(), member()];
    const books = new Subscriptions();
    books.add(one, [STATUS]);
    books.add(two, [{ entityId: "q1", eventName: "QUEUESTATUS" }, ARRIVED]);
    assert.deepEqual(books.missing(), [STATUS, ARRIVED]);
    books.answered(STATUS, true, null);
    books.answered(ARRIVED, false, "Unauthorized");
    assert.deepEqual(books.missing(), [], "a refusal is not asked for again by itself");
    books.add(one, [ARRIVED]);
    assert.deepEqual(books.missing(), [ARRIVED], "but when somebody wants it anew");
    books.reset();
    assert.deepEqual(books.missing(), [STATUS, ARRIVED], "a new connection knows nothing");
  });

  it("gives back what the last one leaves", () => {
    const [one, two] = [member(), member()];
    const books = new Subscriptions();
    books.add(one, [STATUS, ARRIVED]);
    books.add(two, [STATUS]);
    for (const subject of [STATUS, ARRIVED]) books.answered(subject, true, null);
    books.remove(one, [STATUS, ARRIVED]);
    assert.deepEqual([books.surplus(), books.surplusIsAll()], [[ARRIVED], false]);
    books.released(ARRIVED);
    books.remove(two, [STATUS]);
    assert.deepEqual([books.surplus(), books.surplusIsAll()], [[STATUS], true]);
    assert.equal(books.wasWanted({ entityId: "q1", eventName: "queuestatus" }), true);
    assert.equal(books.wasWanted({ entityId: "q2", eventName: "queuestatus" }), false);
  });

  it("finds receivers by any spelling, and forgets nobody and keeps nobody after a change", () => {
    const [one, two] = [member(), member()];
    const books = new Subscriptions();
    books.add(one, [STATUS]);
    assert.deepEqual(books.receivers("q1", "queuestatus"), [one]);
    assert.deepEqual(books.receivers("Q1", "QueueStatus"), [one]);
    books.add(two, [STATUS]);
    books.add(two, [STATUS]);
    assert.deepEqual(books.receivers("q1", "queuestatus"), [one, two]);
    books.remove(one, [STATUS]);
    assert.deepEqual(books.receivers("q1", "queuestatus"), [two]);
    assert.deepEqual(books.of(two), [STATUS]);
    assert.deepEqual(books.of(one), []);
  });

  it("says what became of a subject", () => {
    const books = new Subscriptions();
    books.add(member(), [STATUS, ARRIVED]);
    assert.deepEqual(books.result(STATUS, "disconnected"), { ...STATUS, subscribed: false, message: "disconnected" });
    books.answered(STATUS, true, null);
    books.answered(ARRIVED, false, "Unauthorized");
    assert.deepEqual(books.result(STATUS), { ...STATUS, subscribed: true, message: null });
    assert.deepEqual(books.result(ARRIVED), { ...ARRIVED, subscribed: false, message: "Unauthorized" });
    assert.deepEqual(distinct([STATUS, { entityId: "q1", eventName: "queueStatus" }, ARRIVED]).length, 2);
  });
});
