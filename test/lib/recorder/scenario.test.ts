/** A recorded run as a scenario. */
import assert from "node:assert/strict";
import type { Asked } from "../../../lib/recorder/keeping.js";
import { ask, fail, send } from "../../../lib/recorder/keeping.js";
import { type ConfiguredNode, type KeptRun, type KeptStep, NotKeptError } from "../../../lib/recorder/kept-run.js";
import { scenarioOf } from "../../../lib/recorder/scenario.js";

const NODES: readonly ConfiguredNode[] = [
  { id: "in", type: "smartrouting-in", name: "Calls" },
  { id: "crm", type: "http request", name: "Ask the CRM" },
  { id: "twin-a", type: "http request", name: "Twin" },
  { id: "twin-b", type: "http request", name: "Twin" },
  { id: "mqtt", type: "mqtt out" },
  { id: "catch", type: "catch" },
  { id: "out", type: "smartrouting-out", name: "Answer" },
  { id: "events", type: "webitel-event-in", name: "Events" },
  { id: "debug", type: "debug", name: "Seen" },
  { id: "layers", type: "voicenter-layer-in" },
  { id: "layers-b", type: "voicenter-layer-in" },
  { id: "lookup", type: "webitel-lookup-in" },
  { id: "cti", type: "cti-event-in" },
  { id: "rte", type: "rte-subscribe" },
  { id: "plain", type: "inject" },
];

/** What a node did: the message that came, and what it changed in it. */
function asked(node: string, message: object, ...changes: object[]): Asked {
  const made = ask(node, message);
  for (const change of changes) send(made, 0, { ...message, ...change });
  return made;
}
const step = (node: string, more: Partial<KeptStep> = {}): KeptStep => ({
  node,
  from: undefined,
  asked: undefined,
  standIn: undefined,
  failure: undefined,
  ...more,
});
const stepOf = (each: Asked): KeptStep => step(each.node, { asked: each });

function call(more: Partial<KeptRun> = {}, payload: object = { anum: "+358401112233" }): KeptRun {
  return {
    node: "in",
    type: NODES.find(({ id }) => id === (more.node ?? "in"))?.type ?? "",
    at: 0,
    outcome: "answered",
    reason: undefined,
    again: {
      messages: [{ payload, smartrouting: { parameters: {} } }],
      data: payload as Record<string, unknown>,
      req: { method: "POST" },
    },
    answer: { status: 200, json: '{"Priority":5}' },
    cut: 0,
    steps: [step("in")],
    ...more,
  };
}

const layer = (LAYER_ID: number, answer: object, more: object = {}): KeptRun =>
  call({
    node: "layers",
    again: { messages: [{ session: {} }], data: { DATA: { LAYER_ID, ...more } }, req: { method: "POST" } },
    answer: { status: 200, json: JSON.stringify(answer) },
  });

function refusal(...runs: KeptRun[]): unknown {
  try {
    return scenarioOf(runs, NODES);
  } catch (error) {
    assert.ok(error instanceof NotKeptError, String(error));
    return [error.why, ...Object.values(error.names)];
  }
}

