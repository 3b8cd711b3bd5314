import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { resolve } from "node:path";
import { promisify } from "node:util";

describe("the memory of an upload's rows", () => {
  it("stays in V8's young generation, however long the first rows lived", async () => {
    const script = resolve(__dirname, "../../support/webitel/young-rows.ts");
    const flags = ["--allow-natives-syntax", "--max-semi-space-size=1", "--import", "tsx"];
    const { stdout } = await promisify(execFile)(process.execPath, [...flags, script]);
    assert.deepEqual(JSON.parse(stdout), { batches: 120, old: [] });
  }).timeout(60_000);
});
