/** What is kept of nodes that reach outside: never so much of a huge message that a call waits for it. */
import assert from "node:assert/strict";
import { ask } from "../../../lib/recorder/keeping.js";
import { isLonger } from "../../../lib/recorder/length.js";

const VALUES: [what: string, value: unknown][] = [
  ["text", "x".repeat(50)],
  ["a number", 1],
  ["nothing", null],
  ["a list", [1, [2, "three"], { four: 5 }]],
  ["an object", { a: 1, b: { c: "d", e: [], f: {} }, "": 0 }],
  ["a Buffer", Buffer.alloc(40, 255)],
  ["numbers in bytes", new Float64Array(20)],
  ["a time", new Date(0)],
  ["what JSON leaves out", { a: undefined, f: () => 1 }],
];

describe("The length of a value as JSON", () => {
  for (const [what, value] of VALUES)
    it(`never counts ${what} as longer than it is`, () => {
      const { length } = JSON.stringify(value);
      assert.equal(isLonger(value, length), false);
    });

  it("is known to be too much after a part of it", () => {
    let looked = 0;
    const get = (): number => ++looked;
    const fields = Object.fromEntries(Array.from({ length: 50_000 }, (_, i) => [`p${i}`, { get, enumerable: true }]));
    assert.equal(isLonger({ in: [Object.defineProperties({}, fields)] }, 1000), true);
    assert.ok(looked < 250, `${looked}`);
    const circle: Record<string, unknown> = {};
    circle["itself"] = circle;
    for (const value of ["x".repeat(1001), Buffer.alloc(5000), Array.from({ length: 1000 }, () => ""), circle])
      assert.equal(isLonger(value, 1000), true);
  });
});

describe("What came to a node outside", () => {
  it("is not kept when it is too long, and is not written to find that out", () => {
    let written = 0;
    const payload = { text: "x".repeat(600_000), last: { toJSON: () => ++written } };
    const asked = ask("n", { topic: "t", payload });
    assert.deepEqual([asked.arrived, asked.isIncomplete, written], [undefined, true, 0]);
    assert.deepEqual([...(ask("n", { topic: "t", _msgid: "1" }).arrived ?? [])], [["topic", '"t"']]);
  });
});
