/** The console page in Chromium: by mouse, by keyboard, narrow and wide, light and dark. */
import assert from "node:assert/strict";
import type { Browser, Locator, Page } from "playwright-core";
import { type Console, startConsole } from "../../../simulators/console/server.js";
import { startSmartRoutingSimulator } from "../../../simulators/smartrouting/simulator.js";
import type { Simulator } from "../../../simulators/simulator.js";
import { SIMULATORS } from "../../../simulators/all.js";
import { startVoicenterSimulator } from "../../../simulators/voicenter/simulator.js";
import type { Layer } from "../../../simulators/voicenter/state.js";
import { type CannedWebhook, cannedWebhook } from "../../support/canned-webhook.js";
import { launchChromium } from "../../support/chromium.js";
import { until } from "../../support/wait.js";

/** Width in pixels, and whether in dark. */
const SIZES = [
  [1280, false],
  [1280, true],
  [400, false],
  [400, true],
] as const;
const TO_VIP = { status: 200, body: { InitialTarget: "+358942000200", RequiredTarget: "anna.berg@contoso.example" } };

describe("console page", () => {
  let browser: Browser;
  let webhook: CannedWebhook;
  let simulators: Simulator[];
  let server: Console;
  let page: Page;
  let problems: string[];
  /** Gives the browser a voice that notes what it says. */
  let voices: boolean;

  before(async () => {
    browser = await launchChromium();
  });
  after(() => browser.close());

  beforeEach(async () => {
    webhook = await cannedWebhook(TO_VIP);
    const layer = (id: number, more: Partial<Layer>): Layer => ({
      id,
      name: `L${id}`,
      announcement: "",
      url: "",
      digits: 0,
      delay: 9,
      ending: "queue",
      target: `Q${id}`,
      ...more,
    });
    const layers = [
      layer(1, { url: webhook.url, digits: 4, fallback: 20, announcement: "Your number, please." }),
      layer(10, {}),
      layer(20, {}),
    ];
    simulators = [
      await startSmartRoutingSimulator({ endpoints: [{ label: "Demo flow", url: webhook.url }], timeoutMs: 400 }),
      await startVoicenterSimulator({
        ivrs: [{ did: "0720000001", name: "Demo IVR", start: 1, layers }],
        timeoutMs: 400,
      }),
    ];
    server = await startConsole({ simulators, links: [{ label: "Node-RED editor", url: "http://127.0.0.1:1/" }] });
    problems = [];
    voices = false;
  });
  afterEach(async () => {
    await page.context().close();
    await server.close();
    for (const simulator of simulators) await simulator.close();
    await webhook.close();
    assert.deepEqual(problems, []);
  });

  async function open(tab: string, options: { width?: number; dark?: boolean } = {}): Promise<Locator> {
    const context = await browser.newContext({
      viewport: { width: options.width ?? 1280, height: 900 },
      colorScheme: options.dark === true ? "dark" : "light",
    });
    page = await context.newPage();
    if (voices) await page.addInitScript(VOICE);
    page.on("pageerror", (error) => problems.push(error.message));
    page.on("request", (request) => {
      if (!request.url().startsWith(server.url) && !request.url().startsWith("data:"))
        problems.push(`asked for ${request.url()}`);
    });
    await page.goto(`${server.url}/#${tab}`);
    const panel = page.locator(`#panel-${tab}`);
    await panel.getByRole("button", { name: "Ring", exact: true }).waitFor();
    return panel;
  }
  function steps(panel: Locator): Promise<string[]> {
    return panel.locator(".steps .title").allTextContents();
  }
  async function step(panel: Locator, title: string): Promise<void> {
    await until(title, async () => (await steps(panel)).includes(title));
  }

  it("rings a SmartRouting flow and shows question, answer, meaning and latency", async () => {
    const panel = await open("smartrouting");
    await panel.getByLabel("Tag (targetid)").fill("VIP");
    await panel.getByRole("button", { name: "Ring", exact: true }).click();
    await step(
      panel,
      "to queue VIP service (+358942000200); one named agent required: agent Anna Berg (anna.berg@contoso.example)",
    );
    assert.equal((JSON.parse(webhook.asked[0]?.text ?? "") as { targetid: string }).targetid, "VIP");
    assert.match((await panel.locator(".steps .line").first().textContent()) ?? "", /POST \/hook200[\d.]+ ms/);
    await panel.getByText("Request and answer").click();
    assert.match(
      (await panel.locator(".exchange").textContent()) ?? "",
      /"anum": "\+358401112233".*"RequiredTarget": "anna.berg@contoso.example"/s,
    );
    await panel.getByRole("button", { name: "Hang up" }).click();
    await step(panel, "the caller hangs up");
  });

  it("shows a flow that is too slow, and its late answer", async () => {
    let late: (() => void) | undefined;
    webhook.answerWith((response) => (late = () => response.writeHead(204).end()));
    const panel = await open("smartrouting");
    await panel.getByRole("button", { name: "Ring", exact: true }).click();
    await step(panel, "default routing: queue Sales (+358942000100)");
    assert.match((await panel.locator(".steps .line").textContent()) ?? "", /no answer in time/);
    late?.();
    await until("the late answer", async () =>
      /late answer, ignored:/.test((await panel.locator(".steps .line").textContent()) ?? ""),
    );
  });

  it("sends credentials and rings any address", async () => {
    const panel = await open("smartrouting");
    await panel.getByLabel("Flow to ring").selectOption({ label: "another address …" });
    await panel.getByLabel("Address of the webhook").fill("nonsense");
    await panel.getByRole("button", { name: "Ring", exact: true }).click();
    await panel.getByRole("alert").getByText("such as http://127.0.0.1:1880/my-path").waitFor();
    assert.equal(await panel.getByLabel("Address of the webhook").and(page.locator(":focus")).count(), 1);
    await panel.getByLabel("Address of the webhook").fill(`${webhook.url}/mine`);
    await panel.getByLabel("Authentication").selectOption("apikey");
    await panel.getByLabel("X-Benemen-APIKey").fill("key-4711");
    await panel.getByRole("button", { name: "Ring", exact: true }).click();
    await until("the question", () => webhook.asked.length === 1);
    assert.equal(webhook.asked[0]?.path, "/hook/mine");
    assert.equal(webhook.asked[0]?.headers["x-benemen-apikey"], "key-4711");
    assert.ok(!(await page.content()).includes("key-4711"));
  });

  it("walks an IVR by keyboard alone: tab, ring, digits, hang up", async () => {
    webhook.answerWith({ status: 200, body: { STATUS: 0, ACTION: "GO_TO_LAYER", LAYER: 10 } });
    await open("smartrouting");
    await page.getByRole("tab", { name: "SmartRouting" }).focus();
    await page.keyboard.press("ArrowRight");
    const panel = page.locator("#panel-voicenter");
    await page.keyboard.press("Tab");
    await page.keyboard.press("Tab");
    await panel.getByLabel("Caller number").and(page.locator(":focus")).waitFor();
    await page.keyboard.press("Enter");
    await panel.locator(".display", { hasText: "····" }).waitFor();
    assert.ok((await steps(panel)).includes("layer 1: L1"));
    assert.equal(await panel.locator("q").textContent(), "Your number, please.");
    for (const key of "0471") await page.keyboard.press(key);
    await step(panel, "waits in queue Q10");
    assert.ok((await steps(panel)).includes("the caller types 0471"));
    await page.keyboard.press("Escape");
    await step(panel, "the caller hangs up");
    assert.match(page.url(), /#voicenter$/);
  });

  it("types by mouse as well, and marks the layer that the call is in", async () => {
    const panel = await open("voicenter");
    await panel.getByRole("button", { name: "Ring", exact: true }).click();
    await panel.locator("[aria-current=step]", { hasText: "1" }).waitFor();
    for (const key of ["7", "#"]) await panel.getByRole("button", { name: key, exact: true }).click();
    await panel.locator(".display", { hasText: "7#··" }).waitFor();
  });

  it("lets the phones of a DIAL answer", async () => {
    const dial = {
      STATUS: 0,
      ACTION: "DIAL",
      CALLER_ID: "1",
      MAX_CALL_DURATION: 60,
      MAX_DIAL_DURATION: 30,
      NEXT_VO_ID: 20,
      RECORDING: "no",
      CUSTOM_DATA: {},
    };
    webhook.answerWith({ status: 200, body: { ...dial, TARGETS: [{ TYPE: "PHONE", TARGET: "0500000003" }] } });
    const panel = await open("voicenter");
    await panel.getByRole("button", { name: "Ring", exact: true }).click();
    await panel.locator(".display", { hasText: "····" }).waitFor();
    for (const key of "1234") await page.keyboard.press(key);
    await panel.getByRole("button", { name: "0500000003 answers" }).click();
    await step(panel, "0500000003 answers");
    await panel.locator(".display", { hasText: "talking to 0500000003" }).waitFor();
  });

  it("speaks what the caller hears, each text once, and nothing when switched off", async () => {
    const DATA = [{ RecordType: "Digits", Content: "0471" }];
    webhook.answerWith({
      status: 200,
      body: { STATUS: 0, ACTION: "SAY_DIGITS", NEXT_LAYER: 20, LANGUAGE: "HE", DATA },
    });
    voices = true;
    const panel = await open("voicenter");
    await panel.getByRole("button", { name: "Ring", exact: true }).click();
    await panel.locator(".display", { hasText: "····" }).waitFor();
    for (const key of "1234") await page.keyboard.press(key);
    await step(panel, "waits in queue Q20");
    assert.deepEqual(await page.evaluate("spoken"), ["en: Your number, please.", "he: 0 4 7 1"]);
    await panel.getByLabel("speak the announcements").uncheck();
    await panel.getByRole("button", { name: "Ring", exact: true }).click();
    await panel.locator(".display", { hasText: "····" }).waitFor();
    assert.equal(await page.evaluate("spoken.length"), 2);
  });

  it("changes the layers of an IVR", async () => {
    const panel = await open("voicenter");
    await panel.locator("b", { hasText: /^0720000001 Demo IVR$/ }).waitFor();
    await panel.getByText("Change the layers").click();
    assert.equal(await panel.locator(".layers table").isVisible(), false, "the layers are there once");
    // A layer with a webhook goes where the flow says: where it goes without one is not asked.
    assert.equal(await panel.getByLabel("Without webhook 1", { exact: true }).isVisible(), false);
    assert.equal(await panel.getByLabel("Digits 10", { exact: true }).isVisible(), false);
    await panel.getByLabel("Without webhook 10", { exact: true }).selectOption("hangup");
    assert.equal(await panel.getByLabel("Where to 10", { exact: true }).isVisible(), false);
    await panel.getByLabel("Webhook 10", { exact: true }).fill(webhook.url);
    assert.equal(await panel.getByLabel("Digits 10", { exact: true }).isVisible(), true);
    await panel.getByLabel("Webhook 10", { exact: true }).fill("");
    await panel.getByLabel("Digits 1", { exact: true }).fill("2");
    await panel.getByLabel("Delay s 1", { exact: true }).fill("11");
    await panel.getByRole("button", { name: "Save layers" }).click();
    await page.getByRole("alert").getByText("The delay of layer 1 is an integer from 1 to 9.").waitFor();
    await panel.getByLabel("Delay s 1", { exact: true }).fill("8");
    await panel.getByRole("button", { name: "Save layers" }).click();
    await page.getByRole("alert").getByText("The layers are saved").waitFor();
    await panel.getByRole("button", { name: "Ring", exact: true }).click();
    await panel.locator(".display strong", { hasText: /^··$/ }).waitFor();
  });

  it("keeps the tab over a reload and comes back when the simulator does", async () => {
    await open("voicenter");
    await page.reload();
    await page.getByRole("tab", { name: "Voicenter", selected: true }).waitFor();
    const port = Number(new URL(server.url).port);
    await server.close();
    await page.getByText("simulator gone").waitFor();
    server = await startConsole({ port, simulators });
    await page.getByText("connected").waitFor();
    await page.getByRole("tab", { name: "Voicenter", selected: true }).waitFor();
  });

  for (const [width, dark] of SIZES) {
    it(`fits ${width} pixels in ${dark ? "dark" : "light"}, with readable text`, async () => {
      for (const tab of ["smartrouting", "voicenter"]) {
        const panel = await open(tab, { width, dark });
        await panel.getByRole("button", { name: "Ring", exact: true }).click();
        await until("the conversation", async () => (await steps(panel)).length > 0);
        const [phone, conversation] = [
          await panel.locator(".phone").boundingBox(),
          await panel.locator(".card", { has: page.locator(".steps") }).boundingBox(),
        ];
        assert.ok(phone && conversation);
        const isBeside = conversation.x > phone.x + phone.width && conversation.y === phone.y;
        const isBelow = conversation.y > phone.y + phone.height && conversation.x === phone.x;
        assert.ok(width === 400 ? isBelow : isBeside, tab);
        const wide = await page.evaluate("document.documentElement.scrollWidth");
        assert.ok(Number(wide) <= width, `${tab} is ${String(wide)} pixels wide`);
        assert.deepEqual(await page.evaluate(FAINT), [], `${tab}: text with less contrast than 4.5 to 1`);
        if (tab === "smartrouting") await page.context().close();
      }
    });
  }

  it("shows every vendor's panel in the page's width, with readable text", async () => {
    const all = await Promise.all(SIMULATORS.map((row) => row.start({ port: 0, nodeRedUrl: "http://127.0.0.1:1" })));
    simulators.push(...all);
    await server.close();
    server = await startConsole({ simulators: all });
    for (const [width, dark] of [...SIZES, [720, false]] as const) {
      await open("smartrouting", { width, dark });
      assert.equal(await page.getByRole("tab").count(), SIMULATORS.length);
      for (const { name } of SIMULATORS) {
        await page.locator(`#tab-${name}`).click();
        await page.locator(`#panel-${name} .card`).first().waitFor();
        const wide = Number(await page.evaluate("document.documentElement.scrollWidth"));
        assert.ok(wide <= width, `${name} is ${wide} pixels wide, not ${width}`);
        const isCut = (frames: Element[]): string[] =>
          frames.filter((frame) => frame.scrollWidth > frame.clientWidth).map((frame) => frame.textContent ?? "");
        assert.deepEqual(await page.locator(`#panel-${name} .scroll`).evaluateAll(isCut), [], `${name} at ${width}`);
        assert.deepEqual(await page.evaluate(FAINT), [], `${name}: text with less contrast than 4.5 to 1`);
      }
      await page.context().close();
    }
  });

  it("keeps a table's columns where they have room", async () => {
    const all = await Promise.all(SIMULATORS.map((row) => row.start({ port: 0, nodeRedUrl: "http://127.0.0.1:1" })));
    simulators.push(...all);
    await server.close();
    server = await startConsole({ simulators: all });
    for (const [width, display] of [
      [1500, "table-row"],
      [400, "flex"],
    ] as const) {
      await open("smartrouting", { width });
      for (const panel of ["rte", "voicenter"]) {
        await page.locator(`#tab-${panel}`).click();
        const rows = page.locator(`#panel-${panel} .wide tbody tr`);
        await rows.first().waitFor();
        const seen = await rows.evaluateAll((all) => all.map((row) => getComputedStyle(row).display));
        assert.deepEqual(new Set(seen), new Set([display]), `${panel} at ${width}`);
      }
      await page.context().close();
    }
  });
});

/** Headless Chromium has no voice. */
const VOICE = `
  window.spoken = [];
  const speechSynthesis = { getVoices: () => [{}], cancel() {}, speak: ({ lang, text }) => window.spoken.push(lang + ": " + text) };
  Object.defineProperty(window, "speechSynthesis", { value: speechSynthesis });
`;

/** Texts of the page whose colour differs too little from what is behind them (WCAG 2, 1.4.3). */
const FAINT = `(() => {
  const canvas = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
  const rgb = (color) => { canvas.clearRect(0, 0, 1, 1); canvas.fillStyle = color; canvas.fillRect(0, 0, 1, 1); return [...canvas.getImageData(0, 0, 1, 1).data]; };
  const light = ([r, g, b]) => [r, g, b].map((v) => v / 255).map((v) => (v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4)).reduce((sum, v, i) => sum + v * [0.2126, 0.7152, 0.0722][i], 0);
  const behind = (element) => { for (let e = element; e; e = e.parentElement) { const color = rgb(getComputedStyle(e).backgroundColor); if (color[3] === 255) return color; } return [255, 255, 255, 255]; };
  const faint = [];
  for (const element of document.querySelectorAll("body *")) {
    const own = [...element.childNodes].some((node) => node.nodeType === 3 && node.textContent.trim() !== "");
    if (!own || !element.checkVisibility() || element.closest("[aria-disabled=true]")) continue;
    const [a, b] = [light(rgb(getComputedStyle(element).color)), light(behind(element))].sort((x, y) => y - x);
    if ((a + 0.05) / (b + 0.05) < 4.5) faint.push(element.textContent.trim().slice(0, 40));
  }
  return faint;
})()`;
