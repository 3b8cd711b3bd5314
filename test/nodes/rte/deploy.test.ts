import assert from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";
import { type RteSimulator, startRteSimulator } from "../../../simulators/rte/simulator.js";
import { node, probe, tab } from "../../support/flow.js";
import { type DeployType, type FlowNode, NodeRed } from "../../support/node-red.js";
import {
  AGENT_ID,
  again,
  connectionNode,
  flowOf,
  hubHas,
  of,
  QUEUE_ID,
  subscribeNode,
  subscriber,
} from "../../support/rte.js";
import { until } from "../../support/wait.js";

/** What a deploy changes, from a flow with one subscriber `a` of QueueStatus, and what must hold afterwards. */
interface Change {
  flow: (simulator: RteSimulator) => FlowNode[];
  /** How often an event of each kind arrives at each probe. */
  expect: { probe: string; event: string; times: number }[];
  hub: string[];
}

const A = subscriber("a", [of("QueueStatus")]);
const other = (id: string): FlowNode => ({ ...tab("other"), id });

const CHANGES: Record<string, Change> = {
  "node added": {
    flow: (sim) => flowOf(sim, ...A, ...subscriber("b", [of("QueueStatus"), of("QueueCallInArrived")])),
    expect: [
      { probe: "a-event", event: "QueueStatus", times: 1 },
      { probe: "b-event", event: "QueueStatus", times: 1 },
      { probe: "b-event", event: "QueueCallInArrived", times: 1 },
      { probe: "a-event", event: "QueueCallInArrived", times: 0 },
    ],
    hub: ["QueueStatus", "QueueCallInArrived"],
  },
  "node edited": {
    flow: (sim) => flowOf(sim, ...subscriber("a", [of("QueueCallInArrived")])),
    expect: [
      { probe: "a-event", event: "QueueStatus", times: 0 },
      { probe: "a-event", event: "QueueCallInArrived", times: 1 },
    ],
    hub: ["QueueCallInArrived"],
  },
  "node moved on the canvas": {
    flow: (sim) => flowOf(sim, ...A.map((each) => ({ ...each, x: 300 }))),
    expect: [{ probe: "a-event", event: "QueueStatus", times: 1 }],
    hub: ["QueueStatus"],
  },
  "node moved to another tab": {
    flow: (sim) => [other("other"), ...flowOf(sim, ...A.map((each) => ({ ...each, z: "other" })))],
    expect: [{ probe: "a-event", event: "QueueStatus", times: 1 }],
    hub: ["QueueStatus"],
  },
  "node disabled": {
    flow: (sim) =>
      flowOf(
        sim,
        ...A.map((each) => ({ ...each, d: each.type === "rte-subscribe" })),
        ...subscriber("b", [of("QueueCallInArrived")]),
      ),
    expect: [
      { probe: "a-event", event: "QueueStatus", times: 0 },
      { probe: "b-event", event: "QueueCallInArrived", times: 1 },
    ],
    hub: ["QueueCallInArrived"],
  },
  "node removed": {
    flow: (sim) => flowOf(sim, ...subscriber("b", [of("QueueCallInArrived")])),
    expect: [
      { probe: "a-event", event: "QueueStatus", times: 0 },
      { probe: "b-event", event: "QueueCallInArrived", times: 1 },
    ],
    hub: ["QueueCallInArrived"],
  },
  "connection edited": {
    flow: (sim) => [tab(), connectionNode(sim, { name: "edited" }), ...A],
    expect: [{ probe: "a-event", event: "QueueStatus", times: 1 }],
    hub: ["QueueStatus"],
  },
};

