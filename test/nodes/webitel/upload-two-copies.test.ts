/** Two Node-REDs, each with a user directory of its own, that share the folder of journals, and get the same list. */
import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Report } from "../../../lib/webitel/upload/report.js";
import { startWebitelSimulator, type WebitelSimulator } from "../../../simulators/webitel/simulator.js";
import { makeUserDir, NodeRed } from "../../support/node-red.js";
import { until } from "../../support/wait.js";
import { start, uploadFlow } from "../../support/webitel/flow.js";

const ROWS = 2000;
const LIST = `name;destination;variables.row\n${Array.from({ length: ROWS }, (_, at) => `P${at + 1};+35840${1_000_000 + at};${at + 1}`).join("\n")}\n`;

describe("webitel-dialer-member-upload in two copies with one folder of journals", function () {
  this.timeout(120_000);
  let simulator: WebitelSimulator;
  let shared: string;
  let userDirs: string[];
  let copies: NodeRed[];

  const inQueue = (): number[] =>
    (simulator.store.queue("10")?.members ?? [])
      .map(({ variables }) => Number(variables?.["row"]))
      .sort((a, b) => a - b);
  const loaded = (): number => simulator.store.queue("10")?.loaded ?? 0;
  const report = async (red: NodeRed): Promise<Report> => (await red.message("report"))["payload"] as Report;

  beforeEach(async () => {
    simulator = await startWebitelSimulator({ bulkDelayMs: 5 });
    shared = mkdtempSync(join(tmpdir(), "cc-shared-"));
    userDirs = [makeUserDir(), makeUserDir()];
    for (const userDir of userDirs) {
      mkdirSync(join(shared, "contact-center"), { recursive: true });
      symlinkSync(join(shared, "contact-center"), join(userDir, "contact-center"));
    }
    copies = await Promise.all(userDirs.map((userDir) => NodeRed.start({ userDir })));
    const flows = uploadFlow(simulator.url, {
      source: "csv",
      batchSize: 20,
      concurrency: 2,
      rate: 500,
      lateSeconds: 1,
    });
    await Promise.all(copies.map((red) => red.deploy(flows)));
  });
  afterEach(async () => {
    await Promise.all(copies.map((red) => red.stop("SIGKILL")));
    await simulator.close();
    for (const folder of [shared, ...userDirs]) rmSync(folder, { recursive: true, force: true });
  });

  it("loads a list once that both get at the same moment", async () => {
    await Promise.all(copies.map((red) => start(red.url, { payload: LIST })));
    const reports = await Promise.all(copies.map(report));
    const skipped = reports.filter((each) => each.skipped === "running");
    assert.equal(skipped.length, 1);
    assert.equal(skipped[0]?.holder?.pid, copies[reports.findIndex((each) => each.skipped === undefined)]?.child.pid);
    assert.equal(reports.find((each) => each.skipped === undefined)?.accepted, ROWS);
    assert.deepEqual(
      inQueue(),
      Array.from({ length: ROWS }, (_, at) => at + 1),
    );
  });

  it("loads the rest once in the other copy where the one that loads is killed", async () => {
    const [one, other] = copies as [NodeRed, NodeRed];
    await start(one.url, { payload: LIST });
    await until("a third", () => loaded() > ROWS / 3);
    await start(other.url, { payload: LIST });
    assert.equal((await report(other)).skipped, "running");
    await one.stop("SIGKILL");
    assert.ok(loaded() < ROWS);
    other.forget();
    await start(other.url, { payload: LIST });
    const { accepted, total, resumed } = await report(other);
    assert.deepEqual([accepted, total, resumed], [ROWS, ROWS, true]);
    assert.deepEqual(
      inQueue(),
      Array.from({ length: ROWS }, (_, at) => at + 1),
    );
  });
});
