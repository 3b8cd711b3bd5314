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
      // Time passes, whatever becomes of the machine's clock.
      clock.setSystemTime(-3_600_000);
      clock.tick(59_999);
      warnOncePerMinute(one, "NAME", "e");
      clock.tick(1);
      warnOncePerMinute(one, "NAME", "f");
      assert.deepEqual(lines, ["a", "c", "d", "f"]);
    } finally {
      clock.uninstall();
    }
  });

  it("warns of 100 things a minute at most, however many and long their names are", () => {
    const clock = install();
    try {
      const lines: string[] = [];
      const node = { warn: (line: string) => lines.push(line) } as unknown as Node;
      for (let at = 0; at < 10_000; at++) warnOncePerMinute(node, `thing ${at} ${"x".repeat(1000)}`, `thing ${at}`);
      assert.equal(lines.length, 100);
      clock.tick(60_000);
      warnOncePerMinute(node, "thing 500", "after a minute");
      assert.equal(lines.at(-1), "after a minute");
    } finally {
      clock.uninstall();
    }
  });

  it("cuts a name shorter where it is part of a line", () => {
    assert.equal(logLine("\n".repeat(60_000), 60).length, 60);
  });
});
