import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import {
  closeSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readFileSync,
  readdirSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { open as openFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { ContactCenterError } from "../../../lib/webitel/errors.js";
import { textSource } from "../../../lib/webitel/upload/csv-source.js";
import { destinationColumns, hasNumber } from "../../../lib/webitel/hidden-rows.js";
import { rejectedRow, RejectsFile } from "../../../lib/webitel/upload/rejects-file.js";
import { listSource } from "../../../lib/webitel/upload/source.js";
import type { InputRow } from "../../../lib/webitel/upload/rows.js";

const REASON = "The line has a quote that does not fit.";

describe("lib/webitel/upload/rejects-file", () => {
  let folder: string;
  let faults: ContactCenterError[];
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "cc-rejects-"));
    faults = [];
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  const source = (delimiter: ";" | ",") => ({ columns: ["n", "d", "t"], delimiter });
  const open = (path: string): Promise<RejectsFile> =>
    RejectsFile.open(path, source(";"), undefined, {
      onFault: (fault) => void faults.push(fault),
      onBegin: () => Promise.resolve(),
    });

  async function rowsOf(text: string): Promise<InputRow[]> {
    const rows: InputRow[] = [];
    const destinations = (header: readonly string[]): number[] => destinationColumns(header, []);
    const input = textSource(text, { separator: "auto", encoding: "auto", destinations });
    for await (const some of input.rows()) rows.push(...some);
    return rows;
  }

  it("keeps a column of the input that has the name of its own, where that is loaded", async () => {
    const path = join(folder, "r.csv");
    const write = async (columns: string[], data: object): Promise<string> => {
      rmSync(path, { force: true });
      const observer = {
        onFault: (fault: ContactCenterError) => void faults.push(fault),
        onBegin: () => Promise.resolve(),
      };
      const file = await RejectsFile.open(path, { columns, delimiter: ";" }, undefined, observer, ["n", "reason"]);
      await file.add([{ data, reason: "said" }]);
      await file.close();
      return readFileSync(path, "utf8").replace("\uFEFF", "");
    };
    const text = "n;reason;reason (2)\r\nA;debt;said\r\n";
    assert.equal(await write(["n", "reason"], { n: "A", reason: "debt" }), text);
    // Loaded again, and refused again.
    const again = { n: "A", reason: "debt", "reason (2)": "said before" };
    assert.equal(await write(["n", "reason", "reason (2)"], again), text);
    assert.deepEqual(faults, []);
  });

  it("has a column for each property that an item of a list has", async () => {
    const path = join(folder, "r.csv");
    const items = [{ n: "A" }, { n: "B", d: "12" }, { t: "x", d: "13" }];
    const list = listSource(items);
    await list.measure();
    const file = await RejectsFile.open(path, list, undefined, {
      onFault: () => undefined,
      onBegin: () => Promise.resolve(),
    });
    await file.add(items.map((data) => ({ data, reason: "said" })));
    await file.close();
    assert.equal(readFileSync(path, "utf8"), "\uFEFFn;d;t;reason\r\nA;;;said\r\nB;12;;said\r\n;13;x;said\r\n");
  });

  const PASTED = "X;+380551112201;y\n";
  for (const [what, list] of [
    ["one hidden row", 'A;+380441112201;"x\nB;+380441112202;y\nC;+380441112203;z"'],
    ["hidden rows in its first cell", '"A;+380441112201;x\nB;+380441112202;y\nC";+380441112203;z'],
    ["text that a stray quote puts behind it", `A;+380441112201;"x\nB;+380441112202;"\n${PASTED}"`],
    ["more than a megabyte", `A;+380441112201;"${PASTED.repeat(60_000)}"`],
    ["more than a megabyte, the text first", `"${PASTED.repeat(60_000)}";+380441112201;x`],
  ] as const) {
    it(`writes a record so that nobody in it is loaded from the file as it is: ${what}`, async () => {
      const path = join(folder, "r.csv");
      const columns = ["name", "destination", "note"];
      const refused = await rowsOf(`${columns.join(";")}\n${list}\n`);
      assert.deepEqual(
        refused.map(({ line, error }) => [line, error !== undefined]),
        [[2, true]],
      );
      const file = await RejectsFile.open(path, { columns, delimiter: ";" }, undefined, {
        onFault: (fault) => void faults.push(fault),
        onBegin: () => Promise.resolve(),
      });
      void file.add(
        refused.map(({ data, error }) => rejectedRow({ row: 1, code: "EINVALID", data, reason: error }, "Said; why.")),
      );
      await file.close();
      const [again, ...more] = await rowsOf(readFileSync(path, "utf8"));
      assert.deepEqual(more, []);
      const { data, error } = again as InputRow;
      assert.equal((data as { reason: string }).reason, "Said; why.");
      assert.ok(error ?? !hasNumber([(data as { destination: string }).destination], [0]), JSON.stringify(data));
      assert.deepEqual(faults, []);
    });
  }

  for (const [what, lines] of Object.entries({
    "an open quote": '"r6;6;z',
    "an open quote in the last cell": 'r;1;"z',
    "open quotes that would make one legal cell together": '"r6;6;z\nb";2;y;more;cells\n',
    "text behind a closing quote": '"a" x;1;z',
    "a doubled quote at the end": '"a;1;z""',
    "fewer cells than the header": '"a',
    "more cells than the header": '"a;1;z;p;q',
  })) {
    it(`writes a damaged line so that it is refused again, alone: ${what}`, async () => {
      const path = join(folder, "r.csv");
      const text = `n;d;t\n${lines}\n`;
      const damaged = (await rowsOf(text)).filter(({ error }) => error?.key === "quote");
      assert.ok(damaged.length > 0);
      const file = await open(path);
      void file.add(damaged.map(({ data }) => ({ data, reason: REASON, isDamaged: true })));
      void file.add([{ data: { n: 'say "hi"', d: "2", t: "u;v" }, reason: "other" }]);
      await file.close();
      const [, ...written] = readFileSync(path, "utf8").split("\r\n");
      assert.ok(written[0]?.startsWith(lines.split(/[\n]/)[0]?.split(";", 3).join(";") ?? "-"), written[0]);
      const again = await rowsOf(readFileSync(path, "utf8"));
      assert.deepEqual(
        again.map(({ error }) => error?.key),
        [...damaged.map(() => "quote"), undefined],
      );
      assert.deepEqual(again.at(-1)?.data, { n: 'say "hi"', d: "2", t: "u;v", reason: "other" });
      assert.deepEqual(faults, []);
    });
  }

  for (const [what, path, code] of [
    ["a folder that is not there", "no/r.csv", "ENOENT"],
    ["a folder of this name", "taken", "EISDIR"],
    ["a pipe", "pipe", "EINVALID"],
    ["a link to a pipe", "link", "EINVALID"],
  ] as const) {
    it(`says before anything is loaded that it cannot be made: ${what}`, async () => {
      mkdirSync(join(folder, "taken"));
      execFileSync("mkfifo", [join(folder, "pipe")]);
      symlinkSync("pipe", join(folder, "link"));
      await assert.rejects(open(join(folder, path)), ({ code: found, key, message }: ContactCenterError) => {
        assert.deepEqual([found, key], [code, "webitel.errors.rejects-open"]);
        assert.match(message, /nothing was loaded/);
        return true;
      });
      assert.deepEqual(readdirSync(folder).sort(), ["link", "pipe", "taken"]);
    });
  }

  it("refuses a link to an open file of a process", async () => {
    const [path, link] = [join(folder, "opened"), join(folder, "link")];
    writeFileSync(path, "kept");
    const opened = openSync(path, "r");
    symlinkSync(`/proc/self/fd/${opened}`, link);
    for (const name of [link, `/proc/self/fd/${opened}`]) await assert.rejects(open(name), { code: "EINVALID" });
    closeSync(opened);
    assert.deepEqual([readdirSync(folder).sort(), readFileSync(path, "utf8")], [["link", "opened"], "kept"]);
  });

  it("says once that it cannot be written any more, and goes on", async () => {
    const path = join(folder, "below", "r.csv");
    mkdirSync(join(folder, "below"));
    const file = await open(path);
    rmSync(join(folder, "below"), { recursive: true });
    for (const n of ["1", "2", "3"]) void file.add([{ data: { n }, reason: "x" }]);
    await file.close();
    assert.deepEqual(
      faults.map(({ code, key }) => [code, key]),
      [["ENOENT", "webitel.errors.rejects-file"]],
    );
    assert.match(faults[0]?.message ?? "", /goes on/);
  });

  it("leaves no empty file, and keeps that of an earlier run", async () => {
    const path = join(folder, "r.csv");
    await (await open(path)).close();
    assert.deepEqual(readdirSync(folder), []);
    writeFileSync(path, "x");
    await (await open(path)).close();
    assert.match(readdirSync(folder).join(), /^r\.\d{8}T\d{6}\.csv$/);
  });

  it("keeps the file of each run, also when many end within one second", async () => {
    const path = join(folder, "r.csv");
    writeFileSync(path, "a user's");
    for (let run = 0; run < 8; run++) {
      const file = await open(path);
      await file.add([{ data: { n: `run${run}` }, reason: "x" }]);
      // The same second, whatever the clock says.
      utimesSync(path, 1_800_000_000, 1_800_000_000);
    }
    const all = readdirSync(folder).map((name) => readFileSync(join(folder, name), "utf8"));
    assert.equal(all.length, 9);
    for (let run = 0; run < 8; run++) assert.equal(all.filter((text) => text.includes(`run${run}`)).length, 1);
    assert.deepEqual(faults, []);
  });

  it("keeps the rows of runs that write at once apart", async () => {
    const path = join(folder, "r.csv");
    const runs = await Promise.all(["a", "b", "c"].map(async (name) => ({ name, file: await open(path) })));
    for (let at = 0; at < 5; at++)
      await Promise.all(runs.map(({ name, file }) => file.add([{ data: { n: `${name}${at}` }, reason: "x" }])));
    const written = readdirSync(folder).map((name) =>
      (readFileSync(join(folder, name), "utf8").match(/^[abc]\d/gm) ?? []).join(" "),
    );
    assert.deepEqual(
      written.filter((text) => text !== "").sort(),
      ["a", "b", "c"].map((name) => [0, 1, 2, 3, 4].map((at) => `${name}${at}`).join(" ")),
    );
    assert.deepEqual(faults, []);
  });

  it("ends with a whole row when there is no room for more, and says it", async () => {
    const path = join(folder, "r.csv");
    const file = await open(path);
    await file.add([{ data: { n: "first" }, reason: "x" }]);
    const some = await openFile(path);
    await some.close();
    const handles = Object.getPrototypeOf(some) as {
      appendFile: (this: unknown, text: string) => Promise<void>;
    };
    const { appendFile } = handles;
    handles.appendFile = async function (text: string) {
      await appendFile.call(this, text.slice(0, text.indexOf("second") + 20));
      throw Object.assign(new Error("no space left"), { code: "ENOSPC" });
    };
    try {
      void file.add(["kept\r\nwith it", "second", "third"].map((n) => ({ data: { n }, reason: "long ".repeat(9) })));
      await file.close();
    } finally {
      handles.appendFile = appendFile;
    }
    const rows = (await rowsOf(readFileSync(path, "utf8"))).map(({ data }) => (data as { n: string }).n);
    assert.deepEqual(rows, ["first", "kept\r\nwith it"]);
    assert.deepEqual(
      faults.map(({ code }) => code),
      ["ENOSPC"],
    );
  });
});
