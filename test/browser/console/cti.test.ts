/** The CTI Broker's panel on the console page, used by mouse. */
import assert from "node:assert/strict";
import type { Browser, Page } from "playwright-core";
import { type CtiSimulator, DEMO_AGENTS, startCtiSimulator } from "../../../simulators/cti/simulator.js";
import { type Console, startConsole } from "../../../simulators/console/server.js";
import { launchChromium } from "../../support/chromium.js";
import { until } from "../../support/wait.js";

const [ANNA, BART] = DEMO_AGENTS;

describe("console page: CTI Broker", () => {
  let broker: CtiSimulator;
  let server: Console;
  let browser: Browser;
  let page: Page;
  const problems: string[] = [];

  before(async () => {
    [broker, browser] = await Promise.all([startCtiSimulator(), launchChromium()]);
    server = await startConsole({ simulators: [broker], links: [] });
    page = await browser.newPage();
    page.on("pageerror", (error) => problems.push(error.message));
    await page.goto(`${server.url}/#cti`);
  });
  after(async () => {
    await browser.close();
    await server.close();
    await broker.close();
    assert.deepEqual(problems, []);
  });
  const button = (name: string): Promise<void> => page.getByRole("button", { name, exact: true }).first().click();

  it("logs an agent in and out", async () => {
    await button("log in anna.berg");
    await page.getByText("logged in").waitFor();
    assert.equal(broker.switchboard.agent(ANNA)?.loggedIn, true);
    await button("log out anna.berg");
    await until("the log-out", () => broker.switchboard.agent(ANNA)?.loggedIn === false);
  });

  it("rings, answers, holds, takes back, transfers both ways and hangs up", async () => {
    const place = (): string => `${broker.switchboard.list()[0]?.place} ${broker.switchboard.list()[0]?.agent}`;
    for (const [press, expected] of [
      ["Ring", `hunting ${ANNA}`],
      ["answer", `connected ${ANNA}`],
      ["hold", `held ${ANNA}`],
      ["take back", `connected ${ANNA}`],
      ["transfer that fails", `connected ${ANNA}`],
      ["transfer", `connected ${BART}`],
      // To whom the call is with it cannot go: somebody else is chosen by then.
      ["transfer", `connected ${ANNA}`],
      ["hang up", `ended ${ANNA}`],
    ] as const) {
      await button(press);
      await until(`${press}: ${expected}`, () => place() === expected);
      // The choice follows the event that the page gets.
      const agent = expected.split(" ")[1] ?? "";
      await page
        .locator("[data-call]", { hasText: agent.replace(/^sip:|@.*$/g, "") })
        .first()
        .waitFor();
    }
    // No call can be transferred any more.
    await page.getByLabel("Transfer to").waitFor({ state: "hidden" });
  });

  it("lists what was registered, and forgets it on request", async () => {
    broker.deliveries.subscribe(ANNA, `${server.url}/nowhere?key=secret`);
    broker.switchboard.ring(ANNA, "+31201234567");
    await page.getByText("/nowhere?key=***").waitFor();
    await page.locator(".badge.bad", { hasText: /^4\d\d$/ }).waitFor();
    await button("Forget them all");
    await until("nothing registered", () => broker.state().subscriptions.length === 0);
  });

  it("opens an event as it was posted, and says who rings though logged out", async () => {
    broker.deliveries.subscribe(ANNA, `${server.url}/nowhere`);
    const { id } = broker.switchboard.ring(ANNA, "+31201234567");
    const event = page.locator("tr", { hasText: "Hunting" }).filter({ hasText: id.slice(0, 8) });
    await event.locator("summary").click();
    await event.locator("pre", { hasText: id }).waitFor();
    const hint = page.getByText("Logged out: rings here all the same.");
    await hint.waitFor();
    broker.switchboard.login(ANNA);
    await hint.waitFor({ state: "hidden" });
  });

  it("shows the calls below the phone where there is one column", async () => {
    const heads = (): Promise<string[]> => page.locator("#panel-cti .card h3").allTextContents();
    const wide = await heads();
    await page.setViewportSize({ width: 720, height: 900 });
    await until("one column", async () => (await heads()).slice(0, 2).join() === "Ring an agent,Calls");
    await page.setViewportSize({ width: 1280, height: 720 });
    await until("two columns", async () => (await heads()).join() === wide.join());
  });

  it("sets what goes wrong", async () => {
    await page.getByLabel("Refuse the next").fill("2");
    await page.getByLabel("Answer after (ms)").fill("5");
    await button("Apply");
    await until("the faults", () => broker.faults.refuse === 2 && broker.faults.slowMs === 5);
    await page.getByLabel("Enumerations in events").selectOption("name");
    await until("the style", () => broker.state().enumStyle === "name");
  });
});
