/** Every node as an integrator meets it first: dragged from the palette, its dialog opened, its help read. In a real Chromium. */
import assert from "node:assert/strict";
import { nodeTypes } from "../../scripts/assets.js";
import { Editor } from "../support/editor.js";
import { packForms } from "../support/forms.js";
import { tab } from "../support/flow.js";
import { NodeRed } from "../support/node-red.js";

/** A catalogue key that was shown because it has no words, such as `shared.webhook.form.url`. */
const RAW_KEY = /\b(?:shared|rte|cti|webitel|smartrouting|voicenter)(?:-[a-z]+)*\.[\w-]+\.[\w.-]+/;

describe("editor: every node", function () {
  this.timeout(60_000);
  const forms = packForms();
  let red: NodeRed;
  let editor: Editor;

  before(async () => {
    red = await NodeRed.start({ flows: [tab()] });
    editor = await Editor.open(red);
  });
  after(async () => {
    await editor?.close();
    await red?.stop();
  });
  afterEach(() => assert.deepEqual(editor.faults.splice(0), []));

  for (const type of Object.keys(nodeTypes())) {
    const form = forms.get(type);
    if (!form || form.category === "config") continue;

    it(`${type} can be dragged, opened, saved and read about`, async () => {
      const id = await editor.drag(type, 300, 300);
      // Only what nobody but the user can know may be missing: a connection, or a field marked as required.
      const isOpen = Object.values(form.defaults).some((one) => one.required === true && (one.value === "" || one.value === undefined));
      if (!isOpen) assert.deepEqual(await editor.wrong(id), []);
      const before = await editor.exported(id);
      await editor.edit(id);
      const dialog = await editor.page.locator("#dialog-form").innerText();
      assert.doesNotMatch(dialog, RAW_KEY);
      await editor.picture(type);
      await editor.done();
      const after = await editor.exported(id);
      assert.deepEqual(after, before);
      assert.deepEqual(Object.keys(form.defaults).filter((name) => !(name in after)), []);
      const help = await editor.help(type);
      assert.ok(help.includes("Details") && help.length > 300, help.slice(0, 200));
      assert.doesNotMatch(help, /undefined|data-i18n/);
    });
  }
});
