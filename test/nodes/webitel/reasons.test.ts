/** The sentences of rejected rows are in the catalogue of the node. */
import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";

const root = resolve(__dirname, "../../..");

describe("reasons of rejected rows", () => {
  const code = ["lib/webitel", "nodes/webitel/upload"]
    .flatMap((folder) =>
      readdirSync(join(root, folder), { recursive: true, encoding: "utf8" }).map((path) => join(root, folder, path)),
    )
    .filter((path) => path.endsWith(".ts"))
    .map((path) => readFileSync(path, "utf8"))
    .join("\n");
  const used = new Set([...code.matchAll(/(?:\binvalid\(|\bkey: )"([a-z-]+)"/g)].map(([, key]) => key));
  const catalogue = JSON.parse(
    readFileSync(join(root, "nodes/webitel/locales/en-US/webitel-dialer-member-upload.json"), "utf8"),
  ) as { "webitel-dialer-member-upload": { rows: Record<string, string> } };
  const { rows } = catalogue["webitel-dialer-member-upload"];

  it("each have a sentence", () => {
    assert.ok(used.size > 20, `${used.size}`);
    assert.deepEqual(
      [...used].filter((key) => key === undefined || !(key in rows)),
      [],
    );
  });

  it("have no sentence that nothing says", () => {
    assert.deepEqual(
      // The sentence of a row without a reason of its own.
      Object.keys(rows).filter((key) => key !== "uncertain" && !used.has(key)),
      [],
    );
  });
});
