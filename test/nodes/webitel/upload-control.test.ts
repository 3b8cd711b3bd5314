import assert from "node:assert/strict";
import type { Progress, Report } from "../../../lib/webitel/upload/report.js";
import { until } from "../../support/wait.js";
import { people } from "../../support/webitel/bench-run.js";
import { start } from "../../support/webitel/flow.js";
import { Uploads } from "../../support/webitel/uploads.js";

describe("webitel-dialer-member-upload, controlled", () => {
  const uploads = Uploads.ofThisSuite();
  const { deploy, report, caught, members } = uploads;
  /** Starts a list that differs for each wait, which begins with its upload. */
  const startAndWait = async (count: number, waitMs: number): Promise<void> => {
    uploads.red.forget();
    const rows = people(count).map(({ destination }) => `${waitMs};${String(destination)}`);
    await start(uploads.red.url, { payload: `name;destination\n${rows.join("\n")}\n` });
    await new Promise((done) => setTimeout(done, waitMs));
  };

  it("shows its progress on the badge, pauses, resumes and cancels", async () => {
    await deploy({ batchSize: 10, rate: 400 });
    await start(uploads.red.url, { payload: people(3000) });
    const badge = (text: RegExp): Promise<unknown> =>
      uploads.red.message("badge", ({ status }) => text.test((status as { text: string }).text));
    await badge(/^\d+ \/ 3,000, \d+%$/);
    await start(uploads.red.url, { action: "pause" });
    await badge(/^paused/);
    await until("the last batch", async () => {
      const before = members().length;
      await new Promise((done) => setTimeout(done, 60));
      return members().length === before;
    });
    const paused = members().length;
    await start(uploads.red.url, { action: "Resume" });
    await until("more members", () => members().length > paused);
    await start(uploads.red.url, { action: "cancel" });
    await badge(/^cancelling$/);
    const done = await report();
    assert.deepEqual([done.cancelled, done.accepted], [true, members().length]);
    assert.equal(uploads.red.messages("caught").length, 0);
    assert.equal(uploads.red.messages("report").length, 1);
  });

  it("ends with its report whenever it is cancelled, also before it has begun to send", async () => {
    await deploy({ source: "csv", batchSize: 5 });
    for (let waitMs = 0; waitMs <= 30; waitMs += 2) {
      await startAndWait(40, waitMs);
      await start(uploads.red.url, { action: "cancel" });
      const { total, accepted } = await report();
      assert.equal(total, accepted);
      assert.deepEqual(uploads.red.messages("caught"), []);
    }
  });

  for (const action of ["resume", "pause"])
    it(`stays cancelled when a ${action} comes at once`, async () => {
      await deploy({ source: "csv", batchSize: 5 });
      for (let waitMs = 0; waitMs <= 30; waitMs += 2) {
        await startAndWait(200, waitMs);
        // Both in one turn.
        await start(uploads.red.url, [[{ action: "cancel" }, { action }]]);
        const { cancelled, total } = await report();
        assert.ok(cancelled || total === 200, `${total} rows after ${waitMs} ms`);
      }
    });

  for (const [what, again, message, resumes] of [
    ["start", "resume", { action: "start" }, true],
    ["start, told to skip the same", "skip", { action: "start" }, true],
    ["the same list", "resume", {}, true],
    ["start, told to load all again", "load", { action: "start" }, false],
  ] as const)
    it(`loads the rest of what was cancelled when ${what} comes, also at once`, async () => {
      for (const isAtOnce of [false, true]) {
        uploads.red.forget();
        await deploy({ batchSize: 10, rate: 500, again });
        const before = members().length;
        const payload = people(300, () => ({ "variables.list": `${what} ${isAtOnce}` }));
        await start(uploads.red.url, { payload });
        await until("some members", () => members().length >= before + 50);
        const cancel = { action: "cancel" };
        if (isAtOnce) await start(uploads.red.url, [[cancel, { ...message, payload }]]);
        else {
          await start(uploads.red.url, cancel);
          await report();
          await start(uploads.red.url, { ...message, payload });
        }
        await until("both reports", () => uploads.red.messages("report").length === 2);
        const [first, second] = uploads.red.messages("report").map((each) => each.payload as Report);
        assert.equal(first?.cancelled, true);
        assert.deepEqual([second?.resumed, second?.accepted], [resumes, 300]);
        const added = members().length - before;
        assert.equal(added, resumes ? 300 : 300 + first.accepted);
      }
    });

  it("ends with ECLOSED on a deploy, and loads the rest on a resume", async () => {
    await deploy({ batchSize: 10, rate: 500 });
    await start(uploads.red.url, { payload: people(300) });
    await until("some members", () => members().length >= 50);
    await deploy({ batchSize: 10 });
    await until("the log to say it", () => uploads.red.log.some((line) => line.includes("ended by a deploy")));
    const before = members().length;
    assert.ok(before < 300);
    await start(uploads.red.url, { payload: people(301), action: "resume" });
    assert.match((await caught()).message, /content changed/);
    await start(uploads.red.url, { payload: people(300), action: "resume" });
    const done = await report();
    assert.deepEqual([done.accepted, done.resumed], [300, true]);
    const rows = members()
      .map(({ variables }) => Number(variables?.["row"]))
      .sort((one, other) => one - other);
    assert.deepEqual(
      rows,
      people(300).map((_, at) => at + 1),
    );
  });

  it("says in the log how many lists waited when a deploy closed it", async () => {
    await deploy({ batchSize: 10, rate: 50 });
    for (const name of ["one", "two", "three"])
      await start(uploads.red.url, { payload: people(100, () => ({ name })) });
    await uploads.red.message("badge", ({ status }) => (status as { text: string }).text.endsWith("+2"));
    const before = uploads.red.log.length;
    await deploy();
    await until("the log to say it", () =>
      uploads.red.log.slice(before).some((line) => /not begun when .*: 2\. Send/.test(line)),
    );
  });

  for (const action of ["stop", "pauze", 7]) {
    it(`refuses the action ${action}, and starts nothing`, async () => {
      await deploy();
      await start(uploads.red.url, { payload: people(3), action });
      const { code, cause } = await caught();
      assert.deepEqual([code, cause.field, uploads.simulator.seen.length], ["EINVALID", "action", 0]);
    });
  }

  it("skips a message whose content is being loaded or waits, and says so", async () => {
    await deploy({ batchSize: 10, rate: 100 });
    await start(uploads.red.url, { payload: people(60) });
    await start(uploads.red.url, { payload: people(5, () => ({ name: "other" })) });
    await start(uploads.red.url, { payload: people(60), late: 1 });
    await start(uploads.red.url, { payload: people(5, () => ({ name: "other" })), late: 2 });
    await until("four reports", () => uploads.red.messages("report").length === 4);
    const reports = uploads.red.messages("report").map(({ late, payload }) => [late, payload as Report] as const);
    assert.deepEqual(
      reports.filter(([late]) => late).map(([late, { skipped, total }]) => [late, skipped, total]),
      [
        [1, "running", 0],
        [2, "running", 0],
      ],
    );
    assert.equal(members().length, 65);
  });

  it("shows how many wait, how far it is, and how fast", async () => {
    await deploy({ batchSize: 10, rate: 200 });
    await start(uploads.red.url, { payload: people(200) });
    await start(uploads.red.url, { payload: people(5, () => ({ name: "other" })) });
    await uploads.red.message("badge", ({ status }) =>
      /^\d+ \/ 200, \d+% \+1$/.test((status as { text: string }).text),
    );
    await until("both reports", () => uploads.red.messages("report").length === 2);
    const runs = uploads.red.messages("progress").map(({ payload }) => (payload as { run: Progress }).run);
    const first = runs.filter(({ rows }) => rows === 200);
    assert.deepEqual(
      first.map(({ done }) => done),
      first.map((_, at) => (at + 1) * 10),
    );
    const { percent, secondsLeft, perSecond } = first.at(-1) as Progress;
    assert.deepEqual([percent, secondsLeft, perSecond > 0], [100, 0, true]);
  });

  it("shows the code of a failure and the time of the next try", async () => {
    await deploy({ lateSeconds: 1 });
    uploads.simulator.faults.push("503", "2");
    await start(uploads.red.url, { payload: people(5) });
    await uploads.red.message("badge", ({ status }) =>
      /^503, next \d\d:\d\d:\d\d$/.test((status as { text: string }).text),
    );
    assert.equal((await report()).accepted, 5);
  });

  describe("after an upload that was not loaded to its end", () => {
    const half = async (settings: object = {}): Promise<number> => {
      await deploy({ batchSize: 10, rate: 500 });
      await start(uploads.red.url, { payload: people(300) });
      await until("some members", () => members().length >= 50);
      await deploy({ batchSize: 50, ...settings });
      await until("the log to say it", () => uploads.red.log.some((line) => line.includes("ended by a deploy")));
      uploads.red.forget();
      return members().length;
    };

    it("loads the rest when the same message comes, as from a schedule", async () => {
      await half();
      await start(uploads.red.url, { payload: people(300) });
      const { accepted, resumed } = await report();
      assert.deepEqual([accepted, resumed, members().length], [300, true, 300]);
    });

    it("skips it when told so, and loads the rest at msg.action = start", async () => {
      const before = await half({ again: "skip" });
      await start(uploads.red.url, { payload: people(300) });
      assert.deepEqual([(await report()).skipped, members().length], ["unfinished", before]);
      uploads.red.forget();
      await start(uploads.red.url, { payload: people(300), action: "start" });
      assert.deepEqual([(await report()).accepted, members().length], [300, 300]);
      uploads.red.forget();
      await start(uploads.red.url, { payload: people(300), action: "start" });
      assert.deepEqual([(await report()).resumed, members().length], [false, 600]);
    });

    it("loads all of it again when told so", async () => {
      const before = await half({ again: "load" });
      await start(uploads.red.url, { payload: people(300) });
      assert.deepEqual([(await report()).accepted, members().length], [300, 300 + before]);
    });
  });

  it("runs uploads one after another", async () => {
    await deploy({ batchSize: 5, rate: 100 });
    await start(uploads.red.url, { payload: people(15, () => ({ name: "first" })) });
    await start(uploads.red.url, { payload: people(5, () => ({ name: "second" })) });
    await until("both reports", () => uploads.red.messages("report").length === 2);
    assert.deepEqual(
      members().map(({ name }) => name),
      [...Array.from({ length: 15 }, () => "first"), ...Array.from({ length: 5 }, () => "second")],
    );
  });
});
