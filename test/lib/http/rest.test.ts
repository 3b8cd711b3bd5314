import assert from "node:assert/strict";
import { createServer } from "node:http";
import { type AddressInfo, createServer as createTcpServer } from "node:net";
import type { ServerResponse } from "node:http";
import { install } from "@sinonjs/fake-timers";
import { ContactCenterError } from "../../../lib/core/errors.js";
import { isUnprocessed } from "../../../lib/http/errors.js";
import { createRestClient, joinUrl, type RestClient, type RestOptions } from "../../../lib/http/rest.js";
import { freePort } from "../../support/node-red.js";
import { startServer, type TestServer } from "../../support/server.js";
import { until } from "../../support/wait.js";

describe("lib/http/rest", () => {
  let server: TestServer;
  let answers: ((response: ServerResponse) => void)[];
  let client: RestClient;
  const options = (more: Partial<RestOptions> = {}): RestOptions => ({
    vendor: "webitel",
    baseUrl: `${server.url}/api`,
    headers: () => ({ "X-Token": "s3cret" }),
    secrets: () => ["s3cret"],
    backoff: { minMs: 1, maxMs: 2 },
    ...more,
  });
  const json =
    (status: number, body: unknown, headers: Record<string, string> = {}) =>
    (response: ServerResponse) => {
      response.writeHead(status, { "Content-Type": "application/json", ...headers }).end(JSON.stringify(body));
    };
  const reset = (response: ServerResponse): void => void response.socket?.destroy();
  const failure = async (work: Promise<unknown>): Promise<ContactCenterError> => {
    const error = await work.then(
      () => assert.fail("it worked"),
      (reason: unknown) => reason,
    );
    assert.ok(error instanceof ContactCenterError, String(error));
    return error;
  };

  beforeEach(async () => {
    answers = [];
    server = await startServer((_heard, response) =>
      (answers.shift() ?? json(500, { detail: "no answer left" }))(response),
    );
    client = createRestClient(options());
  });
  afterEach(async () => {
    client.close();
    await server.close();
  });

  it("joins addresses without losing a prefix", () => {
    assert.equal(joinUrl("https://host/api/", "/agents"), "https://host/api/agents");
    assert.equal(joinUrl("https://host", "agents"), "https://host/agents");
  });

  it("sends header, query and body, and reads JSON, text and nothing", async () => {
    answers = [json(200, { a: 1 }), (response) => response.end("plain"), (response) => response.writeHead(202).end()];
    const sent = await client.request({
      operation: "Search",
      method: "POST",
      path: "/agents",
      query: { page: 1, id: ["1", "2"], q: undefined },
      body: { b: 2 },
    });
    assert.deepEqual(sent.body, { a: 1 });
    assert.equal(server.heard[0]?.url, "/api/agents?page=1&id=1&id=2");
    assert.equal(server.heard[0]?.headers["x-token"], "s3cret");
    assert.equal(server.heard[0]?.headers["content-type"], "application/json");
    assert.equal(server.heard[0]?.body, '{"b":2}');
    assert.equal((await client.request({ operation: "Read", method: "GET", path: "x" })).body, "plain");
    assert.deepEqual((await client.request({ operation: "Read", method: "GET", path: "x" })).body, undefined);
  });

  it("says what failed by status, and never the secret, even where the server echoes it", async () => {
    answers = [json(401, { detail: "bad token=s3cret", id: "session.valid" })];
    client = createRestClient(options({ readError: (_status, body) => body as { id: string; detail: string } }));
    const error = await failure(client.request({ operation: "Search", method: "GET", path: "x" }));
    assert.equal(error.code, 401);
    assert.equal(error.key, "shared.errors.http.401");
    assert.deepEqual(error.cause, {
      vendor: "webitel",
      operation: "Search",
      status: 401,
      id: "session.valid",
      detail: "bad token=[redacted]",
    });
    assert.ok(!JSON.stringify([Object.entries(error), error.message, error.stack]).includes("s3cret"));
  });

  it("says of an answer that is not packed as it says that it came", async () => {
    answers = [(response) => response.writeHead(200, { "Content-Encoding": "gzip" }).end('{"a":1}')];
    const { code, key } = await failure(client.request({ operation: "Read", method: "GET", path: "x" }));
    assert.deepEqual([code, key], ["EANSWER", "shared.errors.network.EANSWER"]);
  });

  it("lets the vendor's own code win", async () => {
    answers = [json(500, { code: 404 })];
    client = createRestClient(options({ readError: (_status, body) => body as { code: number } }));
    assert.equal((await failure(client.request({ operation: "Read", method: "GET", path: "x" }))).code, 404);
  });

  it("names network failures by their word", async () => {
    const refused = createRestClient(options({ baseUrl: `http://127.0.0.1:${await freePort()}` }));
    const error = await failure(refused.request({ operation: "Dial", method: "POST", path: "x" }));
    assert.equal(error.code, "ECONNREFUSED");
    assert.ok(isUnprocessed(error));
    answers = [reset];
    const broken = await failure(client.request({ operation: "Dial", method: "POST", path: "x" }));
    assert.equal(broken.code, "ECONNRESET");
    assert.ok(!isUnprocessed(broken));
    answers = [() => undefined];
    assert.equal(
      (await failure(client.request({ operation: "Dial", method: "POST", path: "x", timeoutMs: 50 }))).code,
      "ETIMEDOUT",
    );
  });

  it("takes https towards a plain http port for a TLS fault, and does not try again", async () => {
    let connections = 0;
    const plain = createServer().on("connection", () => connections++);
    await new Promise<void>((resolve) => plain.listen(0, "127.0.0.1", resolve));
    const { port } = plain.address() as AddressInfo;
    const wrong = createRestClient(options({ baseUrl: `https://127.0.0.1:${port}` }));
    const error = await failure(wrong.request({ operation: "Dial", method: "POST", path: "x", retry: "safe" }));
    plain.close();
    assert.equal(error.code, "EPROTO");
    assert.equal(error.key, "shared.errors.network.tls");
    assert.equal(connections, 1);
  });

  it("gives up a connection that is not made in time, and says that nothing was sent", async () => {
    const silent = createTcpServer(() => undefined);
    await new Promise<void>((resolve) => silent.listen(0, "127.0.0.1", resolve));
    const { port } = silent.address() as AddressInfo;
    const slow = createRestClient(options({ baseUrl: `https://127.0.0.1:${port}`, connectMs: 50 }));
    const error = await failure(slow.request({ operation: "Dial", method: "POST", path: "x" }));
    slow.close();
    silent.close();
    assert.deepEqual(
      [error.code, error.key, error.cause["sent"]],
      ["ETIMEDOUT", "shared.errors.network.connect", false],
    );
    assert.deepEqual([error.params["seconds"], error.params["host"]], [0.05, `127.0.0.1:${port}`]);
  });

  it("ends at once when it is told to stop", async () => {
    answers = [() => undefined];
    const stop = new AbortController();
    const work = client.request({ operation: "Dial", method: "POST", path: "x", signal: stop.signal });
    setImmediate(() => stop.abort());
    assert.equal((await failure(work)).code, "ECLOSED");
  });

  it("does not follow a redirect with its credentials", async () => {
    answers = [(response) => response.writeHead(302, { Location: `${server.url}/elsewhere` }).end()];
    const read = { operation: "Read", method: "GET", path: "x" } as const;
    const { code, key, message } = await failure(client.request(read));
    assert.deepEqual([code, key], [302, "shared.errors.http.redirect"]);
    assert.ok(message.includes(` on to ${server.url} (`), message);
    answers = [(response) => response.writeHead(307, { Location: "https://login.example/sso?ticket=1" }).end()];
    assert.match((await failure(client.request(read))).message, /on to https:\/\/login\.example \(HTTP 307\)/);
    assert.equal(server.heard.length, 2);
  });

  it("says of an answer that is too long, and of one that breaks off, that the server was reached", async () => {
    const long = Buffer.alloc(1024 * 1024, " ");
    answers = [
      (response) => {
        response.on("error", () => undefined);
        for (let mib = 0; mib <= 64; mib++) response.write(long);
        response.end();
      },
      (response) => {
        response.writeHead(200, { "Content-Length": "10" }).write("[");
        setImmediate(() => reset(response));
      },
    ];
    const request = { operation: "find", method: "GET", path: "x" } as const;
    const { code, message } = await failure(client.request(request));
    assert.equal(code, "EANSWER");
    assert.match(message, /was reached/);
    assert.equal((await failure(client.request(request))).code, "ECONNRESET");
  });

  describe("tries again", () => {
    const attempts = async (
      retry: "safe" | "unprocessed" | "never",
      fault: (response: ServerResponse) => void,
    ): Promise<number> => {
      answers = [fault, json(200, {})];
      await client.request({ operation: "X", method: "POST", path: "x", retry }).catch(() => undefined);
      return server.heard.length;
    };
    const cases: ["safe" | "unprocessed" | "never", string, (response: ServerResponse) => void, number][] = [
      ["safe", "a broken connection", reset, 2],
      ["safe", "502", json(502, {}), 2],
      ["safe", "400", json(400, {}), 1],
      ["unprocessed", "429", json(429, {}), 2],
      ["unprocessed", "503", json(503, {}), 2],
      ["unprocessed", "502", json(502, {}), 1],
      ["unprocessed", "a broken connection", reset, 1],
      ["never", "503", json(503, {}), 1],
      ["never", "429", json(429, {}, { "Retry-After": "0" }), 1],
    ];
    for (const [rule, what, fault, count] of cases) {
      it(`${rule}, after ${what}: ${count} request${count > 1 ? "s" : ""}`, async () =>
        assert.equal(await attempts(rule, fault), count));
    }

    for (const seconds of ["3600", "4"])
      it(`within its total time of 5 s: fails at once where Retry-After ${seconds} leaves none for another try`, async () => {
        answers = [json(503, {}, { "Retry-After": seconds }), json(200, {})];
        const error = await failure(
          client.request({ operation: "X", method: "POST", path: "x", retry: "unprocessed", totalMs: 5000 }),
        );
        assert.deepEqual([error.code, server.heard.length], [503, 1]);
      });

    for (const hours of [1, -1])
      it(`within its total time, whatever becomes of the clock: set by ${hours} h meanwhile`, async () => {
        const clock = install({ now: Date.now(), toFake: ["Date"] });
        try {
          answers = [
            (response) => {
              clock.setSystemTime(Date.now() + hours * 3_600_000);
              json(503, {}, { "Retry-After": hours > 0 ? "0" : "4" })(response);
            },
            json(200, {}),
          ];
          const work = client.request({ operation: "X", method: "POST", path: "x", retry: "safe", totalMs: 5000 });
          // Forwards there is time for another try; backwards there is no more than before.
          if (hours > 0) await work;
          else assert.equal((await failure(work)).code, 503);
          assert.equal(server.heard.length, hours > 0 ? 2 : 1);
        } finally {
          clock.uninstall();
        }
      });

    it("after the time until Retry-After by the server's own clock, half an hour ahead of ours", async () => {
      const now = Date.now() + 1_800_000;
      const at = (ms: number): string => new Date(ms).toUTCString();
      answers = [json(503, {}, { Date: at(now), "Retry-After": at(now + 2000) })];
      const error = await failure(client.request({ operation: "X", method: "GET", path: "x" }));
      assert.equal(error.cause["retryAfterMs"], 2000);
    });

    it("after a Retry-After of no more than its limit, however long a pause the server asks for", async () => {
      const short = createRestClient(options({ maxRetryAfterMs: 1 }));
      answers = [json(503, {}, { "Retry-After": "99999999" }), json(200, {})];
      await short.request({ operation: "X", method: "POST", path: "x", retry: "safe" });
      assert.equal(server.heard.length, 2);
      short.close();
    });

    it("not after it was told to stop during a pause, which is ECLOSED", async () => {
      answers = [json(503, {}, { "Retry-After": "20" })];
      const stop = new AbortController();
      const work = failure(
        client.request({ operation: "X", method: "GET", path: "x", retry: "safe", signal: stop.signal }),
      );
      await until("the first try", () => server.heard.length === 1);
      setTimeout(() => stop.abort(), 20);
      assert.equal((await work).code, "ECLOSED");
    });

    it("no more often than it may, and obeys Retry-After", async () => {
      answers = Array.from({ length: 9 }, () => json(429, {}, { "Retry-After": "0" }));
      const error = await failure(client.request({ operation: "X", method: "GET", path: "x", retry: "safe" }));
      assert.equal(error.code, 429);
      assert.equal(error.cause["retryAfterMs"], 0);
      assert.equal(server.heard.length, 4);
    });
  });
});
