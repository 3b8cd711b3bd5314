import assert from "node:assert/strict";
import FakeTimers from "@sinonjs/fake-timers";
import { type CallOwner, type OpenCall, OpenCalls } from "../../../lib/webhook/open-calls.js";

describe("lib/webhook/open-calls", () => {
  let clock: ReturnType<typeof FakeTimers.install>;
  let calls: OpenCalls<string, CallOwner<string, string>, string>;
  let said: string[];
  let owner: CallOwner<string, string>;
  const begin = (request = "request"): OpenCall<string, CallOwner<string, string>, string> =>
    calls.begin(owner, request, 4000, (answer) => said.push(`wire ${answer}`));

  beforeEach(() => {
    clock = FakeTimers.install();
    said = [];
    calls = new OpenCalls();
    owner = {
      fallback: () => "fallback",
      onFallback: (_id, request, reason) => said.push(`${reason} of ${request}`),
      onAnswer: () => said.push("in time"),
      onLate: () => said.push("late"),
      onHangUp: (_id, request) => said.push(`${request} hung up`),
    };
  });
  afterEach(() => clock.uninstall());

  it("answers once, in time", () => {
    const call = begin();
    assert.equal(calls.find(call.id), call);
    assert.equal(call.answer("a"), true);
    assert.equal(call.answer("b"), false);
    call.fallBack("error");
    clock.tick(10_000);
    assert.deepEqual(said, ["wire a", "in time"]);
  });

  it("falls back at the deadline, not before", () => {
    const call = begin();
    clock.tick(3999);
    assert.deepEqual(said, []);
    clock.tick(1);
    assert.deepEqual(said, ["wire fallback", "deadline of request"]);
    assert.equal(call.answer("a"), false);
  });

  it("tells a late answer from a message that never was a call", () => {
    const call = begin();
    call.answer("a");
    assert.deepEqual(calls.find(call.id), { late: owner });
    for (const id of ["other", undefined, null, 7, {}]) assert.equal(calls.find(id), undefined);
  });

  it("settles all calls of an owner that closes, and only those", () => {
    begin("one");
    begin("two");
    const other = calls.begin({ ...owner }, "three", 4000, (answer) => said.push(`other ${answer}`));
    assert.deepEqual(calls.closeAll(owner), ["one", "two"]);
    assert.deepEqual(said, ["wire fallback", "closed of one", "wire fallback", "closed of two"]);
    assert.equal(other.answer("a"), true);
  });

  it("answers nobody when the caller is gone", () => {
    const call = begin();
    call.abandon();
    call.abandon();
    assert.equal(call.answer("a"), false);
    assert.deepEqual(calls.find(call.id), { gone: owner });
    clock.tick(10_000);
    assert.deepEqual(said, ["request hung up"]);
    assert.equal(clock.countTimers(), 0);
  });

  it("remembers a bounded number of settled calls", () => {
    const first = begin();
    first.answer("a");
    for (let i = 0; i < 10_000; i++) begin().answer("a");
    assert.equal(calls.find(first.id), undefined);
  });
});
