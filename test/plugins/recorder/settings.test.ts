import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import type { NodeAPI } from "node-red";
import { LEVELS } from "../../../lib/recorder/model.js";
import { type RecorderSettings, recorderSettings, scenariosFolder } from "../../../plugins/recorder/settings.js";

function folderOf(contactCenter?: object): string {
  const RED = { settings: { userDir: "/data", ...(contactCenter && { contactCenter }) }, _: (key: string) => key };
  return scenariosFolder(RED as unknown as NodeAPI);
}

describe("The folder of scenarios", () => {
  it("is `scenarios` of the user directory", () => {
    assert.equal(folderOf(), join("/data", "scenarios"));
    assert.equal(folderOf({}), join("/data", "scenarios"));
  });

  it("is another one where settings.js names it, a relative one below the user directory", () => {
    assert.equal(folderOf({ scenarios: "flow-tests" }), join("/data", "flow-tests"));
    assert.equal(folderOf({ scenarios: resolve("/repository/scenarios") }), resolve("/repository/scenarios"));
  });

  for (const scenarios of ["", "  ", 7, null, ["scenarios"], "a\0b"])
    it(`is not ${JSON.stringify(scenarios)}: that is said`, () =>
      assert.throws(() => folderOf({ scenarios }), /recorder\.refusal\.scenarios-setting/));
});

describe("The settings of the recorder", () => {
  const DEFAULTS = { level: "path", showsNumbers: false, keepDays: 0 };
  const read = (contactCenter: unknown): { settings: RecorderSettings; warnings: string[] } => {
    const warnings: string[] = [];
    const RED = {
      settings: { contactCenter },
      log: { warn: (line: string) => warnings.push(line) },
      _: (key: string, names: object) => [key.split(".").at(-1), ...Object.values(names)].join(" "),
    };
    return { settings: recorderSettings(RED as unknown as NodeAPI), warnings };
  };

  it("are those of settings.js, or the defaults", () => {
    assert.deepEqual(read(undefined), { settings: DEFAULTS, warnings: [] });
    assert.deepEqual(read({ recorder: {}, scenarios: "x" }), { settings: DEFAULTS, warnings: [] });
    assert.deepEqual(read({ recorder: { level: "values", numbers: "shown", keepDays: 2 } }), {
      settings: { level: "values", showsNumbers: true, keepDays: 2 },
      warnings: [],
    });
  });

  for (const [what, contactCenter, warnings] of [
    ["a value that none may be", { recorder: { level: "loud", numbers: null, keepDays: -1 } }, 3],
    ["a name that nobody reads", { recorder: { kepDays: 2 } }, ["unknown contactCenter.recorder.kepDays settings.js"]],
    ["another part's name", { recoder: { level: "off" } }, ["unknown contactCenter.recoder settings.js"]],
    ["no object", { recorder: "off" }, ["no-object contactCenter.recorder"]],
    ["a list", [{ recorder: { level: "off" } }], ["no-object contactCenter"]],
  ] as const)
    it(`warn of ${what}, once, and are the defaults then`, () => {
      const { settings, warnings: said } = read(contactCenter);
      assert.deepEqual(settings, DEFAULTS);
      assert.deepEqual(typeof warnings === "number" ? said.length : said, warnings);
    });

  it("have one name for a level, and one order, in settings.js, the sidebar and the docs", () => {
    const text = (path: string): string => readFileSync(resolve(__dirname, "../../..", path), "utf8");
    const words = JSON.parse(text("plugins/recorder/locales/en-US/recorder.json")) as {
      recorder: { level: object };
    };
    assert.deepEqual(Object.keys(words.recorder.level), LEVELS);
    const row = text("docs/recorder.md")
      .split("\n")
      .find((line) => line.startsWith("| `level` |"));
    const names = [...(row ?? "").matchAll(/`(\w+)`(?: \(default\))?:/g)].map(([, name]) => name);
    assert.deepEqual(names, LEVELS);
  });
});
