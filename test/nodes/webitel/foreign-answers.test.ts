/** Answers with 200 that are no success: an error in JSON, or something that is not Webitel's. */
import assert from "node:assert/strict";
import { cannedWebhook } from "../../support/canned-webhook.js";
import { ApiNode } from "../../support/webitel/api-node.js";

const SECRET = "very-secret-token-4711";

describe("nodes that call Webitel's API, answered with", () => {
  const { deploy, caught, running } = new ApiNode(SECRET);

  describe("a 200 that is an error", () => {
    const platform = { id: "app.call.x", status: "Bad Request", detail: "no such line", code: 400 };
    const errors = [platform, { code: 5, message: "no such line" }, { code: 13, message: JSON.stringify(platform) }];
    for (const [type, settings, payload] of [
      ["webitel-create-call", {}, { destination: "+1", extension: "1017" }],
      ["webitel-agents", {}, {}],
      ["webitel-agents", { operation: "get" }, "17"],
      ["webitel-attempt-result", {}, { attempt: "5", status: "success" }],
    ] as const)
      it(`is an error of ${type} ${JSON.stringify(settings)}, and says what it says`, async () => {
        for (const body of errors) {
          const site = await cannedWebhook({ status: 200, body });
          await deploy(type, settings, SECRET, site.url);
          const { code, message } = await caught({ payload });
          assert.deepEqual([code, running().sent.length], ["EANSWER", 0]);
          assert.match(message, /no such line/);
          await site.close();
        }
      });
  });

  describe("a 200 that is not Webitel's answer", () => {
    const page = { status: 200, body: "<html>Log in</html>", type: "text/html" };
    const calls: [
      type: string,
      settings: object,
      payload: unknown,
      answer: { status: number; body: unknown; type?: string },
    ][] = [
      ["webitel-create-call", {}, { destination: "+1", extension: "1017" }, page],
      ["webitel-create-call", {}, { destination: "+1", extension: "1017" }, { status: 200, body: {} }],
      ["webitel-agents", { operation: "get" }, "17", page],
      ["webitel-agents", { operation: "get" }, "17", { status: 200, body: {} }],
      ["webitel-attempt-result", {}, { attempt: "5", status: "success" }, page],
    ];
    for (const [type, settings, payload, answer] of calls) {
      it(`is an error of ${type}: ${JSON.stringify(answer.body)}`, async () => {
        const site = await cannedWebhook(answer);
        await deploy(type, settings, SECRET, site.url);
        const { code, message } = await caught({ payload });
        assert.deepEqual([code, running().sent.length], ["EANSWER", 0]);
        assert.match(message, /is not Webitel's/);
        await site.close();
      });
    }
  });
});
