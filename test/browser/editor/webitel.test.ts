/** The Webitel dialogs in Chromium, in a real editor. */
import assert from "node:assert/strict";
import type { Browser, Page } from "playwright-core";
import { startWebitelSimulator } from "../../../simulators/webitel/simulator.js";
import { node, tab } from "../../support/flow.js";
import { launchChromium } from "../../support/chromium.js";
import { Editor } from "../../support/editor.js";
import { NodeRed } from "../../support/node-red.js";
import { until } from "../../support/wait.js";
import { connection } from "../../support/webitel/flow.js";

const UPLOAD = "webitel-dialer-member-upload";
const TYPES = [
  UPLOAD,
  "webitel-create-call",
  "webitel-agents",
  "webitel-attempt-result",
  "webitel-lookup-in",
  "webitel-lookup-out",
  "webitel-event-in",
];
const SAMPLE = "Ім'я;Телефон;Телефон 2;Борг;Bucket\nОлена;+380441112233;+380501112233;120,50;4\n";

describe("editor: Webitel", function () {
  this.timeout(120_000);
  let red: NodeRed;
  let browser: Browser;
  let page: Page;
  let problems: string[];

  before(async () => {
    red = await NodeRed.start();
    browser = await launchChromium();
  });
  after(async () => {
    await browser.close();
    await red.stop();
  });
  afterEach(async () => {
    await page.context().close();
    assert.deepEqual(problems, []);
  });

  async function edit(
    settings: object = {},
    types: readonly string[] = [UPLOAD],
    { dark = false, url = "https://webitel.example/api" } = {},
  ): Promise<void> {
    await red.deploy([
      tab(),
      connection(url),
      ...types.map((type, at) => ({
        ...node(type, type, { connection: "webitel", queueId: "10", ...settings }),
        x: 250,
        y: 60 + 60 * at,
      })),
    ]);
    problems = [];
    page = await (
      await browser.newContext({ viewport: { width: 1400, height: 900 }, colorScheme: dark ? "dark" : "light" })
    ).newPage();
    page.on("pageerror", (error) => problems.push(error.message));
    await page.goto(red.url);
  }
  async function open(type: string): Promise<void> {
    await page.locator(`[id="${type}"]`).dblclick();
    await page.locator("#node-dialog-ok").click({ trial: true });
  }
  async function close(button: "ok" | "cancel"): Promise<void> {
    await page.locator(`#node-dialog-${button}`).click();
    await page.locator(".red-ui-tray").waitFor({ state: "detached" });
  }
  async function deployed(type: string): Promise<Record<string, unknown>> {
    const answer = page.waitForResponse(
      (response) => response.request().method() === "POST" && response.url().endsWith("/flows"),
    );
    await page.locator("#red-ui-header-button-deploy").click();
    await answer;
    const flows = (await (await fetch(`${red.adminUrl}/flows`)).json()) as Record<string, unknown>[];
    return flows.find(({ id }) => id === type) ?? {};
  }
  const preview = (): Promise<string> => page.locator("#cc-preview").innerText();

  it("open in flows made by hand, without a fault, also in the dark", async () => {
    await edit({}, TYPES, { dark: true });
    for (const type of TYPES) {
      await open(type);
      assert.ok((await page.locator("#dialog-form .form-row").count()) > 0);
      assert.equal(
        await page
          .locator("#dialog-form")
          .getByText(/^(webitel|shared)[\w.-]+\.[\w.-]+$/)
          .count(),
        0,
        `${type} shows a key instead of words`,
      );
      await close("cancel");
    }
  });

  it("keep the status of a result apart from the badge, also of a flow that has it where the badge is", async () => {
    const type = "webitel-attempt-result";
    await edit({ queue: "1", status: "success", statusType: "str" }, [type], { url: "${NO_SUCH_ADDRESS}/api" });
    const badge = page.locator(".red-ui-flow-node-status-label", { hasText: "unconfigured" });
    await badge.waitFor();
    const named = page.locator("g.red-ui-flow-node-label", { hasText: "success" });
    await named.waitFor();
    await open(type);
    assert.equal(await page.locator("#node-input-outcome").inputValue(), "success");
    await page.evaluate(() => $("#node-input-queue").typedInput("value", "2"));
    await close("ok");
    await badge.waitFor();
    const saved = await deployed(type);
    assert.deepEqual([saved["queue"], saved["outcome"], saved["outcomeType"]], ["2", "success", "str"]);
    assert.ok(!("status" in saved) && !("statusType" in saved), JSON.stringify(saved));
    await page.reload();
    await named.waitFor();
    await badge.waitFor();
    await open(type);
    await page.evaluate(() => $("#node-input-outcome").typedInput("value", "failed"));
    await close("ok");
    assert.equal((await deployed(type))["outcome"], "failed");
  });

  it("learns the columns of a sample, previews the first member, and saves the mapping but not the sample", async () => {
    await edit({ source: "csv", defaults: [{ field: "type", value: "1", valueType: "num" }] });
    await open(UPLOAD);
    assert.match(await preview(), /Fill in the sample/);
    // What is typed is read at once, and the proposal follows it.
    await page.locator("#cc-sample").fill("Ім'я;Теле");
    await page.locator("#cc-sample").fill(SAMPLE);
    await until("the preview", async () => (await preview()).includes("Олена"));
    const member = JSON.parse(await preview()) as {
      communications: { destination: string; priority: number }[];
      variables: object;
    };
    assert.deepEqual(
      member.communications.map(({ destination, priority }) => [destination, priority]),
      [
        ["+380441112233", 1],
        ["+380501112233", 0],
      ],
    );
    assert.deepEqual(member.variables, { Борг: "120,50", cc_batch: "‹run›-1" });

    await page.locator("#cc-sample").fill(SAMPLE.replace("+380441112233", "3.80441E+11"));
    await until("the reason", async () => (await preview()).includes("spreadsheet"));

    await page.locator("#node-input-expiry").selectOption("end-of-day");
    const ownZone = new Intl.DateTimeFormat().resolvedOptions().timeZone;
    const whenBlank = await page.locator("#node-input-timezone").getAttribute("placeholder");
    assert.equal(whenBlank, `blank: that of Node-RED, ${ownZone}`);
    await page.locator("#node-input-timezone").fill("Pacific/Kiritimati");
    await page.locator("#node-input-timezone").press("Tab");
    await until("the example date", async () =>
      /23:59:59 \(Pacific\/Kiritimati\)/.test(await page.locator("#cc-expiry-example").innerText()),
    );
    await close("ok");
    const saved = await deployed(UPLOAD);
    assert.deepEqual(saved["mapping"], [
      { column: "Ім'я", field: "name" },
      { column: "Телефон", field: "destination" },
      { column: "Телефон 2", field: "destination2" },
      { column: "Борг", field: "variables.Борг" },
      { column: "Bucket", field: "bucket" },
    ]);
    assert.deepEqual(
      [saved["defaults"], saved["expiry"], saved["timezone"]],
      [[{ field: "type", value: "1", valueType: "num" }], "end-of-day", "Pacific/Kiritimati"],
    );
    assert.ok(!JSON.stringify(saved).includes("Олена"));
  });

  it("names the column and the remedy where a row would be rejected, and the file that is loaded", async () => {
    const mapping = [
      { column: "Rufnummer", field: "destination" },
      { column: "Typ", field: "type" },
    ];
    await edit({ source: "file", filename: "list.csv", mapping });
    await open(UPLOAD);
    await page.locator("#cc-sample").fill("Rufnummer;Typ\n+380441112233;\n");
    await until("what is missing", async () =>
      (await preview()).includes("communication type, field type (Typ), is missing"),
    );
    await page.locator("#cc-sample").fill("Rufnummer;Typ\nn/a;1\n");
    await until("the column", async () => (await preview()).includes("destination (Rufnummer) is neither"));
    const rejects = page.locator("#node-input-rejectsFile ~ .red-ui-typedInput-container");
    const isMarked = (): Promise<boolean> => rejects.evaluate((field) => field.classList.contains("input-error"));
    // The editor checks a field when it is left.
    const name = async (file: string): Promise<void> => {
      await rejects.locator("input").fill(file);
      await rejects.locator("input").press("Tab");
    };
    await name("list.csv");
    await until("the mark", isMarked);
    await name("rejects.csv");
    await until("no mark", async () => !(await isMarked()));
    await close("cancel");
  });

  it("reads a sample file in UTF-16, and leaves a mapping that is there alone", async () => {
    await edit({
      source: "file",
      mapping: [{ column: "Телефон", field: "destination" }],
      defaults: [{ field: "type", value: "kind", valueType: "msg" }],
    });
    await open(UPLOAD);
    await page
      .locator("#cc-sample-input")
      .setInputFiles({ name: "members.csv", mimeType: "text/csv", buffer: Buffer.from(`\uFEFF${SAMPLE}`, "utf16le") });
    await until("the preview", async () => (await preview()).includes("+380441112233"));
    assert.ok(!(await preview()).includes("Олена"));
    assert.match(await preview(), /type = ‹msg.kind›/);
    await close("ok");
    assert.deepEqual((await deployed(UPLOAD))["mapping"], [{ column: "Телефон", field: "destination" }]);
  });

  it("marks both lines of a mapping that go to one field, and says which columns", async () => {
    await edit({
      mapping: [
        { column: "Phone", field: "destination" },
        { column: "Mobile", field: "destination1" },
        { column: "Who", field: "name" },
      ],
    });
    await open(UPLOAD);
    const fields = page.locator("#cc-mapping [data-property=field]");
    const marked = (): Promise<boolean[]> =>
      fields.evaluateAll((all) => all.map((field) => field.classList.contains("input-error")));
    assert.deepEqual(await marked(), [true, true, false]);
    assert.match(await preview(), /"Phone", "Mobile" both go to destination/);
    await fields.nth(1).fill("destination2");
    await page.waitForFunction(() => document.querySelectorAll("#cc-mapping .input-error").length === 0);
    assert.doesNotMatch(await preview(), /both go to/);
    await close("ok");
  });

  it("folds pace and repetition, unless one of their values is not that of a new node", async () => {
    const folds = async (): Promise<boolean[]> =>
      page.locator("#dialog-form details").evaluateAll((all) => all.map((one) => (one as HTMLDetailsElement).open));
    await edit({ batchSize: 500, rate: "0", again: "resume" });
    await open(UPLOAD);
    assert.deepEqual(await folds(), [false, false]);
    await edit({ batchSize: 500, again: "skip" });
    await open(UPLOAD);
    assert.deepEqual(await folds(), [false, true]);
  });

  it("shows only what the chosen source and expiry need", async () => {
    await edit({}, [UPLOAD, "webitel-agents"]);
    await open(UPLOAD);
    const shown = (selector: string): Promise<boolean> => page.locator(selector).isVisible();
    assert.deepEqual(
      [await shown(".cc-file"), await shown("#node-input-separator"), await shown(".cc-expiry-duration")],
      [false, false, false],
    );
    await page.locator("#node-input-source").selectOption("file");
    await page.locator("#node-input-expiry").selectOption("duration");
    assert.deepEqual(
      [await shown(".cc-file"), await shown("#node-input-separator"), await shown(".cc-expiry-duration")],
      [true, true, true],
    );
    await close("cancel");
    await open("webitel-agents");
    await page.locator("#node-input-operation").selectOption("get");
    assert.deepEqual(
      [await shown("[data-when='operation=get']"), await shown("[data-when='operation=list']")],
      [true, false],
    );
    await close("cancel");
  });
});

