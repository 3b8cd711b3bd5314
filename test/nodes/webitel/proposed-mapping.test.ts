/** What the upload's form proposes for the columns of a list. */
import assert from "node:assert/strict";
import { proposeMapping } from "../../../nodes/webitel/editor/sample.js";

describe("nodes/webitel/editor/sample", () => {
  for (const column of ["Time zone", "TimeZone", "timezone", "time_zone", "Часовий пояс"])
    it(`proposes the field timezone for "${column}", and no variable`, () => {
      const fields = proposeMapping(["Name", "Phone", column, "Time"]).map(({ field }) => field);
      assert.deepEqual(fields, ["name", "destination", "timezone", "variables.Time"]);
    });
});
