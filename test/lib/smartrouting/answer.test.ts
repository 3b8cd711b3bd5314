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
    ["InitialTarget", { InitialTarget: "sales\u200b" }],
    ["FailTarget", { FailTarget: "sales\ud800" }],
    ["InitialTarget", { InitialTarget: {} }],
    ["InitialTarget", { InitialTarget: "DISCONNECT:busy" }],
    ["InitialTarget", { InitialTarget: "disconnect: +358" }],
    ["FailTarget", { FailTarget: "disconnect" }],
    ["AllocationTargets", { AllocationTargets: ["DISCONNECT"] }],
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

  it("takes DISCONNECT with and without its colon, in any case, for the vendor's word", () => {
    for (const word of ["DISCONNECT:", "DISCONNECT", "disconnect:", " Disconnect "])
      assert.deepEqual(answerBody({ InitialTarget: word }), { InitialTarget: "DISCONNECT:" });
    assert.deepEqual(answerBody({ InitialTarget: "disconnect@contoso.example" }), {
      InitialTarget: "disconnect@contoso.example",
    });
  });

  it("leaves blanks out and keeps the route", () => {
    const left: string[] = [];
    const values = { InitialTarget: "+1", FailTarget: " ", RequiredTarget: "\t", CustomTTS: "  ", Priority: " " };
    const body = answerBody(values, ({ cause }, effect) => left.push(`${cause.field} ${effect}`));
    assert.deepEqual(body, { InitialTarget: "+1" });
    assert.deepEqual(
      left,
      ["FailTarget", "RequiredTarget", "Priority", "CustomTTS"].map((field) => `${field} left-out`),
    );
  });

  it("parts agents by semicolons too, which no target has in it", () => {
    assert.deepEqual(answerBody({ AllocationTargets: "a@b.example; 123,+358" }), {
      AllocationTargets: ["a@b.example", "123", "+358"],
    });
  });

  it("tells kinds of targets apart", () => {
    const kinds = {
      "+358942000200": "number",
      "0311": "number",
      "1a89fc22-517a-e611-80c9-00505689257e": "guid",
      "anna.berg@contoso.example": "email",
      "DISCONNECT:": "disconnect",
      disconnect: "disconnect",
      sales: "other",
    };
    for (const [target, kind] of Object.entries(kinds)) assert.equal(targetKind(target), kind);
  });
});
