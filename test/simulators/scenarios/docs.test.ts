/** docs/testing-flows.md says what is so: its samples are right, and every field is explained. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join, resolve } from "node:path";
import { type Schema, schemaFaults } from "../../../simulators/scenarios/schema.js";

const root = resolve(__dirname, "../../..");
const page = readFileSync(join(root, "docs/testing-flows.md"), "utf8");
const schema = JSON.parse(readFileSync(join(root, "simulators/scenarios/scenario.schema.json"), "utf8")) as Schema;
// mocha reads its own settings with it.
const { load } = createRequire(require.resolve("mocha"))("js-yaml") as { load: (text: string) => unknown };

const blocks = (language: string): string[] =>
  [...page.matchAll(new RegExp(`^\`\`\`${language}\n([^]*?)^\`\`\``, "gm"))].map(([, text = ""]) => text);

describe("docs/testing-flows.md", () => {
  it("has a scenario that is right", () => {
    const [sample = ""] = blocks("json");
    assert.deepEqual(schemaFaults(JSON.parse(sample), schema, schema), []);
  });

  it("has files for GitHub and GitLab that run the command and keep its report", () => {
    const [github, gitlab] = blocks("yaml").map(load) as [
      {
        on: unknown;
        jobs: { test: { "runs-on": string; steps: { run?: string; uses?: string; with?: { path?: string } }[] } };
      },
      { flows: { image: string; script: string[]; artifacts: { when: string; reports: { junit: string } } } },
    ];
    const command = "npx contact-center-simulator test flows.json scenarios/ --junit report.xml";
    const { steps } = github.jobs.test;
    assert.deepEqual(
      steps.flatMap(({ run }) => run ?? []),
      ["npm ci", command],
    );
    assert.equal(steps.at(-1)?.with?.path, "report.xml");
    assert.deepEqual(gitlab.flows.script, ["npm ci", command]);
    assert.equal(gitlab.flows.artifacts.reports.junit, "report.xml");
  });

  it("explains every field", () => {
    const names = Object.values(schema.$defs ?? {}).flatMap((part) => [
      ...Object.keys(part.properties ?? {}),
      ...Object.values(part.properties ?? {}).flatMap((each) => Object.keys(each.properties ?? {})),
    ]);
    assert.ok(names.length > 50);
    const missing = names.filter(
      (name) => name !== "name" && !page.includes(`\`${name}\``) && !page.includes(`"${name}"`),
    );
    assert.deepEqual(missing, []);
  });
});
