import assert from "node:assert/strict";
import { type Clock, install } from "@sinonjs/fake-timers";
import { type Carrier, Streams } from "../../../nodes/webitel/upload/streams.js";
import { memberMapper } from "../../../lib/webitel/member.js";
import { HeldMemory } from "../../../lib/webitel/upload/held.js";
import type { QueueSource } from "../../../lib/webitel/upload/source.js";

interface Begun {
  carrier: Carrier;
  rows: unknown[];
  ended: Promise<void>;
}

describe("webitel-dialer-member-upload: streams of messages", () => {
  let clock: Clock;
  let begun: Begun[];
  let fails: boolean;
  let streams: Streams;
  beforeEach(() => {
    clock = install({ toFake: ["setTimeout", "clearTimeout"] });
    begun = [];
    fails = false;
    const read = async (source: QueueSource, rows: unknown[]): Promise<void> => {
      for await (const some of source.rows()) rows.push(...some.map(({ data }) => data));
      if (fails) throw new Error("refused");
    };
    streams = new Streams((source, carrier) => {
      const rows: unknown[] = [];
      const ended = read(source, rows);
      begun.push({ carrier, rows, ended });
      return { upload: ended, read: () => (some) => some.map((data) => ({ data })) };
    }, new HeldMemory());
  });
  afterEach(() => {
    streams.close();
    clock.uninstall();
  });

  const take = (payload: unknown, index: number): Promise<void> =>
    streams.take({ _msgid: String(index), payload, parts: { id: "s", index, count: 9 } }, () => undefined);

  const refusal = (taken: Promise<void>): Promise<void> =>
    assert.rejects(taken, { code: "EINVALID", key: "webitel.errors.part" });
  /** All parts of a stream, in the order of these indexes. */
  const whole = async (...indexes: number[]): Promise<void> => {
    await Promise.all(indexes.map((index) => take(`row ${index}`, index)));
  };

  it("ends after 60 s without a message, with what came and an error on the last message", async () => {
    void take(1, 0);
    const waiting = [take(2, 1), take(3, 2)];
    const last = assert.rejects(waiting[1] as Promise<void>, { code: "ETIMEDOUT", key: "webitel.errors.stream" });
    clock.tick(59_999);
    assert.equal(begun.length, 1);
    clock.tick(1);
    await last;
    await waiting[0];
    assert.deepEqual(begun[0]?.rows, [1, 2, 3]);
  });

  it("takes a part that comes twice for one row, and waits for the others", async () => {
    for (const index of [0, 1]) void take(index, index);
    for (const index of [1, 0]) await refusal(take(index, index));
    void take(3, 3);
    for (const index of [3, 1]) await refusal(take(index, index));
    for (const index of [2, 4, 5, 6, 7]) void take(index, index);
    await take(8, 8);
    await begun[0]?.ended;
    assert.equal(begun.length, 1);
    assert.deepEqual(begun[0]?.rows, [0, 1, 3, 2, 4, 5, 6, 7, 8]);
  });

  it("begins again with a message that comes later: none is lost", async () => {
    const first = assert.rejects(take(1, 0), { code: "ETIMEDOUT" });
    clock.tick(60_000);
    await first;
    void take(2, 1).catch(() => undefined);
    assert.equal(begun.length, 2);
  });

  it("refuses a part that comes again after the stream has ended", async () => {
    await whole(0, 1, 2, 3, 4, 5, 6, 7, 8);
    for (const index of [8, 0, 3]) await refusal(take(`row ${index}`, index));
    assert.equal(begun.length, 1);
  });

  it("refuses a part again after a stream that stayed incomplete, and takes the missing ones", async () => {
    const first = assert.rejects(take(1, 0), { code: "ETIMEDOUT" });
    clock.tick(60_000);
    await first;
    await refusal(take(1, 0));
    void take(2, 1).catch(() => undefined);
    await refusal(take(1, 0));
    streams.close();
    await begun[1]?.ended;
    assert.deepEqual([begun.length, begun[1]?.rows], [2, [2]]);
  });

  it("loads another list under the same id", async () => {
    await whole(0, 1, 2, 3, 4, 5, 6, 7, 8);
    for (let index = 0; index < 8; index++) void take(`other ${index}`, index);
    await take("other 8", 8);
    await refusal(take("other 8", 8));
    assert.deepEqual([begun.length, begun[1]?.rows[8]], [2, "other 8"]);
  });

  it("loads all rows of a file whose rows share one index, as behind a split and a csv node", async () => {
    for (let row = 1; row < 9; row++) void take(`row ${row}`, -1);
    await take("row 9", -1);
    assert.equal(begun[0]?.rows.length, 9);
  });

  it("takes a value that JSON cannot write for a row: it is rejected, and the others are loaded", async () => {
    const circular: Record<string, unknown> = { destination: "+380501112203" };
    circular["variables"] = { self: circular };
    const throwing = { destination: "+380501112204", variables: { x: { toJSON: () => assert.fail("boom") } } };
    const good = { destination: "+380501112201", type: "1" };
    const rows = [good, circular, throwing, circular, good, 2n, good, good, good];
    const parts = rows.map((row, index) => take(row, index));
    await parts.at(-1);
    await refusal(take(circular, 1));
    assert.deepEqual([begun.length, begun[0]?.rows], [1, rows]);
    const toMember = memberMapper({ mapping: [], defaults: [{ field: "type", value: "1" }] });
    const results = await Promise.all(rows.map(async (row) => toMember(row)));
    assert.deepEqual(
      results.map((result) => ("error" in result ? result.error.key : "member")),
      ["member", "json", "json", "json", "member", "no-object", "member", "member", "member"],
    );
  });

  it("takes a stream again whose upload has failed", async () => {
    fails = true;
    const parts = [0, 1, 2, 3, 4, 5, 6, 7, 8].map((index) => take(index, index));
    await assert.rejects(parts[8] as Promise<void>, /refused/);
    fails = false;
    for (let index = 0; index < 8; index++) void take(index, index);
    await take(8, 8);
    assert.equal(begun[1]?.rows.length, 9);
  });

  it("remembers of long streams what came, and of many streams the latest", async () => {
    const part = (id: string, index: number, count: number): Promise<void> =>
      streams.take({ _msgid: "1", payload: index, parts: { id, index, count } }, () => undefined);
    for (let index = 0; index < 20_000; index++) void part("long", index, 20_001);
    await refusal(part("long", 1, 20_001));
    await part("long", 20_000, 20_001);
    for (const index of [0, 1, 20_000]) await refusal(part("long", index, 20_001));
    for (let one = 0; one < 100; one++) await part(`short ${one}`, 0, 1);
    await refusal(part("short 0", 0, 1));
    void part("long", 20_000, 20_001);
    assert.equal(begun.length, 102);
  });

  it("ends with a message that is complete and has no payload", async () => {
    void take(1, 0);
    const parts = { id: "s" };
    await streams.take({ _msgid: "2", payload: undefined, complete: true, parts } as never, () => undefined);
    assert.deepEqual(begun[0]?.rows, [1]);
  });

  it("counts the time from the latest message", async () => {
    void take(1, 0);
    clock.tick(59_000);
    const second = take(2, 1);
    clock.tick(59_000);
    let over = false;
    void second.then(
      () => (over = true),
      () => (over = true),
    );
    await Promise.resolve();
    assert.equal(over, false);
  });
});
