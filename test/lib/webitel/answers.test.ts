/** Answers of a server that is not quite Webitel: what the client makes of them. */
import assert from "node:assert/strict";
import { createWebitelClient, type WebitelClient } from "../../../lib/webitel/client.js";
import { startServer, type TestServer } from "../../support/server.js";

describe("lib/webitel, odd answers", () => {
  let answers: unknown[];
  let server: TestServer;
  let client: WebitelClient;
  before(async () => {
    server = await startServer((_heard, response) => {
      const answer = answers.length > 1 ? answers.shift() : answers[0];
      const type = typeof answer === "string" ? "text/html" : "application/json";
      response.setHeader("content-type", type).end(typeof answer === "string" ? answer : JSON.stringify(answer));
    });
    client = createWebitelClient({ url: server.url, token: "t" });
  });
  after(async () => {
    client.close();
    await server.close();
  });

  const member = (id: string, variables?: object): object => ({
    id,
    communications: [],
    ...(variables && { variables }),
  });

  it("does not say that a batch is missing of members without variables", async () => {
    answers = [{ items: [member("1"), member("2")] }];
    await assert.rejects(client.findMembers("10", "run-1", 2), {
      code: "EANSWER",
      key: "webitel.errors.no-variables",
    });
  });

  it("counts an id that is blank or came already as none", async () => {
    answers = [{ ids: ["7", "7", "", " ", null, 8, { id: "9" }] }];
    assert.deepEqual(await client.createMembers("10", [], { maxBytes: Infinity, body: Buffer.from("{}") }), ["7", "8"]);
  });

  it("passes over members without variables where others have theirs", async () => {
    answers = [{ next: true, items: [member("3")] }, { items: [member("2", { cc_batch: "run-1" }), member("1", {})] }];
    assert.deepEqual(
      (await client.findMembers("10", "run-1", 2)).map(({ id }) => id),
      ["2"],
    );
  });

  it("passes over what is no record in a list of names", async () => {
    answers = [{ items: [null, { id: "1", name: "Mobile" }, "x"] }];
    assert.deepEqual(await client.listNames("type"), [{ id: "1", name: "Mobile" }]);
  });

  it("keeps ids beyond 2^53 exact, nested ones too", async () => {
    const big = "9007199254740993";
    const agent = `{"id":${big},"team":{"id":${big}},"user":{"id":12,"name":"${big} \\" 1"},"load":0.1234567890123456}`;
    const expected = {
      id: big,
      team: { id: big },
      user: { id: 12, name: `${big} " 1` },
      load: 0.1234567890123456,
    };
    answers = [agent];
    assert.deepEqual(await client.readAgent("1"), expected);
    answers = [`{"items":[${agent},null]}`];
    assert.deepEqual(await client.searchAgents({}), [expected, null]);
  });

  it("lists an agent once that comes on two pages, and each without an id", async () => {
    answers = [
      { next: true, items: [{ id: "1" }, { id: "2", status: "online" }, { name: "x" }, null] },
      { items: [{ id: "2", status: "offline" }, { id: "3" }, { name: "x" }, null] },
    ];
    assert.deepEqual(await client.searchAgents({}), [
      { id: "1" },
      { id: "2", status: "offline" },
      { name: "x" },
      null,
      { id: "3" },
      { name: "x" },
      null,
    ]);
  });
});
