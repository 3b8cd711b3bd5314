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
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { ContactCenterError } from "../../../lib/webitel/errors.js";
import { textSource } from "../../../lib/webitel/upload/csv-source.js";
import { RejectsFile } from "../../../lib/webitel/upload/rejects-file.js";
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
  const open = (path: string, delimiter: ";" | "," = ";"): Promise<RejectsFile> =>
    RejectsFile.open(path, source(delimiter), undefined, (fault) => faults.push(fault));

  async function rowsOf(text: string): Promise<InputRow[]> {
    const rows: InputRow[] = [];
    for await (const some of textSource(text, { separator: "auto", encoding: "auto" }).rows()) rows.push(...some);
    return rows;
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

  describe("in the rest of a run", () => {
    const row = (n: string): { n: string; d: string; t: string } => ({ n, d: '1 "x"', t: " ü" });
    const inFile = async (path: string): Promise<unknown[]> =>
      (await rowsOf(readFileSync(path, "utf8"))).map(({ data }) => (data as { n: string }).n);

    it("has each row once, whatever the journal knew of it when the process was killed", async () => {
      const path = join(folder, "r.csv");
      const file = await open(path);
      const known = await file.add(["a", "twin"].map((n) => ({ data: row(n), reason: "one" })));
      assert.equal(known, statSync(path).size);
      await file.add(["twin", "c"].map((n) => ({ data: row(n), reason: "two" })));
      const rest = await RejectsFile.open(path, source(";"), known, (fault) => faults.push(fault));
      await rest.add(["twin", "c", "twin", "d"].map((n) => ({ data: row(n), reason: "said otherwise" })));
      assert.deepEqual(await inFile(path), ["a", "twin", "twin", "c", "twin", "d"]);
    });

    it("has each row once when the journal knew of none, and a line that is not whole again", async () => {
      const path = join(folder, "r.csv");
      await (await open(path)).add(["a", "b", "c"].map((n) => ({ data: row(n), reason: "one" })));
      truncateSync(path, statSync(path).size - 20);
      const rest = await RejectsFile.open(path, source(";"), 0, (fault) => faults.push(fault));
      await rest.add(["a", "b", "c"].map((n) => ({ data: row(n), reason: "one" })));
      assert.deepEqual(await inFile(path), ["a", "b", "c"]);
    });

    it("goes behind what somebody has changed", async () => {
      const path = join(folder, "r.csv");
      const file = await open(path);
      const known = (await file.add(["a", "b"].map((n) => ({ data: row(n), reason: "one" })))) ?? 0;
      writeFileSync(path, `\uFEFFn;d;t;reason\r\n${"edited;1;2;\r\n".repeat(10)}`.slice(0, known + 9));
      const rest = await RejectsFile.open(path, source(";"), known, (fault) => faults.push(fault));
      await rest.add([{ data: row("b"), reason: "one" }]);
      assert.match(readFileSync(path, "utf8"), /edited[^]*\nedite[^\n]*\r\nb;/);
    });
  });
});
