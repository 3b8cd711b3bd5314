import assert from "node:assert/strict";
import { install } from "@sinonjs/fake-timers";
import type { Node } from "node-red";
import { logLine, warnOncePerMinute } from "../../../nodes/shared/log.js";

describe("nodes/shared/log", () => {
  it("escapes control characters and marks of direction, and cuts long lines", () => {
    assert.equal(logLine("one\r\n[error] two\u0000\u202e!"), "one\\u000d\\u000a[error] two\\u0000\\u202e!");
    assert.equal(logLine("x".repeat(200)).length, 200);
    assert.equal(logLine("x".repeat(201)), `${"x".repeat(199)}…`);
    assert.equal(logLine("שלום é"), "שלום é");
  });

  it("warns of each thing once per minute, for each node", () => {
    const clock = install();
    try {
      const lines: string[] = [];
      const node = (): Node => ({ warn: (line: string) => lines.push(line) }) as unknown as Node;
      const [one, two] = [node(), node()];
      warnOncePerMinute(one, "NAME", "a");
      warnOncePerMinute(one, "NAME", "b");
      warnOncePerMinute(one, "DATA", "c");
      warnOncePerMinute(two, "NAME", "d");
      clock.tick(59_999);
      warnOncePerMinute(one, "NAME", "e");
      clock.tick(1);
      warnOncePerMinute(one, "NAME", "f");
      assert.deepEqual(lines, ["a", "c", "d", "f"]);
    } finally {
      clock.uninstall();
    }
  });

  it("remembers a bounded number of things", () => {
    let lines = 0;
    const node = { warn: () => lines++ } as unknown as Node;
    for (let at = 0; at <= 100; at++) warnOncePerMinute(node, `thing ${at}`, "x");
    warnOncePerMinute(node, "thing 100", "x");
    assert.equal(lines, 101);
    warnOncePerMinute(node, "thing 0", "x");
    assert.equal(lines, 102);
  });
});
