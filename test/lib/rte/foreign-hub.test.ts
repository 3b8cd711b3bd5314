import assert from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";
import type { State } from "../../../lib/rte/subscriber.js";
import type { ContactCenterError } from "../../../lib/core/errors.js";
import { hubAddress, type HubEndpoint } from "../../../lib/rte/login.js";
import { ForeignHub, items, TOKEN } from "../../support/foreign-hub.js";
import { startProxy, type TestProxy } from "../../support/proxy.js";
import { RawHub } from "../../support/raw-hub.js";
import { of, QUEUE_ID } from "../../support/rte.js";
import { CLIENT_TLS } from "../../support/tls.js";
import { until } from "../../support/wait.js";

/** How the client reaches a hub, and what it reads. */
describe("lib/rte/client against another hub", () => {
  const foreign = ForeignHub.forEachTest();

  /** Opens a client that cannot connect. @returns why */
  const failure = async (endpoint: Partial<HubEndpoint> = {}): Promise<ContactCenterError> => {
    await foreign.client?.close();
    const recorder = foreign.open(endpoint, { backoff: { minMs: 5000, maxMs: 5000 } });
    await recorder.notice("disconnected");
    const state = recorder.states.find(({ word }) => word === "disconnected") as State & { word: "disconnected" };
    return state.error as ContactCenterError;
  };

  describe("reaches", () => {
    it("a hub behind a balancer that finds its server by a cookie", async () => {
      foreign.hub.onNegotiate = () => ({ headers: { "Set-Cookie": ["ARRAffinity=a1; Path=/; HttpOnly", "lb=2"] } });
      foreign.hub.onUpgrade = ({ headers }) => (headers.cookie === "ARRAffinity=a1; lb=2" ? undefined : 404);
      await foreign.subscribed();
    });

    it("a hub that takes cookies back, by the age or by the date", async () => {
      const past = "Thu, 01 Jan 1970 00:00:00 GMT";
      const gone = [`gone=1; Expires=${past}`, "old=1; Max-Age=0", `kept=1; Expires=${past}; Max-Age=60`];
      foreign.hub.onNegotiate = () => ({ headers: { "Set-Cookie": ["gone=0", "old=0", ...gone] } });
      foreign.hub.onUpgrade = ({ headers }) => (headers.cookie === "kept=1" ? undefined : 404);
      await foreign.subscribed();
    });

    it("a hub whose address has its scheme in capitals, and a fragment", async () => {
      foreign.open({ url: `${foreign.hub.url().replace("http", "HTTP")}#rte` });
      await until("a connection", () => foreign.hub.requests.some(({ kind }) => kind === "upgrade"));
      assert.equal(hubAddress("WSS://hub.example/rte#x", "https://api.example"), "https://hub.example/rte");
    });

    it("the hub that negotiate redirects to, with the redirect's token and never with the customer's", async () => {
      const other = await RawHub.start();
      try {
        foreign.hub.onNegotiate = () => ({ body: { url: other.url(), accessToken: "the-redirects-token" } });
        other.onUpgrade = ({ headers }) => (headers.authorization === "Bearer the-redirects-token" ? undefined : 401);
        await foreign.subscribed();
        assert.deepEqual(
          other.requests.map(({ kind, headers }) => [kind, headers.authorization]),
          [
            ["negotiate", "Bearer the-redirects-token"],
            ["upgrade", "Bearer the-redirects-token"],
          ],
        );
        assert.equal(foreign.hub.requests.length, 1);
      } finally {
        await foreign.client.close();
        await other.close();
      }
    });

    it("another host only without the customer's token, where the redirect brings none", async () => {
      const other = await RawHub.start();
      try {
        foreign.hub.onNegotiate = () => ({ body: { url: other.url() } });
        await foreign.subscribed();
        assert.ok(other.requests.every(({ headers }) => headers.authorization === undefined));
      } finally {
        await foreign.client.close();
        await other.close();
      }
    });

    it("no address in clear text, whoever names it", async () => {
      foreign.hub.onNegotiate = () => ({ body: { url: "http://foreign.hub.example.net/x", accessToken: "other" } });
      const recorder = foreign.open();
      assert.equal((await recorder.notice("disconnected")).payload.reason, "server");
      await foreign.client.close();
      const second = foreign.open({ url: "http://foreign.hub.example.net/hub" });
      assert.equal((await second.notice("disconnected")).payload.reason, "settings");
    });

    for (const status of [307, 308])
      it(`a hub behind redirects by HTTP ${status} of its own host, with token and cookies`, async () => {
        foreign.hub.onNegotiate = ({ url = "" }) =>
          url.startsWith("/hub/")
            ? { status, headers: { Location: `/other${url.slice(4)}`, "Set-Cookie": "lb=1; Path=/" } }
            : {};
        await foreign.subscribed();
        assert.deepEqual(
          foreign.hub.requests.map(({ kind, path, headers }) => [
            `${kind} ${path.split("?")[0]}`,
            headers.authorization,
            headers.cookie,
          ]),
          [
            ["negotiate /hub/negotiate", `Bearer ${TOKEN}`, undefined],
            ["negotiate /other/negotiate", `Bearer ${TOKEN}`, "lb=1"],
            ["upgrade /hub", `Bearer ${TOKEN}`, "lb=1"],
          ],
        );
      });

    for (const [what, status, location, requests, named] of [
      ["to another host", 307, "http://127.0.0.1:9/secret-path", 1, "http://127.0.0.1:9,"],
      ["that would lose the method", 302, "/other/negotiate", 1, ""],
      ["without an address", 307, undefined, 1, "an address that is none"],
      ["without end", 308, "/hub/negotiate", 6, ""],
    ] as const)
      it(`no redirect by HTTP ${what}`, async () => {
        foreign.hub.onNegotiate = () => ({ status, headers: location === undefined ? {} : { Location: location } });
        const { code, message } = await failure();
        assert.equal(code, status);
        assert.match(message, /redirects "negotiate" to/);
        assert.ok(message.includes(named) && !message.includes("secret-path"), message);
        assert.equal(foreign.hub.requests.length, requests);
      });

    for (const url of ["http://", "http://foreign.hub.example.net/secret-path", "hub", 7])
      it(`no address of a redirect that is none, or not https: ${url}`, async () => {
        foreign.hub.onNegotiate = () => ({
          body: { negotiateVersion: 1, connectionToken: "t", url, accessToken: "x" },
        });
        const { code, message } = await failure();
        assert.equal(code, "EANSWER");
        assert.match(message, /redirects "negotiate" to .* has to be https/);
        assert.ok(!message.includes("secret-path"));
        assert.equal(foreign.hub.requests.length, 1);
      });

    it("nothing with a token that no header can carry, which it names", async () => {
      const { code, cause } = await failure({ token: "two\r\nlines" });
      assert.deepEqual([code, cause.field, foreign.hub.requests.length], ["EINVALID", "token", 0]);
      foreign.hub.onNegotiate = () => ({ body: { url: foreign.hub.url(), accessToken: "two\nlines" } });
      assert.equal((await failure()).code, "EANSWER");
    });

    it("no end of redirects", async () => {
      foreign.hub.onNegotiate = () => ({ body: { url: foreign.hub.url(), accessToken: "x" } });
      const recorder = foreign.open({}, { backoff: { minMs: 5000, maxMs: 5000 } });
      await recorder.notice("disconnected");
      assert.ok(foreign.hub.requests.length <= 11, String(foreign.hub.requests.length));
    });

    describe("over TLS", () => {
      let proxy: TestProxy;
      let before: string | undefined;
      beforeEach(async () => {
        await foreign.hub.close();
        foreign.hub = await RawHub.start(true);
        proxy = await startProxy("user:secret");
        before = process.env["https_proxy"];
        process.env["https_proxy"] = proxy.url;
      });
      afterEach(async () => {
        if (before === undefined) delete process.env["https_proxy"];
        else process.env["https_proxy"] = before;
        await foreign.client.close();
        await proxy.close();
      });

      it("a hub whose certificate only its own TLS settings trust", async () => {
        const refused = foreign.open({ url: foreign.hub.url("localhost") });
        assert.equal((await refused.notice("disconnected")).payload.reason, "network");
        await foreign.client.close();
        const recorder = foreign.open({ url: foreign.hub.url("localhost"), tls: CLIENT_TLS });
        await recorder.notice("connected");
        assert.deepEqual(proxy.asked, [], "this machine is reached directly");
      });

      it("a hub behind a proxy that wants credentials, for negotiate and WebSocket", async () => {
        const recorder = foreign.open({ url: foreign.hub.url("hub.example.test"), tls: CLIENT_TLS });
        await recorder.setSubscriptions([of("QueueStatus")]);
        await recorder.notice("subscribed");
        const tunnel = `hub.example.test:${foreign.hub.port}`;
        assert.deepEqual(proxy.asked, [tunnel, tunnel]);
        assert.ok(foreign.hub.requests.every(({ headers }) => headers["proxy-authorization"] === undefined));
      });

      for (const fault of ["close", 407] as const)
        for (const door of ["negotiate", "the WebSocket"])
          it(`a proxy that answers CONNECT for ${door} with ${fault}, once it does not`, async () => {
            if (door === "negotiate") proxy.setFault(fault);
            else
              foreign.hub.onNegotiate = () => {
                proxy.setFault(fault);
                return {};
              };
            const recorder = foreign.open(
              { url: foreign.hub.url("hub.example.test"), tls: CLIENT_TLS },
              { timings: {} },
            );
            await recorder.setSubscriptions([of("QueueStatus")]);
            assert.equal((await recorder.notice("disconnected")).payload.reason, "proxy");
            foreign.hub.onNegotiate = () => ({});
            proxy.setFault(undefined);
            await recorder.notice("gap");
          });
    });
  });

  it("reads an envelope and answers whatever the case of their names", async () => {
    foreign.hub.onCall = (_method, args) =>
      items(args).map(({ EntityId, EventName }) => ({ ENTITYID: EntityId, EventName, Subscribed: true }));
    const recorder = await foreign.subscribed();
    foreign.hub.push("messagereceived", {
      Subscription: { EntityId: QUEUE_ID, EVENTNAME: "queuestatus" },
      Data: { MAXWAITTIME: 7 },
    });
    await until("the event", () => recorder.events.length === 1);
    assert.equal(recorder.events[0]?.payload["MaxWaitTime"], 7);
    foreign.hub.push("MessageReceived", { data: {} });
    await until("a report", () => foreign.unknown.length === 1);
    assert.deepEqual(foreign.unknown, [{ kind: "dropped", what: "MessageReceived without a subscription" }]);
  });

  it("reads an answer to negotiate whatever the case of its names, a redirect included", async () => {
    const other = await RawHub.start();
    try {
      const transports = [{ Transport: "WebSockets", TransferFormats: ["Text"] }];
      foreign.hub.onNegotiate = () => ({ body: { Url: other.url(), AccessToken: "the-redirects-token" } });
      other.onNegotiate = () => ({
        body: { NegotiateVersion: 1, ConnectionId: "c", ConnectionToken: "T", AvailableTransports: transports },
      });
      await foreign.subscribed();
      const upgrade = other.requests.find(({ kind }) => kind === "upgrade");
      assert.ok(upgrade?.path.includes("id=T"), upgrade?.path);
      assert.equal(upgrade?.headers.authorization, "Bearer the-redirects-token");
    } finally {
      await foreign.client.close();
      await other.close();
    }
  });

  for (const [what, body] of Object.entries({
    null: null,
    "an empty object": {},
    "a list": [],
    "no token": { negotiateVersion: 1, connectionId: "c", availableTransports: [] },
    "a token that is no text": { negotiateVersion: 1, connectionToken: 7 },
  }))
    it(`sends nothing further after an answer to negotiate that is unusable: ${what}`, async () => {
      foreign.hub.onNegotiate = () => ({ body });
      const errors: unknown[] = [];
      const backoff = { minMs: 5000, maxMs: 5000 };
      const onState = (state: State): void => void (state.word === "disconnected" && errors.push(state.error));
      await foreign.open({}, { backoff, onState }).notice("disconnected");
      assert.equal((errors[0] as { code?: unknown }).code, "EANSWER");
      assert.deepEqual(
        foreign.hub.requests.map(({ kind }) => kind),
        ["negotiate"],
      );
    });

  it("says of a damaged record that it ended the connection for it, and comes back with a gap", async () => {
    const recorder = await foreign.subscribed();
    for (const socket of foreign.hub.sockets) socket.send('{"type":1,\u001e');
    await recorder.notice("gap");
    const state = recorder.states.find(({ word }) => word === "disconnected") as State & { word: "disconnected" };
    const { code, message } = state.error as ContactCenterError;
    assert.deepEqual([state.reason, code], ["hub", "EHUB"]);
    assert.match(message, /not SignalR/);
  });

  it("reports a hundred unknown things at most", async () => {
    await foreign.subscribed();
    for (let count = 0; count < 300; count++) foreign.hub.emit(`stranger-${count}`, "QueueStatus");
    foreign.hub.emit(QUEUE_ID, "QueueStatus");
    await until("all", () => foreign.unknown.length === 100);
    await sleep(30);
    assert.equal(foreign.unknown.length, 100);
  });
});
