import assert from "node:assert/strict";
import { voicenterSetup } from "../../support/voicenter-ivr.js";

describe("simulators/voicenter: answers", () => {
  const setup = voicenterSetup();
  const { ring, answer, titles, notes } = setup;

  it("says the parts of SAY_DIGITS in order and goes on", async () => {
    const DATA = [
      { RecordType: "Recording", Content: "intro.mp3" },
      { RecordType: "Digits", Content: "0045" },
      { RecordType: "Number", Content: 250 },
      { RecordType: "Date", Content: "2024-05-02" },
      { RecordType: "DateTime", Content: "2024-05-02T09:30:00" },
    ];
    answer({ STATUS: 0, ACTION: "SAY_DIGITS", NEXT_LAYER: 10, LANGUAGE: "EN", DATA });
    const call = await ring("queue");
    const said = call.steps.find(({ title }) => title.startsWith("the caller hears"));
    assert.equal(
      said?.title,
      "the caller hears: recording intro.mp3, digits 0045, number 250, date 2024-05-02, date and time 2024-05-02T09:30:00",
    );
    assert.equal(said?.speech?.text, "0 0 4 5. 250. May 2, 2024. May 2, 2024 at 9:30:00 AM");
    assert.equal(said?.speech?.language, "en");
    assert.equal(call.place, "in queue queue 10");
  });

  it("goes to NEXT_LAYER_IF_FAILED when a part cannot be said, else to the fallback layer", async () => {
    const wrong: [type: string, content: string][] = [
      ["Date", "2024-02-30"],
      ["Date", "02.05.2024"],
      ["DateTime", "2024-05-02"],
      ["Digits", "12a"],
      ["Number", "1.5"],
      ["Recording", ""],
    ];
    for (const [RecordType, Content] of wrong) {
      const body = { STATUS: 0, ACTION: "SAY_DIGITS", NEXT_LAYER: 10, LANGUAGE: "EN", DATA: [{ RecordType, Content }] };
      answer({ ...body, NEXT_LAYER_IF_FAILED: 12 });
      const call = await ring("queue");
      assert.ok(titles(call).includes("the announcement fails: to layer 12"), RecordType);
      answer(body);
      assert.ok(titles(await ring("queue")).includes("the announcement fails: to layer 99"), RecordType);
    }
  });

  it("goes to the fallback layer when the answer is of no use, and says why", async () => {
    const good = { STATUS: 0, ACTION: "GO_TO_LAYER", LAYER: 10 };
    const say = {
      STATUS: 0,
      ACTION: "SAY_DIGITS",
      NEXT_LAYER: 10,
      LANGUAGE: "EN",
      DATA: [{ RecordType: "Digits", Content: "1" }],
    };
    const cases: [body: unknown, why: RegExp, status?: number][] = [
      [{ STATUS: 1 }, /STATUS 1.*\n.*Calls and events has the reason/],
      ["", /Status 401.*\n.*secret included/, 401],
      ["", /Status 404.*\n.*No deployed node serves this path/, 404],
      [{ ...good, STATUS: 2 }, /STATUS is 2/],
      [{ ACTION: "GO_TO_LAYER", LAYER: 10 }, /STATUS is missing/],
      [{ STATUS: 0 }, /ACTION is missing/],
      [{ ...good, ACTION: "go_to_layer" }, /ACTION is "go_to_layer"/],
      [{ ...good, ACTION: "ERROR" }, /ACTION is "ERROR"/],
      [{ ...good, LAYER: null }, /LAYER is missing/],
      [{ ...good, LAYER: "ten" }, /LAYER is not an integer/],
      [{ ...say, LANGUAGE: "" }, /LANGUAGE is not a text/],
      [{ ...say, DATA: [] }, /DATA is not a list with items/],
      [{ ...say, DATA: [{ RecordType: "digits", Content: "1" }] }, /RecordType is "digits"/],
      ["[]", /not a JSON object/],
      ["", /not a JSON object/],
      [good, /Status 204/, 204],
      [good, /Status 500/, 500],
    ];
    for (const [body, why, status] of cases) {
      answer(body, status);
      const call = await ring("queue");
      assert.equal(call.place, "in queue queue 99", JSON.stringify(body));
      assert.match(
        notes(call)
          .map(({ text }) => text)
          .join("\n"),
        why,
      );
    }
    await setup.webhook.close();
    assert.match(
      notes(await ring("queue"))
        .map(({ text }) => text)
        .join("\n"),
      /not reached \(ECONNREFUSED\)/,
    );
  });

  it("goes to the layer though name and data are odd, and remarks on them", async () => {
    const layer = { STATUS: 0, ACTION: "GO_TO_LAYER", LAYER: 10 };
    const odd: [body: object, remark: RegExp][] = [
      [{ CALLER_NAME: " " }, /CALLER_NAME is not a text: ignored/],
      [
        { CUSTOM_DATA: { a: "x".repeat(129) } },
        /CUSTOM_DATA\.a is longer than 128 characters, the limit of the vendor's SDK/,
      ],
      [{ CUSTOM_DATA: { a: { b: 1 } } }, /CUSTOM_DATA\.a should be a text/],
      [{ ACTION: "SAY_DIGITS", NEXT_LAYER: 10, LANGUAGE: "he", DATA: [{ RecordType: "Digits", Content: "1" }] }, /HE/],
    ];
    for (const [body, remark] of odd) {
      answer({ ...layer, ...body });
      const call = await ring("queue");
      assert.equal(call.place, "in queue queue 10", JSON.stringify(body));
      assert.match(
        notes(call)
          .map(({ text }) => text)
          .join("\n"),
        remark,
      );
    }
  });

  it("takes what table and samples of the document write differently, with a remark", async () => {
    const cases: [body: object, remark: RegExp][] = [
      [{ STATUS: "0", ACTION: "GO_TO_LAYER", LAYER: 10 }, /STATUS should be an integer/],
      [{ STATUS: 0, ACTION: "GO_TO_LAYER", Layer: 10 }, /Write LAYER/],
      [{ STATUS: 0, ACTION: "GO_TO_LAYER", LAYER: "10" }, /LAYER should be an integer/],
      [{ STATUS: 0, ACTION: "GO_TO_LAYER", LAYER: 10, CALLER_NAME: 7 }, /CALLER_NAME is not a text: ignored/],
      [{ STATUS: 0, ACTION: "GO_TO_LAYER", LAYER: 10, NEXT: 7 }, /NEXT is no field/],
      [{ STATUS: 0, ACTION: "GO_TO_LAYER", LAYER: 10, CUSTOM_DATA: "text" }, /should be an object/],
      [{ STATUS: 0, ACTION: "GO_TO_LAYER", LAYER: 10, CUSTOM_DATA: { a: "x".repeat(129) } }, /longer than 128/],
      [
        { STATUS: 0, ACTION: "SAY", NEXT_LAYER: 10, LANGUAGE: "EN", DATA: [{ RecordType: "Digits", Content: "1" }] },
        /Write SAY_DIGITS/,
      ],
    ];
    for (const [body, remark] of cases) {
      answer(body);
      const call = await ring("queue");
      assert.equal(call.place, "in queue queue 10", JSON.stringify(body));
      assert.match(
        notes(call)
          .map(({ text }) => text)
          .join("\n"),
        remark,
      );
    }
  });
});
