import assert from "node:assert/strict";
import { fieldOf, isField, type MappingOptions, mark, memberMapper } from "../../../lib/webitel/member.js";

const map = (row: unknown, options: Partial<MappingOptions> = {}): ReturnType<ReturnType<typeof memberMapper>> =>
  memberMapper({ mapping: [], defaults: [], ...options })(row);
const row = (more: object = {}): object => ({ name: "Anna", destination: "+380441112233", type: "1", ...more });

describe("lib/webitel/member", () => {
  it("takes columns that are named like fields, in any case, and ignores the others", () => {
    const { member } = map({
      Name: " Anna ",
      DESTINATION: "+380441112233",
      Type: 1,
      Priority: "10",
      Bucket: "4",
      Agent: 17,
      timezone: "2",
      "Variables.CRM": 7,
      shoeSize: "38",
    });
    assert.deepEqual(member, {
      communications: [{ destination: "+380441112233", type: { id: "1" }, priority: 0 }],
      name: "Anna",
      priority: 10,
      bucket: { id: "4" },
      agent: { id: "17" },
      timezone: { id: "2" },
      variables: { CRM: "7" },
    });
  });

  it("maps columns of any name, and fills blanks from the defaults", () => {
    const mapping = [
      { column: "Ім'я", field: "name" },
      { column: "Телефон", field: "destination" },
      { column: "Борг", field: "variables.debt" },
    ];
    const { member } = map(
      { "Ім'я": "Олена", Телефон: "+380441112233", Борг: "", name: "not mapped" },
      {
        mapping,
        defaults: [
          { field: "type", value: 2 },
          { field: "variables.debt", value: 0 },
        ],
      },
    );
    assert.deepEqual(member, {
      communications: [{ destination: "+380441112233", type: { id: "2" }, priority: 0 }],
      name: "Олена",
      variables: { debt: "0" },
    });
  });

  it("keeps the order of several numbers by falling priority, and leaves empty ones out", () => {
    const { member } = map(
      row({ description: "mobile", destination2: "", destination3: "+380447778899", type3: "2", destination20: "+1" }),
    );
    assert.deepEqual(member?.communications, [
      { destination: "+380441112233", type: { id: "1" }, priority: 2, description: "mobile" },
      { destination: "+380447778899", type: { id: "2" }, priority: 1 },
      { destination: "+1", type: { id: "1" }, priority: 0 },
    ]);
  });

  it("sends times in milliseconds, and a row's own time wins", () => {
    for (const [given, sent] of [
      ["1767225599", "1767225599000"],
      [1_767_225_599_000, "1767225599000"],
      ["2025-12-31T23:59:59+02:00", "1767218399000"],
      ["0", "0"],
    ] as const) {
      assert.equal(map(row({ expire_at: given }), { expireAt: 5 }).member?.expire_at, sent);
    }
    assert.equal(map(row(), { expireAt: 1_767_225_599_000 }).member?.expire_at, "1767225599000");
  });

  const refused: [string, object, string, string][] = [
    ["no number", { destination: " " }, "missing", "destination"],
    ["no type", { type: "" }, "missing", "type"],
    ["a number that a spreadsheet made short", { destination: "3.80441E+11" }, "spreadsheet", "destination"],
    ["the same with a comma", { destination: "3,80441E+11" }, "spreadsheet", "destination"],
    ["the same in a further number", { destination4: "3.8E11" }, "spreadsheet", "destination4"],
    ["a number with decimals", { destination: "380441112233.0" }, "decimal", "destination"],
    ["a number that lost digits", { destination: 2 ** 60 }, "number", "destination"],
    ["a type that is no id", { type: "mobile" }, "id", "type"],
    ["a priority that is no number", { priority: "high" }, "integer", "priority"],
    ["a priority beyond 32 bits", { priority: "2147483648" }, "integer", "priority"],
    ["a time without a zone", { expire_at: "2025-12-31 23:59" }, "time", "expire_at"],
    ["letters that were lost", { name: "Bj\uFFFDrn" }, "encoding", "name"],
  ];
  for (const [what, more, key, field] of refused) {
    it(`refuses ${what}`, () => {
      const { error } = map(row(more));
      assert.deepEqual([error?.key, error?.field], [key, field]);
    });
  }

  it("refuses what is no object", () => {
    for (const nothing of [null, "text", 7, ["list"]]) assert.equal(map(nothing).error?.key, "no-object");
  });

  it("takes an object with communications as it is, but for its times", () => {
    const finished = {
      name: "Member1",
      communications: [{ destination: "Destination", type: { id: "1" }, priority: 0, dtmf: "7" }],
      expire_at: "string",
      min_offering_at: 1_767_225_599,
      skill: { id: "3" },
    };
    assert.deepEqual(map(finished, { defaults: [{ field: "bucket", value: 4 }], expireAt: 5 }).member, {
      ...finished,
      min_offering_at: "1767225599000",
    });
  });

  it("refuses finished members that the platform would refuse", () => {
    const number = { destination: "1", type: { id: "1" } };
    for (const [communications, key] of [
      [[], "missing"],
      [Array.from({ length: 21 }, () => number), "too-many"],
      [[{ ...number, type: {} }], "id"],
      [[{ ...number, destination: "" }], "missing"],
      [[null], "missing"],
    ] as const) {
      assert.equal(map({ communications }).error?.key, key);
    }
  });

  it("knows its fields", () => {
    for (const field of ["name", "destination", "destination2", "description20", "variables.x"])
      assert.ok(isField(field), field);
    for (const field of ["destination1", "destination21", "name2", "variables.", "variables.cc_batch", "phone"])
      assert.ok(!isField(field), field);
    assert.equal(fieldOf(" Variables.Debt "), "variables.Debt");
  });

  it("writes the marker into the member, over that of an earlier part, and never into a row of the flow", () => {
    const { member } = map(row({ "variables.a": "1" }));
    assert.ok(member);
    assert.deepEqual(mark(member, "run-1").variables, { a: "1", cc_batch: "run-1" });
    assert.deepEqual(mark(member, "run-1b").variables, { a: "1", cc_batch: "run-1b" });
    const given = { communications: [{ destination: "+380441112233", type: { id: "1" } }], variables: { a: "1" } };
    const finished = map(given).member;
    assert.ok(finished);
    assert.deepEqual(mark(finished, "run-1").variables, { a: "1", cc_batch: "run-1" });
    assert.deepEqual(given.variables, { a: "1" });
  });
});
