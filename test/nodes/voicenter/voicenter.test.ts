/** The Voicenter pair on a real Node-RED: the page's samples, and where each part of an answer comes from. */
import assert from "node:assert/strict";
import { REQUEST, RESPONSES } from "../../fixtures/voicenter.js";
import { catchProbe, code, node, probe, tab } from "../../support/flow.js";
import { NodeRed } from "../../support/node-red.js";
import { until } from "../../support/wait.js";
import { type Reply, send } from "../../support/webhook.js";

describe("voicenter-layer-in and voicenter-layer-out", () => {
  let red: NodeRed;
  const deploy = (settings: object = {}, change = "", inSettings: object = {}): Promise<void> =>
    red.deploy([
      tab(),
      node("in", "voicenter-layer-in", { url: "/layer", auth: "none", deadline: 2000, ...inSettings }, [["seen"], []]),
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

  it("does not let a request choose its own answer", async () => {
    await deploy({ action: "msg" });
    assert.deepEqual((await call(withData({ ACTION: "GO_TO_LAYER", LAYER: 99 }))).json, { STATUS: 1 });
    const nobody = { METHOD: "IVR_LAYER_INPUT", DATA: { LAYER_ID: "5", ACTION: "GO_TO_LAYER", LAYER: 99 } };
    assert.deepEqual((await call(nobody)).json, { STATUS: 1 });
    await deploy({ action: "msg" }, "delete msg.payload.IVR_UNIQUE_ID; delete msg.payload.LAYER_ID");
    assert.deepEqual((await call(withData({ ACTION: "GO_TO_LAYER", LAYER: 99 }))).json, { STATUS: 1 });
  });

  it("names a list setting that is none, and gives the fallback", async () => {
    await deploy({ action: "SAY_DIGITS", nextLayer: "1", language: "EN", data: "hello" });
    assert.deepEqual((await call()).json, { STATUS: 1 });
    // An error of the test before may still be on its way.
    const named = (message: Record<string, unknown>): boolean => {
      const { code: word, cause } = message["error"] as { code: string; cause: { field: string } };
      return word === "EINVALID" && cause.field === "DATA";
    };
    await red.message("caught", named);
    await until("the log to name it", () =>
      red.log.some((line) => line.includes("[voicenter-layer-out:out]") && line.includes("data")),
    );
  });

  it("answers with the layer though name and data cannot be used, and warns once", async () => {
    await deploy(
      { layer: "7" },
      'msg.payload = { CALLER_NAME: " ", CUSTOM_DATA: { note: "x".repeat(129), more: "x".repeat(130) } }',
    );
    const CUSTOM_DATA = { note: "x".repeat(128), more: "x".repeat(128) };
    const expected = { STATUS: 0, ACTION: "GO_TO_LAYER", LAYER: 7, CUSTOM_DATA };
    const before = red.log.length;
    for (let calls = 0; calls < 3; calls++) assert.deepEqual((await call()).json, expected);
    const warnings = red.log.slice(before).filter((line) => line.includes("[warn]"));
    assert.equal(warnings.length, 2, warnings.join("\n"));
    assert.match(warnings[0] as string, /CALLER_NAME must be text that is not empty\. It is left out of the answer\./);
    assert.match(warnings[1] as string, /CUSTOM_DATA\.note is 129 characters long; 128 are allowed\. It is cut\./);
  });

  it("gives an error answer for STATUS 1, whatever else the payload says", async () => {
    await deploy({ action: "msg" }, 'msg.payload = { ACTION: "GO_TO_LAYER", LAYER: 5, STATUS: 1 }');
    assert.deepEqual((await call()).json, { STATUS: 1 });
  });

  it("says in output 2 what was asked, not what the flow made of it", async () => {
    await red.deploy([
      tab(),
      node("in", "voicenter-layer-in", { url: "/layer", auth: "none", deadline: 2000 }, [["change"], ["missed"]]),
      code("change", "msg.payload.CUSTOM_DATA.a = 2; msg.payload.LAYER = -1; return msg;", [["out"]]),
      node("out", "voicenter-layer-out", { action: "GO_TO_LAYER" }),
      probe("missed"),
    ]);
    assert.deepEqual((await call(withData({ CUSTOM_DATA: { a: 1 } }))).json, { STATUS: 1 });
    const { payload } = (await red.message("missed")) as { payload: Record<string, unknown> };
    assert.deepEqual(payload["CUSTOM_DATA"], { a: 1 });
  });

  describe("msg.session", () => {
    const layerOf = async (reply: Promise<Reply>): Promise<unknown> =>
      ((await reply).json as Record<string, unknown>)["LAYER"];
    const from = (id: string): object => withData({ IVR_UNIQUE_ID: id });

    it("is kept from layer to layer, for each call", async () => {
      await deploy({}, "msg.session.tries = (msg.session.tries || 0) + 1; msg.payload = { LAYER: msg.session.tries }");
      for (const tries of [1, 2, 3]) assert.equal(await layerOf(call(from("one"))), tries);
      assert.equal(await layerOf(call(from("two"))), 1);
    });

    it("survives a deploy, other nodes, a copy of the message and a new object", async () => {
      await deploy({}, 'msg.session = { name: "Dana" }; msg.payload = { LAYER: 1 }');
      await call(from("three"));
      await red.deploy([
        tab(),
        node("other", "voicenter-layer-in", { url: "/other", auth: "none" }, [["debugged", "copied"], []]),
        code("debugged", "msg.session.name = 'lost'; return null;"),
        code("copied", "msg.session.tries = 2; msg.payload = { LAYER: 2 }; return msg;", [["answer"]]),
        node("answer", "voicenter-layer-out", { action: "GO_TO_LAYER" }),
        node("in", "voicenter-layer-in", { url: "/layer", auth: "none" }, [["told"], []]),
        code("told", "msg.payload = { LAYER: 3, CALLER_NAME: JSON.stringify(msg.session) }; return msg;", [["answer"]]),
      ]);
      assert.equal(await layerOf(send(`${red.url}/other`, from("three"))), 2);
      const { CALLER_NAME } = (await call(from("three"))).json as { CALLER_NAME: string };
      assert.equal((JSON.parse(CALLER_NAME) as { tries: number }).tries, 2);
    });

    it("stays as it was, with a warning, where a flow puts no object there", async () => {
      const flow = `const { known } = msg.session;
        msg.session = known ? "text" : { known: true };
        msg.payload = { LAYER: known ? 2 : 1 };`;
      await deploy({}, flow);
      for (const layer of [1, 2, 2]) assert.equal(await layerOf(call(from("four"))), layer);
      await until("the warning", () => red.log.some((line) => line.includes("msg.session is no object")));
    });

    it("is empty for a call without an id", async () => {
      await deploy({}, "msg.session.tries = (msg.session.tries || 0) + 1; msg.payload = { LAYER: msg.session.tries }");
      for (let calls = 0; calls < 2; calls++) assert.equal(await layerOf(call({ DATA: { LAYER_ID: 1 } })), 1);
    });
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

  for (const fallbackLayer of ["${NOT_SET}", "7${NOT_SET}"]) {
    it(`answers STATUS 1 and names the variable where the fallback layer is ${fallbackLayer}`, async () => {
      const sentence = "variable NOT_SET is not set. Until";
      const before = red.log.filter((line) => line.includes(sentence)).length;
      await deploy({ action: "GO_TO_LAYER" }, "", { fallbackLayer });
      assert.deepEqual((await call()).json, { STATUS: 1 });
      await until("the error", () => red.log.filter((line) => line.includes(sentence)).length > before);
      await red.message("caught");
    });
  }

  it("sends nobody to what is left of a setting without a variable that is not set, and names both", async () => {
    const dial = {
      action: "DIAL",
      callerId: "0722776772",
      maxCallDuration: "60",
      maxDialDuration: "20",
      nextVoId: "15",
      targets: [{ TYPE: "PHONE", TARGET: "050", TARGETType: "str" }],
    };
    const say = {
      action: "SAY_DIGITS",
      nextLayer: "2",
      language: "EN",
      data: [{ RecordType: "Number", Content: "1${NOT_SET}", ContentType: "str" }],
    };
    for (const [settings, field] of [
      [{ action: "GO_TO_LAYER", layer: "3${NOT_SET}", layerType: "str" }, "layer"],
      [{ action: "GO_TO_LAYER", layer: "NOT_SET", layerType: "env" }, "layer"],
      [{ ...dial, callerId: "072${NOT_SET}" }, "callerId"],
      [{ ...dial, targets: [{ TYPE: "PHONE", TARGET: "+972${NOT_SET}", TARGETType: "str" }] }, "targets[0].TARGET"],
      [say, "data[0].Content"],
      [{ ...say, data: [], language: "${NOT_SET}" }, "language"],
      [{ action: "${NOT_SET}" }, "action"],
    ] as const) {
      red.forget();
      await deploy(settings, "", { fallbackLayer: 66 });
      assert.deepEqual((await call()).json, { STATUS: 0, ACTION: "GO_TO_LAYER", LAYER: 66 }, field);
      const error = (await red.message("caught"))["error"] as { code: string; message: string };
      assert.equal(error.code, "EINVALID");
      assert.ok(
        error.message.includes(`"${field}"`) && error.message.includes("NOT_SET is not set"),
        `${field}: ${error.message}`,
      );
    }
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
    ["DATA[0]", { action: "SAY_DIGITS", nextLayer: "1", language: "EN", data: [null] }, ""],
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
      assert.doesNotMatch(error.message, /errors\.|ContactCenterError/);
    });
  }
});
