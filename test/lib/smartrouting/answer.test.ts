import assert from "node:assert/strict";
import { ContactCenterError } from "../../../lib/core/errors.js";
import { answerBody, type AnswerValues, targetKind } from "../../../lib/smartrouting/answer.js";
import { RESPONSES } from "../../fixtures/smartrouting.js";

describe("lib/smartrouting/answer", () => {
  for (const [title, body] of Object.entries(RESPONSES)) {
    it(`writes the guide's "${title}"`, () => assert.deepEqual(answerBody(body), body));
  }

  it("sends only what is set, and nothing when nothing is", () => {
    assert.equal(answerBody({}), undefined);
    assert.equal(
      answerBody({ InitialTarget: "", FailTarget: null, Priority: undefined, AllocationTargets: [] }),
      undefined,
    );
    assert.equal(answerBody({ AllocationTargets: " , ," }), undefined);
    assert.deepEqual(answerBody({ Priority: 0 }), { Priority: 0 });
  });

  it("takes numeric text for a number and text with commas for a list", () => {
    assert.deepEqual(answerBody({ Priority: "9000", ExtraPriority: "-10000" }), {
      Priority: 9000,
      ExtraPriority: -10_000,
    });
    assert.deepEqual(answerBody({ AllocationTargets: "a@b.example, 123 ,,+358" }), {
      AllocationTargets: ["a@b.example", "123", "+358"],
    });
    assert.deepEqual(answerBody({ InitialTarget: 358942000200 }), { InitialTarget: "358942000200" });
  });

  const wrong: [string, AnswerValues][] = [
    ["Priority", { Priority: 10_001 }],
    ["Priority", { Priority: -1 }],
    ["Priority", { Priority: 1.5 }],
    ["Priority", { Priority: "high" }],
    ["Priority", { Priority: "0x10" }],
    ["Priority", { Priority: "1e3" }],
    ["Priority", { Priority: true }],
    ["ExtraPriority", { ExtraPriority: -10_001 }],
    ["ExtraPriority", { ExtraPriority: 10_001 }],
    ["InitialTarget", { InitialTarget: "sales queue" }],
    ["InitialTarget", { InitialTarget: {} }],
    ["InitialTarget", { InitialTarget: "disconnect:" }],
    ["FailTarget", { FailTarget: "DISCONNECT:" }],
    ["RequiredTarget", { RequiredTarget: "DISCONNECT:" }],
    ["RequiredTarget", { RequiredTarget: ["a@b.example"] }],
    ["AllocationTargets", { AllocationTargets: ["a@b.example", 7.5, {}] }],
    ["AllocationTargets", { AllocationTargets: { a: 1 } }],
    ["CustomTTS", { CustomTTS: { text: "x" } }],
    ["CustomMSI", { CustomMSI: false }],
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
