/** Each CTI Broker example with the simulator on a real Node-RED. */
import assert from "node:assert/strict";
import { existsSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { type CtiSimulator, DEMO_AGENTS, startCtiSimulator } from "../../simulators/cti/simulator.js";
import { readExamples } from "../../demo/examples.js";
import { EXAMPLE_FOLDER, exampleFlows, pressButton, StandIns } from "../support/examples.js";
import { freePort, NodeRed } from "../support/node-red.js";
import { until } from "../support/wait.js";

const [ANNA, BART, CARLA] = DEMO_AGENTS;
/** Where example 04 writes the calls that have ended. */
const CALLS = join(EXAMPLE_FOLDER, "calls.jsonl");

describe("CTI examples with the simulator", () => {
  const flows = exampleFlows(readExamples().filter(({ vendor }) => vendor === "cti"));
  let broker: CtiSimulator;
  let standIns: StandIns;
  let red: NodeRed;

  before(async () => {
    broker = await startCtiSimulator();
    const port = await freePort();
    standIns = await StandIns.start(port);
    red = await NodeRed.start({ port, env: { CC_CTI_URL: broker.url, CC_NODE_RED_URL: standIns.url } });
    await red.deploy(flows);
    await until("all subscriptions", () => broker.state().subscriptions.length === 7);
  });
  after(async () => {
    await red.stop();
    await standIns.close();
    await broker.close();
    rmSync(EXAMPLE_FOLDER, { recursive: true, force: true });
  });
  beforeEach(() => red.forget());

  const button = (name: string): Promise<void> => pressButton(red, flows, name);

  it("01 logs the shift in and out again", async () => {
    const loggedIn = (): boolean[] => broker.switchboard.agents.map(({ loggedIn }) => loggedIn);
    await button("Shift starts");
    await until("both agents", () => loggedIn().join() === "true,true,false");
    await button("Shift ends");
    await until("nobody", () => loggedIn().join() === "false,false,false");
    assert.equal(red.messages("commands refused").length, 0);
    broker.faults.refuse = 1;
    await button("Shift starts");
    const { payload } = await red.message("commands refused");
    const { failed, code, why } = payload as { failed: string; code: number; why: string };
    assert.deepEqual([failed, code], ["anywhere365", 500]);
    assert.match(why, /^AgentLogin failed at Anywhere365 \(HTTP 500\)/);
    await until("the other agent", () => loggedIn().filter(Boolean).length === 1);
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
    broker.faults.refuse = 1;
    const [refused, why] = await dial("+31 20 123 4567");
    assert.equal(refused, 502);
    assert.match(why, /^Dial failed at Anywhere365 \(HTTP 500\)/);
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
    red.forget();
    await standIns.failing(500, "[]", async () => {
      broker.switchboard.ring(BART, "+31201234567");
      const { payload } = await red.message("screen pop");
      assert.equal((payload as { customer: string }).customer, "the CRM does not answer");
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
    const written = await until("the line of the call", () =>
      existsSync(CALLS)
        ? readFileSync(CALLS, "utf8")
            .split("\n")
            .find((line) => line.includes(id))
        : undefined,
    );
    assert.deepEqual(JSON.parse(written), { id, steps });
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

  it("02 says when the broker is away, and the history is still there", async () => {
    await broker.close();
    const answer = await fetch(`${red.url}/demo-dial`, {
      method: "POST",
      body: new URLSearchParams({ agent: ANNA, number: "+31 20 123 4567" }),
    });
    assert.equal(answer.status, 503);
    assert.match(answer.headers.get("content-type") ?? "", /^text\/plain/);
    assert.match(await answer.text(), /^Connection refused by /);
    assert.equal((await fetch(`${red.url}/demo-history`)).status, 200);
  });
});
