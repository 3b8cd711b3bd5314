import assert from "node:assert/strict";
import { memberMapper } from "../../../lib/webitel/member.js";
import { batches } from "../../../lib/webitel/upload/batches.js";
import { readableRow } from "../../../lib/webitel/upload/readable.js";
import { listSource } from "../../../lib/webitel/upload/source.js";

const throwing = (): object => ({
  name: "Anna",
  get destination(): string {
    throw new Error("gone\nwith the connection");
  },
});
const gone = (): object => {
  const { proxy, revoke } = Proxy.revocable({}, {});
  revoke();
  return proxy;
};
const circular = (): object => {
  const row: Record<string, unknown> = { destination: "+380441110009", type: "1", n: 2n };
  row["variables"] = { a: row };
  return row;
};

describe("lib/webitel/upload/readable", () => {
  it("leaves a row as it is that can be written as JSON", () => {
    for (const row of [{ a: 1n, b: new Map() }, "text", null, undefined, 7]) assert.equal(readableRow(row), row);
  });

  it("has the properties that can be read, and the reason in the place of the others", () => {
    assert.deepEqual(readableRow(throwing()), { name: "Anna", destination: "[gone]" });
    const shown = readableRow(circular()) as Record<string, string>;
    assert.equal(shown["destination"], "+380441110009");
    assert.match(shown["variables"] ?? "", /^\[Converting circular structure/);
    assert.match(String(readableRow(gone())), /^\[Cannot perform/);
  });

  it("lets rows that throw be rejected alone, each as something that can be copied and written", async () => {
    const good = (at: number): object => ({ destination: `+38044111000${at}`, type: "1" });
    const rows = [good(1), throwing(), good(2), gone(), circular(), good(3), undefined, good(4)];
    const source = listSource(rows);
    assert.equal((await source.measure()).rows, 8);
    const toMember = memberMapper({ mapping: [], defaults: [] });
    const made = [];
    for await (const one of batches(source.rows(), { size: 10, first: 1, toMember })) made.push(one);
    const [batch] = made;
    assert.equal(made.length, 1);
    assert.deepEqual(
      batch?.entries.map(({ row }) => row),
      [1, 3, 6, 8],
    );
    assert.deepEqual(
      batch?.rejects.map(({ row, reason }) => [row, (reason as { key: string }).key]),
      [
        [2, "json"],
        [4, "json"],
        [5, "json"],
        [7, "no-object"],
      ],
    );
    JSON.stringify(structuredClone(batch?.rejects.map(({ data }) => data)), (_, each: unknown) =>
      typeof each === "bigint" ? String(each) : each,
    );
  });
});
