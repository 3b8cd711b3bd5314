/** Webhooks beside the rest of Node-RED: its other routes, its own addresses, its http settings. On a real Node-RED. */
import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { request as httpRequest } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { code, node, statusProbe, tab } from "../../support/flow.js";
import { type FlowNode, NodeRed } from "../../support/node-red.js";
import { until } from "../../support/wait.js";
import { type Reply, send } from "../../support/webhook.js";

const SECRET = { auth: "secret", credentials: { secret: "s3cret" } };
const inNode = (id: string, settings: object): FlowNode[] => [
  node(id, "smartrouting-in", { url: `/${id}`, auth: "none", ...settings }, [[`${id}-flow`], []]),
  code(`${id}-flow`, "msg.payload = {}; return msg;", [[`${id}-out`]]),
  node(`${id}-out`, "smartrouting-out"),
];
/** A core route that answers with its own id. */
const coreRoute = (id: string, method: string, url: string): FlowNode[] => [
  node(id, "http in", { url, method }, [[`${id}-flow`]]),
  code(
    `${id}-flow`,
    `msg.payload = { id: "${id}", got: msg.req.method === "GET" ? undefined : msg.payload }; return msg;`,
    [[`${id}-out`]],
  ),
  node(`${id}-out`, "http response", {}),
];
const SETTINGS: { title: string; settings: string; root?: string; headers?: Record<string, string> }[] = [
  { title: "default settings", settings: "" },
  { title: "other roots", settings: 'httpAdminRoot: "/admin", httpNodeRoot: "/api",', root: "/api" },
  { title: "CORS", settings: 'httpNodeCors: { origin: "*", methods: "GET,POST" },' },
  {
    title: "httpNodeAuth",
    settings: 'httpNodeAuth: { user: "red", pass: "5f4dcc3b5aa765d61d8327deb882cf99" },',
    headers: { Authorization: `Basic ${Buffer.from("red:password").toString("base64")}` },
  },
];

/** Sends the head of a request that announces a compressed body, and no body; resolves with the answer's status and error. */
const sendHead = (
  method: string,
  url: string,
  headers: Record<string, string>,
): Promise<[status: number | undefined, error: unknown]> =>
  new Promise((resolve, reject) => {
    const announced = { "Content-Type": "application/json", "Content-Encoding": "gzip", "Content-Length": "1000" };
    const request = httpRequest(url, { method, headers: { ...headers, ...announced } }, (response) => {
      let text = "";
      response.setEncoding("utf8").on("data", (part: string) => (text += part));
      response.on("end", () => {
        resolve([response.statusCode, (JSON.parse(text) as { error: unknown }).error]);
        request.destroy();
      });
    });
    request.on("error", reject).flushHeaders();
  });

const BETWEEN = {
  title: "middleware and static files",
  settings: 'httpAdminMiddleware: (request, response, next) => next(), httpStatic: [{ path: __dirname, root: "/" }],',
};

