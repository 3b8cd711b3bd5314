/** Records of more than a reader waits for. */
import assert from "node:assert/strict";
import { RecordReader } from "../../../lib/webitel/csv.js";
import { destinationColumns } from "../../../lib/webitel/hidden-rows.js";
import { textSource } from "../../../lib/webitel/upload/csv-source.js";
import { RecordScan } from "../../../lib/webitel/record-end.js";
import type { CsvOptions } from "../../../lib/webitel/upload/row-reader.js";
import type { InputRow } from "../../../lib/webitel/upload/rows.js";

async function rowsOf(input: string, options: Partial<CsvOptions> = {}): Promise<InputRow[]> {
  const rows: InputRow[] = [];
  const source = textSource(input, { separator: "auto", encoding: "auto", ...options });
  for await (const some of source.rows()) rows.push(...some);
  return rows;
}

describe("lib/webitel/csv, long records", () => {
  it("gives up a quote that is never closed, instead of gathering the rest of the file", async () => {
    const count = 100_000;
    const rows = await rowsOf(`a;b\n1;2\n"3;4\n${"x;y\n".repeat(count)}`);
    assert.equal(rows.length, count + 2);
    assert.deepEqual(
      rows.filter(({ error }) => error).map(({ line, data }) => [line, data]),
      [[3, { a: '"3', b: "4" }]],
    );
  });

  const MAIL = "Dear Sir or Madam, thank you for your message of Monday, which we read";
  /** Lines of a letter, with one of a row's cells and a quote. */
  const letter = (kilobytes: number, end: string): string => {
    const lines = Array.from({ length: Math.ceil((kilobytes * 1024) / MAIL.length) }, () => MAIL);
    return [...lines.slice(0, 100), "Ghost;x;+380449991001;y", 'he said ""yes""', ...lines.slice(100)].join(end);
  };
  const LISTED = { destinations: (header: readonly string[]) => destinationColumns(header, []) };
  for (const end of ["\n", "\r\n", "\r"]) {
    it(`reads a long cell in correct quotes as text, and one of more than a megabyte as one row (${JSON.stringify(end)})`, async () => {
      for (const kilobytes of [300, 900, 1100]) {
        const text = letter(kilobytes, end);
        for (const note of [text, `${text}";"second${end}cell`, text.replaceAll(end, " ")]) {
          const lines = [`name;destination;note;more`, `A;+380441112201;"${note}"`, "B;+380441112202;y", ""];
          const rows = await rowsOf(lines.join(end), LISTED);
          assert.deepEqual(
            rows.map(({ data, line, error }) => [(data as { name: string }).name, line, error?.key]),
            [
              ["A", 2, kilobytes > 1000 ? "too-long" : undefined],
              ["B", 2 + note.split(end).length, undefined],
            ],
          );
        }
      }
    }).timeout(20_000);
  }

  /** A CSV that somebody has pasted into a cell. */
  const pasted = (kilobytes: number, end: string): string =>
    Array.from({ length: Math.ceil(kilobytes * 50) }, (_, at) => `x${at};+3804450${10_000 + at};y`).join(end);
  for (const end of ["\n", "\r\n", "\r"]) {
    it(`never reads a long cell in correct quotes as rows, though its lines look like them (${JSON.stringify(end)})`, async () => {
      for (const kilobytes of [200, 261, 900, 1100, 2500]) {
        const note = pasted(kilobytes, end);
        const last = 1 + note.split(end).length;
        for (const [row, error] of [
          [`A;+380441112201;"${note}"`, note.length > 1024 * 1024 ? "too-long" : "hidden"],
          [`"${note}";+380441112201;y`, note.length > 1024 * 1024 ? "too-long" : "hidden"],
        ] as const) {
          const rows = await rowsOf(["name;destination;note", row, "B;+380441112202;y", ""].join(end), LISTED);
          assert.deepEqual(
            rows.map(({ line, error: found }) => [line, found?.key, found?.value?.split(" ")[0]]),
            [
              [2, error, `2-${last}`],
              [last + 1, undefined, undefined],
            ],
          );
        }
      }
    }).timeout(20_000);
  }

  for (const [what, stray, closes] of [
    ["by nothing", '"A;+380441112201;x', ""],
    ["by the next cell in quotes", 'A;"+380441112201;x', 'C;+380441112203;"y"\n'],
    ["by a doubled quote", 'A;+380441112201;"', 'C;+380441112203;"a ""b"" c"\n'],
    ["by a row with one cell more", 'A;+380441112201;"', '"C";+380441112203;y\n'],
  ] as const) {
    it(`loads the rows behind a quote that is never closed, however many they are: ${what}`, async () => {
      const count = 100_000;
      const list = `name;destination;note\n${stray}\n${"B;+380441112202;x\n".repeat(count)}${closes}D;+380441112204;z\n`;
      const rows = await rowsOf(list, LISTED);
      assert.deepEqual(
        rows.filter(({ error }) => error).map(({ line, error }) => [line, error?.key]),
        [[2, "quote"]],
      );
      assert.equal(rows.length, count + (closes === "" ? 2 : 3));
    }).timeout(20_000);
  }

  it("rejects as one row with its lines what two stray quotes hide, though it has more than a megabyte", async () => {
    const count = 100_000;
    const row = "B;+380441112202;x\n";
    const rows = await rowsOf(
      `name;destination;note\nA;"+380441112201;x\n${row.repeat(count)}C;+3804";z\n${row}`,
      LISTED,
    );
    assert.deepEqual(
      rows.map(({ line, error }) => [line, error?.key, error?.value]),
      [
        [2, "too-long", `2-${count + 3}`],
        [count + 4, undefined, undefined],
      ],
    );
  }).timeout(20_000);

  for (const [what, text] of [
    ["of two lines", "X;+380551112201;y\n"],
    ["of many lines", "X;+380551112201;y\n".repeat(3000)],
  ] as const) {
    it(`loads nobody of a text whose first quote ends a record of more than a megabyte: ${what}`, async () => {
      const count = 100_000;
      const row = "B;+380441112202;x\n";
      const people = `A;+380441112201;"x\n${row.repeat(count)}C;+380441112203;"\n${text}"\n${row}`;
      const rows = await rowsOf(`name;destination;note\n${people}`, LISTED);
      const last = people.split("\n").length;
      assert.deepEqual(
        rows.map(({ data, line, error }) => [(data as { name: string }).name, line, error?.key, error?.value]),
        [
          ["A", 2, "too-long", `2-${last - 1}`],
          ["B", last, undefined, undefined],
        ],
      );
    }).timeout(20_000);
  }

  it("reads on behind each of many long records", async () => {
    const note = `"${pasted(300, "\n")}"`;
    const long = "x".repeat(1_200_000);
    const list = Array.from(
      { length: 20 },
      (_, at) => `A;+3804411122${at};${note}\nB;+3804411123${at};"${long}\n\n"\n`,
    );
    const rows = await rowsOf(`name;destination;note\n${list.join("")}C;+380441112204;z`, LISTED);
    assert.deepEqual(
      rows.map(({ error }) => error?.key),
      [...list.flatMap(() => ["hidden", "too-long"]), undefined],
    );
    assert.equal(rows.at(-1)?.line, 2 + 20 * (note.split("\n").length + 3));
  }).timeout(30_000);

  it("finds the end of a record as its reader does, whatever is in it and however it is cut", () => {
    let seed = 7;
    const random = (below: number): number => (seed = (seed * 48_271) % 2_147_483_647) % below;
    const SIGNS = ['"', '"', '"', ";", ";", "\n", "\r", "\r\n", " ", "a"];
    const kinds = { whole: 0, damaged: 0, open: 0 };
    for (let round = 0; round < 20_000; round++) {
      const text = Array.from({ length: 1 + random(20) }, () => SIGNS[random(SIGNS.length)]).join("") + "z";
      const reader = new RecordReader(";");
      reader.read("1;2;3\n");
      const [record] = [...reader.read(text), ...reader.end()];
      const scan = new RecordScan(";", 3);
      const size = 1 + random(5);
      let end;
      for (let at = 0; at < text.length && !end; at += size) end = scan.add(text.slice(at, at + size));
      end ??= scan.end();
      const first = text.slice(0, end.length);
      // Records of nothing but separators are left out.
      if (/^[;\s]*$/.test(first.replaceAll('"', ""))) continue;
      const { cells, lines = 1, damaged, doubtful } = record as NonNullable<typeof record>;
      if (doubtful) continue;
      kinds[end.kind]++;
      assert.equal(damaged ?? false, end.kind !== "whole", JSON.stringify(text));
      if (end.kind === "open") continue;
      assert.equal(lines, end.breaks + 1, JSON.stringify(text));
      if (end.kind === "damaged") assert.equal(cells.join(";"), first, JSON.stringify(text));
      else assert.match(text.slice(end.length), /^(?:[\r\n]|$)/, JSON.stringify(text));
    }
    assert.ok(
      Object.values(kinds).every((count) => count > 500),
      JSON.stringify(kinds),
    );
  });

  it("gives up a quote that is never closed where fewer cells than the header's are rows too", async () => {
    const count = 20_000;
    const rows = await rowsOf(
      `name;destination;note\n"A;+380441112201;x\n${"B;+380441112202\n".repeat(count)}`,
      LISTED,
    );
    assert.equal(rows.length, count + 1);
    assert.deepEqual(rows.filter(({ error }) => error).length, 1);
  });

  it("does not end as if all was read when a quote of a text that is no list is never closed", async () => {
    await assert.rejects(rowsOf(`name;destination;note\nA;+380441112201;"${letter(3000, "\n")}\n`, LISTED), {
      key: "webitel.errors.source.unread-lines",
    });
  });

  for (const end of ["\n", "\r\n", ""]) {
    it(`rejects a line of more than a megabyte, and reads on (${JSON.stringify(end)})`, async () => {
      const rows = await rowsOf(`name;note\nA;1\nB;${"x".repeat(3 * 1024 * 1024)}${end && `${end}C;2${end}D;"3"`}`);
      const read = rows.map(({ data, line, error }) => [(data as { name: string }).name, line, error?.key]);
      const others = [
        ["C", 4, undefined],
        ["D", 5, undefined],
      ];
      assert.deepEqual(read, [["A", 2, undefined], ["B", 3, "too-long"], ...(end === "" ? [] : others)]);
      assert.ok(JSON.stringify(rows[1]?.data).length < 2000);
    });
  }
});
