/** cti-command over deploys, closes and time: Dials that never come twice, and heartbeats. */
import assert from "node:assert/strict";
import { type CtiSimulator, startCtiSimulator } from "../../../simulators/cti/simulator.js";
import { catchProbe, code, probe, statusProbe, tab } from "../../support/flow.js";
import { type FlowNode, NodeRed } from "../../support/node-red.js";
import { until } from "../../support/wait.js";
import { startServer } from "../../support/server.js";
import { ANNA, broker, button, command, eventIn, held, pressInject, subscriber } from "../../support/cti.js";

type Failure = {
  error: { code: number | string; message: string; cause: { field?: string; vendor: string } };
  payload: unknown;
};

/** Heartbeats are 50 times as fast: five seconds, the shortest interval, are a tenth. */
const FAST = `fast: (() => {
  const real = setInterval;
  globalThis.setInterval = (run, ms, ...values) => real(run, ms >= 5000 && ms <= 10000 ? ms / 50 : ms, ...values);
})()`;

describe("nodes/cti/cti-command, deployed and closed", () => {
  let simulator: CtiSimulator;
  let red: NodeRed;
  before(async () => {
    [simulator, red] = await Promise.all([startCtiSimulator(), NodeRed.start({ settings: FAST })]);
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
    const agents = more.flatMap((each) => (each["agents"] as string[] | undefined) ?? []);
    await until("the subscriptions", () => agents.every((agent) => held(simulator).includes(agent)));
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

  for (const [what, settings] of [
    ["no broker", { broker: "" }],
    ["a wrong heartbeat", { heartbeat: "often" }],
  ] as const) {
    it(`says in words that there is ${what}`, async () => {
      await run({ command: "AgentLogin", imAddress: ANNA, ...settings }, {});
      assert.match((await failure()).error.message, /^[A-Z](?:(?!__).)+$/);
    });
  }

  it("raises a heartbeat that is too short, says so, and sends every command", async () => {
    await run({ command: "AgentLogin", imAddress: ANNA, heartbeat: 1 }, {});
    await red.message("sent");
    await red.logged("every 5 s");
    await until("a beat", () => beats() > 0);
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
    await run({ ...login, heartbeat: 5 }, {}, [
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

  describe("with a heartbeat", () => {
    const LOGIN = { command: "AgentLogin", imAddress: ANNA };
    const flow = (settings: object | undefined): FlowNode[] => [
      tab(),
      broker(simulator.url),
      ...(settings ? [command(settings)] : []),
      probe("sent"),
      ...statusProbe(["command"]),
    ];
    const badge = (text: string): Promise<unknown> =>
      red.message("status", ({ status }) => (status as { text?: string }).text === text);
    const start = async (): Promise<void> => {
      // Heartbeats of another test would go on, too.
      await red.deploy([tab()]);
      await run({ ...LOGIN, heartbeat: 5 }, {});
      await until("a beat", () => beats() > 0);
    };
    const goesOn = async (): Promise<void> => {
      const before = beats();
      await until("the next beats", () => beats() >= before + 3);
    };
    /** A beat still to come would come before an answer that takes several intervals. */
    const hasEnded = async (): Promise<void> => {
      const before = beats();
      await new Promise((resolve) => setTimeout(resolve, 500));
      assert.equal(beats(), before);
    };

    for (const type of ["full", "nodes"] as const) {
      it(`goes on over a deploy of its node (${type}), and the badge says so`, async () => {
        await start();
        red.forget();
        await red.deploy(flow({ ...LOGIN, name: "changed", heartbeat: 5 }), type);
        await goesOn();
        await badge("1 heartbeat(s)");
      });
    }

    it("goes on where its node moves to another tab, and the former tab is deleted", async () => {
      await start();
      const login = command({ ...LOGIN, heartbeat: 5 });
      await red.deploy([...flow(undefined), { id: "former", type: "tab" }, { ...login, z: "former" }]);
      red.log.length = 0;
      for (const type of ["full", "flows", "nodes"] as const) {
        await red.deploy([...flow(undefined), login], type);
        await goesOn();
        await red.deploy([...flow(undefined), { id: "former", type: "tab" }, { ...login, z: "former" }], type);
      }
      assert.deepEqual(
        red.log.filter((line) => line.includes("have ended")),
        [],
      );
    });

    it("ends when the setting is switched off", async () => {
      await start();
      await red.deploy(flow(LOGIN));
      await hasEnded();
    });

    it("ends with its node, and says so", async () => {
      await start();
      red.log.length = 0;
      await red.deploy(flow(undefined));
      await hasEnded();
      assert.ok(
        red.log.some((line) => line.includes("Heartbeats of 1 agent(s) have ended")),
        red.log.join("\n"),
      );
    });

    for (const type of ["full", "nodes"] as const) {
      it(`ends at the address that its broker had before, and says so (${type})`, async () => {
        const other = await startCtiSimulator();
        try {
          await start();
          red.log.length = 0;
          await red.deploy([tab(), broker(other.url), command({ ...LOGIN, heartbeat: 5 }), probe("sent")], type);
          await hasEnded();
          assert.equal(red.log.filter((line) => line.includes("Heartbeats of 1 agent(s) have ended")).length, 1);
        } finally {
          await other.close();
        }
      });
    }

    for (const [what, event] of [
      ["logged off", () => simulator.switchboard.logout(ANNA)],
      ["failed to log in", () => simulator.switchboard.login("sip:nobody@contoso.example")],
    ] as const) {
      it(`ends when an event says that the agent ${what}`, async () => {
        const agent = what === "logged off" ? ANNA : "sip:nobody@contoso.example";
        await run({ ...LOGIN, imAddress: agent, heartbeat: 5 }, {}, [eventIn(), subscriber([agent]), probe("event")], {
          callbackUrl: red.url,
        });
        if (what === "logged off") {
          await until("a beat", () => beats() > 0);
          event();
        }
        await red.message("event", ({ topic }) => topic === (what === "logged off" ? "LoggedOff" : "LoggedIn"));
        await hasEnded();
      });
    }
  });

  it("answers within its time where the broker asks to come back in an hour, and never sends the Dial late", async () => {
    const site = await startServer((_heard, response) => void response.writeHead(503, { "Retry-After": "3600" }).end());
    try {
      await red.deploy([
        tab(),
        broker(site.url),
        command(),
        button("login", "command", { payload: { command: "AgentLogin", imAddress: ANNA } }),
        button("dial", "command", { payload: { command: "Dial", imAddress: ANNA, number: "+31201234567" } }),
        ...catchProbe(),
      ]);
      red.forget();
      await pressInject(red, "login");
      await pressInject(red, "dial");
      await until("both errors", () => red.messages("caught").length === 2);
      assert.equal(site.heard.length, 2);
    } finally {
      await site.close();
    }
  });

  it("ends a command that is being retried with ECLOSED when its node is closed", async () => {
    Object.assign(simulator.faults, { refuse: 3, refuseStatus: 503 });
    await run({ command: "AgentLogin", imAddress: ANNA }, {}, [
      command({ command: "Dial", imAddress: ANNA, name: "x" }, "other"),
    ]);
    await until("the first try", () => bodies().length > 0);
    red.log.length = 0;
    await red.deploy([tab(), broker(simulator.url), ...catchProbe()], "nodes");
    simulator.faults.refuse = 0;
    const log = red.log.join("\n");
    assert.ok(!log.includes("AbortError"), log);
    assert.equal(log.split("before the broker answered 1 command(s): ECLOSED").length, 2, log);
    assert.ok(!log.includes(ANNA), log);
    assert.equal(bodies().length, 1);
  });

  it("warns of a heartbeat that fails, and goes on", async () => {
    await run({ command: "AgentLogin", imAddress: ANNA, heartbeat: 5 }, {});
    await red.message("sent");
    simulator.faults.refuse = 1;
    await until("the warning", () => red.log.find((line) => line.includes("A heartbeat failed")));
    const failed = beats();
    await until("the next beats", () => beats() >= failed + 2);
    assert.equal(red.messages("caught").length, 0);
  });

  it("beats for a whole shift from one node without a warning of Node", async () => {
    await run(
      { command: "AgentLogin", imAddress: "payload", imAddressType: "msg", heartbeat: 10 },
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
