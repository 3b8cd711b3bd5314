/** Each Voicenter example, rung by the simulator on a real Node-RED. */
import assert from "node:assert/strict";
import { readExamples } from "../../demo/examples.js";
import { DEMO_PATHS, demoIvrs } from "../../simulators/voicenter/demo.js";
import { startVoicenterSimulator, type VoicenterSimulator } from "../../simulators/voicenter/simulator.js";
import type { IvrConversation, Phase } from "../../simulators/voicenter/state.js";
import { exampleFlows, pressButton } from "../support/examples.js";
import { freePort, NodeRed } from "../support/node-red.js";
import { runAction } from "../support/run-action.js";
import { until } from "../support/wait.js";

describe("Voicenter examples rung by the simulator", () => {
  const flows = exampleFlows(readExamples().filter(({ vendor }) => vendor === "voicenter"));
  let red: NodeRed;
  let voicenter: VoicenterSimulator;

  before(async () => {
    const port = await freePort();
    const url = `http://127.0.0.1:${port}`;
    red = await NodeRed.start({ port, flows, env: { CC_NODE_RED_URL: url } });
    voicenter = await startVoicenterSimulator({ ivrs: demoIvrs(url), secondMs: 50 });
  });
  after(async () => {
    await voicenter.close();
    await red.stop();
  });

  const button = (name: string): Promise<void> => pressButton(red, flows, name);
  const ring = (did: string): IvrConversation => voicenter.ring({ did, from: "0500000002" }).conversation();
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

  it("are those that the phone offers", () => {
    assert.deepEqual(
      flows.filter(({ type }) => type === "voicenter-layer-in").map(({ url }) => url),
      Object.values(DEMO_PATHS),
    );
  });

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