describe("editor: Webitel connection", function () {
  this.timeout(120_000);
  it("is tested from its dialog by reading one agent", async () => {
    const simulator = await startWebitelSimulator();
    const red = await NodeRed.start({
      flows: [tab(), connection(simulator.url), node("upload", UPLOAD, { connection: "webitel" })],
    });
    const editor = await Editor.open(red);
    const outcome = async (): Promise<string> => {
      await editor.page.click("#cc-test");
      await editor.page.waitForSelector("#cc-test-outcome .fa-times, #cc-test-outcome .fa-check-circle");
      return editor.page.locator("#cc-test-outcome").innerText();
    };
    try {
      await editor.edit("webitel");
      assert.match(
        await outcome(),
        /Its agents can be read\.[^]*Its queues can be read\.[^]*Webitel answers, the token fits and may read/,
      );
      await editor.cancel();
      await editor.edit("upload");
      await editor.page.locator(".red-ui-typedInput-container input").first().focus();
      const offered = await editor.page
        .locator("#cc-ids-queues option")
        .evaluateAll((all) => all.map((option) => (option as HTMLOptionElement).value));
      assert.deepEqual(
        offered,
        simulator.store.queues.map(({ id }) => id),
      );
      await editor.cancel();
      await editor.edit("webitel");
      await editor.fill({ token: "wrong" });
      assert.equal(await editor.page.locator("#cc-test-outcome").innerText(), "");
      assert.match(await outcome(), /refused the credentials/);
      assert.deepEqual(editor.faults, []);
    } finally {
      await editor.close();
      await red.stop();
      await simulator.close();
    }
  });
});
