/** The file for refused rows in the rest of a run: each row is in it once, whatever its journal knew when the process ended. */
import assert from "node:assert/strict";
import {
  mkdtempSync,
  readFileSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { ContactCenterError } from "../../../lib/webitel/errors.js";
import { textSource } from "../../../lib/webitel/upload/csv-source.js";
import { RejectsFile } from "../../../lib/webitel/upload/rejects-file.js";
import type { KnownRejects } from "../../../lib/webitel/upload/rejects-known.js";

describe("lib/webitel/upload/rejects-file, in the rest of a run", () => {
  let folder: string;
  let faults: ContactCenterError[];
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "cc-rejects-"));
    faults = [];
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  /** What the journal of a run would have. */
  let journal: KnownRejects;
  const open = (path: string, known?: KnownRejects): Promise<RejectsFile> =>
    RejectsFile.open(path, { columns: ["n", "d", "t"], delimiter: ";" }, known, {
      onFault: (fault) => void faults.push(fault),
      onBegin: (begun) => Promise.resolve(void (journal = begun)),
    });
  const row = (n: string): { n: string; d: string; t: string } => ({ n, d: '1 "x"', t: " ü" });
  const inFile = async (path: string): Promise<unknown[]> => {
    const names: unknown[] = [];
    for await (const rows of textSource(readFileSync(path, "utf8"), { separator: "auto", encoding: "auto" }).rows())
      names.push(...rows.map(({ data }) => (data as { n: string }).n));
    return names;
  };

  it("takes back what the journal did not know of when the process was killed", async () => {
    const path = join(folder, "r.csv");
    const file = await open(path);
    const known = await file.add(["a", "twin"].map((n) => ({ data: row(n), reason: "one" })));
    assert.equal(known?.bytes, statSync(path).size);
    await file.add(["twin", "c"].map((n) => ({ data: row(n), reason: "two" })));
    const rest = await open(path, { ...journal, ...known });
    assert.deepEqual(await inFile(path), ["a", "twin"]);
    // The third one is loaded now.
    await rest.add(["c", "twin", "d"].map((n) => ({ data: row(n), reason: "said otherwise" })));
    assert.deepEqual(await inFile(path), ["a", "twin", "c", "twin", "d"]);
  });

  it("begins anew when the journal knew of no row, also behind a line that is not whole", async () => {
    const path = join(folder, "r.csv");
    await (await open(path)).add(["a", "b", "c"].map((n) => ({ data: row(n), reason: "one" })));
    truncateSync(path, statSync(path).size - 20);
    const rest = await open(path, journal);
    await rest.add(["b", "c"].map((n) => ({ data: row(n), reason: "one" })));
    assert.deepEqual([await inFile(path), readdirSync(folder)], [["b", "c"], ["r.csv"]]);
  });

  for (const [what, isKnown, left] of [
    ["keeps the rows that are done", true, ["one.csv", "two.csv"]],
    ["leaves no file without a row", false, ["two.csv"]],
  ] as const)
    it(`takes the rest back where the message names another file, and ${what}`, async () => {
      const file = await open(join(folder, "one.csv"));
      const known = await file.add([{ data: row("a"), reason: "one" }]);
      await file.add([{ data: row("b"), reason: "one" }]);
      const rest = await open(join(folder, "two.csv"), { ...journal, ...(isKnown && known) });
      await rest.add((isKnown ? ["b"] : ["a", "b"]).map((n) => ({ data: row(n), reason: "one" })));
      assert.deepEqual(readdirSync(folder), left);
      const written = await Promise.all(left.map((name) => inFile(join(folder, name))));
      assert.deepEqual(written.flat(), ["a", "b"]);
    });

  it("takes it back as well where the rest has no file", async () => {
    const path = join(folder, "r.csv");
    const file = await open(path);
    const known = await file.add([{ data: row("a"), reason: "one" }]);
    await file.add([{ data: row("b"), reason: "one" }]);
    await RejectsFile.leave({ ...journal, ...known });
    assert.deepEqual(await inFile(path), ["a"]);
  });

  it("finds its file under the name that another run gave it, and leaves that of the other alone", async () => {
    const path = join(folder, "r.csv");
    const file = await open(path);
    const known = await file.add([{ data: row("a1"), reason: "one" }]);
    await file.add([{ data: row("a2"), reason: "one" }]);
    const mine = { ...journal, ...known };
    await (await open(path)).add([{ data: row("b1"), reason: "one" }]);
    const rest = await open(path, mine);
    await rest.add(["a2", "a3"].map((n) => ({ data: row(n), reason: "one" })));
    // One more comes in between.
    await (await open(path)).add([{ data: row("c1"), reason: "one" }]);
    await rest.add([{ data: row("a4"), reason: "one" }]);
    const names = readdirSync(folder);
    const written = await Promise.all(names.map((name) => inFile(join(folder, name))));
    assert.deepEqual(written.map((all) => all.join()).sort(), ["a1,a2,a3,a4", "b1", "c1"]);
    assert.deepEqual(faults, []);
  });

  it("begins another file when its own is gone, and leaves that of another run alone", async () => {
    const path = join(folder, "r.csv");
    const file = await open(path);
    const mine = { ...journal, ...(await file.add([{ data: row("a1"), reason: "one" }])) };
    rmSync(path);
    await (await open(path)).add([{ data: row("b1"), reason: "one" }]);
    const rest = await open(path, mine);
    await rest.add([{ data: row("a2"), reason: "one" }]);
    // In the midst of the run too.
    renameSync(path, join(folder, "elsewhere"));
    await rest.add([{ data: row("a3"), reason: "one" }]);
    const names = readdirSync(folder);
    const written = await Promise.all(names.map((name) => inFile(join(folder, name))));
    assert.deepEqual(written.map((all) => all.join()).sort(), ["a2", "a3", "b1"]);
    assert.deepEqual(faults, []);
  });

  it("goes behind what somebody has changed", async () => {
    const path = join(folder, "r.csv");
    const file = await open(path);
    const known = await file.add(["a", "b"].map((n) => ({ data: row(n), reason: "one" })));
    for (const more of [9, 0]) {
      const edited = `\uFEFFn;d;t;reason\r\n${"edited;1;2;\r\n".repeat(10)}`.slice(0, (known?.bytes ?? 0) + more);
      writeFileSync(path, edited);
      const rest = await open(path, { ...journal, ...known });
      await rest.add([{ data: row("b"), reason: "one" }]);
      await rest.add([{ data: row("c"), reason: "one" }]);
      assert.match(readFileSync(path, "utf8"), /edited[^]*\nedite[^\n]*\r\nb;[^\n]*\nc;[^\n]*\n$/);
    }
  });
});
