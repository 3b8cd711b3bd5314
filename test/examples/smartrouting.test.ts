/** Each SmartRouting example, rung by the simulator on a real Node-RED. */
import assert from "node:assert/strict";
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Conversation } from "../../simulators/caller/conversation.js";
import { readExamples } from "../../demo/examples.js";
import { DEMO_WEBHOOKS } from "../../simulators/smartrouting/demo.js";
import { type SmartRoutingSimulator, startSmartRoutingSimulator } from "../../simulators/smartrouting/simulator.js";
import { exampleFlows, pressButton, StandIns } from "../support/examples.js";
import { statusProbe } from "../support/flow.js";
import { type FlowNode, freePort, makeUserDir, NodeRed } from "../support/node-red.js";
import { until } from "../support/wait.js";

const VIP = "+358401112233";
const TEAM = "+358401112244";
const STRANGER = "+358409998877";
/** What is used of date-holidays. */
const CALENDAR = `module.exports = class {
  getHolidays(year) { return [{ date: year + "-12-25 00:00:00", name: "joulupäivä", type: "public" }]; }
};`;


describe("SmartRouting examples rung by the simulator", () => {
  const laidOut = exampleFlows(readExamples().filter(({ vendor }) => vendor === "smartrouting"));
  // The node that needs a module is disabled in the file: the module is in this user directory.
  const flows: FlowNode[] = laidOut.map((node) => (node["name"] === "Public holidays" ? { ...node, d: false } : node));
  for (const each of statusProbe([idOf("Within hours?")], "badge")) flows.push({ ...each, z: "cc-smartrouting" });
  const userDir = makeUserDir();
  let port: number;
  let standIns: StandIns;
  let red: NodeRed;
  let enreach: SmartRoutingSimulator;

  before(async () => {
    addModule("date-holidays", CALENDAR);
    port = await freePort();
    standIns = await StandIns.start(port);
    red = await start();
    enreach = await startSmartRoutingSimulator();
  });
  after(async () => {
    await enreach.close();
    await red.stop();
    await standIns.close();
    rmSync(userDir, { recursive: true, force: true });
  });

  /** Node-RED in the same user directory, as after a restart. */
  function start(settings = ""): Promise<NodeRed> {
    return NodeRed.start({ port, flows, userDir, settings, env: { CC_NODE_RED_URL: standIns.url } });
  }
  /** A package in the user directory, as `npm install` puts it there. */
  function addModule(name: string, source: string): void {
    const folder = join(userDir, "node_modules", name);
    mkdirSync(folder);
    writeFileSync(join(folder, "package.json"), JSON.stringify({ name, version: "1.0.0" }));
    writeFileSync(join(folder, "index.js"), source);
    const file = join(userDir, "package.json");
    const manifest = JSON.parse(readFileSync(file, "utf8")) as { dependencies: Record<string, string> };
    writeFileSync(file, JSON.stringify({ ...manifest, dependencies: { ...manifest.dependencies, [name]: "1.0.0" } }));
  }
  function idOf(name: string): string {
    return laidOut.find((node) => node["name"] === name)?.id ?? "";
  }

  /** Rings an example's webhook; gives where the call went. */
  async function route(path: string, from: string): Promise<Conversation> {
    const call = await enreach.ring({ url: `${red.url}${path}`, from, to: "+358942000100" });
    return call.conversation();
  }
  const button = (name: string): Promise<void> => pressButton(red, flows, name);

  it("are those that the phone offers", () => {
    assert.deepEqual(
      flows.filter(({ type }) => type === "smartrouting-in").map(({ url }) => url),
      DEMO_WEBHOOKS.map(({ path }) => path),
    );
  });

  it("01 sends VIP callers to their own queue, and all others as always", async () => {
    assert.equal(
      (await route("/smartrouting/vip", VIP)).place,
      "to queue VIP service (+358942000200); queue priority + 500",
    );
    assert.equal(
      (await route("/smartrouting/vip", TEAM)).place,
      "to queue VIP service (+358942000200); queue priority + 500",
    );
    for (const other of [STRANGER, ""]) {
      const call = await route("/smartrouting/vip", other);
      assert.equal(call.place, "default routing: queue Sales (+358942000100)");
      assert.equal(call.steps[0]?.exchange?.answer?.status, 204);
    }
  });

  it("02 speaks and hangs up outside opening hours, by the clock of the stated zone", async () => {
    await button("Pretend: Sunday 3:00");
    const closed = await until("the closed answer", async () => {
      const call = await route("/smartrouting/opening-hours", STRANGER);
      return call.ended ? call : undefined;
    });
    assert.match(closed.steps[1]?.title ?? "", /^the caller hears: Our office is open/);
    assert.equal(closed.place, "ended by the flow");
    await button("Pretend: Wednesday 10:00");
    const open = await until("the open answer", async () => {
      const call = await route("/smartrouting/opening-hours", STRANGER);
      return call.ended ? undefined : call;
    });
    assert.equal(open.place, "default routing: queue Sales (+358942000100)");
  });

  it("03 asks the CRM for required and preferred agents", async () => {
    assert.equal(
      (await route("/smartrouting/agents", VIP)).place,
      "to queue Support (+358942000300); one named agent required: agent Anna Berg (anna.berg@contoso.example)",
    );
    assert.equal(
      (await route("/smartrouting/agents", TEAM)).place,
      "to queue Support (+358942000300); preferred: agent Anna Berg (anna.berg@contoso.example), agent Omar Haddad (omar.haddad@contoso.example)",
    );
    for (const other of [STRANGER, ""])
      assert.equal(
        (await route("/smartrouting/agents", other)).place,
        "default routing: queue Sales (+358942000100)",
      );
  });

  it("03 changes nothing when the CRM fails, or answers what is no customer", async () => {
    for (const [status, body] of [
      [500, '{"queue":"+358942000300"}'],
      [200, "null"],
      [200, "[]"],
      [200, "<html>Log in</html>"],
    ] as const)
      await standIns.failing(status, body, async () => {
        const call = await route("/smartrouting/agents", VIP);
        assert.equal(call.place, "default routing: queue Sales (+358942000100)", body);
        assert.ok((call.steps[0]?.exchange?.ms ?? Infinity) < 3000, body);
      });
  });

  it("04 answers in time though the CRM is slow, and counts the call", async () => {
    const call = await route("/smartrouting/slow-crm", VIP);
    assert.equal(call.place, "default routing: queue Sales (+358942000100)");
    const notes = call.steps.at(-1)?.notes.map(({ text }) => text) ?? [];
    assert.match(
      notes.find((text) => text.startsWith("It took")) ?? "",
      /^It took 1\.[5-8] s: most likely the in node's own answer at its deadline/,
    );
    const { ms = 0, answer } = call.steps[0]?.exchange ?? {};
    assert.equal(answer?.status, 204);
    assert.ok(ms >= 1450 && ms < 1900, `${ms} ms`);
    const tab = flows.find(({ type, id }) => type === "tab" && id === "cc-smartrouting")?.id;
    await until("the count", async () => {
      const text = await (await fetch(`${red.adminUrl}/context/flow/${tab}/missedBySlowCrm`)).text();
      return text.includes('"1"');
    });
    await until("the warning of a late answer", () =>
      red.log.some((line) => line.includes("This call was already answered")),
    );
  });

  it("05 greets in two languages, by the culture of the call, and puts the call first in a queue", async () => {
    for (const [culture, greeting] of [
      ["fi-FI", "Kiitos soitostasi. Thank you for calling."],
      ["en-GB", "Thank you for calling. Kiitos soitostasi."],
    ] as const) {
      const call = enreach.ring({
        url: `${red.url}/smartrouting/faults`,
        from: STRANGER,
        to: "+358942000100",
        parameters: { Culture: culture },
      });
      const conversation = (await call).conversation();
      assert.equal(conversation.place, "to queue Support (b6d3f7f0-8a41-4c0e-8c1e-0e7b7d4a2c32); priority 9000");
      assert.ok(conversation.steps.some(({ title }) => title === `the caller hears: ${greeting}`));
    }
  });

  describe("06", () => {
    const HOURS = "/smartrouting/hours";
    const OPEN = "default routing: queue Sales (+358942000100)";
    /** What the caller hears; undefined when the call is routed as always. */
    const heard = async (): Promise<string | undefined> => {
      const { ended, place, steps } = await route(HOURS, STRANGER);
      if (!ended) assert.equal(place, OPEN);
      return ended ? steps[1]?.title : undefined;
    };
    const until06 = (what: string, fits: (said: string | undefined) => boolean): Promise<true> =>
      until(what, async () => fits(await heard()) || undefined);
    const badge = (text: string): Promise<unknown> =>
      red.message("badge", ({ status }) => (status as { text?: string }).text === text);

    it("keeps to hours and holidays, and closes in an emergency", async () => {
      await button("Clock: Wednesday 10:00");
      await until06("open hours", (said) => said === undefined);
      await badge("no holiday");
      await button("Clock: Christmas Day");
      await until06("the holiday", (said) => said?.startsWith("the caller hears: Our office is closed now") === true);
      await badge("joulupäivä");
      await button("Clock: Wednesday 10:00");
      await until06("open hours", (said) => said === undefined);
      await button("Emergency: close now");
      await until06("the emergency", (said) => said?.startsWith("the caller hears: Because of an emergency") === true);
      assert.deepEqual(red.messages("Hours or switch"), [], "a file that is not there yet is no failure");
    });

    it("keeps the emergency over a restart, and the weekly hours where modules are not allowed", async () => {
      const file = join(userDir, "contact-center-emergency.txt");
      await until("the file", () => existsSync(file) && readFileSync(file, "utf8") === "closed");
      await red.stop();
      red = await start("functionExternalModules: false,");
      await until06("the emergency", (said) => said?.startsWith("the caller hears: Because of an emergency") === true);
      await button("The emergency is over");
      await button("Clock: Wednesday 10:00");
      await until06("open hours", (said) => said === undefined);
      await badge("weekly hours only");
      await red.logged("Function node not allowed to load external modules");
    });
  });
});
