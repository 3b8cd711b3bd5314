/** Each Enreach RTE example with the simulator on a real Node-RED. */
import assert from "node:assert/strict";
import { type FlowNode, layOut, readExamples } from "../../demo/examples.js";
import { AGENTS, QUEUES } from "../../simulators/directory.js";
import { CALL_LIST, DEMO_RTE_CREDENTIALS } from "../../simulators/rte/seed-data.js";
import { type RteSimulator, startRteSimulator } from "../../simulators/rte/simulator.js";
import { freePort, NodeRed } from "../support/node-red.js";
import { until } from "../support/wait.js";

const [ANNA] = AGENTS;
const [SALES, SUPPORT] = QUEUES;

describe("Enreach RTE examples with the simulator", function () {
  this.timeout(30_000);
  const flows = watched(layOut(readExamples().filter(({ vendor }) => vendor === "rte")));
  let simulator: RteSimulator;
  let red: NodeRed;
  const served = (): number => [...simulator.hub.connections][0]?.subscriptions.size ?? 0;
  const payloads = (name: string): unknown[] => red.messages(name).map(({ payload }) => payload);

  before(async () => {
    simulator = await startRteSimulator();
    const port = await freePort();
    red = await NodeRed.start({
      port,
      env: { CC_RTE_URL: simulator.url, CC_NODE_RED_URL: `http://127.0.0.1:${port}`, CC_ACTIVE: "true" },
    });
    await red.deploy(flows);
    await until(
      "all subscriptions, over one connection",
      () => simulator.hub.connections.size === 1 && served() === 3 + 6 + 12 + 1 + 9,
    );
  });
  after(async () => {
    await red.stop();
    await simulator.close();
  });
  beforeEach(() => red.forget());

  /** A probe in each debug node's place, and the credentials that `npm start` puts in. */
  function watched(nodes: FlowNode[]): FlowNode[] {
    return nodes.map((node) => {
      if (node.type === "rte-connection") return { ...node, credentials: { ...DEMO_RTE_CREDENTIALS } };
      if (node.type !== "debug") return node;
      return {
        id: node.id,
        z: node["z"],
        type: "function",
        name: node["name"],
        func: `global.get("probe")(${JSON.stringify(node["name"])}, {topic: msg.topic, payload: msg.payload, call: msg.call});`,
        outputs: 0,
        timeout: 0,
        noerr: 0,
        initialize: "",
        finalize: "",
        libs: [],
        x: node["x"],
        y: node["y"],
        wires: [],
      };
    });
  }

  it("01 keeps the latest of each queue", async () => {
    const say = (id: string, QueueName: string, NbrOfQueuingRequesters: number): unknown =>
      simulator.emit("QueueStatus", id, {
        QueueId: id,
        QueueName,
        NbrOfQueuingRequesters,
        NbrOfAgentsImmediatelyFree: 0,
      });
    say(SUPPORT!.id, "Support", 2);
    say(SALES!.id, "Sales", 1);
    say(SALES!.id, "Sales", 0);
    await until("three boards", () => red.messages("dashboard").length === 3);
    const board = payloads("dashboard").at(-1) as { queue: string; waiting: number; colour: string }[];
    assert.deepEqual(
      board.map(({ queue, waiting, colour }) => [queue, waiting, colour]),
      [
        ["Sales", 0, "green"],
        ["Support", 2, "red"],
      ],
    );
  });

  it("02 makes one ticket of a missed call, however often it is reported", async () => {
    const call = { CallerName: "", CallerNumber: "+358401112233", CallId: "1" };
    simulator.emit("UserMissedCallNotification", ANNA!.id, call);
    simulator.emit("UserMissedCallNotification", ANNA!.id, call);
    simulator.emit("UserMissedCallNotification", ANNA!.id, { ...call, CallId: "2" });
    await until("two tickets", () => red.messages("ticket made").length === 2);
    assert.deepEqual(
      (payloads("ticket made") as { call: string; ticket: number }[]).map(({ call, ticket }) => [call, ticket]),
      [
        ["1", 1001],
        ["2", 1002],
      ],
    );
  });

  it("03 joins what an agent chose with what they do", async () => {
    simulator.emit("UserAvailability", ANNA!.id);
    simulator.emit("UserStatus", ANNA!.id, { UserId: ANNA!.id, Talking: true, CanBeAllocatedTo: false });
    simulator.emit("UserStatus", ANNA!.id, {
      UserId: ANNA!.id,
      Talking: true,
      CanBeAllocatedTo: false,
      ActiveQueues: 1,
    });
    await until("the board", () => red.messages("board").length === 2);
    const [agent] = payloads("board").at(-1) as { name: string; chosen: string; state: string; until: string | null }[];
    assert.deepEqual(
      [agent?.name, agent?.chosen, agent?.state, agent?.until],
      [ANNA!.email, "Available", "talking", null],
    );
  });

  it("04 raises an alarm when more call-backs become overdue, and clears it", async () => {
    for (const overdue of [0, 2, 2, 3, 1, 0])
      simulator.emit("CallbackListStatus", CALL_LIST.id, { TotalOverDueDate: overdue, TotalOpenRequests: 5 });
    await red.message("all clear");
    assert.deepEqual(
      (payloads("ALARM") as { overdue: number }[]).map(({ overdue }) => overdue),
      [2, 3],
    );
  });

  it("05 asks for the present state of each queue after a gap", async () => {
    simulator.hub.drop();
    await until("three states", () => red.messages("board").length === 3);
    assert.equal((payloads("board").at(-1) as object[]).length, 3);
    assert.ok(red.messages("notices").some(({ topic }) => topic === "disconnected"));
  });

  it("06 switches a copy off and on by a request, which gets the node's answer", async () => {
    const press = async (action: string): Promise<{ subscribed: boolean }[]> =>
      (await (await fetch(`${red.url}/demo-rte/${action}`, { method: "POST" })).json()) as { subscribed: boolean }[];
    assert.deepEqual(
      (await press("deactivate")).map(({ subscribed }) => subscribed),
      Array.from({ length: 9 }, () => false),
    );
    assert.equal(simulator.emit("QueueCallInComing", SALES!.id), 0);
    assert.deepEqual(
      (await press("activate")).map(({ subscribed }) => subscribed),
      Array.from({ length: 9 }, () => true),
    );
    simulator.emit("QueueCallInComing", SALES!.id);
    assert.equal(((await red.message("calls"))["call"] as { state: string }).state, "incoming");
  });
});
