import assert from "node:assert/strict";
import { createServer, type Server } from "node:http";
import type { Socket } from "node:net";
import { ContactCenterError } from "../../../lib/core/errors.js";
import { createCtiClient, type CtiClient, type CtiClientOptions, subscriptionId } from "../../../lib/cti/client.js";
import { type CtiSimulator, type CtiSimulatorOptions, startCtiSimulator } from "../../../simulators/cti/simulator.js";
import { listen } from "../../../simulators/listen.js";

const ANNA = "sip:anna.berg@contoso.example";
const CALLBACK = "http://127.0.0.1:9/events";

describe("lib/cti/client", () => {
  let broker: CtiSimulator;
  let client: CtiClient;
  const open = async (options: Partial<CtiClientOptions> = {}, simulator: CtiSimulatorOptions = {}): Promise<void> => {
    broker = await startCtiSimulator(simulator);
    client = createCtiClient({ url: broker.url, ...options });
  };
  afterEach(async () => {
    await broker?.close();
  });
  const sent = (operation: string): unknown[] =>
    broker.requests.filter((request) => request.operation === operation).map((request) => request.body);

  it("sends commands as the vendor writes them and gives the status", async () => {
    await open();
    assert.deepEqual(await client.command({ name: "AgentLogin", imAddress: ANNA }), {
      body: { ImAddress: ANNA, commandType: "AgentLogin" },
      status: 202,
    });
    assert.deepEqual(sent("command"), [{ ImAddress: ANNA, commandType: "AgentLogin" }]);
  });

  it("takes any answer to a command that is no web page, and a page for that of somebody else", async () => {
    const answers = [
      [200, "text/plain", "ok"],
      [200, "application/json", "{}"],
      [200, "text/html; charset=utf-8", "<html>Sign in</html>"],
      // The vendor's own word for a command that was taken.
      [202, "text/html; charset=utf-8", "<html>Accepted</html>"],
    ] as const;
    for (const [status, type, body] of answers) {
      const server = createServer((_request, response) =>
        response.writeHead(status, { "Content-Type": type }).end(body),
      );
      try {
        const other = createCtiClient({ url: `http://127.0.0.1:${await listen(server)}` });
        const sent = other.command({ name: "Dial", imAddress: ANNA, number: "tel:+31201234567" });
        if (status === 200 && type.startsWith("text/html")) await assert.rejects(sent, { code: "EANSWER" });
        else assert.equal((await sent).status, status);
      } finally {
        server.close();
      }
    }
  });

  const BROKEN: Record<string, (socket: Socket) => void> = {
    "a body that never comes": (socket) => socket.write("HTTP/1.1 202 Accepted\r\nContent-Length: 10\r\n\r\n"),
    "a reset within the body": (socket) => {
      socket.write("HTTP/1.1 202 Accepted\r\nContent-Length: 10\r\n\r\nabc");
      setTimeout(() => socket.resetAndDestroy(), 50);
    },
    "chunks without an end": (socket) =>
      socket.write("HTTP/1.1 202 Accepted\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n"),
    "gzip that is none": (socket) =>
      socket.write("HTTP/1.1 202 Accepted\r\nContent-Encoding: gzip\r\nContent-Length: 3\r\n\r\nabc"),
    "what is no HTTP": (socket) => socket.end("hello\r\n\r\n"),
  };
  for (const [what, answer] of Object.entries(BROKEN))
    it(`knows whether a command was taken by an answer with ${what}`, async () => {
      let requests = 0;
      const started = performance.now();
      const server = createServer(({ socket }) => {
        requests++;
        answer(socket);
      });
      const other = createCtiClient({ url: `http://127.0.0.1:${await listen(server)}` });
      try {
        const sent = other.command({ name: "Dial", imAddress: ANNA, number: "tel:+31201234567" });
        if (what.includes("HTTP")) await assert.rejects(sent, { code: "EANSWER" });
        else assert.equal((await sent).status, 202);
        assert.equal(requests, 1);
        // The request itself has 10 s; its body is not waited for.
        assert.ok(performance.now() - started < 8000);
      } finally {
        server.closeAllConnections();
        server.close();
      }
    });

  /** A broker that answers a subscription like this has given it the id 17. */
  const givesTheId = async (server: Server): Promise<void> => {
    const other = createCtiClient({ url: `http://127.0.0.1:${await listen(server)}` });
    try {
      assert.equal(await other.subscribe({ imAddress: ANNA, callback: "http://127.0.0.1/cti" }), "17");
    } finally {
      other.close();
      server.closeAllConnections();
      server.close();
    }
  };

  for (const end of ["cut off", "without an end"])
    it(`takes the id of an answer whose body is ${end}`, () =>
      givesTheId(
        createServer(({ socket }) => {
          socket.write("HTTP/1.1 201 Created\r\nLocation: api/subscribe/17\r\nContent-Length: 50\r\n\r\n{");
          if (end === "cut off") setTimeout(() => socket.destroy(), 50);
        }),
      ));

  it("takes the id of a body that begins with a byte order mark", () =>
    givesTheId(
      createServer((_request, response) => {
        response.writeHead(201, { "Content-Type": "application/json" }).end('\uFEFF{"SubscriptionId":"17"}');
      }),
    ));

  for (const [status, type] of [
    [200, "text/html; charset=utf-8"],
    [404, "text/html"],
  ] as const) {
    it(`takes a web page (${status}) for no answer of the broker, whatever was asked`, async () => {
      const server = createServer((_request, response) =>
        response.writeHead(status, { "Content-Type": type }).end("<!DOCTYPE html><html>Sign in</html>"),
      );
      const other = createCtiClient({ url: `http://127.0.0.1:${await listen(server)}` });
      try {
        await assert.rejects(other.unsubscribe("id"), { code: "EANSWER" });
        await assert.rejects(other.test(), { code: "EANSWER" });
        await assert.rejects(other.subscribe({ callback: CALLBACK }), { code: "EANSWER" });
      } finally {
        other.close();
        server.close();
      }
    });
  }

  it("takes an answer without a body for the broker's, whatever type it names, and 410 as 404", async () => {
    const server = createServer((request, response) =>
      response.writeHead({ x: 404, y: 410 }[request.url?.at(-1) ?? ""] ?? 202, { "Content-Type": "text/html" }).end(),
    );
    const other = createCtiClient({ url: `http://127.0.0.1:${await listen(server)}` });
    try {
      assert.deepEqual(await Promise.all(["id", "x", "y"].map((id) => other.unsubscribe(id))), [
        "ended",
        "unknown",
        "unknown",
      ]);
    } finally {
      other.close();
      server.close();
    }
  });

  it("sends numbers where it is told to, below a path prefix", async () => {
    await open({}, { prefix: "/site/broker" });
    const prefixed = createCtiClient({ url: `${broker.url}/site/broker/`, enumStyle: "number" });
    await prefixed.command({ name: "HeartBeat", imAddress: ANNA });
    assert.deepEqual(sent("command"), [{ ImAddress: ANNA, commandType: 14 }]);
  });

  for (const location of ["relative", "absolute", "body"] as const) {
    it(`finds the id of a subscription in a ${location} answer`, async () => {
      await open({}, { location });
      const id = await client.subscribe({ imAddress: ANNA, callback: CALLBACK });
      assert.deepEqual(
        broker.state().subscriptions.map((subscription) => [subscription.id, subscription.address]),
        [[id, ANNA]],
      );
    });
  }

  it("reads an id from every place that it may stand in", () => {
    const id = "296854af-2ba7-45d0-b460-085dc1843b3d";
    for (const location of [
      `api/subscribe/${id}`,
      `/api/subscribe/${id}/`,
      `https://host/x/api/subscribe/${id}?a=b#c`,
      `api/subscribe/%32${id.slice(1)}`,
    ]) {
      assert.equal(subscriptionId({ headers: { location }, body: undefined }), id, location);
    }
    for (const body of [{ SubscriptionId: id }, { subscriptionid: id }, { ID: id }, id, `{${id}}`])
      assert.match(subscriptionId({ headers: {}, body }) ?? "", new RegExp(id));
    for (const path of [
      `api/subscribe/${id}`,
      `/cti/api/Subscribe/${id}/`,
      `https://host/api/subscribe/%7B${id}%7D?a=b`,
    ])
      for (const body of [path, { SubscriptionId: path }])
        assert.equal(subscriptionId({ headers: {}, body })?.replace(/[{}]/g, ""), id, path);
    // What is no such path is an id of its own.
    for (const odd of ["tenant/17", "unsubscribe/17", "subscribe/", "a/subscribe/b/c"])
      assert.equal(subscriptionId({ headers: {}, body: { SubscriptionId: odd } }), odd);
    for (const body of [undefined, {}, "created", { id: "" }, { id: "api/subscribe/.." }, [id]])
      for (const end of ["", ".", "..", "%2e%2e"])
        assert.equal(subscriptionId({ headers: { location: `api/subscribe/${end}` }, body }), undefined);
  });

  it("names the fields of subscribe as it is told", async () => {
    await open(
      { addressField: "agent", callbackField: "target.url" },
      { addressField: "agent", callbackField: "target.url" },
    );
    await client.subscribe({ imAddress: ANNA, callback: CALLBACK });
    await client.subscribe({ callback: CALLBACK });
    assert.deepEqual(sent("subscribe"), [{ agent: ANNA, "target.url": CALLBACK }, { "target.url": CALLBACK }]);
  });

  it("unsubscribes, and says when the broker did not know the id", async () => {
    await open();
    const id = await client.subscribe({ callback: CALLBACK });
    assert.equal(await client.unsubscribe(id), "ended");
    assert.equal(await client.unsubscribe(id), "unknown");
    assert.equal(broker.state().subscriptions.length, 0);
    assert.equal(sent("unsubscribe").length, 2);
  });

  it("says what the broker said, and repeats neither credentials nor the callback's secret", async () => {
    const echo = createServer((request, response) => {
      let body = "";
      request
        .on("data", (part) => (body += part))
        .on("end", () => response.writeHead(500).end(`no: ${body} ${JSON.stringify(request.headers)}`));
    });
    const options = { url: `http://127.0.0.1:${await listen(echo)}` };
    const texts: string[] = [];
    for (const auth of [
      { auth: "bearer", token: "token-7f3a" },
      { auth: "basic", username: "u", password: "pass-7f3a" },
      { auth: "header", headerName: "X-Key", headerValue: "key-7f3a" },
    ] as const) {
      const error = await createCtiClient({ ...options, ...auth })
        .subscribe({ callback: `${CALLBACK}/s3cret-9`, secret: "s3cret-9" })
        .catch((error: unknown) => error as ContactCenterError);
      assert.ok(error instanceof ContactCenterError);
      assert.equal(error.code, 500);
      texts.push(error.message + JSON.stringify(error.cause) + JSON.stringify(error.params));
    }
    echo.close();
    assert.match(texts[0] as string, /no: .*\[redacted\]/);
    assert.doesNotMatch(texts.join(), /s3cret-9|7f3a|dTpwYXNz/);
  });

  const schemes: [Partial<CtiClientOptions>, { header: string; value: string }][] = [
    [
      { auth: "basic", username: "u", password: "p" },
      { header: "Authorization", value: "Basic dTpw" },
    ],
    [
      { auth: "bearer", token: "t" },
      { header: "Authorization", value: "Bearer t" },
    ],
    [
      { auth: "header", headerName: "X-Site-Key", headerValue: "k" },
      { header: "X-Site-Key", value: "k" },
    ],
  ];
  for (const [options, requires] of schemes) {
    it(`authenticates with ${options.auth}`, async () => {
      await open(options, { requires });
      assert.equal((await client.command({ name: "AgentLogin", imAddress: ANNA })).status, 202);
    });
  }

  it("refuses before sending what cannot work, and names the setting", () => {
    const field = (options: CtiClientOptions): unknown => {
      try {
        createCtiClient(options);
        return "accepted";
      } catch (error) {
        return (error as ContactCenterError).cause.field;
      }
    };
    const url = "http://127.0.0.1:9";
    assert.equal(field({ url: "" }), "url");
    for (const wrong of ["ftp://host", "http://host?x=1", "http://host#f"])
      assert.equal(field({ url: wrong }), "url", wrong);
    for (const path of ["api", "api/", "site/API", "api/command", "api/subscribe//"])
      assert.equal(field({ url: `${url}/${path}` }), "url", path);
    assert.equal(field({ url: `${url}/api/broker` }), "accepted");
    assert.equal(field({ url, auth: "basic" }), "username");
    assert.equal(field({ url, auth: "bearer" }), "token");
    assert.equal(field({ url, auth: "header", headerValue: "x" }), "headerName");
    assert.equal(field({ url }), "accepted");
  });

  it("tests a broker without changing anything there", async () => {
    await open();
    await client.test();
    assert.deepEqual([broker.state().subscriptions.length, sent("unsubscribe").length], [0, 1]);
    broker.faults.refuse = 1;
    await assert.rejects(client.test(), (error: unknown) => (error as ContactCenterError).code === 500);
  });
});
