import assert from "node:assert/strict";
import { runAction } from "../../support/run-action.js";
import { DID, voicenterSetup } from "../../support/voicenter-ivr.js";
import { until } from "../../support/wait.js";

describe("simulators/voicenter: DIAL", () => {
  const setup = voicenterSetup();
  const { ring, now, answer, notes } = setup;

  const dial = {
    STATUS: 0,
    ACTION: "DIAL",
    CALLER_ID: DID,
    MAX_CALL_DURATION: 900,
    MAX_DIAL_DURATION: 100,
    NEXT_VO_ID: 12,
    RECORDING: "no",
    TARGETS: [
      { TYPE: "PHONE", TARGET: "0500000003" },
      { TYPE: "EXTENSION", TARGET: "AbCdEf" },
    ],
    CUSTOM_DATA: {},
  };

  it("rings the targets; one answers, and the caller hangs up", async () => {
    answer(dial);
    const call = await ring("dialing");
    assert.deepEqual((call.phase as { targets: unknown }).targets, [
      { type: "PHONE", target: "0500000003" },
      { type: "EXTENSION", target: "AbCdEf" },
    ]);
    assert.throws(() => runAction(setup.simulator, "answer", { id: call.id, target: "1" }), /1 does not ring/);
    runAction(setup.simulator, "answer", { id: call.id, target: "AbCdEf" });
    await until("the talk", () => now(call).phase.kind === "talking");
    assert.equal(now(call).place, "talking to AbCdEf");
    runAction(setup.simulator, "hangup", { id: call.id });
    assert.equal(now(call).place, "talking to AbCdEf; ended by the caller");
  });

  it("goes to NEXT_VO_ID when the destination is faulty, not when nobody answers", async () => {
    answer(dial);
    const faulty = await ring("dialing");
    runAction(setup.simulator, "break", { id: faulty.id });
    await until("the queue", () => now(faulty).place === "in queue queue 10");
    const busy = await ring("dialing");
    runAction(setup.simulator, "ignore", { id: busy.id });
    await until("the end", () => now(busy).place === "nobody answered");
  });

  it("stops ringing and talking when the time is over", async () => {
    answer({ ...dial, MAX_DIAL_DURATION: 1 });
    assert.equal((await ring("ended")).place, "nobody answered");
    answer({ ...dial, MAX_CALL_DURATION: 1 });
    const call = await ring("dialing");
    runAction(setup.simulator, "answer", { id: call.id, target: "AbCdEf" });
    await until("the end", () => now(call).place === "the talk time is over");
  });

  it("says what the document leaves open of several targets", async () => {
    answer(dial);
    assert.ok(notes(await ring("dialing")).some(({ text }) => /does not say whether several targets/.test(text)));
    answer({ ...dial, TARGETS: dial.TARGETS.slice(1) });
    assert.ok(!notes(await ring("dialing")).some(({ text }) => /several targets/.test(text)));
  });

  it("remarks that CUSTOM_DATA is marked mandatory", async () => {
    const { CUSTOM_DATA: _, ...without } = dial;
    answer(without);
    const call = await ring("dialing");
    assert.ok(notes(call).some(({ text }) => /CUSTOM_DATA as mandatory/.test(text)));
  });
});
