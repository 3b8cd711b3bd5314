import assert from "node:assert/strict";
import { columnNames } from "../../../lib/webitel/column-names.js";
import { ContactCenterError } from "../../../lib/webitel/errors.js";
import { checkHeader } from "../../../lib/webitel/header.js";
import { destinationColumns } from "../../../lib/webitel/hidden-rows.js";
import type { Default, Mapping } from "../../../lib/webitel/member.js";

function errorOf(header: string[], mapping: Mapping[] = [], defaults: Default[] = []): ContactCenterError | undefined {
  try {
    checkHeader(header, { mapping, defaults });
  } catch (error) {
    return error as ContactCenterError;
  }
  return undefined;
}

const PHONE: Mapping = { column: "Phone", field: "destination" };

describe("lib/webitel/header", () => {
  it("names columns: trimmed, blank ones by number, a second one of a name with its count", () => {
    assert.deepEqual(columnNames([" a ", "", "a", "b", "a"]), ["a", "column 2", "a (2)", "b", "a (3)"]);
  });

  it("reads names as they are seen: blanks of any kind and line breaks are one blank, and unseen marks none", () => {
    const header = ["Phone\u00A0number", "\u200Bname", "Debt\n (UAH)", "a  b"];
    assert.deepEqual(columnNames(header), ["Phone number", "name", "Debt (UAH)", "a b"]);
    const mapping = ["Phone number", "Debt (UAH)"].map((column, at) => ({
      column,
      field: at ? "name" : "destination",
    }));
    assert.equal(errorOf(header, mapping), undefined);
    assert.deepEqual(destinationColumns(header, mapping), [0]);
    assert.equal(errorOf(["\u200Bdestination"]), undefined);
  });

  it("takes a header that leads to a number, by name, by mapping or by a default", () => {
    for (const header of [["Name", " DESTINATION "], ["destination1"], ["name", "destination2"]])
      assert.equal(errorOf(header), undefined);
    assert.equal(errorOf(["Phone", "", "", "Notes", "Notes"], [PHONE]), undefined);
    assert.equal(errorOf(["name"], [], [{ field: "destination", value: "+380501112233" }]), undefined);
  });

  const refused: [string, string, string[], Mapping[]?][] = [
    ["no header at all", "no-destination", ["Anna Berg", "+380501112233"]],
    ["a mapped column in another case", "missing", ["phone", "Name"], [PHONE]],
    ["a mapped column that is gone", "missing", ["Phone"], [PHONE, { column: "Debt", field: "variables.debt" }]],
    ["a mapped column twice", "twice", ["Phone", "Name", "Phone"], [PHONE]],
    ["two columns of one field", "two-columns", ["Destination", "destination1"]],
    ["two columns of one variable", "two-columns", ["destination", "variables.debt", "Variables. debt"]],
    ["a column of a field twice", "twice", ["destination", "name", "name"]],
    ["letters that were lost", "encoding", ["\uFFFD\uFFFD\uFFFD", "destination"]],
    ["more numbers than a member has", "too-many", ["destination", "destination21"]],
  ];
  for (const [name, key, header, mapping] of refused) {
    it(`refuses ${name} in one sentence, with the header that was found`, () => {
      const error = errorOf(header, mapping);
      assert.equal(error?.key, `webitel.errors.header.${key}`);
      assert.equal(error.code, "EINVALID");
      assert.ok(!error.message.includes("__"), error.message);
      assert.ok(!error.message.includes("380501112233"), "a number of somebody is in the error");
    });
  }

  it("says which column is missing and what the first row is", () => {
    const { message } = errorOf(["phone", "Name"], [PHONE]) as ContactCenterError;
    assert.match(message, /"Phone".*phone \| Name/);
  });

  it("names both columns that lead to one field, and the field", () => {
    const { message } = errorOf(["Destination", "destination1"]) as ContactCenterError;
    assert.match(message, /"Destination", "destination1" .*both lead to the field destination\./);
  });

  it("finds a mapped column whose accents are characters of their own", () => {
    const mapping = [{ column: "Téléphone", field: "destination" }];
    const header = ["Téléphone".normalize("NFD")];
    assert.equal(errorOf(header, mapping), undefined);
    assert.deepEqual([destinationColumns(header, mapping), columnNames(header)], [[0], ["Téléphone"]]);
  });

  it("knows where the numbers are, by name and by mapping", () => {
    const mapping = [PHONE, { column: "Phone", field: "variables.phone" }, { column: "Second", field: "destination2" }];
    assert.deepEqual(destinationColumns(["Name", " Phone ", "Second"], mapping), [1, 2]);
    assert.deepEqual(destinationColumns(["name", "Destination", "destination3", "phone"], []), [1, 2]);
  });
});
