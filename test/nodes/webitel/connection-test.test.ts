/** The test button of a webitel-connection, on a real Node-RED. */
import assert from "node:assert/strict";
import { startWebitelSimulator } from "../../../simulators/webitel/simulator.js";
import { NodeRed } from "../../support/node-red.js";
import { send } from "../../support/webhook.js";

const SECRET = "very-secret-token-4711";

describe("the test of a webitel-connection", () => {
  let red: NodeRed;
  before(async () => {
    red = await NodeRed.start();
  });
  after(() => red.stop());

  it("says which right is missing, and what works", async () => {
    const limited = await startWebitelSimulator({ token: SECRET, forbidden: /queues/ });
    const settings = { url: limited.url, tls: "" };
    const ask = async (token: string): Promise<{ ok: boolean; message: string; steps?: string[]; ids?: object }> =>
      (await send(`${red.adminUrl}/contact-center/webitel-connection/test`, { settings, credentials: { token } }))
        .json as never;
    const report = await ask(SECRET);
    assert.equal(report.ok, false);
    assert.match(report.message, /may not read its queues/);
    assert.deepEqual(report.steps?.length, 2);
    // What it may not read is not offered, what it may read is.
    const pairs = (items: readonly { id: string; name?: string }[]): unknown[] =>
      items.map(({ id, name }) => [id, name]);
    const { agents, communicationTypes } = limited.store;
    assert.deepEqual(report.ids, { agents: pairs(agents), queues: [], types: pairs(communicationTypes) });
    assert.match((await ask("wrong")).message, /401/);
    assert.ok(limited.seen.every(({ method }) => method === "GET"));
    await limited.close();
  });

  it("says that the address lacks /api where something else answers", async () => {
    const simulator = await startWebitelSimulator({ token: SECRET });
    const ask = async (url: string, token = SECRET): Promise<string> => {
      const question = { settings: { url, tls: "" }, credentials: { token } };
      const { json } = await send(`${red.adminUrl}/contact-center/webitel-connection/test`, question);
      return (json as { message: string }).message;
    };
    const wrong = simulator.url.replace(/\/api$/, "");
    const API = /^The address does not end in \/api, where Webitel has its API\. Correct it\.$/;
    assert.match(await ask(wrong), API);
    assert.match(await ask(`${wrong}/`), API);
    // Both are wrong there, and what the form shows comes first.
    assert.match(await ask(wrong, "another"), /^The address does not end in \/api.* refused the credentials/);
    assert.doesNotMatch(await ask(`${simulator.url}/api`), /does not end/);
    await simulator.close();
  });
});
