/** The endpoint behind the "test broker" button: who may ask, and where saved credentials go. */
import assert from "node:assert/strict";
import { tab } from "../../support/flow.js";
import { NodeRed } from "../../support/node-red.js";
import { startServer, type TestServer } from "../../support/server.js";
import { send } from "../../support/webhook.js";
import { broker } from "../../support/cti.js";

const PATH = "contact-center/cti-broker/test";

describe("nodes/cti/broker-test", () => {
  let red: NodeRed;
  let site: TestServer;
  before(async () => {
    [red, site] = await Promise.all([
      NodeRed.start(),
      startServer((_heard, response) => void response.writeHead(404).end()),
    ]);
  });
  after(async () => {
    await red.stop();
    await site.close();
  });

  it("asks for the right to change broker nodes", async () => {
    const guarded = await NodeRed.start({
      settings: `adminAuth: { type: "credentials", users: [], default: { permissions: "read" } }`,
    });
    try {
      const reply = await send(`${guarded.adminUrl}/${PATH}`, { settings: { url: site.url } });
      assert.equal(reply.status, 401);
      assert.equal(site.heard.length, 0);
    } finally {
      await guarded.stop();
    }
  });

  it("sends saved credentials to the saved address only, and never shows them", async () => {
    await red.deploy([tab(), broker(site.url, { auth: "bearer", credentials: { token: "token-7f3a" } })]);
    const ask = async (url: string, credentials: object): Promise<{ ok: boolean; message: string }> =>
      (await send(`${red.adminUrl}/${PATH}`, { id: "broker", settings: { url, auth: "bearer" }, credentials }))
        .json as { ok: boolean; message: string };
    const reports = [
      await ask(site.url, { token: "__PWRD__" }),
      await ask(`${site.url}/elsewhere`, { token: "__PWRD__" }),
      await ask(`${site.url}/elsewhere`, { token: "typed" }),
    ];
    assert.deepEqual(
      reports.map(({ ok }) => ok),
      [true, false, true],
    );
    assert.match(reports[1]?.message ?? "", /needs "token"/);
    assert.deepEqual(
      site.heard.map(({ url, headers }) => [url.startsWith("/elsewhere"), headers.authorization]),
      [
        [false, "Bearer token-7f3a"],
        [true, "Bearer typed"],
      ],
    );
    assert.doesNotMatch(JSON.stringify(reports), /7f3a/);
  });
});
