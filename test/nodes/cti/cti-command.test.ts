/** cti-command, alone with its broker: what it sends, and what it refuses. */
import assert from "node:assert/strict";
import { type CtiSimulator, startCtiSimulator } from "../../../simulators/cti/simulator.js";
import { ANNA, broker, command } from "../../support/cti.js";
import { OneNode } from "../../support/one-node.js";
import { until } from "../../support/wait.js";
import registerCti = require("../../../nodes/cti/cti.js");

/** An error as a Catch node gives it. */
interface Failure {
  code: number | string;
  message: string;
  cause: { field?: string; vendor: string };
}

describe("nodes/cti/cti-command", () => {
  let simulator: CtiSimulator;
  let node: OneNode | undefined;
  before(async () => {
    simulator = await startCtiSimulator();
  });
  after(() => simulator.close());
  beforeEach(() => {
    simulator.requests.length = 0;
  });
  afterEach(async () => {
    await node?.stop();
    node = undefined;
  });

  const deploy = async (settings: object, brokerSettings: object = {}): Promise<OneNode> =>
    (node = await OneNode.start([registerCti], command(settings), broker(simulator.url, brokerSettings)));
  const bodies = (): unknown[] =>
    simulator.requests.filter((request) => request.operation === "command").map((request) => request.body);

  it("sends what its settings say, on the message that it got", async () => {
    const running = await deploy({ command: "Dial", imAddress: ANNA, number: "+31 (20) 123-45 67" });
    const message = await running.run({
      payload: { ImAddress: "sip:other@contoso.example" },
      topic: "click",
      keep: "me",
    });
    assert.deepEqual(message["payload"], { ImAddress: ANNA, commandType: "Dial", number: "tel:+31201234567" });
    assert.deepEqual([message["statusCode"], message["topic"], message["keep"]], [202, "click", "me"]);
    assert.deepEqual(bodies(), [message["payload"]]);
  });

  it("takes what is blank from the payload, under either name and in any case", async () => {
    const running = await deploy({});
    const dial = await running.run({
      payload: { COMMANDTYPE: "dial", imaddress: ANNA, Number: "tel:+31201234567" },
    });
    assert.deepEqual(dial["payload"], { ImAddress: ANNA, commandType: "Dial", number: "tel:+31201234567" });
    const beat = await running.run({ payload: { command: 14, imAddress: ANNA } });
    assert.deepEqual(beat["payload"], { ImAddress: ANNA, commandType: "HeartBeat" });
  });

  it("evaluates typed settings and environment variables", async () => {
    const running = await deploy({
      command: "Dial",
      imAddress: "agent.sip",
      imAddressType: "msg",
      number: '"+3120" & $string(tail)',
      numberType: "jsonata",
    });
    const { payload } = await running.run({ agent: { sip: ANNA }, tail: 1234567 });
    assert.deepEqual(payload, { ImAddress: ANNA, commandType: "Dial", number: "tel:+31201234567" });
  });

  it("sends numbers to a broker that wants them", async () => {
    const running = await deploy({ command: "AgentLogin", imAddress: ANNA }, { enumStyle: "number" });
    assert.deepEqual((await running.run({}))["payload"], { ImAddress: ANNA, commandType: 0 });
  });

  const wrong: [string, object, Record<string, unknown>, string][] = [
    ["a wrong SIP address", { command: "AgentLogin", imAddress: "anna.berg" }, {}, "ImAddress"],
    ["no SIP address", { command: "AgentLogin" }, { payload: {} }, "ImAddress"],
    ["a national number", { command: "Dial", imAddress: ANNA, number: "0201234567" }, {}, "number"],
    ["a number with 00", { command: "Dial", imAddress: ANNA, number: "0031201234567" }, {}, "number"],
    ["an unknown command", { imAddress: ANNA }, { payload: { commandType: "Park" } }, "commandType"],
    ["an undocumented number", { imAddress: ANNA }, { payload: { commandType: 3 } }, "commandType"],
    ["no command", { imAddress: ANNA }, { payload: "text" }, "commandType"],
    ["no broker", { broker: "", command: "AgentLogin", imAddress: ANNA }, {}, "broker"],
    ["a wrong heartbeat", { command: "AgentLogin", imAddress: ANNA, heartbeat: "often" }, {}, "heartbeat"],
    ["a negative heartbeat", { command: "AgentLogin", imAddress: ANNA, heartbeat: -1 }, {}, "heartbeat"],
  ];
  for (const [what, settings, message, field] of wrong) {
    it(`refuses ${what}, names the field, and sends nothing`, async () => {
      const running = await deploy(settings);
      const error = await running.fail<Failure>({ keep: "me", ...message });
      assert.deepEqual([error.code, error.cause.field, error.cause.vendor], ["EINVALID", field, "anywhere365"]);
      // The words of the nodes' own errors come from Node-RED's catalogues, which are not here.
      if (!["broker", "heartbeat"].includes(field)) assert.doesNotMatch(error.message, /^cti\.|__/);
      assert.deepEqual(running.caught[0]?.["payload"], message["payload"]);
      assert.deepEqual([bodies(), running.sent], [[], []]);
    });
  }

  it("says at once that it has no broker", async () => {
    const running = await deploy({ broker: "" });
    await until("the badge", () => running.badges.some(({ fill, text }) => fill === "red" && text === "unconfigured"));
  });

  it("gives the broker's status to a Catch node and forwards nothing", async () => {
    simulator.faults.refuse = 1;
    const running = await deploy({ command: "AgentLogin", imAddress: ANNA });
    assert.equal((await running.fail<Failure>({})).code, 500);
    assert.equal(running.sent.length, 0);
  });
});
