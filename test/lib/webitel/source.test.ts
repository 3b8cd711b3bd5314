import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { appendFileSync, mkdtempSync, renameSync, rmSync, truncateSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ContactCenterError } from "../../../lib/webitel/errors.js";
import { fileSource, textSource } from "../../../lib/webitel/upload/csv-source.js";
import type { CsvOptions } from "../../../lib/webitel/upload/row-reader.js";
import type { InputRow } from "../../../lib/webitel/upload/rows.js";
import { encoded, type Encoding } from "../../support/webitel/encode.js";
import { listSource, QueueSource, type RowSource } from "../../../lib/webitel/upload/source.js";

const OPTIONS: CsvOptions = { separator: "auto", encoding: "auto" };
const CHANGED = { code: "EINVALID", key: "webitel.errors.source.changed" };
/** More than is read at once. */
const PEOPLE = `name;destination\n${Array.from({ length: 20_000 }, (_, at) => `P${at};+3805${String(at).padStart(8, "0")}`).join("\n")}\n`;

async function gather(source: RowSource, into: InputRow[] = [], meanwhile?: () => void): Promise<InputRow[]> {
  for await (const rows of source.rows()) {
    into.push(...rows);
    meanwhile?.();
    meanwhile = undefined;
  }
  return into;
}

/** What rejects in some work without a handler, which would end the process. */
async function unhandledIn(work: () => Promise<unknown>): Promise<unknown[]> {
  const unhandled: unknown[] = [];
  const note = (reason: unknown): void => void unhandled.push(reason);
  process.on("unhandledRejection", note);
  try {
    await work();
    // What was begun before the close fails a few turns later.
    for (let turn = 0; turn < 100; turn++) await new Promise(setImmediate);
    return unhandled;
  } finally {
    process.off("unhandledRejection", note);
  }
}

