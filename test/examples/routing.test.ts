/** Each SmartRouting and Voicenter example, rung by the simulators on a real Node-RED. */
import assert from "node:assert/strict";
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Conversation } from "../../simulators/caller/conversation.js";
import { readExamples } from "../../demo/examples.js";
import { DEMO_WEBHOOKS } from "../../simulators/smartrouting/demo.js";
import { type SmartRoutingSimulator, startSmartRoutingSimulator } from "../../simulators/smartrouting/simulator.js";
import { DEMO_PATHS, demoIvrs } from "../../simulators/voicenter/demo.js";
import { startVoicenterSimulator, type VoicenterSimulator } from "../../simulators/voicenter/simulator.js";
import type { IvrConversation, Phase } from "../../simulators/voicenter/state.js";
import { exampleFlows, pressButton, StandIns } from "../support/examples.js";
import { statusProbe } from "../support/flow.js";
import { type FlowNode, freePort, makeUserDir, NodeRed } from "../support/node-red.js";
import { runAction } from "../support/run-action.js";
import { until } from "../support/wait.js";

const VIP = "+358401112233";
const TEAM = "+358401112244";
const STRANGER = "+358409998877";
/** What is used of date-holidays. */
const CALENDAR = `module.exports = class {
  getHolidays(year) { return [{ date: year + "-12-25 00:00:00", name: "joulupäivä", type: "public" }]; }
};`;

