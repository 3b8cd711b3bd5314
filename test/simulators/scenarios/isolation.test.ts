/** What the command does with a flow that would end Node-RED, with a slow disk, and with its own temporary files. */
import assert from "node:assert/strict";
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { runScenarios, ScenarioFolder } from "../../support/scenario-command.js";
import { code, FLOW, node, ring, scenario } from "../../support/scenario-flow.js";

describe("simulators/scenarios: isolation", function () {
  this.timeout(180_000);
  const folder = new ScenarioFolder();
  after(() => folder.remove());

  describe("with a flow that would end Node-RED", () => {
    const libs = [
      { var: "p", module: "process" },
      { var: "udp", module: "dgram" },
    ];
    const ends = (id: string, func: string, more: object = {}): object =>
      code(id, func, [[]], { z: "tab", libs, ...more });
    const flow = [
      ...FLOW,
      ends("Restart", "p.exit();"),
      ends("Later", 'p.nextTick(() => { throw new Error("too late"); });'),
      ends("Timer", 'setTimeout(() => { throw new Error("timed"); });'),
      ends("Statsd", 'udp.createSocket("udp4").send("x", 8125, "127.0.0.1");'),
      node("Syslog", "udp in", [[]], {
        z: "tab",
        iface: "",
        port: "1",
        ipv: "udp4",
        multicast: "false",
        group: "",
        datatype: "utf8",
      }),
      node("Groups", "udp in", [[]], {
        z: "tab",
        iface: "",
        port: "1",
        ipv: "udp4",
        multicast: "true",
        group: "239.1.1.1",
        datatype: "utf8",
      }),
    ];
    const at = (name: string): object => ({ send: { to: name, message: {} } });

    it("gives each scenario its verdict", async () => {
      const right = { answerHas: { InitialTarget: "+358100" } };
      folder.write(flow, {
        scenarios: [
          ...["Restart", "Later", "Timer", "Statsd"].map((name) => scenario(name, [ring("1", right), at(name)])),
          scenario("Other", [ring("1", right)]),
        ],
      });
      const report = join(folder.path, "new/report.xml");
      const { code: status, text } = await runScenarios([folder.flows, folder.scenarios, "--junit", report]);
      assert.equal(status, 1, text);
      assert.deepEqual(
        text
          .split("\n")
          .filter((line) => /^ {10}/.test(line))
          .map((line) => line.trim()),
        [
          "“Restart” (function) ended the process (process.exit()): Node-RED would end here",
          "error of “Restart” (function): A test is not ended by its flow",
          "“Later” (function) threw what nothing catches: too late: Node-RED would end here",
          "error of “Timer” (function): timed",
        ],
      );
      assert.match(text, /^5 scenarios, 3 failed/m);
      assert.match(readFileSync(report, "utf8"), /tests="5" failures="3"/);
    });

    it("says what happens when it starts", async () => {
      folder.write([...FLOW, ends("Start", "", { initialize: "p.exit(0);" })], {
        scenarios: [scenario("Starts", [ring("1")])],
      });
      const { code: status, text } = await runScenarios([folder.flows, folder.scenarios]);
      assert.equal(status, 1, text);
      assert.match(text, /ended the process \(process\.exit\(0\)\)/);
    });

    it("has no verdict where it ends the process nevertheless", async () => {
      folder.write([...FLOW, ends("End", "p.reallyExit(p.exitCode);")], { scenarios: [scenario("Ends", [at("End")])] });
      assert.equal((await runScenarios([folder.flows, folder.scenarios])).code, 2);
    });
  });

  it("has the first call recorded, however long the recorder takes to start", async () => {
    const slow = join(folder.path, "slow.cjs");
    writeFileSync(
      slow,
      `const { promises } = require("node:fs");
      const { readFile } = promises;
      promises.readFile = async (path, ...more) => {
        if (/contact-center.recorder[.]json$/.test(String(path))) await new Promise((done) => setTimeout(done, 1500));
        return readFile.call(promises, path, ...more);
      };`,
    );
    const silent = [
      { id: "tab", type: "tab" },
      node("In", "smartrouting-in", [[], []], { z: "tab", url: "/in", deadline: 200 }),
    ];
    folder.write(silent, { scenarios: [scenario("Is late", [ring("1", { fallback: "deadline" })])] });
    const ran = await runScenarios([folder.flows, folder.scenarios], undefined, {
      NODE_OPTIONS: `--require "${slow}"`,
    });
    assert.equal(ran.code, 0, ran.text);
  });

  for (const [how, more] of [
    ["", []],
    [" while it watches", ["--watch"]],
  ] as const)
    it(`leaves nothing behind when its terminal is closed${how}`, async () => {
      const temporary = join(folder.path, "tmp");
      mkdirSync(temporary);
      folder.write([...FLOW, code("Waits", "", [[]], { z: "tab" })], { scenarios: [scenario("Waits", [ring("1")])] });
      let left: string[] = [];
      const onText = (said: string, end: (signal: NodeJS.Signals) => void): void => {
        if (!said.includes("Node-RED ") || left.length > 0) return;
        left = readdirSync(temporary);
        end("SIGHUP");
      };
      const ran = runScenarios([folder.flows, folder.scenarios, ...more], onText, { TMPDIR: temporary });
      assert.equal((await ran).code, null);
      assert.match(left.join(), /^contact-center-test-/);
      assert.deepEqual(readdirSync(temporary), []);
      rmSync(temporary, { recursive: true });
    });
});
