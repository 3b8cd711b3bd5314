import assert from "node:assert/strict";
import { readdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Report } from "../../../lib/webitel/upload/report.js";
import { startWebitelSimulator } from "../../../simulators/webitel/simulator.js";
import { tab } from "../../support/flow.js";
import { type FlowNode, makeUserDir, NodeRed } from "../../support/node-red.js";
import { again } from "../../support/rte.js";
import { until } from "../../support/wait.js";
import { people } from "../../support/webitel/bench-run.js";
import { start, uploadFlow } from "../../support/webitel/flow.js";

describe("webitel-dialer-member-upload after a kill of Node-RED", () => {
  it("loads the rest exactly once", async () => {
    const simulator = await startWebitelSimulator({ bulkDelayMs: 5 });
    const userDir = makeUserDir();
    const file = join(userDir, "members.csv");
    writeFileSync(
      file,
      `name;destination;variables.row\n${people(2000)
        .map(({ name, destination }, at) => `${String(name)};${String(destination)};${at + 1}`)
        .join("\n")}\n`,
    );
    const flows = uploadFlow(simulator.url, {
      source: "file",
      filename: file,
      batchSize: 20,
      concurrency: 4,
      lateSeconds: 1,
    });
    let red = await NodeRed.start({ userDir });
    try {
      await red.deploy(flows);
      await start(red.url, {});
      const queue = simulator.store.queue("10");
      await until("a third", () => (queue?.loaded ?? 0) > 600);
      await red.stop("SIGKILL");
      assert.ok((queue?.loaded ?? 0) < 2000);
      red = await NodeRed.start({ userDir });
      await start(red.url, { action: "resume" });
      const { accepted, total, resumed } = (await red.message("report", () => true, 20_000))["payload"] as Report;
      assert.deepEqual([accepted, total, resumed], [2000, 2000, true]);
      const rows = queue?.members.map(({ variables }) => Number(variables?.["row"])).sort((a, b) => a - b);
      assert.deepEqual(
        rows,
        Array.from({ length: 2000 }, (_, at) => at + 1),
      );
    } finally {
      await red.stop();
      await simulator.close();
      rmSync(userDir, { recursive: true, force: true });
    }
  }).timeout(60_000);
});

describe("webitel-dialer-member-upload in two Node-RED with one user directory", () => {
  it("lets one of them write, and names it to the other", async () => {
    const simulator = await startWebitelSimulator();
    const userDir = makeUserDir();
    const flows = uploadFlow(simulator.url, { batchSize: 10, rate: 200 });
    const [one, other] = [await NodeRed.start({ userDir }), await NodeRed.start({ userDir })];
    try {
      await one.deploy(flows);
      await other.deploy(flows);
      await start(one.url, { payload: people(600) });
      await until("some members", () => (simulator.store.queue("10")?.loaded ?? 0) >= 50);
      await start(other.url, { payload: people(600), action: "resume" });
      const { code, message } = (await other.message("caught"))["error"] as { code: string; message: string };
      assert.equal(code, "EINVALID");
      assert.match(message, /being loaded already, by process \d+ on \S+/);
      await start(other.url, { payload: people(600) });
      assert.equal(((await other.message("report"))["payload"] as Report).skipped, "running");
      assert.equal(((await one.message("report"))["payload"] as Report).accepted, 600);
      assert.equal(simulator.store.queue("10")?.loaded, 600);
    } finally {
      await Promise.all([one.stop(), other.stop()]);
      await simulator.close();
      rmSync(userDir, { recursive: true, force: true });
    }
  }).timeout(60_000);
});

describe("webitel-dialer-member-upload that is disabled or moved, and enabled again", () => {
  it("knows the lists that it has loaded, and forgets them when it is removed", async () => {
    const simulator = await startWebitelSimulator();
    const userDir = makeUserDir();
    const flows = uploadFlow(simulator.url, {});
    const changed = (properties: object): FlowNode[] =>
      again(flows.map((each) => (each.id === "up" ? { ...each, ...properties } : each)));
    const red = await NodeRed.start({ userDir });
    const load = async (): Promise<Report> => {
      red.forget();
      await start(red.url, { payload: people(3) });
      return (await red.message("report"))["payload"] as Report;
    };
    const journals = (): string[] =>
      readdirSync(join(userDir, "contact-center")).filter((name) => name.endsWith(".jsonl"));
    try {
      await red.deploy(flows);
      assert.equal((await load()).loadedBefore, undefined);
      await red.deploy(changed({ d: true }), "nodes");
      await red.deploy(changed({}), "nodes");
      assert.notEqual((await load()).loadedBefore, undefined);
      const elsewhere = { ...tab(), id: "elsewhere" };
      await red.deploy([...changed({ z: "elsewhere" }), elsewhere], "flows");
      await red.deploy([...changed({}), elsewhere], "full");
      assert.notEqual((await load()).loadedBefore, undefined);
      assert.equal(journals().length, 3);
      await red.deploy(
        changed({}).filter(({ id }) => id !== "up"),
        "nodes",
      );
      await until("no journal", () => journals().length === 0);
    } finally {
      await red.stop();
      await simulator.close();
      rmSync(userDir, { recursive: true, force: true });
    }
  }).timeout(60_000);
});
