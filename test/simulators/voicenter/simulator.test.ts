import assert from "node:assert/strict";
import { runAction } from "../../support/run-action.js";
import { voicenterSetup } from "../../support/voicenter-ivr.js";
import { until } from "../../support/wait.js";

describe("simulators/voicenter: calls", () => {
  const setup = voicenterSetup();
  const { ring, now, answer, titles } = setup;

  it("goes to the fallback layer after the time-out, and does not obey the late answer", async () => {
    let late: (() => void) | undefined;
    setup.webhook.answerWith(
      (response) => (late = () => response.end('{"STATUS":0,"ACTION":"GO_TO_LAYER","LAYER":10}')),
    );
    const call = await ring("queue");
    assert.equal(call.place, "in queue queue 99");
    late?.();
    await until("the late answer", () => now(call).steps.some(({ exchange }) => (exchange?.lateMs ?? 0) >= 300));
    assert.equal(now(call).place, "in queue queue 99");
  });

  it("loses the call where the platform would: no fallback layer, no such layer, round in circles", async () => {
    answer({ STATUS: 1 });
    assert.equal(titles(await ring("ended", "start3")).at(-1), "no fallback layer is set");
    answer({ STATUS: 0, ACTION: "GO_TO_LAYER", LAYER: 31 });
    assert.equal(titles(await ring("ended")).at(-1), "there is no layer 31 in this IVR");
    assert.equal(titles(await ring("ended", "start44")).at(-1), "there is no layer 44 in this IVR");
    answer({ STATUS: 0, ACTION: "GO_TO_LAYER", LAYER: 1 });
    const circling = await ring("ended");
    assert.equal(titles(circling).at(-1), "the call went round in circles: 60 layers");
    assert.equal(circling.place, "the call is lost");
  });

  it("ends plain layers as their settings say", async () => {
    assert.equal((await ring("ended", "start11")).place, "ended by the IVR");
    assert.equal((await ring("queue", "start12")).place, "in queue queue 10");
    assert.equal(setup.webhook.asked.length, 0);
  });

  it("lets the caller hang up while the flow thinks", async () => {
    let gone = false;
    setup.webhook.answerWith((response) => void response.on("close", () => (gone = true)));
    const call = await ring("asking");
    await until("the question", () => setup.webhook.asked.length === 1);
    runAction(setup.simulator, "hangup");
    await until("the request to end", () => gone);
    assert.match(now(call).place, /^layer \d+: .+; ended by the caller$/);
    assert.equal(now(call).phase.kind, "ended");
  });

  it("takes an IVR that was typed, refuses one that cannot be, and gets back to the first ones", async () => {
    const good = {
      did: "0720000009",
      name: "mine",
      start: "5",
      layers: [
        {
          id: "5",
          name: "a",
          announcement: "",
          url: "",
          digits: "0",
          delay: 3,
          fallback: "",
          ending: "hangup",
          target: "",
        },
      ],
    };
    runAction(setup.simulator, "save", { ivr: good });
    assert.deepEqual(setup.simulator.state().ivrs.at(-1), {
      ...good,
      start: 5,
      layers: [{ id: 5, name: "a", announcement: "", url: "", digits: 0, delay: 3, ending: "hangup", target: "" }],
    });
    await ring("ended", "0720000009");
    const [only] = good.layers;
    const refused: [ivr: object, why: RegExp][] = [
      [{ ...good, did: " " }, /has a number/],
      [{ ...good, layers: [] }, /at least one layer/],
      [{ ...good, start: 6 }, /no layer 6 to start in/],
      [{ ...good, layers: [only, only] }, /Layer 5 is there twice/],
      [{ ...good, layers: [{ ...only, delay: 10 }] }, /delay of layer 5 is an integer from 1 to 9/],
      [{ ...good, layers: [{ ...only, url: "hook" }] }, /full address/],
      [{ ...good, layers: [{ ...only, ending: "menu" }] }, /ends with one of/],
    ];
    for (const [ivr, why] of refused) assert.throws(() => runAction(setup.simulator, "save", { ivr }), why);
    runAction(setup.simulator, "restore");
    assert.equal(setup.simulator.state().ivrs.length, 6);
    assert.throws(() => runAction(setup.simulator, "ring", { did: "0720000009" }), /No IVR has the number/);
  });
});
