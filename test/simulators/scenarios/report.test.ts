/** The lines and the XML of a test run. */
import assert from "node:assert/strict";
import { junit, resultLines, summary } from "../../../simulators/scenarios/report.js";
import { errorFaults, stepFaults } from "../../../simulators/scenarios/verdict.js";

const PASSED = { file: "a.json", name: "Works", ms: 12, faults: [] };
const FAILED = {
  file: "a.json",
  name: 'Is <not> "right"',
  ms: 1500,
  faults: ["answer: expected 1 & got 2", "x\u0001y"],
};

describe("simulators/scenarios/report", () => {
  it("has a line for each scenario, and each fault below it", () => {
    assert.deepEqual(resultLines(PASSED), ["  ok    Works (12 ms)"]);
    assert.deepEqual(resultLines(FAILED).slice(1), ["          answer: expected 1 & got 2", "          x\\u0001y"]);
    assert.equal(summary([PASSED, FAILED], 1540), "2 scenarios, 1 failed, 1.5 s");
    assert.equal(summary([PASSED], 40), "1 scenario, 0 failed, 0.0 s");
  });

  it("writes XML that can be read, a suite for each file", () => {
    assert.equal(
      junit([PASSED, FAILED, { ...PASSED, file: "b.json" }]),
      `<?xml version="1.0" encoding="UTF-8"?>
<testsuites>
  <testsuite name="a.json" tests="2" failures="1">
    <testcase classname="a.json" name="Works" time="0.012"></testcase>
    <testcase classname="a.json" name="Is &lt;not&gt; &quot;right&quot;" time="1.5"><failure message="answer: expected 1 &amp; got 2">answer: expected 1 &amp; got 2
x?y</failure></testcase>
  </testsuite>
  <testsuite name="b.json" tests="1" failures="0">
    <testcase classname="b.json" name="Works" time="0.012"></testcase>
  </testsuite>
</testsuites>
`,
    );
  });

  it("writes XML that can be read whatever a flow's texts hold", () => {
    const places = [0x00, 0x1b, 0x7f, 0x85, 0xd800, 0xdbff, 0xdc00, 0xdfff, 0xfffe, 0xffff, 0x1fffe];
    const text = `${places.map((code) => `a${String.fromCodePoint(code)}`).join("")}😀\ud83d]]>\ue000\ufffd`;
    const report = junit([{ file: text, name: text, ms: 1, faults: [text] }]);
    // Planes beyond the first may have any.
    assert.match(report, /name="a\?a\?a\?a\?a\?a\?a\?a\?a\?a\?a\u{1fffe}😀\?\]\]&gt;\ue000\ufffd"/u);
    assert.doesNotMatch(report, /[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/u);
  });
});

describe("simulators/scenarios/verdict", () => {
  const outcome = {
    status: 200,
    answer: { A: 1 },
    ms: 20,
    route: "to queue X",
    hears: ["one"],
    hangsUp: false,
    mayFallBack: true,
  } as const;

  it("takes the flow's own answer and no fallback", () => {
    assert.deepEqual(
      stepFaults({ answer: { A: 1 }, route: "queue X", withinMs: 20 }, outcome, [{ id: "1", outcome: "answered" }]),
      [],
    );
    assert.deepEqual(stepFaults({}, outcome, [{ id: "1", outcome: "late", reason: "deadline" }]), [
      "fallback: expected nothing, got the fallback answer (deadline)",
    ]);
    assert.deepEqual(stepFaults({ fallback: "error" }, outcome, []), [
      'fallback: expected "error", got the flow\'s answer',
    ]);
    assert.deepEqual(
      stepFaults({ fallback: "error" }, outcome, [{ id: "1", outcome: "fallback", reason: "error" }]),
      [],
    );
  });

  it("says what a step cannot have, and how slow it was", () => {
    assert.deepEqual(stepFaults({ layers: [1], withinMs: 19 }, outcome, []), [
      "layers: this step has no layers",
      "withinMs: expected 19 at most, it took 20",
    ]);
  });

  it("takes words of an answer that is text", () => {
    const page = { status: 200, answer: "Your phone rings. Call 7" };
    assert.deepEqual(stepFaults({ answerHas: "phone rings" }, page, []), []);
    assert.deepEqual(stepFaults({ answerHas: "busy" }, page, []), [
      'answer: expected "busy" in "Your phone rings. Call 7"',
    ]);
    assert.deepEqual(stepFaults({ answer: "Your phone" }, page, []).length, 1);
  });

  it("wants each expected error once, and no other", () => {
    assert.deepEqual(errorFaults(["CRM"], ["the CRM is down"]), []);
    assert.deepEqual(errorFaults([], ["“A” (function): x"]), ["error of “A” (function): x"]);
    assert.deepEqual(errorFaults(["a", "a"], ["a"]), ['errors: expected one with "a", got ["a"]']);
  });
});
