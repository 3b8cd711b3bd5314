import assert from "node:assert/strict";
import { createServer, type Server } from "node:https";
import type { AddressInfo } from "node:net";
import { proxyFor, proxySetting } from "../../../lib/http/proxy.js";
import { createRestClient } from "../../../lib/http/rest.js";
import { startProxy, type TestProxy } from "../../support/proxy.js";
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
    assert.equal(proxySetting(undefined), false);
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

    it("tunnels https with the proxy's credentials and its own TLS settings, and reads each cookie", async () => {
      const { port } = server.address() as AddressInfo;
      const client = createRestClient({
        vendor: "enreach",
        baseUrl: `https://hub.example.test:${port}`,
        tls: CLIENT_TLS,
      });
      const answer = await client.request({ operation: "test", method: "GET", path: "/" });
      client.close();
      assert.deepEqual(proxy.asked, [`hub.example.test:${port}`]);
      assert.deepEqual(answer.cookies, ["a=1; Path=/", "b=2"]);
    });
  });
});
