/** Which rows of the upload's lists the editor marks. */
import assert from "node:assert/strict";
import { createRequire } from "node:module";
import { resolve } from "node:path";

const { memberFields } = createRequire(__filename)(
  resolve(__dirname, "../../../nodes/webitel/editor/member-fields.ts"),
) as { memberFields: (this: void, beside: "column" | "value") => (list: unknown) => boolean };

describe("nodes/webitel/editor/member-fields", () => {
  it("takes fields of a member, variables with a name, and blank rows", () => {
    for (const row of [
      { column: "Phone", field: "destination" },
      { column: "Contract", field: "variables.contract" },
      { column: "Phone", field: " Destination2 " },
      { column: "Phone", field: "${FIELD}" },
      { column: "", field: "" },
    ])
      assert.equal(memberFields("column")([row]), true, row.field);
    assert.equal(memberFields("value")([{ field: "type", value: "" }]), true);
  });

  it("refuses two columns that go to one field, however it is written", () => {
    const phone = { column: "Phone", field: "destination" };
    for (const field of ["destination", " Destination", "destination1"])
      assert.equal(memberFields("column")([phone, { column: "Mobile", field }]), false, field);
    assert.equal(memberFields("column")([phone, phone, { column: "Phone", field: "variables.phone" }]), true);
    assert.equal(memberFields("column")([phone, { column: "Mobile", field: "destination2" }]), true);
  });

  it("refuses other names, and half a row", () => {
    for (const row of [
      { column: "Contract", field: "contract" },
      { column: "Contract", field: "variables." },
      { column: "Phone", field: "" },
      { column: "", field: "destination" },
    ])
      assert.equal(memberFields("column")([row]), false, row.field);
    assert.equal(memberFields("value")([{ field: "kind", value: "1" }]), false);
  });
});
