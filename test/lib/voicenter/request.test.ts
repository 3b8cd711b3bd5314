import assert from "node:assert/strict";
import { callFacts, eventFacts } from "../../../lib/voicenter/events.js";
import { readRequest } from "../../../lib/voicenter/request.js";
import { REQUEST } from "../../fixtures/voicenter.js";

const AT = "2026-05-02T08:00:00.000Z";

describe("lib/voicenter/request, events", () => {
  const keyOf = (body: Record<string, unknown>): string => eventFacts(readRequest(body), AT).key;
  const payload = { ...REQUEST.DATA, LAYER_ID: 5, PREVIOUS_LAYER_ID: 5 };

  it("reads the page's sample in all its readings", () => {
    const read = readRequest(REQUEST);
    assert.deepEqual(read, payload);
    assert.deepEqual(callFacts(read, AT), {
      vendor: "voicenter",
      id: "1bcd7954224861f85a2d70612f2",
      state: "incoming",
      direction: "inbound",
      from: "0501234567",
      to: "0722776772",
      at: AT,
    });
    assert.deepEqual(
      { ...eventFacts(read, AT), key: "" },
      { key: "", vendor: "voicenter", name: "IVR_LAYER_INPUT", receivedAt: AT },
    );
  });

  it("reads DATA as JSON text too, and gives it the same key", () => {
    const text = { METHOD: "IVR_LAYER_INPUT", DATA: JSON.stringify(REQUEST.DATA) };
    assert.deepEqual(readRequest(text), payload);
    assert.equal(keyOf(text), keyOf(REQUEST));
    assert.equal(keyOf({ data: { ...REQUEST.DATA, LAYER_ID: 5 } }), keyOf(text));
  });

  it("keeps DTMF as pressed and passes unknown fields through", () => {
    assert.deepEqual(readRequest({ DATA: { DTMF: "0045", CUSTOM_DATA: { a: "1" }, Extra: 1 } }), {
      DTMF: "0045",
      CUSTOM_DATA: { a: "1" },
      Extra: 1,
      LAYER_ID: null,
      PREVIOUS_LAYER_ID: null,
    });
  });

  it("gives different keys to different digits, and own keys without the call id", () => {
    const key = (data: object): string => keyOf({ DATA: { ...REQUEST.DATA, ...data } });
    assert.equal(key({}), key({}));
    assert.notEqual(key({}), key({ DTMF: "1235" }));
    assert.notEqual(key({ IVR_UNIQUE_ID: "" }), key({ IVR_UNIQUE_ID: "" }));
  });

  it("survives wrong types", () => {
    for (const DATA of ["{", "[]", 7, null, [], { LAYER_ID: "five", DTMF: {} }, '{"__proto__":{"x":1}}']) {
      const read = readRequest({ DATA });
      assert.equal(read.LAYER_ID, null);
      assert.equal(read["x"], undefined);
    }
  });

  it("hands on what cannot be read, as it came", () => {
    for (const DATA of ["not json", JSON.stringify(JSON.stringify(REQUEST.DATA)), "[]", 7, [1]])
      assert.deepEqual(readRequest({ DATA }).DATA, DATA);
    for (const DATA of [null, undefined, {}, "{}"]) assert.equal("DATA" in readRequest({ DATA }), false);
  });
});
