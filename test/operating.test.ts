/** What `docs/operating.md` says of traces and metrics is what the code's tables say. */
import assert from "node:assert/strict";
import { ATTRIBUTES, SPANS } from "../lib/core/telemetry/spans.js";
import { METRICS } from "../lib/core/telemetry/table.js";
import { source } from "./support/pages.js";
import { prometheusName, prometheusSeries, TABLES } from "./support/telemetry-tables.js";

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

  for (const [file, expressions] of [
    ["docs/operating/grafana.json", dashboardExpressions],
    ["docs/operating/alerts.yml", alertExpressions],
  ] as const)
    it(`has metrics and labels in ${file} that there are`, () => {
      const series = prometheusSeries();
      const found = expressions(source(file));
      assert.ok(found.length > 8);
      for (const expression of found) {
        const names = expression.match(/\bcontact_center_\w+(?=[{[])/g) ?? [];
        assert.ok(names.length > 0, expression);
        const known = new Set(names.flatMap((name) => [...(series.get(name) ?? assert.fail(`${name} is no metric`))]));
        const groups = [...expression.matchAll(/\bby \(([^)]*)\)/g)].flatMap(([, list = ""]) => list.split(/, */));
        const filters = [...expression.matchAll(/[{,]\s*(\w+)\s*(?:=~|!=|=)/g)].map(([, label = ""]) => label);
        for (const label of [...groups, ...filters]) assert.ok(known.has(label), `${label} in ${expression}`);
      }
    });

  it("shows each metric in the dashboard", () => {
    const text = source("docs/operating/grafana.json");
    for (const [name, metric] of Object.entries(METRICS)) assert.ok(text.includes(prometheusName(name, metric)), name);
  });
});

function dashboardExpressions(text: string): string[] {
  const { panels } = JSON.parse(text) as { panels: { targets: { expr: string }[] }[] };
  return panels.flatMap(({ targets }) => targets.map(({ expr }) => expr));
}

/** The rules' expressions, on a line or folded. */
function alertExpressions(text: string): string[] {
  return [...text.matchAll(/^ {8}expr: (?:>-\n((?: {10}.*\n)+)|(.*)$)/gm)].map(
    ([, folded, line]) => folded ?? line ?? "",
  );
}
