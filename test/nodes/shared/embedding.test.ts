/** Node-RED inside somebody else's application: what that application puts in front of the flows guards our webhooks too. */
import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { rmSync } from "node:fs";
import { tab } from "../../support/flow.js";
import { freePort, makeUserDir, NODE_RED } from "../../support/node-red.js";
import { ROUTING_VENDORS, type RoutingVendor, routingFlow, ring } from "../../support/routing-vendors.js";
import { until } from "../../support/wait.js";

const [ROUTING] = ROUTING_VENDORS as [RoutingVendor];

/** An application that mounts Node-RED, with a guard where the case wants it. */
const application = (port: number, userDir: string, guard: string): string => `
  const express = require(require.resolve("express", { paths: [${JSON.stringify(NODE_RED)}] })), http = require("node:http"), RED = require(${JSON.stringify(NODE_RED)});
  const app = express(), server = http.createServer(app);
  const guard = (req, res, next) => (req.headers["x-guard"] === "open" ? next() : res.status(418).end());
  RED.init(server, { httpAdminRoot: "/red", httpNodeRoot: "/api", userDir: ${JSON.stringify(userDir)}, flowFile: "flows.json", credentialSecret: "x",
    telemetry: { enabled: false, updateNotification: false }, logging: { console: { level: "off" } }, functionGlobalContext: { probe() {} } });
  ${guard}
  RED.events.once("flows:started", () => process.send("started"));
  server.listen(${port}, "127.0.0.1", () => RED.start());
`;

const CASES: { title: string; mount: string; guarded: boolean }[] = [
  {
    title: "nothing in front",
    mount: 'app.use("/red", RED.httpAdmin); app.use("/api", RED.httpNode);',
    guarded: false,
  },
  {
    title: "a guard before everything",
    mount: 'app.use(guard); app.use("/red", RED.httpAdmin); app.use("/api", RED.httpNode);',
    guarded: true,
  },
  {
    title: "a guard before the flows",
    mount: 'app.use("/red", RED.httpAdmin); app.use("/api", guard, RED.httpNode);',
    guarded: true,
  },
  {
    title: "a guard in an application between",
    mount:
      'const inner = express(); inner.use(guard); inner.use("/api", RED.httpNode); app.use("/red", RED.httpAdmin); app.use("/", inner);',
    guarded: true,
  },
];

describe("embedded Node-RED", () => {
  for (const { title, mount, guarded } of CASES) {
    it(`${guarded ? "guards" : "serves"} webhooks with ${title}`, async () => {
      const port = await freePort();
      const userDir = makeUserDir(true, [tab(), ...routingFlow(ROUTING)]);
      const child: ChildProcess = spawn(process.execPath, ["-e", application(port, userDir, mount)], {
        stdio: ["ignore", "inherit", "inherit", "ipc"],
      });
      try {
        let started = false;
        child.once("message", () => (started = true));
        await until("the application to start", () => started);
        const base = `http://127.0.0.1:${port}/api`;
        assert.equal((await ring(base, ROUTING, "good")).status, guarded ? 418 : 200);
        assert.deepEqual((await ring(base, ROUTING, "good", { "X-Guard": "open" })).json, ROUTING.good.json);
      } finally {
        const gone = new Promise((resolve) => child.once("exit", resolve));
        child.kill("SIGKILL");
        await gone;
        rmSync(userDir, { recursive: true, force: true });
      }
    });
  }
});
