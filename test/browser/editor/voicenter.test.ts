/** The dialogs of the Voicenter pair in a real Chromium: each action, both lists, and what is sent. */
import assert from "node:assert/strict";
import { Editor } from "../../support/editor.js";
import { fillField, readField } from "../../support/form-fields.js";
import { node, tab } from "../../support/flow.js";
import { NodeRed } from "../../support/node-red.js";
import { send } from "../../support/webhook.js";
import { REQUEST } from "../../fixtures/voicenter.js";

describe("editor: Voicenter", function () {
  this.timeout(120_000);
  let red: NodeRed;
  let editor: Editor;
  const preview = async (): Promise<unknown> => JSON.parse(await editor.preview()) as unknown;
  const visible = (): Promise<string[]> =>
    editor.page
      .locator("[data-field]:visible")
      .evaluateAll((rows) => rows.map((row) => (row as HTMLElement).dataset["field"] ?? ""));

  before(async () => {
    red = await NodeRed.start({
      flows: [
        tab(),
        node("in", "voicenter-layer-in", { auth: "none", url: "/layer" }, [["out"], []]),
        node("out", "voicenter-layer-out", { y: 200 }),
        node("old", "voicenter-layer-out", { y: 300 }),
      ],
    });
    editor = await Editor.open(red, { height: 1200 });
  });
  after(async () => {
    await editor?.close();
    await red?.stop();
  });
  afterEach(() => assert.deepEqual(editor.faults.splice(0), []));

  /** Saves, deploys, reloads, and gives what the caller gets. */
  async function answerAfterReload(): Promise<unknown> {
    await editor.done();
    await editor.deployAndReload();
    return (await send(`${red.url}/layer`, REQUEST)).json;
  }

  it("shows the fields of the chosen action only", async () => {
    await editor.edit("out");
    for (const [action, fields] of [
      ["GO_TO_LAYER", "layer callerName customData"],
      ["SAY_DIGITS", "language data nextLayer nextLayerIfFailed customData"],
      ["DIAL", "targets callerId callerName maxDialDuration maxCallDuration nextVoId recording customData"],
      ["ERROR", ""],
    ] as const) {
      await editor.fill({ action });
      assert.equal((await visible()).join(" "), fields);
      await editor.picture(`voicenter-layer-out-${action}-empty`);
    }
    assert.deepEqual(await preview(), { STATUS: 1 });
    await editor.fill({ action: "msg" });
    assert.equal((await visible()).length, 13);
    await editor.fill({ action: "GO_TO_LAYER", layer: ["num", "12"], customData: ["json", '{"crm":9001}'] });
    assert.deepEqual(await preview(), { STATUS: 0, ACTION: "GO_TO_LAYER", LAYER: 12, CUSTOM_DATA: { crm: "9001" } });
    assert.deepEqual(await answerAfterReload(), {
      STATUS: 0,
      ACTION: "GO_TO_LAYER",
      LAYER: 12,
      CUSTOM_DATA: { crm: "9001" },
    });
  });

  it("edits and sorts the parts of an announcement, and checks each", async () => {
    await editor.edit("out");
    await editor.fill({ action: "SAY_DIGITS", language: "EN", nextLayer: ["num", "2"], customData: ["json", ""] });
    const add = editor.page.locator("[data-field=data] .red-ui-editableList-addButton");
    for (const [type, content] of [
      ["Digits", "0501"],
      ["Number", "112"],
      ["Date", "2019-12-14"],
    ] as const) {
      await add.click();
      const row = editor.page.locator("#cc-data .cc-item").last();
      await row.locator("select").selectOption(type);
      await row.locator("input.red-ui-typedInput-input").fill(content);
    }
    const parts = [
      { RecordType: "Digits", Content: "0501" },
      { RecordType: "Number", Content: "112" },
      { RecordType: "Date", Content: "2019-12-14" },
    ];
    assert.deepEqual(await preview(), { STATUS: 0, ACTION: "SAY_DIGITS", NEXT_LAYER: 2, LANGUAGE: "EN", DATA: parts });
    await editor.picture("voicenter-layer-out-say");
    const handles = editor.page.locator("#cc-data .red-ui-editableList-item-handle");
    await handles.nth(2).hover();
    await editor.page.mouse.down();
    const first = await handles.nth(0).boundingBox();
    assert.ok(first);
    await editor.page.mouse.move(first.x + 5, first.y - 12, { steps: 12 });
    await editor.page.mouse.up();
    const sorted = [parts[2], parts[0], parts[1]];
    assert.deepEqual(((await preview()) as { DATA: unknown }).DATA, sorted);
    await editor.page.locator("#cc-data input.red-ui-typedInput-input").nth(0).fill("2019-02-30");
    assert.match(await editor.preview(), /DATA\[0\]\.Content must be a day that exists/);
    await editor.page.locator("#cc-data input.red-ui-typedInput-input").nth(0).fill("2019-12-14");
    assert.deepEqual(await answerAfterReload(), {
      STATUS: 0,
      ACTION: "SAY_DIGITS",
      NEXT_LAYER: 2,
      LANGUAGE: "EN",
      DATA: sorted,
    });
    assert.deepEqual(
      (await editor.exported("out"))["data"],
      sorted.map((part) => ({ ...part, ContentType: "str" })),
    );
  });

  it("says of each blank field that DIAL needs where it comes from, and says what custom data will lose", async () => {
    await editor.edit("out");
    await editor.fill({ action: "DIAL" });
    for (const [setting, name] of [
      ["maxDialDuration", "MAX_DIAL_DURATION"],
      ["maxCallDuration", "MAX_CALL_DURATION"],
      ["nextVoId", "NEXT_VO_ID"],
    ])
      assert.equal(
        await editor.page.locator(`[data-field=${setting}] .cc-blank`).innerText(),
        `Blank: msg.payload.${name}. DIAL needs it.`,
      );
    // The request has one of the same name.
    assert.match(
      await editor.page.locator("[data-field=callerId] .cc-blank").innerText(),
      /^Blank: msg\.payload\.CALLER_ID as the flow writes it\..*does not count\.$/,
    );
    assert.match(await editor.preview(), /"CALLER_ID": "‹payload\.CALLER_ID, written by the flow›"/);
    await editor.fill({ maxDialDuration: "25" });
    await editor.page.locator("[data-field=maxDialDuration] .cc-blank").waitFor({ state: "detached" });
    await editor.fill({ maxDialDuration: "" });
    assert.equal(((await preview()) as Record<string, unknown>)["MAX_DIAL_DURATION"], "‹payload.MAX_DIAL_DURATION›");
    await editor.fill({
      action: "GO_TO_LAYER",
      layer: ["num", "7"],
      customData: ["json", `{"a":"${"x".repeat(129)}"}`],
    });
    assert.match(await editor.preview(), /CUSTOM_DATA\.a is 129 characters long; 128 are allowed/);
    await editor.cancel();
  });

  it("edits the targets of a DIAL, durations in seconds", async () => {
    await editor.edit("out");
    await editor.fill({
      action: "DIAL",
      callerId: ["str", "0722776772"],
      maxDialDuration: "25",
      maxCallDuration: "900",
      nextVoId: ["num", "15"],
      recording: "yes",
    });
    await editor.page.locator("[data-field=targets] .red-ui-editableList-addButton").click();
    const row = editor.page.locator("#cc-targets .cc-item").last();
    await row.locator("select").selectOption("EXTENSION");
    await row.locator("input.red-ui-typedInput-input").fill("AbCdEf");
    await editor.picture("voicenter-layer-out-dial");
    assert.deepEqual(await answerAfterReload(), {
      STATUS: 0,
      ACTION: "DIAL",
      CALLER_ID: "0722776772",
      MAX_CALL_DURATION: 900,
      MAX_DIAL_DURATION: 25,
      NEXT_VO_ID: 15,
      RECORDING: "yes",
      TARGETS: [{ TYPE: "EXTENSION", TARGET: "AbCdEf" }],
      CUSTOM_DATA: {},
    });
  });

  it("takes a fallback layer, and marks one that is none", async () => {
    await editor.edit("in");
    await editor.fill({ fallbackLayer: "sales" });
    assert.equal(await editor.page.locator("#node-input-fallbackLayer.input-error").count(), 1);
    await editor.fill({ fallbackLayer: "66" });
    assert.equal(await editor.page.locator("#node-input-fallbackLayer.input-error").count(), 0);
    await editor.picture("voicenter-layer-in");
    await editor.done();
    assert.equal((await editor.exported("in"))["fallbackLayer"], "66");
  });

  it("opens an old flow that lacks settings with their defaults", async () => {
    await editor.edit("old");
    assert.equal(await editor.page.inputValue("#node-input-action"), "GO_TO_LAYER");
    assert.deepEqual(await editor.read(["layer", "callerName", "customData", "recording"]), {
      layer: ["num", ""],
      callerName: ["str", ""],
      customData: ["json", ""],
      recording: "",
    });
    assert.deepEqual(await preview(), { STATUS: 0, ACTION: "GO_TO_LAYER", LAYER: "‹payload.LAYER›" });
    await editor.done();
    assert.deepEqual([(await editor.exported("old"))["data"], (await editor.exported("old"))["targets"]], [[], []]);
  });

  it("keeps every kind of value of every typed input, also in the lists", async () => {
    const kinds: [string, string][] = [
      ["str", "112"],
      ["msg", "payload.a"],
      ["flow", "a"],
      ["global", "b.c"],
      ["env", "LAYER"],
      ["jsonata", "1 + 1"],
    ];
    const filled: Record<string, [string, string]> = {
      layer: ["num", "12"],
      nextLayer: ["msg", "payload.a"],
      nextLayerIfFailed: ["flow", "a"],
      nextVoId: ["global", "b.c"],
      callerId: ["env", "CALLER"],
      callerName: ["jsonata", "1 & '1'"],
      customData: ["json", '{"a":1}'],
    };
    await editor.edit("old");
    await editor.fill({ action: "msg", ...filled });
    assert.deepEqual(await editor.read(Object.keys(filled)), filled);
    await editor.fill({ action: "SAY_DIGITS" });
    for (const kind of kinds) {
      const row = await editor.list("cc-data").add();
      await fillField(row.locator("select"), "Number");
      await fillField(row.locator("input.red-ui-typedInput"), kind);
    }
    await editor.list("cc-data").remove(0);
    await editor.done();
    await editor.deployAndReload();
    await editor.edit("old");
    assert.deepEqual(await editor.read(Object.keys(filled)), filled);
    const rows = await editor.list("cc-data").rows().all();
    assert.deepEqual(
      await Promise.all(rows.map((row) => readField(row.locator("input.red-ui-typedInput")))),
      kinds.slice(1),
    );
    assert.deepEqual(
      ((await preview()) as { DATA: { Content: string }[] }).DATA.map(({ Content }) => Content),
      ["‹msg.payload.a›", "‹flow.a›", "‹global.b.c›", "‹env.LAYER›", "‹1 + 1›"],
    );
    await editor.cancel();
  });

  it("can be filled with the keyboard alone", async () => {
    await editor.edit("old");
    const { keyboard } = editor.page;
    await editor.page.locator("#node-input-name").focus();
    await keyboard.type("by keyboard");
    await keyboard.press("Tab");
    await keyboard.type("dial");
    assert.equal(await editor.page.inputValue("#node-input-action"), "DIAL");
    await editor.page.locator("[data-field=targets] .red-ui-editableList-addButton").focus();
    await keyboard.press("Enter");
    // One goes on in the new row.
    await editor.page.locator("#cc-targets .cc-item select:focus").waitFor();
    await keyboard.type("EXT");
    await keyboard.press("Tab");
    await keyboard.press("Tab");
    await keyboard.type("AbC");
    await keyboard.press("Control+Enter");
    await editor.page.waitForSelector(".red-ui-tray", { state: "detached" });
    const { name, action, targets } = await editor.exported("old");
    assert.deepEqual(
      [name, action, targets],
      ["by keyboard", "DIAL", [{ TYPE: "EXTENSION", TARGET: "AbC", TARGETType: "str" }]],
    );
  });

  it("never shows a credential again", async () => {
    await editor.edit("in");
    await editor.fill({ auth: "basic", username: "voice", password: "p4ss", "cc-networks": "127.0.0.1" });
    await editor.done();
    await editor.deployAndReload();
    const credentials = (await (await fetch(`${red.url}/credentials/voicenter-layer-in/in`)).json()) as Record<
      string,
      unknown
    >;
    assert.equal(credentials["username"], "voice");
    assert.ok(
      credentials["has_password"] === true && !JSON.stringify(credentials).includes("p4ss"),
      JSON.stringify(credentials),
    );
    assert.ok(!JSON.stringify(await editor.exported("in")).includes("p4ss"));
    await editor.edit("in");
    assert.deepEqual(await editor.read(["auth", "username", "password", "cc-networks"]), {
      auth: "basic",
      username: "voice",
      password: "__PWRD__",
      "cc-networks": "127.0.0.1",
    });
    await editor.cancel();
  });
});
