import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { catalogueName, EVENT_NAMES, EVENTS, GROUPS, HELPERS, VALUES } from "../../../lib/rte/tables.js";

/** The vendor's own list, one line per event. */
const DOCUMENTED = readFileSync(join(__dirname, "../../fixtures/rte/catalogue.txt"), "utf8").trim().split("\n");

function parse(line: string): { group: string; name: string; properties: Record<string, string> } {
  const [, group = "", name = "", list = ""] = /^(\S+) (\S+): (.*)$/.exec(line) ?? [];
  return {
    group,
    name,
    properties: Object.fromEntries(list.split(", ").map((item) => item.split(" ") as [string, string])),
  };
}

describe("lib/rte/catalogue", () => {
  for (const { group, name, properties } of DOCUMENTED.map(parse)) {
    it(`has ${name} as documented`, () => {
      const table: Record<string, object> = group === "-" ? HELPERS : GROUPS[group as keyof typeof GROUPS];
      assert.deepEqual(table[name], properties);
    });
  }

  it("has 41 events, 413 properties and 4 helper types", () => {
    const properties = Object.values(EVENTS).reduce((sum, event) => sum + Object.keys(event).length, 0);
    assert.deepEqual([EVENT_NAMES.length, properties, Object.keys(HELPERS).length], [41, 413, 4]);
  });

  it("finds a name whatever its case", () => {
    assert.equal(catalogueName("usercallincoming"), "UserCallInComing");
    assert.equal(catalogueName("QueueCallIncoming"), "QueueCallInComing");
    assert.equal(catalogueName("UserSetting"), undefined);
    assert.equal(catalogueName("__proto__"), undefined);
  });

  it("names values of properties that exist", () => {
    for (const place of Object.keys(VALUES)) {
      const [event = "", property = ""] = place.split(".");
      assert.ok(property in (EVENTS as Record<string, object>)[event]!, place);
    }
  });
});
