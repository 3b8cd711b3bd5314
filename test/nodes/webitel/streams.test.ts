import assert from "node:assert/strict";
import { type Clock, install } from "@sinonjs/fake-timers";
import { type Carrier, Streams } from "../../../nodes/webitel/upload/streams.js";
import type { QueueSource } from "../../../lib/webitel/upload/source.js";

interface Begun {
  carrier: Carrier;
  rows: unknown[];
  ended: Promise<void>;
}

describe("webitel-dialer-member-upload: a stream that stays incomplete", () => {
  let clock: Clock;
  let begun: Begun[];
  let streams: Streams;
  beforeEach(() => {
    clock = install({ toFake: ["setTimeout", "clearTimeout"] });
    begun = [];
    const read = async (source: QueueSource, rows: unknown[]): Promise<void> => {
      for await (const some of source.rows()) rows.push(...some.map(({ data }) => data));
    };
    streams = new Streams((source, carrier) => {
      const rows: unknown[] = [];
      const ended = read(source, rows);
      begun.push({ carrier, rows, ended });
      return ended;
    });
  });
  afterEach(() => {
    streams.close();
    clock.uninstall();
  });

  const take = (payload: unknown, index: number): Promise<void> =>
    streams.take({ _msgid: String(index), payload, parts: { id: "s", index, count: 9 } }, () => undefined);

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
    for (const index of [0, 1, 1, 0, 3, 3]) void take(index, index).catch(() => undefined);
    await take(1, 1);
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
