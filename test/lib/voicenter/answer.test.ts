import assert from "node:assert/strict";
import { ContactCenterError } from "../../../lib/core/errors.js";
import { answerBody, type AnswerValues, readAction } from "../../../lib/voicenter/answer.js";
import type { Action } from "../../../lib/voicenter/tables.js";
import { RESPONSES } from "../../fixtures/voicenter.js";

describe("lib/voicenter/answer", () => {
  const say = { NEXT_LAYER: 2, LANGUAGE: "EN", DATA: [{ RecordType: "Digits", Content: "1" }] };
  const dial = {
    CALLER_ID: "0722776772",
    MAX_CALL_DURATION: 60,
    MAX_DIAL_DURATION: 20,
    NEXT_VO_ID: 15,
    TARGETS: [{ TYPE: "PHONE", TARGET: "0501234567" }],
  };

  for (const [title, body] of Object.entries(RESPONSES)) {
    it(`writes the page's "${title}"`, () => {
      const { STATUS: _status, ACTION: action, ...values } = body;
      const made = answerBody(action as Action, values);
      assert.deepEqual(made, body);
      assert.deepEqual(Object.keys(made), Object.keys(body));
    });
  }

  it("answers an error with the status alone", () =>
    assert.deepEqual(answerBody("ERROR", { LAYER: 5 }), { STATUS: 1 }));

  it("always sends CUSTOM_DATA with DIAL, and does not record unless told", () => {
    assert.deepEqual(answerBody("DIAL", dial)["CUSTOM_DATA"], {});
    assert.equal(answerBody("DIAL", dial)["RECORDING"], "no");
    assert.ok(!("CUSTOM_DATA" in answerBody("GO_TO_LAYER", { LAYER: 1 })));
  });

  it("writes digits and numbers as text, and custom data as text", () => {
    const data = [
      { recordtype: "digits", content: "0045" },
      { RecordType: "Number", Content: -12 },
    ];
    assert.deepEqual(answerBody("SAY_DIGITS", { ...say, DATA: data })["DATA"], [
      { RecordType: "Digits", Content: "0045" },
      { RecordType: "Number", Content: "-12" },
    ]);
    assert.deepEqual(
      answerBody("GO_TO_LAYER", { LAYER: "7", CUSTOM_DATA: { a: 1, b: true, c: { d: [1] }, e: null } }),
      {
        STATUS: 0,
        ACTION: "GO_TO_LAYER",
        LAYER: 7,
        CUSTOM_DATA: { a: "1", b: "true", c: '{"d":[1]}' },
      },
    );
  });

  it("reads SAY as SAY_DIGITS", () => {
    assert.equal(readAction("say"), "SAY_DIGITS");
    assert.equal(readAction("Dial"), "DIAL");
    for (const odd of ["", "JUMP", undefined, {}, 1]) assert.equal(readAction(odd), undefined);
  });

  const part = (RecordType: string, Content: unknown): AnswerValues => ({
    ...say,
    DATA: [
      { RecordType: "Digits", Content: "1" },
      { RecordType, Content },
    ],
  });
  const wrong: [string, Action, AnswerValues][] = [
    ["LAYER", "GO_TO_LAYER", {}],
    ["LAYER", "GO_TO_LAYER", { LAYER: "twelve" }],
    ["LAYER", "GO_TO_LAYER", { LAYER: 1.5 }],
    ["LAYER", "GO_TO_LAYER", { LAYER: -1 }],
    ["CUSTOM_DATA", "GO_TO_LAYER", { LAYER: 1, CUSTOM_DATA: [1] }],
    ["CUSTOM_DATA.note", "GO_TO_LAYER", { LAYER: 1, CUSTOM_DATA: { note: "x".repeat(129) } }],
    ["LANGUAGE", "SAY_DIGITS", { ...say, LANGUAGE: "" }],
    ["DATA", "SAY_DIGITS", { ...say, DATA: [] }],
    ["DATA", "SAY_DIGITS", { ...say, DATA: "1" }],
    ["DATA[1].Content", "SAY_DIGITS", part("Digits", "12a")],
    ["DATA[1].Content", "SAY_DIGITS", part("Number", "1.5")],
    ["DATA[1].Content", "SAY_DIGITS", part("Date", "2019-02-30")],
    ["DATA[1].Content", "SAY_DIGITS", part("DateTime", "2019-12-14T10:12:59Z")],
    ["DATA[1].Content", "SAY_DIGITS", part("DateTime", "2019-12-14")],
    ["DATA[1].Content", "SAY_DIGITS", part("Recording", " ")],
    ["DATA[1]", "SAY_DIGITS", part("Song", "a.mp3")],
    ["TARGETS", "DIAL", { ...dial, TARGETS: [] }],
    ["TARGETS[0].TYPE", "DIAL", { ...dial, TARGETS: [{ TYPE: "phone", TARGET: "1" }] }],
    ["TARGETS[0].TARGET", "DIAL", { ...dial, TARGETS: [{ TYPE: "PHONE", TARGET: "" }] }],
    ["MAX_CALL_DURATION", "DIAL", { ...dial, MAX_CALL_DURATION: 0 }],
    ["MAX_DIAL_DURATION", "DIAL", { ...dial, MAX_DIAL_DURATION: undefined }],
    ["RECORDING", "DIAL", { ...dial, RECORDING: "maybe" }],
    ["NEXT_VO_ID", "DIAL", { ...dial, NEXT_VO_ID: null }],
  ];
  for (const [field, action, values] of wrong) {
    it(`refuses a ${action} with a wrong ${field}: ${JSON.stringify(values).slice(0, 60)}`, () => {
      assert.throws(
        () => answerBody(action, values),
        (error) => error instanceof ContactCenterError && error.code === "EINVALID" && error.cause.field === field,
      );
    });
  }

  it("takes 128 characters of custom data", () => {
    assert.ok(answerBody("GO_TO_LAYER", { LAYER: 1, CUSTOM_DATA: { note: "x".repeat(128) } }));
  });
});
