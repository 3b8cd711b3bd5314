/** The client against a hub that nobody wrote for it, with the habits that hubs, balancers and proxies may have. */
import assert from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";
import { type ClientOptions, createRteClient, type RteClient, type Unknown } from "../../../lib/rte/client.js";
import { type HubEndpoint, tokenLogin } from "../../../lib/rte/login.js";
import type { State } from "../../../lib/rte/subscriber.js";
import { startProxy, type TestProxy } from "../../support/proxy.js";
import { agree, type Item, RawHub } from "../../support/raw-hub.js";
import { FAST, RecordingSubscriber } from "../../support/recording-subscriber.js";
import { of, QUEUE_ID } from "../../support/rte.js";
import { CLIENT_TLS } from "../../support/tls.js";
import { until } from "../../support/wait.js";

const TOKEN = "the-customers-token";

describe("lib/rte/client against another hub", () => {
  let hub: RawHub;
  let client: RteClient;
  const unknown: Unknown[] = [];
  function open(endpoint: Partial<HubEndpoint> = {}, options: Partial<ClientOptions> = {}): RecordingSubscriber {
    client = createRteClient({
      login: tokenLogin(() => ({ url: hub.url(), token: TOKEN, ...endpoint })),
      onUnknown: (what) => unknown.push(what),
      ...FAST,
      ...options,
    });
    client.open();
    return new RecordingSubscriber(client);
  }
  async function subscribed(...events: string[]): Promise<RecordingSubscriber> {
    const recorder = open();
    await recorder.setSubscriptions((events.length > 0 ? events : ["QueueStatus"]).map((event) => of(event)));
    await recorder.notice("subscribed");
    return recorder;
  }
  const items = (args: unknown[]): Item[] => args[0] as Item[];
  const failing = (): never => {
    throw new Error("An unexpected error occurred invoking 'Subscribe' on the server.");
  };

  beforeEach(async () => {
    hub = await RawHub.start();
    unknown.length = 0;
  });
  afterEach(async () => {
    await client?.close();
    await hub.close();
  });

  describe("reaches", () => {
    it("a hub behind a balancer that finds its server by a cookie", async () => {
      hub.onNegotiate = () => ({ headers: { "Set-Cookie": ["ARRAffinity=a1; Path=/; HttpOnly", "lb=2"] } });
      hub.onUpgrade = ({ headers }) => (headers.cookie === "ARRAffinity=a1; lb=2" ? undefined : 404);
      await subscribed();
    });

    it("the hub that negotiate redirects to, with the redirect's token and never with the customer's", async () => {
      const other = await RawHub.start();
      try {
        hub.onNegotiate = () => ({ body: { url: other.url(), accessToken: "the-redirects-token" } });
        other.onUpgrade = ({ headers }) => (headers.authorization === "Bearer the-redirects-token" ? undefined : 401);
        await subscribed();
        assert.deepEqual(
          other.requests.map(({ kind, headers }) => [kind, headers.authorization]),
          [
            ["negotiate", "Bearer the-redirects-token"],
            ["upgrade", "Bearer the-redirects-token"],
          ],
        );
        assert.equal(hub.requests.length, 1);
      } finally {
        await client.close();
        await other.close();
      }
    });

    it("another host only without the customer's token, where the redirect brings none", async () => {
      const other = await RawHub.start();
      try {
        hub.onNegotiate = () => ({ body: { url: other.url() } });
        await subscribed();
        assert.ok(other.requests.every(({ headers }) => headers.authorization === undefined));
      } finally {
        await client.close();
        await other.close();
      }
    });

    it("no address in clear text, whoever names it", async () => {
      hub.onNegotiate = () => ({ body: { url: "http://hub.example.net/x", accessToken: "other" } });
      const recorder = open();
      assert.equal((await recorder.notice("disconnected")).payload.reason, "server");
      await client.close();
      const second = open({ url: "http://hub.example.net/hub" });
      assert.equal((await second.notice("disconnected")).payload.reason, "server");
    });

    it("no end of redirects", async () => {
      hub.onNegotiate = () => ({ body: { url: hub.url(), accessToken: "x" } });
      const recorder = open({}, { backoff: { minMs: 5000, maxMs: 5000 } });
      await recorder.notice("disconnected");
      assert.ok(hub.requests.length <= 11, String(hub.requests.length));
    });

    describe("over TLS", () => {
      let proxy: TestProxy;
      let before: string | undefined;
      beforeEach(async () => {
        await hub.close();
        hub = await RawHub.start(true);
        proxy = await startProxy("user:secret");
        before = process.env["https_proxy"];
        process.env["https_proxy"] = proxy.url;
      });
      afterEach(async () => {
        if (before === undefined) delete process.env["https_proxy"];
        else process.env["https_proxy"] = before;
        await client.close();
        await proxy.close();
      });

      it("a hub whose certificate only its own TLS settings trust", async () => {
        const refused = open({ url: hub.url("localhost") });
        assert.equal((await refused.notice("disconnected")).payload.reason, "network");
        await client.close();
        const recorder = open({ url: hub.url("localhost"), tls: CLIENT_TLS });
        await recorder.notice("connected");
        assert.deepEqual(proxy.asked, [], "this machine is reached directly");
      });

      it("a hub behind a proxy that wants credentials, for negotiate and WebSocket", async () => {
        const recorder = open({ url: hub.url("hub.example.test"), tls: CLIENT_TLS });
        await recorder.setSubscriptions([of("QueueStatus")]);
        await recorder.notice("subscribed");
        const tunnel = `hub.example.test:${hub.port}`;
        assert.deepEqual(proxy.asked, [tunnel, tunnel]);
        assert.ok(hub.requests.every(({ headers }) => headers["proxy-authorization"] === undefined));
      });

      for (const fault of ["close", 407] as const)
        for (const door of ["negotiate", "the WebSocket"])
          it(`a proxy that answers CONNECT for ${door} with ${fault}, once it does not`, async () => {
            if (door === "negotiate") proxy.setFault(fault);
            else
              hub.onNegotiate = () => {
                proxy.setFault(fault);
                return {};
              };
            const recorder = open({ url: hub.url("hub.example.test"), tls: CLIENT_TLS }, { timings: {} });
            await recorder.setSubscriptions([of("QueueStatus")]);
            assert.equal((await recorder.notice("disconnected")).payload.reason, "proxy");
            hub.onNegotiate = () => ({});
            proxy.setFault(undefined);
            await recorder.notice("gap");
          });
    });
  });

  it("reads an envelope and answers whatever the case of their names", async () => {
    hub.onCall = (_method, args) =>
      items(args).map(({ EntityId, EventName }) => ({ ENTITYID: EntityId, EventName, Subscribed: true }));
    const recorder = await subscribed();
    hub.push("messagereceived", {
      Subscription: { EntityId: QUEUE_ID, EVENTNAME: "queuestatus" },
      Data: { MAXWAITTIME: 7 },
    });
    await until("the event", () => recorder.events.length === 1);
    assert.equal(recorder.events[0]?.payload["MaxWaitTime"], 7);
    hub.push("MessageReceived", { data: {} });
    await until("a report", () => unknown.length === 1);
    assert.deepEqual(unknown, [{ kind: "dropped", what: "MessageReceived without a subscription" }]);
  });

  it("reads an answer to negotiate whatever the case of its names, a redirect included", async () => {
    const other = await RawHub.start();
    try {
      const transports = [{ Transport: "WebSockets", TransferFormats: ["Text"] }];
      hub.onNegotiate = () => ({ body: { Url: other.url(), AccessToken: "the-redirects-token" } });
      other.onNegotiate = () => ({
        body: { NegotiateVersion: 1, ConnectionId: "c", ConnectionToken: "T", AvailableTransports: transports },
      });
      await subscribed();
      const upgrade = other.requests.find(({ kind }) => kind === "upgrade");
      assert.ok(upgrade?.path.includes("id=T"), upgrade?.path);
      assert.equal(upgrade?.headers.authorization, "Bearer the-redirects-token");
    } finally {
      await client.close();
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
      hub.onNegotiate = () => ({ body });
      const errors: unknown[] = [];
      const backoff = { minMs: 5000, maxMs: 5000 };
      const onState = (state: State): void => void (state.word === "disconnected" && errors.push(state.error));
      await open({}, { backoff, onState }).notice("disconnected");
      assert.equal((errors[0] as { code?: unknown }).code, "EANSWER");
      assert.deepEqual(
        hub.requests.map(({ kind }) => kind),
        ["negotiate"],
      );
    });

  it("reports a hundred unknown things at most", async () => {
    await subscribed();
    for (let count = 0; count < 300; count++) hub.emit(`stranger-${count}`, "QueueStatus");
    hub.emit(QUEUE_ID, "QueueStatus");
    await until("all", () => unknown.length === 100);
    await sleep(30);
    assert.equal(unknown.length, 100);
  });

  it("repeats a Subscribe that failed after an outage until it is served, with one gap from the outage on", async () => {
    const recorder = await subscribed();
    hub.emit(QUEUE_ID, "QueueStatus");
    await until("an event", () => recorder.events.length === 1);
    let failures = 3;
    hub.onCall = (_method, args) => (failures-- > 0 ? failing() : agree(items(args)));
    const droppedMs = Date.now();
    hub.drop();
    const { payload } = await recorder.notice("gap");
    assert.ok(Math.abs(Date.parse(payload.from) - droppedMs) < 150, "from");
    assert.ok(Date.parse(payload.to) >= (hub.calls.at(-1)?.atMs ?? 0), "to");
    assert.deepEqual(payload.subscriptions, [of("QueueStatus")]);
    await sleep(50);
    assert.deepEqual(
      recorder.notices.map(({ topic }) => topic),
      ["connected", "subscribed", "disconnected", "connected", "error", "subscribed", "gap"],
    );
    assert.equal(hub.requests.filter(({ kind }) => kind === "upgrade").length, 2, "on the same connection");
  });

  it("waits for a slow Subscribe as long as the hub gives signs of life", async () => {
    hub.onCall = async (_method, args) => {
      // Longer than the hub may be silent.
      await sleep(500);
      return agree(items(args));
    };
    const recorder = open({}, { timings: { ...FAST.timings, callMs: 5000 } });
    void recorder.setSubscriptions([of("QueueStatus")]);
    await recorder.notice("subscribed");
    assert.equal(hub.requests.filter(({ kind }) => kind === "upgrade").length, 1);
    assert.equal(hub.count("Subscribe"), 1);
  });

  it("takes back what is unsubscribed while its Subscribe is not answered, once the late answer grants it", async () => {
    let answer = (): void => undefined;
    hub.onCall = (method, args) =>
      method === "Subscribe"
        ? new Promise((resolve) => (answer = () => resolve(agree(items(args)))))
        : agree(items(args), false);
    const recorder = open();
    await recorder.notice("connected");
    void recorder.setSubscriptions([of("QueueStatus"), of("QueueCallInArrived")]);
    await until("the call", () => hub.count("Subscribe") === 1);
    const results = client.unsubscribe(recorder, [of("QueueStatus")]);
    answer();
    assert.deepEqual(await results, [{ ...of("QueueStatus"), subscribed: false, message: null }]);
    assert.deepEqual(
      hub.calls.filter(({ method }) => method === "Unsubscribe").map(({ args }) => items(args)),
      [[{ EntityId: QUEUE_ID, EventName: "QueueStatus" }]],
    );
  });

  it("ends no connection over a question, and keeps what it says to the one that failed first", async () => {
    const recorder = await subscribed();
    hub.onCall = () => new Promise(() => undefined);
    await assert.rejects(recorder.available(), { code: "ETIMEDOUT" });
    assert.deepEqual(
      (await recorder.list()).map((result) => result.subscribed),
      [true],
    );
    hub.onCall = (_method, args) => {
      throw new Error(
        args.length === 0 ? "the real reason" : "Invocation provides 1 argument(s) but target expects 0.",
      );
    };
    await assert.rejects(recorder.available(), { code: "EHUB", message: /the real reason/ });
    hub.emit(QUEUE_ID, "QueueStatus");
    await until("the event", () => recorder.events.length === 1);
    assert.equal(recorder.all("disconnected").length, 0);
  });

  it("takes no answer to a question that is none: names are text", async () => {
    const recorder = await subscribed();
    let answer: unknown;
    const { onCall } = hub;
    hub.onCall = (method, args) => (method === "AvailableSubscriptions" ? answer : onCall(method, args));
    for (answer of [{ names: [] }, "queuestatus", 5, [{}, 1]])
      await assert.rejects(recorder.available(), { code: "EANSWER" }, JSON.stringify(answer));
    answer = ["queuestatus", null, 5, "Other"];
    assert.deepEqual(await recorder.available(), ["QueueStatus", "Other"]);
  });

  it("remembers which form of a method worked", async () => {
    const recorder = await subscribed();
    hub.onCall = (_method, args) => {
      if (args.length === 0) throw new Error("Invocation provides 0 argument(s) but target expects 1.");
      return ["queuestatus"];
    };
    await recorder.available();
    await recorder.available();
    assert.deepEqual(
      hub.calls.filter(({ method }) => method === "AvailableSubscriptions").map(({ args }) => args.length),
      [0, 1, 1],
    );
  });

  it("finds the item that makes a call fail, and serves the others", async () => {
    hub.onCall = (method, args) => {
      if (method === "Subscribe" && items(args).some(({ EntityId }) => EntityId.startsWith("not-a-guid"))) failing();
      return agree(items(args), method === "Subscribe");
    };
    const recorder = open();
    const good = Array.from({ length: 150 }, (_, index) => of("UserStatus", `user-${index}`));
    const bad = ["not-a-guid-1", "not-a-guid-2", "not-a-guid-3"].map((id) => of("UserStatus", id));
    await recorder.setSubscriptions([...bad, ...good]);
    const reported = await until("the good ones", () => {
      const all = recorder.all("subscribed").flatMap(({ payload }) => payload);
      return all.length === good.length && all;
    });
    assert.deepEqual(client.counts(recorder), { refused: 0, pending: bad.length });
    assert.ok(reported.every(({ subscribed: isSubscribed }) => isSubscribed));
    assert.match(
      (await recorder.list()).find(({ entityId }) => entityId === "not-a-guid-1")?.message ?? "",
      /unexpected error/,
    );
  });

  it("asks little of a hub that fails at everything", async () => {
    hub.onCall = failing;
    const recorder = open({}, { backoff: { minMs: 60_000, maxMs: 60_000 } });
    await recorder.notice("connected");
    await recorder.setSubscriptions(Array.from({ length: 1000 }, (_, index) => of("UserStatus", `user-${index}`)));
    assert.ok(hub.calls.length <= 20, `${hub.calls.length} calls`);
  });

  it("tries an Unsubscribe that did not happen again, and says so meanwhile", async () => {
    const recorder = await subscribed("QueueStatus", "QueueCallInArrived");
    let busy = 2;
    hub.onCall = (_method, args) => (busy-- > 0 ? agree(items(args), true, "Busy") : agree(items(args), false));
    assert.deepEqual(await recorder.unsubscribe([of("QueueStatus")]), [
      { ...of("QueueStatus"), subscribed: true, message: "Busy" },
    ]);
    await until("a third try", () => hub.count("Unsubscribe") === 3);
    await sleep(200);
    assert.equal(hub.count("Unsubscribe"), 3);
  });

  it("names the items where UnsubscribeAll was not done", async () => {
    const recorder = await subscribed();
    hub.onCall = (method, args) => (method === "UnsubscribeAll" ? false : agree(items(args), false));
    assert.equal((await recorder.unsubscribe())[0]?.subscribed, true);
    await until("an Unsubscribe", () => hub.count("Unsubscribe") === 1);
    assert.deepEqual(
      [hub.count("UnsubscribeAll"), hub.calls.at(-1)?.args],
      [1, [[{ EntityId: QUEUE_ID, EventName: "QueueStatus" }]]],
    );
  });

  it("takes no answer for no refusal: an event or a pushed answer settles it, and what is served is taken back", async () => {
    hub.onCall = (method) => (method === "UnsubscribeAll" ? true : undefined);
    const recorder = open({}, { backoff: { minMs: 60_000, maxMs: 60_000 } });
    await recorder.notice("connected");
    await recorder.setSubscriptions([of("QueueStatus"), of("QueueCallInArrived")]);
    assert.deepEqual(client.counts(recorder), { refused: 0, pending: 2 });
    hub.emit(QUEUE_ID, "QueueStatus");
    await until("one served", () => client.counts(recorder).pending === 1);
    hub.push("SubscribeDetails", [
      { entityId: QUEUE_ID, eventName: "queuecallinarrived", subscribed: false, message: "No" },
    ]);
    await until("one refused", () => client.counts(recorder).refused === 1);
    assert.equal((await recorder.notice("refused")).payload[0]?.message, "No");
    assert.equal(recorder.all("gap").length, 1, "since it was subscribed, until the first event");
    await recorder.unsubscribe();
    assert.equal(hub.count("UnsubscribeAll"), 1);
  });

  it("asks again for what was refused, but not at the common pace", async () => {
    hub.onCall = (_method, args) => agree(items(args), false, "Unauthorized");
    const recorder = open();
    await recorder.notice("connected");
    await recorder.setSubscriptions([of("QueueStatus")]);
    await recorder.notice("refused");
    await sleep(200);
    assert.equal(hub.count("Subscribe"), 1, "not at the common pace");
    hub.onCall = (_method, args) => agree(items(args));
    await recorder.subscribe([of("QueueStatus")]);
    assert.equal((await recorder.notice("gap")).payload.subscriptions.length, 1);
  });

  it("begins the gap when all that was sent had been read, however far behind the flow is", async () => {
    const recorder = await subscribed();
    const slow = { onEvent: (): void => busy(10), onNotice: (): void => undefined, onState: (): void => undefined };
    client.add(slow);
    await client.setSubscriptions(slow, [of("QueueStatus")]);
    const burstMs = Date.now();
    for (let count = 0; count < 60; count++) hub.emit(QUEUE_ID, "QueueStatus", { MaxWaitTime: count });
    await until("the flow to be behind", () => recorder.events.length > 20);
    hub.drop();
    const droppedMs = Date.now();
    const { payload } = await recorder.notice("gap");
    // Not when the last of them was read: what the hub sent after the first one may be lost.
    const fromMs = Date.parse(payload.from);
    assert.ok(fromMs <= burstMs + 60 && fromMs >= burstMs - 200, `${fromMs - burstMs} ms after the burst`);
    assert.ok(Date.parse(payload.to) >= droppedMs);
  });

  it("does not take a flow that is busy for a hub that is silent", async () => {
    const recorder = await subscribed();
    // Sent, and not read before the flow is through.
    hub.emit(QUEUE_ID, "QueueStatus");
    busy(700);
    await until("the event", () => recorder.events.length === 1);
    // An end of the connection would be reported by now.
    await sleep(150);
    assert.equal(recorder.all("disconnected").length, 0);
  });
});

/** Keeps the event loop for so many milliseconds. */
function busy(ms: number): void {
  const end = performance.now() + ms;
  while (performance.now() < end);
}
