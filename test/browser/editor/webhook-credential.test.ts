/** Where the credential of a webhook comes from: only a node from the palette gets one by itself. In a real Chromium. */
import assert from "node:assert/strict";
import { Editor } from "../../support/editor.js";
import { node, tab } from "../../support/flow.js";
import { NodeRed } from "../../support/node-red.js";
import { send } from "../../support/webhook.js";

describe("editor: the credential of a webhook", function () {
  this.timeout(60_000);
  let red: NodeRed;
  let editor: Editor;

  beforeEach(async () => {
    red = await NodeRed.start({ flows: [tab()] });
    editor = await Editor.open(red);
  });
  afterEach(async () => {
    await editor?.close();
    await red?.stop();
  });

  it("gives a credential to a node from the palette, shows it until it is deployed, and lets in who has it", async () => {
    const id = await editor.drag("smartrouting-in", 300, 300);
    assert.deepEqual(await editor.wrong(id), []);
    await editor.edit(id);
    const key = await editor.page.inputValue("#node-input-apiKey");
    assert.match(key, /^[0-9a-f]{48}$/);
    assert.equal(await editor.page.getAttribute("#node-input-apiKey", "type"), "text");
    await editor.fill({ url: "/dragged", deadline: "50" });
    await editor.done();
    await editor.edit(id);
    assert.equal(await editor.page.inputValue("#node-input-apiKey"), key);
    await editor.done();
    await editor.deployAndReload();
    const headers = { "X-Benemen-APIKey": key };
    assert.equal((await send(`${red.url}/dragged`, {})).status, 401);
    // Nothing is wired to it, so that the right key is answered by the deadline.
    assert.equal((await send(`${red.url}/dragged`, {}, { headers })).status, 204);
    await editor.edit(id);
    assert.equal(await editor.page.inputValue("#node-input-apiKey"), "__PWRD__");
    assert.equal(await editor.page.getAttribute("#node-input-apiKey", "type"), "password");
    // Emptied on purpose: opened again, it stays so.
    await editor.fill({ apiKey: "" });
    await editor.done();
    await editor.deploy(true);
    await editor.load();
    await expectEmpty(id);
  });

  it("gives no credential to a node that is imported without one", async () => {
    const imported = node("imported", "smartrouting-in", { auth: "apikey", url: "/imported" });
    const [id = ""] = await editor.importFlow([{ ...imported, z: "" }]);
    await expectEmpty(id);
    await editor.deploy(true);
    await editor.load();
    await expectEmpty(id);
  });

  /** Opens a node and saves it: it has no credential, and says what comes of it. */
  async function expectEmpty(id: string): Promise<void> {
    for (let opened = 0; opened < 2; opened++) {
      await editor.edit(id);
      assert.equal(await editor.page.inputValue("#node-input-apiKey"), "");
      assert.equal(await editor.page.locator("#dialog-form .cc-warning:visible").count(), 1);
      await editor.done();
      assert.match((await editor.wrong(id)).join(), /Empty: every request is refused/);
    }
  }
});
