/**
 * Flows that decide by one thing of a request: the scenario of each passes on the same flow, by the command and from the
 * sidebar, and fails on one that decides otherwise.
 */
import assert from "node:assert/strict";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Run } from "../../../lib/recorder/model.js";
import type { ScenarioList, ScenarioRun } from "../../../lib/recorder/scenario-run.js";
import type { ScenarioFile } from "../../../simulators/scenarios/model.js";
import { code, node, tab } from "../../support/flow.js";
import { type FlowNode, NodeRed } from "../../support/node-red.js";
import { runScenarios } from "../../support/scenario-command.js";
import { until } from "../../support/wait.js";
import { send } from "../../support/webhook.js";

const API = "contact-center/recorder";

/** What comes, and by what the flow decides. */
interface Decision {
  what: string;
  type: string;
  /** JavaScript, of `msg`. */
  by: string;
  /** Of each request: what stands behind the path, the body, and headers. */
  sent: readonly { query?: string; body?: unknown; headers?: Record<string, string> }[];
}

const ringing = (more: object = {}): object => ({
  anum: "+358401112233",
  bnum: "+358942000100",
  targetid: "SALES",
  extradata: { CallId: "c1", LegId: "l@1" },
  ...more,
});
const layer = (more: object = {}): object => ({
  METHOD: "IVR_LAYER_INPUT",
  DATA: {
    DID: "0722776772",
    CALLER_ID: "0501234567",
    IVR_UNIQUE_ID: "ivr-1",
    DTMF: "0",
    LAYER_ID: "1",
    PREVIOUS_LAYER_ID: null,
    ...more,
  },
});
const broker = (eventType: string, ImAddress: string): object => ({
  SubscriptionId: "s",
  SessionType: "Inbound",
  ImAddress,
  eventType,
  callId: "c",
  ani: "+31201234567",
});
const FORM = { "Content-Type": "application/x-www-form-urlencoded" };

