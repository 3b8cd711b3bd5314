/** What many runs say together of each node. */
import assert from "node:assert/strict";
import { heatOf } from "../../../lib/recorder/heat.js";
import type { Outcome } from "../../../lib/recorder/model.js";

interface Step {
  node: string;
  flow: string | undefined;
  ms: number | undefined;
  from: Step | undefined;
}

const step = (node: string, ms: number | undefined, from?: Step, flow = "tab"): Step => ({ node, flow, ms, from });

/** In a line from node to node, each with milliseconds. */
function line(
  outcome: Outcome,
  ...steps: [node: string, ms: number | undefined, flow?: string][]
): {
  outcome: Outcome;
  steps: Step[];
} {
  const made: Step[] = [];
  for (const [node, ms, flow] of steps) made.push(step(node, ms, made.at(-1), flow));
  return { outcome, steps: made };
}

describe("The heat of nodes", () => {
  it("is their count, the median of what they take, and the share of fallbacks", () => {
    const runs = [
      line("answered", ["in", 0], ["crm", 1], ["out", 11]),
      line("answered", ["in", 0], ["crm", 1], ["out", 31]),
      line("late", ["in", 0], ["crm", 2], ["out", 502]),
      line("fallback", ["in", 0], ["crm", 2], ["out", undefined]),
    ];
    assert.deepEqual(heatOf(runs), {
      in: { count: 4, medianMs: 1, fallback: 0.5 },
      crm: { count: 4, medianMs: 30, fallback: 0.5 },
      out: { count: 3, fallback: 1 / 3 },
    });
    assert.deepEqual(heatOf([]), {});
  });

  it("counts a run once that passes a node twice, and takes the first message that comes from a step", () => {
    const start = step("in", 0);
    const loop = step("a", 1, start);
    const again = step("a", 3, loop);
    const steps = [start, loop, again, step("slow", 90, again), step("quick", 8, again)];
    const { a } = heatOf([{ outcome: "fallback", steps }, line("answered", ["in", 0], ["a", 1])]);
    assert.deepEqual(a, { count: 3, medianMs: 2, fallback: 0.5 });
  });

  it("has the nodes of a subflow for all instances, and the instance with all within it", () => {
    const run = line(
      "answered",
      ["in", 0],
      ["one", 1],
      ["one-inner", 2, "one"],
      ["two", 12],
      ["two-inner", 13, "two"],
      ["two-nested", 33, "two"],
      ["two-nested-deep", 34, "two-nested"],
      ["out", 54],
    );
    assert.deepEqual(
      Object.entries(heatOf([run])).map(([id, { count, medianMs }]) => [id, count, medianMs]),
      [
        ["in", 1, 1],
        ["one", 1, 11],
        ["inner", 2, 10],
        ["two", 1, 42],
        ["nested", 1, 21],
        ["deep", 1, 20],
        ["out", 1, undefined],
      ],
    );
  });
});
