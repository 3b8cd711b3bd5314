import assert from "node:assert/strict";
import { CALL_STATES } from "../../../lib/core/call.js";
import { EVENT_NAMES, EVENTS, GROUPS } from "../../../lib/rte/tables.js";
import { CALL_EVENTS, copyEvent, EventReader, type RteEvent } from "../../../lib/rte/events.js";
import { withZone } from "../../../lib/rte/normalise.js";
import { sample } from "../../../simulators/rte/samples.js";
import { wireData } from "../../../simulators/rte/wire.js";

const ENTITY = "6D1E9F0A-0c2b-4f7e-9a54-1b2c3d4e5f60";

function read(eventName: string, data: unknown, entityId = ENTITY, reader = new EventReader()): RteEvent {
  return reader.read({ entityId, eventName }, JSON.parse(JSON.stringify(data)));
}
function key(eventName: string, data: unknown, entityId?: string): string {
  return read(eventName, data, entityId).event.key;
}

/** Events that are a state: the latest counts. */
const STATES = new Set(["CallbackListStatus", "QueueAttachedUsers", "QueueStatus", "UserAvailability", "UserStatus"]);

describe("lib/rte/events", () => {
  for (const name of EVENT_NAMES) {
    it(`reads ${name}: names, times, call and key, whatever the case on the wire`, () => {
      const documented = sample(name, "2026-05-04T08:00:00Z");
      const event = read(name.toLowerCase(), wireData(documented));
      assert.equal(event.topic, name);
      assert.deepEqual(event.rte, { entityId: ENTITY, eventName: name });
      assert.deepEqual(new Set(Object.keys(event.payload)), new Set(Object.keys(documented)));
      for (const [property, type] of Object.entries(EVENTS[name])) {
        if (type.startsWith("DateTime")) assert.match(String(event.payload[property]), /Z$/, property);
        else if (type.startsWith("List"))
          assert.deepEqual(Object.keys((event.payload[property] as object[])[0]!).length > 1, true, property);
        else assert.deepEqual(event.payload[property], documented[property], property);
      }
      assert.equal(event.event.vendor, "enreach");
      assert.equal(event.event.name, name);
      assert.match(event.event.key, /^[\w-]{27}$/);
      assert.ok(Math.abs(Date.now() - Date.parse(event.event.receivedAt)) < 60_000);
      assert.equal(event.event.snapshot, STATES.has(name) ? true : undefined);
      assert.equal(event.call !== undefined, name in CALL_EVENTS);
      // The documented spelling, the wire's spelling and another order are one and the same event.
      assert.equal(event.event.key, key(name, documented));
      assert.equal(event.event.key, key(name.toUpperCase(), Object.fromEntries(Object.entries(documented).reverse())));
    });
  }

  it("normalises the items of lists", () => {
    const { payload } = read("CallbackChanged", {
      callbackAttempts: [{ id: "a", timestamp: "2026-05-04T08:00:00", extra: 1 }],
      callbackExtras: null,
    });
    assert.deepEqual(payload, {
      CallbackAttempts: [{ Id: "a", Timestamp: "2026-05-04T08:00:00Z", extra: 1 }],
      CallbackExtras: null,
    });
  });

  it("maps every event that names a call, and no other", () => {
    const named = EVENT_NAMES.filter(
      (name) =>
        "CallId" in EVENTS[name] && name in { ...GROUPS.User, ...GROUPS.Queue } && name !== "UserCallbackChanged",
    );
    assert.deepEqual(new Set(Object.keys(CALL_EVENTS)), new Set(named));
    for (const [state] of Object.values(CALL_EVENTS)) assert.ok(CALL_STATES.includes(state));
  });

  it("says what an event tells of a call, and leaves out what it does not know", () => {
    const { call } = read(
      "queuecallinuserallocated",
      wireData({ ...sample("QueueCallInUserAllocated"), QueueNumber: "", UserName: null }),
    );
    assert.deepEqual(
      { ...call, at: "" },
      {
        vendor: "enreach",
        state: "offered",
        direction: "inbound",
        id: "5b0d3c52-7c0f-4b6e-8a11-22d0c1f5a901",
        legId: "5b0d3c52-1",
        from: "+358401234567",
        to: "+358942000100",
        agent: { id: "6d1e9f0a-0c2b-4f7e-9a54-1b2c3d4e5f61" },
        queue: { id: "b6d3f7f0-8a41-4c0e-8c1e-0e7b7d4a2c31", name: "Sales" },
        at: "",
      },
    );
    assert.equal(read("UserCallOutGoing", sample("UserCallOutGoing")).call?.direction, "outbound");
    assert.equal(read("UserCallInComing", { Username: "anna" }).call?.agent?.name, "anna");
  });

  it("reads phase and direction of an assisted call-back from the event", () => {
    const of = (CallType: string, CallEvent: string): (string | undefined)[] => {
      const { call } = read("UserAssistedCallbackRequest", {
        CallId: "the-missed-call",
        CallType,
        CallEvent,
        ContactNumber: "+1",
        TargetUser: "u",
      });
      assert.equal(call?.id, undefined, "the call that the request came from is over");
      return [call?.direction, call?.state, call?.from, call?.to, call?.agent?.id];
    };
    assert.deepEqual(of("userout", "init"), ["outbound", "dialing", undefined, "+1", "u"]);
    assert.deepEqual(of("servicein", "init"), ["inbound", "offered", "+1", undefined, "u"]);
    assert.deepEqual(of("userin", "connected"), ["inbound", "connected", "+1", undefined, "u"]);
    assert.deepEqual(of("userout", "terminate"), ["outbound", "ended", undefined, "+1", "u"]);
  });

  describe("the key", () => {
    const data = { CallId: "1", CallerNumber: "+1", eventType: 10 };
    it("does not know the case of names, of the entity, or how eventType is written", () => {
      const same = key("UserCallInComing", data);
      assert.equal(
        key(
          "usercallincoming",
          { callId: "1", callerNumber: "+1", eventType: "UserCallInComing" },
          ENTITY.toLowerCase(),
        ),
        same,
      );
      assert.equal(key("UserCallIncoming", { callerNumber: "+1", callId: "1" }), same);
      assert.equal(
        key("UserCallInComing", { ...data, Queue_Hint: "a" }),
        key("UserCallInComing", { ...data, queue_hint: "a" }),
      );
    });
    it("tells apart whatever differs", () => {
      const keys = [
        key("UserCallInComing", data),
        key("UserCallInArrived", data),
        key("UserCallInComing", { ...data, CallId: "2" }),
        key("UserCallInComing", { ...data, CallId: 1 }),
        key("UserCallInComing", { ...data, CallId: null }),
        key("UserCallInComing", { CallId: "1" }),
        key("UserCallInComing", { ...data, hint: "a" }),
        key("UserCallInComing", { ...data, hint: "b" }),
        key("UserCallInComing", { ...data, hint: { deep: 1 } }),
        key("UserCallInComing", data, "another"),
        key("UserCallInComing", { CallId: "1", CallerNumber: "+1", LegId: "" }),
        key("UserCallInComing", { CallId: "1", CallerNumber: "", LegId: "+1" }),
        key("UserCallInComing", { CallId: '1"2+1', CallerNumber: "" }),
        key("UserCallInComing", { CallId: 5, CallerNumber: 13 }),
        key("UserCallInComing", { CallId: 51, CallerNumber: 3 }),
        key("UserCallInComing", { CallId: 5, CallerNumber: '3"abc' }),
        key("UserCallInComing", { CallId: true }),
        key("UserCallInComing", { CallId: "true" }),
        key("CallbackChanged", { CallbackAttempts: [{ Id: "a" }] }),
        key("CallbackChanged", { CallbackAttempts: [{ Id: "b" }] }),
      ];
      assert.equal(new Set(keys).size, keys.length);
    });
  });

  it("passes unknown names and events through and tells of each once", () => {
    const reported: string[] = [];
    const reader = new EventReader((event, property) =>
      reported.push(property === undefined ? event : `${event}.${property}`),
    );
    for (let times = 0; times < 3; times++) {
      assert.deepEqual(read("UserSetting", { some: { thing: 1 }, eventType: 7 }, ENTITY, reader).payload, {
        some: { thing: 1 },
        eventType: 7,
      });
      assert.deepEqual(read("UserAlert", { alertId: "a", newOne: 5 }, ENTITY, reader).payload, {
        AlertId: "a",
        newOne: 5,
      });
    }
    assert.ok(
      reported.includes("UserSetting") &&
        reported.includes("UserAlert.newOne") &&
        !reported.some((what) => what.includes("eventType")),
    );
    assert.equal(reported.filter((what) => what === "UserAlert.newOne").length, 1);
    assert.equal(read("UserSetting", {}).topic, "UserSetting");
  });

  it("keeps both when a name comes in two cases, and drops __proto__", () => {
    assert.deepEqual(read("UserAlert", { value: "small", Value: "documented" }).payload, {
      Value: "documented",
      value: "small",
    });
    const { payload } = read("UserAlert", JSON.parse('{"__proto__": {"polluted": true}, "value": "v"}'));
    assert.deepEqual(Object.keys(payload), ["Value"]);
    assert.equal((payload as { polluted?: boolean }).polluted, undefined);
  });

  it("survives a hub that shuffles names, and data that is no object", () => {
    const reader = new EventReader();
    const names = Object.keys(sample("QueueStatus"));
    const keys = new Set<string>();
    for (let turn = 0; turn < names.length; turn++) {
      const order = [...names.slice(turn), ...names.slice(0, turn)];
      keys.add(read("QueueStatus", Object.fromEntries(order.map((name) => [name, 1])), ENTITY, reader).event.key);
    }
    assert.equal(keys.size, 1);
    assert.deepEqual(read("QueueStatus", null).payload, {});
  });

  it("loses nothing of data that is no object, and reads JSON text", () => {
    for (const odd of [5, "text", ["list"], true]) assert.deepEqual(read("QueueStatus", odd).payload, { data: odd });
    assert.notEqual(read("QueueStatus", "one").event.key, read("QueueStatus", "two").event.key);
    assert.deepEqual(read("QueueStatus", '{"maxwaittime": 7}').payload, { MaxWaitTime: 7 });
  });

  it("adds a zone only to a time that lacks one", () => {
    assert.equal(withZone("2026-05-04T08:00:00"), "2026-05-04T08:00:00Z");
    assert.equal(withZone("9999-12-31T23:59:59.9999999"), "9999-12-31T23:59:59.9999999Z");
    for (const whole of [
      "2026-05-04T08:00:00Z",
      "2026-05-04T08:00:00+02:00",
      "2026-05-04T08:00:00-0500",
      "2026-05-04",
      "",
      "soon",
      null,
      5,
    ])
      assert.equal(withZone(whole), whole);
  });

  it("copies an event without sharing anything", () => {
    const event = read("CallbackChanged", sample("CallbackChanged"));
    const copy = copyEvent(event);
    assert.deepEqual(copy, event);
    (copy.payload["CallbackAttempts"] as { Note: string }[])[0]!.Note = "changed";
    assert.notDeepEqual(copy, event);
  });
});
