/** The validators of the forms, as the editor gets them. */
import assert from "node:assert/strict";
import { createRequire } from "node:module";
import { resolve } from "node:path";

type Validator = (this: Record<string, unknown>, value: unknown) => boolean | string;
type Make = (...parameters: unknown[]) => Validator;

const { valid } = createRequire(__filename)(resolve(__dirname, "../../../nodes/shared/editor/definition.ts")) as {
  valid: Record<
    "typed" | "typedInteger" | "number" | "integer" | "address" | "items" | "unlike" | "ending" | "neededWhen",
    Make
  > & {
    headerName: Validator;
    text: Validator;
    texts: Validator;
    sipAddresses: Make;
  };
};

describe("nodes/shared/editor/definition: validators", () => {
  const globals = globalThis as { RED?: object; $?: object };
  before(() => {
    // The editor's own validator refuses "bad" here; no dialog is open.
    globals.RED = { validators: { typedInput: () => (value: unknown) => value !== "bad" } };
    globals.$ = () => ({ val: () => undefined });
  });
  after(() => {
    delete globals.RED;
    delete globals.$;
  });

  const cases: [name: string, validator: () => Validator, good: unknown[], bad: unknown[]][] = [
    ["typed", () => valid.typed("x"), ["text", "a ${B} $5"], ["bad", "a ${B", "${}"]],
    ["typedInteger", () => valid.typedInteger("x", -5, 5), ["-5", 5, "0"], ["6", "1.5", "x"]],
    ["number", () => valid.number(0, 10), ["0", 10, "2.5", "${RATE}"], ["-1", "11", "x", "${RATE"]],
    ["integer", () => valid.integer(1), ["1", 30, "${LAYER}"], ["0", "1.5", "1e3", "-1", "x"]],
    [
      "address",
      () => valid.address(),
      ["https://a.example/b", "http://a", "${URL}"],
      ["https://${HOST", "a.example", "wss://a", "https://a b"],
    ],
    ["headerName", () => valid.headerName, ["X-Benemen-APIKey", "${HEADER}"], ["My Key", "Key:", "schlüssel"]],
    [
      "address without a path of its own",
      () => valid.address("https?", /\/api\/*$/i),
      ["https://a", "https://a/api/b", "${URL}", ""],
      ["https://a/api", "https://a/API//", "a"],
    ],
    [
      "list with ids",
      () => valid.items("id", "name"),
      [[], undefined, [{ id: "b6d3f7f0-8a41-4c0e-8c1e-0e7b7d4a2c31", name: "a" }], [{ id: "${ID}", name: "a" }]],
      [[{ id: "Sales", name: "a" }], [{ id: "", name: "a" }], [{ id: "${ID}", name: "" }]],
    ],
    ["text", () => valid.text, ["a", "${A}b${C:-d}"], ["${A", "${}", "a${B}${"]],
    [
      "texts",
      () => valid.texts,
      [["a", "${A}"], [{ Content: "${", ContentType: "jsonata" }]],
      [["a", "${A"], [{ Content: "${" }], [{ Content: "${", ContentType: "str" }]],
    ],
    [
      "sipAddresses",
      () => valid.sipAddresses(),
      [["sip:a@b", "${A}"]],
      [["sip:a@${B"], ["sip:a@b", ""], ["${}"], ["sips:a@b"]],
    ],
    ["address with other schemes", () => valid.address("wss?"), ["wss://a"], ["https://a"]],
  ];
  for (const [name, validator, good, bad] of cases) {
    it(`${name} takes blank and what is right, and nothing else`, () => {
      const check = validator();
      assert.deepEqual(
        ["", undefined, ...good].filter((value) => check.call({ _: (key: string) => key }, value) !== true),
        [],
      );
      assert.deepEqual(
        // A validator may say what is wrong.
        bad.filter((value) => check.call({ _: (key: string) => key }, value) === true),
        [],
      );
    });
  }

  it("typedInteger leaves other types to the editor", () => {
    const check = valid.typedInteger("x", 0, 5);
    assert.deepEqual([check.call({ xType: "msg" }, "payload"), check.call({ xType: "msg" }, "bad")], [true, false]);
  });

  it("unlike refuses the text of the other setting, and not where either comes from the message", () => {
    const check = valid.unlike("mine", "other", "why");
    const said = (node: object): unknown => check.call({ _: (key: string) => key, ...node }, "a.csv");
    assert.deepEqual(
      [
        said({ other: "a.csv" }),
        said({ other: "b.csv" }),
        said({}),
        said({ other: "a.csv", otherType: "msg" }),
        said({ other: "a.csv", mineType: "msg" }),
        check.call({ other: "" }, ""),
      ],
      ["why", true, true, true, true, true],
    );
  });

  it("ending refuses a text that ends otherwise, and not where a variable or the message may say the end", () => {
    const check = valid.ending("mine", /\.csv$/i, "why", () => true);
    const said = (value: string, node: object = {}): unknown => check.call({ _: (key: string) => key, ...node }, value);
    assert.deepEqual(
      [said("a.CSV "), said(""), said("a.js"), said("a"), said("${FILE}"), said("payload", { mineType: "msg" })],
      [true, true, "why", "why", true, true],
    );
  });

  it("neededWhen asks for a value while the other setting has its value", () => {
    const check = valid.neededWhen("auth", "token", valid.address());
    assert.deepEqual(
      [check.call({ auth: "token" }, ""), check.call({ auth: "user" }, ""), check.call({ auth: "token" }, "x")],
      [false, true, false],
    );
  });
});
