import assert from "node:assert/strict";
import { isUnfinished, isVariable, replaceVariables, variablesIn } from "../../../lib/core/variables.js";

describe("lib/core/variables", () => {
  it("finds the variables of a text, and what is unfinished", () => {
    for (const [text, names] of [
      ["", []],
      ["Pay $5 {x}", []],
      ["${A}", ["A"]],
      ["a${A}b${C:-d}", ["A", "C"]],
      ["$(A)", ["A"]],
      ["a$(A)", []],
      ["${A", [""]],
      ["a ${B}${", ["B", ""]],
      ["${}", [""]],
      ["${ }", [""]],
      ["${:-a}", [""]],
      ["${A ${B}", ["", "B"]],
    ] as const) {
      assert.deepEqual(variablesIn(text), names, text);
      assert.equal(isUnfinished(text), (names as readonly string[]).includes(""), text);
    }
  });

  it("replaces variables, with their defaults known, and nothing in what takes their place", () => {
    const put = (text: string): string => replaceVariables(text, ({ name, preset }) => preset ?? `\${${name}}$&`);
    assert.equal(put("a${A}b${C:-http://d:1}e"), "a${A}$&bhttp://d:1e");
  });

  it("tells a text that is nothing but a variable", () => {
    for (const text of ["${A}", "${A:-b}", "$(A)", "${}"]) assert.ok(isVariable(text), text);
    for (const text of ["${A", "${A}b", "a${A}", "${A}${B}", "$A", "x{y}$z", ""]) assert.ok(!isVariable(text), text);
  });
});
