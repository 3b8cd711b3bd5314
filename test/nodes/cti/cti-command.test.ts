import assert from "node:assert/strict";
import { type CtiSimulator, startCtiSimulator } from "../../../simulators/cti/simulator.js";
import { catchProbe, code, probe, tab } from "../../support/flow.js";
import { type FlowNode, NodeRed } from "../../support/node-red.js";
import { until } from "../../support/wait.js";
import { ANNA, broker, button, command, pressInject } from "../../support/cti.js";

type Failure = {
  error: { code: number | string; message: string; cause: { field?: string; vendor: string } };
  payload: unknown;
};

describe("nodes/cti/cti-command", () => {
  let simulator: CtiSimulator;
  let red: NodeRed;
  before(async () => {
    [simulator, red] = await Promise.all([startCtiSimulator(), NodeRed.start()]);
  });
  after(async () => {
    await red.stop();
    await simulator.close();
  });
  const run = async (
    settings: object,
    message: Record<string, unknown>,
    more: FlowNode[] = [],
    brokerSettings: object = {},
  ): Promise<void> => {
    await red.deploy([
      tab(),
      broker(simulator.url, brokerSettings),
      command(settings),
      button("go", "command", { keep: "me", ...message }),
      probe("sent"),
      ...catchProbe(),
      ...more,
    ]);
    red.forget();
    simulator.requests.length = 0;
    await pressInject(red, "go");
  };
  const bodies = (): unknown[] =>
    simulator.requests.filter((request) => request.operation === "command").map((request) => request.body);
  const failure = async (): Promise<Failure> => (await red.message("caught")) as Failure;
  /** Counted when they arrive, not when they are answered. */
  const beats = (): number =>
    bodies().filter((body) => (body as { commandType: unknown }).commandType === "HeartBeat").length;

  it("sends what its settings say, on the message that it got", async () => {
    await run(
      { command: "Dial", imAddress: ANNA, number: "+31 (20) 123-45 67" },
      { payload: { ImAddress: "sip:other@contoso.example" }, topic: "click" },
    );
    const message = await red.message("sent");
    assert.deepEqual(message["payload"], { ImAddress: ANNA, commandType: "Dial", number: "tel:+31201234567" });
    assert.deepEqual([message["statusCode"], message["topic"], message["keep"]], [202, "click", "me"]);
    assert.deepEqual(bodies(), [message["payload"]]);
  });

  it("takes what is blank from the payload, under either name and in any case", async () => {
    await run({}, { payload: { COMMANDTYPE: "dial", imaddress: ANNA, Number: "tel:+31201234567" } });
    assert.deepEqual((await red.message("sent"))["payload"], {
      ImAddress: ANNA,
      commandType: "Dial",
      number: "tel:+31201234567",
    });
    await run({}, { payload: { command: 14, imAddress: ANNA } });
    assert.deepEqual((await red.message("sent"))["payload"], { ImAddress: ANNA, commandType: "HeartBeat" });
  });

  it("evaluates typed settings and environment variables", async () => {
    await run(
      {
        command: "Dial",
        imAddress: "agent.sip",
        imAddressType: "msg",
        number: '"+3120" & $string(tail)',
        numberType: "jsonata",
      },
      { agent: { sip: ANNA }, tail: 1234567 },
    );
    assert.deepEqual((await red.message("sent"))["payload"], {
      ImAddress: ANNA,
      commandType: "Dial",
      number: "tel:+31201234567",
    });
  });

  it("sends numbers to a broker that wants them", async () => {
    await run({ command: "AgentLogin", imAddress: ANNA }, {}, [], { enumStyle: "number" });
    assert.deepEqual((await red.message("sent"))["payload"], { ImAddress: ANNA, commandType: 0 });
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
  ];
  for (const [what, settings, message, field] of wrong) {
    it(`refuses ${what}, names the field, and sends nothing`, async () => {
      await run(settings, message);
      const { error, payload } = await failure();
      assert.deepEqual([error.code, error.cause.field, error.cause.vendor], ["EINVALID", field, "anywhere365"]);
      assert.doesNotMatch(error.message, /^cti\.|__/);
      assert.deepEqual(payload, message["payload"]);
      assert.deepEqual([bodies(), red.messages("sent")], [[], []]);
    });
  }

  it("gives the broker's status to a Catch node and forwards nothing", async () => {
    simulator.faults.refuse = 1;
    await run({ command: "AgentLogin", imAddress: ANNA }, {});
    assert.equal((await failure()).error.code, 500);
    assert.equal(red.messages("sent").length, 0);
  });

  it("sends a Dial once, whatever breaks, also over a redeploy", async () => {
    for (const fault of [{ refuse: 1, refuseStatus: 503 }, { lose: 1 }]) {
      Object.assign(simulator.faults, fault);
      await run({ command: "Dial", imAddress: ANNA, number: "+31201234567" }, {});
      await failure();
      assert.equal(bodies().length, 1);
    }
    simulator.faults.slowMs = 60_000;
    await run({ command: "Dial", imAddress: ANNA, number: "+31201234567" }, {});
    await until("the Dial to arrive", () => bodies().length === 1);
    await red.deploy([
      tab(),
      broker(simulator.url),
      command(),
      button("beat", "command", { payload: { command: "HeartBeat", imAddress: ANNA } }),
      probe("sent"),
    ]);
    simulator.faults.slowMs = 0;
    await pressInject(red, "beat");
    await red.message("sent");
    assert.deepEqual(
      bodies().map((body) => (body as { commandType: string }).commandType),
      ["Dial", "HeartBeat"],
    );
  });

  it("beats from a log-in to the log-out of another node, once however often the agent logs in", async () => {
    const login = { command: "AgentLogin", imAddress: ANNA };
    await run({ ...login, heartbeat: 0.1 }, {}, [
      command({ command: "AgentLogout", imAddress: ANNA }, "leave"),
      button("out", "leave", {}),
    ]);
    await pressInject(red, "go");
    await until("two log-ins", () => red.messages("sent").length === 2);
    await until("some beats", () => beats() >= 3);
    await pressInject(red, "out");
    await until("the log-out", () => red.messages("sent").length === 3);
    const stopped = beats();
    // A beat still to come would come before an answer that takes several intervals.
    simulator.faults.slowMs = 400;
    await pressInject(red, "out");
    await until("the second log-out", () => red.messages("sent").length === 4);
    simulator.faults.slowMs = 0;
    assert.equal(beats(), stopped);
  });

  for (const type of ["full", "nodes"] as const) {
    it(`stops the heartbeat with a redeploy (${type})`, async () => {
      await run({ command: "AgentLogin", imAddress: ANNA, heartbeat: 0.1 }, {});
      await until("a beat", () => beats() > 0);
      await red.deploy(
        [
          tab(),
          broker(simulator.url),
          command({ name: "changed", command: "AgentLogin", imAddress: ANNA }),
          button("go", "command", {}),
          probe("sent"),
        ],
        type,
      );
      const stopped = beats();
      simulator.faults.slowMs = 400;
      red.forget();
      await pressInject(red, "go");
      await red.message("sent");
      simulator.faults.slowMs = 0;
      assert.equal(beats(), stopped);
    });
  }

  it("warns of a heartbeat that fails, and goes on", async () => {
    await run({ command: "AgentLogin", imAddress: ANNA, heartbeat: 0.1 }, {});
    await red.message("sent");
    simulator.faults.refuse = 1;
    await until("the warning", () => red.log.find((line) => line.includes("A heartbeat failed")));
    const failed = beats();
    await until("the next beats", () => beats() >= failed + 2);
    assert.equal(red.messages("caught").length, 0);
  });

  it("beats for a whole shift from one node without a warning of Node", async () => {
    await run(
      { command: "AgentLogin", imAddress: "payload", imAddressType: "msg", heartbeat: 0.2 },
      { payload: "sip:first@contoso.example" },
      [
        button("shift", "all", {}),
        code(
          "all",
          `return [Array.from({ length: 30 }, (_, at) => ({ payload: "sip:agent" + at + "@contoso.example" }))];`,
          [["command"]],
        ),
      ],
    );
    await pressInject(red, "shift");
    await until("31 log-ins", () => red.messages("sent").length === 31);
    await until("their beats", () => beats() >= 62);
    assert.deepEqual(
      red.log.filter((line) => line.includes("MaxListenersExceeded")),
      [],
    );
  });
});