describe("lib/webitel/upload/source", () => {
  let folder: string;
  let file: string;
  before(() => (folder = mkdtempSync(join(tmpdir(), "cc-source-"))));
  after(() => rmSync(folder, { recursive: true }));
  beforeEach(() => writeFileSync((file = join(folder, "members.csv")), PEOPLE));

  it("reads a file twice through one opening, and knows about how many rows there are", async () => {
    const source = fileSource(file, OPTIONS);
    assert.equal((await source.measure()).rows, 20_000);
    assert.equal((await gather(source)).length, 20_000);
    assert.deepEqual([source.columns, source.delimiter], [["name", "destination"], ";"]);
    source.close();
  });

  it("rejects UTF-8 among the rows of another encoding, and none of that", async () => {
    const lists: [Encoding, names: string[], mixed: string[]][] = [
      [
        "windows-1251",
        ["Жанна Рибак", "СІРІ СІЛІ", "«Рось» – С…", "Руслан Сірко", "Гійом Дієго Ґедзь", "KIA Гір", "ТОВ «Діє»"],
        ["Марія", "Їжак", "Müller", "Groß", "José", "Gómez", "Łukasz", "Ćwik", "Żółć"],
      ],
      [
        "windows-1250",
        ["Łukasz Żółć", "Jiří Dvořák", "Ľudovít Štúr", "ŻĄDŁO, KOŃ „Úžas”", "Đurđa Îşi"],
        ["Wałęsa", "Müller", "Łukasz", "Ćwik", "Іван", "Олена", "דוד"],
      ],
      [
        "windows-1252",
        ["Jürgen Müller", "João IRMÃ", "Åse Ångström", "Élodie", "IRMÃ“ “Ä”, ESPAÑA… 2×½"],
        ["Jörg", "Zoë", "Weiß", "Straße", "Łukasz", "Ćwik", "Іван", "Юлія", "דוד"],
      ],
    ];
    for (const [encoding, names, mixed] of lists) {
      const rows = (texts: string[], at: number): string =>
        texts.map((name, no) => `${name};+38044111${at + no}\n`).join("");
      const bytes = [encoded(`name;destination\n${rows(names, 1000)}`, encoding), Buffer.from(rows(mixed, 2000))];
      const read = await gather(textSource(Buffer.concat(bytes), { ...OPTIONS, encoding }));
      const rejected = read.map(({ error }) => error?.key);
      assert.deepEqual(rejected, [...names.map(() => undefined), ...mixed.map(() => "encoding")], encoding);
    }
  });

  it("fails with the reason when it was closed before it is measured, once", async () => {
    for (const source of [fileSource(file, OPTIONS), textSource(PEOPLE, OPTIONS)]) {
      source.close();
      assert.deepEqual(await unhandledIn(() => assert.rejects(source.measure(), { code: "ECLOSED" })), []);
    }
  });

  const changes: Record<string, () => void> = {
    "grows, with a last line that is half of a number": () => appendFileSync(file, "X;+9990"),
    "is cut": () => truncateSync(file, 100_000),
    "is replaced by another file": () => {
      writeFileSync(`${file}.new`, PEOPLE);
      renameSync(`${file}.new`, file);
    },
    "is written again in place": () => {
      writeFileSync(file, PEOPLE.replace("P19999", "Q19999"));
      utimesSync(file, 1, 1);
    },
  };
  for (const [name, change] of Object.entries(changes)) {
    it(`notices that a file ${name}, between the measure and the end`, async () => {
      for (const whileReading of [false, true]) {
        writeFileSync(file, PEOPLE);
        const source = fileSource(file, OPTIONS);
        await source.measure();
        if (!whileReading) change();
        const rows: InputRow[] = [];
        await assert.rejects(gather(source, rows, whileReading ? change : undefined), CHANGED);
        for (const { data } of rows) assert.match((data as { destination: string }).destination, /^\+3805\d{8}$/);
        source.close();
      }
    });
  }

  it("does not let the last line of a file leave that is still being written", async () => {
    writeFileSync(file, "name;destination\nA;+380501112233\nB;+38050");
    const source = fileSource(file, OPTIONS);
    await source.measure();
    appendFileSync(file, "1112234\n");
    const rows: InputRow[] = [];
    await assert.rejects(gather(source, rows), CHANGED);
    assert.deepEqual(
      rows.map(({ data }) => data),
      [{ name: "A", destination: "+380501112233" }],
    );
    source.close();
  });

  it("refuses what is not a regular file, at once", async () => {
    const pipe = join(folder, "pipe");
    execFileSync("mkfifo", [pipe]);
    for (const path of [pipe, folder])
      await assert.rejects(fileSource(path, OPTIONS).measure(), {
        code: "EINVALID",
        key: "webitel.errors.source.no-file",
      });
    await assert.rejects(fileSource(join(folder, "none.csv"), OPTIONS).measure(), {
      code: "ENOENT",
      key: "webitel.errors.file",
    });
  });

  it("refuses what is no text, before any row", async () => {
    await assert.rejects(textSource(Buffer.from("PK\u0003\u0004workbook"), OPTIONS).measure(), {
      code: "EINVALID",
      key: "webitel.errors.source.xlsx",
    });
    assert.throws(() => textSource("PK\u0003\u0004workbook", OPTIONS), { key: "webitel.errors.source.xlsx" });
  });

  it("ends reading at once when it is closed", async () => {
    const source = fileSource(file, OPTIONS);
    const reason = new ContactCenterError("ECANCELED", "webitel.errors.cancelled", {
      vendor: "webitel",
      operation: "upload",
    });
    const measuring = source.measure();
    source.close(reason);
    await assert.rejects(measuring, { code: "ECANCELED" });
    const second = fileSource(file, OPTIONS);
    const rows: InputRow[] = [];
    await assert.rejects(
      gather(second, rows, () => second.close(reason)),
      { code: "ECANCELED" },
    );
    assert.ok(rows.length < 20_000);
  });

  it("knows a list by its content, whatever JSON cannot write", async () => {
    const circle: Record<string, unknown> = { a: 1 };
    circle["self"] = circle;
    const print = async (items: readonly unknown[]): Promise<string> => (await listSource(items).measure()).fingerprint;
    assert.equal(await print([{ id: 1n }]), await print([{ id: 1n }]));
    assert.notEqual(await print([{ id: 1n }]), await print([{ id: 2n }]));
    assert.ok(await print([circle]));
    const within = (value: unknown): unknown[] => [{ variables: new Map([["a", new Set([value])]]) }];
    assert.equal(await print(within(1n)), await print(within(1n)));
    assert.notEqual(await print(within(1n)), await print(within(2n)));
  });

  it("gives what a stream had before its error", async () => {
    const source = new QueueSource();
    source.push([{ data: 1 }, { data: 2 }]);
    source.fail(
      new ContactCenterError("ETIMEDOUT", "webitel.errors.stream", { vendor: "webitel", operation: "upload" }),
    );
    const rows: InputRow[] = [];
    await assert.rejects(gather(source, rows), { code: "ETIMEDOUT" });
    assert.deepEqual(rows, [{ data: 1 }, { data: 2 }]);
  });
});
