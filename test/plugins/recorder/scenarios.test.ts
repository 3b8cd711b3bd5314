/** Scenarios run from the sidebar: by the admin API of a real Node-RED, in a process of their own. */
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdirSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { constants, tmpdir } from "node:os";
import { join } from "node:path";
import type { ScenarioLine } from "../../../lib/recorder/scenario-lines.js";
import type { ScenarioList, ScenarioRun } from "../../../lib/recorder/scenario-run.js";
import { ownNodeRed } from "../../../plugins/recorder/own-node-red.js";
import { code, node, tab } from "../../support/flow.js";
import { makeUserDir, NODE_RED, NodeRed } from "../../support/node-red.js";
import { runScenarios } from "../../support/scenario-command.js";
import { until } from "../../support/wait.js";
import { send } from "../../support/webhook.js";

const API = "contact-center/recorder/scenarios";
const place = { x: 10, y: 10 };
/** The flow that runs; a test sends others. */
const flowTo = (target: string): { id: string; type: string }[] => [
  tab(),
  node("in", "smartrouting-in", { ...place, url: "/calls", auth: "none", deadline: 1500 }, [["route"], []]),
  {
    ...code(
      "route",
      `if (msg.topic === "SLOW") return null; msg.payload = { InitialTarget: "${target}" }; return msg;`,
      [["out"]],
    ),
    ...place,
    name: "Route",
  },
  node("out", "smartrouting-out", { ...place, name: "Answer" }),
];
const goesTo = (name: string, InitialTarget: string): object => ({
  name,
  steps: [{ ring: { from: "+358401112233" }, expect: { answer: { InitialTarget } } }],
});
/** Each takes as long as the in node waits. */
const slow = Array.from({ length: 30 }, (_, i) => ({
  name: `Slow ${i}`,
  steps: [{ ring: { tag: "SLOW" }, expect: { fallback: "deadline" } }],
}));

