/** The endpoints behind "Test connection": who may ask, what is refused, and where stored credentials go. */
import assert from "node:assert/strict";
import { broker } from "../../support/cti.js";
import { tab } from "../../support/flow.js";
import { type FlowNode, NodeRed } from "../../support/node-red.js";
import { startServer, type TestServer } from "../../support/server.js";
import { send } from "../../support/webhook.js";

const SECRET = "token-7f3a";

/** A connection of each type that sends its stored token to an address; where the token then is; and its own settings for a test. */
const CONNECTIONS: {
  type: string;
  id: string;
  deployed: (url: string) => FlowNode;
  settings: (url: string) => object;
  tokenOf: (headers: Record<string, unknown>) => unknown;
}[] = [
  {
    type: "rte-connection",
    id: "rte",
    deployed: (url) => ({ id: "rte", type: "rte-connection", auth: "token", url, credentials: { token: SECRET } }),
    settings: (url) => ({ auth: "token", url, email: "", discoveryUrl: "", apiUrl: "" }),
    tokenOf: ({ authorization }) => authorization,
  },
  {
    type: "cti-broker",
    id: "broker",
    deployed: (url) => broker(url, { auth: "bearer", credentials: { token: SECRET } }),
    settings: (url) => ({ auth: "bearer", url, tls: "" }),
    tokenOf: ({ authorization }) => authorization,
  },
  {
    type: "webitel-connection",
    id: "webitel",
    deployed: (url) => ({ id: "webitel", type: "webitel-connection", url, tls: "", credentials: { token: SECRET } }),
    settings: (url) => ({ url, tls: "" }),
    tokenOf: (headers) => headers["x-webitel-access"],
  },
];

/** Bodies that no dialog sends. */
const ODD: Record<string, unknown> = {
  "no object": [],
  "settings that are null": { settings: null },
  "settings that are a list": { settings: ["x"] },
  "an address that is a number": { settings: { url: 5 } },
  "an address that is an object": { settings: { url: { toString: "x" } } },
  "credentials that are null": { credentials: null },
  "a credential that is a list": { credentials: { token: ["x"] } },
  "an id that is an object": { id: {} },
};

describe("nodes/shared/connection-test", () => {
  let red: NodeRed;
  let site: TestServer;
  const pathOf = (type: string): string => `${red.adminUrl}/contact-center/${type}/test`;

  before(async () => {
    [red, site] = await Promise.all([
      NodeRed.start(),
      startServer((_heard, response) => void response.writeHead(404).end()),
    ]);
    await red.deploy([tab(), ...CONNECTIONS.map(({ deployed }) => deployed(site.url))]);
  });
  beforeEach(() => void (site.heard.length = 0));
  after(async () => {
    await red.stop();
    await site.close();
  });

  it("asks for the right to change the connection", async () => {
    const guarded = await NodeRed.start({
      settings: `adminAuth: { type: "credentials", users: [], default: { permissions: "read" } }`,
    });
    try {
      for (const { type, settings } of CONNECTIONS) {
        const reply = await send(`${guarded.adminUrl}/contact-center/${type}/test`, { settings: settings(site.url) });
        assert.equal(reply.status, 401, type);
      }
      assert.equal(site.heard.length, 0);
    } finally {
      await guarded.stop();
    }
  });

  for (const { type, id, settings, tokenOf } of CONNECTIONS) {
    describe(type, () => {
      const ask = async (url: string, credentials: object): Promise<{ ok: boolean; message: string }> =>
        (await send(pathOf(type), { id, settings: settings(url), credentials })).json as {
          ok: boolean;
          message: string;
        };
      const tokens = (): unknown[] => site.heard.map(({ headers }) => tokenOf(headers));
      const isSecret = (token: unknown): boolean => String(token).includes(SECRET);

      it("refuses what no dialog sends, and Node-RED lives on", async () => {
        const choices = Object.fromEntries(Object.keys(settings("")).map((name) => [name, "__proto__"]));
        const odd = { ...ODD, ...("auth" in settings("") && { "a choice that is none": { settings: choices } }) };
        for (const [what, body] of Object.entries(odd)) {
          const reply = await send(pathOf(type), body);
          assert.deepEqual([reply.status, typeof (reply.json as { message: string }).message], [400, "string"], what);
        }
        const empty = await send(pathOf(type), {});
        assert.deepEqual([empty.status, (empty.json as { ok: boolean }).ok], [200, false]);
      });

      it("sends a stored credential to the address that it was deployed with", async () => {
        await ask(site.url, { token: "__PWRD__" });
        assert.ok(tokens().length > 0 && tokens().every(isSecret));
      });

      it("sends it to no other address, and says so", async () => {
        const report = await ask(`${site.url}/elsewhere`, { token: "__PWRD__" });
        assert.deepEqual([report.ok, tokens().filter(isSecret)], [false, []]);
        assert.match(report.message, /"(?:access )?token" was not sent.*enter it again/i);
        assert.ok(!JSON.stringify(report).includes(SECRET));
      });

      it("sends what was just entered anywhere", async () => {
        await ask(`${site.url}/elsewhere`, { token: "entered" });
        assert.ok(tokens().length > 0 && tokens().every((token) => String(token).includes("entered")));
      });

      it("takes no credential of a node of another type", async () => {
        const other = CONNECTIONS.find((one) => one.type !== type);
        const reply = await send(pathOf(type), { id: other?.id, settings: settings(site.url), credentials: {} });
        assert.equal((reply.json as { ok: boolean }).ok, false);
        assert.deepEqual(tokens().filter(isSecret), []);
      });
    });
  }
});
