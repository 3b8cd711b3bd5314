import assert from "node:assert/strict";
import { ContactCenterError } from "../../../lib/core/errors.js";
import {
  type Action,
  ANSWER_FIELDS,
  answerBody,
  type AnswerValues,
  readAction,
} from "../../../lib/voicenter/answer.js";
import { RESPONSES } from "../../fixtures/voicenter.js";

describe("lib/voicenter/answer", () => {
  const settingOf = Object.fromEntries(ANSWER_FIELDS.map((field) => [field.vendorName, field.setting]));
  const say = { nextLayer: 2, language: "EN", data: [{ RecordType: "Digits", Content: "1" }] };
  const dial = {
    callerId: "0722776772",
    maxCallDuration: 60,
    maxDialDuration: 20,
    nextVoId: 15,
    targets: [{ TYPE: "PHONE", TARGET: "0501234567" }],
  };

  for (const [title, body] of Object.entries(RESPONSES)) {
    it(`writes the page's "${title}"`, () => {
      const values = Object.fromEntries(
        Object.entries(body).flatMap(([name, value]) => (settingOf[name] ? [[settingOf[name], value]] : [])),
      );
      const made = answerBody(body["ACTION"] as Action, values);
      assert.deepEqual(made, body);
      assert.deepEqual(Object.keys(made), Object.keys(body));
    });
  }

  it("answers an error with the status alone", () =>
    assert.deepEqual(answerBody("ERROR", { layer: 5 }), { STATUS: 1 }));

  it("always sends CUSTOM_DATA with DIAL, and does not record unless told", () => {
    assert.deepEqual(answerBody("DIAL", dial)["CUSTOM_DATA"], {});
    assert.equal(answerBody("DIAL", dial)["RECORDING"], "no");
    assert.ok(!("CUSTOM_DATA" in answerBody("GO_TO_LAYER", { layer: 1 })));
  });

  it("writes digits and numbers as text, and custom data as text", () => {
    const data = [
      { recordtype: "digits", content: "0045" },
      { RecordType: "Number", Content: -12 },
    ];
    assert.deepEqual(answerBody("SAY_DIGITS", { ...say, data })["DATA"], [
      { RecordType: "Digits", Content: "0045" },
      { RecordType: "Number", Content: "-12" },
    ]);
    assert.deepEqual(answerBody("GO_TO_LAYER", { layer: "7", customData: { a: 1, b: true, c: { d: [1] }, e: null } }), {
      STATUS: 0,
      ACTION: "GO_TO_LAYER",
      LAYER: 7,
      CUSTOM_DATA: { a: "1", b: "true", c: '{"d":[1]}' },
    });
  });

  it("reads SAY as SAY_DIGITS", () => {
    assert.equal(readAction("say"), "SAY_DIGITS");
    assert.equal(readAction("Dial"), "DIAL");
    for (const odd of ["", "JUMP", undefined, {}, 1]) assert.equal(readAction(odd), undefined);
  });

  const part = (RecordType: string, Content: unknown): AnswerValues => ({
    ...say,
    data: [
      { RecordType: "Digits", Content: "1" },
      { RecordType, Content },
    ],
  });
  const wrong: [string, Action, AnswerValues][] = [
    ["LAYER", "GO_TO_LAYER", {}],
    ["LAYER", "GO_TO_LAYER", { layer: "twelve" }],
    ["LAYER", "GO_TO_LAYER", { layer: 1.5 }],
    ["LAYER", "GO_TO_LAYER", { layer: -1 }],
    ["CUSTOM_DATA", "GO_TO_LAYER", { layer: 1, customData: [1] }],
    ["CUSTOM_DATA.note", "GO_TO_LAYER", { layer: 1, customData: { note: "x".repeat(129) } }],
    ["LANGUAGE", "SAY_DIGITS", { ...say, language: "" }],
    ["DATA", "SAY_DIGITS", { ...say, data: [] }],
    ["DATA", "SAY_DIGITS", { ...say, data: "1" }],
    ["DATA[1].Content", "SAY_DIGITS", part("Digits", "12a")],
    ["DATA[1].Content", "SAY_DIGITS", part("Number", "1.5")],
    ["DATA[1].Content", "SAY_DIGITS", part("Date", "2019-02-30")],
    ["DATA[1].Content", "SAY_DIGITS", part("DateTime", "2019-12-14T10:12:59Z")],
    ["DATA[1].Content", "SAY_DIGITS", part("DateTime", "2019-12-14")],
    ["DATA[1].Content", "SAY_DIGITS", part("Recording", " ")],
    ["DATA[1]", "SAY_DIGITS", part("Song", "a.mp3")],
    ["TARGETS", "DIAL", { ...dial, targets: [] }],
    ["TARGETS[0].TYPE", "DIAL", { ...dial, targets: [{ TYPE: "phone", TARGET: "1" }] }],
    ["TARGETS[0].TARGET", "DIAL", { ...dial, targets: [{ TYPE: "PHONE", TARGET: "" }] }],
    ["MAX_CALL_DURATION", "DIAL", { ...dial, maxCallDuration: 0 }],
    ["MAX_DIAL_DURATION", "DIAL", { ...dial, maxDialDuration: undefined }],
    ["RECORDING", "DIAL", { ...dial, recording: "maybe" }],
    ["NEXT_VO_ID", "DIAL", { ...dial, nextVoId: null }],
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
    assert.ok(answerBody("GO_TO_LAYER", { layer: 1, customData: { note: "x".repeat(128) } }));
  });
});
