/** Replays in a real Node-RED: each vendor's in node receives again, and nothing reaches outside. */
import assert from "node:assert/strict";
import type { Run } from "../../../lib/recorder/model.js";
import { REQUEST as LAYER_REQUEST } from "../../fixtures/voicenter.js";
import { code, node, probe, statusProbe, tab } from "../../support/flow.js";
import { type FlowNode, NodeRed } from "../../support/node-red.js";
import { startCrm } from "../../support/crm.js";
import type { TestServer } from "../../support/server.js";
import { until } from "../../support/wait.js";
import { send } from "../../support/webhook.js";
import { sample } from "../../../simulators/rte/samples.js";
import { startRteSimulator, type RteSimulator } from "../../../simulators/rte/simulator.js";
import { DEMO, DEMO_RTE_CREDENTIALS, DEMO_USER } from "../../../simulators/rte/seed-data.js";

const API = "contact-center/recorder";
const CALLER = "+358401112233";

describe("Replays", function () {
  this.timeout(120_000);
  let red: NodeRed;
  let hub: RteSimulator;
  /** A CRM outside, which counts. */
  let crm: TestServer;

  before(async () => {
    crm = await startCrm();
    hub = await startRteSimulator({ play: false });
    red = await NodeRed.start({ settings: `contactCenter: { recorder: { level: "values" } },` });
  });
  after(async () => {
    await red?.stop();
    await hub?.close();
    await crm?.close();
  });
  beforeEach(() => {
    crm.heard.length = 0;
    red.forget();
  });

  const get = async <T>(path: string): Promise<T> => (await (await fetch(`${red.url}/${API}/${path}`)).json()) as T;
  const newest = async (): Promise<Run> => (await get<{ runs: Run[] }>("runs")).runs[0] as Run;
  const replay = async (id: string, body: object = {}): Promise<Run> => {
    const { status, json } = await send(`${red.url}/${API}/runs/${id}/replay`, body);
    assert.equal(status, 200, JSON.stringify(json));
    const { id: made } = json as { id: string };
    return until("the replay's outcome", async () => {
      const run = await get<Run>(`runs/${made}`);
      return run.outcome === "open" ? undefined : run;
    });
  };
  const ask = (): FlowNode =>
    node("crm", "http request", { name: "Ask the CRM", method: "GET", ret: "obj", url: crm.url }, [["target"]]);
  const routing = (target: string): FlowNode[] => [
    tab(),
    node("in", "smartrouting-in", { url: "/calls", auth: "none", deadline: 1000 }, [["before"], ["reason"]]),
    probe("before", [["crm"]]),
    ask(),
    code("target", target, [["out"]]),
    node("out", "smartrouting-out"),
    probe("reason"),
    ...statusProbe(["in"]),
  ];
  const GOOD = `msg.payload = { InitialTarget: msg.payload.queue }; return msg;`;
  const BAD = `msg.payload = { Priority: "much" }; return msg;`;
  const call = { anum: CALLER, bnum: "+358942000100", targetid: "SALES" };

  it("send a call through the flow as it is now, whose answer goes nowhere and whose CRM is not asked", async () => {
    await red.deploy(routing(BAD));
    assert.equal((await send(`${red.url}/calls`, call)).status, 204);
    const wrong = await newest();
    assert.deepEqual([wrong.outcome, wrong.reason, crm.heard.length], ["fallback", "error", 1]);
    await red.deploy(routing(GOOD));
    red.forget();
    const right = await replay(wrong.id);
    assert.equal(crm.heard.length, 1);
    assert.deepEqual([right.outcome, right.answer?.status, right.replayOf], ["answered", 200, wrong.id]);
    assert.deepEqual(
      right.steps.map((step) => [step.node, step.standIn]),
      [
        ["in", undefined],
        ["before", undefined],
        ["crm", "recorded"],
        ["target", undefined],
        ["out", undefined],
      ],
    );
    const message = await red.message("before");
    assert.equal(message["replay"], true);
    assert.deepEqual(message["payload"], { ...call, anum: CALLER });
    assert.equal((await get<Run>(`runs/${wrong.id}`)).outcome, "fallback");
    // A replay of a replay has what the first call had.
    assert.equal((await replay(right.id)).outcome, "answered");
    assert.equal(crm.heard.length, 1);
    const outside = await replay(right.id, { outside: true });
    assert.deepEqual([outside.outcome, outside.reachesOutside, right.reachesOutside], ["answered", true, undefined]);
    assert.equal(crm.heard.length, 2);
  });

  it("say what was not asked, get the fallback then, and leave the badge alone", async () => {
    await red.deploy(routing(GOOD).map((each) => (each.id === "before" ? { ...each, wires: [["out"]] } : each)));
    await send(`${red.url}/calls`, call);
    const recorded = await newest();
    red.forget();
    await red.deploy(routing(GOOD));
    // The badge that the deploy gives.
    await red.message("status");
    red.forget();
    const run = await replay(recorded.id);
    assert.deepEqual([run.outcome, run.reason, crm.heard.length], ["fallback", "deadline", 0]);
    assert.equal(run.steps.at(-1)?.standIn ?? run.steps.at(-2)?.standIn, "missing");
    await red.message("reason", ({ reason, replay: isReplay }) => reason === "deadline" && isReplay === true);
    assert.deepEqual(red.messages("status"), []);
  });

  it("are no lost calls where a deploy ends them, and late for nobody", async () => {
    const silent = (deadline: number): FlowNode[] => [
      tab(),
      node("in", "smartrouting-in", { url: "/calls", auth: "none", deadline }, [["never"], []]),
      code("never", "return null;"),
    ];
    await red.deploy(silent(500));
    await send(`${red.url}/calls`, call);
    const { id } = await newest();
    await red.deploy(silent(60_000));
    const { json } = await send(`${red.url}/${API}/runs/${id}/replay`, {});
    const log = red.log.length;
    await red.deploy(silent(500));
    const { outcome, reason } = await get<Run>(`runs/${(json as { id: string }).id}`);
    assert.deepEqual([outcome, reason], ["fallback", "closed"]);
    assert.deepEqual(
      red.log.slice(log).filter((line) => line.includes("got the fallback")),
      [],
    );
    const late = code("late", `setTimeout(() => node.send(msg), 600); return null;`, [["out"]]);
    const out = node("out", "smartrouting-out", { priority: "5", priorityType: "num" });
    await red.deploy([
      ...silent(300).map((each) => ({ ...each, ...(each.id === "in" && { wires: [["late"], []] }) })),
      late,
      out,
    ]);
    const before = red.log.length;
    const replayed = await replay(id);
    await until("the late answer", async () => (await get<Run>(`runs/${replayed.id}`)).outcome === "late");
    assert.deepEqual(
      red.log.slice(before).filter((line) => line.includes("[warn]")),
      [],
    );
  });

  it("leave nothing in a node that keeps messages of several calls", async () => {
    const join = node(
      "join",
      "join",
      {
        name: "Both",
        mode: "custom",
        build: "array",
        property: "payload",
        propertyType: "msg",
        count: "2",
        timeout: "",
        accumulate: false,
      },
      [["target"]],
    );
    const flow = (secondUrl: string): FlowNode[] => [
      tab(),
      node("in", "smartrouting-in", { url: "/calls", auth: "none", deadline: 1000 }, [["crm", "crm2"], []]),
      { ...ask(), wires: [["mark"]] },
      node(secondUrl === "" ? "crm3" : "crm2", "http request", { method: "GET", ret: "obj", url: crm.url }, [["mark"]]),
      code("mark", `msg.payload = msg.call.from; return msg;`, [["join"]]),
      join,
      code("target", `msg.payload = { InitialTarget: msg.payload.join("&") }; return msg;`, [["out"]]),
      node("out", "smartrouting-out"),
    ];
    const answer = async (anum: string): Promise<unknown> => (await send(`${red.url}/calls`, { ...call, anum })).json;
    await red.deploy(flow(crm.url));
    assert.deepEqual(await answer("1"), { InitialTarget: "1&1" });
    const recorded = await newest();
    // The second request is another node now, of which nothing is recorded.
    const changed = flow("").map((each) => (each.id === "in" ? { ...each, wires: [["crm", "crm3"], []] } : each));
    await red.deploy(changed);
    for (const outside of [false, true]) {
      const replayed = await replay(recorded.id, { outside });
      assert.ok(
        replayed.steps.some(({ node: id, standIn }) => id === "join" && standIn !== undefined),
        JSON.stringify(replayed.steps),
      );
      for (const caller of ["2", "3"]) assert.deepEqual(await answer(caller), { InitialTarget: `${caller}&${caller}` });
    }
  });

  it("leave what a split node keeps of a stream to the callers", async () => {
    await red.deploy([
      tab(),
      node("in", "smartrouting-in", { url: "/calls", auth: "none", deadline: 1000 }, [["text"], []]),
      code("text", "msg.payload = `${msg.call.from}\\nrest${msg.call.from};`; return msg;", [["split"]]),
      node("split", "split", { splt: "\\n", spltType: "str", stream: true, property: "payload" }, [["target"]]),
      code("target", `msg.payload = { InitialTarget: msg.payload }; return msg;`, [["out"]]),
      node("out", "smartrouting-out"),
    ]);
    const answer = async (anum: string): Promise<unknown> => (await send(`${red.url}/calls`, { ...call, anum })).json;
    assert.deepEqual(await answer("1"), { InitialTarget: "1" });
    const recorded = await newest();
    assert.deepEqual(await answer("2"), { InitialTarget: "rest1;2" });
    const replayed = await replay(recorded.id);
    assert.deepEqual(replayed.answer?.json, '{"InitialTarget":"1"}');
    assert.deepEqual(await answer("3"), { InitialTarget: "rest2;3" });
  });

  it("show no number to the editor", async () => {
    await red.deploy(routing(GOOD));
    await send(`${red.url}/calls`, call);
    const run = await replay((await newest()).id);
    const traffic = JSON.stringify([await get("runs"), run, await get(`runs/${run.id}`)]);
    assert.doesNotMatch(traffic, /358401112233|358942000/);
  });

  it("have Voicenter's session of then, and leave the caller's own alone", async () => {
    await red.deploy([
      tab(),
      node("layer-in", "voicenter-layer-in", { url: "/layer", auth: "none" }, [["count"], []]),
      code(
        "count",
        `msg.session.count = (msg.session.count || 0) + 1;
         msg.payload = { ACTION: "GO_TO_LAYER", LAYER: msg.session.count };
         return msg;`,
        [["layer-out"]],
      ),
      node("layer-out", "voicenter-layer-out", { action: "msg" }),
    ]);
    const ring = async (): Promise<unknown> =>
      ((await send(`${red.url}/layer`, LAYER_REQUEST)).json as { LAYER: number }).LAYER;
    assert.equal(await ring(), 1);
    const first = await newest();
    const again = await replay(first.id);
    assert.match(again.answer?.json ?? "", /"LAYER":1\b/);
    assert.equal(await ring(), 2);
  });

  it("look a caller up again for Webitel", async () => {
    await red.deploy([
      tab(),
      node("lookup-in", "webitel-lookup-in", { url: "/lookup", auth: "none" }, [["found"], []]),
      code("found", `msg.payload = { found: true, name: "Dana" }; return msg;`, [["lookup-out"]]),
      node("lookup-out", "webitel-lookup-out"),
    ]);
    await fetch(`${red.url}/lookup?cid=0501234567`);
    assert.match((await replay((await newest()).id)).answer?.json ?? "", /Dana/);
  });

  const EVENTS: [type: string, url: string, event: object][] = [
    ["webitel-event-in", "/webitel", { event: "offering", cid: "0501234567", uuid: "u1" }],
    [
      "cti-event-in",
      "/cti",
      {
        SubscriptionId: "s",
        SessionType: "Incoming",
        ImAddress: "a@b.example",
        eventType: "Ringing",
        callId: "c",
        ani: CALLER,
      },
    ],
  ];
  for (const [type, url, event] of EVENTS)
    it(`send an event of ${type} again, with the same payload and key, and nothing outside`, async () => {
      await red.deploy([
        tab(),
        node("events", type, { url, auth: "none", unknown: "pass" }, [["seen"], []]),
        probe("seen", [["crm"]]),
        { ...ask(), wires: [["after"]] },
        probe("after"),
      ]);
      await send(`${red.url}${url}`, event);
      const first = await red.message("after");
      red.forget();
      const run = await replay((await newest()).id);
      assert.equal(run.outcome, "received");
      const again = await red.message("after");
      assert.equal(again["replay"], true);
      assert.deepEqual(
        [again["payload"], again["event"], again["topic"]],
        [first["payload"], first["event"], first["topic"]],
      );
      assert.equal(crm.heard.length, 1);
    });

  it("send an event of rte-subscribe again, without the hub", async () => {
    const flow = [
      tab(),
      {
        id: "connection",
        type: "rte-connection",
        auth: "enreach",
        email: DEMO.email,
        discoveryUrl: `${hub.url}/api/user`,
        credentials: { ...DEMO_RTE_CREDENTIALS },
      },
      node(
        "rte",
        "rte-subscribe",
        {
          connection: "connection",
          subscriptions: [{ entityId: DEMO_USER.id, eventName: "UserStatus" }],
          active: true,
        },
        [["seen"], []],
      ),
      probe("seen"),
    ];
    await red.deploy(flow);
    await until("the subscription", () => hub.emit("UserStatus", DEMO_USER.id, sample("UserStatus")) > 0);
    const first = await red.message("seen");
    red.forget();
    await replay((await newest()).id);
    const again = await red.message("seen", ({ replay: isReplay }) => isReplay === true);
    assert.deepEqual(again["payload"], first["payload"]);
  });

  it("are refused with what to do: no such run, a node that is gone, a run without what it needs, the recorder off", async () => {
    await red.deploy(routing(GOOD));
    await send(`${red.url}/calls`, call);
    const { id } = await newest();
    const refusal = async (run: string, body: object = {}): Promise<unknown[]> => {
      const { status, json } = await send(`${red.url}/${API}/runs/${run}/replay`, body);
      return [status, (json as { error: string }).error];
    };
    const level = (to: string): Promise<unknown> => send(`${red.url}/${API}/level`, { level: to });
    assert.deepEqual(await refusal("none"), [404, "run"]);
    assert.deepEqual(await refusal(id, { outside: "yes" }), [400, "outside"]);
    await red.deploy(routing(GOOD).map((each) => (each.id === "in" ? { ...each, d: true } : each)));
    assert.deepEqual(await refusal(id), [409, "node"]);
    await red.deploy([tab(), node("in", "voicenter-layer-in", { url: "/calls", auth: "none" })]);
    assert.deepEqual(await refusal(id), [409, "other-type"]);
    await red.deploy(routing(GOOD));
    await level("path");
    await send(`${red.url}/calls`, call);
    assert.deepEqual(await refusal((await newest()).id), [409, "not-kept"]);
    await level("off");
    assert.deepEqual(await refusal(id), [409, "off"]);
    await level("values");
  });
});
