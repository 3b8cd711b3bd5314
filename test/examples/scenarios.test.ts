/** Each example keeps its scenarios: all in one Node-RED, by the command that users have. */
import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { ScenarioFile } from "../../simulators/scenarios/model.js";
import { ROOT, runScenarios, type Ran } from "../support/scenario-command.js";

const jsonFiles = (folder: string): string[] =>
  readdirSync(join(ROOT, folder), { recursive: true, encoding: "utf8" }).filter((file) => file.endsWith(".json"));
const examples = jsonFiles("examples");
const files = jsonFiles("scenarios");

describe("The examples' scenarios", function () {
  this.timeout(240_000);
  let ran: Ran;

  before(async () => {
    ran = await runScenarios(["examples", "scenarios"]);
  });

  it("exist for every example, several each", () => {
    assert.deepEqual(
      examples.filter((file) => !files.includes(file)),
      [],
    );
    for (const file of files) {
      assert.ok(existsSync(join(ROOT, "examples", file)), file);
      const { $schema, scenarios } = JSON.parse(readFileSync(join(ROOT, "scenarios", file), "utf8")) as ScenarioFile;
      assert.equal($schema, "../../resources/scenario.schema.json", file);
      assert.ok(scenarios.length > 1, file);
    }
  });

  it("pass, and exit with 0", () => {
    assert.equal(ran.code, 0, ran.text);
    const count = files.reduce((sum, file) => {
      const { scenarios } = JSON.parse(readFileSync(join(ROOT, "scenarios", file), "utf8")) as ScenarioFile;
      return sum + scenarios.length;
    }, 0);
    assert.match(ran.text, new RegExp(`^${count} scenarios, 0 failed, `, "m"));
    assert.equal(ran.text.match(/^ {2}ok {4}/gm)?.length, count, ran.text);
  });

  it("ask nothing outside", () => assert.doesNotMatch(ran.text, /Not let out/));
});
