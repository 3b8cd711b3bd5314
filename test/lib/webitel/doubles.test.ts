import assert from "node:assert/strict";
import type { FoundMember } from "../../../lib/webitel/types.js";
import { copiesAmong } from "../../../lib/webitel/upload/doubles.js";

describe("copies among the members of a marker", () => {
  const member = (id: string, row: string, more: object = {}): FoundMember => ({
    id,
    name: `P${row}`,
    communications: [{ destination: `+${row}`, type: { id: "1" } }],
    ...more,
  });
  const ids = (found: FoundMember[], keep: number, reported: string[] = []): string[] =>
    copiesAmong(found, keep, new Set(reported))
      .members.map(({ id }) => id)
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
    assert.deepEqual(copiesAmong(found, 2, new Set()), { count: 1, members: [] });
  });
});