describe("nodes/rte: deploys", function () {
  this.timeout(120_000);
  let simulator: RteSimulator;
  let red: NodeRed;
  before(async () => {
    simulator = await startRteSimulator();
    red = await NodeRed.start({ flows: [tab()] });
  });
  after(async () => {
    await red?.stop();
    await simulator?.close();
  });

  for (const type of ["full", "flows", "nodes"] as DeployType[]) {
    for (const [change, { flow, expect, hub }] of Object.entries(CHANGES)) {
      it(`${type}: ${change}`, async () => {
        await red.deploy([tab()]);
        await red.deploy(flowOf(simulator, ...A));
        await hubHas(simulator, of("QueueStatus"));
        await red.deploy(again(flow(simulator)), type);
        await hubHas(simulator, ...hub.map((event) => of(event)));
        red.forget();
        const events = [...new Set(expect.map(({ event }) => event))];
        for (const event of events) simulator.emit(event, QUEUE_ID);
        // Sent last on the same socket: what comes before it has come.
        const [last] = hub;
        simulator.emit(String(last), QUEUE_ID, { QueueName: "last" });
        const receiver = expect.find(({ event, times }) => event === last && times > 0)?.probe ?? "";
        await red.message(receiver, ({ payload }) => (payload as { QueueName?: string }).QueueName === "last");
        for (const { probe: id, event, times } of expect) {
          const came = red
            .messages(id)
            .filter(
              ({ topic, payload }) => topic === event && (payload as { QueueName?: string }).QueueName !== "last",
            );
          assert.equal(came.length, times, `${event} at ${id}`);
        }
        await until("one socket", () => simulator.hub.connections.size === 1);
      });
    }
  }

  it("closes the socket with the last user, and opens it with the first", async () => {
    await red.deploy(flowOf(simulator, ...A));
    await hubHas(simulator, of("QueueStatus"));
    await red.deploy(again([tab(), connectionNode(simulator)]), "nodes");
    await until("no socket", () => simulator.hub.connections.size === 0);
    await red.deploy(again(flowOf(simulator, ...A)), "nodes");
    await hubHas(simulator, of("QueueStatus"));
  });

  it("moves to another connection and leaves none behind", async () => {
    const second = { ...connectionNode(simulator), id: "second" };
    await red.deploy(flowOf(simulator, second, ...A));
    await hubHas(simulator, of("QueueStatus"));
    const [first] = simulator.hub.connections;
    await red.deploy(
      again(flowOf(simulator, second, ...subscriber("a", [of("QueueStatus")], { connection: "second" }))),
      "nodes",
    );
    await until(
      "the first socket to go",
      () => simulator.hub.connections.size === 1 && ![...simulator.hub.connections].includes(first!),
    );
    await hubHas(simulator, of("QueueStatus"));
  });

  it("lets one of two nodes leave without silencing the other", async () => {
    await red.deploy(flowOf(simulator, ...A, ...subscriber("b", [of("queuestatus", QUEUE_ID.toUpperCase())])));
    await hubHas(simulator, of("QueueStatus"));
    assert.equal([...simulator.hub.connections][0]?.subscriptions.size, 1, "shared");
    await red.deploy(again(flowOf(simulator, ...A)), "nodes");
    red.forget();
    simulator.emit("QueueStatus", QUEUE_ID);
    await red.message("a-event");
    assert.equal(red.messages("a-event").length, 1);
    assert.equal(red.messages("b-event").length, 0);
  });

  it("loses and doubles no event of a node that is edited again and again under traffic", async () => {
    const total = 400;
    const flow = (turn: number): FlowNode[] =>
      flowOf(
        simulator,
        node(
          "a",
          "rte-subscribe",
          { ...subscribeNode("a", [of("UserAlert", AGENT_ID), of(turn % 2 ? "QueueStatus" : "QueueCallInArrived")]) },
          [["a-event"], []],
        ),
        probe("a-event"),
      );
    await red.deploy(flow(0));
    await hubHas(simulator, of("UserAlert", AGENT_ID), of("QueueCallInArrived"));
    red.forget();
    const traffic = (async () => {
      for (let sent = 0; sent < total; sent++) {
        simulator.emit("UserAlert", AGENT_ID, { Value: String(sent) });
        await sleep(5);
      }
      return "over" as const;
    })();
    for (let turn = 1; (await Promise.race([traffic, red.deploy(again(flow(turn)), "nodes")])) !== "over"; turn++);
    await red.message("a-event", ({ payload }) => (payload as { Value?: string }).Value === String(total - 1));
    const values = red.messages("a-event").map(({ payload }) => Number((payload as { Value: string }).Value));
    assert.deepEqual(
      values,
      Array.from({ length: total }, (_, index) => index),
      "each once, in order",
    );
  });

  /** Sends numbered events, some each 5 ms, until it is stopped; resolves with how many. */
  function traffic(atOnce = 1): { stop: () => Promise<number> } {
    let isOver = false;
    const sending = (async () => {
      let sent = 0;
      for (; !isOver; await sleep(5))
        for (let count = 0; count < atOnce; count++) simulator.emit("UserAlert", AGENT_ID, { Value: String(sent++) });
      return sent;
    })();
    return {
      stop: () => {
        isOver = true;
        return sending;
      },
    };
  }
  const valuesAt = (id: string): number[] =>
    red.messages(id).map(({ payload }) => Number((payload as { Value: string }).Value));
  const gapsAt = (id: string): { from: string; to: string; subscriptions: object[] }[] =>
    red
      .messages(id)
      .filter(({ topic }) => topic === "gap")
      .map(({ payload }) => payload as { from: string; to: string; subscriptions: object[] });

  it("keeps the socket and loses no event over full deploys, and over an edit that does not concern the connection", async () => {
    const flow = (name: string): FlowNode[] => [
      tab(),
      connectionNode(simulator, { name }),
      ...subscriber("a", [of("UserAlert", AGENT_ID)]),
    ];
    await red.deploy(flow("one"));
    await hubHas(simulator, of("UserAlert", AGENT_ID));
    const [socket] = simulator.hub.connections;
    red.forget();
    const { stop } = traffic(5);
    for (let turn = 0; turn < 3; turn++) {
      await red.deploy(again(flow("one")), "full");
      await red.deploy(again(flow(`renamed ${turn}`)), "nodes");
    }
    const sent = await stop();
    await until("the last event", () => valuesAt("a-event").at(-1) === sent - 1);
    assert.deepEqual(
      valuesAt("a-event"),
      Array.from({ length: sent }, (_, index) => index),
      "each once, in order",
    );
    assert.deepEqual([gapsAt("a-notice"), [...simulator.hub.connections]], [[], [socket]]);
    const topics = red.messages("a-notice").map(({ topic }) => topic);
    assert.ok(!topics.includes("connected"), "the connection has not changed");
  });

  it("reports as a gap what an edit of the connection loses", async () => {
    const flow = (apiUrl: string): FlowNode[] => [
      tab(),
      connectionNode(simulator, { apiUrl }),
      ...subscriber("a", [of("UserAlert", AGENT_ID)]),
      ...subscriber("idle", []),
    ];
    await red.deploy([tab()]);
    await until("the former connection to end", () => simulator.hub.connections.size === 0);
    const startMs = Date.now();
    await red.deploy(flow(""));
    await hubHas(simulator, of("UserAlert", AGENT_ID));
    red.forget();
    const { stop } = traffic();
    await red.message("a-event");
    await red.deploy(again(flow(`${simulator.url}/`)), "nodes");
    await until("a gap", () => gapsAt("a-notice").length === 1);
    // What was sent last before the gap ended lies inside it: one more has to come first.
    const seen = valuesAt("a-event").length;
    await until("an event after the gap", () => valuesAt("a-event").length > seen);
    const sent = await stop();
    await until("the last event", () => valuesAt("a-event").at(-1) === sent - 1);
    const [{ from, to, subscriptions } = { from: "", to: "", subscriptions: [] }] = gapsAt("a-notice");
    assert.ok(startMs <= Date.parse(from) && from < to && Date.parse(to) <= Date.now(), `${from} ${to}`);
    assert.deepEqual(subscriptions, [of("UserAlert", AGENT_ID)]);
    assert.equal(new Set(valuesAt("a-event")).size, valuesAt("a-event").length, "nothing twice");
    assert.deepEqual(gapsAt("idle-notice"), []);
  });

  for (const what of ["chosen beside the old one", "put in the place of the old one"])
    it(`reports a gap to a node whose connection is another one, ${what}`, async () => {
      const second = connectionNode(simulator, { id: "second" });
      const both = what === "chosen beside the old one";
      const watch = both ? subscriber("b", [of("UserAlert", AGENT_ID)]) : [];
      await red.deploy([tab()]);
      await until("the former connection to end", () => simulator.hub.connections.size === 0);
      const startMs = Date.now();
      await red.deploy([...flowOf(simulator, ...A, ...watch), ...(both ? [second] : [])]);
      await until("the hub to serve it", () => simulator.hub.connections.size === 1);
      await red.message("a-notice", ({ topic }) => topic === "subscribed");
      red.forget();
      const moved = subscriber("a", [of("QueueStatus")], { connection: "second" });
      const rest = both ? flowOf(simulator, ...watch) : [tab()];
      await red.deploy(
        [...again(rest), both ? (again([second])[0] ?? second) : second, ...moved],
        both ? "nodes" : "full",
      );
      const { payload } = await red.message("a-notice", ({ topic }) => topic === "gap");
      const { from, to, subscriptions } = payload as { from: string; to: string; subscriptions: object[] };
      assert.ok(startMs <= Date.parse(from) && from < to && Date.parse(to) <= Date.now(), `${from} ${to}`);
      assert.deepEqual(subscriptions, [of("QueueStatus")]);
      if (both) assert.ok(red.messages("b-notice").every(({ topic }) => topic !== "gap"));
    });
});
