/** Webhook endpoints: which requests are accepted and how others are refused, under each of Node-RED's http settings. On a real Node-RED. */
import assert from "node:assert/strict";
import { until } from "../../support/wait.js";
import { connect } from "node:net";
import { node, statusProbe, tab } from "../../support/flow.js";
import { type FlowNode, NodeRed } from "../../support/node-red.js";
import { ROUTING_VENDORS, type RoutingVendor, routingFlow, ring } from "../../support/routing-vendors.js";
import { type Reply, send } from "../../support/webhook.js";

const [ROUTING, LAYER] = ROUTING_VENDORS as [RoutingVendor, RoutingVendor];
const basic = (user: string, password: string): Record<string, string> => ({
  Authorization: `Basic ${Buffer.from(`${user}:${password}`).toString("base64")}`,
});
const MD5_OF_PASSWORD = "5f4dcc3b5aa765d61d8327deb882cf99";

describe("webhook", () => {
  /** Each row is a separate Node-RED, on which the same endpoints must behave the same. */
  const HTTP_SETTINGS: {
    title: string;
    settings: string;
    root?: string;
    headers?: Record<string, string>;
    extra?: (red: NodeRed) => void;
  }[] = [
    { title: "default settings", settings: "" },
    {
      title: "httpAdminRoot /admin and httpNodeRoot /api",
      settings: 'httpAdminRoot: "/admin", httpNodeRoot: "/api",',
      root: "/api",
    },
    {
      title: "httpNodeAuth",
      settings: `httpNodeAuth: { user: "red", pass: "${MD5_OF_PASSWORD}" },`,
      headers: basic("red", "password"),
      extra: (red) => {
        it("asks for Node-RED's own user first", async () => {
          assert.equal((await ring(red.url, ROUTING, "good")).status, 401);
          assert.equal((await ring(red.url, ROUTING, "good", basic("red", "wrong"))).status, 401);
        });
      },
    },
    {
      title: "httpNodeMiddleware, httpNodeCors and /admin",
      settings: `httpAdminRoot: "/admin",
        httpNodeCors: { origin: "https://crm.example", methods: "GET,POST" },
        httpNodeMiddleware: (req, res, next) => { if (req.headers["x-block"]) { res.statusCode = 451; res.end(req.url); } else { res.setHeader("X-Seen", req.baseUrl + req.path); next(); } },`,
      extra: (red) => {
        it("runs the middleware before the endpoint", async () => {
          assert.equal((await ring(red.url, ROUTING, "good", { "X-Block": "1" })).status, 451);
          assert.equal((await ring(red.url, ROUTING, "good")).headers.get("x-seen"), "/smartrouting");
        });
        it("answers with CORS headers, also to a preflight", async () => {
          assert.equal(
            (await ring(red.url, ROUTING, "good")).headers.get("access-control-allow-origin"),
            "https://crm.example",
          );
          const preflight = await send(`${red.url}/smartrouting`, undefined, {
            method: "OPTIONS",
            headers: { Origin: "https://crm.example", "Access-Control-Request-Method": "POST" },
          });
          assert.equal(preflight.status, 204);
          assert.equal(preflight.headers.get("access-control-allow-methods"), "GET,POST");
        });
      },
    },
    { title: "CORS alone", settings: `httpNodeCors: { origin: "*" },` },
  ];

  for (const { title, settings, root = "", headers = {}, extra } of HTTP_SETTINGS) {
    describe(`with ${title}`, () => {
      const red = {} as NodeRed;
      const base = (): string => red.url + root;
      const post = (path: string, body: unknown, more: Record<string, string> = {}): Promise<Reply> =>
        send(base() + path, body, { headers: { ...headers, ...more } });
      before(async () => {
        const flows = [
          tab(),
          ...ROUTING_VENDORS.flatMap((vendor) => routingFlow(vendor)),
          node("core", "http in", { url: "/core", method: "post" }, [["core-out"]]),
          node("core-out", "http response", {}),
        ];
        Object.setPrototypeOf(red, await NodeRed.start({ flows, settings }));
      });
      after(() => red.stop());

      it("lets a call through whatever its content type says", async () => {
        for (const vendor of ROUTING_VENDORS) {
          for (const type of [
            "application/json",
            "text/plain",
            "application/x-www-form-urlencoded",
            "application/xml",
            "nonsense",
          ]) {
            const reply = await ring(base(), vendor, "good", { ...headers, "Content-Type": type });
            assert.deepEqual([reply.status, reply.json], [200, vendor.good.json], `${vendor.name} ${type}`);
          }
        }
      });

      it("takes a path in any case and with a trailing slash", async () => {
        assert.equal((await post("/SmartRouting/", ROUTING.request("good"))).status, 200);
      });

      it("says in JSON what is wrong with a body", async () => {
        const wrong: [number, string, string][] = [
          [400, "not-json", "anum=1"],
          [400, "not-json", ""],
          [400, "not-json", '{"anum": "+35'],
          [400, "not-object", "[1]"],
          [400, "not-object", "null"],
          [400, "too-deep", `{"a":${"[".repeat(64)}${"]".repeat(64)}}`],
          [400, "too-many", JSON.stringify({ anum: Array.from({ length: 1001 }, () => 1) })],
          [413, "too-large", JSON.stringify({ anum: "x".repeat(64 * 1024) })],
          [413, "too-large", JSON.stringify({ anum: "x".repeat(1024 * 1024) })],
        ];
        for (const [status, error, body] of wrong) {
          for (const vendor of ROUTING_VENDORS) {
            for (const type of ["application/json", "text/plain"]) {
              const reply = await post(`/${vendor.name}`, body, { "Content-Type": type });
              assert.equal(reply.status, status, `${vendor.name} ${error} ${type}: ${reply.text.slice(0, 200)}`);
              const json = reply.json as { error: string; message: string; STATUS?: number };
              assert.equal(json.error, error);
              assert.ok(json.message.length > 10 && !json.message.includes("shared."), json.message);
              assert.equal(json.STATUS, vendor === LAYER ? 1 : undefined);
            }
          }
        }
        assert.equal((await post("/smartrouting", ROUTING.request("good"))).status, 200);
      });

      it("takes 1,000 parameters of a query and no more", async () => {
        for (const [count, status] of [
          [1000, 200],
          [1001, 400],
        ] as const) {
          const query = Array.from({ length: count }, () => "a").join("&");
          assert.equal((await post(`/smartrouting?${query}`, ROUTING.request("good"))).status, status, `${count}`);
        }
      });

      it("takes 64 KiB to the byte", async () => {
        const room = 64 * 1024 - JSON.stringify({ ...ROUTING.request("good"), pad: "" }).length;
        assert.equal((await post("/smartrouting", { ...ROUTING.request("good"), pad: "x".repeat(room) })).status, 200);
        assert.equal(
          (await post("/smartrouting", { ...ROUTING.request("good"), pad: "x".repeat(room + 1) })).status,
          413,
        );
      });

      it("refuses another method and says which it takes", async () => {
        for (const method of ["GET", "PUT", "DELETE"]) {
          const reply = await send(`${base()}/smartrouting`, undefined, { method, headers });
          assert.equal(reply.status, 405);
          assert.equal(reply.headers.get("allow"), "POST");
          assert.equal((reply.json as { error: string }).error, "method");
        }
      });

      it("leaves other paths to the other nodes", async () => {
        assert.deepEqual((await post("/core", { a: 1 })).json, { a: 1 });
        assert.equal((await post("/smartrouting/more", {})).status, 404);
        assert.equal((await post("/smartroutin", {})).status, 404);
        assert.equal((await post("/%E0%A4%A", {})).status >= 400, true);
      });

      describe("and more", () => extra?.(red));
    });
  }

  describe("without http for flows", () => {
    it("says so on the badge and in the log", async () => {
      const red = await NodeRed.start({
        settings: "httpNodeRoot: false,",
        flows: [tab(), ...routingFlow(ROUTING), ...statusProbe(["smartrouting-in"])],
      });
      try {
        const badge = await red.message("status");
        assert.equal((badge["status"] as { text: string }).text, "no http");
        assert.ok(red.log.some((line) => line.includes("httpNodeRoot")));
      } finally {
        await red.stop();
      }
    });
  });

  describe("a deadline that is longer than vendors wait", () => {
    it("is warned about", async () => {
      const red = await NodeRed.start({ flows: [tab(), ...routingFlow(ROUTING, { deadline: 5001 })] });
      try {
        assert.ok(red.log.some((line) => line.includes("[warn] [smartrouting-in:") && line.includes("5001 ms")));
      } finally {
        await red.stop();
      }
    });
  });

  describe("the second claimant", () => {
    it("takes over when the first is gone and it starts anew", async () => {
      const claimant = (id: string, name = ""): FlowNode =>
        node(
          id,
          "voicenter-layer-in",
          { auth: "none", url: "/one", name, fallbackLayer: id === "first" ? "1" : "2", deadline: 50 },
          [[], []],
        );
      const red = await NodeRed.start({ flows: [tab(), claimant("first"), claimant("second")] });
      const layer = async (): Promise<unknown> =>
        ((await send(`${red.url}/one`, LAYER.request("x"))).json as { LAYER: number }).LAYER;
      try {
        assert.equal(await layer(), 1);
        await red.deploy([tab(), claimant("second", "anew")], "nodes");
        assert.equal(await layer(), 2);
      } finally {
        await red.stop();
      }
    });
  });

  describe("rubbish", () => {
    it("gets a 4xx or an answer, and the next good call works", async () => {
      const red = await NodeRed.start({ flows: [tab(), ...ROUTING_VENDORS.flatMap((vendor) => routingFlow(vendor))] });
      try {
        for (const vendor of ROUTING_VENDORS) {
          const good = JSON.stringify(vendor.request("good"));
          for (const body of mutations(good, 300)) {
            const reply = await send(`${red.url}/${vendor.name}`, body);
            assert.ok([200, 204, 400].includes(reply.status), `${reply.status} for ${JSON.stringify(body)}`);
          }
          assert.deepEqual((await ring(red.url, vendor, "good")).json, vendor.good.json);
        }
      } finally {
        await red.stop();
      }
    });

    it("that stops in the middle gets the fallback at the deadline, and a caller who hangs up is reported", async () => {
      const red = await NodeRed.start({ flows: [tab(), ...ROUTING_VENDORS.flatMap((vendor) => routingFlow(vendor))] });
      try {
        for (const vendor of ROUTING_VENDORS) {
          const head = `POST /${vendor.name} HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n`;
          const reply = await raw(red.url, `${head}{"anum":`);
          assert.match(reply, new RegExp(`^HTTP/1\\.1 ${vendor.fallback.status}`));
          assert.ok(reply.endsWith(vendor.fallback.json ? JSON.stringify(vendor.fallback.json) : ""));
        }
        await until("the warning", () => red.log.some((line) => line.includes("did not arrive in time")));
        const request = JSON.stringify(ROUTING.request("silent"));
        await hangUp(
          red.url,
          `POST /smartrouting HTTP/1.1\r\nHost: x\r\nContent-Length: ${request.length}\r\n\r\n${request}`,
          () => red.message("smartrouting-seen"),
        );
        assert.equal((await red.message("smartrouting-fallback"))["reason"], "closed");
        await until("the warning", () => red.log.some((line) => line.includes("hung up before the answer")));
        assert.deepEqual((await ring(red.url, ROUTING, "good")).json, ROUTING.good.json);
        assert.deepEqual((await ring(red.url, ROUTING, "silent")).status, 204);
        // Each once: the deadline of the caller who hung up came first.
        await until("the other fallback", () => red.messages("smartrouting-fallback").length > 1);
        const reasons = red.messages("smartrouting-fallback").map(({ reason }) => reason);
        assert.deepEqual(reasons, ["closed", "deadline"]);
      } finally {
        await red.stop();
      }
    });

    it("is no earlier answer where the caller hung up: the late one says that nobody was there", async () => {
      const red = await NodeRed.start({ flows: [tab(), ...routingFlow(ROUTING, { deadline: 5000 })] });
      try {
        const request = JSON.stringify(ROUTING.request("late"));
        await hangUp(
          red.url,
          `POST /smartrouting HTTP/1.1\r\nHost: x\r\nContent-Length: ${request.length}\r\n\r\n${request}`,
          () => red.message("smartrouting-seen"),
        );
        await until("the warning", () => red.log.some((line) => line.includes("The caller is gone")));
        assert.ok(!red.log.some((line) => line.includes("already answered")));
      } finally {
        await red.stop();
      }
    });
  });
});