describe("Scenarios from the sidebar", function () {
  this.timeout(120_000);
  let red: NodeRed;
  let userDir: string;

  const write = (file: string, scenarios: object[] | string): void => {
    mkdirSync(join(userDir, "scenarios/sub"), { recursive: true });
    const text = typeof scenarios === "string" ? scenarios : JSON.stringify({ scenarios });
    writeFileSync(join(userDir, "scenarios", file), text);
  };
  const list = async (): Promise<ScenarioList> => (await (await fetch(`${red.url}/${API}`)).json()) as ScenarioList;
  const order = (body: object): ReturnType<typeof send> => send(`${red.url}/${API}/run`, body);
  const over = (): Promise<ScenarioRun> =>
    until(
      "the run to end",
      async () => {
        const { run } = await list();
        return run && run.state !== "running" ? run : undefined;
      },
      60_000,
    );
  /** Process id and niceness of what Node-RED has started. */
  const children = (): string[][] => {
    try {
      return execFileSync("ps", ["-o", "pid=,ni=", "--ppid", String(red.child.pid)], { encoding: "utf8" })
        .trim()
        .split("\n")
        .map((line) => line.trim().split(/\s+/));
    } catch {
      return [];
    }
  };
  const isAlive = (pid: string): boolean => {
    try {
      return process.kill(Number(pid), 0);
    } catch {
      return false;
    }
  };
  const folders = (): string[] => readdirSync(tmpdir()).filter((name) => name.startsWith("contact-center-run-"));

  before(async () => {
    userDir = makeUserDir();
    red = await NodeRed.start({ userDir, flows: flowTo("deployed") });
  });
  after(async () => {
    await red?.stop();
    rmSync(userDir, { recursive: true, force: true });
  });

  it("finds the Node-RED in which it runs", () => {
    const files = ["/x/node_modules/other/lib/red.js", "/x/node_modules/node-red/lib/red.js"];
    assert.equal(ownNodeRed(files), "/x/node_modules/node-red");
    assert.equal(ownNodeRed([]), undefined);
  });

  it("has no files where there is no folder, and refuses what it cannot run", async () => {
    assert.deepEqual(await list(), { files: [] });
    assert.equal((await order({ flows: flowTo("a") })).status, 400);
    assert.equal((await order({ flows: "none" })).status, 400);
  });

  it("runs the flow that is sent, not the one that is deployed, with the verdict of the command", async () => {
    write("a.json", [goesTo("Right", "sent"), goesTo("Wrong", "deployed")]);
    write("sub/b.json", [
      { ...goesTo("Named", "sent"), expect: { messages: { Route: [{ topic: "never" }] } } },
      { name: "Nobody", steps: [{ press: "none" }] },
    ]);
    const flows = flowTo("sent");
    const before = folders();
    assert.deepEqual(await order({ flows }).then(({ status, json }) => [status, json]), [202, { state: "running" }]);
    const run = await over();
    assert.equal(run.state, "done", run.problem);
    assert.match(run.nodeRed ?? "", /^\d/);
    const file = join(userDir, "flows-sent.json");
    writeFileSync(file, JSON.stringify(flows));
    const folder = join(userDir, "scenarios");
    const { text } = await runScenarios(["--json", "--node-red", NODE_RED, "--user-dir", userDir, file, folder]);
    const lines = text
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line) as ScenarioLine);
    const verdict = (results: ScenarioRun["results"]): unknown[] =>
      results.map(({ file, name, faults }) => [file.replace(`${folder}/`, ""), name, faults]);
    assert.deepEqual(verdict(run.results), verdict(lines.flatMap(({ result }) => result ?? [])));
    assert.deepEqual(
      run.results.map(({ file, faults }) => [file, faults.map(({ node }) => node)]),
      [
        ["a.json", []],
        ["a.json", ["out"]],
        [join("sub", "b.json"), ["route"]],
        [join("sub", "b.json"), [undefined]],
      ],
    );
    assert.equal(run.summary?.failed, 3);
    assert.deepEqual((await send(`${red.url}/calls`, { anum: "1", bnum: "2", targetid: "x" })).json, {
      InitialTarget: "deployed",
    });
    assert.deepEqual(folders(), before);
  });

  it("runs one file, and says which one cannot be read", async () => {
    write("broken.json", "{");
    assert.equal((await order({ flows: flowTo("sent"), files: ["../flows.json"] })).status, 400);
    await order({ flows: flowTo("sent"), files: ["broken.json"] });
    const failed = await over();
    assert.equal(failed.state, "failed");
    assert.match(failed.problem ?? "", /broken\.json: no JSON/);
    await order({ flows: flowTo("sent"), files: ["a.json"] });
    assert.deepEqual(
      (await over()).results.map(({ name }) => name),
      ["Right", "Wrong"],
    );
  });

  it("answers calls meanwhile, at low priority, one run at a time, and ends when it is told to", async () => {
    write("slow.json", slow);
    await order({ flows: flowTo("sent"), files: ["slow.json"] });
    const [pid = "", nice] = (await until("the process", () => children()[0])) ?? [];
    assert.equal(nice, String(constants.priority.PRIORITY_LOW));
    assert.equal((await order({ flows: flowTo("sent") })).status, 409);
    let calls = 0;
    // While Node-RED starts there, and while scenarios run.
    await until(
      "a result",
      async () => {
        const answer = await send(`${red.url}/calls`, { anum: "1", bnum: "2", targetid: "x" });
        assert.deepEqual(answer.json, { InitialTarget: "deployed" });
        calls++;
        return ((await list()).run?.results.length ?? 0) > 1;
      },
      60_000,
    );
    assert.ok(calls > 10, `${calls} calls`);
    assert.deepEqual((await send(`${red.url}/${API}/stop`, {})).json, { state: "stopped" });
    assert.ok(!isAlive(pid));
    assert.equal((await list()).run?.state, "stopped");
  });

  it("survives a deploy, and ends with Node-RED, a killed one too", async () => {
    await order({ flows: flowTo("sent"), files: ["slow.json"] });
    await until("the process", () => children()[0]);
    await red.deploy(flowTo("again"));
    assert.equal((await list()).run?.state, "running");
    for (const signal of ["SIGTERM", "SIGKILL"] as const) {
      const known = new Set(folders());
      if ((await list()).run?.state !== "running") await order({ flows: flowTo("sent"), files: ["slow.json"] });
      const [pid = ""] = (await until("the process", () => children()[0])) ?? [];
      await red.stop(signal);
      await until("the process to be gone", () => !isAlive(pid));
      // A killed one can remove nothing.
      if (signal === "SIGTERM") assert.equal(folders().filter((each) => known.has(each)).length, known.size - 1);
      red = await NodeRed.start({ userDir });
    }
  });

  it("asks for flows.write beside contact-center.write", async () => {
    await red.stop();
    const user = `(name) => Promise.resolve({ username: name, permissions: name.split(" ") })`;
    red = await NodeRed.start({
      userDir,
      settings: `adminAuth: { type: "credentials", users: ${user}, authenticate: ${user} },`,
    });
    const statusOf = async (permissions: string): Promise<number> => {
      const body = new URLSearchParams({
        client_id: "node-red-editor",
        grant_type: "password",
        scope: permissions,
        username: permissions,
        password: "p",
      });
      const login = await fetch(`${red.url}/auth/token`, { method: "POST", body });
      const { access_token: token } = (await login.json()) as { access_token: string };
      const answer = await fetch(`${red.url}/${API}/run`, {
        method: "POST",
        headers: { "Content-Type": "application/json", Authorization: `Bearer ${token}` },
        body: "{}",
      });
      return answer.status;
    };
    assert.equal((await fetch(`${red.url}/${API}`)).status, 401);
    assert.equal(await statusOf("contact-center.write"), 401);
    assert.equal(await statusOf("flows.write"), 401);
    assert.equal(await statusOf("contact-center.write flows.write"), 400);
  });
});

