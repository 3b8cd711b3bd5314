/** Finished members: rows that are Webitel's own members already. */
import assert from "node:assert/strict";
import { type MappingOptions, type MappingResult, memberMapper } from "../../../lib/webitel/member.js";

const NUMBER = { destination: "+380441112233", type: { id: "1" } };
const map = (row: unknown, options: Partial<Omit<MappingOptions, "names">> = {}): MappingResult =>
  memberMapper({ mapping: [], defaults: [], ...options })(row);

describe("lib/webitel/finished", () => {
  it("rejects a finished member of which one of two values would be lost, and names both", () => {
    const communications = [NUMBER];
    for (const [more, field, columns] of [
      [{ Name: "Olha" }, "name", '"name", "Name"'],
      [{ Communications: [{ ...NUMBER, destination: "102" }] }, "communications", '"communications", "Communications"'],
      [{ destination: "+380441112244" }, "destination", '"communications", "destination"'],
      [{ Destination2: "+380441112244" }, "destination2", '"communications", "Destination2"'],
      [{ destination21: "+380441112244" }, "destination21", '"communications", "destination21"'],
      [{ description: "home" }, "description", '"communications", "description"'],
      [{ variables: { n: 1 }, "variables.n": 2 }, "variables.n", '"variables", "variables.n"'],
      [{ variables: { n: 1 }, Variables: { n: 2 } }, "variables", '"variables", "Variables"'],
      [{ "variables.n": 1, "Variables.n": 2 }, "variables.n", '"variables.n", "Variables.n"'],
    ] as const) {
      const { error } = map({ name: "Anna", communications, ...more });
      assert.deepEqual(error, { key: "two-columns", field, value: columns });
    }
    const { error } = map({ communications: [NUMBER, { ...NUMBER, Destination: "102" }] });
    assert.deepEqual(error, { key: "two-columns", field: "destination2", value: '"destination", "Destination"' });
  });

  it("takes what agrees, and names of fields in any case", () => {
    const wanted = { name: "Anna", communications: [NUMBER], variables: { n: "1" } };
    for (const row of [
      { ...wanted, Name: " Anna", destination: "+380441112233", description: "", "variables.n": 1 },
      { NAME: "Anna", Communications: [NUMBER], "Variables.n": 1 },
      { name: "Anna", communications: [{ Destination: "+380441112233", TYPE: "1" }], VARIABLES: { n: 1 } },
      { Name: "Anna", Communications: JSON.stringify([NUMBER]), Variables: '{"n":1}', reason: "of a file" },
    ])
      assert.deepEqual(map(row).member, wanted, JSON.stringify(row));
    const both = { communications: [NUMBER], variables: { a: 1 }, "variables.b": 2, domain_id: "1" };
    assert.deepEqual(map(both).member, {
      communications: [NUMBER],
      variables: { a: "1", b: "2" },
      domain_id: "1",
    });
  });

  it("leaves a column that is mapped to the mapping", () => {
    const mapping = [
      { column: "Communications", field: "variables.all" },
      { column: "Phone", field: "destination" },
    ];
    const { member } = map(
      { Communications: '["x"]', Phone: "101" },
      { mapping, defaults: [{ field: "type", value: 1 }] },
    );
    assert.deepEqual([member?.communications[0]?.destination, member?.variables], ["101", { all: '["x"]' }]);
  });

  it("fills what is missing by the defaults, and replaces nothing", () => {
    const defaults = [
      { field: "type", value: 7 },
      { field: "type3", value: 9 },
      { field: "description2", value: "second" },
      { field: "bucket", value: "4" },
      { field: "priority", value: 5 },
      { field: "variables.n", value: "default" },
    ];
    const given = {
      priority: "0",
      communications: [NUMBER, { destination: "102", priority: 3 }, { destination: "103", type: "" }],
      variables: { m: "x", n: "" },
    };
    assert.deepEqual(map(given, { defaults }).member, {
      priority: 0,
      bucket: { id: "4" },
      communications: [
        NUMBER,
        { destination: "102", type: { id: "7" }, priority: 3, description: "second" },
        { destination: "103", type: { id: "9" } },
      ],
      variables: { m: "x", n: "default" },
    });
    const own = { communications: [NUMBER], bucket: { id: "8" }, variables: { n: 0 }, priority: 1 };
    assert.deepEqual(map(own, { defaults }).member, { ...own, variables: { n: "0" } });
    assert.deepEqual(given.communications[1], { destination: "102", priority: 3 });
  });

  it("adds the number that a default names, and says which default cannot be used", () => {
    const defaults = [
      { field: "type", value: 7 },
      { field: "destination2", value: "102" },
    ];
    assert.deepEqual(map({ communications: [NUMBER] }, { defaults }).member?.communications, [
      NUMBER,
      { destination: "102", type: { id: "7" } },
    ]);
    for (const [field, value, key] of [
      ["priority", "high", "integer"],
      ["bucket", "Gold", "lookup"],
      ["dtmf", "none", "digits"],
    ] as const)
      assert.deepEqual(map({ communications: [NUMBER] }, { defaults: [{ field, value }] }).error, {
        key,
        field,
        value,
      });
    assert.deepEqual(map({ communications: [{ destination: "102" }] }).error, { key: "missing-type", field: "type" });
    assert.deepEqual(map({ communications: [NUMBER, { destination: "102" }] }).error, {
      key: "missing-type",
      field: "type2",
    });
  });

  it("rejects a flat row whose variable has two values", () => {
    const row = { destination: "101", type: 1, variables: { n: 1 } };
    assert.deepEqual(map({ ...row, "variables.n": 2 }).error, {
      key: "two-columns",
      field: "variables.n",
      value: '"variables", "variables.n"',
    });
    assert.deepEqual(map({ ...row, "variables.n": " 1" }).member?.variables, { n: "1" });
  });
});
