/** Every node as an integrator meets it first: dragged from the palette, its dialog opened, its help read. In a real Chromium. */
import assert from "node:assert/strict";
import { readdirSync } from "node:fs";
import { nodeTypes } from "../../../scripts/assets.js";
import { Editor } from "../../support/editor.js";
import { faintTexts } from "../../support/contrast.js";
import { FORMER_SETTINGS, packForms } from "../../support/forms.js";
import { inject, node, tab } from "../../support/flow.js";
import { NodeRed } from "../../support/node-red.js";

/** What a test needs of the editor's global. */
interface EditorActions {
  RED: { actions: { invoke(action: string): void } };
}

/** A catalogue key that was shown because it has no words, such as `shared.webhook.form.url`. */
const RAW_KEY = /\b(?:shared|rte|cti|webitel|smartrouting|voicenter)(?:-[a-z]+)*\.[\w-]+\.[\w.-]+/;

/** In a help page `webitel.event` may be prose; a key of the shared words never is. */
const HELP_KEY = /\bshared\.[\w-]+\.[\w.-]+/;

/** The editor's own buttons and hints have 3.5 in light colours; below 3 a text is hard to see. */
const LEAST_CONTRAST = 3;

describe("editor: every node", function () {
  this.timeout(120_000);
  const forms = packForms();
  const types = Object.keys(nodeTypes());
  const configs = types.filter((type) => forms.get(type)?.category === "config");
  let red: NodeRed;
  let editor: Editor;

  before(async () => {
    red = await NodeRed.start({ flows: [tab(), ...configs.map((type) => ({ id: `a-${type}`, type, name: "" }))] });
    editor = await Editor.open(red);
  });
  after(async () => {
    await editor?.close();
    await red?.stop();
  });
  afterEach(() => assert.deepEqual(editor.faults.splice(0), []));

  /** Texts of the open dialog that are keys instead of words, or too faint to be read in light or dark colours; and rows that broke. */
  async function unreadable(type: string, dialog: string): Promise<string[]> {
    const found = RAW_KEY.exec(await editor.page.locator(dialog).innerText()) ?? [];
    const texts: string[] = [...found];
    for (const theme of ["dark", "light"]) {
      await editor.dark(theme === "dark");
      await editor.picture(`${type}-${theme}`);
      texts.push(...(await faintTexts(editor.page, dialog, LEAST_CONTRAST)).map((text) => `${theme} ${text}`));
    }
    texts.push(...(await brokenRows(dialog)), ...(await namelessButtons(dialog)));
    return [...texts, ...(await hiddenWhenNarrow(type, dialog))];
  }

  /** Buttons and links that are only a picture. */
  async function namelessButtons(dialog: string): Promise<string[]> {
    const isNameless = (all: (HTMLElement | SVGElement)[]): string[] =>
      all
        .filter((one) => one.getClientRects().length > 0 && one.textContent?.trim() === "")
        .filter((one) => !one.getAttribute("aria-label") && !one.getAttribute("title"))
        .map((one) => `no name: ${one.id} ${one.getAttribute("class")}`);
    // They are named once the editor has put the words in.
    for (let attempt = 0; attempt < 20; attempt++) {
      if ((await editor.page.locator(`${dialog} :is(a, button)`).evaluateAll(isNameless)).length === 0) return [];
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    return editor.page.locator(`${dialog} :is(a, button)`).evaluateAll(isNameless);
  }

  /** What is right of the dialog's edge in a window of 720 px, where nothing can be scrolled into view. */
  async function hiddenWhenNarrow(type: string, dialog: string): Promise<string[]> {
    const wrapper = editor.page.locator(".red-ui-tray-body-wrapper", { has: editor.page.locator(dialog) });
    await editor.page.setViewportSize({ width: 720, height: 1000 });
    await editor.page.waitForFunction(
      (selector) => (document.querySelector(selector)?.closest(".red-ui-tray-body-wrapper")?.clientWidth ?? 999) < 400,
      dialog,
    );
    await editor.picture(`${type}-narrow`);
    const hidden = await wrapper.evaluate((box) => {
      const { right } = box.getBoundingClientRect();
      return [...box.querySelectorAll("*")]
        .filter((one) => one.getBoundingClientRect().right > right + 1)
        .map((one) => `hidden at 720 px: ${one.id} ${one.getAttribute("class")}`);
    });
    await editor.page.setViewportSize({ width: 1280, height: 1000 });
    return hidden;
  }

  /** What of the shown help runs out of its sidebar. */
  const runsOut = (): Promise<string[]> =>
    editor.page.locator(".red-ui-help").evaluateAll((helps) =>
      helps.flatMap((help) => {
        const { right } = (help.parentElement ?? help).getBoundingClientRect();
        return [...help.querySelectorAll("dt, dd, p, li, code")]
          .filter((one) => {
            const text = document.createRange();
            text.selectNodeContents(one);
            return text.getBoundingClientRect().right > right + 1;
          })
          .map((one) => `runs out of the help: ${one.textContent}`);
      }),
    );

  /** Labels whose field did not fit beside them. */
  function brokenRows(dialog: string): Promise<string[]> {
    return editor.page.evaluate((selector) => {
      const broken: string[] = [];
      for (const label of document.querySelectorAll<HTMLElement>(`${selector} .form-row > label:not(.cc-wide)`)) {
        const field = label.nextElementSibling;
        if (!field || label.getClientRects().length === 0 || field.getClientRects().length === 0) continue;
        if (field.getBoundingClientRect().top >= label.getBoundingClientRect().bottom)
          broken.push(`broken row: ${label.innerText}`);
      }
      return broken;
    }, dialog);
  }

  for (const type of configs) {
    it(`${type} can be opened and read about`, async () => {
      await editor.edit(`a-${type}`);
      const texts = await unreadable(type, "#node-config-dialog-edit-form");
      await editor.cancel();
      assert.deepEqual(texts, []);
      assert.doesNotMatch(await editor.help(type), HELP_KEY);
      assert.deepEqual(await runsOut(), []);
    });
  }

  it("has icons that are images, shows each in the palette, and gives no two roles of CTI and Webitel the same one", async () => {
    const icons = await editor.page
      .locator(".red-ui-palette-node[data-palette-type] .red-ui-palette-icon")
      .evaluateAll((all) => all.map((icon) => getComputedStyle(icon).backgroundImage.slice(5, -2)));
    const own = [...new Set(icons.filter((url) => url.includes("contact-center")))];
    assert.deepEqual(own.map((url) => url.split("/").at(-1) ?? "").sort(), readdirSync("icons").sort());
    const shared = icons.filter((url, index) => /\/(?:cti|webitel)[^/]*$/.test(url) && icons.indexOf(url) !== index);
    assert.deepEqual(shared, []);
    for (const url of own) {
      const answer = await fetch(url);
      assert.match(answer.headers.get("content-type") ?? "", /svg/, url);
      assert.match(await answer.text(), /<svg[^]*<(?:path|circle|rect|g)\b/, url);
    }
  });

  it("has labels in the palette that break between words and keep clear of edge and icon", async () => {
    const cramped = await editor.page.locator(".red-ui-palette-node").evaluateAll(
      (entries, own) =>
        entries
          .filter((entry) => own.includes((entry as HTMLElement).dataset["paletteType"] ?? ""))
          .flatMap((entry) => {
            const label = entry.querySelector(".red-ui-palette-label");
            const icon = entry.querySelector(".red-ui-palette-icon-container")?.getBoundingClientRect();
            if (!label || !icon) return ["no label"];
            const range = document.createRange();
            range.selectNodeContents(label);
            const text = range.getBoundingClientRect();
            const box = entry.getBoundingClientRect();
            const [left, right] = icon.left < text.left ? [icon.right, box.right] : [box.left, icon.left];
            const room = Math.floor(Math.min(text.left - left, right - text.right));
            // A port is half inside of the entry, and 10 px wide.
            return room < 6 || label.textContent?.includes("-") ? [`${label.textContent}: ${room}`] : [];
          }),
      types,
    );
    assert.deepEqual(cramped, []);
  });

  for (const type of types.filter((one) => !configs.includes(one))) {
    const form = forms.get(type);
    if (!form) continue;

    it(`${type} can be dragged, opened, saved and read about`, async () => {
      const id = await editor.drag(type, 300, 300);
      // Only what nobody but the user can know may be missing: a connection, or a field marked as required.
      const isOpen = Object.values(form.defaults).some(
        (one) => one.required === true && (one.value === "" || one.value === undefined),
      );
      if (!isOpen) assert.deepEqual(await editor.wrong(id), []);
      const before = await editor.exported(id);
      await editor.edit(id);
      const texts = await unreadable(type, "#dialog-form");
      await editor.done();
      assert.deepEqual(texts, []);
      const after = await editor.exported(id);
      assert.deepEqual(after, before);
      assert.deepEqual(
        Object.keys(form.defaults).filter((name) => !(name in after) && !FORMER_SETTINGS.has(name)),
        [],
      );
      const help = await editor.help(type);
      assert.ok(help.includes("Details") && help.length > 300, help.slice(0, 200));
      assert.doesNotMatch(help, /undefined|data-i18n/);
      assert.doesNotMatch(help, HELP_KEY);
      assert.deepEqual(await runsOut(), []);
    });
  }

  for (const [key, type] of Object.entries({ Enter: "rte-subscribe", Space: "webitel-agents" }))
    it(`${type} has its connection added and edited with keys only, by ${key}`, async () => {
      const { page } = editor;
      const focused = (): Promise<string | null> =>
        page.evaluate(() => document.activeElement?.getAttribute("aria-label") ?? null);
      const select = page.locator("#dialog-form select", { has: page.locator('option[value="_ADD_"]') }).first();
      const dialog = page.locator("#node-config-dialog-edit-form");
      const closed = async (): Promise<void> => {
        await dialog.waitFor();
        await page.click("#node-config-dialog-cancel");
        await dialog.waitFor({ state: "detached" });
      };
      await editor.edit(await editor.drag(type, 300, 300));
      await select.selectOption("_ADD_");
      await page.locator('#dialog-form [aria-disabled="true"]').waitFor();
      await select.focus();
      await page.keyboard.press("Tab");
      assert.match(String(await focused()), /: Add$/);
      await page.keyboard.press(key);
      await closed();
      await select.selectOption(`a-${String(configs.find((one) => one.startsWith(type.split("-")[0] ?? "")))}`);
      await page.locator('#dialog-form [aria-disabled="true"]').waitFor({ state: "detached" });
      await select.focus();
      await page.keyboard.press("Tab");
      assert.match(String(await focused()), /: Edit$/);
      await page.keyboard.press(key);
      await closed();
      await editor.cancel();
    });

  it("shows an error in the debug sidebar as its whole sentence, without the name of a class or a cause", async () => {
    await red.deploy([
      tab(),
      inject("press", { payload: {} }, [["command"]]),
      node("command", "cti-command", { broker: "", command: "AgentLogin" }),
    ]);
    await editor.load();
    await editor.page.locator("#red-ui-sidebar").waitFor();
    await editor.page.evaluate(() => (window as unknown as EditorActions).RED.actions.invoke("core:show-debug-tab"));
    await fetch(`${red.url}/inject/press`, { method: "POST" });
    const entry = editor.page.locator(".red-ui-debug-msg").first();
    await entry.waitFor();
    const text = await entry.innerText();
    assert.match(text, /^"?No broker is chosen, or it is disabled\. Choose one in "Broker"\."?$/m);
    assert.doesNotMatch(text, /ContactCenterError|object Object/);
    await editor.picture("debug-error");
  });
});