describe("webhook neighbours", () => {
  for (const { title, settings, root = "", headers = {} } of [...SETTINGS, BETWEEN] as typeof SETTINGS) {
    describe(`with ${title}`, () => {
      let red: NodeRed;
      before(async () => {
        const flows = [
          tab(),
          ...inNode("both", {}),
          ...inNode("guard", SECRET),
          ...inNode("far", { ...SECRET, networks: ["192.0.2.0/24"] }),
          ...coreRoute("core-get", "get", "/both"),
          ...coreRoute("core-status", "get", "/guard/status"),
          ...coreRoute("core-put", "put", "/guard/:id"),
          ...coreRoute("core-below", "post", "/guard/below/that"),
          ...coreRoute("core-post", "post", "/guard/other"),
        ];
        red = await NodeRed.start({ settings });
        await red.deploy(flows);
      });
      after(() => red?.stop());
      const ask = (method: string, path: string, body?: object): Promise<Reply> =>
        send(`${red.url}${root}${path}`, body, { method, headers });
      const id = async (method: string, path: string, body?: object): Promise<unknown> =>
        ((await ask(method, path, body)).json as { id?: unknown } | undefined)?.id;

      it("leaves methods that no webhook claims to core's routes", async () => {
        assert.equal(await id("GET", "/both"), "core-get");
        assert.equal((await ask("POST", "/both", { anum: "1" })).status, 204);
        assert.equal((await ask("HEAD", "/both")).status, 200);
        assert.equal(await id("PUT", "/guard/7", { a: 1 }), "core-put");
      });

      it("takes a request line with scheme and host as it takes the path", async () => {
        for (const [path, expected] of [
          ["/both", 204],
          ["/guard/s3cret?a=1", 204],
          ["/guard?key=s3cret", 204],
          ["/guard/wrong", 401],
          ["/nothing", 404],
        ] as const)
          for (const scheme of ["http", "HTTPS"]) {
            const target = `${scheme}://other.example:1880${root}${path}`;
            const status = await new Promise((resolve, reject) => {
              const { hostname, port } = new URL(red.url);
              const request = httpRequest({ hostname, port, method: "POST", path: target, headers }, (response) => {
                response.resume();
                resolve(response.statusCode);
              });
              request.on("error", reject).end('{"anum":"1"}');
            });
            assert.equal(status, expected, target);
          }
      });

      it("leaves segments that are not the secret, with their bodies, and all that lies below", async () => {
        assert.equal(await id("GET", "/guard/status"), "core-status");
        const other = await ask("POST", "/guard/other", { a: 1 });
        assert.deepEqual(other.json, { id: "core-post", got: { a: 1 } });
        assert.equal(await id("POST", "/guard/below/that", { a: 1 }), "core-below");
        assert.equal((await ask("POST", "/guard/s3cret", { anum: "1" })).status, 204);
      });

      it("says 405 and 401 where nothing else serves", async () => {
        for (const [method, path, status, error] of [
          ["DELETE", "/both", 405, "method"],
          ["DELETE", "/guard/s3cret", 405, "method"],
          ["POST", "/guard/wrong", 401, "credentials"],
          ["POST", "/guard", 401, "credentials"],
        ] as const) {
          const reply = await ask(method, path, method === "POST" ? { anum: "1" } : undefined);
          assert.deepEqual(
            [reply.status, (reply.json as { error: string }).error],
            [status, error],
            `${method} ${path}`,
          );
        }
        assert.equal((await ask("POST", "/guard/wrong/below", {})).status, 404);
      });

      it("waits for no body of what it refuses, so that no parser inflates it", async () => {
        for (const [method, path, status, error] of [
          ["POST", "/guard/wrong", 401, "credentials"],
          ["POST", "/guard?key=wrong", 401, "credentials"],
          ["GET", "/guard/wrong", 405, "method"],
          ["POST", "/far/s3cret", 403, "network"],
          ["PUT", "/both", 405, "method"],
          ["DELETE", "/guard/s3cret", 405, "method"],
        ] as const) {
          const answer = await sendHead(method, `${red.url}${root}${path}`, headers);
          assert.deepEqual(answer, [status, error], `${method} ${path}`);
        }
        const bomb = gzipSync(Buffer.concat([Buffer.from("["), Buffer.alloc(4_000_000, "0,"), Buffer.from("0]")]));
        for (const body of [bomb, "{bad"]) {
          const answer = await fetch(`${red.url}${root}/guard/wrong`, {
            method: "POST",
            headers: {
              ...headers,
              "Content-Type": "application/json",
              ...(body === bomb && { "Content-Encoding": "gzip" }),
            },
            body,
          });
          assert.equal(answer.status, 401);
          assert.equal(((await answer.json()) as { error: unknown }).error, "credentials");
        }
      });
    });
  }

  describe("static files", () => {
    it("are served below a webhook's path", async () => {
      const folder = mkdtempSync(join(tmpdir(), "cc-static-"));
      writeFileSync(join(folder, "page.txt"), "hello");
      const red = await NodeRed.start({
        settings: `httpStatic: [{ path: ${JSON.stringify(folder)}, root: "/files/" }],`,
      });
      try {
        await red.deploy([tab(), ...inNode("files", SECRET)]);
        assert.equal((await send(`${red.url}/files/page.txt`, undefined, { method: "GET" })).text, "hello");
        assert.equal((await send(`${red.url}/files/wrong`, {})).status, 401);
        assert.equal((await send(`${red.url}/files/s3cret`, { anum: "1" })).status, 204);
      } finally {
        await red.stop();
        rmSync(folder, { recursive: true, force: true });
      }
    });
  });

  describe("the paths of a node", () => {
    let red: NodeRed;
    const URLS: [id: string, url: string, badge: string][] = [
      ["flows", "/flows", "path of Node-RED"],
      ["settings", "settings", "path of Node-RED"],
      ["user", "/settings/user", "path of Node-RED"],
      ["test", "/contact-center/rte-connection/test", "path of Node-RED"],
      ["query", "/q?x=1", "wrong path"],
      ["encoded", "/a%20b", "wrong path"],
      ["parameter", "/p/:id", "wrong path"],
      ["absolute", "http://my.host/abs", "wrong path"],
      ["hash", "/a#b", "wrong path"],
      ["none", "", "no path"],
      ["fine", "/contact-center/calls", "open"],
    ];
    before(async () => {
      red = await NodeRed.start();
      await red.deploy([
        tab(),
        ...URLS.flatMap(([id, url]) => inNode(id, { url })),
        ...statusProbe(
          URLS.map(([id]) => id),
          "badge",
        ),
      ]);
    });
    after(() => red?.stop());

    for (const [id, url, expected] of URLS) {
      it(`"${url}": ${expected}`, async () => {
        const badge = await red.message(
          "badge",
          (message) => (message["status"] as { source: { id: string } }).source.id === id,
        );
        assert.equal((badge["status"] as { text: string }).text, expected);
      });
    }

    it("take nothing from the editor: it still loads and deploys", async () => {
      assert.equal((await fetch(`${red.url}/flows`)).status, 200);
      assert.equal((await fetch(`${red.url}/settings`)).status, 200);
      await red.deploy([tab(), ...inNode("fine", {})]);
    });
  });

  describe("requireHttps", () => {
    for (const [title, settings, root] of [
      ["default roots", "requireHttps: true,", ""],
      ["other roots", 'requireHttps: true, httpAdminRoot: "/admin", httpNodeRoot: "/api",', "/api"],
    ] as const) {
      it(`redirects plain http and serves what a proxy received by https, with ${title}`, async () => {
        const red = await NodeRed.start({ settings, flows: [tab(), ...inNode("calls", {})] });
        try {
          const ask = (headers: Record<string, string>): Promise<Response> =>
            fetch(`${red.url}${root}/calls`, { method: "POST", body: "{}", headers, redirect: "manual" });
          const plain = await ask({});
          assert.equal(plain.status, 302);
          assert.equal(plain.headers.get("location"), `${red.url.replace("http:", "https:")}${root}/calls`);
          assert.equal((await ask({ "X-Forwarded-Proto": "https" })).status, 204);
        } finally {
          await red.stop();
        }
      });
    }
  });

  it("answers without a stack where a middleware of the settings fails, and says so in one line", async () => {
    const settings = `httpNodeMiddleware: (request, response, next) => {
      if (request.headers["x-fail"] === "throw") throw new Error("mid\\ndle");
      next(request.headers["x-fail"] ? new Error("middle") : undefined);
    },`;
    const red = await NodeRed.start({ settings, flows: [tab(), ...inNode("calls", {})] });
    try {
      for (const how of ["throw", "next", "throw"]) {
        const reply = await send(`${red.url}/calls`, { anum: "1" }, { headers: { "X-Fail": how } });
        assert.deepEqual([reply.status, (reply.json as { error: unknown }).error], [500, "middleware"]);
        assert.doesNotMatch(reply.text, /node_modules/);
      }
      assert.equal((await send(`${red.url}/calls`, { anum: "1" })).status, 204);
      assert.equal(red.log.filter((line) => line.includes("httpNodeMiddleware")).length, 1);
      assert.ok(!red.log.some((line) => line.includes("    at ")));
    } finally {
      await red.stop();
    }
  });

  for (const { title, settings, root = "", headers = {} } of SETTINGS)
    describe(`another node on the same method and path, with ${title}`, () => {
      let red: NodeRed;
      before(async () => {
        red = await NodeRed.start({ settings });
      });
      after(() => red?.stop());
      const badges = (): string[] => red.messages("status").map((seen) => (seen["status"] as { text: string }).text);
      const warnings = (): string[] => red.log.filter((line) => line.includes("[warn]") && line.includes("POST /mine"));
      const mine = inNode("mine", {});
      const theirs = coreRoute("core-mine", "post", "/Mine/");
      const status = statusProbe(["mine"]);
      const call = async (): Promise<Reply> => send(`${red.url}${root}/mine`, { anum: "1" }, { headers });

      it("is named when it comes first, and ours gets the requests", async () => {
        await red.deploy([tab(), ...theirs]);
        await red.deploy([tab(), ...theirs, ...status, ...mine], "nodes");
        await until("the badge", () => badges().includes("path served twice"));
        assert.equal(warnings().length, 1);
        assert.equal((await call()).status, 204);
      });

      it("gets the requests without our credentials, with their bodies", async () => {
        await red.deploy([tab(), ...inNode("mine", SECRET), ...theirs]);
        for (const query of ["", "?key=wrong"]) {
          const reply = await send(`${red.url}${root}/mine${query}`, { a: 1 }, { headers });
          assert.deepEqual(reply.json, { id: "core-mine", got: { a: 1 } });
        }
        assert.equal((await send(`${red.url}${root}/mine?key=s3cret`, { anum: "1" }, { headers })).status, 204);
      });

      it("is named when it comes later, once, and no more when it goes", async () => {
        await red.deploy([tab(), ...status, ...mine]);
        red.forget();
        red.log.length = 0;
        await red.deploy([tab(), ...status, ...mine, ...theirs], "nodes");
        await until("the badge", () => badges().at(-1) === "path served twice");
        assert.equal((await call()).status, 204);
        await red.deploy([tab(), ...status, ...mine, ...theirs, ...coreRoute("more", "get", "/mine")], "nodes");
        assert.equal(warnings().length, 1);
        await red.deploy([tab(), ...status, ...mine, ...coreRoute("more", "get", "/mine")], "nodes");
        await until("the badge", () => badges().at(-1) === "open");
      });
    });
});
