import assert from "node:assert/strict";
import { type Transfer, TransferRule } from "../../../lib/cti/transfers.js";

const X = "sip:x@contoso.example";
const Z = "sip:z@contoso.example";
type Step = [eventType: string | number, agent: string, callId?: string];

/** Runs steps through one rule and returns what they decided. */
function decided(steps: Step[], rule = new TransferRule()): Transfer[] {
  return steps.flatMap(([eventType, ImAddress, callId = "one"]) => rule.take({ eventType, ImAddress, callId }) ?? []);
}

describe("lib/cti/transfers", () => {
  it("calls a retrieve by the same agent a failed transfer", () => {
    assert.deepEqual(
      decided([
        ["Connected", X],
        ["OnHold", X],
        ["Retrieve", X.toUpperCase()],
      ]),
      [{ result: "failed", callId: "one", from: X }],
    );
  });

  it("calls a retrieve by another agent a transfer that worked", () => {
    assert.deepEqual(
      decided([
        ["OnHold", X],
        ["Retrieve", Z],
      ]),
      [{ result: "succeeded", callId: "one", from: X, to: Z }],
    );
  });

  it("remembers no id and no address that is longer than any is", () => {
    const rule = new TransferRule();
    const long = "x".repeat(257);
    decided(
      [
        ["OnHold", X, long],
        ["OnHold", `sip:${long}@x`],
        ["OnHold", X, " "],
        ["OnHold", X, "0"],
      ],
      rule,
    );
    assert.equal(rule.size, 0);
    assert.equal(
      decided(
        [
          ["OnHold", X, "y".repeat(256)],
          ["Retrieve", Z, "y".repeat(256)],
        ],
        rule,
      ).length,
      1,
    );
  });

  it("decides nothing without a hold, and each hold once", () => {
    assert.deepEqual(decided([["Retrieve", Z]]), []);
    assert.equal(
      decided([
        ["OnHold", X],
        ["Retrieve", Z],
        ["Retrieve", Z],
        ["Retrieve", X],
      ]).length,
      1,
    );
  });

  it("follows a call from agent to agent, and keeps calls apart", () => {
    const steps: Step[] = [
      ["OnHold", X],
      ["OnHold", Z, "two"],
      ["Retrieve", X, "two"],
      ["Retrieve", Z],
      ["OnHold", Z],
      ["Retrieve", Z],
      ["OnHold", Z],
      ["Retrieve", X],
    ];
    assert.deepEqual(decided(steps), [
      { result: "succeeded", callId: "two", from: Z, to: X },
      { result: "succeeded", callId: "one", from: X, to: Z },
      { result: "failed", callId: "one", from: Z },
      { result: "succeeded", callId: "one", from: Z, to: X },
    ]);
  });

  it("counts the latest of two holds", () => {
    assert.deepEqual(
      decided([
        ["OnHold", X],
        ["OnHold", Z],
        ["Retrieve", X],
      ]),
      [{ result: "succeeded", callId: "one", from: Z, to: X }],
    );
  });

  it("takes a transfer whose Retrieve comes behind the first agent's Disconnected", () => {
    assert.deepEqual(
      decided([
        ["OnHold", X],
        ["Disconnected", X],
        ["Retrieve", Z],
      ]),
      [{ result: "succeeded", callId: "one", from: X, to: Z }],
    );
  });

  it("knows a repeated Retrieve by the same agent for some seconds", () => {
    let now = 0;
    const rule = new TransferRule({ now: () => now });
    const retrieve = { eventType: "Retrieve", ImAddress: Z, callId: "one" };
    assert.equal(rule.repeats(retrieve), false);
    decided(
      [
        ["OnHold", X],
        ["Retrieve", Z],
      ],
      rule,
    );
    assert.deepEqual([rule.repeats(retrieve), rule.repeats({ ...retrieve, ImAddress: X })], [true, false]);
    now = 6000;
    decided([["Hunting", X, "two"]], rule);
    assert.equal(rule.repeats(retrieve), false);
  });

  it("forgets a hold some seconds after the holder left the call, not when another agent does", () => {
    let now = 0;
    const rule = new TransferRule({ now: () => now });
    decided(
      [
        ["OnHold", X],
        ["Disconnected", X],
      ],
      rule,
    );
    now = 5001;
    assert.deepEqual(decided([["Retrieve", Z]], rule), []);
    assert.equal(
      decided([
        ["OnHold", X],
        ["Hunting", Z],
        ["Disconnected", Z],
        ["Retrieve", X],
      ])[0]?.result,
      "failed",
    );
  });

  it("ignores what has no call or no agent", () => {
    assert.deepEqual(
      decided([
        ["OnHold", X, ""],
        ["Retrieve", Z, ""],
        ["OnHold", "", "one"],
        ["Retrieve", Z, "one"],
      ]),
      [],
    );
  });

  it("is bounded by age", () => {
    let now = 0;
    const rule = new TransferRule({ maxAgeMs: 1000, now: () => now });
    decided([["OnHold", X]], rule);
    now = 1000;
    decided([["OnHold", X, "two"]], rule);
    assert.equal(rule.size, 2);
    now = 1001;
    assert.deepEqual(decided([["Retrieve", Z]], rule), []);
    assert.equal(decided([["Retrieve", Z, "two"]], rule).length, 1);
  });

  it("is bounded by count: the oldest hold goes first, other events push nobody out", () => {
    const rule = new TransferRule({ maxCalls: 2 });
    decided(
      [
        ["OnHold", X, "one"],
        ["OnHold", X, "two"],
        ["Connected", X, "other"],
        ["OnHold", X, "one"],
      ],
      rule,
    );
    assert.equal(rule.size, 2);
    decided([["OnHold", X, "three"]], rule);
    assert.equal(rule.size, 2);
    assert.deepEqual(
      decided(
        [
          ["Retrieve", Z, "two"],
          ["Retrieve", Z, "one"],
          ["Retrieve", Z, "three"],
        ],
        rule,
      ).map((transfer) => transfer.callId),
      ["one", "three"],
    );
  });
});
