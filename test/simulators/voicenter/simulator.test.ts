import assert from "node:assert/strict";
import type { Note } from "../../../simulators/caller/conversation.js";
import { startVoicenterSimulator, type VoicenterSimulator } from "../../../simulators/voicenter/simulator.js";
import type { Ivr, IvrConversation, Layer, Phase } from "../../../simulators/voicenter/state.js";
import { type CannedWebhook, cannedWebhook } from "../../support/canned-webhook.js";
import { runAction } from "../../support/run-action.js";
import { until } from "../../support/wait.js";

const DID = "0720000001";
const CALLER = "0500000002";

function layer(id: number, more: Partial<Layer> = {}): Layer {
  return {
    id,
    name: `layer ${id}`,
    announcement: "",
    url: "",
    digits: 0,
    delay: 1,
    ending: "queue",
    target: `queue ${id}`,
    ...more,
  };
}

describe("simulators/voicenter", () => {
  let webhook: CannedWebhook;
  let simulator: VoicenterSimulator;

  beforeEach(async () => {
    webhook = await cannedWebhook({ status: 200, body: { STATUS: 0, ACTION: "GO_TO_LAYER", LAYER: 10 } });
    const ivr: Ivr = {
      did: DID,
      name: "test",
      start: 1,
      layers: [
        layer(1, { url: webhook.url, fallback: 99 }),
        layer(2, { url: webhook.url, digits: 4, fallback: 99 }),
        layer(3, { url: webhook.url }),
        layer(10),
        layer(11, { ending: "hangup" }),
        layer(12, { ending: "layer", target: "10" }),
        layer(99),
      ],
    };
    const start = (from: number): Ivr => ({ ...ivr, did: `start${from}`, start: from });
    simulator = await startVoicenterSimulator({
      ivrs: [ivr, start(2), start(3), start(11), start(12), start(44)],
      timeoutMs: 300,
      secondMs: 40,
    });
  });
  afterEach(async () => {
    await simulator.close();
    await webhook.close();
  });

  /** Rings and waits until the call waits for this. */
  async function ring(phase: Phase["kind"], did = DID, more: object = {}): Promise<IvrConversation> {
    const call = simulator.ring({ did, from: CALLER, ...more });
    return until(`the call to be ${phase}`, () =>
      call.conversation().phase.kind === phase ? call.conversation() : undefined,
    );
  }
  function now({ id }: { id: string }): IvrConversation {
    return simulator.state().calls.find((call) => call.id === id) as IvrConversation;
  }
  function answer(body: unknown, status = 200): void {
    webhook.answerWith({ status, body });
  }
  function titles(call: IvrConversation): string[] {
    return call.steps.map(({ title }) => title);
  }
  function notes(call: IvrConversation): readonly Note[] {
    return call.steps.flatMap((step) => step.notes);
  }
  function asked(index: number): { METHOD: string; DATA: Record<string, unknown> } {
    return JSON.parse(webhook.asked[index]?.text ?? "") as { METHOD: string; DATA: Record<string, unknown> };
  }

  it("asks as the vendor's document says and follows GO_TO_LAYER", async () => {
    const call = await ring("queue");
    const { IVR_UNIQUE_ID, ...data } = asked(0).DATA;
    assert.equal(asked(0).METHOD, "IVR_LAYER_INPUT");
    assert.equal(webhook.asked[0]?.method, "POST");
    assert.equal(IVR_UNIQUE_ID, call.id);
    assert.deepEqual(data, { DID, CALLER_ID: CALLER, DTMF: "0", LAYER_ID: "1" });
    assert.deepEqual(titles(call), [
      "layer 1: layer 1",
      "the platform asks the flow",
      "go to layer 10",
      "layer 10: layer 10",
      "waits in queue queue 10",
    ]);
    assert.equal(call.place, "in queue queue 10");
    assert.equal(call.ended, false);
  });

  it("sends digits as soon as there are enough", async () => {
    const { ivrs } = simulator.state();
    await simulator.close();
    // The delay lasts for hours.
    simulator = await startVoicenterSimulator({ ivrs, secondMs: 10_000_000 });
    const call = await ring("listening", "start2");
    for (const key of "0471") runAction(simulator, "press", { id: call.id, key });
    await until("the question", () => webhook.asked.length === 1);
    assert.equal(asked(0).DATA["DTMF"], "0471");
    assert.throws(() => runAction(simulator, "press", { id: call.id, key: "1" }), /expects no digits/);
  });

  it("sends what was typed when the delay has passed, and 0 when that is nothing", async () => {
    const call = await ring("listening", "start2");
    assert.throws(() => runAction(simulator, "press", { id: call.id, key: "x" }), /keys 0 to 9/);
    runAction(simulator, "press", { id: call.id, key: "7" });
    await until("the question", () => webhook.asked.length === 1);
    assert.equal(asked(0).DATA["DTMF"], "7");
    await ring("queue", "start2");
    assert.equal(asked(1).DATA["DTMF"], "0");
  });

  it("names the previous layer, and sends custom data back only when asked to", async () => {
    webhook.answerWith((response, question) => {
      const { DATA } = JSON.parse(question.text) as { DATA: { LAYER_ID: string } };
      const to = DATA.LAYER_ID === "1" ? 3 : 10;
      response.end(JSON.stringify({ STATUS: 0, ACTION: "GO_TO_LAYER", LAYER: to, CUSTOM_DATA: { crm: "9001" } }));
    });
    await ring("queue");
    assert.equal(asked(1).DATA["PREVIOUS_LAYER_ID"], "1");
    assert.equal("CUSTOM_DATA" in asked(1).DATA, false);
    await ring("queue", DID, { returnCustomData: true });
    assert.deepEqual(asked(3).DATA["CUSTOM_DATA"], { crm: "9001" });
  });

  it("writes the request as the samples do, or as the document's type column has it", async () => {
    await ring("queue", DID, { documentTypes: true });
    const { DATA } = asked(0) as unknown as { DATA: string };
    assert.equal(typeof DATA, "string");
    assert.equal((JSON.parse(DATA) as { LAYER_ID: unknown }).LAYER_ID, 1);
  });

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

  describe("DIAL", () => {
    const dial = {
      STATUS: 0,
      ACTION: "DIAL",
      CALLER_ID: DID,
      MAX_CALL_DURATION: 900,
      MAX_DIAL_DURATION: 100,
      NEXT_VO_ID: 12,
      RECORDING: "no",
      TARGETS: [
        { TYPE: "PHONE", TARGET: "0500000003" },
        { TYPE: "EXTENSION", TARGET: "AbCdEf" },
      ],
      CUSTOM_DATA: {},
    };

    it("rings the targets; one answers, and the caller hangs up", async () => {
      answer(dial);
      const call = await ring("dialing");
      assert.deepEqual((call.phase as { targets: unknown }).targets, [
        { type: "PHONE", target: "0500000003" },
        { type: "EXTENSION", target: "AbCdEf" },
      ]);
      assert.throws(() => runAction(simulator, "answer", { id: call.id, target: "1" }), /1 does not ring/);
      runAction(simulator, "answer", { id: call.id, target: "AbCdEf" });
      await until("the talk", () => now(call).phase.kind === "talking");
      assert.equal(now(call).place, "talking to AbCdEf");
      runAction(simulator, "hangup", { id: call.id });
      assert.equal(now(call).place, "ended by the caller");
    });

    it("goes to NEXT_VO_ID when the destination is faulty, not when nobody answers", async () => {
      answer(dial);
      const faulty = await ring("dialing");
      runAction(simulator, "break", { id: faulty.id });
      await until("the queue", () => now(faulty).place === "in queue queue 10");
      const busy = await ring("dialing");
      runAction(simulator, "ignore", { id: busy.id });
      await until("the end", () => now(busy).place === "nobody answered");
    });

    it("stops ringing and talking when the time is over", async () => {
      answer({ ...dial, MAX_DIAL_DURATION: 1 });
      assert.equal((await ring("ended")).place, "nobody answered");
      answer({ ...dial, MAX_CALL_DURATION: 1 });
      const call = await ring("dialing");
      runAction(simulator, "answer", { id: call.id, target: "AbCdEf" });
      await until("the end", () => now(call).place === "the talk time is over");
    });

    it("says what the document leaves open of several targets", async () => {
      answer(dial);
      assert.ok(notes(await ring("dialing")).some(({ text }) => /does not say whether several targets/.test(text)));
      answer({ ...dial, TARGETS: dial.TARGETS.slice(1) });
      assert.ok(!notes(await ring("dialing")).some(({ text }) => /several targets/.test(text)));
    });

    it("remarks that CUSTOM_DATA is marked mandatory", async () => {
      const { CUSTOM_DATA: _, ...without } = dial;
      answer(without);
      const call = await ring("dialing");
      assert.ok(notes(call).some(({ text }) => /CUSTOM_DATA as mandatory/.test(text)));
    });
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
      [{ STATUS: 1 }, /STATUS 1/],
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
    await webhook.close();
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

  it("goes to the fallback layer after the time-out, and does not obey the late answer", async () => {
    let late: (() => void) | undefined;
    webhook.answerWith((response) => (late = () => response.end('{"STATUS":0,"ACTION":"GO_TO_LAYER","LAYER":10}')));
    const call = await ring("queue");
    assert.equal(call.place, "in queue queue 99");
    late?.();
    await until("the late answer", () => now(call).steps.some(({ exchange }) => (exchange?.lateMs ?? 0) >= 300));
    assert.equal(now(call).place, "in queue queue 99");
  });

  it("loses the call where the platform would: no fallback layer, no such layer, round in circles", async () => {
    answer({ STATUS: 1 });
    assert.equal(titles(await ring("ended", "start3")).at(-1), "no fallback layer is set");
    answer({ STATUS: 0, ACTION: "GO_TO_LAYER", LAYER: 31 });
    assert.equal(titles(await ring("ended")).at(-1), "there is no layer 31 in this IVR");
    assert.equal(titles(await ring("ended", "start44")).at(-1), "there is no layer 44 in this IVR");
    answer({ STATUS: 0, ACTION: "GO_TO_LAYER", LAYER: 1 });
    const circling = await ring("ended");
    assert.equal(titles(circling).at(-1), "the call went round in circles: 60 layers");
    assert.equal(circling.place, "the call is lost");
  });

  it("ends plain layers as their settings say", async () => {
    assert.equal((await ring("ended", "start11")).place, "ended by the IVR");
    assert.equal((await ring("queue", "start12")).place, "in queue queue 10");
    assert.equal(webhook.asked.length, 0);
  });

  it("lets the caller hang up while the flow thinks", async () => {
    let gone = false;
    webhook.answerWith((response) => void response.on("close", () => (gone = true)));
    const call = await ring("asking");
    await until("the question", () => webhook.asked.length === 1);
    runAction(simulator, "hangup");
    await until("the request to end", () => gone);
    assert.equal(now(call).place, "ended by the caller");
    assert.equal(now(call).phase.kind, "ended");
  });

  it("takes an IVR that was typed, refuses one that cannot be, and gets back to the first ones", async () => {
    const good = {
      did: "0720000009",
      name: "mine",
      start: "5",
      layers: [
        {
          id: "5",
          name: "a",
          announcement: "",
          url: "",
          digits: "0",
          delay: 3,
          fallback: "",
          ending: "hangup",
          target: "",
        },
      ],
    };
    runAction(simulator, "save", { ivr: good });
    assert.deepEqual(simulator.state().ivrs.at(-1), {
      ...good,
      start: 5,
      layers: [{ id: 5, name: "a", announcement: "", url: "", digits: 0, delay: 3, ending: "hangup", target: "" }],
    });
    await ring("ended", "0720000009");
    const [only] = good.layers;
    const refused: [ivr: object, why: RegExp][] = [
      [{ ...good, did: " " }, /has a number/],
      [{ ...good, layers: [] }, /at least one layer/],
      [{ ...good, start: 6 }, /no layer 6 to start in/],
      [{ ...good, layers: [only, only] }, /Layer 5 is there twice/],
      [{ ...good, layers: [{ ...only, delay: 10 }] }, /delay of layer 5 is an integer from 1 to 9/],
      [{ ...good, layers: [{ ...only, url: "hook" }] }, /full address/],
      [{ ...good, layers: [{ ...only, ending: "menu" }] }, /ends with one of/],
    ];
    for (const [ivr, why] of refused) assert.throws(() => runAction(simulator, "save", { ivr }), why);
    runAction(simulator, "restore");
    assert.equal(simulator.state().ivrs.length, 6);
    assert.throws(() => runAction(simulator, "ring", { did: "0720000009" }), /No IVR has the number/);
  });
});
