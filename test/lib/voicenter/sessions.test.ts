import assert from "node:assert/strict";
import { type Clock, install } from "@sinonjs/fake-timers";
import { CallSessions } from "../../../lib/voicenter/sessions.js";

const HOUR_MS = 3_600_000;

describe("lib/voicenter/sessions", () => {
  let clock: Clock;
  let sessions: CallSessions;
  beforeEach(() => {
    clock = install();
    sessions = new CallSessions();
  });
  afterEach(() => clock.uninstall());

  it("gives a call what was put there in each layer, and another call another", () => {
    sessions.of("a")["tries"] = 1;
    assert.deepEqual(sessions.of("a"), { tries: 1 });
    assert.deepEqual(sessions.of("b"), {});
  });

  it("gives each layer an object of its own, and keeps what there is at the answer", () => {
    const first = sessions.of("a");
    first["list"] = [1];
    assert.equal(sessions.keep("a", first), true);
    (first["list"] as number[]).push(2);
    const second = sessions.of("a");
    assert.deepEqual({ ...second }, { list: [1] });
    // Not answered: it got the fallback.
    second["late"] = true;
    const third = sessions.of("a");
    second["tooLate"] = true;
    assert.deepEqual(third, { list: [1], late: true });
  });

  it("keeps a call for two hours, though the machine's clock is set", () => {
    sessions.of("a")["tries"] = 1;
    clock.setSystemTime(Date.now() + 5 * HOUR_MS);
    assert.deepEqual(sessions.of("a"), { tries: 1 });
    clock.setSystemTime(Date.now() - 9 * HOUR_MS);
    clock.tick(2 * HOUR_MS + 1);
    assert.deepEqual(sessions.of("a"), {});
  });

  it("takes another object for the session, and leaves it alone for what is none, and forgets it for null", () => {
    sessions.of("a")["tries"] = 1;
    assert.equal(sessions.keep("a", undefined), true);
    for (const odd of ["text", 7, [1]]) assert.equal(sessions.keep("a", odd), false);
    assert.deepEqual(sessions.of("a"), { tries: 1 });
    sessions.keep("a", null);
    assert.deepEqual(sessions.of("a"), {});
    sessions.keep("a", { name: "Dana" });
    assert.deepEqual(sessions.of("a"), { name: "Dana" });
  });

  it("keeps nothing of a call without an id, or with one that is none", () => {
    for (const id of [undefined, "", " ", "0", "false", "x".repeat(257)]) {
      sessions.of(id)["tries"] = 1;
      assert.deepEqual(sessions.of(id), {});
    }
    assert.equal(sessions.size, 0);
  });

  it("forgets a call two hours after its last layer, also when nothing else happens", () => {
    sessions.of("a")["tries"] = 1;
    clock.tick(HOUR_MS);
    sessions.of("b");
    clock.tick(HOUR_MS - 1);
    assert.deepEqual(sessions.of("a"), { tries: 1 });
    clock.tick(HOUR_MS + 1);
    assert.equal(sessions.size, 1);
    clock.tick(HOUR_MS);
    assert.equal(sessions.size, 0);
    assert.equal(clock.countTimers(), 0);
    assert.deepEqual(sessions.of("a"), {});
  });

  it("keeps 10,000 calls, those that were used last", () => {
    for (let call = 0; call < 10_000; call++) sessions.of(`v${call}`)["call"] = call;
    sessions.of("v0");
    sessions.of("new");
    assert.equal(sessions.size, 10_000);
    assert.deepEqual(sessions.of("v0"), { call: 0 });
    assert.deepEqual(sessions.of("v1"), {});
  });
});
