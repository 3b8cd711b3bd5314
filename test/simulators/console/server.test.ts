import assert from "node:assert/strict";
import { request as httpRequest } from "node:http";
import { type Console, startConsole } from "../../../simulators/console/server.js";
import type { Simulator } from "../../../simulators/simulator.js";
import { until } from "../../support/wait.js";

/** A simulator with one number and two buttons. */
function counter(): Simulator & { add(): void } {
  let count = 0;
  const listeners = new Set<() => void>();
  const add = (): void => {
    count += 1;
    for (const listener of listeners) listener();
  };
  return {
    name: "rte",
    state: () => ({ count }),
    onChange(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    actions: {
      add: () => add(),
      fail: () => {
        throw new Error("no such agent");
      },
    },
    add,
    close: () => Promise.resolve(),
  };
}

interface Answer {
  status: number;
  body: string;
  headers: Record<string, unknown>;
}

describe("simulators/console/server", () => {
  let running: Console;
  let simulator: ReturnType<typeof counter>;

  beforeEach(async () => {
    simulator = counter();
    running = await startConsole({
      simulators: [simulator],
      links: [{ label: "Editor", url: "http://127.0.0.1:1880" }],
    });
  });
  afterEach(() => running.close());

  function ask(
    path: string,
    options: { method?: string; headers?: Record<string, string>; body?: string } = {},
  ): Promise<Answer> {
    return new Promise((resolve, reject) => {
      const request = httpRequest(
        new URL(path, running.url),
        { method: options.method ?? "GET", headers: options.headers ?? {} },
        (response) => {
          let body = "";
          response.setEncoding("utf8").on("data", (text: string) => (body += text));
          response.on("end", () => resolve({ status: response.statusCode ?? 0, body, headers: response.headers }));
        },
      );
      request.on("error", reject).end(options.body);
    });
  }
  function press(action: string, headers: Record<string, string> = {}, body = "{}"): Promise<Answer> {
    return ask(`/api/${action}`, { method: "POST", headers: { "Content-Type": "application/json", ...headers }, body });
  }

  it("serves the page and its script, and nothing else", async () => {
    const page = await ask("/");
    assert.equal(page.status, 200);
    assert.match(page.body, /main\.js/);
    assert.match(String(page.headers["content-security-policy"]), /default-src 'self'/);
    assert.equal((await ask("/main.js")).status, 200);
    for (const path of [
      "/../package.json",
      "/%2e%2e/package.json",
      "/..%2fpackage.json",
      "/../editor.js",
      "/simulators",
      "/nothing.js",
      "/%",
    ]) {
      assert.equal((await ask(path)).status, 404, path);
    }
  });

  it("presses a simulator's buttons and shows what they throw", async () => {
    assert.deepEqual(await press("rte/add").then(({ status, body }) => ({ status, body })), {
      status: 200,
      body: '{"result":null}',
    });
    assert.deepEqual(simulator.state(), { count: 1 });
    const failed = await press("rte/fail");
    assert.equal(failed.status, 400);
    assert.equal(failed.body, '{"error":"no such agent"}');
  });

  it("refuses what is no button, no POST, no JSON object, or too long", async () => {
    assert.equal((await press("rte/close")).status, 404);
    assert.equal((await press("rte/constructor")).status, 404);
    assert.equal((await press("webitel/add")).status, 404);
    assert.equal((await ask("/api/rte/add")).status, 405);
    for (const body of ["[]", "null", "{", "1"]) assert.equal((await press("rte/add", {}, body)).status, 400, body);
    assert.equal((await press("rte/add", {}, `"${"a".repeat(9_000_000)}"`)).status, 413);
    assert.deepEqual(simulator.state(), { count: 0 });
  });

  it("refuses the pages of other sites", async () => {
    const port = new URL(running.url).port;
    assert.equal((await press("rte/add", { Origin: "https://evil.example" })).status, 403);
    assert.equal((await press("rte/add", { Origin: "null" })).status, 403);
    assert.equal((await press("rte/add", { Host: `evil.example:${port}` })).status, 403);
    assert.equal((await press("rte/add", { "Content-Type": "text/plain" })).status, 415);
    assert.equal((await ask("/api/events", { headers: { Host: "evil.example" } })).status, 403);
    assert.deepEqual(simulator.state(), { count: 0 });
    assert.equal((await press("rte/add", { Origin: running.url })).status, 200);
    assert.equal(
      (await press("rte/add", { Host: `localhost:${port}`, Origin: `http://localhost:${port}` })).status,
      200,
    );
  });

  it("streams who is there, the state, and one state for many changes", async () => {
    const response = await fetch(`${running.url}/api/events`);
    const reader = (response.body as ReadableStream<Uint8Array>).getReader();
    let text = "";
    const reading = (async () => {
      for (;;) {
        const { value, done } = await reader.read();
        if (done) return;
        text += Buffer.from(value).toString();
      }
    })();
    const states = (): string[] => text.split("\n").filter((line) => line.startsWith('data: {"simulator"'));
    await until("the first state", () => states().length === 1);
    assert.match(
      text,
      /event: about\ndata: \{"simulators":\["rte"\],"links":\[\{"label":"Editor","url":"http:\/\/127.0.0.1:1880"\}\],"connect":\{\}\}/,
    );
    for (let i = 0; i < 100; i++) simulator.add();
    await until("the last state", () => states().at(-1) === 'data: {"simulator":"rte","state":{"count":100}}');
    assert.equal(states().length, 2);
    await running.close();
    await reading;
  });
});
