/** The Voicenter pair on a real Node-RED: the page's samples, and where each part of an answer comes from. */
import assert from "node:assert/strict";
import { REQUEST, RESPONSES } from "../../fixtures/voicenter.js";
import { catchProbe, code, node, probe, tab } from "../../support/flow.js";
import { NodeRed } from "../../support/node-red.js";
import { type Reply, send } from "../../support/webhook.js";

describe("voicenter-layer-in and voicenter-layer-out", () => {
  let red: NodeRed;
  const deploy = (settings: object = {}, change = "", inSettings: object = {}): Promise<void> =>
    red.deploy([
      tab(),
      node("in", "voicenter-layer-in", { url: "/layer", deadline: 2000, ...inSettings }, [["seen"], []]),
      probe("seen", [["change"]]),
      code("change", `${change}; return msg;`, [["out"]]),
      node("out", "voicenter-layer-out", settings),
      ...catchProbe(),
    ]);
  const call = (body: unknown = REQUEST): Promise<Reply> => send(`${red.url}/layer`, body);
  const withData = (data: object): object => ({ ...REQUEST, DATA: { ...REQUEST.DATA, ...data } });

  before(async () => {
    red = await NodeRed.start({ env: { FALLBACK_LAYER: "66" } });
  });
  after(() => red?.stop());
  beforeEach(() => red.forget());

  it("takes the page's request apart, DATA being an object or text", async () => {
    await deploy({ action: "ERROR" });
    for (const body of [REQUEST, { ...REQUEST, DATA: JSON.stringify(REQUEST.DATA) }]) {
      red.forget();
      await call(body);
      const message = await red.message("seen");
      assert.deepEqual(message["payload"], { ...REQUEST.DATA, LAYER_ID: 5, PREVIOUS_LAYER_ID: 5 });
      assert.equal(message["topic"], "5");
      assert.equal((message["call"] as { from: string }).from, "0501234567");
    }
  });

  for (const [title, body] of Object.entries(RESPONSES)) {
    it(`answers as in the page's "${title}", from the message`, async () => {
      await deploy({ action: "msg" }, `msg.payload = ${JSON.stringify(body)}`);
      const reply = await call();
      assert.deepEqual([reply.status, reply.headers.get("content-type"), reply.json], [200, "application/json", body]);
    });
  }

  it("answers as in the page's samples, from the settings", async () => {
    const [, custom, say, dial] = Object.values(RESPONSES) as [
      object,
      Record<string, unknown>,
      Record<string, unknown>,
      Record<string, unknown>,
    ];
    await deploy(
      {
        action: "GO_TO_LAYER",
        layer: "22",
        layerType: "num",
        callerName: "name",
        callerNameType: "msg",
        customData: JSON.stringify(custom["CUSTOM_DATA"]),
        customDataType: "json",
      },
      'msg.name = "Shlomi"',
    );
    assert.deepEqual((await call()).json, custom);
    const data = (say["DATA"] as { RecordType: string; Content: string }[]).map((part) => ({
      ...part,
      ContentType: "str",
    }));
    data[2] = { RecordType: "Number", Content: "credits", ContentType: "msg" };
    await deploy(
      { action: "SAY_DIGITS", nextLayer: "2", nextLayerType: "num", nextLayerIfFailed: "1", language: "EN", data },
      "msg.credits = 112",
    );
    assert.deepEqual((await call()).json, say);
    const settings = {
      action: "DIAL",
      callerId: "0722776772",
      callerName: "Voicenter",
      maxCallDuration: "1800",
      maxDialDuration: 60,
      nextVoId: "15",
      nextVoIdType: "num",
      recording: "yes",
      targets: [{ TYPE: "PHONE", TARGET: "payload.mobile", TARGETType: "msg" }],
      customData: "crm",
      customDataType: "msg",
    };
    await deploy(settings, `msg.payload = { mobile: "0501234567" }; msg.crm = ${JSON.stringify(dial["CUSTOM_DATA"])}`);
    assert.deepEqual((await call()).json, dial);
  });

  it("takes no number or data of the caller for an answer while the payload is still the request", async () => {
    const dial = {
      action: "DIAL",
      maxCallDuration: "60",
      maxDialDuration: "20",
      nextVoId: "15",
      targets: [{ TYPE: "PHONE", TARGET: "0501234567", TARGETType: "str" }],
    };
    await deploy({ ...dial, callerId: "0722776772" });
    const { CALLER_ID, CUSTOM_DATA } = (await call(withData({ CUSTOM_DATA: { a: "1" } }))).json as Record<
      string,
      unknown
    >;
    assert.deepEqual([CALLER_ID, CUSTOM_DATA], ["0722776772", {}]);
    await deploy(dial);
    assert.deepEqual((await call()).json, { STATUS: 1 });
    assert.equal(((await red.message("caught"))["error"] as { cause: { field: string } }).cause.field, "CALLER_ID");
    await deploy(dial, 'msg.payload = { CALLER_ID: "0722776772" }');
    assert.equal(((await call()).json as Record<string, unknown>)["CALLER_ID"], "0722776772");
  });

  it("goes to the fallback layer when the answer is invalid, and answers ERROR with STATUS 1 all the same", async () => {
    const fallback = { STATUS: 0, ACTION: "GO_TO_LAYER", LAYER: 66 };
    for (const fallbackLayer of [66, "66", "${FALLBACK_LAYER}"]) {
      await deploy({ action: "GO_TO_LAYER" }, "", { fallbackLayer });
      assert.deepEqual((await call()).json, fallback);
    }
    await deploy({ action: "ERROR" }, "", { fallbackLayer: 66 });
    assert.deepEqual((await call()).json, { STATUS: 1 });
    await deploy({ action: "msg" }, "msg.payload = { STATUS: 1 }", { fallbackLayer: 66 });
    assert.deepEqual((await call()).json, { STATUS: 1 });
  });

  it("says so when the fallback layer is no layer, and answers STATUS 1", async () => {
    await deploy({ action: "GO_TO_LAYER" }, "", { fallbackLayer: "sales" });
    assert.deepEqual((await call()).json, { STATUS: 1 });
    assert.ok(red.log.some((line) => line.includes("[voicenter-layer-in:in]") && line.includes('"sales"')));
  });

  it("takes SAY for SAY_DIGITS, and does not look at settings of another action", async () => {
    const say =
      'msg.payload = { ACTION: "SAY", NEXT_LAYER: 2, LANGUAGE: "HE", DATA: [{ RecordType: "Digits", Content: "12" }] }';
    await deploy({ action: "msg" }, say);
    assert.equal(((await call()).json as Record<string, unknown>)["ACTION"], "SAY_DIGITS");
    await deploy({
      action: "GO_TO_LAYER",
      layer: "7",
      nextLayer: "$broken(",
      nextLayerType: "jsonata",
      data: [{ RecordType: "Number", Content: "$broken(", ContentType: "jsonata" }],
    });
    assert.deepEqual((await call()).json, { STATUS: 0, ACTION: "GO_TO_LAYER", LAYER: 7 });
  });

  const wrong: [string, object, string][] = [
    ["ACTION", { action: "msg" }, 'msg.payload = { ACTION: "JUMP" }'],
    ["ACTION", { action: "JUMP" }, 'msg.payload = { ACTION: "ERROR" }'],
    ["LAYER", {}, ""],
    ["CUSTOM_DATA.note", { layer: "1" }, 'msg.payload = { CUSTOM_DATA: { note: "x".repeat(129) } }'],
    [
      "DATA[0].Content",
      { action: "SAY_DIGITS", nextLayer: "1", language: "EN", data: [{ RecordType: "Date", Content: "2026-13-01" }] },
      "",
    ],
    [
      "data[0].Content",
      {
        action: "SAY_DIGITS",
        nextLayer: "1",
        language: "EN",
        data: [{ RecordType: "Number", Content: "$x(", ContentType: "jsonata" }],
      },
      "",
    ],
  ];
  for (const [field, settings, change] of wrong) {
    it(`gives the fallback and an error that names ${field}: ${change || JSON.stringify(settings)}`, async () => {
      await deploy(settings, change);
      assert.deepEqual((await call()).json, { STATUS: 1 });
      const error = (await red.message("caught"))["error"] as {
        code: string;
        message: string;
        cause: { vendor: string; field: string };
      };
      assert.deepEqual([error.code, error.cause.vendor, error.cause.field], ["EINVALID", "voicenter", field]);
      assert.ok(!error.message.includes("errors."), error.message);
    });
  }
});
