import assert from "node:assert/strict";
import { createServer, type Server } from "node:https";
import type { AddressInfo } from "node:net";
import { proxyFor, proxySetting } from "../../../lib/http/proxy.js";
import { ContactCenterError } from "../../../lib/core/errors.js";
import { isUnprocessed } from "../../../lib/http/errors.js";
import { createRestClient, type RestAnswer, type RestOptions, type RestRequest } from "../../../lib/http/rest.js";
import { startProxy, type TestProxy } from "../../support/proxy.js";
import { until } from "../../support/wait.js";
import { CLIENT_TLS, SERVER_TLS } from "../../support/tls.js";

const PROXY = "http://proxy.example:3128";

describe("lib/http/proxy", () => {
  const CASES: Record<string, { env: Record<string, string>; address: string; proxy?: string }> = {
    "nothing is set": { env: {}, address: "https://a.example/" },
    "https by https_proxy": { env: { https_proxy: PROXY }, address: "https://a.example/", proxy: PROXY },
    "upper case": { env: { HTTPS_PROXY: PROXY }, address: "https://a.example/", proxy: PROXY },
    "http not by https_proxy": { env: { https_proxy: PROXY }, address: "http://a.example/" },
    "a WebSocket goes as the address it was negotiated at": {
      env: { https_proxy: PROXY },
      address: "wss://a.example/",
      proxy: PROXY,
    },
    "all_proxy is for the rest": { env: { all_proxy: PROXY }, address: "http://a.example/", proxy: PROXY },
    "npm's own": { env: { npm_config_https_proxy: PROXY }, address: "https://a.example/", proxy: PROXY },
    "a proxy without a scheme": {
      env: { https_proxy: "proxy.example:3128" },
      address: "https://a.example/",
      proxy: PROXY,
    },
    "no_proxy names the host": {
      env: { https_proxy: PROXY, no_proxy: "b.example, a.example" },
      address: "https://a.example/",
    },
    "no_proxy with another port": {
      env: { https_proxy: PROXY, no_proxy: "a.example:8443" },
      address: "https://a.example/",
      proxy: PROXY,
    },
    "no_proxy with this port": { env: { https_proxy: PROXY, no_proxy: "a.example:443" }, address: "wss://a.example/" },
    "no_proxy names a domain": { env: { https_proxy: PROXY, NO_PROXY: ".example" }, address: "https://a.example/" },
    "no_proxy with a star": { env: { https_proxy: PROXY, no_proxy: "*.example" }, address: "https://a.example/" },
    "a name alone excludes only itself": {
      env: { https_proxy: PROXY, no_proxy: "example" },
      address: "https://a.example/",
      proxy: PROXY,
    },
    "no_proxy for all": { env: { https_proxy: PROXY, no_proxy: "*" }, address: "https://a.example/" },
    "this machine": { env: { http_proxy: PROXY, all_proxy: PROXY }, address: "ws://127.0.0.1:1880/" },
  };
  for (const [what, { env, address, proxy }] of Object.entries(CASES)) {
    it(`finds the proxy: ${what}`, () => {
      assert.equal(proxyFor(address, "enreach", env)?.href, proxy && `${proxy}/`);
    });
  }

  it("refuses a variable that names no http proxy, and says which", () => {
    for (const bad of ["socks5://proxy.example", "http://"]) {
      assert.throws(() => proxyFor("https://a.example/", "enreach", { HTTPS_PROXY: bad }), {
        code: "EINVALID",
        key: "shared.errors.proxy",
      });
    }
  });

  it("hands on the proxy's credentials in plain text", () => {
    assert.deepEqual(proxySetting(new URL("http://me%40home:p%3Aw@proxy.example:3128")), {
      protocol: "http:",
      host: "proxy.example",
      port: 3128,
      auth: { username: "me@home", password: "p:w" },
    });
    assert.equal(proxySetting(undefined, {}), undefined);
    for (const name of ["http_proxy", "HTTPS_PROXY", "all_proxy"])
      assert.equal(proxySetting(undefined, { [name]: PROXY }), false);
  });

  describe("in the REST client", () => {
    let server: Server;
    let proxy: TestProxy;
    let before: string | undefined;
    beforeEach(async () => {
      server = createServer(SERVER_TLS, (_request, response) => {
        response.writeHead(200, { "Set-Cookie": ["a=1; Path=/", "b=2"] }).end("{}");
      });
      await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
      proxy = await startProxy("user:secret");
      before = process.env["https_proxy"];
      process.env["https_proxy"] = proxy.url;
    });
    afterEach(async () => {
      if (before === undefined) delete process.env["https_proxy"];
      else process.env["https_proxy"] = before;
      await proxy.close();
      server.closeAllConnections();
      server.close();
    });

    const request = (options: Partial<RestOptions> = {}, more: Partial<RestRequest> = {}): Promise<RestAnswer> => {
      const { port } = server.address() as AddressInfo;
      const client = createRestClient({
        vendor: "enreach",
        baseUrl: `https://hub.example.test:${port}`,
        tls: CLIENT_TLS,
        ...options,
      });
      return client.request({ operation: "test", method: "GET", path: "/", ...more }).finally(() => client.close());
    };

    it("tunnels https with the proxy's credentials and its own TLS settings, and reads each cookie", async () => {
      const { port } = server.address() as AddressInfo;
      const answer = await request();
      assert.deepEqual(proxy.asked, [`hub.example.test:${port}`]);
      assert.deepEqual(answer.cookies, ["a=1; Path=/", "b=2"]);
    });

    it("does not trust a server behind the proxy without the TLS settings", async () => {
      await assert.rejects(request({ tls: {} }), { key: "shared.errors.network.tls" });
    });

    it("goes around the proxy for what no_proxy names", async () => {
      process.env["no_proxy"] = "hub.example.test";
      try {
        await assert.rejects(request({ connectMs: 5000 }), { code: "ENOTFOUND" });
      } finally {
        delete process.env["no_proxy"];
      }
      assert.deepEqual(proxy.asked, []);
    });

    for (const [fault, why] of [
      ["close", "closed"],
      [407, "HTTP 407"],
      [502, "HTTP 502"],
      [NaN, "no HTTP answer"],
      ["gone", "ECONNREFUSED"],
    ] as const)
      it(`names a proxy that answers CONNECT with: ${fault}`, async () => {
        if (fault === "gone") await proxy.close();
        else proxy.setFault(fault);
        const error: unknown = await request({ timeoutMs: 8000 }).catch((reason: unknown) => reason);
        assert.ok(error instanceof ContactCenterError && isUnprocessed(error), String(error));
        assert.deepEqual([error.code, error.cause.operation], ["EPROXY", "test"]);
        assert.ok(error.message.includes(new URL(proxy.url).host) && error.message.includes(why), error.message);
        assert.ok(!error.message.includes("secret"));
        if (fault === "gone") proxy = await startProxy("user:secret");
      });

    it("names a proxy that is not there or wants a password for plain http, too", async () => {
      process.env["http_proxy"] = new URL(proxy.url).origin;
      const baseUrl = "http://hub.example.test";
      try {
        proxy.setPlainStatus(407);
        await assert.rejects(request({ baseUrl }), { code: "EPROXY" });
        await proxy.close();
        await assert.rejects(request({ baseUrl }), { code: "EPROXY" });
      } finally {
        delete process.env["http_proxy"];
        proxy = await startProxy("user:secret");
      }
    });

    it("leaves no socket at a proxy that does not answer", async () => {
      proxy.setFault("hang");
      await assert.rejects(request({ connectMs: 100 }), { code: "EPROXY" });
      await until("no socket", () => proxy.held() === 0);
    });
  });
});
