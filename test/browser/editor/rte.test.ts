import assert from "node:assert/strict";
import type { Browser, Page } from "playwright-core";
import { EVENT_NAMES } from "../../../lib/rte/tables.js";
import { CLOSED_QUEUE, QUEUES } from "../../../simulators/directory.js";
import { DEMO } from "../../../simulators/rte/seed-data.js";
import { type RteSimulator, startRteSimulator } from "../../../simulators/rte/simulator.js";
import { launchChromium } from "../../support/chromium.js";
import { tab } from "../../support/flow.js";
import { type FlowNode, NodeRed } from "../../support/node-red.js";
import { again, AGENT_ID, connectionNode, flowOf, of, subscriber } from "../../support/rte.js";
import { until } from "../../support/wait.js";

describe("editor: Enreach RTE", function () {
  this.timeout(120_000);
  let simulator: RteSimulator;
  let red: NodeRed;
  let browser: Browser;
  let page: Page;
  const faults: string[] = [];

  /** Node-RED's editor, with the flow that runs. */
  async function openEditor(): Promise<void> {
    await page.goto(red.adminUrl);
    await page.waitForSelector('.red-ui-palette-node[data-palette-type="rte-subscribe"]');
  }
  const dialogOf = async (id: string): Promise<void> => {
    await page.evaluate(
      (node) =>
        (
          window as unknown as { RED: { editor: { edit(node: unknown): void }; nodes: { node(id: string): unknown } } }
        ).RED.editor.edit(
          (window as unknown as { RED: { nodes: { node(id: string): unknown } } }).RED.nodes.node(node),
        ),
      id,
    );
    await page.waitForSelector("#dialog-form");
    await page.click("#node-dialog-ok", { trial: true });
  };
  const saved = (id: string): Promise<Record<string, unknown>> =>
    page.evaluate(
      (node) =>
        JSON.parse(
          JSON.stringify(
            (
              window as unknown as {
                RED: { nodes: { createExportableNodeSet(nodes: unknown[]): unknown[]; node(id: string): unknown } };
              }
            ).RED.nodes.createExportableNodeSet([
              (window as unknown as { RED: { nodes: { node(id: string): unknown } } }).RED.nodes.node(node),
            ])[0],
          ),
        ) as Record<string, unknown>,
      id,
    );
  const save = async (): Promise<void> => {
    await page.click("#node-dialog-ok");
    await page.waitForSelector(".red-ui-tray", { state: "detached" });
  };

  before(async () => {
    simulator = await startRteSimulator();
    red = await NodeRed.start({ flows: [tab()] });
    await red.deploy(flowOf(simulator, ...subscriber("a", [of("QueueStatus"), of("UserSetting", AGENT_ID)])));
    browser = await launchChromium();
  });
  after(async () => {
    await browser?.close();
    await red?.stop();
    await simulator?.close();
  });
  beforeEach(async () => {
    faults.length = 0;
    page = await browser.newPage({ viewport: { width: 1280, height: 900 } });
    page.on("pageerror", (error) => faults.push(error.message));
    await openEditor();
  });
  afterEach(async () => {
    await page.close();
    assert.deepEqual(faults, []);
  });

  it("shows the list, with the meaning of each event, and saves it as it was", async () => {
    await dialogOf("a");
    assert.deepEqual(
      await page
        .locator("[data-property=eventName]")
        .evaluateAll((fields) => fields.map((field) => (field as HTMLInputElement).value)),
      ["QueueStatus", "UserSetting"],
    );
    const hints = await page.locator("#cc-subscriptions .cc-hint").allTextContents();
    assert.match(hints[0] ?? "", /snapshot/);
    assert.match(hints[1] ?? "", /Not in the catalogue/);
    await save();
    assert.deepEqual((await saved("a"))["subscriptions"], [of("QueueStatus"), of("UserSetting", AGENT_ID)]);
  });

  it("marks an id that is no GUID, below it and on the canvas", async () => {
    await dialogOf("a");
    const entity = page.locator("[data-property=entityId]").first();
    const warnings = page.locator("#cc-subscriptions .cc-warning");
    await entity.fill("Sales");
    assert.match((await warnings.allTextContents()).join(), /^"Sales" is no GUID\. .*Test connection/);
    assert.equal(await entity.evaluate((field) => field.classList.contains("input-error")), true);
    await entity.fill("${QUEUE_ID}");
    assert.equal(await warnings.count(), 0);
    await entity.fill("");
    assert.match((await warnings.allTextContents()).join(), /^Enter whose event it is/);
    assert.equal(await entity.evaluate((field) => field.classList.contains("input-error")), true);
    await entity.fill("Sales");
    await save();
    const isValid = (): Promise<unknown> =>
      page.evaluate(
        () =>
          (window as unknown as { RED: { nodes: { node(id: string): { valid: boolean } } } }).RED.nodes.node("a").valid,
      );
    assert.equal(await isValid(), false);
  });

  it("picks an event by search, keyboard only", async () => {
    await dialogOf("a");
    await page.click("#dialog-form .red-ui-editableList-addButton");
    const field = page.locator("[data-property=eventName]").last();
    await field.focus();
    await until(
      "the whole catalogue",
      async () => (await page.locator(".cc-picker-option").count()) === EVENT_NAMES.length,
    );
    assert.equal(await page.locator(".cc-picker-group").count(), 3);
    await field.fill("voice mail");
    assert.deepEqual(
      await page
        .locator(".cc-picker-option")
        .evaluateAll((options) => options.map((option) => option.firstChild?.textContent)),
      ["UserVoiceMailNotification"],
    );
    await field.press("ArrowDown");
    await field.press("Enter");
    assert.equal(await page.locator(".cc-picker").count(), 0);
    // Tab goes from field to field: one that is pressed by habit must not come to the button that deletes the row.
    assert.equal(await page.evaluate(() => document.activeElement?.matches("[data-property=eventName]")), true);
    await page.keyboard.press("Tab");
    assert.equal(await page.evaluate(() => document.activeElement?.matches("[data-property=entityId]")), true);
    await page.keyboard.type(AGENT_ID);
    await save();
    assert.deepEqual(
      ((await saved("a"))["subscriptions"] as object[]).at(-1),
      of("UserVoiceMailNotification", AGENT_ID),
    );
  });

  it("closes the list by Escape and not the dialog, and picks by mouse", async () => {
    await dialogOf("a");
    const field = page.locator("[data-property=eventName]").first();
    await field.click();
    await page.waitForSelector(".cc-picker");
    await field.press("Escape");
    assert.equal(await page.locator(".cc-picker").count(), 0);
    assert.equal(await page.locator("#dialog-form").count(), 1);
    await field.fill("attached");
    await page.click(".cc-picker-option");
    assert.equal(await field.inputValue(), "QueueAttachedUsers");
    await save();
  });

  it("lists every event with its properties in the help", async () => {
    await page.evaluate(() =>
      (window as unknown as { RED: { sidebar: { help: { show(type: string): void } } } }).RED.sidebar.help.show(
        "rte-subscribe",
      ),
    );
    await page.locator(".red-ui-help details").first().waitFor({ state: "attached" });
    const text = (await page.locator(".red-ui-help").allTextContents()).join();
    for (const name of EVENT_NAMES) assert.ok(text.includes(name), name);
    assert.ok(text.includes("NbrOfQueuingRequesters"));
  });

  describe("test connection", () => {
    async function openConnection(): Promise<void> {
      await dialogOf("a");
      await page.click("#node-input-btn-connection-edit");
      await page.waitForSelector("#node-config-input-email");
      await page.click("#node-config-dialog-ok", { trial: true });
    }
    const outcome = async (): Promise<string> => {
      await page.click("#cc-test");
      await page.waitForSelector("#cc-test-outcome .fa-times, #cc-test-outcome .fa-check-circle");
      return (await page.textContent("#cc-test-outcome")) ?? "";
    };

    it("goes the whole way with the stored key", async () => {
      await openConnection();
      assert.equal(await page.isVisible("#node-config-input-url"), false);
      assert.match(await outcome(), /Find the REST address.*Get the user.*Negotiate.*Connect.*works/s);
    });

    it("offers the ids that the test has seen", async () => {
      await openConnection();
      await outcome();
      await page.click("#node-config-dialog-cancel");
      await page.waitForSelector("#cc-test", { state: "detached" });
      const offered = async (event: string): Promise<(string | null)[]> => {
        await page.locator('#cc-subscriptions [data-property="eventName"]').first().fill(event);
        const field = page.locator('#cc-subscriptions [data-property="entityId"]').first();
        // The editor takes the focus once more when the connection's dialog has slid away.
        return until("the ids", async () => {
          await field.blur();
          await field.focus();
          const list = await field.getAttribute("list");
          const names = await page
            .locator(`#${list} option`)
            .evaluateAll((all) => all.map(({ textContent }) => textContent));
          return names.length > 0 && names;
        });
      };
      assert.deepEqual(await offered("QueueStatus"), [...QUEUES.map(({ name }) => name), CLOSED_QUEUE.name]);
      assert.deepEqual(await offered("UserStatus"), [DEMO.email]);
    });

    it("names the step that fails in plain words, without a secret", async () => {
      await openConnection();
      await page.fill("#node-config-input-secretKey", "a-wrong-key");
      const text = await outcome();
      assert.match(text, /Get the user: Enreach refused the credentials/);
      assert.ok(!text.includes("a-wrong-key") && !text.includes(DEMO.secretKey));
      await page.selectOption("#node-config-input-auth", "token");
      await page.fill("#node-config-input-url", "");
      assert.match(await outcome(), /lacks "Hub address"/);
    });
  });

  it("exports no credential", async () => {
    const both = subscriber("a", [of("QueueStatus"), of("UserSetting", AGENT_ID)]);
    await red.deploy(again([...flowOf(simulator, ...both)] as FlowNode[]));
    const text = JSON.stringify([await saved("connection"), connectionNode(simulator)["id"]]);
    assert.ok(!text.includes(DEMO.secretKey), text);
  });
});