describe("A run of scenarios", function () {
  this.timeout(60_000);
  // It starts the command beside it, which is built.
  const built = join(__dirname, "../../../dist/plugins/recorder/scenario-process.js");
  const { ScenarioProcess } = require(built) as typeof import("../../../plugins/recorder/scenario-process.js");
  const folder = makeUserDir();
  const file = join(folder, "scenarios.json");
  after(() => rmSync(folder, { recursive: true, force: true }));
  const start = (
    scenarios: object[],
    limitMs: number,
    flows: object[] = flowTo("sent"),
  ): InstanceType<typeof ScenarioProcess> => {
    writeFileSync(file, JSON.stringify({ scenarios }));
    const onFault = (error: unknown): void => assert.fail(error as Error);
    return new ScenarioProcess({ flows, scenarios: [file], userDir: folder, nodeRed: NODE_RED, limitMs, onFault });
  };

  it("has its time", async () => {
    const late = start(slow, 1500);
    await late.ended;
    assert.equal(late.run.state, "late");
    assert.equal(late.run.summary, undefined);
  });

  it("says so when it ends without a verdict", async () => {
    const libs = [{ var: "p", module: "process" }];
    const end = { ...code("end", "p.reallyExit(0);", [[]]), libs };
    const run = start([{ name: "Ends", steps: [{ send: { to: "end", message: {} } }] }], 60_000, [
      ...flowTo("sent"),
      end,
    ]);
    await run.ended;
    assert.deepEqual([run.run.state, run.run.problem], ["failed", "The command ended without a verdict: exit code 0."]);
  });

  it("keeps a million characters of results, and counts the others", async () => {
    const long = Array.from({ length: 12 }, (_, i) => goesTo(`${i}${"x".repeat(150_000)}`, "sent"));
    const process = start(long, 60_000);
    await process.ended;
    assert.equal(process.run.state, "done", process.run.problem);
    assert.equal(process.run.results.length, 6);
    assert.equal(process.run.cut, 6);
  });
});
