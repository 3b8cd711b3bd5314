import assert from "node:assert/strict";
import { ContactCenterError } from "../../../lib/core/errors.js";
import { callFacts, eventFacts, readEvent } from "../../../lib/cti/events.js";
import { type EventName, EVENTS, EVENT_NAMES } from "../../../lib/cti/tables.js";

const AT = "2026-05-02T08:00:00.000Z";
const EVENT = {
  SubscriptionId: "5b0f2a6e-1c39-4f0e-9b7d-2d1a6c0e7f11",
  SessionType: 0,
  ImAddress: "sip:anna.berg@contoso.example",
  eventType: 4,
  callId: "c0a1d2e3-4b5c-4d6e-8f90-112233445566",
  ani: "+31201234567",
};

/** The same event as another broker might write it. */
function spelled(change: (name: string) => string, eventType: unknown, SessionType: unknown): object {
  return Object.fromEntries(
    Object.entries({ ...EVENT, eventType, SessionType }).map(([name, value]) => [change(name), value]),
  );
}

describe("lib/cti/codec", () => {
  it("reads property names of any case and both enumeration styles to the same event", () => {
    const expected = { ...EVENT, SessionType: "Inbound", eventType: "Connected" };
    assert.deepEqual(readEvent(EVENT), expected);
    assert.deepEqual(readEvent(spelled((name) => name.toUpperCase(), "4", "0")), expected);
    assert.deepEqual(readEvent(spelled((name) => name.toLowerCase(), "connected", "INBOUND")), expected);
  });

  it("reads every event and direction of the tables", () => {
    for (const name of EVENT_NAMES)
      assert.equal(readEvent({ ...EVENT, eventType: EVENTS[name].number }).eventType, name);
    assert.equal(readEvent({ ...EVENT, SessionType: 1 }).SessionType, "Outbound");
  });

  it("passes on what it does not know", () => {
    const event = readEvent({ ...EVENT, eventType: "9", SessionType: 5, queue: "sales" });
    assert.deepEqual([event.eventType, event.SessionType, event["queue"]], [9, 5, "sales"]);
    assert.equal(readEvent({ eventType: "Parked" }).eventType, "Parked");
    assert.deepEqual(readEvent({ eventType: 4 }), { eventType: "Connected" });
  });

  it("tells a log-in that worked from one that failed", () => {
    for (const callId of ["", null, undefined, "00000000-0000-0000-0000-000000000000"])
      assert.equal(readEvent({ ...EVENT, eventType: 0, callId }).success, true);
    for (const callId of ["failed", "Failed", "login failed", "something else"])
      assert.equal(readEvent({ ...EVENT, eventType: 0, callId }).success, false);
    assert.equal("success" in readEvent(EVENT), false);
  });

  it("refuses what is no event", () => {
    for (const body of [
      {},
      { eventType: null },
      { eventType: {} },
      { eventType: "" },
      { eventType: " " },
      { hello: "world" },
      [],
      "text",
      null,
    ]) {
      assert.throws(
        () => readEvent(body),
        (error: unknown) => error instanceof ContactCenterError && error.cause.field === "eventType",
      );
    }
  });

  it("takes nothing from a prototype", () => {
    const event = readEvent(JSON.parse('{"eventType":4,"__proto__":{"ImAddress":"sip:x@y"}}'));
    assert.equal(event.ImAddress, undefined);
    assert.equal(Object.getPrototypeOf(event), Object.prototype);
  });

  it("gives the same event the same key, whatever its spelling and subscription", () => {
    const key = (body: object): string => {
      const event = readEvent(body);
      return eventFacts(String(event.eventType), event, AT).key;
    };
    const expected = key(EVENT);
    assert.equal(key(spelled((name) => name.toLowerCase(), "Connected", "Inbound")), expected);
    assert.equal(key({ ...EVENT, SubscriptionId: "another" }), expected);
    for (const [name, value] of Object.entries({
      eventType: 5,
      SessionType: 1,
      ImAddress: "sip:bart@contoso.example",
      callId: "x",
      ani: "+1",
    })) {
      assert.notEqual(key({ ...EVENT, [name]: value }), expected, name);
    }
    assert.notEqual(key({ ...EVENT, queue: "sales" }), expected);
  });

  it("makes a call of an event: the table's states, the ani on the caller's side", () => {
    const states = EVENT_NAMES.map((name: EventName) => callFacts(readEvent({ ...EVENT, eventType: name }), AT)?.state);
    assert.deepEqual(states, [undefined, undefined, "offered", "connected", "ended", "held", "retrieved"]);
    assert.deepEqual(callFacts(readEvent(EVENT), AT), {
      vendor: "anywhere365",
      id: EVENT.callId,
      state: "connected",
      direction: "inbound",
      from: EVENT.ani,
      agent: { address: EVENT.ImAddress },
      at: AT,
    });
    const outbound = callFacts(readEvent({ ...EVENT, SessionType: 1 }), AT);
    assert.deepEqual([outbound?.direction, outbound?.from, outbound?.to], ["outbound", undefined, EVENT.ani]);
    assert.equal(callFacts(readEvent({ ...EVENT, eventType: 7 }), AT, true)?.state, "transferred");
    assert.equal(callFacts(readEvent({ ...EVENT, eventType: 9 }), AT), undefined);
  });

  it("leaves unknown facts of a call out", () => {
    assert.deepEqual(callFacts(readEvent({ eventType: 3, SessionType: 9, callId: "" }), AT), {
      vendor: "anywhere365",
      state: "offered",
      at: AT,
    });
  });
});
