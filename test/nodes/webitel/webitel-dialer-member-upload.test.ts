import assert from "node:assert/strict";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Report } from "../../../lib/webitel/upload/report.js";
import { WITH_BUCKET, WITHOUT_BUCKET } from "../../fixtures/webitel.js";
import { until } from "../../support/wait.js";
import { people } from "../../support/webitel/bench-run.js";
import { start } from "../../support/webitel/flow.js";
import { Uploads } from "../../support/webitel/uploads.js";

describe("webitel-dialer-member-upload", () => {
  const uploads = Uploads.ofThisSuite({ env: { CC_TEST_QUEUE: "11" } });
  const { deploy, report, caught, members } = uploads;
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
      await start(uploads.red.url, { payload: body, kept: 7 });
      const message = await uploads.red.message("report");
      assert.equal(message["kept"], 7);
      const { runId } = message["payload"] as Report;
      const sent = uploads.simulator.seen[0]?.body["items"];
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
    await start(uploads.red.url, {
      payload:
        "\uFEFFИмя;Телефон;Долг\r\nАнна;+380441112233;120,50\r\nБорис;3.80441E+11;1\r\n\r\nВера;+380447778899;\r\nГлеб;+380501112233;2\r\n",
    });
    assert.deepEqual(sums(await report()), [4, 3, 1, 0, 2]);
    assert.deepEqual(
      members().map(({ name }) => name),
      ["Анна", "Вера", "Глеб"],
    );
    const [reject] = (await uploads.red.message("rejects"))["payload"] as {
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
    const progress = uploads.red
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
    const file = join(uploads.red.userDir, "members.csv");
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
    await start(uploads.red.url, { filename: file, kind: 2 });
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
        await start(uploads.red.url, {
          payload: people(1, () => ({ name: id }))[0] as object,
          parts: { id, index: at, ...(at === 2 && { count: 3 }) },
          from: `${id}${at}`,
        });
    }
    await until("both reports", () => uploads.red.messages("report").length === 2);
    assert.deepEqual(
      uploads.red.messages("report").map((message) => [message["from"], (message["payload"] as Report).accepted]),
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
    await start(uploads.red.url, { payload: [...people(1), ...people(1, () => ({ expire_at: 4_102_444_799 }))] });
    await report();
    const shown = new Intl.DateTimeFormat("sv-SE", { timeZone: "Pacific/Kiritimati", timeStyle: "medium" }).format(
      Number(members()[0]?.expire_at),
    );
    assert.deepEqual([shown, members()[1]?.expire_at], ["23:59:59", "4102444799000"]);
  });

  it("reports an empty input without a request", async () => {
    await deploy({ source: "csv" });
    await start(uploads.red.url, { payload: "name;destination\n" });
    assert.deepEqual(sums(await report()), [0, 0, 0, 0, 0]);
    assert.equal(uploads.simulator.seen.length, 0);
  });

  const wrong: [string, object, object, string][] = [
    ["no queue", { queueId: "" }, { payload: people(1) }, "queueId"],
    ["a queue id that is none", { queueId: "sales" }, { payload: people(1) }, "queueId"],
    ["a payload that is no list", {}, { payload: "text" }, "payload"],
    ["a payload that is no CSV", { source: "csv" }, { payload: 7 }, "payload"],
    ["a mapping to no field", { mapping: [{ column: "a", field: "phone" }] }, { payload: people(1) }, "mapping"],
    [
      "two columns for one field",
      {
        mapping: [
          { column: "a", field: "destination" },
          { column: "b", field: "Destination1" },
        ],
      },
      { payload: people(1) },
      "mapping",
    ],
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
      await start(uploads.red.url, { ...message, kept: 7 });
      const { code, cause } = await caught();
      assert.deepEqual([code, cause.field, uploads.red.messages("caught")[0]?.["kept"]], ["EINVALID", field, 7]);
      assert.equal(uploads.red.messages("report").length, 0);
    });
  }

  it("ends with one error for a wrong token, which is in no message, log line, badge or journal", async () => {
    await deploy({ concurrency: 8 }, "another-secret-0815");
    await start(uploads.red.url, { payload: people(2000) });
    const error = await caught();
    assert.deepEqual([error.code, error.cause.report?.total], [401, 0]);
    assert.equal(uploads.simulator.seen.length, 1);
    await until("the badge", () =>
      uploads.red.messages("badge").some(({ status }) => (status as { text: string }).text === "401"),
    );
    const folder = join(uploads.red.userDir, "contact-center");
    const everything =
      JSON.stringify(uploads.red.seen) +
      uploads.red.log.join("\n") +
      readdirSync(folder)
        .map((file) => readFileSync(join(folder, file), "utf8"))
        .join("\n");
    assert.ok(!everything.includes("another-secret-0815"));
    const flows = await (await fetch(`${uploads.red.adminUrl}/flows`)).text();
    assert.ok(!flows.includes("another-secret-0815"));
    assert.equal(uploads.red.messages("caught").length, 1);
  });
});
