/** Each CTI Broker example with the simulator on a real Node-RED. */
import assert from "node:assert/strict";
import { type CtiSimulator, DEMO_AGENTS, startCtiSimulator } from "../../simulators/cti/simulator.js";
import { type FlowNode, layOut, readExamples } from "../../demo/examples.js";
import { freePort, NodeRed } from "../support/node-red.js";
import { until } from "../support/wait.js";

const [ANNA, BART, CARLA] = DEMO_AGENTS;

describe("CTI examples with the simulator", () => {
  const flows = watched(layOut(readExamples().filter(({ vendor }) => vendor === "cti")));
  let broker: CtiSimulator;
  let red: NodeRed;

  before(async () => {
    broker = await startCtiSimulator();
    const port = await freePort();
    red = await NodeRed.start({
      port,
      flows,
      env: { CC_CTI_URL: broker.url, CC_NODE_RED_URL: `http://127.0.0.1:${port}` },
    });
    await until("all subscriptions", () => broker.state().subscriptions.length === 7);
  });
  after(async () => {
    await red.stop();
    await broker.close();
  });
  beforeEach(() => red.forget());

  /** A probe behind each debug node's place: what would be seen in the sidebar is seen by the test. */
  function watched(nodes: FlowNode[]): FlowNode[] {
    return nodes.map((node) =>
      node.type === "debug"
        ? {
            id: node.id,
            z: node["z"],
            type: "function",
            name: node["name"],
            func: `global.get("probe")(${JSON.stringify(node["name"])}, msg);`,
            outputs: 0,
            timeout: 0,
            noerr: 0,
            initialize: "",
            finalize: "",
            libs: [],
            x: node["x"],
            y: node["y"],
            wires: [],
          }
        : node,
    );
  }
  async function button(name: string): Promise<void> {
    const { id } = flows.find((node) => node["name"] === name) as FlowNode;
    assert.equal((await fetch(`${red.adminUrl}/inject/${id}`, { method: "POST" })).status, 200);
  }

  it("01 logs the shift in and out again", async () => {
    const loggedIn = (): boolean[] => broker.switchboard.agents.map(({ loggedIn }) => loggedIn);
    await button("Shift starts");
    await until("both agents", () => loggedIn().join() === "true,true,false");
    await button("Shift ends");
    await until("nobody", () => loggedIn().join() === "false,false,false");
    assert.equal(red.messages("commands refused").length, 0);
  });

  it("02 dials from the form, and says why it does not", async () => {
    const page = await fetch(`${red.url}/demo-dial`);
    assert.match(await page.text(), /<form method="post" action="demo-dial">/);
    const dial = async (number: string): Promise<[number, string]> => {
      const answer = await fetch(`${red.url}/demo-dial`, {
        method: "POST",
        body: new URLSearchParams({ agent: ANNA, number }),
      });
      return [answer.status, await answer.text()];
    };
    assert.deepEqual(await dial("+31 20 123 4567"), [202, "tel:+31201234567 is being called."]);
    assert.deepEqual(broker.state().calls.at(0)?.ani, "+31201234567");
    const [status, text] = await dial("020 1234567");
    assert.equal(status, 400);
    assert.match(text, /with \+ and country code/);
    assert.equal(broker.state().commands.filter(({ command }) => command === "Dial").length, 1);
  });

  it("03 shows who is calling, once", async () => {
    broker.switchboard.ring(BART, "+31207654321");
    const pop = await red.message("screen pop");
    assert.deepEqual(pop["payload"], { agent: BART, caller: "+31207654321", customer: "Jansen Bakery" });
    broker.switchboard.ring(CARLA, "+31209999999");
    await until("the unknown caller", () => red.messages("screen pop").length === 2);
    assert.deepEqual(red.messages("screen pop")[1]?.["payload"], {
      agent: CARLA,
      caller: "+31209999999",
      customer: "unknown",
    });
  });

  it("04 keeps the history of a call that is transferred", async () => {
    const { id } = broker.switchboard.ring(ANNA, "+31201234567");
    broker.switchboard.answer(id);
    broker.switchboard.transfer(id, BART, true);
    broker.switchboard.hangup(id);
    interface Step {
      what: string;
      agent?: string;
    }
    const steps = await until("the whole history", async () => {
      const history = (await (await fetch(`${red.url}/demo-history`)).json()) as Record<string, Step[]>;
      return history[id]?.some(({ what }) => what === "ended") ? history[id] : undefined;
    });
    assert.deepEqual(
      steps.map(({ what, agent }) => [what, agent]),
      [
        ["offered", ANNA],
        ["connected", ANNA],
        ["held", ANNA],
        ["transferred", BART],
        ["transfer succeeded", undefined],
        ["ended", BART],
      ],
    );
  });

  it("05 raises an alarm for a log-in that fails later, and for one that is refused", async () => {
    await button("Log in Carla");
    await until("the log-in", () => broker.switchboard.agent(CARLA)?.loggedIn);
    assert.equal(red.messages("ALARM").length, 0);
    const carla = broker.switchboard.agent(CARLA);
    assert.ok(carla);
    carla.refusesLogin = true;
    await button("Log in Carla");
    assert.deepEqual((await red.message("ALARM"))["payload"], {
      agent: CARLA,
      why: "the broker reports that the log-in failed",
    });
    red.forget();
    broker.faults.refuse = 1;
    await button("Log in Carla");
    assert.match(((await red.message("ALARM"))["payload"] as { why: string }).why, /HTTP 500/);
  });
});
