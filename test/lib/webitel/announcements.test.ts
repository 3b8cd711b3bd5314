import assert from "node:assert/strict";
import { type Clock, install } from "@sinonjs/fake-timers";
import { Announcements } from "../../../lib/webitel/upload/announcements.js";
import type { Batch } from "../../../lib/webitel/upload/batches.js";
import type { Journal } from "../../../lib/webitel/upload/journal.js";

const batch = (number: number, ...rows: number[]): Batch => ({
  number,
  rows,
  entries: rows.map((row) => ({ row, input: { data: {} }, member: { communications: [] } })),
  rejects: [],
  duplicates: 0,
});

async function* made(...some: Batch[]): AsyncGenerator<Batch, undefined> {
  yield* some;
  return undefined;
}

describe("lib/webitel/upload/announcements", () => {
  let clock: Clock;
  let lines: object[];
  let broken: Error | undefined;
  let announcements: Announcements;
  beforeEach(() => {
    clock = install({ toFake: ["Date", "performance"], now: 5 });
    lines = [];
    broken = undefined;
    // What the machine says of its own time is in `moments.test.ts`.
    const keep = ({ upMs: _up, boot: _boot, ...line }: Record<string, unknown>): void => void lines.push(line);
    const journal = {
      append: (line: Record<string, unknown>) => (keep(line), broken ? Promise.reject(broken) : Promise.resolve()),
      note: (line: object) => void lines.push(line),
    };
    announcements = new Announcements(journal as unknown as Journal, "r");
  });
  afterEach(() => clock.uninstall());

  it("writes a batch's line before its turn, once, and that of a part at its turn", async () => {
    const source = announcements.announced(made(batch(1, 1, 2), batch(2, 3)));
    const { value } = await source.next();
    assert.deepEqual(lines, [{ send: "r-1", batch: 1, rows: [[1, 2]], at: 5 }]);
    const { number, entries } = value as Batch;
    await announcements.confirm("r-1", number, entries);
    assert.equal(lines.length, 1);
    await announcements.confirm("r-1a", number, entries.slice(0, 1));
    assert.deepEqual(lines[1], { send: "r-1a", batch: 1, rows: [[1, 1]], at: 5 });
  });

  it("writes a line again that is too old to say when the request left", async () => {
    const { value } = await announcements.announced(made(batch(1, 1))).next();
    clock.tick(1000);
    await announcements.confirm("r-1", 1, (value as Batch).entries);
    assert.deepEqual(lines[1], { send: "r-1", batch: 1, rows: [[1, 1]], at: 1005 });
  });

  it("announces no batch in which nothing is sent", async () => {
    for await (const _ of announcements.announced(made(batch(2))));
    assert.deepEqual(lines, []);
  });

  it("takes back what is not sent, and announces nothing afterwards", async () => {
    const source = announcements.announced(made(batch(1, 1), batch(2, 2), batch(3, 3)));
    const { value } = await source.next();
    await source.next();
    await announcements.confirm("r-1", 1, (value as Batch).entries);
    announcements.retract();
    await source.next();
    assert.deepEqual(lines.slice(2), [{ no: "r-2" }]);
  });

  it("fails at a batch's turn when its line could not be written", async () => {
    broken = new Error("disk full");
    const { value } = await announcements.announced(made(batch(1, 1))).next();
    await assert.rejects(announcements.confirm("r-1", 1, (value as Batch).entries), /disk full/);
  });
});
