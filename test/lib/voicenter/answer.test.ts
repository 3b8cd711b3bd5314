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
      answerBody("GO_TO_LAYER", {
        LAYER: "7",
        CUSTOM_DATA: { a: 1, b: true, c: { d: [1] }, e: null, f: new Map([["g", 1]]) },
      }),
      {
        STATUS: 0,
        ACTION: "GO_TO_LAYER",
        LAYER: 7,
        CUSTOM_DATA: { a: "1", b: "true", c: '{"d":[1]}', f: '{"g":1}' },
      },
    );
  });

  it("reads a Map as an object", () => {
    const body = answerBody("GO_TO_LAYER", { LAYER: "7", CUSTOM_DATA: new Map([["a", 1]]) });
    assert.deepEqual(body["CUSTOM_DATA"], { a: "1" });
  });

  it("leaves out places of a list that were never filled", () => {
    const target = { TYPE: "PHONE", TARGET: "1" };
    const targets: unknown[] = [];
    targets[2] = target;
    assert.deepEqual(answerBody("DIAL", { ...dial, TARGETS: targets })["TARGETS"], [target]);
    const parts: unknown[] = [];
    parts[1] = { RecordType: "Digits", Content: "1" };
    assert.deepEqual(answerBody("SAY_DIGITS", { ...say, DATA: parts })["DATA"], [parts[1]]);
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
    ["TARGETS", "DIAL", { ...dial, TARGETS: Array(2) }],
    ["TARGETS[0].TYPE", "DIAL", { ...dial, TARGETS: [undefined] }],
    ["DATA", "SAY_DIGITS", { ...say, DATA: Array(1) }],
    ["TARGETS[0].TYPE", "DIAL", { ...dial, TARGETS: [{ TYPE: "phone", TARGET: "1" }] }],
    ["TARGETS[0].TARGET", "DIAL", { ...dial, TARGETS: [{ TYPE: "PHONE", TARGET: "" }] }],
    ["MAX_CALL_DURATION", "DIAL", { ...dial, MAX_CALL_DURATION: 0 }],
    ["MAX_DIAL_DURATION", "DIAL", { ...dial, MAX_DIAL_DURATION: undefined }],
    ["RECORDING", "DIAL", { ...dial, RECORDING: "maybe" }],
    ["NEXT_VO_ID", "DIAL", { ...dial, NEXT_VO_ID: null }],
  ];
  it("names every field that a DIAL lacks, and none that has a documented default", () =>
    assert.throws(() => answerBody("DIAL", { TARGETS: dial.TARGETS, CALLER_ID: "" }), {
      code: "EINVALID",
      cause: {
        vendor: "voicenter",
        operation: "DIAL",
        field: "CALLER_ID, MAX_CALL_DURATION, MAX_DIAL_DURATION, NEXT_VO_ID",
      },
    }));

  for (const [field, action, values] of wrong) {
    it(`refuses a ${action} with a wrong ${field}: ${JSON.stringify(values).slice(0, 60)}`, () => {
      assert.throws(
        () => answerBody(action, values),
        (error) => error instanceof ContactCenterError && error.code === "EINVALID" && error.cause.field === field,
      );
    });
  }

  it("writes dates as the document has them: ISO 8601 in custom data, the wall clock in announcements", () => {
    const date = new Date(2019, 11, 14, 10, 2, 9);
    const { CUSTOM_DATA } = answerBody("GO_TO_LAYER", { LAYER: 1, CUSTOM_DATA: { at: date, ids: [date] } });
    assert.deepEqual(CUSTOM_DATA, { at: date.toISOString(), ids: JSON.stringify([date]) });
    const parts = ["Date", "DateTime"].map((RecordType) => ({ RecordType, Content: date }));
    assert.deepEqual(answerBody("SAY_DIGITS", { ...say, DATA: parts })["DATA"], [
      { RecordType: "Date", Content: "2019-12-14" },
      { RecordType: "DateTime", Content: "2019-12-14T10:02:09" },
    ]);
  });

  it("writes the document's languages and yes and no as the document does", () => {
    const languages = { he: "HE", Ru: "RU", EN: "EN", "fr-CA": "fr-CA" };
    for (const [given, sent] of Object.entries(languages))
      assert.equal(answerBody("SAY_DIGITS", { ...say, LANGUAGE: given })["LANGUAGE"], sent);
    for (const [given, sent] of [
      ["Yes", "yes"],
      ["NO", "no"],
      [true, "yes"],
      [false, "no"],
    ])
      assert.equal(answerBody("DIAL", { ...dial, RECORDING: given })["RECORDING"], sent);
  });

  describe("keeps the route when what decorates it cannot be used:", () => {
    const circle: Record<string, unknown> = {};
    circle["self"] = circle;
    const long = "x".repeat(129);
    const emoji = `${"x".repeat(127)}😀`;
    const ways: [title: string, action: Action, values: AnswerValues, sent: object, reports: string[]][] = [
      ["a blank name", "GO_TO_LAYER", { CALLER_NAME: " " }, {}, ["CALLER_NAME left-out"]],
      ["a name that is no text", "GO_TO_LAYER", { CALLER_NAME: {} }, {}, ["CALLER_NAME left-out"]],
      ["a list", "GO_TO_LAYER", { CUSTOM_DATA: [1] }, {}, ["CUSTOM_DATA left-out"]],
      ["text that is no JSON", "GO_TO_LAYER", { CUSTOM_DATA: "{a" }, {}, ["CUSTOM_DATA left-out"]],
      [
        "a long text",
        "GO_TO_LAYER",
        { CUSTOM_DATA: { a: long, b: 1 } },
        { CUSTOM_DATA: { a: "x".repeat(128), b: "1" } },
        ["CUSTOM_DATA.a cut"],
      ],
      [
        "an emoji at the limit",
        "GO_TO_LAYER",
        { CUSTOM_DATA: { a: emoji } },
        { CUSTOM_DATA: { a: "x".repeat(127) } },
        ["CUSTOM_DATA.a cut"],
      ],
      [
        "a long list",
        "GO_TO_LAYER",
        { CUSTOM_DATA: { a: [long], b: 1 } },
        { CUSTOM_DATA: { b: "1" } },
        ["CUSTOM_DATA.a left-out"],
      ],
      ["a circle", "GO_TO_LAYER", { CUSTOM_DATA: { a: circle } }, { CUSTOM_DATA: {} }, ["CUSTOM_DATA.a left-out"]],
      ["a function", "GO_TO_LAYER", { CUSTOM_DATA: { a: () => 1 } }, { CUSTOM_DATA: {} }, ["CUSTOM_DATA.a left-out"]],
      [
        "no date",
        "GO_TO_LAYER",
        { CUSTOM_DATA: { a: new Date(NaN) } },
        { CUSTOM_DATA: {} },
        ["CUSTOM_DATA.a left-out"],
      ],
      [
        "a big integer",
        "GO_TO_LAYER",
        { CUSTOM_DATA: { a: 2n ** 64n } },
        { CUSTOM_DATA: { a: "18446744073709551616" } },
        [],
      ],
      ["no layer for a failure", "SAY_DIGITS", { NEXT_LAYER_IF_FAILED: "x" }, {}, ["NEXT_LAYER_IF_FAILED left-out"]],
      ["no data of a DIAL", "DIAL", { CUSTOM_DATA: 7 }, { CUSTOM_DATA: {} }, ["CUSTOM_DATA left-out"]],
      ["a blank name of a DIAL", "DIAL", { CALLER_NAME: "\t" }, {}, ["CALLER_NAME left-out"]],
    ];
    const routes = { GO_TO_LAYER: { LAYER: 1 }, SAY_DIGITS: say, DIAL: dial, ERROR: {} };
    for (const [title, action, values, sent, expected] of ways) {
      it(`${title} (${Object.keys(values).join()})`, () => {
        const reports: string[] = [];
        const body = answerBody(action, { ...routes[action], ...values }, (problem, effect) =>
          reports.push(`${problem.cause.field} ${effect}`),
        );
        assert.deepEqual(body, { ...answerBody(action, routes[action]), ...sent });
        assert.deepEqual(reports, expected);
      });
    }
  });

  it("takes 128 characters of custom data", () => {
    const { CUSTOM_DATA } = answerBody("GO_TO_LAYER", { LAYER: 1, CUSTOM_DATA: { note: "x".repeat(128) } });
    assert.deepEqual(CUSTOM_DATA, { note: "x".repeat(128) });
  });
});
