import assert from "node:assert/strict";
import { existsSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type RteSimulator, startRteSimulator } from "../../../simulators/rte/simulator.js";
import { tab } from "../../support/flow.js";
import { makeUserDir, NodeRed } from "../../support/node-red.js";
import { AGENT_ID, connectionNode, hubHas, of, subscriber } from "../../support/rte.js";
import { until } from "../../support/wait.js";

describe("nodes/rte: restarts", function () {
  this.timeout(120_000);
  let simulator: RteSimulator;
  beforeEach(async () => {
    simulator = await startRteSimulator();
  });
  afterEach(() => simulator.close());

  for (const signal of ["SIGTERM", "SIGKILL"] as const) {
    it(`reports as a gap what a restart loses (${signal})`, async () => {
      const userDir = makeUserDir();
      const first = await NodeRed.start({ flows: [tab()], userDir });
      try {
        await first.deploy([tab(), connectionNode(simulator), ...subscriber("a", [of("UserAlert", AGENT_ID)])]);
        await hubHas(simulator, of("UserAlert", AGENT_ID));
        const file = join(userDir, "contact-center", "rte-connection.json");
        if (signal === "SIGKILL") await until("a note on disk", () => existsSync(file));
        simulator.emit("UserAlert", AGENT_ID);
        await first.message("a-event");
        const stoppedMs = Date.now();
        await first.stop(signal);
        assert.equal(statSync(file).mode & 0o777, 0o600);
        const second = await NodeRed.start({ userDir });
        try {
          const { payload } = await second.message("a-notice", ({ topic }) => topic === "gap");
          const { from, subscriptions } = payload as { from: string; subscriptions: object[] };
          const early = stoppedMs - Date.parse(from);
          assert.ok(early > -1000 && early < 6000, `${early} ms before the end`);
          assert.deepEqual(subscriptions, [of("UserAlert", AGENT_ID)]);
        } finally {
          await second.stop();
        }
      } finally {
        await first.stop();
        rmSync(userDir, { recursive: true, force: true });
      }
    });
  }

  it("notes on disk at once how far a node has got that has just joined, not only from time to time", async () => {
    const userDir = makeUserDir();
    const preload = join(userDir, "no-interval.js");
    writeFileSync(
      preload,
      "const { setInterval } = global; global.setInterval = (run, ms, ...rest) => setInterval(run, ms === 500 ? 2 ** 31 - 1 : ms, ...rest);",
    );
    const red = await NodeRed.start({ flows: [tab()], userDir, execArgv: ["--require", preload] });
    try {
      const nodes = [tab(), connectionNode(simulator), ...subscriber("a", [of("UserAlert", AGENT_ID)])];
      const noted = (id: string) => (): boolean => {
        const file = join(userDir, "contact-center", "rte-connection.json");
        return existsSync(file) && readFileSync(file, "utf8").includes(`"${id}":`);
      };
      await red.deploy(nodes);
      await until("a note of the first node", noted("a"));
      await red.deploy([...nodes, ...subscriber("b", [of("UserAlert", AGENT_ID)])], "nodes");
      await until("a note of the one that was added", noted("b"));
    } finally {
      await red.stop();
      rmSync(userDir, { recursive: true, force: true });
    }
  });

  for (const [what, content] of Object.entries({
    "no JSON": '{"a":17952',
    "no object": "[]",
    "no time": '{"a":"x"}',
    "a time to come": `{"a":${Date.now() + 86_400_000}}`,
  }))
    it(`reports a gap after a restart with a state file that has ${what}`, async () => {
      const userDir = makeUserDir();
      const first = await NodeRed.start({ flows: [tab()], userDir });
      try {
        await first.deploy([tab(), connectionNode(simulator), ...subscriber("a", [of("UserAlert", AGENT_ID)])]);
        await first.message("a-notice", ({ topic }) => topic === "subscribed");
        await first.stop();
        const file = join(userDir, "contact-center", "rte-connection.json");
        writeFileSync(file, content);
        const { mtimeMs } = statSync(file);
        const second = await NodeRed.start({ userDir });
        try {
          const { payload } = await second.message("a-notice", ({ topic }) => topic === "gap");
          assert.ok(Math.abs(Date.parse((payload as { from: string }).from) - (mtimeMs - 5000)) < 2);
          await second.logged("It is not known how far the events were read");
        } finally {
          await second.stop();
        }
      } finally {
        await first.stop();
        rmSync(userDir, { recursive: true, force: true });
      }
    });
});
