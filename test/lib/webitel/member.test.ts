import assert from "node:assert/strict";
import { fieldOf, isField } from "../../../lib/webitel/field-names.js";
import { type MappingOptions, type MappingResult, mark, memberMapper } from "../../../lib/webitel/member.js";
import { NameLookup } from "../../../lib/webitel/upload/names.js";

/** 1 December 2025: before the times of these tests. */
const NOW = Date.parse("2025-12-01T00:00:00Z");
const map = (row: unknown, options: Partial<Omit<MappingOptions, "names">> = {}): MappingResult =>
  memberMapper({ mapping: [], defaults: [], now: () => NOW, ...options })(row);
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

  it("takes names of fields in a mapping and in defaults as those of columns: in any case, with blanks, destination1", () => {
    const { member } = map(
      { Phone: "+380441112233", Debt: 7, Who: "Anna" },
      {
        mapping: [
          { column: "Phone", field: "destination1" },
          { column: "Who", field: " Name " },
          { column: "Debt", field: "Variables. debt " },
        ],
        defaults: [{ field: "TYPE1", value: 2 }],
      },
    );
    assert.deepEqual(member, {
      communications: [{ destination: "+380441112233", type: { id: "2" }, priority: 0 }],
      name: "Anna",
      variables: { debt: "7" },
    });
  });

  it("rejects a row of which two columns lead to one field and differ, and names them", () => {
    for (const [columns, field] of [
      [{ Destination: "+380441112244" }, "destination"],
      [{ destination1: "+380441112244" }, "destination"],
      [{ Name: "Olha" }, "name"],
      [{ "variables.a": 1, "variables. a ": 2 }, "variables.a"],
      [{ variables: { a: 1 }, Variables: '{"b": 2}' }, "variables"],
    ] as const) {
      const { error } = map(row(columns));
      assert.deepEqual([error?.key, error?.field], ["two-columns", field], JSON.stringify(columns));
    }
    assert.equal(map(row({ Name: "Olha" })).error?.value, '"name", "Name"');
    for (const same of [{ Name: " Anna" }, { Name: "" }, { NAME: null, Name: "Anna" }])
      assert.equal(map(row(same)).member?.name, "Anna");
  });

  it("keeps a variable of an object or JSON where a default names it, and fills those that are blank", () => {
    const defaults = [
      { field: "type", value: 1 },
      { field: "variables.n", value: "default" },
    ];
    const read = (more: object): unknown => map({ destination: "101", ...more }, { defaults }).member?.variables;
    for (const variables of [{ n: "own" }, '{"n":"own"}']) assert.deepEqual(read({ variables }), { n: "own" });
    assert.deepEqual(read({ variables: { n: 0 } }), { n: "0" });
    for (const variables of [{ n: "" }, { n: null }, {}, undefined])
      assert.deepEqual(read({ variables }), { n: "default" });
    assert.deepEqual(read({ variables: { m: "x" } }), { m: "x", n: "default" });
    assert.deepEqual(read({ "variables.n": "own" }), { n: "own" });
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
      row({
        description: "mobile",
        destination2: "",
        destination3: "+380447778899",
        type3: "2",
        destination20: "+12025550123",
      }),
    );
    assert.deepEqual(member?.communications, [
      { destination: "+380441112233", type: { id: "1" }, priority: 2, description: "mobile" },
      { destination: "+380447778899", type: { id: "2" }, priority: 1 },
      { destination: "+12025550123", type: { id: "1" }, priority: 0 },
    ]);
  });

  it("rejects a member who expires before he may be called", () => {
    const from = "2026-05-02T18:00:00Z";
    const at = Date.parse(from);
    const error = { key: "never", field: "min_offering_at", value: "2026-05-02T18:00:00.000Z" };
    const number = { destination: "+380441112233", type: { id: 1 } };
    for (const [more, expireAt, isRejected] of [
      [{}, at - 1, true],
      [{}, at, false],
      [{}, at + 1, false],
      [{}, undefined, false],
      [{ expire_at: "2026-05-02T17:00:00Z" }, at + 1, true],
      [{ expire_at: "0" }, at - 1, false],
      [{ communications: [number], expire_at: at - 5 }, undefined, true],
    ] as const) {
      const result = map(row({ min_offering_at: from, ...more }), expireAt === undefined ? {} : { expireAt });
      assert.deepEqual(result.error, isRejected ? error : undefined, JSON.stringify(more));
    }
  });

  it("refuses what is no object", () => {
    for (const nothing of [null, "text", 7, ["list"]]) assert.equal(map(nothing).error?.key, "no-object");
  });

  it("takes an object with communications as a member, with its times converted and unknown fields kept", () => {
    const finished = {
      name: "Member1",
      communications: [{ destination: "+380441112233", type: { id: "1" }, priority: 0, dtmf: "7", state: 0 }],
      domain_id: "1",
      expire_at: "2025-12-31T23:59:59Z",
      min_offering_at: 1_767_225_599,
      skill: { id: "3" },
    };
    assert.deepEqual(map(finished, { defaults: [{ field: "bucket", value: 4 }], expireAt: 5 }).member, {
      ...finished,
      bucket: { id: "4" },
      expire_at: "1767225599000",
      min_offering_at: "1767225599000",
    });
  });

  it("refuses finished members that the platform would refuse", () => {
    const number = { destination: "+380441112233", type: { id: "1" } };
    for (const [communications, key] of [
      [[], "missing"],
      [Array.from({ length: 21 }, () => number), "too-many"],
      [[{ ...number, type: {} }], "lookup"],
      [[{ ...number, destination: "Destination" }], "no-number"],
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
    assert.deepEqual(["Destination1", "type1", "destination10", "priority1"].map(fieldOf), [
      "destination",
      "type",
      "destination10",
      "priority1",
    ]);
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

  it("takes what SQL nodes give: dates, BigInt, booleans and null", () => {
    const { member } = map(
      row({
        name: null,
        priority: 7n,
        bucket: 4n,
        expire_at: new Date("2026-05-02T15:00:00Z"),
        "variables.due": new Date("2026-01-02T03:04:05.678Z"),
        "variables.id": 9_007_199_254_740_993n,
        "variables.vip": true,
        "variables.none": null,
        "variables.json": { a: [1, 2n] },
        "variables.map": new Map([["a", new Set([1, new Map([["b", 2n]])])]]),
      }),
    );
    assert.deepEqual(member, {
      communications: [{ destination: "+380441112233", type: { id: "1" }, priority: 0 }],
      priority: 7,
      bucket: { id: "4" },
      expire_at: "1777734000000",
      variables: {
        due: "2026-01-02T03:04:05.678Z",
        id: "9007199254740993",
        vip: "true",
        json: '{"a":[1,"2"]}',
        map: '{"a":[1,{"b":"2"}]}',
      },
    });
  });

  it("keeps the variables of a flat row's object, beside those of columns", () => {
    const { member } = map(row({ variables: { a: 1, b: "", c: null }, "variables.b": "column" }));
    assert.deepEqual(member?.variables, { a: "1", b: "column" });
    assert.deepEqual(map(row({ Variables: { a: { deep: true } } })).member?.variables, { a: '{"deep":true}' });
    assert.equal(map(row({ variables: "text of a CSV" })).member?.variables, undefined);
    assert.equal(map(row({ variables: {} })).member?.variables, undefined);
  });

  it("reads rows of changing columns each by its own", () => {
    const read = memberMapper({ mapping: [], defaults: [{ field: "type", value: "2" }] });
    const numbers = [
      row(),
      { destination2: "+380671112233", Destination: "+380441112233" },
      { destination: "+380441112233" },
      { name: "Anna", destination: "+380441112233", type: "1", "variables.a": "1" },
      row(),
    ].map((each) => read(each).member);
    assert.deepEqual(
      numbers.map((member) => [member?.name, member?.communications.length, member?.communications[0]?.type.id]),
      [
        ["Anna", 1, "1"],
        [undefined, 2, "2"],
        [undefined, 1, "2"],
        ["Anna", 1, "1"],
        ["Anna", 1, "1"],
      ],
    );
  });

  it("fills skill, display, DTMF and resource, for each number its own", () => {
    const { member } = map(
      row({
        skill: "3",
        display: "+380441110000",
        dtmf: "1w2#",
        resource: "8",
        destination2: "+380671112233",
        display2: "+380441110001",
        resource2: 9,
      }),
    );
    assert.deepEqual(member, {
      name: "Anna",
      skill: { id: "3" },
      communications: [
        {
          destination: "+380441112233",
          type: { id: "1" },
          priority: 1,
          display: "+380441110000",
          dtmf: "1w2#",
          resource: { id: "8" },
        },
        {
          destination: "+380671112233",
          type: { id: "1" },
          priority: 0,
          display: "+380441110001",
          resource: { id: "9" },
        },
      ],
    });
  });

  it("checks finished members as it checks rows", () => {
    const communications = [{ destination: "+380441112233", type: 1, priority: "5", description: " home " }];
    const { member } = map({ communications, bucket: "4", priority: "10", variables: { a: 1, b: true, c: null } });
    assert.deepEqual(member, {
      communications: [{ destination: "+380441112233", type: { id: "1" }, priority: 5, description: "home" }],
      bucket: { id: "4" },
      priority: 10,
      variables: { a: "1", b: "true" },
    });
    for (const [more, key] of [
      [{ priority: "high" }, "integer"],
      [{ expire_at: "2026-05-02" }, "time"],
      [{ bucket: "Gold" }, "lookup"],
      [{ variables: "x" }, "variables"],
    ] as const) {
      assert.equal(map({ communications, ...more }).error?.key, key);
    }
  });

  it("finds ids by name, once per run, and rejects a name that is unknown or ambiguous", async () => {
    const asked: string[] = [];
    const names = new NameLookup({
      listNames: (field) => {
        asked.push(field);
        return Promise.resolve(
          field === "type"
            ? [{ id: "1", name: "Mobile", code: "cell" }]
            : [
                { id: "4", name: "Gold" },
                { id: "5", name: "Twice" },
                { id: "6", name: "twice" },
                { id: "8", name: "Élite".normalize("NFD") },
              ],
        );
      },
    });
    const toMember = memberMapper({ mapping: [], defaults: [{ field: "type", value: "CELL" }], names });
    const read = async (more: object): Promise<unknown> => {
      const { member, error } = await toMember({ destination: "+380441112233", ...more });
      return error ?? [member?.communications[0]?.type, member?.bucket];
    };
    assert.deepEqual(await read({ bucket: " gold " }), [{ id: "1" }, { id: "4" }]);
    assert.deepEqual(await read({ bucket: "7", type: "mobile" }), [{ id: "1" }, { id: "7" }]);
    for (const form of ["NFC", "NFD"])
      assert.deepEqual(await read({ bucket: "ÉLITE".normalize(form) }), [{ id: "1" }, { id: "8" }]);
    assert.deepEqual(await read({ bucket: "Silver" }), { key: "unknown-name", field: "bucket", value: "Silver" });
    assert.deepEqual(await read({ bucket: "Twice" }), { key: "ambiguous-name", field: "bucket", value: "Twice" });
    assert.deepEqual(asked, ["type", "bucket"]);
  });
});
