/**
 * Makes the README's pictures, `docs/console.png` and `docs/flow.png`, from what `npm start` really shows.
 * Run `npm run build` first; then `npx tsx scripts/pictures.ts`. It needs Chromium and `pngquant` (apt has both): the
 * pictures are in the package, and a palette makes them a third as large.
 */
import { execFileSync, spawn } from "node:child_process";
import { join, resolve } from "node:path";
import type { Page } from "playwright-core";
import { SIMULATORS } from "../simulators/all.js";
import { launchChromium } from "../test/support/chromium.js";
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

async function pictures(): Promise<void> {
  const demo = spawn(
    process.execPath,
    [join(root, "dist/demo/start.js"), ...ports.flatMap((name) => [`--${name}`, "0"])],
    { stdio: ["ignore", "pipe", "inherit"] },
  );
  let output = "";
  demo.stdout.setEncoding("utf8").on("data", (text: string) => (output += text));
  const address = (label: string): Promise<string> =>
    until(label, () => new RegExp(`^${label}: +(\\S+)$`, "m").exec(output)?.[1]);
  const browser = await launchChromium();
  try {
    await consolePicture(await browser.newPage({ viewport: { width: 1280, height: 880 } }), await address("Console"));
    await flowPicture(await browser.newPage({ viewport: { width: 1280, height: 640 } }), await address("Editor"));
  } finally {
    await browser.close();
    demo.kill("SIGINT");
  }
}

void pictures();
