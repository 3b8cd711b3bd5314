import assert from "node:assert/strict";
import { type CsvRecord, firstRecords, RecordReader } from "../../../lib/webitel/csv.js";
import { csvFormat } from "../../../lib/webitel/csv-format.js";
import { destinationColumns } from "../../../lib/webitel/hidden-rows.js";
import { slices, textSource } from "../../../lib/webitel/upload/csv-source.js";
import type { CsvOptions } from "../../../lib/webitel/upload/row-reader.js";
import type { InputRow } from "../../../lib/webitel/upload/rows.js";

async function rowsOf(input: string | Uint8Array, options: Partial<CsvOptions> = {}): Promise<InputRow[]> {
  const rows: InputRow[] = [];
  const source = textSource(input, { separator: "auto", encoding: "auto", ...options });
  for await (const some of source.rows()) rows.push(...some);
  return rows;
}

const read = async (input: string | Uint8Array, separator: CsvOptions["separator"] = "auto"): Promise<unknown[]> =>
  (await rowsOf(input, { separator })).map(({ data }) => data);

/** Records of a text that comes in pieces of this length. */
function records(text: string, piece: number): CsvRecord[] {
  const reader = new RecordReader(";");
  const found: CsvRecord[] = [];
  for (let at = 0; at < text.length; at += piece) found.push(...reader.read(text.slice(at, at + piece)));
  return [...found, ...reader.end()];
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
  }

  it("reads text that still has its byte order mark", async () => {
    assert.deepEqual(await read(`\uFEFF${PEOPLE}`), EXPECTED);
  });

  it("finds the separator in the header, obeys a sep= line and the setting", async () => {
    assert.deepEqual(await read("a\tb,c\td\n1\t2\t3\n"), [{ a: "1", "b,c": "2", d: "3" }]);
    assert.deepEqual(await read('"a,b,c";d\n1;2\n'), [{ "a,b,c": "1", d: "2" }]);
    assert.deepEqual(await read("sep=;\r\na;b\r\n1;2\r\n"), [{ a: "1", b: "2" }]);
    assert.deepEqual(await read("a;b,c\n1;2,3\n", ","), [{ "a;b": "1;2", c: "3" }]);
    assert.deepEqual(await read('"sep=,"\r\na;b,c\r\n1;2,3\r\n'), [{ "a;b": "1;2", c: "3" }]);
    assert.equal(csvFormat("a,b;c", "auto").delimiter, ",");
    for (const delimiter of [",", ";", "\t"]) {
      const line = (...cells: string[]): string => cells.map((cell) => `"${cell}"`).join(delimiter);
      const text = [line("name", "destination"), line("Anna; Maria, Berg", "+380441112233")].join("\n");
      assert.equal(csvFormat(text, "auto").delimiter, delimiter);
    }
    // Two separators divide the header into as many columns: the rows decide.
    assert.deepEqual(await read("Phone, mobile;Name\n+380501112233;Anna\n"), [
      { "Phone, mobile": "+380501112233", Name: "Anna" },
    ]);
  });

  it("reads 40 columns, short rows and long rows", async () => {
    const header = Array.from({ length: 40 }, (_, at) => `c${at}`);
    const [full, short, long] = (await read(
      `${header.join()}\n${header.map((_, at) => at).join()}\n1,2\n${header.join()},more\n`,
    )) as Record<string, string>[];
    assert.equal(full?.["c39"], "39");
    assert.deepEqual(short, { c0: "1", c1: "2" });
    assert.equal(long?.["column 41"], "more");
  });

  it("reads nothing from an empty input or a lonely header", async () => {
    assert.deepEqual(await read(""), []);
    assert.deepEqual(await read("a;b\n"), []);
  });

  it("reads the same records however the text is cut", () => {
    const text = `${PEOPLE}"x;1\r\ny;2;3\r"4";"5 ""6""";7\n8;9"`;
    const whole = records(text, text.length);
    assert.equal(whole.length, 7);
    for (const piece of [1, 2, 3, 7, 64]) assert.deepEqual(records(text, piece), whole, `pieces of ${piece}`);
  });

  it("reads line ends of any kind, mixed in one text, and knows each row's line", async () => {
    const rows = await rowsOf(
      'name;destination\r\nA;+380501112201\r\nB;+380501112202\nC;+380501112203\n\r\nD;+380501112204\rE;+380501112205\n\n"F\nG";+380501112206\nH;+380501112207',
    );
    assert.deepEqual(
      rows.map(({ line, data }) => [line, ...Object.values(data as object)] as unknown),
      [
        [2, "A", "+380501112201"],
        [3, "B", "+380501112202"],
        [4, "C", "+380501112203"],
        [6, "D", "+380501112204"],
        [7, "E", "+380501112205"],
        [9, "F\nG", "+380501112206"],
        [11, "H", "+380501112207"],
      ],
    );
  });

  it("reads a body with other line ends than its header as rows of their own", async () => {
    assert.equal((await read("name;destination\r\nA;+380501\nB;+380502\n")).length, 2);
    assert.equal((await read("name;destination\nA;+380501\r\nB;+380502\r\n")).length, 2);
  });

  const damage: [name: string, text: string, good: string[], bad: [line: number, key: string][]][] = [
    ["more cells than the header", "n;d\na, b;1\nc;2;3\nd;4\n", ["a, b", "d"], [[3, "cells"]]],
    ["separators behind the last cell", "n;d\na;1;;\nb;2;\n", ["a", "b"], []],
    ["a quote that is never closed", 'n;d\n"a;1\nb;2\nc;3\n', ["b", "c"], [[2, "quote"]]],
    ["text behind a quote in the last line", 'n;d\n"a;1\nb;2\nc"d', ["b", 'c"d'], [[2, "quote"]]],
    [
      "two stray quotes with rows between",
      'n;d\n"27 inch;+2\nb;+3\nc;+4\n"5 disk;+5\nf;+6\n',
      ["b", "c", "f"],
      [
        [2, "quote"],
        [5, "quote"],
      ],
    ],
    ["text behind a closing quote", 'n;d\n"a" x;1\nb;2\n', ["b"], [[2, "quote"]]],
    ["quotes within a cell without quotes", 'n;d\n5" disk;1\nТОВ "Ромашка";2\n', ['5" disk', 'ТОВ "Ромашка"'], []],
    [
      "a note of several lines with separators",
      'n;d;t\na;1;"Main street 1\nKyiv; Ukraine; x"\nb;2;c\n',
      ["a", "b"],
      [],
    ],
  ];
  for (const [name, text, good, bad] of damage) {
    it(`rejects with its line, and loses no row to: ${name}`, async () => {
      const rows = await rowsOf(text);
      assert.deepEqual(
        [
          rows.filter(({ error }) => !error).map(({ data }) => (data as { n: string }).n),
          rows.filter(({ error }) => error).map(({ line, error }) => [line, error?.key] as const),
        ],
        [good, bad],
      );
    });
  }

  /** Texts under the header `n;d;t`: the rows, each as its cells joined by `|`; a damaged one as its line and reason. */
  const QUOTED: [name: string, text: string, rows: string[]][] = [
    ["a line that looks like a row in the last cell", 'a;1;"no:\nx;9;y"\nb;2;c', ["a|1|no:\nx;9;y", "b|2|c"]],
    ["only lines that look like rows", 'a;1;"x;8;y\nx;9;y"\nb;2;c', ["a|1|x;8;y\nx;9;y", "b|2|c"]],
    ["a separator in every line", '"A; B\nC";1;c\nb;2;c', ["A; B\nC|1|c", "b|2|c"]],
    ["numbers in the first cell", '"a;+2;x\nb;+3;y\nc";+4;z\nd;5;e', ["a;+2;x\nb;+3;y\nc|+4|z", "d|5|e"]],
    ["numbers in the middle cell", 'a;"1;2\nx;9;y\n3;4";c\nb;2;c', ["a|1;2\nx;9;y\n3;4|c", "b|2|c"]],
    ["two cells of several lines", '"a\nx;9;y";1;"c\nx;8;z"\nb;2;c', ["a\nx;9;y|1|c\nx;8;z", "b|2|c"]],
    ["doubled quotes around a row", 'a;1;"he said ""\nx;9;""y"""\nb;2;c', ['a|1|he said "\nx;9;"y"', "b|2|c"]],
    ["a record of fewer cells than the header", 'a;"1\nx;9;y"\nb;2;c', ["a|1\nx;9;y", "b|2|c"]],
    ["separators behind the last cell", 'a;1;"c\nx;9;y";;\nb;2;c', ["a|1|c\nx;9;y||", "b|2|c"]],
    ["blanks behind the closing quote", 'a;1;"c\nx;9;y" \nb;2;c', ["a|1|c\nx;9;y", "b|2|c"]],
    ["the end of the text behind the closing quote", 'b;2;c\na;1;"c\nx;9;y"', ["b|2|c", "a|1|c\nx;9;y"]],
    ["empty lines within the cell", 'a;1;"c\n\nx;9;y\n"\nb;2;c', ["a|1|c\n\nx;9;y\n", "b|2|c"]],
    [
      "a hundred rows within the cell",
      `a;1;"${"x;9;y\n".repeat(100)}"\nb;2;c`,
      [`a|1|${"x;9;y\n".repeat(100)}`, "b|2|c"],
    ],
    ["an unescaped quote behind the line break", '"a;1;x\nb;"2";y\nc;3;z', ["2 quote", "b|2|y", "c|3|z"]],
    ["a stray quote before a quoted cell", '"a;1;x\nb;2;"y"\nc;3;z', ["2 quote", "b|2|y", "c|3|z"]],
    ["two stray quotes", '"a;1;x\nb;2;y\n"c;3;z\nd;4;e', ["2 quote", "b|2|y", "4 quote", "d|4|e"]],
    ["a stray quote that would make too many cells", 'a;1;"x\nb;2";y;z\nc;3;d', ["2 quote", "3 cells", "c|3|d"]],
    ["two stray quotes in different columns", 'a;"1;x\nb;2;y";z\nc;3;d', ["a|1;x\nb;2;y|z", "c|3|d"]],
    ["one line with more cells than the header", '"a";"1";"x";"y"\nb;2;c', ["2 cells", "b|2|c"]],
    ["a quote that is never closed", 'a;1;"x\nb;2;c\nd;3;e', ["2 quote", "b|2|c", "d|3|e"]],
  ];
  for (const [name, text, expected] of QUOTED) {
    it(`reads a legal quoted cell as text whatever is in it, and gives up a stray quote: ${name}`, async () => {
      for (const [from, to] of [
        ["", ""],
        ["\n", "\r\n"],
      ] as const) {
        const change = (each: string): string => (from === "" ? each : each.replaceAll(from, to));
        const rows = await rowsOf(change(`n;d;t\n${text}`));
        assert.deepEqual(
          rows.map(({ data, line, error }) =>
            error ? `${line} ${error.key}` : Object.values(data as Record<string, string>).join("|"),
          ),
          expected.map(change),
        );
        for (const piece of [1, 5])
          assert.deepEqual(records(change(text), piece), records(change(text), text.length * 2));
      }
    });
  }

  const hides: [name: string, text: string, rows: string[]][] = [
    ["a note with one", 'a;+380441112201;"no:\nx;+380441112202;y"\nb;+380441112203;c', ["2-3 (1)", "4"]],
    ["a note with two", `a;+380441112201;"no:${"\nx;+380441112202;y".repeat(2)}"`, ["2-4 (2)"]],
    ["a note that is closed by another", 'a;+38044111;"x\nb;+380441112202;y\nc;+380441112203;z"', ["2-4 (2)"]],
    [
      "a note with three",
      `a;+380441112201;"no:${"\nx;+380441112202;y".repeat(3)}"\nb;+380441112203;c`,
      ["2-5 (3)", "6"],
    ],
    ["a note of calls", `a;+380441112201;"${"x;2026-05-02 18:00;y\n".repeat(9)}"`, ["2"]],
    ["a note of three lines without numbers", `a;+380441112201;"${"x;called;y\n".repeat(9)}"`, ["2"]],
    ["a note of lines with fewer cells", `a;+380441112201;"${"x;+380441112202\n".repeat(9)}"`, ["2-11 (8)"]],
    ["a note of postal codes and years", `a;+380441112201;"${"\nKyiv;01001;Ukraine\nsince;2024;x".repeat(9)}"`, ["2"]],
    ["a note of extensions in a list of extensions", `a;101;"x\nb;102;y\nc;103;z"`, ["2-4 (2)"]],
    ["a note of numbers in other columns", `a;+380441112201;"${"\ncall;Ivan;+380441112202".repeat(9)}"`, ["2"]],
    [
      "the first cell, two rows side by side",
      '"a;+380441112201;x\nb";+380441112202;y\nc;+380441112203;z',
      ["2-3 (1)", "4"],
    ],
    [
      "the first cell, many rows between",
      `"a;+380441112201;x\n${"b;044 111-22-02;y\n".repeat(20)}c";+380441112203;z\nd;+380441112204;e`,
      ["2-23 (21)", "24"],
    ],
    [
      "the second cell, with the end of the list",
      `a;"+380441112201;x\n${"b;+380441112202;y\n".repeat(3)}c;+380441112203";z`,
      ["2-6 (5)"],
    ],
    [
      "the second cell, one row and the end of another",
      'a;"+380441112201;x\nb;+380441112202";z\nc;+380441112203;z',
      ["2-3 (2)", "4"],
    ],
    ["the second cell, three rows", 'a;"+380441112201;x\nb;+380441112202;y\nc;+380441112203";z', ["2-4 (3)"]],
    ["extensions behind a stray quote", 'a;"101;x\nb;102";y', ["2-3 (2)"]],
    ["an address before the number", '"Suite 5; 1200\nKyiv; 01001";+380441112201;x', ["2"]],
    ["a name of two lines", '"A; B\nC";+380441112201;c', ["2"]],
  ];
  for (const [name, text, expected] of hides) {
    it(`rejects a cell that hides rows of the list behind stray quotes, with its lines: ${name}`, async () => {
      const options = { destinations: (header: readonly string[]) => destinationColumns(header, []) };
      for (const end of ["\n", "\r\n"]) {
        const rows = await rowsOf(`name;destination;note\n${text}`.replaceAll("\n", end), options);
        assert.deepEqual(
          rows.map(({ line, error }) => (error ? `${error.key} ${error.value}` : `${line}`)),
          expected.map((row) => (row.includes("-") ? `hidden ${row}` : row)),
        );
      }
    });
  }

  it("refuses a header that hides rows", async () => {
    const destinations = (): number[] => [1];
    await assert.rejects(rowsOf('name;destination;"note\na;+380441112201;x\nb;+380441112202;y"\n', { destinations }), {
      code: "EINVALID",
      key: "webitel.errors.header.quote",
    });
    assert.equal((await rowsOf('name;destination;"note\nof; us"\na;+380441112201;x\n', { destinations })).length, 1);
  });

  it("looks no further than a record's cells where quotes chain all lines of a text", async () => {
    const count = 30_000;
    const rows = await rowsOf(`n;d\n${'x";"y\n'.repeat(count)}`);
    assert.equal(rows.length, count);
    assert.ok(rows.every(({ error }) => error?.key === "quote"));
  }).timeout(20_000);

  it("refuses a text without lines", async () => {
    await assert.rejects(rowsOf("x".repeat(3 * 1024 * 1024)), {
      code: "EINVALID",
      key: "webitel.errors.source.no-lines",
    });
  });

  it("cuts text between characters", () => {
    const text = `${"x".repeat(64 * 1024 - 1)}😀${"y".repeat(10)}`;
    const cut = [...slices(text, 64 * 1024)];
    assert.equal(cut.join(""), text);
    assert.ok(cut.every((slice) => !/[\uD800-\uDBFF]$/.test(slice)));
  });

  it("previews the first records as the upload reads them", async () => {
    const rows = await rowsOf(PEOPLE);
    const [header, ...others] = firstRecords(`\uFEFF${PEOPLE}`, "auto", 3);
    assert.deepEqual(header?.cells, Object.keys(EXPECTED[0] ?? {}));
    assert.deepEqual(
      others.map(({ cells, line }) => [line, ...cells]),
      rows.map(({ data, line }) => [line, ...Object.values(data as object)] as unknown),
    );
    assert.deepEqual(
      firstRecords("a;b", "auto", 2).map(({ cells }) => cells),
      [["a", "b"]],
    );
  });
});
