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
    const basic = broker(site.url, { auth: "basic", credentials: { username: "u", password: SECRET } });
    await red.deploy([tab(), { ...basic, id: "second" }, ...CONNECTIONS.map(({ deployed }) => deployed(site.url))]);
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

  /** What the test of each connection says of a status: the fields to compare, by their labels, and nothing of the answer. */
  const SAID: {
    what: string;
    type: string;
    settings: (url: string) => object;
    credentials: object;
    labels: string[];
  }[] = [
    ...(["none", "basic", "bearer", "header"] as const).map((auth) => ({
      what: `cti-broker, ${auth}`,
      type: "cti-broker",
      settings: (url: string) => ({ url, auth, headerName: "X-Key" }),
      credentials: { username: "u", password: "p", token: "t", headerValue: "v" },
      labels: {
        none: ["Authentication"],
        basic: ["User name", "Password"],
        bearer: ["Token"],
        header: ["Header", "Value"],
      }[auth],
    })),
    {
      what: "webitel-connection",
      type: "webitel-connection",
      settings: (url) => ({ url: `${url}/api` }),
      credentials: { token: "wrong" },
      labels: ["Access token"],
    },
    {
      what: "rte-connection, secret key",
      type: "rte-connection",
      settings: (url) => ({ auth: "enreach", email: "a@b.example", apiUrl: url }),
      credentials: { secretKey: "wrong" },
      labels: ["E-mail address", "Secret key"],
    },
    {
      what: "rte-connection, password",
      type: "rte-connection",
      settings: (url) => ({ auth: "enreach", email: "a@b.example", apiUrl: url }),
      credentials: { password: "wrong" },
      labels: ["E-mail address", "or password"],
    },
  ];

  for (const { what, type, settings, credentials, labels } of SAID) {
    it(`names the fields to compare where credentials are refused, and no answer (${what})`, async () => {
      const strict = await startServer(
        (_heard, response) =>
          void response.writeHead(401, { "Content-Type": "application/json" }).end('{"Message":"token=wrong"}'),
      );
      try {
        const reply = await send(pathOf(type), { settings: settings(strict.url), credentials });
        const { message } = reply.json as { message: string };
        const named = labels.map((label) => `"${label}"`).join(", ");
        assert.match(message, /refused the credentials \(HTTP 401\)/);
        assert.ok(message.endsWith(`Compare ${named}.`), message);
      } finally {
        await strict.close();
      }
    });
  }

  it("names the address to compare where nothing is at its path", async () => {
    const ask = async (type: string, settings: object, credentials: object): Promise<string> =>
      ((await send(pathOf(type), { settings, credentials })).json as { message: string }).message;
    const account = { auth: "enreach", email: "a@b.example" };
    const key = { secretKey: "key" };
    const discoveryUrl = `${site.url}/wrong`;
    assert.match(
      await ask("rte-connection", { ...account, discoveryUrl }, key),
      /: The server .* "Discovery address"\.$/,
    );
    assert.match(
      await ask("rte-connection", { ...account, apiUrl: site.url }, key),
      /: The server .* "REST address"\.$/,
    );
    const hub = { auth: "token", url: `${site.url}/hub` };
    assert.match(await ask("rte-connection", hub, { token: "t" }), /: The server .* "Hub address"\.$/);
    const api = { url: `${site.url}/api` };
    assert.match(await ask("webitel-connection", api, { token: "t" }), /^The server .* "Address"\.$/);
    // There it is the documented answer, and any other server's as well.
    assert.match(
      await ask("cti-broker", { url: site.url }, {}),
      /cannot be told from a server without a broker at this path/,
    );
  });

  it("names an empty field of a dialog by its label", async () => {
    const reply = await send(pathOf("rte-connection"), { settings: { auth: "enreach" }, credentials: {} });
    const { message } = reply.json as { message: string };
    assert.equal(message, 'The connection to Enreach RTE lacks "E-mail address". Enter it in the connection.');
  });

  it("sends nothing where half of the credentials would be left out", async () => {
    const credentials = { username: "u", password: "__PWRD__" };
    const question = { id: "second", settings: { url: `${site.url}/elsewhere`, auth: "basic" }, credentials };
    const { message } = (await send(pathOf("cti-broker"), question)).json as { message: string };
    assert.match(message, /^"Password" was not sent/);
    assert.equal(site.heard.length, 0);
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
