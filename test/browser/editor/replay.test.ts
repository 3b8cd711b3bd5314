/** A call that went wrong: found, seen, mended, replayed and kept as a test, as an integrator does it. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { faintTexts } from "../../support/contrast.js";
import { startCrm } from "../../support/crm.js";
import type { TestServer } from "../../support/server.js";
import { Editor } from "../../support/editor.js";
import { node, tab } from "../../support/flow.js";
import { NodeRed } from "../../support/node-red.js";
import { runScenarios } from "../../support/scenario-command.js";
import { unfold } from "../../support/recorder-sidebar.js";
import { until } from "../../support/wait.js";
import { send } from "../../support/webhook.js";

/** What a test needs of the editor's global. */
interface EditorActions {
  RED: { actions: { invoke(action: string): void } };
}

const SIDEBAR = ".cc-recorder";
const place = (x: number, y = 120): object => ({ x, y });

describe("editor: a replay", function () {
  this.timeout(120_000);
  let red: NodeRed;
  let editor: Editor;
  let crm: TestServer;

  before(async () => {
    crm = await startCrm();
    const { url } = crm;
    red = await NodeRed.start({
      flows: [
        { ...tab(), label: "VIP callers" },
        node("in", "smartrouting-in", { ...place(120), name: "Calls", url: "/calls", auth: "none", deadline: 2000 }, [
          ["crm"],
          [],
        ]),
        node("crm", "http request", { ...place(300), name: "Ask the CRM", method: "GET", ret: "obj", url }, [["out"]]),
        node("out", "smartrouting-out", {
          ...place(480),
          name: "Answer",
          initialTarget: "payload.qeue",
          initialTargetType: "msg",
        }),
      ],
      settings: `contactCenter: { recorder: { level: "path" } },`,
    });
    editor = await Editor.open(red);
    await editor.page.evaluate(() =>
      (window as unknown as EditorActions).RED.actions.invoke("contact-center:show-recorder"),
    );
  });
  after(async () => {
    await editor?.close();
    await red?.stop();
    await crm?.close();
  });
  afterEach(() => assert.deepEqual(editor.faults.splice(0), []));

  const ring = (): ReturnType<typeof send> =>
    send(`${red.url}/calls`, { anum: "+358401112233", bnum: "+358942000100", targetid: "SALES" });
  const sidebar = (): ReturnType<Editor["page"]["locator"]> => editor.page.locator(SIDEBAR);
  const open = async (count: number): Promise<void> => {
    await until("the call", async () => (await editor.page.locator(".cc-recorder-run").count()) === count);
    await editor.page.locator(".cc-recorder-run").first().click();
    await editor.page.locator(".cc-recorder-steps > [aria-current]").waitFor();
  };
  /** In light and dark colours, and on a narrow screen. */
  const readable = async (name: string): Promise<void> => {
    for (const theme of ["light", "dark"]) {
      await editor.dark(theme === "dark");
      await editor.picture(`replay-${name}-${theme}`);
      assert.deepEqual(await faintTexts(editor.page, SIDEBAR, 3), [], theme);
    }
    await editor.page.setViewportSize({ width: 760, height: 700 });
    await editor.picture(`replay-${name}-narrow`);
    assert.equal(
      await sidebar().evaluate((all) =>
        [...all.querySelectorAll("button, input, label")].some((each) => each.scrollWidth > all.clientWidth),
      ),
      false,
    );
    await editor.page.setViewportSize({ width: 1280, height: 1000 });
    assert.doesNotMatch(await sidebar().innerText(), /\brecorder\.\w+/);
  };

  it("is not offered where what it needs is not kept, which is said", async () => {
    await ring();
    await open(1);
    assert.ok(await sidebar().getByRole("button", { name: "Replay" }).isDisabled());
    assert.ok(await sidebar().getByRole("button", { name: "Keep as test" }).isDisabled());
    await sidebar().getByText("the level has to be").waitFor();
    await readable("not-kept");
    await editor.page.keyboard.press("Escape");
  });

  it("shows the answer of the mended flow, which becomes a test that the command passes", async () => {
    const { page } = editor;
    await unfold(page);
    await sidebar().getByLabel("What is recorded").selectOption("values");
    await until("the level", async () => {
      const { level } = (await (await fetch(`${red.url}/contact-center/recorder/runs`)).json()) as { level: string };
      return level === "values";
    });
    await ring();
    await page.keyboard.press("Escape");
    await until("a call that can be replayed", async () => (await page.locator(".cc-recorder-run").count()) === 2);
    await open(2);
    assert.doesNotMatch(await page.locator(".cc-recorder-sides").innerText(), /the call goes to/);
    for (let step = 0; step < 2; step++) await page.keyboard.press("ArrowDown");
    await page.locator("g.cc-recorder-here[id=out]").waitFor();
    const before = crm.heard.length;

    await editor.edit("out");
    await editor.fill({ initialTarget: ["msg", "payload.queue"] });
    await editor.done();
    await editor.deploy();
    await page.locator(".cc-recorder-steps > li").first().click();
    await page.keyboard.press("r");
    await page.locator(".cc-recorder-sides").getByText("SmartRouting: the call goes to").waitFor();
    assert.equal(crm.heard.length, before);
    await sidebar().getByText("its answer went nowhere").waitFor();
    assert.match(await page.locator(".cc-recorder-steps").innerText(), /recorded answer/);
    await readable("done");

    await page.locator(".cc-recorder-steps > li").first().click();
    const focused = (selector: string): Promise<boolean> =>
      page.evaluate((each) => document.activeElement?.matches(each) === true, selector);
    await page.keyboard.press("k");
    await page.keyboard.press("Escape");
    await until(
      "the form to close",
      async () => (await page.locator(".cc-recorder-actions form:visible").count()) === 0,
    );
    assert.ok(await focused(".cc-recorder-buttons > button"));
    await page.keyboard.press("k");
    assert.equal(await sidebar().getByLabel("File").inputValue(), "VIP callers");
    await sidebar().getByLabel("Scenario", { exact: true }).fill("A VIP goes to the VIP queue");
    await page.keyboard.press("Enter");
    const saved = sidebar().locator(".cc-recorder-saved");
    await saved.waitFor();
    assert.match(
      await saved.innerText(),
      /^Saved as\s+\S.*VIP callers\.json\s+Run it in the user directory with\s+npx contact-center-simulator test flows\.json/,
    );
    assert.equal(await sidebar().locator("form:visible").count(), 0);
    await page.context().grantPermissions(["clipboard-read", "clipboard-write"]);
    await saved.getByRole("button", { name: "copy" }).click();
    await until(
      "the command in the clipboard",
      async () =>
        (await page.evaluate(() => navigator.clipboard.readText())) === (await saved.locator("pre").textContent()),
    );
    await readable("kept");
    await saved.getByRole("button", { name: "Close" }).click();
    await saved.waitFor({ state: "hidden" });
    assert.ok(await focused(".cc-recorder-buttons > button"));
    const { userDir } = red;
    const scenarios = join(userDir, "scenarios");
    const ran = await runScenarios([join(userDir, "flows.json"), scenarios, "--user-dir", userDir]);
    assert.match(ran.text, /ok {4}A VIP goes to the VIP queue/);
    assert.equal(ran.code, 0, ran.text);
    await page.keyboard.press("Escape");
    await until("the list", async () => (await page.locator(".cc-recorder-run").count()) === 3);
    assert.match(await page.locator(".cc-recorder-run").first().innerText(), /replay, answered/);
    assert.ok(await focused(".cc-recorder-run"));

    // What the user chooses is what is said.
    await open(3);
    await sidebar().getByLabel("Let nodes reach outside").check();
    await sidebar().getByRole("button", { name: "Replay" }).click();
    await sidebar().getByText("nodes were allowed to reach outside").waitFor();
    assert.equal(crm.heard.length, before + 1);
  });
});
