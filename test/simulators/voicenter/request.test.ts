import assert from "node:assert/strict";
import { startVoicenterSimulator } from "../../../simulators/voicenter/simulator.js";
import { runAction } from "../../support/run-action.js";
import { CALLER, DID, voicenterSetup } from "../../support/voicenter-ivr.js";
import { until } from "../../support/wait.js";

describe("simulators/voicenter: requests", () => {
  const setup = voicenterSetup();
  const { ring, titles, asked } = setup;

  it("asks as the vendor's document says and follows GO_TO_LAYER", async () => {
    const call = await ring("queue");
    const { IVR_UNIQUE_ID, ...data } = asked(0).DATA;
    assert.equal(asked(0).METHOD, "IVR_LAYER_INPUT");
    assert.equal(setup.webhook.asked[0]?.method, "POST");
    assert.equal(IVR_UNIQUE_ID, call.id);
    assert.deepEqual(data, { DID, CALLER_ID: CALLER, DTMF: "0", LAYER_ID: "1" });
    assert.deepEqual(titles(call), [
      "layer 1: layer 1",
      "the platform asks the flow",
      "go to layer 10",
      "layer 10: layer 10",
      "waits in queue queue 10",
    ]);
    assert.equal(call.place, "in queue queue 10");
    assert.equal(call.ended, false);
  });

  it("sends digits as soon as there are enough", async () => {
    const { ivrs } = setup.simulator.state();
    await setup.simulator.close();
    // The delay lasts for hours.
    setup.simulator = await startVoicenterSimulator({ ivrs, secondMs: 10_000_000 });
    const call = await ring("listening", "start2");
    for (const key of "0471") runAction(setup.simulator, "press", { id: call.id, key });
    await until("the question", () => setup.webhook.asked.length === 1);
    assert.equal(asked(0).DATA["DTMF"], "0471");
    assert.throws(() => runAction(setup.simulator, "press", { id: call.id, key: "1" }), /expects no digits/);
  });

  it("sends what was typed when the delay has passed, and 0 when that is nothing", async () => {
    const call = await ring("listening", "start2");
    assert.throws(() => runAction(setup.simulator, "press", { id: call.id, key: "x" }), /keys 0 to 9/);
    runAction(setup.simulator, "press", { id: call.id, key: "7" });
    await until("the question", () => setup.webhook.asked.length === 1);
    assert.equal(asked(0).DATA["DTMF"], "7");
    await ring("queue", "start2");
    assert.equal(asked(1).DATA["DTMF"], "0");
  });

  it("names the previous layer, and sends custom data back only when asked to", async () => {
    setup.webhook.answerWith((response, question) => {
      const { DATA } = JSON.parse(question.text) as { DATA: { LAYER_ID: string } };
      const to = DATA.LAYER_ID === "1" ? 3 : 10;
      response.end(JSON.stringify({ STATUS: 0, ACTION: "GO_TO_LAYER", LAYER: to, CUSTOM_DATA: { crm: "9001" } }));
    });
    await ring("queue");
    assert.equal(asked(1).DATA["PREVIOUS_LAYER_ID"], "1");
    assert.equal("CUSTOM_DATA" in asked(1).DATA, false);
    await ring("queue", DID, { returnCustomData: true });
    assert.deepEqual(asked(3).DATA["CUSTOM_DATA"], { crm: "9001" });
  });

  it("writes the request as the samples do, or as the document's type column has it", async () => {
    await ring("queue", DID, { documentTypes: true });
    const { DATA } = asked(0) as unknown as { DATA: string };
    assert.equal(typeof DATA, "string");
    assert.equal((JSON.parse(DATA) as { LAYER_ID: unknown }).LAYER_ID, 1);
  });
});
