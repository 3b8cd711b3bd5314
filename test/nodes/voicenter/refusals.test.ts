/** Answers and settings that cannot be used: the caller still gets a route, and the error names what is wrong. */
import assert from "node:assert/strict";
import { code, node, probe, tab } from "../../support/flow.js";
import { voicenterNodes } from "../../support/voicenter-nodes.js";
import { until } from "../../support/wait.js";

/** The error of a message that was caught. */
interface Named {
  code: string;
  message: string;
  cause: { vendor: string; field: string };
}

describe("voicenter nodes with what cannot be used", () => {
  const nodes = voicenterNodes();
  const { deploy, call, withData } = nodes;

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
    await nodes.red.message("caught", named);
    await until("the log to name it", () =>
      nodes.red.log.some((line) => line.includes("[voicenter-layer-out:out]") && line.includes("data")),
    );
  });

  it("answers with the layer though name and data cannot be used, and warns once", async () => {
    await deploy(
      { layer: "7" },
      'msg.payload = { CALLER_NAME: " ", CUSTOM_DATA: { note: "x".repeat(129), more: "x".repeat(130) } }',
    );
    const CUSTOM_DATA = { note: "x".repeat(128), more: "x".repeat(128) };
    const expected = { STATUS: 0, ACTION: "GO_TO_LAYER", LAYER: 7, CUSTOM_DATA };
    const before = nodes.red.log.length;
    for (let calls = 0; calls < 3; calls++) assert.deepEqual((await call()).json, expected);
    const warnings = nodes.red.log.slice(before).filter((line) => line.includes("[warn]"));
    assert.equal(warnings.length, 2, warnings.join("\n"));
    assert.match(warnings[0] as string, /CALLER_NAME must be text that is not empty\. It is left out of the answer\./);
    assert.match(warnings[1] as string, /CUSTOM_DATA\.note is 129 characters long; 128 are allowed\. It is cut\./);
  });

  for (const [what, settings] of [
    ["a name below nothing", { callerName: "session.customer.name", callerNameType: "msg" }],
    ["data below nothing", { customData: "payload.crm[0].data", customDataType: "msg" }],
    [
      "a name whose expression fails",
      { callerName: "$uppercase(payload.CALLER_ID ~> $length())", callerNameType: "jsonata" },
    ],
    ["data whose expression fails", { customData: '{"a": $uppercase(1)}', customDataType: "jsonata" }],
  ] as const)
    it(`answers with the layer without ${what}`, async () => {
      await deploy({ action: "GO_TO_LAYER", layer: "5", layerType: "num", ...settings });
      assert.deepEqual((await call()).json, { STATUS: 0, ACTION: "GO_TO_LAYER", LAYER: 5 });
      const isLeftOut = (): boolean =>
        nodes.red.log.some(
          (line) => line.includes("It is left out of the answer") && line.includes("cannot be evaluated"),
        );
      if (what.endsWith("fails")) await until("the warning", isLeftOut);
    });

  it("names the layer that is below nothing as missing, and gives the fallback", async () => {
    await deploy({ action: "GO_TO_LAYER", layer: "crm.target", layerType: "msg" }, "", { fallbackLayer: 66 });
    assert.deepEqual((await call()).json, { STATUS: 0, ACTION: "GO_TO_LAYER", LAYER: 66 });
    assert.match(((await nodes.red.message("caught"))["error"] as Named).message, /LAYER/);
  });

  for (const [name, settings] of [
    ["callerName", { callerName: "$uppercase(5)", callerNameType: "jsonata" }],
    ["callerName", { callerName: "Sales ${" }],
    ["callerName", { callerName: "${NOT_SET}" }],
    ["customData", { customData: "${NOTHING}" }],
    [
      "nextLayerIfFailed",
      {
        action: "SAY_DIGITS",
        nextLayer: "7",
        language: "EN",
        data: [{ RecordType: "Digits", Content: "1" }],
        nextLayerIfFailed: "$uppercase(5)",
        nextLayerIfFailedType: "jsonata",
      },
    ],
  ] as const)
    it(`goes its way without ${name} where it cannot be evaluated, and warns: ${JSON.stringify(settings)}`, async () => {
      const isWarning = (line: string): boolean => line.includes("[warn]") && line.includes(`"${name}"`);
      const before = nodes.red.log.filter(isWarning).length;
      await deploy({ action: "GO_TO_LAYER", layer: "7", ...settings });
      const { ACTION, LAYER, NEXT_LAYER, ...rest } = (await call()).json as Record<string, unknown>;
      assert.deepEqual([ACTION, LAYER ?? NEXT_LAYER], ["action" in settings ? "SAY_DIGITS" : "GO_TO_LAYER", 7]);
      for (const left of ["CALLER_NAME", "CUSTOM_DATA", "NEXT_LAYER_IF_FAILED"]) assert.ok(!(left in rest), left);
      await until("the warning", () => nodes.red.log.filter(isWarning).length > before);
    });

  it("says in output 2 what was asked, not what the flow made of it", async () => {
    await nodes.red.deploy([
      tab(),
      node("in", "voicenter-layer-in", { url: "/layer", auth: "none", deadline: 2000 }, [["change"], ["missed"]]),
      code("change", "msg.payload.CUSTOM_DATA.a = 2; msg.payload.LAYER = -1; return msg;", [["out"]]),
      node("out", "voicenter-layer-out", { action: "GO_TO_LAYER" }),
      probe("missed"),
    ]);
    assert.deepEqual((await call(withData({ CUSTOM_DATA: { a: 1 } }))).json, { STATUS: 1 });
    const { payload } = (await nodes.red.message("missed")) as { payload: Record<string, unknown> };
    assert.deepEqual(payload["CUSTOM_DATA"], { a: 1 });
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
      const sentence = "variable NOT_SET is not set, or is set to nothing. Until";
      const before = nodes.red.log.filter((line) => line.includes(sentence)).length;
      await deploy({ action: "GO_TO_LAYER" }, "", { fallbackLayer });
      assert.deepEqual((await call()).json, { STATUS: 1 });
      await until("the error", () => nodes.red.log.filter((line) => line.includes(sentence)).length > before);
      await nodes.red.message("caught");
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
      [{ action: "GO_TO_LAYER", layer: "${NOTHING}", layerType: "str" }, "layer"],
      [{ action: "GO_TO_LAYER", layer: "NOTHING", layerType: "env" }, "layer"],
      [{ action: "GO_TO_LAYER", layer: "3${NOT_SET", layerType: "str" }, "layer"],
      [{ ...dial, callerId: "${NOTHING}" }, "Shown number (callerId)"],
      [{ ...dial, callerId: "072${NOT_SET}" }, "Shown number (callerId)"],
      [{ ...dial, targets: [{ TYPE: "PHONE", TARGET: "+972${NOT_SET}", TARGETType: "str" }] }, "targets[0].TARGET"],
      [say, "data[0].Content"],
      [{ ...say, data: [], language: "${NOT_SET}" }, "language"],
      [{ action: "${NOT_SET}" }, "action"],
    ] as const) {
      nodes.red.forget();
      await deploy(settings, "msg.payload = { LAYER: 5, CALLER_ID: '1' }", { fallbackLayer: 66 });
      assert.deepEqual((await call()).json, { STATUS: 0, ACTION: "GO_TO_LAYER", LAYER: 66 }, field);
      const error = (await nodes.red.message("caught"))["error"] as { code: string; message: string };
      assert.equal(error.code, "EINVALID");
      assert.ok(
        error.message.includes(`"${field}"`) && /(?:NOT_SET|NOTHING) is not set|"\$\{" is without/.test(error.message),
        `${field}: ${error.message}`,
      );
    }
  });

  it("says so when the fallback layer is no layer, and answers STATUS 1", async () => {
    await deploy({ action: "GO_TO_LAYER" }, "", { fallbackLayer: "sales" });
    assert.deepEqual((await call()).json, { STATUS: 1 });
    assert.ok(nodes.red.log.some((line) => line.includes("[voicenter-layer-in:in]") && line.includes('"sales"')));
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

  it("names what is missing as the form does, all of it in one error", async () => {
    await deploy({ action: "DIAL", nextVoId: "15", targets: [{ TYPE: "PHONE", TARGET: "1" }] });
    assert.deepEqual((await call()).json, { STATUS: 1 });
    const isOfDial = (message: Record<string, unknown>): boolean =>
      (message["error"] as Named).message.startsWith("DIAL");
    const error = (await nodes.red.message("caught", isOfDial))["error"] as Named;
    assert.ok(
      error.message.startsWith(
        "DIAL needs what is missing: Shown number (CALLER_ID), Talk for at most (MAX_CALL_DURATION), Ring for at most (MAX_DIAL_DURATION). Set it",
      ),
      error.message,
    );
  });

  for (const [field, settings, change] of wrong) {
    it(`gives the fallback and an error that names ${field}: ${change || JSON.stringify(settings)}`, async () => {
      await deploy(settings, change);
      assert.deepEqual((await call()).json, { STATUS: 1 });
      // An error of the test before may still be on its way.
      const isNamed = (message: Record<string, unknown>): boolean => (message["error"] as Named).cause.field === field;
      const error = (await nodes.red.message("caught", isNamed))["error"] as Named;
      assert.deepEqual([error.code, error.cause.vendor, error.cause.field], ["EINVALID", "voicenter", field]);
      assert.doesNotMatch(error.message, /errors\.|ContactCenterError/);
    });
  }
});
