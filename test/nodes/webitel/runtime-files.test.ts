import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, realpathSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { isRuntimeFile, isTableName } from "../../../nodes/webitel/upload/runtime-files.js";

describe("nodes/webitel/upload/runtime-files", () => {
  let folder: string;
  beforeEach(() => {
    folder = realpathSync(mkdtempSync(join(tmpdir(), "cc-runtime-")));
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  it("knows the folders that nodes are loaded from, one or several, and packages anywhere", async () => {
    const more = ["more", "extra"].map((name) => join(folder, name));
    for (const nodesDir of [more, more[1], undefined]) {
      const settings = { userDir: join(folder, "user"), nodesDir };
      const own = async (path: string): Promise<boolean> => isRuntimeFile(join(folder, path), settings);
      mkdirSync(join(folder, "extra"), { recursive: true });
      const found = ["extra/r.csv", "extra/a/r.csv", "more/r.csv", "extras/r.csv", "r.csv", "..r.csv"].map(own);
      const isOf = [nodesDir !== undefined, nodesDir !== undefined, Array.isArray(nodesDir), false, false, false];
      assert.deepEqual(await Promise.all(found), isOf);
      assert.deepEqual(await Promise.all(["x/node_modules/r.csv", "user/nodes/r.csv", "user/lib/r.csv"].map(own)), [
        true,
        true,
        true,
      ]);
    }
  });

  it("takes the names of tables only", () => {
    const names = ["r.csv", "r.TSV", "a/r.txt", "r.js", "r.csv.js", "r", "r.csv/", "r.csv ", "r.json", "r.html"];
    assert.deepEqual(
      names.filter((name) => isTableName(name)),
      ["r.csv", "r.TSV", "a/r.txt"],
    );
  });
});
