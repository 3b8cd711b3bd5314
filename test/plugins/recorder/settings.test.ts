import assert from "node:assert/strict";
import { join, resolve } from "node:path";
import type { NodeAPI } from "node-red";
import { scenariosFolder } from "../../../plugins/recorder/settings.js";

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
