/**
 * Makes the pictures of README and docs, `docs/*.png`, from what `npm start` and the sidebar really show.
 * Run `npm run build` first; then `npx tsx scripts/pictures.ts [name...]`, such as `recorder`; all without names. It needs
 * Chromium and `pngquant` (apt has both): a palette makes the pictures a third as large.
 */
import { execFileSync, spawn } from "node:child_process";
import { cpSync, mkdirSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { join, resolve } from "node:path";
import type { Browser, Page } from "playwright-core";
import { SIMULATORS } from "../simulators/all.js";
import { launchChromium } from "../test/support/chromium.js";
import { type FlowNode, makeUserDir, NodeRed } from "../test/support/node-red.js";
import { until } from "../test/support/wait.js";

const root = resolve(__dirname, "..");
const ports = [
  "port",
  "console-port",
  ...SIMULATORS.filter(({ listens }) => listens).map(({ name }) => `${name}-port`),
];

async function save(page: Page, path: string): Promise<void> {
  const input = await page.screenshot();
  const options = ["24", "--speed", "1", "--nofs", "--output", join(root, path), "--force", "-"];
  execFileSync("pngquant", options, { input });
}

/** A caller who mistypes his number once: the whole walk through the first Voicenter example. */
async function consolePicture(page: Page, address: string): Promise<void> {
  await page.goto(`${address}#voicenter`);
  const panel = page.locator("#panel-voicenter");
  await panel.getByRole("button", { name: "Ring", exact: true }).click();
  for (const [layer, digits] of [
    ["layer 1", "4711"],
    ["layer 2", "0471"],
  ] as const) {
    await panel.locator(".display", { hasText: layer }).waitFor();
    for (const key of digits) await page.keyboard.press(key);
  }
  await panel.locator(".title", { hasText: "waits in queue" }).waitFor();
  await save(page, "docs/console.png");
}

async function flowPicture(page: Page, address: string): Promise<void> {
  await page.goto(`${address}#flow/cc-smartrouting`);
  await page.locator(".red-ui-flow-node-group").first().waitFor();
  await page.locator('.red-ui-palette-node[data-palette-type="smartrouting-in"]').waitFor();
  await page.locator("#red-ui-palette-search input").pressSequentially("smartrouting");
  await page.locator('.red-ui-palette-node[data-palette-type="inject"]').waitFor({ state: "hidden" });
  // A trial click waits until the palette has come to rest.
  await page.locator('.red-ui-palette-node[data-palette-type="smartrouting-in"]').click({ trial: true });
  // What the mouse is on has a coloured edge.
  await page.mouse.move(640, 440);
  await page.locator("#red-ui-loading-progress").waitFor({ state: "hidden" });
  await save(page, "docs/flow.png");
}

/** What the pictures need of the editor's global. */
interface EditorGlobal {
  RED: {
    actions: { invoke(action: string): void };
    nodes: { node(id: string): { extraPriority: string }; dirty(isDirty: boolean): void };
  };
}

async function openSidebar(page: Page): Promise<void> {
  await page.locator(".red-ui-flow-node-group").first().waitFor();
  await page.locator("#red-ui-loading-progress").waitFor({ state: "hidden" });
  await page.evaluate(() => (window as unknown as EditorGlobal).RED.actions.invoke("contact-center:show-recorder"));
}

/** A call whose flow asks a CRM: its way, and what its caller got. */
async function recorderPicture(page: Page, address: string, webhook: string): Promise<void> {
  await page.goto(`${address}#flow/cc-smartrouting`);
  await openSidebar(page);
  await page.evaluate(() => (window as unknown as EditorGlobal).RED.actions.invoke("core:toggle-palette"));
  const body = JSON.stringify({ anum: "+358401112233", bnum: "+358942000100", targetid: "SALES_QUEUE" });
  await fetch(new URL("/smartrouting/agents", webhook), {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body,
  });
  await page.locator(".cc-recorder-run").first().click();
  // In the middle of the way, so that all of it is to be seen.
  await page.locator(".cc-recorder-steps > li").nth(2).click();
  await page.locator(".cc-recorder-here").first().waitFor();
  await page.mouse.move(640, 10);
  // The editor lets the node that it reveals blink for a while.
  await page.locator(".red-ui-flow-node-highlighted").waitFor({ state: "detached" });
  await save(page, "docs/recorder.png");
}

/** The first SmartRouting example and its scenarios, after somebody has changed a priority and not deployed it yet. */
async function scenariosPicture(browser: Browser): Promise<void> {
  const file = readdirSync(join(root, "examples/smartrouting")).find((name) => name.startsWith("01")) ?? "";
  const userDir = makeUserDir();
  mkdirSync(join(userDir, "scenarios"));
  cpSync(join(root, "scenarios/smartrouting", file), join(userDir, "scenarios/vip.json"));
  const flows = JSON.parse(readFileSync(join(root, "examples/smartrouting", file), "utf8")) as FlowNode[];
  const tab = { id: "tab", type: "tab", label: "Calls", disabled: false, info: "", env: [] };
  const red = await NodeRed.start({ userDir, flows: [tab, ...flows.map((node) => ({ ...node, z: "tab" }))] });
  try {
    const page = await browser.newPage({ viewport: { width: 1280, height: 560 } });
    await page.goto(red.url);
    await openSidebar(page);
    await page.evaluate(() => {
      const { RED } = window as unknown as EditorGlobal;
      RED.nodes.node("smartrouting-01-3").extraPriority = "50";
      RED.nodes.dirty(true);
    });
    const sidebar = page.locator(".cc-recorder");
    await sidebar.getByRole("button", { name: "Scenarios", exact: true }).click();
    await sidebar.getByRole("button", { name: "Run all" }).click();
    await sidebar.getByText(/ s, Node-RED /).waitFor({ timeout: 60_000 });
    await page.mouse.move(640, 10);
    await save(page, "docs/scenarios.png");
  } finally {
    await red.stop();
    rmSync(userDir, { recursive: true, force: true });
  }
}

async function demoPictures(browser: Browser, isAsked: (name: string) => boolean): Promise<void> {
  const demo = spawn(
    process.execPath,
    [join(root, "dist/demo/start.js"), ...ports.flatMap((name) => [`--${name}`, "0"])],
    { stdio: ["ignore", "pipe", "inherit"] },
  );
  let output = "";
  demo.stdout.setEncoding("utf8").on("data", (text: string) => (output += text));
  const address = (label: string): Promise<string> =>
    until(label, () => new RegExp(`^${label}: +(\\S+)$`, "m").exec(output)?.[1], 30_000);
  const page = (width: number, height: number): Promise<Page> => browser.newPage({ viewport: { width, height } });
  try {
    if (isAsked("console")) await consolePicture(await page(1280, 880), await address("Console"));
    if (isAsked("flow")) await flowPicture(await page(1280, 640), await address("Editor"));
    if (isAsked("recorder"))
      await recorderPicture(await page(1380, 640), await address("Editor"), await address("SmartRouting webhook"));
  } finally {
    demo.kill("SIGINT");
  }
}

async function pictures(): Promise<void> {
  const asked = process.argv.slice(2);
  const isAsked = (name: string): boolean => asked.length === 0 || asked.includes(name);
  const browser = await launchChromium();
  try {
    if (["console", "flow", "recorder"].some(isAsked)) await demoPictures(browser, isAsked);
    if (isAsked("scenarios")) await scenariosPicture(browser);
  } finally {
    await browser.close();
  }
}

void pictures();
