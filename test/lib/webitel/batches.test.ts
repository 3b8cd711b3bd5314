import assert from "node:assert/strict";
import { memberMapper } from "../../../lib/webitel/member.js";
import { type Batch, type BatchOptions, batches } from "../../../lib/webitel/upload/batches.js";
import { type InputRow, RowSet } from "../../../lib/webitel/upload/rows.js";
import { UniqueDestinations } from "../../../lib/webitel/upload/unique.js";

async function gather(
  rows: readonly InputRow[],
  options: Partial<BatchOptions> = {},
  refused: ReadonlySet<number> = new Set(),
): Promise<Batch[]> {
  const source = async function* (): AsyncGenerator<readonly InputRow[]> {
    yield await Promise.resolve(rows);
  };
  const toMember = memberMapper({ mapping: [], defaults: [{ field: "type", value: "1" }] });
  const found: Batch[] = [];
  for await (const batch of batches(source(), { size: 2, first: 1, toMember, ...options })) {
    found.push(batch);
    setImmediate(() => options.unique?.settle(batch.entries, refused));
  }
  return found;
}

const person = (...numbers: string[]): InputRow => ({
  data: Object.fromEntries(numbers.map((number, at) => [`destination${at === 0 ? "" : at + 1}`, number])),
});
const numbersOf = (found: readonly Batch[]): string[][] =>
  found.flatMap(({ entries }) =>
    entries.map(({ member }) => member.communications.map(({ destination }) => destination)),
  );

describe("lib/webitel/upload/batches", () => {
  it("takes a number with 00 and one with + for the same, but not extensions", async () => {
    const numbers = ["+420601234567", "00420601234567", "420 601 234 567", "12345", "0012345"];
    const found = await gather(
      numbers.map((destination) => ({ data: { destination } })),
      { unique: new UniqueDestinations() },
    );
    assert.deepEqual(
      found.flatMap(({ entries }) => entries.map(({ row }) => row)),
      [1, 4, 5],
    );
  });

  it("keeps the line of each row, and rejects a row that the input could not read", async () => {
    const [batch] = await gather([
      { data: { destination: "+380501112233" }, line: 2 },
      { data: { destination: "x" }, line: 5, error: { key: "quote", field: "" } },
    ]);
    assert.deepEqual(
      batch?.entries.map(({ row, input }) => [row, input.line]),
      [[1, 2]],
    );
    assert.deepEqual(
      batch.rejects.map(({ row, line, reason }) => [row, line, reason]),
      [[2, 5, { key: "quote", field: "" }]],
    );
  });

  it("loads a number once per run, however it is written, and leaves out who has no other number", async () => {
    const rows = [
      person("+380501112233", "+380671112233"),
      person("+380 (50) 111-22-33", "+380931112233"),
      person("+380931112233"),
      person("sip:Anna@pbx.example"),
      person("sip:anna@pbx.example"),
      person("+380441112233", "+380441112233"),
    ];
    const found = await gather(rows, { unique: new UniqueDestinations() });
    assert.deepEqual(numbersOf(found), [
      ["+380501112233", "+380671112233"],
      ["+380931112233"],
      ["sip:Anna@pbx.example"],
      ["+380441112233"],
    ]);
    assert.equal(
      found.reduce((sum, { duplicates }) => sum + duplicates, 0),
      2,
    );
    assert.equal(found.flatMap((batch) => batch.rows).length, rows.length);
    assert.equal(numbersOf(await gather(rows)).length, rows.length);
  });

  it("loads the next row with a number when the server has refused the first", async () => {
    const rows = ["1", "1", "2", "1", "3", "2"].map((number) => person(`+38050111223${number}`));
    const found = await gather(rows, { unique: new UniqueDestinations() }, new Set([1]));
    assert.deepEqual(new Set(found.flatMap(({ entries }) => entries.map(({ row }) => row))), new Set([1, 2, 3, 5]));
    assert.deepEqual(new Set(found.flatMap((batch) => batch.rows)), new Set([1, 2, 3, 4, 5, 6]));
  });

  it("goes on where more rows wait for one than fill a batch", async () => {
    const rows = Array.from({ length: 50 }, () => person("+380501112233"));
    const found = await gather(rows, { unique: new UniqueDestinations() }, new Set([1, 2]));
    assert.deepEqual(
      found.flatMap(({ entries }) => entries.map(({ row }) => row)),
      [1, 2, 3],
    );
    assert.equal(found.flatMap((batch) => batch.rows).length, 50);
  });

  it("does not know the numbers of rows that the server has refused in an earlier part of the run", async () => {
    const [skip, refused] = [new RowSet(), new RowSet()];
    skip.add([[1, 1]]);
    refused.add([[1, 1]]);
    const found = await gather([person("+380501112233"), person("+380501112233")], {
      skip,
      refused,
      unique: new UniqueDestinations(),
    });
    assert.deepEqual(numbersOf(found), [["+380501112233"]]);
  });

  it("remembers the numbers of rows that an earlier part of the run has handled", async () => {
    const skip = new RowSet();
    skip.add([[1, 1]]);
    const found = await gather([person("+380501112233"), person("+380501112233"), person("+380671112233")], {
      skip,
      unique: new UniqueDestinations(),
    });
    assert.deepEqual(numbersOf(found), [["+380671112233"]]);
    assert.equal(found[0]?.duplicates, 1);
  });
});
