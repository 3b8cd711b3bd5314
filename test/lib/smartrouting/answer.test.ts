import assert from "node:assert/strict";
import { ContactCenterError } from "../../../lib/core/errors.js";
import { ANSWER_FIELDS, answerBody, type AnswerValues, targetKind } from "../../../lib/smartrouting/answer.js";
import { RESPONSES } from "../../fixtures/smartrouting.js";

describe("lib/smartrouting/answer", () => {
  const settingOf = Object.fromEntries(ANSWER_FIELDS.map((field) => [field.vendorName, field.setting]));
  const values = (body: Record<string, unknown>): AnswerValues =>
    Object.fromEntries(Object.entries(body).map(([name, value]) => [settingOf[name], value]));

  for (const [title, body] of Object.entries(RESPONSES)) {
    it(`writes the guide's "${title}"`, () => assert.deepEqual(answerBody(values(body)), body));
  }

  it("sends only what is set, and nothing when nothing is", () => {
    assert.equal(answerBody({}), undefined);
    assert.equal(
      answerBody({ initialTarget: "", failTarget: null, priority: undefined, allocationTargets: [] }),
      undefined,
    );
    assert.equal(answerBody({ allocationTargets: " , ," }), undefined);
    assert.deepEqual(answerBody({ priority: 0 }), { Priority: 0 });
  });

  it("takes numeric text for a number and text with commas for a list", () => {
    assert.deepEqual(answerBody({ priority: "9000", extraPriority: "-10000" }), {
      Priority: 9000,
      ExtraPriority: -10_000,
    });
    assert.deepEqual(answerBody({ allocationTargets: "a@b.example, 123 ,,+358" }), {
      AllocationTargets: ["a@b.example", "123", "+358"],
    });
    assert.deepEqual(answerBody({ initialTarget: 358942000200 }), { InitialTarget: "358942000200" });
  });

  const wrong: [string, AnswerValues][] = [
    ["Priority", { priority: 10_001 }],
    ["Priority", { priority: -1 }],
    ["Priority", { priority: 1.5 }],
    ["Priority", { priority: "high" }],
    ["Priority", { priority: true }],
    ["ExtraPriority", { extraPriority: -10_001 }],
    ["ExtraPriority", { extraPriority: 10_001 }],
    ["InitialTarget", { initialTarget: "sales queue" }],
    ["InitialTarget", { initialTarget: {} }],
    ["InitialTarget", { initialTarget: "disconnect:" }],
    ["FailTarget", { failTarget: "DISCONNECT:" }],
    ["RequiredTarget", { requiredTarget: "DISCONNECT:" }],
    ["RequiredTarget", { requiredTarget: ["a@b.example"] }],
    ["AllocationTargets", { allocationTargets: ["a@b.example", 7.5, {}] }],
    ["AllocationTargets", { allocationTargets: { a: 1 } }],
    ["CustomTTS", { customTTS: { text: "x" } }],
    ["CustomMSI", { customMSI: false }],
  ];
  for (const [field, given] of wrong) {
    it(`refuses ${JSON.stringify(given)} and names ${field}`, () => {
      assert.throws(
        () => answerBody(given),
        (error) => error instanceof ContactCenterError && error.code === "EINVALID" && error.cause.field === field,
      );
    });
  }

  it("tells kinds of targets apart", () => {
    const kinds = {
      "+358942000200": "number",
      "0311": "number",
      "1a89fc22-517a-e611-80c9-00505689257e": "guid",
      "anna.berg@contoso.example": "email",
      "DISCONNECT:": "disconnect",
      sales: "other",
    };
    for (const [target, kind] of Object.entries(kinds)) assert.equal(targetKind(target), kind);
  });
});
