/** Each Enreach RTE example with the simulator on a real Node-RED. */
import assert from "node:assert/strict";
import { readExamples } from "../../demo/examples.js";
import { AGENTS, QUEUES } from "../../simulators/directory.js";
import { CALL_LIST } from "../../simulators/rte/seed-data.js";
import { type RteSimulator, startRteSimulator } from "../../simulators/rte/simulator.js";
import { exampleFlows, StandIns } from "../support/examples.js";
import { freePort, NodeRed } from "../support/node-red.js";
import { until } from "../support/wait.js";

const [ANNA] = AGENTS;
const [SALES, SUPPORT] = QUEUES;

describe("Enreach RTE examples with the simulator", function () {
  this.timeout(120_000);
  const examples = readExamples().filter(({ vendor }) => vendor === "rte");
  // Example 02 stands there twice, as where two copies of a flow run.
  const flows = exampleFlows([...examples, ...examples.slice(1, 2)]);
  let simulator: RteSimulator;
  let standIns: StandIns;
  let red: NodeRed;
  const served = (): number => [...simulator.hub.connections][0]?.subscriptions.size ?? 0;
  const payloads = (name: string): unknown[] => red.messages(name).map(({ payload }) => payload);

  before(async () => {
    simulator = await startRteSimulator();
    const port = await freePort();
    standIns = await StandIns.start(port);
    red = await NodeRed.start({
      port,
      env: { CC_RTE_URL: simulator.url, CC_NODE_RED_URL: standIns.url, CC_ACTIVE: "true" },
    });
    await red.deploy(flows);
    await until(
      "all subscriptions, over one connection",
      () => simulator.hub.connections.size === 1 && served() === 3 + 6 + 12 + 1 + 9,
    );
  });
  after(async () => {
    await red.stop();
    await standIns.close();
    await simulator.close();
  });
  beforeEach(() => red.forget());

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

  it("02 makes one ticket of a missed call, however often it is reported, and in two copies of the flow", async () => {
    const call = { CallerName: "", CallerNumber: "+358401112233", CallId: "1" };
    simulator.emit("UserMissedCallNotification", ANNA!.id, call);
    simulator.emit("UserMissedCallNotification", ANNA!.id, call);
    simulator.emit("UserMissedCallNotification", ANNA!.id, { ...call, CallId: "2" });
    await until("an answer to each", () => red.messages("ticket was there").length === 4);
    assert.equal(red.messages("ticket made").length, 2);
    assert.deepEqual(
      (payloads("ticket made") as { call: string; ticket: number }[]).map(({ call, ticket }) => [call, ticket]),
      [
        ["1", 1001],
        ["2", 1002],
      ],
    );
  });

  it("02 tries again while the CRM fails, and raises an alarm after three tries", async () => {
    const missed = (CallId: string): unknown =>
      simulator.emit("UserMissedCallNotification", ANNA!.id, { CallerName: "", CallerNumber: "+358401112233", CallId });
    await standIns.failing(500, "{}", async () => {
      missed("3");
      await until("both copies' alarms", () => red.messages("NO TICKET").length === 2);
    });
    assert.equal(standIns.failed, 6);
    assert.equal(red.messages("ticket made").length, 0);
    await standIns.failing(503, "{}", async () => {
      missed("4");
      await until("a try that fails", () => standIns.failed > 6);
    });
    assert.equal(((await red.message("ticket made"))["payload"] as { call: string }).call, "4");
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
    for (const overdue of [0, 2, 2, 3, 1, 3, 1, 0])
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

  it("05 keeps the board when the state cannot be asked for, and says so", async () => {
    await standIns.failing(500, "{}", async () => {
      simulator.hub.drop();
      await until("three queues without a state", () => red.messages("state unknown").length === 3);
    });
    assert.equal(red.messages("board").length, 0);
    await standIns.failing(200, "{}", async () => {
      simulator.hub.drop();
      await red.logged("This is no state of a queue.");
    });
    assert.equal(red.messages("board").length, 0);
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

  it("06 answers 503 when the hub is away", async () => {
    await simulator.close();
    await until("the loss", () => red.messages("notices").some(({ topic }) => topic === "disconnected"));
    const press = (action: string): Promise<Response> => fetch(`${red.url}/demo-rte/${action}`, { method: "POST" });
    assert.equal((await press("deactivate")).status, 200);
    const answer = await press("activate");
    assert.equal(answer.status, 503);
    const items = (await answer.json()) as { subscribed: boolean; message: string }[];
    assert.deepEqual(
      items.map(({ subscribed, message }) => [subscribed, message]),
      Array.from({ length: 9 }, () => [false, "disconnected"]),
    );
  });
});
