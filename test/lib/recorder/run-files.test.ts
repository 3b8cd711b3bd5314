/** The files of finished runs. */
import assert from "node:assert/strict";
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { RunFiles } from "../../../lib/recorder/run-files.js";

describe("Files of runs", () => {
  let folder: string;
  beforeEach(() => (folder = mkdtempSync(join(tmpdir(), "cc-runs-"))));
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  it("have a line for each run, a file for each day, and none that is too old", async () => {
    const files = new RunFiles(join(folder, "recorder"), 2);
    const day = 86_400_000;
    for (let at = 0; at < 4; at++) {
      files.add({ at });
      await files.write(Date.UTC(2026, 10, 20) + at * day);
    }
    files.add({ at: 4 });
    files.writeNow(Date.UTC(2026, 10, 23));
    const names = readdirSync(join(folder, "recorder")).toSorted();
    assert.deepEqual(names, ["2026-11-21.jsonl", "2026-11-22.jsonl", "2026-11-23.jsonl"]);
    const last = join(folder, "recorder", "2026-11-23.jsonl");
    assert.equal(readFileSync(last, "utf8"), `{"at":3}\n{"at":4}\n`);
    assert.equal(statSync(last).mode & 0o777, 0o600);
  });

  it("forget lines, those to be written as well, and leave other files", async () => {
    const files = new RunFiles(folder, 1);
    writeFileSync(join(folder, "other.txt"), "x");
    for (const name of ["x", "y", "x"]) files.add({ name });
    await files.write();
    for (const name of ["x", "z"]) files.add({ name });
    assert.equal(await files.forget((line) => line.includes(`"x"`)), 3);
    await files.write();
    const [file = "", other] = readdirSync(folder).toSorted();
    assert.equal(readFileSync(join(folder, file), "utf8"), `{"name":"y"}\n{"name":"z"}\n`);
    assert.equal(other, "other.txt");
  });
});
