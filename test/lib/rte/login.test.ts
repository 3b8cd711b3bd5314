import assert from "node:assert/strict";
import { createServer, type Server } from "node:http";
import { type EnreachAccount, enreachLogin, hubAddress, type Step, tokenLogin } from "../../../lib/rte/login.js";
import { testConnection } from "../../../lib/rte/connection-test.js";
import { listen } from "../../../simulators/listen.js";
import { DEMO } from "../../../simulators/rte/seed-data.js";
import { type RteSimulator, startRteSimulator } from "../../../simulators/rte/simulator.js";

const NEVER = new AbortController().signal;

describe("lib/rte/login", () => {
  let simulator: RteSimulator;
  const login = (more: Partial<EnreachAccount> = {}): EnreachAccount => ({
    email: DEMO.email,
    discoveryUrl: `${simulator.url}/api/user`,
    secretKey: DEMO.secretKey,
    ...more,
  });
  beforeEach(async () => {
    simulator = await startRteSimulator();
  });
  afterEach(() => simulator.close());

  it("goes the documented way with a secret key", async () => {
    const steps: Step[] = [];
    const entry = await enreachLogin(() => login())(NEVER, (step) => steps.push(step));
    assert.equal(entry.url, simulator.hubUrl);
    assert.match(entry.token, /^[\w-]+\.[\w-]+\.[\w-]+$/);
    assert.deepEqual(steps, ["discover", "user", "token"]);
    assert.deepEqual(
      simulator.requests.map((each) => each.replace(/[0-9a-f-]{36}/, "<id>")),
      ["GET /api/user", "GET /users/me", "GET /token/<id>/rte/"],
    );
  });

  it("exchanges a password for a key, and skips discovery where the address is known", async () => {
    const steps: Step[] = [];
    await enreachLogin(() => login({ secretKey: "", password: DEMO.password, apiUrl: `${simulator.url}/` }))(
      NEVER,
      (step) => steps.push(step),
    );
    assert.deepEqual(steps, ["secret", "user", "token"]);
    assert.equal(simulator.requests[0], `POST /authuser/${encodeURIComponent(DEMO.email)}`);
  });

  it("asks only for the token again, until a step fails or a setting changes", async () => {
    let email: string = DEMO.email;
    const access = enreachLogin(() => login({ email }));
    const first = await access(NEVER);
    const second = await access(NEVER);
    assert.notEqual(first.token, second.token);
    assert.equal(simulator.requests.length, 4);
    simulator.setFault("broken-rest");
    await assert.rejects(access(NEVER), { code: 500 });
    simulator.setFault("none");
    await access(NEVER);
    assert.equal(simulator.requests.filter((each) => each.startsWith("GET /api/user")).length, 2);
    email = "someone@else.example";
    await assert.rejects(access(NEVER), { code: "EANSWER", key: "rte.errors.unknown-user" });
  });

  it("tells wrong credentials from an unknown user, and shows no secret", async () => {
    for (const [wrong, code] of [
      [{ secretKey: "wrong-key" }, 401],
      [{ secretKey: "", password: "wrong-word" }, 401],
      [{ email: "nobody@contoso.example" }, "EANSWER"],
    ] as const) {
      await assert.rejects(
        enreachLogin(() => login(wrong))(NEVER),
        (error: Error & { code: unknown; cause: unknown }) => {
          assert.equal(error.code, code);
          const all = JSON.stringify([error.message, error.stack, error.cause]);
          for (const secret of [
            "wrong-key",
            "wrong-word",
            DEMO.secretKey,
            Buffer.from(`${DEMO.email}:wrong-key`).toString("base64"),
          ])
            assert.ok(!all.includes(secret), all);
          return true;
        },
      );
    }
  });

  describe("checks each answer", () => {
    let server: Server;
    let answers: Record<string, unknown>;
    let url: string;
    beforeEach(async () => {
      answers = {};
      server = createServer((request, response) => {
        const path = (request.url ?? "").split("?")[0] ?? "";
        const found = Object.entries(answers).find(([start]) => path.startsWith(start))?.[1] ?? null;
        // Echoes what it was sent, as careless servers do.
        response.end(JSON.stringify(found ?? { echo: request.headers.authorization }));
      });
      url = `http://127.0.0.1:${await listen(server)}`;
    });
    afterEach(() => new Promise((done) => server.close(done)));
    const BAD: Record<string, [answers: Record<string, unknown>, field: string]> = {
      "no list": [{ "/api/user": { apiEndpoint: "x" } }, "email"],
      "an empty list": [{ "/api/user": [] }, "email"],
      "an item without address": [{ "/api/user": [{ siloName: "a" }] }, "apiEndpoint"],
      "an address without https": [{ "/api/user": [{ apiEndpoint: "http://api.example.net/" }] }, "apiEndpoint"],
      "no user id": [{ "/api/user": [{ apiEndpoint: "" }], "/users/me": { Name: "a" } }, "Id"],
      "no token": [{ "/users/me": { Id: "u" }, "/token": { WSSEndpoint: "h/hub" } }, "Token"],
      "no hub address": [{ "/users/me": { Id: "u" }, "/token": { Token: "t" } }, "WSSEndpoint"],
      "a hub address without encryption": [
        { "/users/me": { Id: "u" }, "/token": { Token: "t", WSSEndpoint: "ws://rte.example.net/hub" } },
        "WSSEndpoint",
      ],
    };
    for (const [what, [given, field]] of Object.entries(BAD)) {
      it(what, async () => {
        answers = { "/api/user": [{ apiEndpoint: url }], ...given };
        if (field === "Id") answers["/api/user"] = [{ apiEndpoint: url }];
        await assert.rejects(
          enreachLogin(() => login({ discoveryUrl: `${url}/api/user` }))(NEVER),
          (error: Error & { cause: { field?: string } }) => {
            assert.equal(error.cause.field, field);
            return true;
          },
        );
      });
    }
    it("reads names in any case", async () => {
      answers = {
        "/api/user": [{ APIENDPOINT: url }],
        "/users/me": { id: "u" },
        "/token/u/rte/": { token: "t", wssEndpoint: "rte.example.net/hub" },
      };
      assert.deepEqual(await enreachLogin(() => login({ discoveryUrl: `${url}/api/user` }))(NEVER), {
        token: "t",
        url: "https://rte.example.net/hub",
      });
    });
  });

  it("makes the hub's address as documented", () => {
    const api = "https://api.example.net/";
    assert.equal(hubAddress("rte.example.net/hub", api), "https://rte.example.net/hub");
    assert.equal(hubAddress("wss://rte.example.net/hub", api), "https://rte.example.net/hub");
    assert.equal(hubAddress("https://rte.example.net/hub", api), "https://rte.example.net/hub");
    assert.equal(hubAddress("127.0.0.1:1/hub", "http://127.0.0.1:1/"), "http://127.0.0.1:1/hub");
    assert.equal(hubAddress("127.0.0.1:1/hub", api), "https://127.0.0.1:1/hub");
  });

  it("refuses an address that is none", async () => {
    await assert.rejects(tokenLogin(() => ({ url: "hub", token: "t" }))(NEVER), { code: "EINVALID" });
    await assert.rejects(enreachLogin(() => login({ discoveryUrl: "nowhere" }))(NEVER), { code: "EINVALID" });
  });

  describe("a test of the connection", () => {
    it("goes the whole way and out again", async () => {
      const { done, failed, events } = await testConnection(
        enreachLogin(() => login()),
        NEVER,
      );
      assert.deepEqual(
        [done, failed, events],
        [["discover", "user", "token", "negotiate", "connect", "events"], undefined, 45],
      );
      assert.equal(
        [...simulator.hub.connections].every(({ socket }) => socket.readyState !== socket.OPEN),
        true,
      );
    });
    it("names the step that fails", async () => {
      const stepOf = async (access = enreachLogin(() => login())): Promise<string | undefined> =>
        (await testConnection(access, NEVER)).failed?.step;
      assert.equal(await stepOf(enreachLogin(() => login({ email: "nobody@contoso.example" }))), "discover");
      assert.equal(await stepOf(enreachLogin(() => login({ secretKey: "", password: "wrong" }))), "secret");
      assert.equal(await stepOf(enreachLogin(() => login({ secretKey: "wrong" }))), "user");
      simulator.setFault("unauthorized");
      assert.equal(await stepOf(), "negotiate");
      simulator.setFault("refuse-calls");
      assert.equal(await stepOf(), "events");
      assert.equal(await stepOf(tokenLogin(() => ({ url: "http://127.0.0.1:9/hub", token: "t" }))), "negotiate");
    });
  });
});
