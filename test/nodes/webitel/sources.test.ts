import assert from "node:assert/strict";
import { takeInput } from "../../../nodes/webitel/upload/sources.js";

describe("nodes/webitel/upload/sources", () => {
  it("refuses a piece of a text, whose last number is cut", () => {
    const read = (parts?: object): unknown => takeInput("csv", { payload: "destination\n+3804", parts } as never);
    for (const parts of [
      {},
      { index: 1, count: 3 },
      { type: "buffer", index: 0 },
      { type: "string", index: 0 },
      { type: "buffer", index: 1, count: 2 },
      { type: "string", ch: "", len: 45, index: 0, count: 2 },
      { type: "string", ch: "\n", index: 0, count: 3 },
      { type: "array", index: 0, count: 2 },
    ])
      assert.throws(() => read(parts), { code: "EINVALID", key: "webitel.errors.source.piece" });
    for (const parts of [undefined, { index: 0, count: 1 }, { type: "string", count: 1 }]) assert.ok(read(parts));
  });

  it("refuses a list whose rows stand at their ids", () => {
    const payload: unknown[] = [];
    payload[1e9] = { destination: "+380441110001" };
    for (const list of [payload, { items: payload }])
      assert.throws(() => takeInput("payload", { payload: list } as never), {
        code: "EINVALID",
        key: "webitel.errors.source.holes",
      });
  });

  it("loads the bytes that a message had, whatever becomes of its buffer", async () => {
    const payload = Buffer.from("destination\n+380441110001\n+380441110002\n");
    const options = { separator: "auto", encoding: "auto" } as const;
    const source = takeInput("csv", { payload } as never).open(options, "");
    payload.fill("9");
    const rows: unknown[] = [];
    for await (const some of source.rows()) rows.push(...some.map(({ data }) => data));
    assert.deepEqual(
      rows.map((row) => ({ ...(row as object) })),
      [{ destination: "+380441110001" }, { destination: "+380441110002" }],
    );
  });
});
