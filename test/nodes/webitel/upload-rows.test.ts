/** What becomes of lists as people have them, in a real Node-RED: headers, encodings, names, doubles, streams and refused rows. */
import assert from "node:assert/strict";
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import type { Report } from "../../../lib/webitel/upload/report.js";
import { until } from "../../support/wait.js";
import { encoded } from "../../support/webitel/encode.js";
import { start } from "../../support/webitel/flow.js";
import { Uploads } from "../../support/webitel/uploads.js";

describe("webitel-dialer-member-upload, lists as people have them", () => {
  const uploads = Uploads.ofThisSuite();
  const { deploy, report, caught, members } = uploads;
  let folder: string;
  before(() => {
    folder = join(uploads.red.userDir, "lists");
    mkdirSync(folder);
  });

  const bodies = (): Record<string, unknown>[] =>
    uploads.simulator.seen.map(({ body }) => body).filter((body) => "items" in body);

  it("says in one sentence that the header is wrong, and sends nothing", async () => {
    await deploy({ source: "csv" });
    for (const [payload, words] of [
      ["Anna Berg;+380501112233\nOleg;+380501112234\n", /header.*first row is: Anna Berg/i],
      ["Phone;Name\n+380501112233;Anna\n", /destination.*Phone \| Name/],
    ] as const) {
      uploads.red.forget();
      await start(uploads.red.url, { payload });
      const error = await caught();
      assert.deepEqual([error.code, error.cause.field], ["EINVALID", "source"]);
      assert.match(error.message, words);
      assert.ok(!error.message.includes("380501112233"));
    }
    assert.equal(bodies().length, 0);
    assert.equal(uploads.red.messages("rejects").length, 0);
  });

  it("reads a windows-1251 file by itself and by setting, makes numbers E.164 and leaves out doubles", async () => {
    const file = join(folder, "ansi.csv");
    const text =
      "Ім'я;Телефон\r\nОлена;050 111-22-33\r\nЇжак;+380671112233\r\nОлена ще раз;0501112233\r\nХто;12345678901234\r\n";
    writeFileSync(file, encoded(text, "windows-1251"));
    const mapping = [
      { column: "Ім'я", field: "name" },
      { column: "Телефон", field: "destination" },
    ];
    for (const encoding of ["auto", "windows-1251"]) {
      await deploy({ source: "file", filename: file, encoding, mapping, country: "UA", unique: true, again: "load" });
      uploads.red.forget();
      uploads.simulator.store.queue("10")?.members.splice(0);
      await start(uploads.red.url, {});
      const { total, accepted, rejected, duplicates } = await report();
      assert.deepEqual([total, accepted, rejected, duplicates], [4, 2, 1, 1]);
      assert.deepEqual(
        members().map(({ name, communications }) => [name, communications[0]?.destination]),
        [
          ["Олена", "+380501112233"],
          ["Їжак", "+380671112233"],
        ],
      );
      const [reject] = (await uploads.red.message("rejects"))["payload"] as {
        row: number;
        line: number;
        reason: string;
      }[];
      assert.deepEqual([reject?.row, reject?.line], [4, 5]);
      assert.match(reject?.reason ?? "", /cannot be a phone number/);
    }
    assert.equal(bodies()[0]?.["file_name"], "ansi.csv");
  });

  it("finds buckets, skills and types by name, each list once, and rejects a row with an unknown name", async () => {
    await deploy({
      source: "csv",
      fileName: `Autumn list ${"x".repeat(107)}😀 and more`,
      defaults: [{ field: "type", value: "mobile", valueType: "str" }],
    });
    await start(uploads.red.url, {
      payload:
        "name;destination;bucket;skill;timezone;resource\nA;+380501112201;bucket of anna berg;English;Europe/Kyiv;Main trunk\nB;+380501112202;No such;English;;\nC;+380501112203;2;;;\n",
    });
    const { accepted, rejected } = await report();
    assert.deepEqual([accepted, rejected], [2, 1]);
    const [first] = members() as unknown as Record<string, unknown>[];
    assert.deepEqual(
      [first?.["bucket"], first?.["skill"], first?.["timezone"]],
      [{ id: "1" }, { id: "1" }, { id: "1" }],
    );
    assert.deepEqual(members()[0]?.communications, [
      { destination: "+380501112201", type: { id: "1" }, resource: { id: "1" }, priority: 0 },
    ]);
    const [reject] = (await uploads.red.message("rejects"))["payload"] as { reason: string }[];
    assert.match(reject?.reason ?? "", /bucket "No such" is not known/);
    const listed = uploads.simulator.seen
      .filter(({ method }) => method === "GET")
      .map(({ path }) => path.split("?")[0]);
    assert.equal(new Set(listed).size, listed.length);
    assert.ok(listed.length >= 5);
    assert.equal(bodies()[0]?.["file_name"], `Autumn list ${"x".repeat(107)}`);
  });

  it("waits for an outage while names are looked up, as for any other", async () => {
    await deploy({ source: "csv", defaults: [{ field: "type", value: "mobile", valueType: "str" }] });
    for (let tries = 0; tries < 2; tries++) uploads.simulator.faults.push("500");
    await start(uploads.red.url, { payload: "name;destination\nA;+380501112201\n" });
    assert.equal((await report()).accepted, 1);
    assert.equal(uploads.simulator.seen[0]?.method, "GET");
  });

  it("writes refused rows to a file that is corrected and loaded again, one file per run", async () => {
    const rejectsFile = join(folder, "leads.rejected.csv");
    await deploy({ source: "file", filename: "", rejectsFile });
    const file = join(folder, "leads.csv");
    writeFileSync(
      file,
      'name;destination;note\r\nAnna;+380501112201;"two\r\nlines; quoted"\r\nBoris;n/a;"say ""hi"""\r\nVera, Jr;+380501112203;;extra\r\n"Gleb" x;+380501112204;\r\n',
    );
    await start(uploads.red.url, { filename: file });
    assert.deepEqual([(await report()).accepted, (await report()).rejected], [1, 3]);
    const text = readFileSync(rejectsFile, "utf8");
    const lines = text.split("\r\n");
    assert.equal(lines[0], "\uFEFFname;destination;note;reason");
    assert.match(lines[1] ?? "", /^Boris;n\/a;"say ""hi""";destination is neither/);
    assert.match(lines[2] ?? "", /^Vera, Jr;\+380501112203;;.*\(4 > 3\).*;extra$/);
    assert.match(lines[3] ?? "", /^"Gleb" x;\+380501112204;;".*quote.*"$/);
    // Corrected in a spreadsheet: the reasons stay, they are no field.
    const corrected = join(folder, "corrected.csv");
    writeFileSync(corrected, text.replace("n/a", "+380501112202").replace(";extra", "").replace('"Gleb" x', "Gleb"));
    uploads.red.forget();
    await start(uploads.red.url, { filename: corrected });
    assert.deepEqual([(await report()).accepted, (await report()).rejected], [3, 0]);
    assert.deepEqual(
      members().map(({ name }) => name),
      ["Anna", "Boris", "Vera, Jr", "Gleb"],
    );
    // The second run had no rejects: what is left is the first one's, under another name.
    assert.ok(!existsSync(rejectsFile));
    assert.equal(readdirSync(folder).filter((name) => /^leads\.rejected\.\d{8}T\d{6}\.csv$/.test(name)).length, 1);
    uploads.red.forget();
    await start(uploads.red.url, { filename: rejectsFile });
    const { cause, message } = await caught();
    assert.equal(cause.field, "rejectsFile");
    assert.ok(message.startsWith("Write them to (rejectsFile) is the file that is loaded"), message);
  });

  it("refuses a file of Node-RED for the refused rows, by any path to it, and touches it not", async () => {
    await deploy({ source: "csv", rejectsFile: "rejects", rejectsFileType: "msg" });
    const { userDir } = uploads.red;
    const linked = join(folder, "linked");
    symlinkSync(userDir, linked);
    const flows = readdirSync(userDir).find((name) => /^flows.*\.json$/.test(name) && !name.includes("_cred")) ?? "";
    const before = readFileSync(join(userDir, flows), "utf8");
    const refusals: [names: string[], message: RegExp][] = [
      [
        [flows, flows.toUpperCase(), flows.replace(".json", "_cred.json"), "settings.js", "package.json"],
        /must end in .csv, .tsv or .txt/,
      ],
      [
        ["x.mjs", "x.html", "x.json", "lists/r", ".csv", "nodes/x.js", `${flows}.backup`, "r.csv.js", "r.csv."],
        /must end in .csv, .tsv or .txt/,
      ],
      [
        ["contact-center/r.csv", "node_modules/x/r.csv", "nodes/r.csv", "lib/flows/r.TXT", ".config/r.csv"],
        /a file of Node-RED/,
      ],
    ];
    const cases = refusals.flatMap(([names, says]) => names.map((name) => [join(userDir, name), says] as const));
    cases.push([join(linked, "nodes", "r.csv"), /a file of Node-RED/], [join(linked, flows), /must end/]);
    mkdirSync(join(userDir, "nodes"), { recursive: true });
    for (const [rejects, says] of cases) {
      uploads.red.forget();
      await start(uploads.red.url, { payload: "destination;type\nx;1\n", rejects });
      const { code, message, cause } = await caught();
      assert.deepEqual([code, cause.field], ["EINVALID", "rejectsFile"], rejects);
      assert.match(message, says, rejects);
    }
    for (const rejects of ["r.csv", "lists/r.TSV", "projects/r.txt"].map((name) => join(userDir, name))) {
      mkdirSync(dirname(rejects), { recursive: true });
      uploads.red.forget();
      await start(uploads.red.url, { payload: "destination;type\nx;1\n", rejects });
      assert.equal((await report()).rejected, 1, rejects);
      assert.ok(existsSync(rejects));
    }
    assert.equal(readFileSync(join(userDir, flows), "utf8"), before);
  });

  it("refuses the list itself for the refused rows, also by the link of a folder", async () => {
    const list = join(folder, "own.csv");
    writeFileSync(list, "destination;type\nx;1\n");
    symlinkSync(folder, join(folder, "same"));
    for (const rejectsFile of [list, join(folder, "same", "own.csv")]) {
      await deploy({ source: "file", filename: "", rejectsFile });
      uploads.red.forget();
      await start(uploads.red.url, { filename: list });
      assert.equal((await caught()).cause.field, "rejectsFile", rejectsFile);
    }
    assert.equal(readFileSync(list, "utf8"), "destination;type\nx;1\n");
  });

  it("says in the report that the file for refused rows lacks rows", async () => {
    const gone = join(folder, "gone");
    mkdirSync(gone);
    await deploy({ source: "csv", batchSize: 5, rate: 20, rejectsFile: join(gone, "r.csv") });
    const lines = Array.from(
      { length: 30 },
      (_, at) => `p${at};${at % 5 === 4 ? "no number" : `+3805011122${at + 10}`}`,
    );
    await start(uploads.red.url, { payload: `name;destination\n${lines.join("\n")}\n` });
    await until("a batch", () => uploads.simulator.seen.length > 0);
    rmSync(gone, { recursive: true });
    const { accepted, rejected, rejectsFile } = await report();
    assert.deepEqual([accepted, rejected], [24, 6]);
    assert.match(rejectsFile ?? "", /gone.*ENOENT.*missing there/);
  });

  for (const how of ["a cancel", "an error"] as const) {
    it(`says also after a resume that the file for refused rows lacks rows, and in that of ${how}`, async () => {
      const gone = join(folder, `gone after ${how}`);
      mkdirSync(gone);
      const settings = { source: "csv", batchSize: 5, rate: 20, lateSeconds: 1, rejectsFile: join(gone, "r.csv") };
      await deploy(settings);
      const lines = Array.from({ length: 60 }, (_, at) => `p${at};${at % 5 === 4 ? "x" : `+3805011122${at + 10}`}`);
      const payload = `name;destination\n${lines.join("\n")}\n`;
      await start(uploads.red.url, { payload });
      await until("a batch", () => uploads.red.messages("rejects").length > 0);
      rmSync(gone, { recursive: true });
      const before = uploads.red.messages("rejects").length;
      await until("refused rows without a file", () => uploads.red.messages("rejects").length > before + 1);
      const queue = uploads.simulator.store.queue("10") ?? assert.fail();
      if (how === "a cancel") await start(uploads.red.url, { action: "cancel" });
      else queue.id = "gone";
      const first = how === "a cancel" ? await report() : (await caught()).cause.report;
      queue.id = "10";
      mkdirSync(gone);
      uploads.red.forget();
      await start(uploads.red.url, { payload });
      const rest = await report();
      for (const { rejectsFile } of [first as Report, rest]) assert.match(rejectsFile ?? "", /ENOENT.*missing there/);
      assert.deepEqual([rest.accepted, rest.rejected, rest.resumed], [48, 12, true]);
    });
  }

  it("rejects an odd item of a stream, loads the others, and takes parts off the report", async () => {
    await deploy();
    const items = [{ destination: "+380501112201" }, 5, { destination: "+380501112203" }];
    for (const [index, payload] of items.entries())
      await start(uploads.red.url, { payload, parts: { id: "s", index, count: items.length }, kept: index });
    const message = await uploads.red.message("report");
    const { accepted, rejected } = message["payload"] as Report;
    assert.deepEqual([accepted, rejected, message["kept"], message["parts"]], [2, 1, 2, undefined]);
  });

  it("refuses a pipe and what is no text, and cancels while it reads", async () => {
    await deploy({ source: "file" });
    const workbook = join(folder, "leads.xlsx");
    writeFileSync(workbook, Buffer.from("PK\u0003\u0004 and so on"));
    for (const [filename, words] of [
      [workbook, /Excel workbook/],
      [folder, /not a file/],
    ] as const) {
      uploads.red.forget();
      await start(uploads.red.url, { filename });
      assert.match((await caught()).message, words);
    }
    const large = join(folder, "large.csv");
    writeFileSync(large, `name;destination\n${"A;+380501112201\n".repeat(1_500_000)}`);
    uploads.red.forget();
    await start(uploads.red.url, { filename: large });
    await until("the upload has begun", () => uploads.red.messages("badge").length > 0);
    await start(uploads.red.url, { action: "cancel" });
    const { cancelled, total } = await report();
    assert.equal(cancelled, true);
    assert.ok(total < 1_500_000);
  });
});

describe("webitel-dialer-member-upload with fileWorkingDirectory", () => {
  const uploads = Uploads.ofThisSuite({ settings: `fileWorkingDirectory: ${JSON.stringify(__dirname)}` });

  it("reads relative names from there, as core's file nodes do", async () => {
    await uploads.deploy({ source: "file", filename: "no-such-list.csv" });
    await start(uploads.red.url, {});
    const { message } = await uploads.caught();
    assert.ok(message.includes(join(__dirname, "no-such-list.csv")), message);
  });
});
