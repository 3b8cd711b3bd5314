/** Stray quotes in lists whose cells have text of several lines, some of which look like rows. */
import assert from "node:assert/strict";
import { destinationColumns, hasNumber } from "../../../lib/webitel/hidden-rows.js";
import { textSource } from "../../../lib/webitel/upload/csv-source.js";
import type { InputRow } from "../../../lib/webitel/upload/rows.js";

const COLUMNS = ["name", "destination", "note"];
const destinations = (header: readonly string[]): number[] => destinationColumns(header, []);

async function rowsOf(text: string): Promise<InputRow[]> {
  const rows: InputRow[] = [];
  for await (const some of textSource(text, { separator: "auto", encoding: "auto", destinations }).rows())
    rows.push(...some);
  return rows;
}

/** A list and who is in it; `stray` are notes with quotes that do not fit. */
function list(seed: number, stray: readonly string[], most: number): { text: string; people: string[] } {
  let state = seed * 7919;
  const random = (below: number): number => (state = (state * 48_271 + 11) % 2_147_483_647) % below;
  const pick = <T>(from: readonly T[]): T => from[random(from.length)] as T;
  const separator = pick([";", ",", "\t"]);
  const end = pick(["\n", "\r\n"]);
  const columns = pick([COLUMNS, ["note", "name", "destination"], ["name", "note", "destination"]]);
  const line = (name: string, destination: string, note: string): string =>
    columns.map((column) => ({ name, destination, note })[column]).join(separator);
  let strangers = 0;
  const textLine = (): string => {
    const row = line(`stranger${++strangers}`, `+38055${1_000_000 + strangers}`, "t");
    const quoted = row.replaceAll(/[^;,\t]+/g, '""$&""');
    return pick([row, row, row, quoted, "", "plain text", 'said ""yes""', '""', `a${separator}b`]);
  };
  const people = Array.from({ length: 5 + random(25) }, (_, at) => `person${at}`);
  let strays = 0;
  const lines = people.map((name, at) => {
    const kind = random(10);
    let note = "plain";
    if (kind < 3)
      note = `"${pick(["", "Notes:"])}${end}${Array.from({ length: 1 + random(5) }, textLine).join(end)}${pick(["", end])}"`;
    else if (kind < 5 && strays < most && strays++ >= 0) note = pick(stray).replace("|", separator);
    else if (kind === 5) note = `"a ${separator} ""b"" "`;
    return line(name, `+38044${1_000_000 + at}`, note);
  });
  return { text: [columns.join(separator), ...lines].join(end) + pick(["", end]), people };
}

describe("lib/webitel/csv, stray quotes beside text of several lines", () => {
  const STRAY = ['"open', '"', '"x" y', '5" pipe', '"a"b', 'x "y', '"open|', '""x"', 'open"'];

  for (const [most, what] of [
    [0, "no stray quote"],
    [1, "one stray quote"],
    [99, "several stray quotes"],
  ] as const) {
    it(`loads nobody who is only named in a text, and loses nobody, with ${what}`, async () => {
      let rejected = 0;
      for (let seed = 1; seed <= 500; seed++) {
        const { text, people } = list(seed, STRAY, most);
        const rows = await rowsOf(text);
        const isGood = ({ data, error }: InputRow): boolean =>
          !error && hasNumber([(data as { destination?: string }).destination ?? ""], [0]);
        const loaded = rows.filter(isGood).map(({ data }) => (data as { name: string }).name);
        const refused = JSON.stringify(rows.filter((row) => !isGood(row)).map(({ data }) => data));
        const lost = people.filter((name) => !loaded.includes(name) && !new RegExp(`${name}(?!\\d)`).test(refused));
        assert.deepEqual([loaded.filter((name) => !people.includes(name)), lost], [[], []], `seed ${seed}: ${text}`);
        rejected += rows.length - loaded.length;
        if (most === 0) assert.ok(rows.every(({ error }) => !error || error.key === "hidden"));
      }
      assert.ok(rejected > 100);
    }).timeout(30_000);
  }

  it("rejects as one row what may be text of a cell, with its lines", async () => {
    const stray = 'A;+380441112201;"open\nB;+380441112202;x\nC;+380441112203;"\nX;+380551112201;y\nsaid ""yes""\n"\n';
    for (const [rest, last] of [
      ["", undefined],
      ["D;+380441112204;z\n", "D"],
      ['D;+380441112204;"z"\n', "D"],
    ] as const) {
      const rows = await rowsOf(`name;destination;note\n${stray}${rest}`);
      assert.deepEqual(
        rows.map(({ data, line, error }) => [(data as { name: string }).name, line, error?.key, error?.value]),
        [["A", 2, "hidden", "2-7 (5)"], ...(last ? [[last, 8, undefined, undefined]] : [])],
      );
      assert.match(JSON.stringify(rows[0]?.data), /B;.*C;.*X;.*yes/);
    }
  });

  it("rejects what three quotes that fit each other may enclose", async () => {
    const text =
      'A;+380441112201;"open\nB;+380441112202;"\nC;+380441112203;x\nD;+380441112204;"\nX;+380551112201;y\n"\n';
    const rows = await rowsOf(`name;destination;note\n${text}E;+380441112205;z\n`);
    assert.deepEqual(
      rows.map(({ data, line, error }) => [(data as { name: string }).name, line, error?.value]),
      [
        ["A", 2, "2-7 (5)"],
        ["E", 8, undefined],
      ],
    );
  });

  it("rejects a text of almost a megabyte that a stray quote puts outside its cell", async () => {
    const pasted = "X;+380551112201;y\n".repeat(50_000);
    const stray = `A;+380441112201;"open\nB;+380441112202;"\n${pasted}"\n`;
    const rows = await rowsOf(`name;destination;note\n${stray}C;+380441112203;z\n`);
    assert.deepEqual(
      rows.map(({ data, line, error }) => [(data as { name: string }).name, line, error?.key]),
      [
        ["A", 2, "hidden"],
        ["C", 50_005, undefined],
      ],
    );
  });

  it("believes a note that ends with a line break or a separator, whatever follows far behind", async () => {
    const note = 'A;+380441112201;"X;+380551112201;y\n"\nB;+380441112202;"a;\nb;"\n';
    const many = "C;+380441112203;x\n".repeat(5000);
    for (const rest of ["", many, `${many}D;+380441112204;5"\n`, 'D;+380441112204;"z"\n', 'D;+380441112204;"z\n']) {
      const rows = await rowsOf(`name;destination;note\n${note}${rest}`);
      assert.deepEqual(
        rows.slice(0, 2).map(({ data, error }) => [(data as { name: string }).name, error]),
        [
          ["A", undefined],
          ["B", undefined],
        ],
      );
    }
  });
});
