/** What `docs/operating.md` says of traces and metrics is what the code's tables say. */
import assert from "node:assert/strict";
import { ATTRIBUTES, METRICS, SPANS } from "../lib/core/telemetry/table.js";
import { source } from "./support/pages.js";
import { prometheusName, TABLES } from "./support/telemetry-tables.js";

describe("docs/operating.md", () => {
  for (const [mark, table] of Object.entries(TABLES))
    it(`has the table of ${mark} as the code has it`, () => {
      // Else: npx tsx scripts/telemetry-tables.ts
      assert.ok(source("docs/operating.md").includes(`<!-- ${mark} -->\n\n${table}\n`));
    });

  it("names attributes that are used, and uses those that it names", () => {
    const used = new Set(
      [...Object.values(SPANS), ...Object.values(METRICS)].flatMap(({ attributes }) => [...attributes]),
    );
    assert.deepEqual([...used].sort(), Object.keys(ATTRIBUTES).sort());
  });

  it("spells metrics as Prometheus does", () => {
    const facts = { description: "", attributes: [] };
    assert.equal(prometheusName("a.b", { ...facts, kind: "counter", unit: "{call}" }), "a_b_total");
    assert.equal(prometheusName("a.b", { ...facts, kind: "histogram", unit: "s" }), "a_b_seconds");
    assert.equal(prometheusName("a.b", { ...facts, kind: "gauge", unit: "s" }), "a_b_seconds");
    for (const name of [...Object.keys(METRICS), ...Object.keys(ATTRIBUTES)])
      assert.match(name, /^[a-z_]+(?:\.[a-z_]+)+$/);
    for (const { unit } of Object.values(METRICS)) assert.match(unit, /^(?:s|\{[a-z]+\})$/);
  });
});
