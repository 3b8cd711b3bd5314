import assert from "node:assert/strict";
import { csvRows, slices } from "../../../lib/webitel/csv.js";
import { dialectOf, firstRecords } from "../../../lib/webitel/dialect.js";
import type { Separator } from "../../../lib/webitel/tables.js";

async function read(
  input: string | Uint8Array,
  separator: Separator = "auto",
  piece = input.length,
): Promise<Record<string, string>[]> {
  const pieces = function* (): Generator<string | Uint8Array> {
    for (let at = 0; at < input.length; at += piece) yield input.slice(at, at + piece);
  };
  const rows: Record<string, string>[] = [];
  for await (const some of csvRows(pieces(), separator)) rows.push(...some);
  return rows;
}

const utf16 = (text: string, bigEndian: boolean): Buffer => {
  const bytes = Buffer.from(`\uFEFF${text}`, "utf16le");
  return bigEndian ? bytes.swap16() : bytes;
};

const PEOPLE =
  'Ім\'я;Телефон;Примітка\r\n"Олена ""Лена"" Бойко";+380441112233;"два\r\nрядки; і крапка"\r\n\r\n;;\r\n Bjørn;+4712345678;\r\n';
const EXPECTED = [
  { "Ім'я": 'Олена "Лена" Бойко', Телефон: "+380441112233", Примітка: "два\r\nрядки; і крапка" },
  { "Ім'я": " Bjørn", Телефон: "+4712345678", Примітка: "" },
];

describe("lib/webitel/csv", () => {
  const encodings: Record<string, Uint8Array> = {
    "UTF-8": Buffer.from(PEOPLE),
    "UTF-8 with a byte order mark": Buffer.from(`\uFEFF${PEOPLE}`),
    "UTF-16 LE": utf16(PEOPLE, false),
    "UTF-16 BE": utf16(PEOPLE, true),
  };
  for (const [name, bytes] of Object.entries(encodings)) {
    it(`reads ${name}: header in another language, quotes with line breaks, CRLF, empty lines`, async () => {
      assert.deepEqual(await read(bytes), EXPECTED);
    });

    it(`reads ${name} however it is cut`, async () => {
      assert.deepEqual(await read(bytes, "auto", 7), EXPECTED);
    });
  }

  it("reads text that still has its byte order mark", async () => {
    assert.deepEqual(await read(`\uFEFF${PEOPLE}`), EXPECTED);
  });

  it("finds the separator in the header, obeys a sep= line and the setting", async () => {
    assert.deepEqual(await read("a\tb,c\td\n1\t2\t3\n"), [{ a: "1", "b,c": "2", d: "3" }]);
    assert.deepEqual(await read('"a,b,c";d\n1;2\n'), [{ "a,b,c": "1", d: "2" }]);
    assert.deepEqual(await read("sep=;\r\na;b\r\n1;2\r\n"), [{ a: "1", b: "2" }]);
    assert.deepEqual(await read("a;b,c\n1;2,3\n", ","), [{ "a;b": "1;2", c: "3" }]);
    assert.equal(dialectOf("a,b;c", "auto").delimiter, ",");
  });

  it("reads 40 columns, short rows and long rows", async () => {
    const header = Array.from({ length: 40 }, (_, at) => `c${at}`);
    const [full, short, long] = await read(
      `${header.join()}\n${header.map((_, at) => at).join()}\n1,2\n${header.join()},more\n`,
    );
    assert.equal(full?.["c39"], "39");
    assert.deepEqual(short, { c0: "1", c1: "2" });
    assert.equal(long?.["column 41"], "more");
  });

  it("reads nothing from an empty input or a lonely header", async () => {
    assert.deepEqual(await read(""), []);
    assert.deepEqual(await read("a;b\n"), []);
  });

  it("stops at a quote that is never closed, instead of gathering the rest of the file", async () => {
    const open = `a;b\n1;2\n3;"4\n${"x;y\n".repeat(500_000)}`;
    const rows: unknown[] = [];
    await assert.rejects(
      async () => {
        for await (const some of csvRows(slices(open), "auto")) rows.push(...some);
      },
      { code: "EINVALID", key: "webitel.errors.csv" },
    );
    assert.deepEqual(rows, [{ a: "1", b: "2" }]);
  });

  it("cuts text between characters", () => {
    const text = `${"x".repeat(64 * 1024 - 1)}😀${"y".repeat(10)}`;
    const cut = [...slices(text)];
    assert.equal(cut.join(""), text);
    assert.ok(cut.every((slice) => !/[\uD800-\uDBFF]$/.test(slice)));
  });

  it("previews the first records as the upload will read them", () => {
    assert.deepEqual(firstRecords(PEOPLE, "auto", 2), [
      Object.keys(EXPECTED[0] ?? {}),
      Object.values(EXPECTED[0] ?? {}),
    ]);
    assert.deepEqual(firstRecords("a;b", "auto", 2), [["a", "b"]]);
  });
});
