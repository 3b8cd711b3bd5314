/** What a webhook node does with settings that cannot be used: it says so, stays closed, and harms nobody. On a real Node-RED. */
import assert from "node:assert/strict";
import { code, node, statusProbe, tab } from "../../support/flow.js";
import { type FlowNode, NodeRed } from "../../support/node-red.js";
import { until } from "../../support/wait.js";
import { type Reply, send } from "../../support/webhook.js";

const ids = "networks proxies entries numbers key header proto-header url deadline list-deadline second-key good".split(
  " ",
);

describe("webhook settings that cannot be used", () => {
  let red: NodeRed;
  const endpoint = (id: string, settings: object, credentials: object = {}): FlowNode[] => [
    node(id, "smartrouting-in", { url: `/${id}`, auth: "none", ...settings, credentials }, [[`${id}-flow`], []]),
    code(`${id}-flow`, "msg.payload = {}; return msg;", [[`${id}-out`]]),
    node(`${id}-out`, "smartrouting-out"),
  ];
  const ask = (id: string, key?: string): Promise<Reply> =>
    send(`${red.url}/${id}`, { anum: "1" }, { headers: key === undefined ? {} : { "X-Benemen-APIKey": key } });
  const badge = async (id: string): Promise<string> => {
    const message = await red.message(
      "status",
      ({ status }) => (status as { source: { id: string } }).source.id === id,
    );
    const { fill, text } = message["status"] as { fill: string; text: string };
    return `${fill} ${text}`;
  };
  const logged = (id: string, part: string): Promise<unknown> =>
    until(`a line about ${id}`, () => red.log.some((line) => line.includes(`:${id}]`) && line.includes(part)));

  before(async () => {
    red = await NodeRed.start();
    await red.deploy([
      tab(),
      ...statusProbe(ids),
      ...endpoint("networks", { networks: "192.0.2.0/24" }),
      ...endpoint("proxies", { proxies: { a: 1 } }),
      ...endpoint("entries", { networks: [{ a: 1 }, null] }),
      ...endpoint("numbers", { networks: 5 }),
      ...endpoint("key", { auth: "apikey" }, { apiKey: { a: 1 } }),
      ...endpoint("header", { auth: "apikey", apiKeyHeader: "My Key:" }, { apiKey: "k3y" }),
      ...endpoint("proto-header", { auth: "apikey", apiKeyHeader: "__proto__" }, { apiKey: "[object Object]" }),
      ...endpoint("own-header", { auth: "apikey", apiKeyHeader: "constructor" }, { apiKey: "k3y" }),
      ...endpoint("url", { url: ["url"] }),
      ...endpoint("deadline", { deadline: true }),
      ...endpoint("list-deadline", { deadline: [50] }),
      ...endpoint("second-key", { auth: "apikey" }, { apiKey: "k3y", apiKey2: "${SECOND_KEY}" }),
      ...endpoint("good", { auth: "apikey" }, { apiKey: "k3y" }),
    ]);
  });
  after(() => red?.stop());

  for (const [id, setting] of [
    ["networks", "networks"],
    ["proxies", "proxies"],
    ["entries", "networks"],
    ["numbers", "networks"],
    ["key", "apiKey"],
  ] as const)
    it(`a wrong type (${id}) is named, and everybody is refused`, async () => {
      assert.equal(await badge(id), `red wrong ${setting}`);
      await logged(id, setting);
      for (const key of [undefined, "", "k", "[object Object]"])
        assert.ok([401, 403].includes((await ask(id, key)).status));
    });

  it("a path that is no text serves nothing", async () => {
    assert.equal(await badge("url"), "red wrong url");
    assert.equal((await ask("url")).status, 404);
  });

  for (const [id, header] of [
    ["header", "my key:"],
    ["proto-header", "__proto__"],
  ] as const)
    it(`a header that no request can carry (${header}) is refused`, async () => {
      assert.equal(await badge(id), "red wrong header name");
      await logged(id, header);
      assert.equal((await ask(id)).status, 401);
    });

  it("a header that is called like what every object has is a header", async () => {
    assert.equal((await ask("own-header")).status, 401);
    const sent = await send(`${red.url}/own-header`, { anum: "1" }, { headers: { constructor: "k3y" } });
    assert.ok(sent.status < 300);
  });

  for (const id of ["deadline", "list-deadline"])
    it(`a deadline that is no number (${id}) is named, and the default is used`, async () => {
      assert.equal(await badge(id), "red wrong deadline");
      assert.equal((await ask(id)).status, 204);
    });

  it("a second credential that is not set matches nobody, and the first one works", async () => {
    assert.equal(await badge("second-key"), "yellow SECOND_KEY not set");
    await logged("second-key", "SECOND_KEY");
    assert.equal((await ask("second-key", "k3y")).status, 204);
    for (const key of ["", "${SECOND_KEY}", "undefined"]) assert.equal((await ask("second-key", key)).status, 401);
  });

  it("nodes beside them work", async () => {
    assert.equal(await badge("good"), "green waiting");
    assert.equal((await ask("good", "k3y")).status, 204);
  });
});
