/** Settings that are read from a message or a context: each upload has those of its own message. */
import assert from "node:assert/strict";
import type { Report } from "../../../lib/webitel/upload/report.js";
import { until } from "../../support/wait.js";
import { people } from "../../support/webitel/bench-run.js";
import { entry, start, uploadFlow } from "../../support/webitel/flow.js";
import { SECRET, Uploads } from "../../support/webitel/uploads.js";
import { node } from "../../support/flow.js";

describe("webitel-dialer-member-upload, settings of its message", () => {
  const uploads = Uploads.ofThisSuite();

  it("loads a list that waits into the queue, and with the defaults, of when it came", async () => {
    const settings = {
      queueId: "q",
      queueIdType: "global",
      batchSize: 10,
      rate: 100,
      defaults: [
        { field: "type", value: "1", valueType: "str" },
        { field: "variables.campaign", value: "campaign", valueType: "global" },
      ],
    };
    const func = "global.set('q', msg.q); global.set('campaign', msg.campaign); return msg;";
    const set = { func, outputs: 1, timeout: 0, noerr: 0, initialize: "", finalize: "", libs: [] };
    const flow = uploadFlow(uploads.simulator.url, settings, SECRET).filter(
      ({ id }) => id !== "unpack" && id !== "start",
    );
    await uploads.red.deploy([...flow, ...entry("set"), node("set", "function", set, [["up"]])]);
    for (const [q, campaign, count] of [
      ["10", "A", 60],
      ["11", "B", 7],
      ["10", "C", 3],
    ] as const)
      await start(uploads.red.url, { q, campaign, payload: people(count, () => ({ name: campaign })) });
    await until("three reports", () => uploads.red.messages("report").length === 3);
    const named = (queue: string): string[] =>
      uploads.members(queue).map(({ name = "", variables }) => name + (variables?.["campaign"] ?? ""));
    assert.deepEqual([new Set(named("10")), new Set(named("11"))], [new Set(["AA", "CC"]), new Set(["BB"])]);
    assert.deepEqual(
      uploads.red.messages("report").map(({ payload }) => (payload as Report).queueId),
      ["10", "11", "10"],
    );
  });

  for (const [what, queues, own] of [
    ["in the payload", { queueId: "", queueIdType: "str" }, (q: string) => ({ payload: { queue_id: q } })],
    ["in the message", { queueId: "q", queueIdType: "msg" }, (q: string) => ({ q, payload: {} })],
  ] as const)
    it(`rejects rows of a stream whose message names another queue than the first: ${what}`, async () => {
      await uploads.deploy(queues);
      const parts = ["10", "11", "10", "11"].map((q, index) => {
        const { payload, ...more } = own(q);
        return { ...more, payload: { ...people(4)[index], ...payload }, parts: { id: "s", index, count: 4 } };
      });
      await start(uploads.red.url, [parts]);
      const { accepted, rejected, queueId } = await uploads.report();
      assert.deepEqual([accepted, rejected, queueId, uploads.members("11").length], [2, 2, "10", 0]);
      const [message] = uploads.red.messages("rejects");
      const refused = message?.["payload"] as { row: number; reason: string }[];
      assert.deepEqual(
        refused.map(({ row, reason }) => [row, /names the queue 11/.test(reason)]),
        [
          [2, true],
          [4, true],
        ],
      );
    });
});
