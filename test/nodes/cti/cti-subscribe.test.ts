import assert from "node:assert/strict";
import { existsSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { type CtiSimulator, startCtiSimulator } from "../../../simulators/cti/simulator.js";
import { catchProbe, node, probe, tab } from "../../support/flow.js";
import { type DeployType, type FlowNode, freePort, makeUserDir, NodeRed } from "../../support/node-red.js";
import { until } from "../../support/wait.js";
import {
  ANNA,
  BART,
  broker,
  button,
  eventLoopFlow,
  eventIn,
  held,
  pressInject,
  SECRET,
  subscriber,
  withSettings,
} from "../../support/cti.js";

const CARLA = "sip:carla.meyer@contoso.example";

interface Row {
  imAddress: string;
  subscriptionId?: string;
  subscribed: boolean;
  error?: string;
}

/** What the broker node has in its file. */
function stateFile(userDir: string): string {
  const path = join(userDir, "contact-center", "cti-broker.json");
  return existsSync(path) ? readFileSync(path, "utf8") : "";
}

describe("nodes/cti/cti-subscribe", function () {
  this.timeout(60_000);
  let simulator: CtiSimulator;
  let red: NodeRed;
  before(async () => {
    [simulator, red] = await Promise.all([startCtiSimulator(), NodeRed.start({ env: { CTI_NOTHING: "" } })]);
  });
  after(async () => {
    await red.stop();
    await simulator.close();
  });
  beforeEach(() => {
    red.forget();
    Object.assign(simulator.faults, { slowMs: 0, refuse: 0, lose: 0 });
  });
  const rows = (message: Record<string, unknown>): Row[] => message["payload"] as Row[];
  const holds = (addresses: string[]): Promise<true> =>
    until(
      `exactly ${addresses.join(", ")}`,
      () => JSON.stringify(held(simulator)) === JSON.stringify(addresses.toSorted()) || undefined,
    );
  const settle = async (flows: FlowNode[]): Promise<Row[]> => {
    await red.deploy([tab()]);
    await holds([]);
    red.forget();
    simulator.requests.length = 0;
    await red.deploy(flows);
    return rows(await red.message("rows"));
  };
  const failure = async (): Promise<{ code: unknown; message: string; cause: { field?: string } }> =>
    (await red.message("caught"))["error"] as { code: unknown; message: string; cause: { field?: string } };

  it("registers the event node's address with its secret, and says so once all is settled", async () => {
    const settled = await settle(eventLoopFlow(simulator, red, [ANNA, BART]));
    assert.deepEqual(
      settled.map((row) => [row.imAddress, row.subscribed]),
      [
        [ANNA, true],
        [BART, true],
      ],
    );
    assert.deepEqual(
      settled.map((row) => row.subscriptionId),
      simulator.state().subscriptions.map((subscription) => subscription.id),
    );
    const bodies = simulator.requests
      .filter((request) => request.operation === "subscribe")
      .map((request) => request.body);
    assert.deepEqual(
      bodies,
      [ANNA, BART].map((address) => ({ ImAddress: address, CallbackUrl: `${red.url}/cti/${SECRET}` })),
    );
    simulator.switchboard.ring(ANNA, "+31201234567");
    assert.equal((await red.message("event"))["topic"], "Hunting");
    assert.equal(red.messages("rows").length, 1);
  });

  it("makes one subscription without an address for no agents, and each agent once", async () => {
    assert.deepEqual(
      (await settle(eventLoopFlow(simulator, red, []))).map((row) => row.imAddress),
      [""],
    );
    assert.deepEqual(held(simulator), [""]);
    await settle(eventLoopFlow(simulator, red, [ANNA, ANNA.toUpperCase().replace("SIP", "sip"), " "]));
    assert.deepEqual(held(simulator), [ANNA]);
  });

  it("takes a full address and environment variables instead", async () => {
    const other = await NodeRed.start({ env: { CTI_AGENT: "anna.berg" } });
    try {
      await other.deploy([
        tab(),
        broker(simulator.url),
        subscriber(["sip:${CTI_AGENT}@contoso.example"], { eventNode: "", callback: "http://127.0.0.1:9/elsewhere" }),
        probe("rows"),
      ]);
      await until("the subscription", () =>
        simulator
          .state()
          .subscriptions.some(
            (subscription) => subscription.callback === "http://127.0.0.1:9/elsewhere" && subscription.address === ANNA,
          ),
      );
    } finally {
      await other.stop();
    }
    assert.equal(
      simulator.state().subscriptions.some((subscription) => subscription.callback.includes("elsewhere")),
      false,
    );
  });

  describe("control messages", () => {
    const buttons = [
      button("sub", "subscribe", { action: "subscribe", payload: CARLA, keep: "me" }),
      button("sub-two", "subscribe", { action: "subscribe", payload: [BART, { imAddress: CARLA }] }),
      button("sub-all", "subscribe", { action: "subscribe" }),
      button("unsub", "subscribe", { action: "unsubscribe", payload: CARLA }),
      button("unsub-all", "subscribe", { action: "unsubscribe" }),
      button("list", "subscribe", { action: "list", payload: "ignored" }),
      button("bad", "subscribe", { action: "clear" }),
      button("bad-address", "subscribe", { action: "subscribe", payload: ["carla"] }),
    ];
    const ask = async (id: string): Promise<Record<string, unknown>> => {
      red.forget();
      await pressInject(red, id);
      return red.message("rows");
    };
    before(() => settle([...eventLoopFlow(simulator, red, [ANNA]), ...buttons]));

    it("subscribes, lists and unsubscribes on the message that asked", async () => {
      const message = await ask("sub");
      assert.deepEqual(
        [message["keep"], rows(message).map((row) => [row.imAddress, row.subscribed])],
        ["me", [[CARLA, true]]],
      );
      assert.deepEqual(
        rows(await ask("list")).map((row) => row.imAddress),
        [ANNA, CARLA],
      );
      assert.deepEqual(rows(await ask("unsub")), [{ imAddress: CARLA, subscribed: false }]);
      assert.deepEqual(held(simulator), [ANNA]);
      assert.deepEqual(
        rows(await ask("sub-two")).map((row) => row.imAddress),
        [BART, CARLA],
      );
      assert.deepEqual(held(simulator), [ANNA, BART, CARLA]);
      await ask("unsub-all");
      assert.deepEqual([held(simulator), rows(await ask("list"))], [[], []]);
      await ask("sub-all");
      assert.deepEqual(held(simulator), [ANNA]);
    });

    it("heals a broker that forgot, when asked", async () => {
      simulator.deliveries.forget();
      await ask("sub-all");
      assert.deepEqual(held(simulator), [ANNA]);
    });

    it("refuses what it does not understand, names the field, and asks the broker for nothing", async () => {
      simulator.requests.length = 0;
      for (const [id, field] of [
        ["bad", "action"],
        ["bad-address", "payload"],
      ] as const) {
        red.forget();
        await pressInject(red, id);
        const error = await failure();
        assert.deepEqual([error.code, error.cause.field], ["EINVALID", field]);
      }
      assert.equal(simulator.requests.length, 0);
    });
  });

  describe("settings that cannot work", () => {
    const cases: [string, (flows: FlowNode[]) => FlowNode[], string][] = [
      ["a missing event node", (flows) => flows.filter((one) => one.id !== "events"), "eventNode"],
      ["a disabled event node", (flows) => withSettings(flows, "events", { d: true }), "eventNode"],
      [
        "an event node without its secret",
        (flows) =>
          withSettings(withSettings(flows, "events", { id: "unproved", credentials: { secret: "" } }), "subscribe", {
            eventNode: "unproved",
          }),
        "eventNode",
      ],
      ["no callback URL", (flows) => withSettings(flows, "broker", { callbackUrl: "" }), "callbackUrl"],
      ["neither event node nor address", (flows) => withSettings(flows, "subscribe", { eventNode: "" }), "callback"],
      [
        "an address that is none",
        (flows) => withSettings(flows, "subscribe", { eventNode: "", callback: "here" }),
        "callback",
      ],
      ["a wrong agent", (flows) => withSettings(flows, "subscribe", { agents: ["anna"] }), "agents"],
      ...["agents", "callback", "callbackUrl", "url", "headerName"].map(
        (field): [string, (flows: FlowNode[]) => FlowNode[], string] => [
          "a variable that is not set",
          (flows) =>
            field === "agents"
              ? withSettings(flows, "subscribe", { agents: ["${NOT_SET}"] })
              : field === "callback"
                ? withSettings(flows, "subscribe", { eventNode: "", callback: "https://${NOT_SET}.example" })
                : withSettings(flows, "broker", { [field]: "http://127.0.0.1/${NOT_SET}" }),
          field,
        ],
      ),
      ["no broker", (flows) => withSettings(flows, "subscribe", { broker: "" }), "broker"],
      ["a wrong gate", (flows) => withSettings(flows, "subscribe", { active: "perhaps", activeType: "str" }), "active"],
    ];
    for (const [what, change, field] of cases) {
      it(`says ${field} for ${what}, and subscribes nothing`, async () => {
        await red.deploy([tab()]);
        await holds([]);
        red.forget();
        simulator.requests.length = 0;
        await red.deploy([
          ...change(eventLoopFlow(simulator, red, [ANNA])),
          button("sub", "subscribe", { action: "subscribe" }),
          node("watch", "status", { scope: ["subscribe"] }, [["status"]]),
          probe("status"),
        ]);
        const badge = await red.message("status", (message) => (message["status"] as { fill: string }).fill === "red");
        assert.match((badge["status"] as { text: string }).text, new RegExp(field));
        if (field !== "active") {
          await pressInject(red, "sub");
          const error = await failure();
          assert.deepEqual([error.code, error.cause.field], ["EINVALID", field]);
          assert.doesNotMatch(error.message, /^cti\.|__/);
        }
        assert.deepEqual(simulator.requests, []);
      });
    }
  });

  it("names the variable that is set to nothing where it is the whole list of agents, and subscribes nobody", async () => {
    await red.deploy([tab()]);
    await holds([]);
    red.forget();
    simulator.requests.length = 0;
    await red.deploy([
      ...eventLoopFlow(simulator, red, ["${CTI_NOTHING}"]),
      button("sub", "subscribe", { action: "subscribe" }),
      node("watch", "status", { scope: ["subscribe"] }, [["status"]]),
      probe("status"),
    ]);
    const badge = await red.message("status", (message) => (message["status"] as { fill: string }).fill === "red");
    assert.match((badge["status"] as { text: string }).text, /CTI_NOTHING/);
    await pressInject(red, "sub");
    const error = await failure();
    assert.deepEqual([error.code, error.cause.field], ["EINVALID", "agents"]);
    assert.match(error.message, /CTI_NOTHING/);
    assert.deepEqual(simulator.requests, []);
  });

  it("does not subscribe by itself when it is not active, but when it is told to", async () => {
    await red.deploy([tab()]);
    await holds([]);
    const gate = (value: unknown, type: string): FlowNode[] => [
      ...eventLoopFlow(simulator, red, [ANNA], { active: value, activeType: type }),
      button("sub", "subscribe", { action: "subscribe" }),
    ];
    for (const [value, type] of [
      ["false", "bool"],
      ["CTI_NO_SUCH_FLAG & 'x' = 'y'", "jsonata"],
      ["off", "str"],
    ] as const) {
      red.forget();
      simulator.requests.length = 0;
      await red.deploy(gate(value, type));
      await pressInject(red, "sub");
      await red.message("rows");
      assert.deepEqual(simulator.requests.filter((request) => request.operation === "subscribe").length, 1, value);
      assert.equal(red.messages("rows").length, 1);
    }
  });

  it("holds exactly what the flow asks for after 50 redeploys of each type", async () => {
    await settle(eventLoopFlow(simulator, red, [ANNA, BART]));
    simulator.requests.length = 0;
    for (const type of ["full", "flows", "nodes"] as DeployType[]) {
      for (let round = 0; round < 50; round++) {
        await red.deploy(eventLoopFlow(simulator, red, [ANNA, BART], { name: `${type} ${round}` }), type);
      }
      await holds([ANNA, BART]);
    }
    assert.deepEqual(simulator.requests, []);
    red.forget();
    simulator.switchboard.ring(BART, "+31201234567");
    await red.message("event");
    assert.equal(
      red.log.some((line) => line.includes("are refused")),
      false,
    );
  });

  it("follows the event node: another path, another secret, gone, back", async () => {
    const flows = eventLoopFlow(simulator, red, [ANNA]);
    await settle(flows);
    const changed = withSettings(flows, "events", { url: "/moved", credentials: { secret: "other" } });
    await red.deploy(changed, "nodes");
    await until(
      "the new address",
      () =>
        simulator
          .state()
          .subscriptions.map((one) => one.callback)
          .join() === `${red.url}/moved/other`,
    );
    await red.deploy(
      changed.filter((one) => one.id !== "events"),
      "nodes",
    );
    await holds([]);
    await red.deploy(flows, "nodes");
    await holds([ANNA]);
    await red.deploy(withSettings(flows, "events", { d: true }), "nodes");
    await holds([]);
    await red.deploy(flows, "nodes");
    await holds([ANNA]);
  });

  it("removes the subscriptions of a node that is removed, also when the broker is down at that time", async () => {
    const flows = eventLoopFlow(simulator, red, [ANNA, BART]);
    await settle(flows);
    await red.deploy(
      flows.filter((one) => one.id !== "subscribe"),
      "nodes",
    );
    await holds([]);
    await red.deploy(flows, "nodes");
    await holds([ANNA, BART]);
    Object.assign(simulator.faults, { refuse: 2, refuseStatus: 503 });
    await red.deploy(
      flows.filter((one) => one.id !== "subscribe"),
      "full",
    );
    await holds([]);
  });

  it("renews, and so heals a broker that forgot", async () => {
    await settle(eventLoopFlow(simulator, red, [ANNA], { renew: 0.005 }));
    simulator.deliveries.forget();
    await holds([ANNA]);
    const before = simulator.state().subscriptions[0]?.id;
    await until("a renewal", () => held(simulator).length === 1 && simulator.state().subscriptions[0]?.id !== before);
    await red.deploy([tab()]);
    await holds([]);
  });

  it("closes within two seconds when the broker does not answer, and heals after it", async () => {
    const flows = eventLoopFlow(simulator, red, [ANNA]);
    await settle(flows);
    simulator.faults.slowMs = 3000;
    const started = Date.now();
    await red.deploy(
      flows.filter((one) => one.id !== "subscribe"),
      "nodes",
    );
    const took = Date.now() - started;
    assert.ok(took < 2500, `${took} ms`);
    simulator.faults.slowMs = 0;
    await holds([]);
  });

  describe("in a process of its own", () => {
    let userDir: string;
    let port: number;
    let own: CtiSimulator;
    let other: NodeRed;
    beforeEach(async () => {
      userDir = makeUserDir();
      port = await freePort();
      own = await startCtiSimulator();
      other = await NodeRed.start({ userDir, port });
    });
    afterEach(async () => {
      await other.stop();
      await own.close();
      rmSync(userDir, { recursive: true, force: true });
    });
    const ownHolds = (addresses: string[]): Promise<true> =>
      until(
        `exactly ${addresses.join(", ")}`,
        () => JSON.stringify(held(own)) === JSON.stringify(addresses) || undefined,
        20_000,
      );

    it("leaves nothing behind when Node-RED stops", async () => {
      await other.deploy(eventLoopFlow(own, other, [ANNA, BART]));
      await ownHolds([ANNA, BART]);
      await other.stop();
      assert.deepEqual(held(own), []);
    });

    it("removes after a kill, with the default context, what the killed process had, and subscribes again", async () => {
      await other.deploy(eventLoopFlow(own, other, [ANNA, BART]));
      await ownHolds([ANNA, BART]);
      const old = own.state().subscriptions.map((one) => one.id);
      await until("the ids on disk", () => old.every((id) => stateFile(userDir).includes(id)));
      await other.stop("SIGKILL");
      assert.deepEqual(held(own), [ANNA, BART]);
      other = await NodeRed.start({ userDir, port });
      await until(
        "new ids",
        () => own.state().subscriptions.every((one) => !old.includes(one.id)) && held(own).length === 2,
      );
      assert.deepEqual(held(own), [ANNA, BART]);
    });

    it("subscribes by itself when the broker comes back, answers at once meanwhile, and heals what it forgot", async () => {
      const flows = [
        ...eventLoopFlow(own, other, [ANNA]),
        button("sub", "subscribe", { action: "subscribe", payload: BART }),
        button("list", "subscribe", { action: "list" }),
      ];
      await other.deploy(flows);
      await other.message("rows");
      const brokerPort = own.port;
      await own.close();
      other.forget();
      await pressInject(other, "sub");
      const [row] = rows(await other.message("rows", () => true, 2000));
      assert.deepEqual([row?.imAddress, row?.subscribed], [BART, false]);
      assert.match(row?.error ?? "", /127\.0\.0\.1/);
      own = await startCtiSimulator({ port: brokerPort });
      await ownHolds([ANNA, BART]);
      // What a message subscribed ends with the node.
      await other.deploy(eventLoopFlow(own, other, [ANNA], { name: "changed" }), "nodes");
      await ownHolds([ANNA]);
    });

    it("waits for a broker that is down at start, and settles when it is there", async () => {
      const brokerPort = own.port;
      await own.close();
      await other.deploy([...eventLoopFlow(own, other, [ANNA]), ...catchProbe("other")]);
      await until("the warning", () => other.log.find((line) => line.includes("Some subscriptions failed")));
      assert.equal(other.messages("rows").length, 0);
      own = await startCtiSimulator({ port: brokerPort });
      assert.deepEqual(
        rows(await other.message("rows", () => true, 20_000)).map((row) => row.subscribed),
        [true],
      );
      assert.equal(other.log.filter((line) => line.includes("Some subscriptions failed")).length, 1);
      await until("the all-clear", () => other.log.find((line) => line.includes("subscriptions work again")));
    });
  });

  it("subscribes the others where one address is wrong, and says which entry it is", async () => {
    const settled = await settle([
      ...eventLoopFlow(simulator, red, [ANNA, "bart", `${CARLA}:5061;transport=tls`]),
      button("list", "subscribe", { action: "list" }),
      button("sub", "subscribe", { action: "subscribe", payload: [BART, "nobody"] }),
    ]);
    assert.deepEqual(
      settled.map((row) => [row.imAddress, row.subscribed]),
      [
        [ANNA, true],
        [`${CARLA}:5061;transport=tls`, true],
        ["bart", false],
      ],
    );
    assert.match(settled[2]?.error ?? "", /Entry 2 of agents/);
    red.forget();
    await pressInject(red, "sub");
    assert.deepEqual(
      rows(await red.message("rows")).map((row) => row.subscribed),
      [true, false],
    );
  });

  it("tells on output 2 that events may be lost: after a deploy, and when the broker forgot", async () => {
    const flow = (name: string): FlowNode[] => [
      ...withSettings(eventLoopFlow(simulator, red, [ANNA], { name, renew: 0.005 }), "subscribe", {
        wires: [["rows"], ["gap"]],
      }),
      probe("gap"),
    ];
    await settle(flow("one"));
    red.forget();
    await red.deploy(flow("two"), "nodes");
    const { payload } = await red.message("gap");
    const { from, to, durationMs, agents } = payload as {
      from: string;
      to: string;
      durationMs: number;
      agents: string[];
    };
    assert.deepEqual([agents, durationMs], [[ANNA], Date.parse(to) - Date.parse(from)]);
    red.forget();
    simulator.deliveries.forget();
    assert.equal((await red.message("gap"))["topic"], "gap");
    await red.deploy([tab()]);
  });

  it("sends each event once while subscriptions are replaced", async () => {
    await settle(eventLoopFlow(simulator, red, [ANNA], { renew: 0.002 }));
    for (let call = 0; call < 60; call++) {
      await simulator.tell({
        event: "Hunting",
        session: "Inbound",
        address: ANNA,
        callId: `call-${call}`,
        ani: "+31201234567",
      });
    }
    await red.message("event", ({ payload }) => (payload as { callId: string }).callId === "call-59");
    assert.equal(red.messages("event").length, 60);
    await red.deploy([tab()]);
  });

  it("shares the subscription of an agent between two nodes, and the last one ends it", async () => {
    const flow = [...eventLoopFlow(simulator, red, [ANNA]), subscriber([ANNA], {}, "second")];
    await settle(flow);
    await until("both", () => red.messages("rows").length >= 1);
    await holds([ANNA]);
    await red.deploy(
      flow.filter((one) => one.id !== "second"),
      "nodes",
    );
    red.forget();
    simulator.switchboard.ring(ANNA, "+31201234567");
    await red.message("event");
    assert.deepEqual(held(simulator), [ANNA]);
  });

  it("keeps many subscribers without a warning of Node", async () => {
    const agents = Array.from({ length: 15 }, (_, at) => `sip:agent${at}@contoso.example`);
    await settle([
      ...eventLoopFlow(simulator, red, [ANNA]),
      ...agents.map((agent, at) => subscriber([agent], {}, `subscribe${at}`)),
    ]);
    await holds([ANNA, ...agents]);
    assert.deepEqual(
      red.log.filter((line) => line.includes("MaxListenersExceeded")),
      [],
    );
  });

  it("shares an event node with another subscriber", async () => {
    await settle([
      ...eventLoopFlow(simulator, red, [ANNA]),
      subscriber([BART], {}, "second"),
      eventIn({ url: "/other" }, "unused"),
    ]);
    await holds([ANNA, BART]);
    for (const agent of [ANNA, BART]) simulator.switchboard.ring(agent, "+31201234567");
    await until("both events", () => red.messages("event").length === 2);
  });
});