const DECISIONS: readonly Decision[] = [
  ...(
    [
      ["no queue", "!msg.smartrouting.queueId && !msg.call.queue", {}],
      ["no word of an internal caller", "msg.smartrouting.isInternalCaller === undefined", {}],
      [
        "an internal caller as text",
        "msg.payload.extradata.IsInternalCaller === 'true'",
        { extradata: { CallId: "c", IsInternalCaller: "true" } },
      ],
      ["no call id", "msg.smartrouting.callId === undefined", { extradata: { DYN_PAR_x: "1" } }],
      ["the call id", "msg.smartrouting.callId === 'c1' && msg.smartrouting.legId === 'l@1'", {}],
      ["a number that is withheld", "!('anum' in msg.payload) && !msg.call.from", { anum: undefined }],
      ["a number that is null", "!('anum' in msg.payload)", { anum: null }],
      ["extra data that is a list", "Array.isArray(msg.payload.extradata)", { extradata: [1] }],
      ["extra data as text", "msg.smartrouting.callId === 't'", { extradata: '{"CallId":"t"}' }],
      ["no extra data", "!('extradata' in msg.payload)", { extradata: undefined }],
    ] as const
  ).map(([what, by, more]) => ({
    what: `SmartRouting: ${what}`,
    type: "smartrouting-in",
    by,
    sent: [{ body: ringing(more) }],
  })),
  {
    what: "SmartRouting: the address's query",
    type: "smartrouting-in",
    by: "msg.req.query.site === 'fi' && msg.req.query.tag.length === 2 && msg.req.url.endsWith('?site=fi&tag=a&tag=b%26')",
    sent: [{ query: "?site=fi&tag=a&tag=b%26", body: ringing() }],
  },
  {
    what: "SmartRouting: a header",
    type: "smartrouting-in",
    by: "msg.req.headers['x-tenant'] === 'a' && msg.req.headers['user-agent'] === 'Enreach/2'",
    sent: [{ body: ringing(), headers: { "X-Tenant": "a", "User-Agent": "Enreach/2" } }],
  },
  ...(
    [
      [
        "the layer before",
        "msg.payload.LAYER_ID === 5 && msg.payload.PREVIOUS_LAYER_ID === 1",
        { LAYER_ID: "5", PREVIOUS_LAYER_ID: "1" },
      ],
      ["empty digits", "msg.payload.DTMF === ''", { DTMF: "" }],
      ["a further field", "msg.payload.LANG === 'HE'", { LANG: "HE" }],
      ["custom data from elsewhere", "msg.payload.CUSTOM_DATA.a === '1'", { CUSTOM_DATA: { a: "1" } }],
      ["no layer", "msg.payload.LAYER_ID === null", { LAYER_ID: "abc" }],
      ["no caller", "msg.payload.CALLER_ID === undefined", { CALLER_ID: undefined }],
    ] as const
  ).map(([what, by, more], at) => ({
    what: `Voicenter: ${what}`,
    type: "voicenter-layer-in",
    by,
    sent: [{ body: layer({ IVR_UNIQUE_ID: `ivr-${at}`, ...more }) }],
  })),
  {
    what: "Voicenter: data as text, the query and a header",
    type: "voicenter-layer-in",
    by: "msg.payload.DID === '072' && msg.req.query.site === 'fi' && msg.req.headers['x-tenant'] === 'a'",
    sent: [{ query: "?site=fi", body: { DATA: '{"DID":"072","LAYER_ID":1}' }, headers: { "X-Tenant": "a" } }],
  },
  {
    what: "Voicenter: what an earlier layer left",
    type: "voicenter-layer-in",
    by: "(msg.session.layers = [...(msg.session.layers || []), msg.payload.LAYER_ID]).length === msg.payload.LAYER_ID",
    sent: [1, 2].map((LAYER_ID) => ({
      body: layer({ IVR_UNIQUE_ID: "twice", LAYER_ID, PREVIOUS_LAYER_ID: LAYER_ID - 1 }),
    })),
  },
  {
    what: "Webitel: a look-up without number, with a list and a header",
    type: "webitel-lookup-in",
    by: "!('cid' in msg.payload) && msg.payload.line.length === 2 && msg.req.headers['x-tenant'] === 'a'",
    sent: [{ query: "?line=1&line=2", headers: { "X-Tenant": "a" } }],
  },
  {
    what: "Webitel: the query and a header of an event",
    type: "webitel-event-in",
    by: "msg.req.query.tenant === 'a' && msg.req.headers['x-tenant'] === 'a'",
    sent: [{ query: "?tenant=a", body: { event: "offering", cid: "+380441112233" }, headers: { "X-Tenant": "a" } }],
  },
  {
    what: "Webitel: an event as a form",
    type: "webitel-event-in",
    by: "msg.payload.cid === '+380441112233' && msg.req.headers['content-type'].includes('form')",
    sent: [{ body: "event=offering&cid=+380441112233", headers: FORM }],
  },
  {
    what: "Anywhere365: the query of an event, and its subscription",
    type: "cti-event-in",
    by: "msg.req.query.tenant === 'a' && msg.payload.SubscriptionId === 's'",
    sent: [{ query: "?tenant=a", body: broker("Hunting", "sip:anna.berg@contoso.example") }],
  },
  {
    what: "Anywhere365: a transfer",
    type: "cti-event-in",
    by: "msg.topic !== 'Transfer' || msg.payload.to === 'sip:ben@contoso.example'",
    sent: [
      { body: broker("OnHold", "sip:anna.berg@contoso.example") },
      { body: broker("Retrieve", "sip:ben@contoso.example") },
    ],
  },
];

/** Each type of node answers what it finds of the request, a digit for each decision; of an event, that is what comes of it. */
const ANSWERS: Readonly<Record<string, readonly [out: string, settings: object, answer: string]>> = {
  "smartrouting-in": ["smartrouting-out", {}, "{ InitialTarget: `sip:${digits}@contoso.example` }"],
  "voicenter-layer-in": [
    "voicenter-layer-out",
    { action: "msg" },
    `{ ACTION: "GO_TO_LAYER", LAYER: 2, CALLER_NAME: digits }`,
  ],
  "webitel-lookup-in": ["webitel-lookup-out", {}, "{ found: true, name: digits }"],
  "webitel-event-in": ["debug", { active: false, tosidebar: false, complete: "payload" }, "{ digits }"],
  "cti-event-in": ["debug", { active: false, tosidebar: false, complete: "payload" }, "{ digits }"],
};
const decisionsOf = (type: string): Decision[] => DECISIONS.filter((each) => each.type === type);
const flow: FlowNode[] = [
  tab(),
  ...Object.entries(ANSWERS).flatMap(([type, [out, settings, answer]]): FlowNode[] => {
    const finds = decisionsOf(type).map(({ by }) => `() => ${by}`);
    const func = `const isSo = (find) => { try { return find() ? 1 : 0; } catch { return 0; } };
      const digits = [${finds.join(",\n")}].map(isSo).join("");
      msg.payload = ${answer};
      return msg;`;
    const wires = type === "cti-event-in" ? [[`${type} code`], [`${type} code`]] : [[`${type} code`]];
    return [
      node(type, type, { url: `/${type}`, auth: "none", deadline: 2000 }, wires),
      code(`${type} code`, func, [[`${type} out`]]),
      node(`${type} out`, out, settings),
    ];
  }),
];