describe("A run as a scenario", () => {
  it("has the call and the whole answer", () => {
    assert.deepEqual(scenarioOf([call()], NODES), {
      steps: [
        {
          request: { node: "Calls", body: { anum: "+358401112233" } },
          expect: { status: 200, answer: { Priority: 5 } },
        },
      ],
    });
  });

  it("has query, headers and body of the request, but for what is of its connection alone", () => {
    const req = {
      method: "POST",
      url: "/calls?site=fi",
      query: { site: "fi", tag: ["a", "b"] },
      headers: {
        host: "flows.example",
        "x-tenant": "a",
        "content-type": "application/json",
        "content-length": "17",
        connection: "keep-alive",
        "transfer-encoding": "chunked",
        missing: undefined,
      },
      ip: "198.51.100.7",
    };
    const run = call({ again: { messages: [{}], data: { anum: null, extradata: [] }, req } });
    assert.deepEqual(scenarioOf([run], NODES).steps[0]?.["request"], {
      node: "Calls",
      query: { site: "fi", tag: ["a", "b"] },
      headers: { host: "flows.example", "x-tenant": "a", "content-type": "application/json" },
      body: { anum: null, extradata: [] },
    });
  });

  it("has the query of a look-up, as its address had it", () => {
    const again = { messages: [{}], data: { cid: ["1", "2"] }, req: { method: "GET", query: { cid: ["1", "2"] } } };
    const run = call({ node: "lookup", again });
    assert.deepEqual(scenarioOf([run], NODES).steps[0]?.["request"], { node: "lookup", query: { cid: ["1", "2"] } });
  });

  it("has what nodes outside answered, by their name, or id where others have it", () => {
    const steps = [
      asked("crm", { payload: 1 }, { payload: { vip: true }, statusCode: 200 }),
      asked("twin-b", {}, { payload: 1 }),
      asked("twin-b", {}, { payload: 2 }),
      asked("mqtt", {}),
    ].map(stepOf);
    assert.deepEqual(scenarioOf([call({ steps })], NODES).given, {
      answers: {
        "Ask the CRM": { message: { payload: { vip: true }, statusCode: 200 } },
        "twin-b": [{ message: { payload: 1 } }, { message: { payload: 2 } }],
        mqtt: {},
      },
    });
  });

  it("has an error, caught or not, and how long an answer took where that was too long", () => {
    const failed = asked("crm", {});
    fail(failed, { message: "no route", code: "ECONNREFUSED" });
    const crm = { ...stepOf(failed), failure: "no route" };
    const answers = { "Ask the CRM": { error: "no route", code: "ECONNREFUSED" } };
    assert.deepEqual(scenarioOf([call({ steps: [crm] })], NODES), {
      ...scenarioOf([call()], NODES),
      given: { answers },
      expect: { errors: ["no route"] },
    });
    assert.equal(scenarioOf([call({ steps: [crm, step("catch", { from: crm })] })], NODES).expect, undefined);
    const late = scenarioOf(
      [call({ outcome: "late", reason: "deadline", steps: [crm], answer: { status: 204 } })],
      NODES,
    );
    assert.deepEqual(late.steps[0]?.["expect"], { status: 204, answer: null, fallback: "deadline" });
    const { "Ask the CRM": crmAnswer } = late.given?.answers ?? {};
    assert.equal(typeof (crmAnswer as { afterMs?: number } | undefined)?.afterMs, "number");
  });

  it("has the layers of the call before it, at whichever nodes, as far as they can be played again", () => {
    const open = { ...layer(1, {}), outcome: "open" } as const;
    const elsewhere = { ...layer(2, { ACTION: "GO_TO_LAYER", LAYER: 3 }), node: "layers-b" };
    const runs = [layer(9, {}), open, elsewhere, layer(3, { ACTION: "DIAL" }, { PREVIOUS_LAYER_ID: 2 })];
    assert.deepEqual(scenarioOf(runs, NODES).steps, [
      {
        request: { node: "layers-b", body: { DATA: { LAYER_ID: 2 } } },
        expect: { status: 200, answer: { ACTION: "GO_TO_LAYER", LAYER: 3 } },
      },
      {
        request: { node: "layers", body: { DATA: { LAYER_ID: 3, PREVIOUS_LAYER_ID: 2 } } },
        expect: { status: 200, answer: { ACTION: "DIAL" } },
      },
    ]);
  });

  it("is an event with its request and answer, and what came to nodes outside and where the way ended", () => {
    const run = call({
      node: "events",
      again: { messages: [{}], data: { event: "offering" }, req: { method: "POST", query: { tenant: "a" } } },
      answer: { status: 200, json: "{}" },
      steps: [
        stepOf(asked("crm", { payload: 1 }, { payload: 2 })),
        stepOf(asked("debug", { payload: 2, topic: "t", more: 1 })),
      ],
    });
    const request = { node: "Events", query: { tenant: "a" }, body: { event: "offering" } };
    const made = {
      given: { answers: { "Ask the CRM": { message: { payload: 2 } } } },
      steps: [{ request, expect: { status: 200, answer: {} } }],
      expect: { messages: { "Ask the CRM": [{ payload: 1 }], Seen: [{ payload: 2, topic: "t" }] } },
    };
    assert.deepEqual(scenarioOf([run], NODES), made);
    // Of a replay nobody got the answer.
    const replay = { ...run, outcome: "received", answer: undefined } as const;
    assert.deepEqual(scenarioOf([replay], NODES), { ...made, steps: [{ request }] });
  });

  it("has the events before it that a transfer is decided by, and what came of all", () => {
    const event = (eventType: string): KeptRun =>
      call({
        node: "cti",
        again: { messages: [{}], data: { eventType }, req: { method: "POST" } },
        answer: { status: 200 },
        steps: [stepOf(asked("debug", { payload: eventType }))],
      });
    const { steps, expect } = scenarioOf([event("OnHold"), event("Retrieve")], NODES);
    assert.deepEqual(
      steps.map((each) => each["request"]),
      ["OnHold", "Retrieve"].map((eventType) => ({ node: "cti", body: { eventType } })),
    );
    assert.deepEqual(expect, { messages: { Seen: [{ payload: "OnHold" }, { payload: "Retrieve" }] } });
  });

  it("is an event of RTE as its node sent it", () => {
    const run = call({
      node: "rte",
      outcome: "received",
      again: { messages: [{ payload: { Id: 1 }, topic: "UserStatus" }] },
      answer: undefined,
      steps: [stepOf(asked("debug", { payload: 1 }))],
    });
    assert.deepEqual(scenarioOf([run], NODES).steps, [
      { send: { from: "rte", message: { payload: { Id: 1 }, topic: "UserStatus" } } },
    ]);
  });

  it("has the variables that a test sets otherwise, where the flow names them", () => {
    const flows = [...NODES, { id: "f", type: "function", func: `env.get("CC_NODE_RED_URL")` }];
    const environment = { CC_NODE_RED_URL: "http://127.0.0.1:1880", CC_ACTIVE: "true", SECRET: "x" };
    assert.deepEqual(scenarioOf([call()], flows, { environment }).given, {
      environment: { CC_NODE_RED_URL: "http://127.0.0.1:1880" },
    });
  });

  it("has the time of the call where a node of its way asks msg.now, and values of contexts without credentials", () => {
    const flows = [...NODES, { id: "hours", type: "function", func: "return msg.now > 8 ? msg : null;" }];
    const context = { flow: { closed: true, crm: { url: "x", token: "S3cr3t" } } };
    assert.equal(scenarioOf([call()], flows).given, undefined);
    assert.deepEqual(scenarioOf([call({ steps: [step("in"), step("hours")] })], flows, { context }).given, {
      now: "1970-01-01T00:00:00.000Z",
      context: { flow: { closed: true, crm: { url: "x", token: "[hidden]" } } },
    });
  });

  it("has the shape of credentials, and none of them", () => {
    const SECRET = "S3cr3t";
    const given = {
      payload: { access_token: SECRET, expires_in: 3600, list: [{ name: "apiKey", value: SECRET }] },
      responseCookies: { sid: { value: SECRET, path: "/", secure: true, max: 17 } },
      responseUrl: `https://crm.example/x?token=${SECRET}&page=1`,
    };
    const failed = asked("mqtt", {});
    fail(failed, { message: `no route to http://u:${SECRET}@broker` });
    const steps = [
      stepOf(asked("crm", {}, given)),
      { ...stepOf(failed), failure: `no route to http://u:${SECRET}@broker` },
    ];
    const extradata = { DYN_PAR_password: SECRET, DYN_PAR_lang: "fi" };
    const answer = { Priority: 5, CustomData: { token: SECRET }, list: [SECRET, `pwd=${SECRET}`] };
    const ring = call({ steps, answer: { status: 200, json: JSON.stringify(answer) } }, { extradata });
    const made = scenarioOf([ring], NODES);
    assert.ok(!JSON.stringify({ ...made, steps: [] }).includes(SECRET));
    assert.deepEqual(made.given?.answers?.["Ask the CRM"], {
      message: {
        payload: { access_token: "[hidden]", expires_in: 3600, list: [{ name: "apiKey", value: "[hidden]" }] },
        responseCookies: { sid: { value: "[hidden]", path: "[hidden]", secure: true, max: "[hidden]" } },
        responseUrl: "https://crm.example/x?token=[hidden]&page=1",
      },
    });
    assert.deepEqual(made.expect?.errors, ["no route to http://"]);
    assert.deepEqual(made.steps, [
      {
        request: { node: "Calls", body: { extradata: { DYN_PAR_password: "[hidden]", DYN_PAR_lang: "fi" } } },
        expect: { status: 200, answerHas: { Priority: 5, CustomData: {} } },
      },
    ]);
    const event = call({
      node: "events",
      again: {
        messages: [{}],
        data: { event: "offering", token: SECRET },
        req: { method: "POST", headers: { "x-original-url": `/x?token=${SECRET}` } },
      },
      answer: { status: 200, json: "{}" },
      steps: [
        stepOf(asked("debug", { payload: { url: `https://u:${SECRET}@host`, left: 1 }, topic: `pwd=${SECRET}` })),
      ],
    });
    assert.deepEqual(scenarioOf([event], NODES), {
      steps: [
        {
          request: {
            node: "Events",
            headers: { "x-original-url": "/x?token=[hidden]" },
            body: { event: "offering", token: "[hidden]" },
          },
          expect: { status: 200, answer: {} },
        },
      ],
      expect: { messages: { Seen: [{ payload: { left: 1 } }] } },
    });
    const lookup = call({
      node: "lookup",
      again: { messages: [{}], data: { cid: "1", api_key: SECRET }, req: { method: "GET" } },
      answer: { status: 200, json: `"Bearer ${SECRET}"` },
    });
    assert.deepEqual(scenarioOf([lookup], NODES).steps, [
      { request: { node: "lookup", query: { cid: "1", api_key: "[hidden]" } }, expect: { status: 200 } },
    ]);
  });

  const circle: Record<string, unknown> = {};
  circle["itself"] = circle;
  const REFUSALS: [what: string, runs: KeptRun[], why: unknown[]][] = [
    ["an open call", [call({ outcome: "open" })], ["open"]],
    ["a caller who hung up", [call({ outcome: "gone" })], ["gone"]],
    ["a refused request", [call({ outcome: "refused" })], ["refused"]],
    ["a run of the level path", [call({ again: undefined })], ["not-kept"]],
    ["too many steps", [call({ cut: 1 })], ["cut"]],
    ["a node that is gone", [call({ node: "gone" })], ["node"]],
    ["a node in a subflow", [call({ node: "instance-in" })], ["subflow"]],
    ["a node of another type", [call({ node: "plain" })], ["type"]],
    ["a node whose type is another one now", [call({ type: "voicenter-layer-in" })], ["other-type"]],
    ["a call that a deploy ended", [call({ outcome: "fallback", reason: "closed" })], ["closed"]],
    [
      "a node that was not asked",
      [call({ steps: [{ ...stepOf(asked("crm", {})), standIn: "missing" }] })],
      ["not-asked", "Ask the CRM"],
    ],
    ["two messages for one", [call({ steps: [stepOf(asked("crm", {}, {}, {}))] })], ["several", "Ask the CRM"]],
    ["a message that is no data", [call({ steps: [stepOf(asked("crm", circle))] })], ["unwritable", "Ask the CRM"]],
    [
      "a Buffer",
      [call({ steps: [stepOf(asked("crm", {}, { payload: Buffer.from("x") }))] })],
      ["unwritable", "Ask the CRM"],
    ],
    ["an event of which nothing came", [call({ node: "events" })], ["nothing"]],
  ];
  for (const [what, runs, why] of REFUSALS) it(`says why not: ${what}`, () => assert.deepEqual(refusal(...runs), why));

  it("says why not: a session of layers that are not recorded", () => {
    const session = { tries: 1 };
    const run = { ...layer(2, {}), again: { messages: [{ session }] } };
    assert.deepEqual(refusal(run), ["session"]);
    assert.deepEqual(refusal({ ...layer(1, {}), again: undefined }, run), ["session"]);
  });
});
