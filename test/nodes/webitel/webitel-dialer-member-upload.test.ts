import assert from "node:assert/strict";
import { readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Progress, Report } from "../../../lib/webitel/upload/report.js";
import { startWebitelSimulator, type WebitelSimulator } from "../../../simulators/webitel/simulator.js";
import { WITH_BUCKET, WITHOUT_BUCKET } from "../../fixtures/webitel.js";
import { makeUserDir, NodeRed } from "../../support/node-red.js";
import { until } from "../../support/wait.js";
import { people } from "../../support/webitel/bench-run.js";
import { start, uploadFlow } from "../../support/webitel/flow.js";

const SECRET = "very-secret-token-4711";

describe("webitel-dialer-member-upload", () => {
  let red: NodeRed;
  let simulator: WebitelSimulator;
  before(async () => {
    simulator = await startWebitelSimulator({ token: SECRET });
    red = await NodeRed.start({ env: { CC_TEST_QUEUE: "11" } });
  });
  after(async () => {
    await red.stop();
    await simulator.close();
  });
  beforeEach(() => {
    for (const queue of simulator.store.queues) Object.assign(queue, { members: [], loaded: 0 });
    simulator.seen.length = 0;
    red.forget();
  });

  const deploy = (settings: object = {}, token = SECRET): Promise<void> =>
    red.deploy(uploadFlow(simulator.url, settings, token));
  const report = async (): Promise<Report> => (await red.message("report"))["payload"] as Report;
  const caught = async (): Promise<{ message: string; code: unknown; cause: { report?: Report; field?: string } }> =>
    (await red.message("caught"))["error"] as never;
  const members = (
    queue = "10",
  ): { name?: string; communications: object[]; variables?: Record<string, string>; expire_at?: unknown }[] =>
    simulator.store.queue(queue)?.members ?? [];
  const sums = ({ total, accepted, rejected, uncertain, batches }: Report): number[] => [
    total,
    accepted,
    rejected,
    uncertain,
    batches,
  ];

  for (const [name, body] of Object.entries({ "without bucket": WITHOUT_BUCKET, "with bucket": WITH_BUCKET })) {
    it(`loads the sample of Webitel's page ${name} as the page writes it`, async () => {
      await deploy({ defaults: [] });
      await start(red.url, { payload: body, kept: 7 });
      const message = await red.message("report");
      assert.equal(message["kept"], 7);
      const { runId } = message["payload"] as Report;
      const sent = simulator.seen[0]?.body["items"];
      assert.deepEqual(
        sent,
        body.items.map((item) => ({
          ...item,
          variables: { ...(item as { variables: object }).variables, cc_batch: `${runId}-1` },
        })),
      );
    });
  }

  it("loads a CSV with a foreign header, says which rows were refused and why, and what was loaded", async () => {
    await deploy({
      source: "csv",
      batchSize: 2,
      mapping: [
        { column: "Имя", field: "name" },
        { column: "Телефон", field: "destination" },
        { column: "Долг", field: "variables.debt" },
      ],
    });
    await start(red.url, {
      payload:
        "\uFEFFИмя;Телефон;Долг\r\nАнна;+380441112233;120,50\r\nБорис;3.80441E+11;1\r\n\r\nВера;+380447778899;\r\nГлеб;+380501112233;2\r\n",
    });
    assert.deepEqual(sums(await report()), [4, 3, 1, 0, 2]);
    assert.deepEqual(
      members().map(({ name }) => name),
      ["Анна", "Вера", "Глеб"],
    );
    const [reject] = (await red.message("rejects"))["payload"] as {
      row: number;
      code: string;
      reason: string;
      data: object;
    }[];
    assert.deepEqual(
      [reject?.row, reject?.code, reject?.data],
      [2, "EINVALID", { Имя: "Борис", Телефон: "3.80441E+11", Долг: "1" }],
    );
    assert.match(reject?.reason ?? "", /spreadsheet/);
    const progress = red
      .messages("progress")
      .map(
        ({ payload }) =>
          payload as { batch: number; accepted: number; rejected: number; total: number; ids: Record<string, string> },
      );
    assert.deepEqual(
      progress.map(({ batch, accepted, rejected, total }) => [batch, accepted, rejected, total]),
      [
        [1, 2, 1, 3],
        [2, 1, 0, 1],
      ],
    );
    assert.deepEqual(Object.keys(progress[0]?.ids ?? {}), ["1", "3"]);
  });

  it("reads a file, its name from the message, its queue and defaults from typed settings", async () => {
    const file = join(red.userDir, "members.csv");
    writeFileSync(file, Buffer.from("\uFEFFname\tdestination\nÅsa\t+4687654321\n", "utf16le"));
    await deploy({
      source: "file",
      filename: "",
      queueId: "${CC_TEST_QUEUE}",
      defaults: [
        { field: "type", value: "kind", valueType: "msg" },
        { field: "bucket", value: "2", valueType: "num" },
      ],
    });
    await start(red.url, { filename: file, kind: 2 });
    assert.deepEqual(sums(await report()), [1, 1, 0, 0, 1]);
    const [{ name, communications, bucket } = {}] = members("11") as {
      name?: string;
      communications?: object[];
      bucket?: object;
    }[];
    assert.deepEqual(
      [name, communications, bucket],
      ["Åsa", [{ destination: "+4687654321", type: { id: "2" }, priority: 0 }], { id: "2" }],
    );
  });

  it("keeps streams by their parts apart, each a report on its last message", async () => {
    await deploy({ batchSize: 10 });
    for (let at = 0; at < 3; at++) {
      for (const id of ["a", "b"])
        await start(red.url, {
          payload: people(1, () => ({ name: id }))[0] as object,
          parts: { id, index: at, ...(at === 2 && { count: 3 }) },
          from: `${id}${at}`,
        });
    }
    await until("both reports", () => red.messages("report").length === 2);
    assert.deepEqual(
      red.messages("report").map((message) => [message["from"], (message["payload"] as Report).accepted]),
      [
        ["a2", 3],
        ["b2", 3],
      ],
    );
    assert.deepEqual(
      members().map(({ name }) => name),
      ["a", "a", "a", "b", "b", "b"],
    );
  });

  it("sets the expiry at the end of the day of the time zone, in milliseconds", async () => {
    await deploy({ expiry: "end-of-day", timezone: "Pacific/Kiritimati" });
    await start(red.url, { payload: [...people(1), ...people(1, () => ({ expire_at: 4_102_444_799 }))] });
    await report();
    const shown = new Intl.DateTimeFormat("sv-SE", { timeZone: "Pacific/Kiritimati", timeStyle: "medium" }).format(
      Number(members()[0]?.expire_at),
    );
    assert.deepEqual([shown, members()[1]?.expire_at], ["23:59:59", "4102444799000"]);
  });

  it("reports an empty input without a request", async () => {
    await deploy({ source: "csv" });
    await start(red.url, { payload: "name;destination\n" });
    assert.deepEqual(sums(await report()), [0, 0, 0, 0, 0]);
    assert.equal(simulator.seen.length, 0);
  });

  const wrong: [string, object, object, string][] = [
    ["no queue", { queueId: "" }, { payload: people(1) }, "queueId"],
    ["a queue id that is none", { queueId: "sales" }, { payload: people(1) }, "queueId"],
    ["a payload that is no list", {}, { payload: "text" }, "payload"],
    ["a payload that is no CSV", { source: "csv" }, { payload: 7 }, "payload"],
    ["a mapping to no field", { mapping: [{ column: "a", field: "phone" }] }, { payload: people(1) }, "mapping"],
    ["a batch size out of range", { batchSize: 0 }, { payload: people(1) }, "batchSize"],
    ["a time zone that is none", { expiry: "end-of-day", timezone: "Mars/Base" }, { payload: people(1) }, "timezone"],
    [
      "an expiry that is no time",
      { expiry: "value", expiryValue: "tomorrow", expiryValueType: "str" },
      { payload: people(1) },
      "expiryValue",
    ],
    ["a resume of nothing", { queueId: "11" }, { payload: people(3), action: "resume" }, "action"],
  ];
  for (const [what, settings, message, field] of wrong) {
    it(`refuses ${what}, with the message`, async () => {
      await deploy(settings);
      await start(red.url, { ...message, kept: 7 });
      const { code, cause } = await caught();
      assert.deepEqual([code, cause.field, red.messages("caught")[0]?.["kept"]], ["EINVALID", field, 7]);
      assert.equal(red.messages("report").length, 0);
    });
  }

  it("ends with one error for a wrong token, which is in no message, log line, badge or journal", async () => {
    await deploy({ concurrency: 8 }, "another-secret-0815");
    await start(red.url, { payload: people(2000) });
    const error = await caught();
    assert.deepEqual([error.code, error.cause.report?.total], [401, 0]);
    assert.equal(simulator.seen.length, 1);
    await until("the badge", () =>
      red.messages("badge").some(({ status }) => (status as { text: string }).text === "401"),
    );
    const folder = join(red.userDir, "contact-center");
    const everything =
      JSON.stringify(red.seen) +
      red.log.join("\n") +
      readdirSync(folder)
        .map((file) => readFileSync(join(folder, file), "utf8"))
        .join("\n");
    assert.ok(!everything.includes("another-secret-0815"));
    const flows = await (await fetch(`${red.adminUrl}/flows`)).text();
    assert.ok(!flows.includes("another-secret-0815"));
    assert.equal(red.messages("caught").length, 1);
  });

  it("shows its progress on the badge, pauses, resumes and cancels", async () => {
    await deploy({ batchSize: 10, rate: 400 });
    await start(red.url, { payload: people(3000) });
    const badge = (text: RegExp): Promise<unknown> =>
      red.message("badge", ({ status }) => text.test((status as { text: string }).text));
    await badge(/^\d+ \/ 3,000, \d+%$/);
    await start(red.url, { action: "pause" });
    await badge(/^paused/);
    await until("the last batch", async () => {
      const before = members().length;
      await new Promise((done) => setTimeout(done, 60));
      return members().length === before;
    });
    const paused = members().length;
    await start(red.url, { action: "Resume" });
    await until("more members", () => members().length > paused);
    await start(red.url, { action: "cancel" });
    await badge(/^cancelling$/);
    const done = await report();
    assert.deepEqual([done.cancelled, done.accepted], [true, members().length]);
    assert.equal(red.messages("caught").length, 0);
    assert.equal(red.messages("report").length, 1);
  });

  it("ends with ECLOSED on a deploy, and loads the rest on a resume", async () => {
    await deploy({ batchSize: 10, rate: 500 });
    await start(red.url, { payload: people(300) });
    await until("some members", () => members().length >= 50);
    await deploy({ batchSize: 10 });
    await until("the log to say it", () => red.log.some((line) => line.includes("ended by a deploy")));
    const before = members().length;
    assert.ok(before < 300);
    await start(red.url, { payload: people(301), action: "resume" });
    assert.match((await caught()).message, /content changed/);
    await start(red.url, { payload: people(300), action: "resume" });
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

  for (const action of ["stop", "pauze", 7]) {
    it(`refuses the action ${action}, and starts nothing`, async () => {
      await deploy();
      await start(red.url, { payload: people(3), action });
      const { code, cause } = await caught();
      assert.deepEqual([code, cause.field, simulator.seen.length], ["EINVALID", "action", 0]);
    });
  }

  it("skips a message whose content is being loaded or waits, and says so", async () => {
    await deploy({ batchSize: 10, rate: 100 });
    await start(red.url, { payload: people(60) });
    await start(red.url, { payload: people(5, () => ({ name: "other" })) });
    await start(red.url, { payload: people(60), late: 1 });
    await start(red.url, { payload: people(5, () => ({ name: "other" })), late: 2 });
    await until("four reports", () => red.messages("report").length === 4);
    const reports = red.messages("report").map(({ late, payload }) => [late, payload as Report] as const);
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
    await start(red.url, { payload: people(200) });
    await start(red.url, { payload: people(5, () => ({ name: "other" })) });
    await red.message("badge", ({ status }) => /^\d+ \/ 200, \d+% \+1$/.test((status as { text: string }).text));
    await until("both reports", () => red.messages("report").length === 2);
    const runs = red.messages("progress").map(({ payload }) => (payload as { run: Progress }).run);
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
    simulator.faults.push("503", "2");
    await start(red.url, { payload: people(5) });
    await red.message("badge", ({ status }) => /^503, next \d\d:\d\d:\d\d$/.test((status as { text: string }).text));
    assert.equal((await report()).accepted, 5);
  });

  describe("after an upload that was not loaded to its end", () => {
    const half = async (settings: object = {}): Promise<number> => {
      await deploy({ batchSize: 10, rate: 500 });
      await start(red.url, { payload: people(300) });
      await until("some members", () => members().length >= 50);
      await deploy({ batchSize: 50, ...settings });
      await until("the log to say it", () => red.log.some((line) => line.includes("ended by a deploy")));
      red.forget();
      return members().length;
    };

    it("loads the rest when the same message comes, as from a schedule", async () => {
      await half();
      await start(red.url, { payload: people(300) });
      const { accepted, resumed } = await report();
      assert.deepEqual([accepted, resumed, members().length], [300, true, 300]);
    });

    it("skips it when told so, and loads the rest at msg.action = start", async () => {
      const before = await half({ again: "skip" });
      await start(red.url, { payload: people(300) });
      assert.deepEqual([(await report()).skipped, members().length], ["unfinished", before]);
      red.forget();
      await start(red.url, { payload: people(300), action: "start" });
      assert.deepEqual([(await report()).accepted, members().length], [300, 300]);
      red.forget();
      await start(red.url, { payload: people(300), action: "start" });
      assert.deepEqual([(await report()).resumed, members().length], [false, 600]);
    });

    it("loads all of it again when told so", async () => {
      const before = await half({ again: "load" });
      await start(red.url, { payload: people(300) });
      assert.deepEqual([(await report()).accepted, members().length], [300, 300 + before]);
    });
  });

  it("runs uploads one after another", async () => {
    await deploy({ batchSize: 5, rate: 100 });
    await start(red.url, { payload: people(15, () => ({ name: "first" })) });
    await start(red.url, { payload: people(5, () => ({ name: "second" })) });
    await until("both reports", () => red.messages("report").length === 2);
    assert.deepEqual(
      members().map(({ name }) => name),
      [...Array.from({ length: 15 }, () => "first"), ...Array.from({ length: 5 }, () => "second")],
    );
  });
});

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
