import assert from "node:assert/strict";
import type { FoundMember } from "../../../lib/webitel/types.js";
import { contentsOf, surplusOf } from "../../../lib/webitel/upload/surplus.js";

const MARKER = "r1-1";

describe("members of a marker that are there too often", () => {
  const member = (id: string, row: string, more: object = {}): FoundMember => ({
    id,
    name: `P${row}`,
    communications: [{ destination: `+${row}`, type: { id: "1" } }],
    ...more,
  });

  describe("where the rows are not known", () => {
    const ids = (found: FoundMember[], keep: number, reported: string[] = []): string[] =>
      surplusOf(found, { marker: MARKER, keep }, new Set(reported))
        .copies.map(({ id }) => id)
        .sort();

    it("are none where the number is right", () => assert.deepEqual(ids([member("1", "a"), member("2", "b")], 2), []));
    it("are all where the rows went under another marker", () => assert.deepEqual(ids([member("1", "a")], 0), ["1"]));
    it("leave the oldest", () => assert.deepEqual(ids([member("1", "a"), member("2", "a")], 1), ["2"]));
    it("leave the one whose id was reported", () =>
      assert.deepEqual(ids([member("1", "a"), member("2", "a")], 1, ["2"]), ["1"]));
    it("leave a person as often as the list has it", () =>
      assert.deepEqual(ids([member("1", "a"), member("2", "a"), member("3", "a"), member("4", "a")], 2), ["3", "4"]));
    it("are those that an earlier removal has left", () =>
      assert.deepEqual(ids([member("1", "a"), member("2", "b"), member("3", "a")], 2), ["3"]));
    it("are not named where somebody has changed the queue", () => {
      const found = [member("1", "a"), member("2", "a"), member("3", "a")];
      const { count, copies } = surplusOf(found, { marker: MARKER, keep: 2 }, new Set());
      assert.deepEqual([count, copies], [1, []]);
    });
  });

  describe("where the rows are known", () => {
    /** Rows by the letters of their persons; members as `<letter><times>`, with ids from 1. */
    const judged = (
      rows: readonly FoundMember[],
      found: readonly FoundMember[],
      options: { reported?: string[]; known?: string[] } = {},
    ): [count: number, copies: string] => {
      const contents = contentsOf(
        MARKER,
        rows.map((row) => ({ member: row })),
      );
      const { reported = [], known = [] } = options;
      const sent = { marker: MARKER, keep: rows.length, contents };
      const { count, copies } = surplusOf(found, sent, new Set(reported), new Set(known));
      return [
        count,
        copies
          .map(({ id }) => id)
          .sort()
          .join(" "),
      ];
    };
    const people = (letters: string, from = 1, more: object = {}): FoundMember[] =>
      letters.split("").map((letter, at) => member(String(from + at), letter, more));
    const twins = people("aabc");

    it("are named although somebody has deleted all members of one row", () =>
      assert.deepEqual(judged(people("abcde"), people("abdeabde")), [4, "5 6 7 8"]));
    it("are named although fewer are left than the batch had rows", () =>
      assert.deepEqual(judged(people("abcde"), people("aabb")), [2, "2 4"]));
    it("are not those of a row of whom the other is gone", () =>
      assert.deepEqual(judged(people("abc"), people("abcac")), [2, "4 5"]));
    it("are not found copies of whom the other is gone", () =>
      assert.deepEqual(judged(people("abc"), people("acabc"), { known: ["3", "4", "5"] }), [2, "3 5"]));
    it("are not two of one row of whom somebody has changed the name: which is the copy is not known", () => {
      const found = [...people("abc"), ...people("ac", 4), member("6", "b", { name: "Maria" })];
      assert.deepEqual(judged(people("abc"), found), [3, "4 5"]);
    });
    it("are those whose name was changed in the same way", () => {
      const found = [...people("ac"), ...people("bb", 3, { name: "Maria" })];
      assert.deepEqual(judged(people("abc"), found), [1, "4"]);
    });
    it("leave rows that are alike, though another row has lost his", () => {
      assert.deepEqual(judged(twins, people("aabaab")), [3, "4 5 6"]);
      assert.deepEqual(judged(twins, people("aaba")), [1, "4"]);
      assert.deepEqual(judged(twins, people("aabb")), [1, "4"]);
    });
    it("leave rows that are alike, though there are as many people as rows", () =>
      assert.deepEqual(judged(twins, [...people("aabc"), member("5", "b", { name: "Maria" })]), [1, ""]));
    it("leave rows with one number whose names the server writes alike", () => {
      const family = ["Anna", "Anna "].map((name, at) => member(String(at), "f", { name }));
      const found = ["1", "2", "3", "4"].map((id) => member(id, "f", { name: "Anna" }));
      assert.deepEqual(judged(family, found), [2, "3 4"]);
      assert.deepEqual(judged([...family, ...people("a")], [...found, ...people("a", 5)]), [2, "3 4"]);
    });
    it("are found where the server writes numbers otherwise, or adds to what was sent", () => {
      const shown = people("abab").map((each) => ({ ...each, variables: { source: "api" } }));
      for (const { communications } of shown) (communications[0] as { destination: string }).destination += " -";
      assert.deepEqual(judged(people("abc"), shown), [2, "3 4"]);
    });
    it("are not named where the server hides numbers, and somebody has deleted one", () => {
      const hidden = people("abcd").map((each) => ({ ...each, name: "P", communications: [] }));
      assert.deepEqual(judged(people("abc"), hidden), [1, ""]);
      assert.deepEqual(judged(people("abcde"), hidden), [0, ""]);
    });
    it("are not those of a number that no row has", () =>
      assert.deepEqual(judged(people("ab"), people("abzz")), [2, ""]));
    it("leave who was called, then who was reported, then the oldest", () => {
      const found = [...people("abc"), member("4", "a", { attempts: 1 }), ...people("bc", 5)];
      assert.deepEqual(judged(people("abc"), found, { reported: ["1", "2", "6"] }), [3, "1 3 5"]);
    });
  });

  it("writes down nothing that names a row", () => {
    const rows = [{ member: member("1", "380441112233") }];
    const contents = contentsOf(MARKER, rows);
    assert.match(contents, /^[0-9a-f]{8}$/);
    assert.notEqual(contents, contentsOf("r1-2", rows));
  });
});
