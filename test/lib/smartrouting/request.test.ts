import assert from "node:assert/strict";
import type { Call } from "../../../lib/core/call.js";
import type { VendorEvent } from "../../../lib/core/event.js";
import { callFacts, eventFacts } from "../../../lib/smartrouting/events.js";
import {
  type ExtraData,
  readExtraData,
  readRequest,
  type SmartRoutingRequest,
} from "../../../lib/smartrouting/request.js";
import { REQUEST, REQUEST_WITH_EXTRA_DATA } from "../../fixtures/smartrouting.js";

const AT = "2026-05-02T08:00:00.000Z";

/** A request in all its readings. */
function read(body: Record<string, unknown>): {
  payload: SmartRoutingRequest;
  smartrouting: ExtraData;
  call: Call;
  event: VendorEvent;
} {
  const payload = readRequest(body);
  const smartrouting = readExtraData(payload.extradata);
  return {
    payload,
    smartrouting,
    call: callFacts(payload, smartrouting, AT),
    event: eventFacts(payload, smartrouting, AT),
  };
}

describe("lib/smartrouting/request, events", () => {
  it("reads the guide's sample with extra data in all its readings", () => {
    const { payload, smartrouting, call, event } = read(REQUEST_WITH_EXTRA_DATA);
    assert.deepEqual(payload, REQUEST_WITH_EXTRA_DATA);
    assert.deepEqual(smartrouting, {
      callId: "d59d7a2f-318a-469e-bdc0-b092a8fedbc1",
      legId: "66299cde606b3db6d413cd208f7e5cab@45.66.192.196_br1",
      queueId: "1a89fc22-517a-e611-80c9-00505689257e",
      isInternalCaller: false,
      parameters: { Culture: "en-GB", Something: "SOMETHING" },
    });
    assert.deepEqual(call, {
      vendor: "enreach",
      id: "d59d7a2f-318a-469e-bdc0-b092a8fedbc1",
      legId: "66299cde606b3db6d413cd208f7e5cab@45.66.192.196_br1",
      state: "incoming",
      direction: "inbound",
      from: "+358501231234",
      to: "+4612312345",
      queue: { id: "1a89fc22-517a-e611-80c9-00505689257e" },
      at: AT,
    });
    assert.deepEqual({ ...event, key: "" }, { key: "", vendor: "enreach", name: "SmartRouting", receivedAt: AT });
  });

  it("takes nothing for an id that stands for none", () => {
    for (const none of ["", " ", 0, false, null]) {
      const { smartrouting, call } = read({ anum: "1", extradata: { CallId: none, call_id: none, LegId: none } });
      assert.deepEqual([smartrouting, call.id, call.legId], [{ parameters: {} }, undefined, undefined]);
    }
  });

  it("leaves out what was not sent", () => {
    assert.deepEqual(read(REQUEST).payload, REQUEST);
    const { payload, smartrouting, call } = read({});
    assert.deepEqual(payload, {});
    assert.deepEqual(smartrouting, { parameters: {} });
    assert.deepEqual(call, { vendor: "enreach", state: "incoming", direction: "inbound", at: AT });
  });

  it("reads keys of any case and parameters of both styles", () => {
    const { payload, smartrouting } = read({
      ANUM: "+1",
      Bnum: 2,
      TargetId: "T",
      ExtraData: { CURRUSERID: "u", DYN_x: 1, dyn_par_Y: [2], isinternalcaller: "True" },
    });
    assert.deepEqual(payload, {
      anum: "+1",
      bnum: "2",
      targetid: "T",
      extradata: { CURRUSERID: "u", DYN_x: 1, dyn_par_Y: [2], isinternalcaller: "True" },
    });
    assert.deepEqual(smartrouting, { userId: "u", isInternalCaller: true, parameters: { x: 1, Y: [2] } });
  });

  it("reads extra data as JSON text too", () => {
    const text = { ...REQUEST, extradata: JSON.stringify(REQUEST_WITH_EXTRA_DATA.extradata) };
    assert.deepEqual(read(text), read(REQUEST_WITH_EXTRA_DATA));
    assert.equal(readRequest({ extradata: "no JSON" }).extradata, "no JSON");
  });

  it("takes DYN_PAR_X rather than DYN_X, in either order", () => {
    for (const extradata of [
      { DYN_PAR_x: 1, DYN_x: 2 },
      { DYN_x: 2, DYN_PAR_x: 1 },
    ])
      assert.deepEqual(readExtraData(extradata).parameters, { x: 1 });
    assert.deepEqual(readExtraData({ DYN_PAR_: 1 }).parameters, { PAR_: 1 });
  });

  it("gives copies, so that who changes them does not change the request", () => {
    const body = { extradata: { DYN_x: { y: 1 } } };
    (readRequest(body).extradata as typeof body.extradata).DYN_x.y = 2;
    assert.deepEqual(body, { extradata: { DYN_x: { y: 1 } } });
  });

  it("has one key for one request, however its names are cased, and another for another", () => {
    const key = (body: Record<string, unknown>): string => read(body).event.key;
    const sample = REQUEST_WITH_EXTRA_DATA;
    const shouted = {
      EXTRADATA: Object.fromEntries(
        Object.entries(sample.extradata).map(([name, value]) => [name.toUpperCase(), value]),
      ),
      ANUM: sample.anum,
      BNUM: sample.bnum,
      TARGETID: sample.targetid,
    };
    assert.equal(key(sample), key(shouted));
    assert.notEqual(key(sample), key({ ...sample, bnum: "+4612312346" }));
    assert.notEqual(key(sample), key({ ...sample, extradata: { ...sample.extradata, DYN_PAR_Culture: "fi-FI" } }));
  });

  it("gives a request without the vendor's call id a key of its own", () => {
    assert.notEqual(read(REQUEST).event.key, read(REQUEST).event.key);
  });

  it("survives wrong types", () => {
    for (const odd of [
      { anum: {} },
      { anum: null, extradata: "text" },
      { extradata: [1] },
      { extradata: { CallId: {}, DYN_PAR___proto__: { x: 1 }, IsInternalCaller: {} } },
    ]) {
      const { smartrouting, call } = read(odd);
      assert.equal(call.from, undefined);
      assert.equal((smartrouting.parameters as { x?: unknown }).x, undefined);
    }
  });
});
