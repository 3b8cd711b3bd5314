/** webitel-attempt-result alone with its connection. */
import assert from "node:assert/strict";
import type { WebitelSimulator } from "../../../simulators/webitel/simulator.js";
import { cannedWebhook } from "../../support/canned-webhook.js";
import { runAction } from "../../support/run-action.js";
import { ApiNode } from "../../support/webitel/api-node.js";

const SECRET = "very-secret-token-4711";

describe("webitel-attempt-result", () => {
  const api = new ApiNode(SECRET);
  const { deploy, out, caught } = api;
  let simulator: WebitelSimulator;
  before(() => {
    simulator = api.simulator;
  });

  it("reports with queue and member, and by the attempt alone", async () => {
    const hook = await cannedWebhook({ status: 200, body: {} });
    await deploy("webitel-attempt-result", {
      status: "success",
      result: '{"description":"paid","min_offering_at":1767225599,"variables":{"sum":12}}',
      resultType: "json",
    });
    const queue = simulator.store.queue("10");
    if (queue) simulator.store.insert(queue, [{ communications: [{ destination: "+1", type: { id: "1" } }] }]);
    const { attempt } = (await runAction(simulator, "offer", { queue: "10", url: hook.url })) as { attempt: string };
    const event = JSON.parse(hook.asked[0]?.text ?? "") as { queue: string; member: string };
    const message = await out({ payload: event });
    assert.deepEqual(message["payload"], { status: "success" });
    const [first] = simulator.seen;
    assert.equal(first?.path, `/call_center/queues/10/members/${event.member}/attempts/${attempt}`);
    assert.deepEqual(first?.body, {
      status: "success",
      description: "paid",
      min_offering_at: "1767225599000",
      variables: { sum: "12" },
    });
    await out({ payload: { attempt_id: attempt } });
    assert.equal(simulator.seen[1]?.path, `/call_center/attempts/${attempt}`);
    await hook.close();
  });

  it("takes fields that stand beside the result in the payload, unless the node names the result", async () => {
    const site = await cannedWebhook({ status: 200, body: {} });
    const payload = {
      attempt: "5",
      status: "callback",
      min_offering_at: 1_830_000_000,
      result: { description: "d" },
    };
    for (const settings of [{}, { result: '{"description":"own"}', resultType: "json" }]) {
      await deploy("webitel-attempt-result", settings, SECRET, site.url);
      await out({ payload });
    }
    await deploy("webitel-attempt-result", {}, SECRET, site.url);
    await out({ payload: { attempt: "5", result: { description: "alone" } } });
    const [both, own, alone] = site.asked.map(({ text }) => JSON.parse(text) as object);
    assert.deepEqual(both, { status: "callback", min_offering_at: "1830000000000", description: "d" });
    assert.deepEqual(own, { status: "callback", description: "own" });
    assert.deepEqual(alone, { description: "alone" });
    await site.close();
  });

  it("sends the node's own status, whatever the message says, and the message's where the node has none", async () => {
    const site = await cannedWebhook({ status: 200, body: {} });
    const payload = { attempt: "5", status: "beside", result: { Status: "within", description: "d" } };
    await deploy("webitel-attempt-result", { status: "own" }, SECRET, site.url);
    await out({ payload });
    const result = '{"status":"of more"}';
    await deploy("webitel-attempt-result", { status: "own", result, resultType: "json" }, SECRET, site.url);
    await out({ payload });
    await deploy("webitel-attempt-result", { result, resultType: "json" }, SECRET, site.url);
    await out({ payload });
    assert.deepEqual(
      site.asked.map(({ text }) => JSON.parse(text) as object),
      [{ status: "own", description: "d" }, { status: "own" }, { status: "of more" }],
    );
    await site.close();
  });

  it("takes the fields of a result in any case, and leaves out those that are blank", async () => {
    const site = await cannedWebhook({ status: 200, body: {} });
    await deploy("webitel-attempt-result", {}, SECRET, site.url);
    await out({ payload: { attempt: "5", STATUS: "cb", Min_Offering_At: 1_830_000_000 } });
    await out({ payload: { attempt: "5", status: "cb", result: { minOfferingAt: 1_830_000_000, agent_id: "" } } });
    const newer = JSON.parse('{"newer":"n","toString":"t","expire_at":null}') as object;
    await out({ payload: { attempt: "5", status: "cb", min_offering_at: "", result: newer } });
    const within = { Status: "in", Description: "within" };
    await out({ payload: { attempt: "5", status: "cb", description: "beside", result: within } });
    await out({ payload: { attempt: "5", result: { STATUS: "in" } } });
    assert.deepEqual(
      site.asked.map(({ text }) => JSON.parse(text) as object),
      [
        { status: "cb", min_offering_at: "1830000000000" },
        { status: "cb", min_offering_at: "1830000000000" },
        JSON.parse('{"status":"cb","newer":"n","toString":"t"}') as object,
        { status: "in", description: "within" },
        { status: "in" },
      ],
    );
    await site.close();
  });

  it("keeps the token out of the message, although the answer repeats it", async () => {
    const site = await cannedWebhook({ status: 200, body: { status: "success", echo: `Token ${SECRET}` } });
    await deploy("webitel-attempt-result", {}, SECRET, site.url);
    const { payload } = await out({ payload: { attempt: "5", status: "success" } });
    assert.deepEqual(payload, { status: "success", echo: "Token [redacted]" });
    await site.close();
  });

  it("refuses without an attempt, with half of queue and member, or with nothing to say", async () => {
    for (const [payload, field] of [
      [{ status: "x" }, "attempt"],
      [{ attempt: "1", queue: "10", status: "x" }, "member"],
      [{ attempt: "1" }, "status"],
      [{ attempt: "1", status: "x", expire_at: 46_509.75 }, "result.expire_at"],
    ] as const) {
      await deploy("webitel-attempt-result");
      assert.equal((await caught({ payload })).cause.field, field);
    }
  });

  const SAVED: [what: string, settings: object, status: string | undefined][] = [
    ["where the editor saves it", { outcome: "success", outcomeType: "str" }, "success"],
    ["with its type", { outcome: "payload.said", outcomeType: "msg" }, "said"],
    ["where flows of an earlier version have it", { status: "payload.said", statusType: "msg" }, "said"],
    ["in both places", { outcome: "success", status: "failed" }, "success"],
    ["as a badge that an editor saved", { status: { text: "401", fill: "red", shape: "ring" } }, "own"],
    ["beside a badge", { outcome: "success", status: { text: "401", fill: "red", shape: "ring" } }, "success"],
    ["as nothing", { outcome: "", outcomeType: "str", status: "" }, "own"],
  ];
  for (const [what, settings, status] of SAVED)
    it(`finds the status ${what}`, async () => {
      const site = await cannedWebhook({ status: 200, body: {} });
      await deploy("webitel-attempt-result", settings, SECRET, site.url);
      await out({ payload: { attempt: "5", status: "own", said: "said" } });
      assert.deepEqual(JSON.parse(site.asked[0]?.text ?? ""), { status });
      await site.close();
    });
});
