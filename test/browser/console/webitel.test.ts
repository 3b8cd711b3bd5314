/** Webitel's panel on the console page, used by mouse. */
import assert from "node:assert/strict";
import { startConsole } from "../../../simulators/console/server.js";
import { startWebitelSimulator } from "../../../simulators/webitel/simulator.js";
import { cannedWebhook } from "../../support/canned-webhook.js";
import { launchChromium } from "../../support/chromium.js";

describe("console page: Webitel", () => {
  it("asks the look-up, lets the dialer call, searches a queue", async () => {
    const hook = await cannedWebhook({ status: 200, body: { found: true, name: "Contoso Oy" } });
    const simulator = await startWebitelSimulator({ hooks: { lookupUrl: hook.url, eventUrl: hook.url } });
    const queue = simulator.store.queue("10");
    if (queue)
      simulator.store.insert(
        queue,
        ["Anna", "Olena"].map((name, at) => ({
          name,
          communications: [{ destination: `+38044111223${at}`, type: { id: "1" } }],
        })),
      );
    const server = await startConsole({ simulators: [simulator], links: [] });
    const browser = await launchChromium();
    const problems: string[] = [];
    try {
      const page = await browser.newPage();
      page.on("pageerror", (error) => problems.push(error.message));
      await page.goto(`${server.url}/#webitel`);
      const panel = page.locator("#panel-webitel");
      await panel.getByRole("button", { name: "Ask the flow" }).click();
      await panel.getByText("Contoso Oy").first().waitFor();
      await panel.getByRole("button", { name: "Offer the next member" }).click();
      await panel.getByText("offering").waitFor();
      await panel.getByRole("button", { name: "Agent answers" }).click();
      await panel.getByText("bridged").waitFor();
      assert.deepEqual(
        hook.asked.slice(1).map(({ text }) => (JSON.parse(text) as { event: string }).event),
        ["offering", "bridged"],
      );
      await panel.getByText("1 not called yet").waitFor();
      await panel.getByPlaceholder("name or number").fill("olen");
      await panel.getByRole("button", { name: "Search" }).click();
      await panel.getByText("1 found").waitFor();
      await panel.getByRole("button", { name: "Empty the queue" }).click();
      await panel.getByText("Nobody is in this queue").waitFor();
      assert.deepEqual(problems, []);
    } finally {
      await browser.close();
      await server.close();
      await simulator.close();
      await hook.close();
    }
  });
});
