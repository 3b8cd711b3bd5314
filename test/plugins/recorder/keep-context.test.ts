/** Scenarios of flows that ask contexts and the time, or whose functions throw: each passes on the same flow. */
import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Run } from "../../../lib/recorder/model.js";
import type { ScenarioFile } from "../../../simulators/scenarios/model.js";
import { code, node, tab } from "../../support/flow.js";
import { type FlowNode, NodeRed } from "../../support/node-red.js";
import { runScenarios } from "../../support/scenario-command.js";
import { until } from "../../support/wait.js";
import { send } from "../../support/webhook.js";

const API = "contact-center/recorder";
const set = (p: string, to: string, tot: string): object => ({ t: "set", p, pt: "msg", to, tot });
const IN = node("in", "smartrouting-in", { url: "/calls", auth: "none", deadline: 1000 }, [["first"], []]);
const OUT = node("out", "smartrouting-out");
const FLOW: FlowNode[] = [
  tab(),
  IN,
  node(
    "first",
    "switch",
    { property: "closed", propertyType: "flow", rules: [{ t: "true" }, { t: "else" }], outputs: 2, checkall: "true" },
    [["target"], ["out"]],
  ),
  node(
    "target",
    "change",
    { rules: [set("payload", "{}", "json"), set("payload.InitialTarget", "crm.queue", "global")] },
    [["hours"]],
  ),
  code(
    "hours",
    `const year = new Date(msg.now ?? Date.now()).getUTCFullYear();
     msg.payload.ExtraPriority = year > 2020 && global.get("crm").token ? flow.get("extra") : 1;
     flow.set("count", (flow.get("count") || 0) + 1);
     if (flow.get("count") > 1) msg.payload.ExtraPriority = 2;
     return msg;`,
    [["out"]],
  ),
  OUT,
];
/** What has come into the contexts before, by whatever way. */
const BEFORE = {
  ...code("before", "return msg;", []),
  initialize: `flow.set("closed", true); flow.set("extra", 7);
    global.set("crm", { queue: "+358942000200", token: "S3cr3t" });`,
};

describe("Keep as test, of what surrounds a flow", function () {
  this.timeout(120_000);
  let red: NodeRed;
  before(async () => {
    red = await NodeRed.start({ settings: `contactCenter: { recorder: { level: "values" } },` });
  });
  after(() => red?.stop());

  /** Records a call, keeps it, and runs the scenario on the flow. */
  const kept = async (flow: FlowNode[], name: string, more: FlowNode[] = []): Promise<ScenarioFile> => {
    await red.deploy([...flow, ...more]);
    const count = async (): Promise<Run[]> =>
      ((await (await fetch(`${red.url}/${API}/runs`)).json()) as { runs: Run[] }).runs;
    const before = (await count()).length;
    await send(`${red.url}/calls`, { anum: "+358401112233", bnum: "+358942000100", targetid: "SALES" });
    const run = await until("the call", async () => {
      const [newest, ...others] = await count();
      return others.length === before && newest?.outcome !== "open" && newest;
    });
    const { status, json } = await send(`${red.url}/${API}/runs/${run.id}/scenario`, { name, title: name });
    assert.equal(status, 200, JSON.stringify(json));
    const flows = join(red.userDir, `${name}-flow.json`);
    writeFileSync(flows, JSON.stringify(flow));
    const { path } = json as { path: string };
    const ran = await runScenarios([flows, path, "--user-dir", red.userDir]);
    assert.equal(ran.code, 0, ran.text);
    return JSON.parse(readFileSync(path, "utf8")) as ScenarioFile;
  };

  it("has what the nodes of its way read, but for what they write, and the time of the call", async () => {
    const { scenarios } = await kept(FLOW, "surroundings", [BEFORE]);
    const { now, ...given } = scenarios[0]?.given ?? {};
    assert.equal(new Date(String(now)).toISOString().slice(0, 4), new Date().toISOString().slice(0, 4));
    assert.deepEqual(given, {
      context: {
        flow: { closed: true, extra: 7 },
        global: { "crm.queue": "+358942000200", crm: { queue: "+358942000200", token: "[hidden]" } },
      },
    });
    assert.deepEqual(scenarios[0]?.steps[0]?.expect?.answer, { InitialTarget: "+358942000200", ExtraPriority: 7 });
  });

  it("passes where a function throws and nothing catches it", async () => {
    const { scenarios } = await kept(
      [tab(), IN, code("first", `throw new Error("no such customer")`, [["out"]]), OUT],
      "throws",
    );
    assert.deepEqual(scenarios[0]?.expect, { errors: ["no such customer"] });
  });
});
