/** Records of more than a reader waits for. */
import assert from "node:assert/strict";
import { destinationColumns } from "../../../lib/webitel/hidden-rows.js";
import { textSource } from "../../../lib/webitel/upload/csv-source.js";
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
  /** Lines of a letter, with a few that look like rows and a quote. */
  const letter = (kilobytes: number, end: string): string => {
    const lines = Array.from({ length: Math.ceil((kilobytes * 1024) / MAIL.length) }, () => MAIL);
    return [...lines.slice(0, 100), "Ghost;+380449991001;x", 'he said ""yes""', ...lines.slice(100)].join(end);
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
