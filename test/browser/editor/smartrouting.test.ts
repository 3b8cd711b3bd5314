/** The dialogs of the SmartRouting pair in a real Chromium: filled, deployed, reloaded, reopened, and rung. */
import assert from "node:assert/strict";
import { Editor } from "../../support/editor.js";
import { code, node, tab } from "../../support/flow.js";
import { NodeRed } from "../../support/node-red.js";
import { send } from "../../support/webhook.js";

describe("editor: SmartRouting", function () {
  this.timeout(120_000);
  let red: NodeRed;
  let editor: Editor;

  before(async () => {
    const flow = [
      { ...code("flow", "msg.payload = {}; return msg;", [["out"]]), x: 400, y: 300 },
      node("out", "smartrouting-out", { y: 200 }),
      node("old-out", "smartrouting-out", { x: 400, initialTarget: "+358", priority: 7 }),
      node("old", "smartrouting-in", { url: "/old", y: 300 }, [["flow"], []]),
      node("unnamed", "smartrouting-in", { auth: "none", url: "/unnamed", y: 400 }, [[], []]),
    ];
    red = await NodeRed.start({
      flows: [tab(), node("in", "smartrouting-in", { auth: "none", url: "/route" }, [["flow"], []]), ...flow],
    });
    editor = await Editor.open(red);
  });
  after(async () => {
    await editor?.close();
    await red?.stop();
  });
  afterEach(() => assert.deepEqual(editor.faults.splice(0), []));

  it("keeps every setting of the in node through deploy and reload, and never shows a secret again", async () => {
    await editor.edit("in");
    await editor.fill({
      name: "calls",
      url: "/calls",
      auth: "apikey",
      apiKeyHeader: "X-Key",
      apiKey: "k3y",
      deadline: "3500",
    });
    await editor.page.fill("#cc-networks", "127.0.0.0/8, ::1");
    await editor.page.fill("#cc-proxies", "10.0.0.1");
    assert.match(await editor.page.locator("#cc-webhook-address").innerText(), /^http:\/\/127\.0\.0\.1:\d+\/calls$/);
    assert.equal(await editor.page.locator("#dialog-form :invalid, #dialog-form .input-error").count(), 0);
    await editor.picture("smartrouting-in-filled");
    await editor.done();
    await editor.deploy();
    assert.equal((await send(`${red.url}/calls`, {}, { headers: { "X-Key": "k3y" } })).status, 204);
    assert.equal((await send(`${red.url}/calls`, {})).status, 401);
    await editor.load();
    await editor.edit("in");
    const exported = await editor.exported("in");
    assert.deepEqual(
      ["name", "url", "auth", "apiKeyHeader", "networks", "proxies", "deadline"].map((name) => exported[name]),
      ["calls", "/calls", "apikey", "X-Key", ["127.0.0.0/8", "::1"], ["10.0.0.1"], "3500"],
    );
    assert.equal(await editor.page.inputValue("#node-input-apiKey"), "__PWRD__");
    assert.equal(await editor.page.inputValue("#cc-networks"), "127.0.0.0/8, ::1");
    const credentials = (await (await fetch(`${red.url}/credentials/smartrouting-in/in`)).json()) as object;
    assert.ok("has_apiKey" in credentials && !JSON.stringify(credentials).includes("k3y"), JSON.stringify(credentials));
    assert.ok(!(await editor.page.content()).includes("k3y"));
    await editor.done();
  });

  it("makes a secret and shows the address that goes with it", async () => {
    await editor.edit("in");
    await editor.fill({ auth: "secret" });
    assert.equal(await editor.page.inputValue("#node-input-secret"), "");
    await editor.page.click('.cc-generate[data-for="secret"]');
    const secret = await editor.page.inputValue("#node-input-secret");
    assert.match(secret, /^[0-9a-f]{48}$/);
    assert.match(await editor.page.locator("#cc-webhook-address").innerText(), /\/calls\/<secret>$/);
    await editor.picture("smartrouting-in-secret");
    await editor.done();
    await editor.deploy();
    assert.equal((await send(`${red.url}/calls/${secret}`, {})).status, 204);
    assert.equal((await send(`${red.url}/calls`, {})).status, 401);
  });

  it("opens an old flow that lacks settings with their defaults", async () => {
    await editor.edit("old");
    assert.equal(await editor.page.inputValue("#node-input-auth"), "apikey");
    assert.equal(await editor.page.inputValue("#node-input-apiKey"), "");
    assert.equal(await editor.page.inputValue("#node-input-apiKeyHeader"), "X-Benemen-APIKey");
    await editor.done();
    assert.deepEqual((await editor.exported("old"))["networks"], []);
  });

  it("says that an empty credential refuses everybody, and which node has a path already", async () => {
    await editor.edit("old");
    await editor.fill({ apiKey: "", url: "/Calls/" });
    assert.equal(await editor.page.locator(".form-row:has(#node-input-apiKey.input-error) .cc-warning").count(), 1);
    const below = await editor.page.locator(".form-row:has(#node-input-url) .cc-warning").innerText();
    assert.equal(below, '"calls" on "tab" has this path already');
    // Where nobody gave it a name, it is the label on the canvas by which a node is found, not its type.
    await editor.fill({ url: "Unnamed" });
    assert.equal(
      await editor.page.locator(".form-row:has(#node-input-url) .cc-warning").innerText(),
      '"/unnamed" on "tab" has this path already',
    );
    await editor.fill({ url: "/Calls/" });
    await editor.done();
    const wrong = (await editor.wrong("old")).join("\n");
    assert.match(wrong, /Empty: every request is refused/);
    assert.match(wrong, /"calls" on "tab" has this path already/);
    await editor.edit("old");
    await editor.fill({ apiKey: "k3y", url: "/old" });
    assert.equal(await editor.page.locator("#dialog-form .cc-warning:visible").count(), 0);
    await editor.done();
    assert.deepEqual(await editor.wrong("old"), []);
  });

  it("takes a value without its type for text, and a setting that is not there for blank", async () => {
    await editor.edit("old-out");
    assert.deepEqual(await editor.read(["initialTarget", "failTarget", "priority", "disconnect", "customMSI"]), {
      initialTarget: ["str", "+358"],
      failTarget: ["str", ""],
      priority: ["num", "7"],
      disconnect: false,
      customMSI: ["str", ""],
    });
    assert.deepEqual(JSON.parse(await editor.preview()), { InitialTarget: "+358", Priority: 7 });
    await editor.cancel();
  });

  it("says at once what a saved target is, and asks for one where there is none", async () => {
    await editor.edit("old-out");
    const hint = (setting: string): Promise<string> =>
      editor.page.locator(`.form-row:has(#node-input-${setting}) .cc-hint`).innerText();
    assert.equal(await hint("initialTarget"), "Recognised: the number of a queue or an agent.");
    assert.match(await hint("failTarget"), /^Where the call overflows to/);
    await editor.fill({ initialTarget: ["str", "disconnect"] });
    assert.equal(await hint("initialTarget"), "Recognised: ends the call.");
    await editor.cancel();
  });

  it("composes an answer without JSON, shows it, and sends just that", async () => {
    await editor.edit("out");
    assert.match(await editor.preview(), /204/);
    await editor.fill({
      initialTarget: ["str", "+358942000200"],
      failTarget: ["msg", "overflow"],
      requiredTarget: ["str", "anna.berg@contoso.example"],
      allocationTargets: ["str", "1, 2"],
      priority: ["num", "9000"],
      extraPriority: ["jsonata", "1 + 1"],
      customTTS: ["str", "hello"],
    });
    const hints = await editor.page.locator(".cc-target-row .cc-hint").allInnerTexts();
    assert.match(hints[0] ?? "", /number/);
    assert.deepEqual(JSON.parse(await editor.preview()), {
      InitialTarget: "+358942000200",
      FailTarget: "‹msg.overflow›",
      RequiredTarget: "anna.berg@contoso.example",
      AllocationTargets: ["1", "2"],
      Priority: 9000,
      ExtraPriority: "‹1 + 1›",
      CustomTTS: "hello",
    });
    await editor.picture("smartrouting-out-filled");
    await editor.fill({ failTarget: ["str", ""] });
    await editor.done();
    await editor.deployAndReload();
    await editor.edit("in");
    await editor.fill({ auth: "none" });
    await editor.done();
    await editor.deploy();
    assert.deepEqual((await send(`${red.url}/calls`, {})).json, {
      InitialTarget: "+358942000200",
      RequiredTarget: "anna.berg@contoso.example",
      AllocationTargets: ["1", "2"],
      Priority: 9000,
      ExtraPriority: 2,
      CustomTTS: "hello",
    });
  });

  it("says in the preview what is wrong, and offers the hang-up", async () => {
    await editor.edit("out");
    await editor.fill({ priority: ["num", "20000"] });
    assert.match(await editor.preview(), /Priority must be a whole number from 0 to 10000/);
    assert.equal(await editor.page.locator(".cc-preview-wrong").count(), 1);
    await editor.picture("smartrouting-out-wrong");
    await editor.fill({ priority: ["num", ""], disconnect: true });
    assert.equal((JSON.parse(await editor.preview()) as Record<string, unknown>)["InitialTarget"], "DISCONNECT:");
    assert.equal(await editor.page.locator(".cc-target-row").first().isVisible(), false);
    await editor.cancel();
  });

  it("keeps every kind of value that a typed input may have", async () => {
    const filled: Record<string, [string, string]> = {
      initialTarget: ["msg", "payload.a"],
      failTarget: ["flow", "a"],
      requiredTarget: ["global", "b.c"],
      allocationTargets: ["json", '["1","2"]'],
      priority: ["num", "10000"],
      extraPriority: ["msg", "payload.extra"],
      customTTS: ["env", "PROMPT"],
      customMSI: ["jsonata", "payload.a & '1'"],
    };
    await editor.edit("old-out");
    await editor.fill(filled);
    assert.equal(await editor.page.locator("#dialog-form .input-error").count(), 0);
    await editor.done();
    assert.deepEqual(await editor.wrong("old-out"), []);
    const saved = await editor.exported("old-out");
    for (const [name, [type, text]] of Object.entries(filled))
      assert.deepEqual([saved[`${name}Type`], saved[name]], [type, text], name);
    await editor.deployAndReload();
    await editor.edit("old-out");
    assert.deepEqual(await editor.read(Object.keys(filled)), filled);
    await editor.cancel();
  });

  it("can be filled with the keyboard alone", async () => {
    await editor.edit("out");
    await editor.page.locator("#node-input-name").focus();
    await editor.page.keyboard.type("by keyboard");
    await editor.page.keyboard.press("Tab");
    await editor.page.keyboard.press("Space");
    assert.equal(await editor.page.isChecked("#node-input-disconnect"), true);
    await editor.page.keyboard.press("Control+Enter");
    await editor.page.waitForSelector(".red-ui-tray", { state: "detached" });
    // A type is chosen by the keyboard as well: open the menu, go down, take it.
    await editor.edit("out");
    await editor.page
      .locator("#node-input-requiredTarget ~ .red-ui-typedInput-container .red-ui-typedInput-type-select")
      .first()
      .focus();
    await editor.page.keyboard.press("Enter");
    await editor.page.locator(".red-ui-typedInput-options a[value=str]:visible:focus").waitFor();
    await editor.page.keyboard.press("ArrowDown");
    await editor.page.keyboard.press("Enter");
    assert.deepEqual((await editor.read(["requiredTarget"]))["requiredTarget"]?.[0 as never], "msg");
    await editor.cancel();
    const { name, disconnect } = await editor.exported("out");
    assert.deepEqual([name, disconnect], ["by keyboard", true]);
  });
});
