import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { resolve } from "node:path";
import { promisify } from "node:util";

describe("the memory of requests' bodies", () => {
  it("is free again without a collection of V8's old generation", async () => {
    const script = resolve(__dirname, "../../support/young-bodies.ts");
    const flags = ["--expose-gc", "--no-incremental-marking", "--initial-old-space-size=1000", "--import", "tsx"];
    const none = { http_proxy: "", HTTP_PROXY: "", https_proxy: "", HTTPS_PROXY: "", all_proxy: "", ALL_PROXY: "" };
    const env = { ...process.env, ...none };
    const { stdout } = await promisify(execFile)(process.execPath, [...flags, script], { env });
    assert.ok(Number(stdout) < 5_000_000, `${stdout} of 20,000,000 bytes are kept`);
  }).timeout(60_000);
});