describe("examples rung by the simulators", () => {
  const laidOut = exampleFlows(
    readExamples().filter(({ vendor }) => vendor === "smartrouting" || vendor === "voicenter"),
  );
  // The node that needs a module is disabled in the file: the module is in this user directory.
  const flows: FlowNode[] = laidOut.map((node) => (node["name"] === "Public holidays" ? { ...node, d: false } : node));
  for (const each of statusProbe([idOf("Within hours?")], "badge"))
    flows.push({ ...each, z: "cc-smartrouting" });
  const userDir = makeUserDir();
  let port: number;
  let standIns: StandIns;
  let red: NodeRed;
  let enreach: SmartRoutingSimulator;
  let voicenter: VoicenterSimulator;

  before(async () => {
    addModule("date-holidays", CALENDAR);
    port = await freePort();
    const url = `http://127.0.0.1:${port}`;
    standIns = await StandIns.start(port);
    red = await start();
    enreach = await startSmartRoutingSimulator();
    voicenter = await startVoicenterSimulator({ ivrs: demoIvrs(url), secondMs: 50 });
  });
  after(async () => {
    await enreach.close();
    await voicenter.close();
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
  function now({ id }: { id: string }): IvrConversation {
    return voicenter.state().calls.find((call) => call.id === id) as IvrConversation;
  }
  async function phase(call: { id: string }, kind: Phase["kind"]): Promise<IvrConversation> {
    await until(`the call to be ${kind}`, () => now(call).phase.kind === kind);
    return now(call);
  }
  async function layer(call: { id: string }, number: number): Promise<void> {
    await until(`layer ${number}`, () => now(call).place.startsWith(`layer ${number}:`));
  }
  function type(call: { id: string }, digits: string): void {
    for (const key of digits) runAction(voicenter, "press", { id: call.id, key });
  }

  it("are those that the phones offer", () => {
    const urls = (type: string): unknown[] => flows.filter((node) => node.type === type).map((node) => node["url"]);
    assert.deepEqual(
      urls("smartrouting-in"),
      DEMO_WEBHOOKS.map(({ path }) => path),
    );
    assert.deepEqual(urls("voicenter-layer-in"), Object.values(DEMO_PATHS));
  });

  it("stand in the editor's import menu", async () => {
    const menu = `${red.adminUrl}/library/examples/flows/@contact-center/node-red-contrib-contact-center`;
    for (const { vendor, name, nodes } of readExamples()) {
      const answer = await fetch(`${menu}/${vendor}/${encodeURIComponent(name)}`);
      assert.deepEqual(await answer.json(), nodes, `${vendor}/${name}`);
    }
  });

  describe("SmartRouting", () => {
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
      assert.match(
        call.steps.at(-1)?.notes.at(-1)?.text ?? "",
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
  });

  describe("SmartRouting 06", () => {
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

  describe("Voicenter", () => {
    const ring = (did: string): IvrConversation => voicenter.ring({ did, from: "0500000002" }).conversation();

    it("01 identifies a caller at once, at the second try, or not at all", async () => {
      const known = ring("0720000001");
      await phase(known, "listening");
      type(known, "0471");
      const { place, steps } = await phase(known, "queue");
      assert.equal(place, "in queue Customer service");
      const notes = steps.flatMap((step) => step.notes.map(({ text }) => text));
      assert.ok(
        notes.includes("The phone shows: Amir Cohen") &&
          notes.includes("For pop-up and call log: customer_number = 0471"),
        notes.join(),
      );

      const second = ring("0720000001");
      await phase(second, "listening");
      type(second, "9999");
      await layer(second, 2);
      await phase(second, "listening");
      type(second, "1234");
      assert.equal((await phase(second, "queue")).place, "in queue Customer service");

      const never = ring("0720000001");
      await layer(never, 2);
      assert.equal((await phase(never, "queue")).place, "in queue Reception");
    });

    it("02 reads out an order", async () => {
      const call = ring("0720000002");
      await phase(call, "listening");
      type(call, "00471");
      const { place, steps } = await phase(call, "ended");
      assert.equal(place, "ended by the IVR");
      const said = steps.find(({ title }) => title.startsWith("the caller hears"))?.title;
      assert.equal(
        said,
        "the caller hears: recording your_order.mp3, digits 00471, recording will_arrive_on.mp3, date 2026-12-11, recording number_of_parcels.mp3, number 1",
      );
      const unknown = ring("0720000002");
      await phase(unknown, "listening");
      type(unknown, "99999");
      assert.equal((await phase(unknown, "queue")).place, "in queue Reception");
    });

    it("03 rings the mobile at night only", async () => {
      await button("Pretend: 2:00 at night");
      const night = await until("a call at night", async () => {
        const call = ring("0720000003");
        await until("the answer", () => ["dialing", "queue"].includes(now(call).phase.kind));
        return now(call).phase.kind === "dialing" ? now(call) : undefined;
      });
      assert.deepEqual((night.phase as { targets: unknown }).targets, [{ type: "PHONE", target: "0500000003" }]);
      assert.match(
        night.steps.at(-1)?.notes[0]?.text ?? "",
        /Shows 0720000003, rings 25 s, talks up to 900 s, not recorded/,
      );
      runAction(voicenter, "break", { id: night.id });
      assert.equal((await phase(night, "ended")).place, "ended by the IVR");
      await button("Pretend: 11:00");
      await until("a call by day", async () => {
        const call = ring("0720000003");
        await until("the answer", () => ["dialing", "queue"].includes(now(call).phase.kind));
        return now(call).place === "in queue Customer service";
      });
    });

    it("04 counts the tries, and greets by name in the third layer", async () => {
      const known = ring("0720000004");
      for (const [at, digits] of ["9999", "1234", "2"].entries()) {
        const entered = (): number => now(known).steps.filter(({ title }) => /^layer \d+:/.test(title)).length;
        await until("the next layer to listen", () => entered() === at + 1 && now(known).phase.kind === "listening");
        type(known, digits);
      }
      const { place, steps } = await phase(known, "queue");
      assert.equal(place, "in queue Customer service");
      const titles = steps.map(({ title }) => title);
      assert.ok(
        titles.includes("the caller hears: recording hello_dana.mp3, recording you_have_chosen.mp3, digits 2"),
        titles.join(),
      );
      const notes = steps.flatMap((step) => step.notes.map(({ text }) => text));
      assert.ok(notes.includes("For pop-up and call log: customer = Dana Levi, choice = 2, tries = 2"), notes.join());

      const unknown = ring("0720000004");
      const { place: end, steps: tries } = await phase(unknown, "queue");
      assert.equal(end, "in queue Reception");
      assert.equal(tries.filter(({ title }) => title === "layer 50: Customer number").length, 3);
    });

    it("05 asks again with the words for what went wrong, and gives the call to a person after three tries", async () => {
      const silent = ring("0720000005");
      const { place, steps } = await phase(silent, "queue");
      assert.equal(place, "in queue Reception");
      const layers = steps.map(({ title }) => title).filter((title) => /^layer \d+:/.test(title));
      assert.deepEqual(layers.slice(0, 3), ["layer 60: Menu", "layer 62: Nothing pressed", "layer 62: Nothing pressed"]);
      const notes = steps.flatMap((step) => step.notes.map(({ text }) => text));
      assert.ok(
        notes.includes("For pop-up and call log: menu = the caller pressed nothing, 3 tries"),
        notes.join("\n"),
      );

      const wrong = ring("0720000005");
      await phase(wrong, "listening");
      type(wrong, "7");
      await layer(wrong, 61);
      await phase(wrong, "listening");
      type(wrong, "2");
      assert.equal((await phase(wrong, "queue")).place, "in queue Orders");
    });
  });
});
