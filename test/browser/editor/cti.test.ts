/** The CTI Broker dialogs in Chromium: what they show, what they save, and the broker test in words. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Browser, Page } from "playwright-core";
import { type CtiSimulator, startCtiSimulator } from "../../../simulators/cti/simulator.js";
import { ANNA, BART, broker, command, eventIn, subscriber, withSettings } from "../../support/cti.js";
import { launchChromium } from "../../support/chromium.js";
import { tab } from "../../support/flow.js";
import { type FlowNode, NodeRed } from "../../support/node-red.js";
import { until } from "../../support/wait.js";

describe("editor: CTI Broker", function () {
  this.timeout(120_000);
  let simulator: CtiSimulator;
  let red: NodeRed;
  let browser: Browser;
  let page: Page;
  let problems: string[];

  before(async () => {
    [simulator, red, browser] = await Promise.all([
      startCtiSimulator(),
      NodeRed.start({ settings: `httpNodeRoot: "/hooks"` }),
      launchChromium(),
    ]);
  });
  after(async () => {
    await browser.close();
    await red.stop();
    await simulator.close();
  });
  afterEach(async () => {
    await page.context().close();
    assert.deepEqual(problems, []);
  });

  const flows = (): FlowNode[] => {
    const places: Record<string, [number, number]> = { events: [200, 100], subscribe: [200, 200], command: [200, 300] };
    const nodes = [
      tab(),
      broker(simulator.url, { name: "Broker", callbackUrl: "https://hooks.example" }),
      eventIn({ auth: "secret", credentials: { secret: "s" } }),
      subscriber([ANNA, BART]),
      command({ command: "Dial" }),
    ];
    return nodes.map((node) =>
      Object.assign({}, node, { wires: [] }, places[node.id] && { x: places[node.id]?.[0], y: places[node.id]?.[1] }),
    );
  };
  async function open(nodes: FlowNode[] = flows(), dark = false): Promise<void> {
    await red.deploy(nodes);
    const context = await browser.newContext({
      viewport: { width: 1280, height: 1000 },
      colorScheme: dark ? "dark" : "light",
      permissions: ["clipboard-read", "clipboard-write"],
    });
    page = await context.newPage();
    problems = [];
    page.on("pageerror", (error) => problems.push(error.message));
    await page.goto(red.adminUrl);
    await page.locator('[id="command"]').waitFor();
  }
  async function dialog(id: string): Promise<void> {
    // A click while the last dialog still slides away opens nothing.
    await until(`the dialog of ${id}`, async () => {
      await page.locator(`[id="${id}"]`).dblclick();
      return page
        .locator("#node-dialog-ok")
        .click({ trial: true, timeout: 2000 })
        .then(
          () => true,
          () => false,
        );
    });
  }
  async function brokerDialog(): Promise<void> {
    await dialog("command");
    await page.locator("#node-input-btn-broker-edit").click();
    await page.locator("#node-config-dialog-ok").click({ trial: true });
  }
  async function done(): Promise<void> {
    await page.locator("#node-dialog-ok").click();
    await page.locator(".red-ui-tray").first().waitFor({ state: "detached" });
  }
  function saved(id: string): Promise<Record<string, unknown>> {
    return page.evaluate((id) => {
      const { RED } = window as unknown as {
        RED: { nodes: { node(id: string): object; convertNode(node: object): Record<string, unknown> } };
      };
      return RED.nodes.convertNode(RED.nodes.node(id));
    }, id);
  }
  const text = async (selector: string): Promise<string> => (await page.locator(selector).textContent()) ?? "";

  it("offers the nodes in the palette in plain words", async () => {
    await open();
    for (const [type, label] of [
      ["cti-command", "CTI command"],
      ["cti-subscribe", "CTI subscribe"],
      ["cti-event-in", "CTI event in"],
    ]) {
      assert.equal(
        (await text(`.red-ui-palette-node[data-palette-type="${type}"] .red-ui-palette-label`))
          .trim()
          .replaceAll(/\s+/g, " "),
        label,
      );
    }
  });

  it("offers the vendor's commands, and only the fields that the chosen one needs", async () => {
    await open();
    await dialog("command");
    const options = await page
      .locator("#node-input-command option")
      .evaluateAll((all) => all.map((option) => (option as HTMLOptionElement).value));
    assert.deepEqual(options, ["", "AgentLogin", "AgentLogout", "Dial", "HeartBeat"]);
    const shown = async (): Promise<boolean[]> =>
      Promise.all([".cc-number", ".cc-heartbeat"].map((row) => page.locator(row).isVisible()));
    assert.deepEqual(await shown(), [true, false]);
    await page.locator("#node-input-command").selectOption("AgentLogin");
    assert.deepEqual(await shown(), [false, true]);
    await page.locator("#node-input-command").selectOption("");
    assert.deepEqual(await shown(), [true, true]);
    await page.locator("#node-input-command").selectOption("AgentLogin");
    await page.locator("#node-input-heartbeat").fill("2.5");
    await page.locator(".form-row:has(#node-input-imAddress) input.red-ui-typedInput-input").fill(ANNA);
    await done();
    const node = await saved("command");
    assert.deepEqual(
      [node["command"], node["imAddress"], node["imAddressType"], node["heartbeat"], node["broker"]],
      ["AgentLogin", ANNA, "str", "2.5", "broker"],
    );
  });

  it("shows the callback address as it will be registered, without the secret, and copies it", async () => {
    await open();
    await dialog("subscribe");
    assert.equal(await text("#cc-address"), "https://hooks.example/hooks/cti/<secret>");
    assert.equal(await page.locator(".cc-reach").isVisible(), false);
    await page.locator("#cc-copy").click();
    assert.equal(await page.evaluate(() => navigator.clipboard.readText()), "https://hooks.example/hooks/cti/<secret>");
    await page.locator("#node-input-eventNode").selectOption("");
    await page.locator("#node-input-callback").fill("https://other.example/x");
    assert.equal(await text("#cc-address"), "https://other.example/x");
    await page.locator("#cc-agents").fill(`${ANNA}\n${BART}; sip:c@contoso.example`);
    await done();
    const node = await saved("subscribe");
    assert.deepEqual(
      [node["eventNode"], node["callback"], node["agents"]],
      ["", "https://other.example/x", [ANNA, BART, "sip:c@contoso.example"]],
    );
  });

  it("warns where a broker cannot reach the callback URL, and only there", async () => {
    await open();
    for (const id of ["subscribe", "events"]) {
      await dialog(id);
      for (const [callbackUrl, warning] of [
        ["", /has no callback URL/],
        ["http://127.0.0.1:1880", /this machine only/],
        ["http://localhost:1880", /this machine only/],
        ["http://node-red.example", /not encrypted/],
        ["node-red.example", /not a full/],
        ["https://node-red.example", undefined],
        ["${CALLBACK}", undefined],
      ] as const) {
        await page.evaluate((callbackUrl) => {
          const { RED, $ } = window as unknown as {
            RED: { nodes: { node(id: string): { callbackUrl: string } } };
            $: (selector: string) => { trigger(event: string): void };
          };
          RED.nodes.node("broker").callbackUrl = callbackUrl;
          $("#node-input-broker").trigger("change");
        }, callbackUrl);
        if (warning) assert.match(await text(".cc-reach"), warning);
        else assert.equal(await page.locator(".cc-reach").isVisible(), false, callbackUrl);
      }
      await done();
    }
  });

  it("lists in the event node's dialog who uses it, and shows the broker's address", async () => {
    await open();
    await dialog("events");
    assert.deepEqual(await page.locator("#cc-subscribers li").allTextContents(), [`CTI subscribe: ${ANNA}, ${BART}`]);
    assert.equal(await text("#cc-webhook-address"), "https://hooks.example/hooks/cti/<secret>");
    assert.match(await text(".form-row:has(#node-input-secret) .cc-hint"), /^cti-subscribe registers the address/);
    await page.locator("#node-input-url").fill("/other");
    assert.equal(await text("#cc-webhook-address"), "https://hooks.example/hooks/other/<secret>");
    await page.locator("#node-input-auth").selectOption("none");
    assert.equal(await text("#cc-webhook-address"), "https://hooks.example/hooks/other");
    await page.locator("#node-input-unknown").selectOption("pass");
    await done();
    const node = await saved("events");
    assert.deepEqual([node["url"], node["auth"], node["unknown"], node["networks"]], ["/other", "none", "pass", []]);
  });

  it("says so when nobody uses the event node", async () => {
    await open(withSettings(flows(), "subscribe", { eventNode: "", callback: "https://other.example/x" }));
    await dialog("events");
    assert.match(await text("#cc-subscribers"), /No CTI subscribe node/);
  });

  it("opens the event node's dialog whole when its secret is empty", async () => {
    await open(withSettings(flows(), "events", { credentials: { secret: "" } }));
    await dialog("events");
    assert.match(await text(".form-row:has(#node-input-secret)"), /Empty: every request is refused/);
    assert.match(await text("#cc-subscribers li"), /^CTI subscribe/);
    assert.equal(await page.locator("#node-input-btn-broker-add").getAttribute("tabindex"), "0");
  });

  it("tests the broker of the open dialog and says what came of it", async () => {
    await open();
    await brokerDialog();
    const report = async (isOk: boolean, expected: RegExp): Promise<void> => {
      await page.locator("#cc-test").click();
      await until(String(expected), async () => expected.test(await text("#cc-test-outcome")));
      assert.equal(await page.locator("#cc-test-outcome .cc-failed").count(), isOk ? 0 : 1);
    };
    await report(true, /^Something answers at http:\/\/127\.0\.0\.1:\d+/);
    assert.equal(
      simulator.state().subscriptions.some(({ callback }) => callback.includes("test")),
      false,
    );
    simulator.faults.refuse = 1;
    await report(false, /^\S+ answers, but with HTTP 500 where 404 is documented/);
    await page.locator("#node-config-input-url").fill("http://127.0.0.1:9");
    await report(false, /^Connection refused by 127\.0\.0\.1:9/);
    await page.locator("#node-config-input-url").fill("broker");
    await report(false, /^The broker's address must be a full/);
    await page.locator("#node-config-input-auth").selectOption("bearer");
    assert.equal(await page.locator("#node-config-input-token").isVisible(), true);
    assert.equal(await page.locator("#node-config-input-username").isVisible(), false);
  });

  it("keeps an imported subscriber and its event node together", async () => {
    await open([tab(), Object.assign(command(), { x: 200, y: 300, wires: [] })]);
    const example = readFileSync(
      join(__dirname, "../../../examples/cti/05 - Raise an alarm when a log-in fails.json"),
      "utf8",
    );
    await page.keyboard.press("Control+i");
    await page.locator("#red-ui-clipboard-dialog-import-text").fill(example);
    // The dialog looks at the text when a key is released.
    await page.locator("#red-ui-clipboard-dialog-import-text").press("End");
    await page.locator("#red-ui-clipboard-dialog-ok").click();
    await page.locator("#red-ui-workspace-chart").click({ position: { x: 500, y: 400 } });
    const pair = await until("the imported nodes", () =>
      page.evaluate(() => {
        const { RED } = window as unknown as {
          RED: { nodes: { eachNode(visit: (node: Record<string, unknown>) => void): void } };
        };
        const all: Record<string, unknown>[] = [];
        RED.nodes.eachNode((node) => all.push(node));
        const [events, user] = ["cti-event-in", "cti-subscribe"].map((type) =>
          all.find((node) => node["type"] === type),
        );
        return user && { event: events?.["id"], used: user["eventNode"], valid: user["valid"] };
      }),
    );
    assert.equal(pair.used, pair.event);
    assert.equal(pair.valid, true);
  });
});
