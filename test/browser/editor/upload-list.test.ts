/** A list loader's afternoon in Chromium: a damaged list is previewed, loaded, its refused rows corrected and loaded again. */
import assert from "node:assert/strict";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Browser, Page } from "playwright-core";
import type { Report } from "../../../lib/webitel/upload/report.js";
import { startWebitelSimulator, type WebitelSimulator } from "../../../simulators/webitel/simulator.js";
import { launchChromium } from "../../support/chromium.js";
import { NodeRed } from "../../support/node-red.js";
import { until } from "../../support/wait.js";
import { encoded } from "../../support/webitel/encode.js";
import { start, uploadFlow } from "../../support/webitel/flow.js";

const LIST = [
  "Ім'я;Телефон;Борг",
  "Олена Їжак;050 111-22-01;120,50",
  "Борис;3,80501E+11;10",
  '"Ганна;+380501112203;20',
  "Дмитро;н/д;30",
  "Єва;+380501112205;40",
  "",
].join("\r\n");

describe("a list in windows-1251 with damaged rows", () => {
  let red: NodeRed;
  let simulator: WebitelSimulator;
  let browser: Browser;
  let page: Page;
  const problems: string[] = [];

  before(async () => {
    simulator = await startWebitelSimulator();
    red = await NodeRed.start();
    browser = await launchChromium();
    page = await (await browser.newContext({ viewport: { width: 1400, height: 1000 } })).newPage();
    page.on("pageerror", (error) => problems.push(error.message));
  });
  after(async () => {
    await browser.close();
    await red.stop();
    await simulator.close();
  });

  const preview = (): Promise<string> => page.locator("#cc-preview").innerText();
  const sample = (name: string, buffer: Buffer): Promise<void> =>
    page.locator("#cc-sample-input").setInputFiles({ name, mimeType: "text/csv", buffer });
  const load = async (filename: string): Promise<Report> => {
    red.forget();
    await start(red.url, { filename });
    return (await red.message("report"))["payload"] as Report;
  };

  it("is chosen, shown, loaded, corrected and loaded again, and the queue is right", async () => {
    const folder = join(red.userDir, "lists");
    mkdirSync(folder);
    const file = join(folder, "борг.csv");
    const rejectsFile = join(folder, "rejected.csv");
    writeFileSync(file, encoded(LIST, "windows-1251"));
    const flow = uploadFlow(simulator.url, { source: "file", filename: "", mapping: [] });
    await red.deploy(flow.map((each) => (each.id === "up" ? { ...each, x: 400, y: 300 } : each)));
    await page.goto(red.url);
    await page.locator('[id="up"]').dblclick();
    await page.locator("#node-dialog-ok").click({ trial: true });

    await sample("list.xlsx", Buffer.from("PK\u0003\u0004"));
    await until("what the workbook is", async () => (await preview()).includes("Excel workbook"));
    await sample("борг.csv", readFileSync(file));
    await until("the first member", async () => (await preview()).includes("Олена Їжак"));
    assert.match(await preview(), /"destination": "050 111-22-01"/);
    assert.match(await preview(), /"Борг": "120,50"/);
    await page.locator("#node-input-country").fill("UA");
    await until("what becomes of national numbers", async () =>
      (await preview()).includes("national ones of UA E.164"),
    );
    await page
      .locator("#node-input-rejectsFile")
      .locator("xpath=..")
      .locator("input:visible")
      .first()
      .fill(rejectsFile);
    await page.locator("#cc-preview").scrollIntoViewIfNeeded();
    if (process.env["CC_PICTURES"])
      await page.screenshot({ path: join(process.env["CC_PICTURES"], "upload-list.png") });
    await page.locator("#node-dialog-ok").click();
    await page.locator(".red-ui-tray").waitFor({ state: "detached" });
    const before = red.startedFlows();
    await page.locator("#red-ui-header-button-deploy").click();
    await until("the deploy to start flows", () => red.startedFlows() > before);

    const first = await load(file);
    assert.deepEqual([first.total, first.accepted, first.rejected], [5, 2, 3]);
    const refused = readFileSync(rejectsFile, "utf8");
    const lines = refused.trim().split("\r\n");
    assert.equal(lines[0], "Ім'я;Телефон;Борг;reason");
    assert.deepEqual(
      lines.slice(1).map((line) => line.split(";")[0]),
      ["Борис", '"Ганна', "Дмитро"],
    );

    const corrected = join(folder, "corrected.csv");
    writeFileSync(
      corrected,
      refused.replace("3,80501E+11", "+380501112202").replace('"Ганна', "Ганна").replace("н/д", "0501112204"),
    );
    const second = await load(corrected);
    assert.deepEqual([second.total, second.accepted, second.rejected], [3, 3, 0]);
    assert.deepEqual(
      simulator.store
        .queue("10")
        ?.members.map(({ name, communications, variables }) => [
          name,
          communications[0]?.destination,
          variables?.["Борг"],
        ]),
      [
        ["Олена Їжак", "+380501112201", "120,50"],
        ["Єва", "+380501112205", "40"],
        ["Борис", "+380501112202", "10"],
        ["Ганна", "+380501112203", "20"],
        ["Дмитро", "+380501112204", "30"],
      ],
    );
    assert.deepEqual(problems, []);
  });
});
