/** Runs kept as scenarios: of every vendor's in node, on the examples. Each passes on the same flow, and fails on another. */
import assert from "node:assert/strict";
import { mkdirSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { layOut, readExamples } from "../../../demo/examples.js";
import type { Run } from "../../../lib/recorder/model.js";
import { sample } from "../../../simulators/rte/samples.js";
import { type RteSimulator, startRteSimulator } from "../../../simulators/rte/simulator.js";
import type { ScenarioFile } from "../../../simulators/scenarios/model.js";
import { type Schema, schemaFaults } from "../../../simulators/scenarios/schema.js";
import { demoCredentials } from "../../support/examples.js";
import { type FlowNode, freePort, NodeRed } from "../../support/node-red.js";
import { ROOT, runScenarios } from "../../support/scenario-command.js";
import { until } from "../../support/wait.js";
import { send } from "../../support/webhook.js";

const API = "contact-center/recorder";
const AGENT = "6d1e9f0a-0c2b-4f7e-9a54-1b2c3d4e5f61";

/** An example, what comes to it, and how it is changed so that it answers otherwise. */
interface Kept {
  example: string;
  vendor: string;
  come(url: string): Promise<unknown>;
  change: readonly [from: string, to: string];
  /** Runs until it is kept; 1 by default. */
  runs?: number;
  /** Of the run that is kept, when its way has ended: an event is answered before its flow has done its work. */
  steps: number;
}

const layer = (LAYER_ID: number, DTMF: string, IVR_UNIQUE_ID: string): object => ({
  METHOD: "IVR_LAYER_INPUT",
  DATA: { DID: "0722776772", CALLER_ID: "0501234567", IVR_UNIQUE_ID, DTMF, LAYER_ID },
});
const ringing = (url: string, path: string, extradata?: object): Promise<unknown> =>
  send(`${url}${path}`, {
    anum: "+358401112233",
    bnum: "+358942000100",
    targetid: "SALES",
    ...(extradata && { extradata }),
  });

const EXAMPLES: readonly Kept[] = [
  {
    vendor: "smartrouting",
    example: "01 - ",
    steps: 3,
    come: (url) => ringing(url, "/smartrouting/vip"),
    change: ["+358942000200", "+358942000299"],
  },
  {
    vendor: "smartrouting",
    example: "03 - ",
    steps: 5,
    come: (url) =>
      ringing(url, "/smartrouting/agents", { CallId: "c", LegId: "l", CurrQueueId: "q", DYN_PAR_lang: "fi" }),
    change: ['\\"RequiredTarget\\": payload.agent', '\\"RequiredTarget\\": payload.name'],
  },
  {
    vendor: "voicenter",
    example: "01 - ",
    steps: 3,
    come: async (url) => {
      await send(`${url}/voicenter/identify`, layer(1, "9999", "call-1"));
      await send(`${url}/voicenter/identify`, layer(2, "1234", "call-1"));
    },
    change: ["Dana Levi", "Dana Cohen"],
    runs: 2,
  },
  {
    vendor: "voicenter",
    example: "05 - ",
    steps: 6,
    come: async (url) => {
      await send(`${url}/voicenter/menu`, layer(60, "7", "call-2"));
      await send(`${url}/voicenter/menu`, layer(61, "8", "call-2"));
    },
    change: ['"v":"3","vt":"num"', '"v":"2","vt":"num"'],
    runs: 2,
  },
  {
    vendor: "webitel",
    example: "05 - ",
    steps: 5,
    come: (url) =>
      send(`${url}/webitel/events`, {
        event: "offering",
        cid: "+380441112233",
        uuid: "u",
        agent: "7",
        direction: "inbound",
      }),
    change: ["msg.call.to : msg.call.from", "msg.call.from : msg.call.to"],
  },
  {
    vendor: "webitel",
    example: "06 - ",
    steps: 3,
    come: (url) => fetch(`${url}/webitel/lookup?cid=%2B380441112233&line=2`),
    change: ["Contoso Oy", "Contoso Ltd"],
  },
  {
    vendor: "cti",
    example: "03 - ",
    steps: 6,
    come: (url) =>
      send(`${url}/cti/screen-pop`, {
        SubscriptionId: "s",
        SessionType: "Inbound",
        ImAddress: "sip:anna.berg@contoso.example",
        eventType: "Hunting",
        callId: "c",
        ani: "+31201234567",
      }),
    change: ["payload.name", "payload.error"],
  },
];

describe("Keep as test", function () {
  this.timeout(180_000);
  let red: NodeRed;
  let hub: RteSimulator;
  const flowsOf = ({ vendor, example }: Pick<Kept, "vendor" | "example">): FlowNode[] => {
    const found = readExamples().filter((each) => each.vendor === vendor && each.name.startsWith(example));
    assert.equal(found.length, 1, example);
    const credentials = demoCredentials();
    return layOut(found).map((node) => ({
      ...node,
      ...(node.type === "cti-event-in" && { unknown: "pass" }),
      ...(credentials.has(node.type) && { credentials: credentials.get(node.type) }),
    }));
  };
  const nameOf = ({ vendor, example }: Pick<Kept, "vendor" | "example">): string => `${vendor} ${example.slice(0, 2)}`;
  const get = async <T>(path: string): Promise<T> => (await (await fetch(`${red.url}/${API}/${path}`)).json()) as T;
  const list = async (): Promise<Run[]> => (await get<{ runs: Run[] }>("runs")).runs;
  const keep = (id: string, body: object): ReturnType<typeof send> =>
    send(`${red.url}/${API}/runs/${id}/scenario`, body);
  const folder = (): string => join(red.userDir, "scenarios");
  const read = (name: string): ScenarioFile =>
    JSON.parse(readFileSync(join(folder(), `${name}.json`), "utf8")) as ScenarioFile;
  /** What came as the newest run, when its way has ended. @param before how many there were @param steps of its way */
  const newest = (before: number, steps: number, runs = 1): Promise<Run> =>
    until(`a run with ${steps} steps`, async () => {
      const [newestOf, ...others] = await list();
      if (newestOf === undefined || others.length + 1 < before + runs) return undefined;
      const run = await get<Run>(`runs/${newestOf.id}`);
      const hasArrived = run.steps.length >= steps && run.steps.every(({ ms }) => ms !== undefined);
      return run.outcome !== "open" && hasArrived ? run : undefined;
    });

  before(async () => {
    hub = await startRteSimulator({ play: false });
    const port = await freePort();
    red = await NodeRed.start({
      port,
      env: { CC_NODE_RED_URL: `http://127.0.0.1:${port}`, CC_RTE_URL: hub.url, CC_CTI_URL: "http://127.0.0.1:9" },
      settings: `contactCenter: { recorder: { level: "values" } },`,
    });
  });
  after(async () => {
    await red?.stop();
    await hub?.close();
  });

  const RTE: Kept = {
    vendor: "rte",
    example: "02 - ",
    steps: 6,
    come: () =>
      until(
        "the subscription",
        () => hub.emit("UserMissedCallNotification", AGENT, sample("UserMissedCallNotification")) > 0,
      ),
    change: ["Missed call from", "A call from"],
  };

  it("writes a scenario of each vendor's runs that passes at once, and fails when the flow answers otherwise", async () => {
    const schema = JSON.parse(readFileSync(join(ROOT, "resources/scenario.schema.json"), "utf8")) as Schema;
    const [flows, changed] = ["flows", "changed"].map((name) => join(red.userDir, name)) as [string, string];
    for (const each of [flows, changed]) mkdirSync(each);
    const all = [...EXAMPLES, RTE];
    for (const kept of all) {
      const nodes = flowsOf(kept);
      await red.deploy(nodes);
      const before = (await list()).length;
      await kept.come(red.url);
      const run = await newest(before, kept.steps, kept.runs);
      const name = nameOf(kept);
      const { status, json } = await keep(run.id, { name, title: "As recorded" });
      assert.equal(status, 200, `${name}: ${JSON.stringify(json)}`);
      const { path, command } = json as { path: string; command: string };
      assert.equal(path, join(folder(), `${name}.json`));
      assert.equal(command, `npx contact-center-simulator test flows.json "scenarios/${name}.json"`);
      assert.deepEqual(schemaFaults(read(name), schema, schema), [], name);
      const text = JSON.stringify(nodes.map((node) => ({ ...node, credentials: undefined })));
      assert.ok(text.includes(kept.change[0]), `${name}: ${kept.change[0]}`);
      writeFileSync(join(flows, `${name}.json`), text);
      writeFileSync(join(changed, `${name}.json`), text.replaceAll(...kept.change));
    }
    const passed = await runScenarios([flows, folder(), "--user-dir", red.userDir]);
    assert.equal(passed.code, 0, passed.text);
    const failed = await runScenarios([changed, folder(), "--user-dir", red.userDir]);
    assert.match(failed.text, new RegExp(`^${all.length} scenarios, ${all.length} failed`, "m"));
    rmSync(folder(), { recursive: true });
  });

  describe("of a call of SmartRouting", () => {
    let id: string;
    before(async () => {
      await red.deploy(flowsOf({ vendor: "smartrouting", example: "01 - " }));
      const count = (await list()).length;
      await ringing(red.url, "/smartrouting/vip");
      ({ id } = await newest(count, 3));
    });

    it("is its request with the whole answer", async () => {
      await keep(id, { name: "VIP", title: "VIP" });
      const { $schema, scenarios } = read("VIP");
      assert.match($schema ?? "", /^\.\.\/node_modules\/@contact-center\/.+\/resources\/scenario\.schema\.json$/);
      const headers = scenarios[0]?.steps[0]?.request?.headers ?? {};
      assert.deepEqual([`http://${headers["host"]}`, headers["content-type"]], [red.url, "application/json"]);
      assert.deepEqual(scenarios, [
        {
          name: "VIP",
          steps: [
            {
              request: {
                node: "VIP callers",
                headers,
                body: { anum: "+358401112233", bnum: "+358942000100", targetid: "SALES" },
              },
              expect: { status: 200, answer: { InitialTarget: "+358942000200", ExtraPriority: 500 } },
            },
          ],
        },
      ]);
      assert.equal(statSync(join(folder(), "VIP.json")).mode & 0o777, 0o600);
    });

    it("is added to the scenarios that a file has, under a name of its own", async () => {
      writeFileSync(
        join(folder(), "Two.json"),
        JSON.stringify({ given: {}, scenarios: [{ name: "first", steps: [] }] }),
      );
      await Promise.all([keep(id, { name: "Two", title: "first" }), keep(id, { name: "Two", title: "first" })]);
      const { given, scenarios } = read("Two");
      assert.deepEqual([given, scenarios.map(({ name }) => name)], [{}, ["first", "first (2)", "first (3)"]]);
    });

    it("is in no file outside of the folder, and in none that is no file of scenarios", async () => {
      const refusal = async (name: unknown, title: unknown = "x"): Promise<unknown[]> => {
        const { status, json } = await keep(id, { name, title });
        return [status, (json as { error: string }).error];
      };
      for (const name of [
        "",
        ".",
        "..",
        "../out",
        "a/b",
        "a\\b",
        "/etc/x",
        "con",
        "a\0b",
        "x.",
        "a".repeat(81),
        7,
        null,
      ])
        assert.deepEqual(await refusal(name), [400, "name"], String(name));
      for (const title of ["", " ", 7, "a".repeat(201)]) assert.deepEqual(await refusal("x", title), [400, "title"]);
      writeFileSync(join(folder(), "list.json"), "[]");
      writeFileSync(join(folder(), "broken.json"), "{");
      writeFileSync(join(red.userDir, "outside.json"), '{"scenarios":[]}');
      symlinkSync(join(red.userDir, "outside.json"), join(folder(), "link.json"));
      assert.deepEqual(await refusal("list"), [409, "file"]);
      assert.deepEqual(await refusal("broken"), [409, "file"]);
      assert.deepEqual(await refusal("link"), [409, "link"]);
      assert.equal(readFileSync(join(red.userDir, "outside.json"), "utf8"), '{"scenarios":[]}');
    });
  });
});