describe("Keep as test, of what a request says", function () {
  this.timeout(180_000);
  let red: NodeRed;
  let scenarios: ScenarioFile["scenarios"];
  const get = async <T>(path: string): Promise<T> => (await (await fetch(`${red.url}/${API}/${path}`)).json()) as T;

  before(async () => {
    red = await NodeRed.start({ settings: `contactCenter: { recorder: { level: "values" } },` });
    await red.deploy(flow);
    const list = async (): Promise<Run[]> => (await get<{ runs: Run[] }>("runs")).runs;
    for (const { what, type, sent } of DECISIONS) {
      const before = (await list()).length;
      for (const { query = "", body, headers = {} } of sent)
        await send(`${red.url}/${type}${query}`, body, { method: body === undefined ? "GET" : "POST", headers });
      const runs = await until(what, async () => {
        const found = await list();
        const full = await Promise.all(found.slice(0, found.length - before).map(({ id }) => get<Run>(`runs/${id}`)));
        const isDone = full.every(({ outcome, steps }) => outcome !== "open" && steps.length >= 3);
        return full.length === sent.length && isDone && full;
      });
      // Each run of a call is a scenario of its own: of the same call, they have nothing of each other.
      for (const run of runs) {
        const { status, json } = await send(`${red.url}/${API}/runs/${run.id}/scenario`, { name: "all", title: what });
        assert.equal(status, 200, `${what}: ${JSON.stringify(json)}`);
      }
    }
    ({ scenarios } = JSON.parse(readFileSync(join(red.userDir, "scenarios/all.json"), "utf8")) as ScenarioFile);
  });
  after(() => red?.stop());

  const command = (flows: object[]): ReturnType<typeof runScenarios> => {
    const folder = join(red.userDir, "command");
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, "flows.json"), JSON.stringify(flows));
    return runScenarios([join(folder, "flows.json"), join(red.userDir, "scenarios"), "--user-dir", red.userDir]);
  };
  const otherwise = flow.map((each) => ({
    ...each,
    ...("func" in each && { func: String(each["func"]).replace("1 : 0", "0 : 1") }),
  }));

  it("was found by each flow what it asks for", () => {
    for (const { name, steps, expect } of scenarios) {
      const { what, type } = DECISIONS.find((each) => name.startsWith(each.what)) as Decision;
      const digits = /"(?:sip:)?([01]+)[@"]/g;
      const found = [...JSON.stringify([steps.map((step) => step.expect), expect]).matchAll(digits)].at(-1)?.[1];
      assert.equal(found?.[decisionsOf(type).findIndex((each) => each.what === what)], "1", `${name}: ${found}`);
    }
  });

  it("passes by the command", async () => {
    const { code: exit, text } = await command(flow);
    assert.equal(exit, 0, text);
  });

  it("passes from the sidebar", async () => {
    assert.equal((await send(`${red.url}/${API}/scenarios/run`, { flows: flow })).status, 202);
    const run = await until(
      "the run's end",
      async (): Promise<ScenarioRun | undefined> => {
        const { run: last } = await get<ScenarioList>("scenarios");
        return last?.state === "running" ? undefined : last;
      },
      120_000,
    );
    assert.deepEqual([run.state, run.summary?.scenarios, run.summary?.failed], ["done", scenarios.length, 0]);
  });

  it("fails where the flow answers otherwise", async () => {
    const { text } = await command(otherwise);
    assert.match(text, new RegExp(`^${scenarios.length} scenarios, ${scenarios.length} failed`, "m"));
  });
});
