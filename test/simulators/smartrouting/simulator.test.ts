import assert from "node:assert/strict";
import { type SmartRoutingSimulator, startSmartRoutingSimulator } from "../../../simulators/smartrouting/simulator.js";
import type { Conversation, Step } from "../../../simulators/caller/conversation.js";
import { type CannedWebhook, cannedWebhook } from "../../support/canned-webhook.js";
import { runAction } from "../../support/run-action.js";
import { until } from "../../support/wait.js";

const SALES = "+358942000100";
const CALLER = "+358401112233";

describe("simulators/smartrouting", () => {
  let webhook: CannedWebhook;
  let simulator: SmartRoutingSimulator;

  beforeEach(async () => {
    webhook = await cannedWebhook();
    simulator = await startSmartRoutingSimulator({ timeoutMs: 300, endpoints: [{ label: "demo", url: webhook.url }] });
  });
  afterEach(async () => {
    await simulator.close();
    await webhook.close();
  });

  async function ring(more: object = {}): Promise<Conversation> {
    return (await simulator.ring({ url: webhook.url, from: CALLER, to: SALES, ...more })).conversation();
  }
  async function answered(body: unknown, status = 200, type?: string): Promise<Step> {
    webhook.answerWith({ status, body, ...(type !== undefined && { type }) });
    return (await ring()).steps.at(-1) as Step;
  }

  it("asks as the vendor's guide says", async () => {
    await ring({ tag: "SALES_QUEUE", parameters: { Culture: "en-GB" } });
    const [asked] = webhook.asked;
    assert.equal(asked?.method, "POST");
    assert.equal(asked?.path, "/hook");
    assert.equal(asked?.headers["content-type"], "application/json");
    const body = JSON.parse(asked?.text ?? "") as { extradata: Record<string, unknown> };
    const { CallId, LegId, ...extradata } = body.extradata;
    assert.match(String(CallId), /^[0-9a-f-]{36}$/);
    assert.match(String(LegId), /^[0-9a-f]{32}@127\.0\.0\.1_br1$/);
    assert.deepEqual(
      { ...body, extradata },
      {
        anum: CALLER,
        bnum: SALES,
        targetid: "SALES_QUEUE",
        extradata: {
          CurrQueueId: "b6d3f7f0-8a41-4c0e-8c1e-0e7b7d4a2c31",
          CurrUserId: "",
          IsInternalCaller: false,
          DYN_PAR_Culture: "en-GB",
        },
      },
    );
  });

  it("leaves out the tag and the extra data where they are not configured, and sends a withheld number as empty", async () => {
    await ring({ from: "", extraData: false });
    assert.equal(webhook.asked[0]?.text, `{"anum":"","bnum":"${SALES}"}`);
  });

  it("sends the API key or basic credentials and shows neither", async () => {
    await ring({ auth: "apikey", apiKey: "key-4711" });
    await ring({ auth: "basic", username: "enreach", password: "pass-4711" });
    assert.equal(webhook.asked[0]?.headers["x-benemen-apikey"], "key-4711");
    assert.equal(
      webhook.asked[1]?.headers.authorization,
      `Basic ${Buffer.from("enreach:pass-4711").toString("base64")}`,
    );
    const state = JSON.stringify(simulator.state());
    assert.ok(!state.includes("4711") && !state.includes(Buffer.from("enreach:pass-4711").toString("base64")), state);
    await assert.rejects(ring({ auth: "bearer" }), /knows none, apikey, basic/);
  });

  it("says what an answer means", async () => {
    const cases: [body: object, title: string, tone: string][] = [
      [{ InitialTarget: "+358942000200" }, "to queue VIP service (+358942000200)", "good"],
      [
        { InitialTarget: "+358942000200", RequiredTarget: "anna.berg@contoso.example" },
        "to queue VIP service (+358942000200); one named agent required: agent Anna Berg (anna.berg@contoso.example)",
        "good",
      ],
      [
        { AllocationTargets: ["+358942000312"] },
        "default routing: queue Sales (+358942000100); preferred: agent Omar Haddad (+358942000312)",
        "good",
      ],
      [{ Priority: 9000 }, "default routing: queue Sales (+358942000100); priority 9000", "good"],
      [{ ExtraPriority: -5 }, "default routing: queue Sales (+358942000100); queue priority − 5", "good"],
      [{ InitialTarget: "+1555", FailTarget: null }, "to queue +1555", "good"],
    ];
    for (const [body, title, tone] of cases) {
      const step = await answered(body);
      assert.deepEqual({ title: step.title, tone: step.tone }, { title, tone }, JSON.stringify(body));
    }
    assert.match((await answered({ InitialTarget: "+1555" })).notes[0]?.text ?? "", /directory does not know \+1555/);
  });

  it("plays the prompt and ends the call", async () => {
    webhook.answerWith({ status: 200, body: { CustomTTS: "We are closed.", InitialTarget: "DISCONNECT:" } });
    const call = await ring();
    assert.deepEqual(
      call.steps.map(({ title }) => title),
      ["the platform asks the flow", "the caller hears: We are closed.", "the call is ended"],
    );
    assert.equal(call.steps[1]?.speech?.text, "We are closed.");
    assert.equal(call.ended, true);
    assert.equal(call.place, "ended by the flow");
  });

  it("routes by default when nothing is to be changed", async () => {
    const call = await ring();
    assert.equal(call.place, "default routing: queue Sales (+358942000100)");
    assert.equal(call.steps.at(-1)?.tone, "good");
    assert.equal(call.ended, false);
    assert.equal((await answered({})).tone, "warn");
  });

  it("shows what is wrong with an answer, and takes none of it", async () => {
    const cases: [body: unknown, remark: RegExp][] = [
      [{ Priority: 10_001 }, /Priority is 10001, not an integer from 0 to 10000/],
      [{ Priority: "5" }, /Priority is "5", not an integer/],
      [{ ExtraPriority: 1.5 }, /ExtraPriority is 1.5/],
      [{ AllocationTargets: "anna" }, /AllocationTargets is not a list/],
      [{ AllocationTargets: [7] }, /AllocationTargets is not a text/],
      [{ InitialTarget: 7 }, /InitialTarget is not a text/],
      [{ RequiredTarget: "+358942000200" }, /RequiredTarget names a queue/],
      [{ InitialTarget: "sales queue" }, /InitialTarget is "sales queue": no number, GUID or user name has a blank/],
      [{ InitialTarget: "DISCONNECT" }, /InitialTarget is "DISCONNECT", but a call is ended by "DISCONNECT:"/],
      [{ InitialTarget: "DISCONNECT:busy" }, /InitialTarget is "DISCONNECT:busy"/],
      [{ FailTarget: "disconnect:" }, /FailTarget is "disconnect:"/],
      [{ AllocationTargets: ["DISCONNECT:"] }, /AllocationTargets is "DISCONNECT:"/],
      [{ initialTarget: "+358942000200" }, /initialTarget must be written InitialTarget/],
      [{ anum: "+1" }, /anum is no key of an answer/],
      [{ constructor: "+1" }, /constructor is no key/],
      ["[]", /not a JSON object/],
      ["{", /not a JSON object/],
    ];
    for (const [body, remark] of cases) {
      const step = await answered(body);
      assert.match(step.title, /^default routing/, JSON.stringify(body));
      assert.match(step.notes.map(({ text }) => text).join("\n"), remark, JSON.stringify(body));
      assert.notEqual(step.tone, "good", JSON.stringify(body));
    }
    assert.match(
      (await answered({ Priority: 1 }, 200, "text/plain")).notes.map(({ text }) => text).join("\n"),
      /Content-Type/,
    );
    for (const status of [201, 302, 401, 500])
      assert.match((await answered({ Priority: 1 }, status)).notes[0]?.text ?? "", new RegExp(`Status ${status}`));
    for (const [status, help] of [
      [401, /wants its credential: choose it under More, Authentication, and compare it/],
      [404, /No deployed node serves this path/],
    ] as const)
      assert.match((await answered("", status)).notes[1]?.text ?? "", help);
    // A credential that was sent is wrong, not missing.
    webhook.answerWith({ status: 401, body: {} });
    for (const credential of [
      { auth: "apikey", apiKey: "k3y" },
      { auth: "basic", username: "u", password: "p" },
    ] as const) {
      const call = await simulator.ring({ url: webhook.url, from: CALLER, to: SALES, ...credential });
      const { notes } = call.conversation().steps.at(-1) ?? { notes: [] };
      assert.match(notes.map(({ text }) => text).join("\n"), /this one is not it/);
    }
    assert.match((await answered("", 204)).notes.at(-1)?.text ?? "", /Calls and events has the reason/);
  });

  it("routes by default after the time-out, and shows the late answer without obeying it", async () => {
    let late: (() => void) | undefined;
    webhook.answerWith((response) => {
      late = () =>
        response.writeHead(200, { "Content-Type": "application/json" }).end('{"InitialTarget":"+358942000200"}');
    });
    const call = await simulator.ring({ url: webhook.url, from: CALLER, to: SALES });
    assert.equal(call.conversation().place, "default routing: queue Sales (+358942000100)");
    assert.equal(call.conversation().steps[0]?.exchange?.failure, "timeout");
    late?.();
    const exchange = await until("the late answer", () => {
      const shown = call.conversation().steps[0]?.exchange;
      return shown?.lateMs === undefined ? undefined : shown;
    });
    assert.ok((exchange.lateMs ?? 0) >= 300);
    assert.equal(exchange.answer?.status, 200);
    assert.equal(call.conversation().place, "default routing: queue Sales (+358942000100)");
  });

  it("routes by default when nobody listens, and asks only once", async () => {
    await webhook.close();
    const call = await ring();
    assert.match(call.steps.at(-1)?.notes[0]?.text ?? "", /not reached \(ECONNREFUSED\)/);
    assert.equal(call.steps.length, 2);
  });

  it("lets the caller hang up while the flow thinks", async () => {
    let answer: (() => void) | undefined;
    webhook.answerWith(
      (response) =>
        (answer = () =>
          response.writeHead(200, { "Content-Type": "application/json" }).end('{"InitialTarget":"+358942000200"}')),
    );
    const { id } = runAction(simulator, "ring", { url: webhook.url, from: CALLER }) as { id: string };
    runAction(simulator, "hangup", { id });
    await until("the question", () => answer !== undefined);
    answer?.();
    const call = await until("the answer", () =>
      simulator.state().calls.find(({ steps }) => steps[0]?.exchange?.answer !== undefined),
    );
    assert.equal(call.ended, true);
    assert.equal(call.place, "ringing; ended by the caller");
    assert.deepEqual(
      call.steps.map(({ title }) => title),
      ["the platform asks the flow", "the caller hangs up"],
    );
    runAction(simulator, "forget", {});
    assert.deepEqual(simulator.state().calls, []);
  });

  it("refuses an address that is none", async () => {
    for (const url of ["", "hook", "ftp://127.0.0.1/", undefined]) await assert.rejects(ring({ url }), /full address/);
  });

  it("keeps the page's list short", async () => {
    for (let i = 0; i < 40; i++) await ring();
    assert.equal(simulator.state().calls.length, 30);
  });
});
