import assert from "node:assert/strict";
import { runInNewContext } from "node:vm";
import { COPIED_AT_ONCE, copyList, copyOf, copyRows, isMostlyHoles } from "../../../lib/webitel/upload/copies.js";

/** As the rows of a database driver. */
class Row {
  destination = "+380441110001";
  at = new Date(0);
}

describe("lib/webitel/upload/copies", () => {
  const own = "+380441110001";
  const rows: [string, () => unknown, (row: never) => void][] = [
    ["a flat row", () => ({ destination: own, n: null }), (row: Record<string, unknown>) => (row["destination"] = "x")],
    [
      "a finished member",
      () => ({ communications: [{ destination: own, type: { id: 1 } }] }),
      (row: { communications: { type: { id: number } }[] }) => {
        (row.communications[0] as { type: { id: number } }).type.id = 2;
        row.communications.push({ type: { id: 3 } });
      },
    ],
    ["a row of a driver", () => new Row(), (row: Row) => (row.at.setTime(1), (row.destination = "x"))],
    [
      "a row of another realm",
      () => runInNewContext("({destination: '+380441110001', at: new Date(0), list: [1]})") as unknown,
      (row: { at: Date; list: number[] }) => (row.at.setTime(1), row.list.push(2)),
    ],
    [
      "bytes",
      () => ({ bytes: Buffer.from("abc"), view: new Uint8Array([1]) }),
      (row: { bytes: Buffer; view: Uint8Array }) => {
        row.bytes.fill("x");
        row.view[0] = 9;
      },
    ],
    ["a property named __proto__", () => JSON.parse('{"__proto__": {"a": 1}}') as unknown, () => undefined],
    [
      "an object without a prototype",
      () => Object.assign(Object.create(null) as object, { destination: own }),
      () => 0,
    ],
  ];
  for (const [what, make, change] of rows)
    it(`copies ${what}, so that no change is seen`, () => {
      const original = make();
      const { copy } = copyRows([original]);
      change(original as never);
      const [copied] = copy as [Record<string, unknown>];
      const expected = make() as Record<string, unknown>;
      assert.deepEqual(propertiesOf(copied), propertiesOf(expected));
      if (original instanceof Row) assert.ok((copied as object) instanceof Row);
      assert.deepEqual(Object.keys(copied), Object.keys(expected));
    });

  it("makes objects of maps and lists of sets, at all depths, also of those of a function node", () => {
    const inner = new Set([1, new Date(0)]);
    const map = new Map<string, unknown>([["a", new Map([["b", inner]])]]);
    const foreign = runInNewContext("new Map([['a', [new Map([['b', new Set([1])]])]]])") as unknown;
    const [row, list, other] = copyRows([map, [map], foreign]).copy as [{ a: { b: unknown[] } }, unknown[], unknown];
    inner.add(2);
    assert.deepEqual(row, { a: { b: [1, new Date(0)] } });
    assert.notEqual(row.a.b[1], [...inner][1]);
    assert.deepEqual(list, [row]);
    assert.deepEqual(JSON.stringify(other), '{"a":[{"b":[1]}]}');
  });

  it("copies a row that contains itself once", () => {
    const row: Record<string, unknown> = { list: [] };
    row["self"] = row;
    (row["list"] as unknown[]).push(row, row);
    const copied = copyOf(row) as typeof row;
    assert.notEqual(copied, row);
    assert.equal(copied["self"], copied);
    assert.deepEqual((copied["list"] as unknown[])[1], copied);
  });

  it("leaves as it is what throws when it is read, or has a JSON of its own", () => {
    const throwing = {
      get destination(): string {
        throw new Error("gone");
      },
    };
    class Money {
      #cents = 5;
      toJSON(): number {
        return this.#cents;
      }
    }
    const money = new Money();
    const { copy } = copyRows([throwing, money, { money }, 7, null, undefined, () => 0]);
    assert.equal(copy[0], throwing);
    assert.equal(copy[1], money);
    assert.equal((copy[2] as { money: Money }).money, money);
    assert.deepEqual(copy.slice(3, 6), [7, null, undefined]);
  });

  it("copies which rows a long list has at once, and what is in them with turns for others in between", async () => {
    const list = Array.from({ length: COPIED_AT_ONCE + 20_000 }, (_, at) => ({
      destination: `+38044${1_000_000 + at}`,
    }));
    const expected = list.map(({ destination }) => destination);
    const [first, last] = [list[0], list.at(-1)];
    let turns = 0;
    const count = (): void => void (turns++, (timer = setImmediate(count)));
    let timer = setImmediate(count);
    const { copy, bytes } = copyList(list);
    list.length = 0;
    (first as { destination: string }).destination = "changed";
    const copied = (await copy) as { destination: string }[];
    clearImmediate(timer);
    assert.deepEqual(
      copied.map(({ destination }) => destination),
      expected,
    );
    assert.notEqual(copied.at(-1), last);
    assert.ok(turns >= 15, `${turns} turns`);
    assert.ok(bytes > copied.length * 40, `${bytes}`);
  });

  it("takes a place without a row for one that is undefined, and knows a list of hardly anything else", async () => {
    const holes: unknown[] = [];
    holes[1] = { a: 2 };
    holes.length = 4;
    assert.deepEqual(copyRows(holes).copy, [undefined, { a: 2 }, undefined, undefined]);
    assert.deepEqual(await copyList(holes).copy, [undefined, { a: 2 }, undefined, undefined]);
    assert.equal(isMostlyHoles(holes), false);
    const byId: unknown[] = [];
    for (let id = 1e9; id < 1e9 + 50; id++) byId[id] = { id };
    assert.equal(isMostlyHoles(byId), true);
    assert.equal(isMostlyHoles(Array.from({ length: 1e5 })), false);
  });

  it("counts about how much memory rows take", () => {
    const { bytes } = copyRows(Array.from({ length: 1000 }, () => ({ destination: own, name: "x".repeat(100) })));
    assert.ok(bytes > 113_000 && bytes < 300_000, `${bytes}`);
  });
});

/** The own properties, in this realm. */
function propertiesOf(value: Record<string, unknown>): unknown {
  return Object.keys(value).map((name) => [name, copyOf(value[name])]);
}
