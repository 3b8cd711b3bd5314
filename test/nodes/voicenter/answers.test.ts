/** The page's samples, and where each part of an answer comes from. */
import assert from "node:assert/strict";
import { REQUEST, RESPONSES } from "../../fixtures/voicenter.js";
import { voicenterNodes } from "../../support/voicenter-nodes.js";

describe("voicenter-layer-in and voicenter-layer-out", () => {
  const nodes = voicenterNodes();
  const { deploy, call, withData } = nodes;

  it("takes the page's request apart, DATA being an object or text", async () => {
    await deploy({ action: "ERROR" });
    for (const body of [REQUEST, { ...REQUEST, DATA: JSON.stringify(REQUEST.DATA) }]) {
      nodes.red.forget();
      await call(body);
      const message = await nodes.red.message("seen");
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
    assert.equal(
      ((await nodes.red.message("caught"))["error"] as { cause: { field: string } }).cause.field,
      "CALLER_ID",
    );
    await deploy(dial, 'msg.payload = { CALLER_ID: "0722776772" }');
    assert.equal(((await call()).json as Record<string, unknown>)["CALLER_ID"], "0722776772");
  });

  it("takes what the flow wrote into the request's payload, and nothing that it left as it was", async () => {
    const asked = withData({ CUSTOM_DATA: { a: { b: 1 } }, CALLER_NAME: "the caller's", NEXT_VO_ID: 99 });
    const dial = {
      action: "DIAL",
      maxCallDuration: "60",
      maxDialDuration: "20",
      targets: [{ TYPE: "PHONE", TARGET: "0501234567", TARGETType: "str" }],
    };
    const body = async (change: string): Promise<Record<string, unknown>> => {
      await deploy(dial, change);
      return (await call(asked)).json as Record<string, unknown>;
    };
    const written = await body(
      'msg.payload.CALLER_ID = "0722776772"; msg.payload.CUSTOM_DATA.c = new Date(0); msg.payload.NEXT_VO_ID = 15',
    );
    assert.deepEqual(
      [written["CALLER_ID"], written["CUSTOM_DATA"], written["NEXT_VO_ID"], written["CALLER_NAME"]],
      ["0722776772", { a: '{"b":1}', c: "1970-01-01T00:00:00.000Z" }, 15, undefined],
    );
    const copied = "msg.payload = JSON.parse(JSON.stringify(msg.payload)); msg.payload.NEXT_VO_ID = 15; ";
    assert.deepEqual(await body(copied), { STATUS: 1 });
    assert.deepEqual((await body(`${copied} msg.payload.caller_id = "1"`))["CUSTOM_DATA"], {});
  });

  it("gives an error answer for STATUS 1, whatever else the payload says", async () => {
    await deploy({ action: "msg" }, 'msg.payload = { ACTION: "GO_TO_LAYER", LAYER: 5, STATUS: 1 }');
    assert.deepEqual((await call()).json, { STATUS: 1 });
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
});