/** Seeded changes to a text: characters swapped for rubbish, pieces cut out, values of wrong types. */
function* mutations(text: string, count: number): Generator<string> {
  let seed = 42;
  const random = (below: number): number => (seed = (seed * 1_103_515_245 + 12_345) % 2 ** 31) % below;
  const odd = ["null", "-1e400", '"\\u0000"', "[[]]", "{}", "true", '"__proto__"', "9007199254740993", '"\\ud800"'];
  for (let i = 0; i < count; i++) {
    const at = random(text.length);
    const kind = random(3);
    if (kind === 0) yield text.slice(0, at) + String.fromCharCode(random(0x2000)) + text.slice(at + 1);
    else if (kind === 1) yield text.slice(0, at) + text.slice(at + random(20));
    else
      yield text.replace(/"[^"]*"(?=[,}])/g, (value) =>
        random(3) === 0 ? (odd[random(odd.length)] as string) : value,
      );
  }
}

/** Sends bytes and resolves with what came back when the server has closed or answered. */
function raw(url: string, bytes: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(Number(new URL(url).port), "127.0.0.1", () => socket.write(bytes));
    let text = "";
    socket.setEncoding("utf8").on("data", (part) => (text += String(part)));
    socket.on("close", () => resolve(text));
    socket.on("error", reject);
  });
}

/** Sends bytes and breaks off once something has happened. */
async function hangUp(url: string, bytes: string, once: () => Promise<unknown>): Promise<void> {
  const socket = connect(Number(new URL(url).port), "127.0.0.1", () => socket.write(bytes));
  await once();
  const closed = new Promise((resolve) => socket.once("close", resolve));
  socket.destroy();
  await closed;
}
