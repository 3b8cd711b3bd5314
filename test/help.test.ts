/** The messages that the help shows are messages that the nodes take and send, and `msg.call` is explained in full. */
import assert from "node:assert/strict";
import { CALL_STATES } from "../lib/core/call.js";
import { commandBody, readCommand } from "../lib/cti/commands.js";
import { readEvent as readCtiEvent } from "../lib/cti/events.js";
import { TransferRule } from "../lib/cti/transfers.js";
import { EVENTS as RTE_EVENTS } from "../lib/rte/tables.js";
import { answerBody } from "../lib/smartrouting/answer.js";
import { readExtraData, readRequest } from "../lib/smartrouting/request.js";
import { answerBody as layerBody } from "../lib/voicenter/answer.js";
import { readRequest as readLayer } from "../lib/voicenter/request.js";
import { lookupAnswer, readEvent, readLookup } from "../lib/webitel/events.js";
import { memberMapper } from "../lib/webitel/member.js";
import { agentQuery, attemptRequest, callBody } from "../lib/webitel/requests.js";
import { nodeTypes } from "../scripts/assets.js";
import { packForms } from "./support/forms.js";
import { raw, source } from "./support/pages.js";

type Message = Record<string, unknown> & { payload: Record<string, unknown> };

/** The messages of one part of a page. */
function messages(page: string, part: "Inputs" | "Outputs"): Message[] {
  const [, text = ""] = raw(page).split(`<h3>${part}</h3>`);
  const end = text.indexOf("<h3>");
  return [...text.slice(0, end).matchAll(/<pre>([^]*?)<\/pre>/g)].map(
    ([, json]) => JSON.parse(json as string) as Message,
  );
}

const message = (page: string, part: "Inputs" | "Outputs", at = 0): Message =>
  messages(page, part)[at] ?? assert.fail(`${page} shows no such message`);

/** The vendor's own answer, of which no document says what is in it. */
const WITHOUT_OUTPUT = new Set(["webitel-attempt-result"]);

describe("Messages in the help", () => {
  for (const [type, { inputs = 0, outputs = 0 }] of packForms()) {
    it(`of ${type} are shown for what goes in and comes out`, () => {
      assert.ok(type in nodeTypes());
      if (inputs > 0) assert.ok(messages(type, "Inputs").length > 0, "no message in");
      if (outputs > 0 && !WITHOUT_OUTPUT.has(type)) assert.ok(messages(type, "Outputs").length > 0, "no message out");
    });
  }

  it("of smartrouting-in and smartrouting-out are a request as it is read, and an answer as it is sent", () => {
    const { payload, smartrouting } = message("smartrouting-in", "Outputs");
    assert.deepEqual(readRequest(payload), payload);
    assert.deepEqual(readExtraData(payload["extradata"]), smartrouting);
    const answer = message("smartrouting-out", "Inputs").payload;
    assert.deepEqual(answerBody(answer), answer);
  });

  it("of voicenter-layer-in and voicenter-layer-out are a request as it is read, and an answer as it is sent", () => {
    const { payload, topic } = message("voicenter-layer-in", "Outputs");
    assert.deepEqual(readLayer({ DATA: payload }), payload);
    assert.equal(topic, String(payload["LAYER_ID"]));
    const { ACTION, ...values } = message("voicenter-layer-out", "Inputs").payload;
    assert.deepEqual(layerBody(ACTION as "GO_TO_LAYER", values), { STATUS: 0, ACTION, ...values });
  });

  it("of cti-command are what is sent for what came", () => {
    const { commandType, ImAddress, number } = message("cti-command", "Inputs").payload;
    const body = commandBody(readCommand({ command: commandType, imAddress: ImAddress, number }), "name");
    assert.deepEqual(message("cti-command", "Outputs"), { payload: body, statusCode: 202 });
  });

  it("of cti-event-in are an event as it is read, and a transfer as the rule tells it", () => {
    const { payload, topic } = message("cti-event-in", "Outputs");
    assert.deepEqual(readCtiEvent(payload), payload);
    assert.equal(topic, payload["eventType"]);
    const transfer = message("cti-event-in", "Outputs", 1).payload;
    const { callId, from, to } = transfer as { callId: string; from: string; to: string };
    const rule = new TransferRule();
    rule.take(readCtiEvent({ eventType: "OnHold", callId, ImAddress: from }));
    assert.deepEqual(rule.take(readCtiEvent({ eventType: "Retrieve", callId, ImAddress: to })), transfer);
  });

  it("of rte-subscribe name events and properties of the catalogue", () => {
    const { topic, payload, rte } = message("rte-subscribe", "Outputs");
    const names = Object.keys(RTE_EVENTS[topic as keyof typeof RTE_EVENTS]);
    assert.deepEqual(
      Object.keys(payload).filter((name) => !names.includes(name)),
      [],
    );
    const [{ EntityId: entityId, EventName: eventName } = {}] = message("rte-subscribe", "Inputs")
      .payload as unknown as Record<string, unknown>[];
    assert.deepEqual(rte, { entityId, eventName });
  });

  it("of Webitel are taken, and read as they are", () => {
    const at = "2026-05-02T08:00:00.000Z";
    const { payload, topic } = message("webitel-event-in", "Outputs");
    const event = readEvent(payload, at);
    assert.deepEqual([event.payload, event.topic], [payload, topic]);
    const query = message("webitel-lookup-in", "Outputs").payload;
    assert.deepEqual(readLookup(query, at).payload, query);
    const found = message("webitel-lookup-out", "Inputs").payload;
    assert.equal(lookupAnswer(found, query), found);
    assert.ok("from" in callBody(message("webitel-create-call", "Inputs").payload));
    assert.ok(attemptRequest(message("webitel-attempt-result", "Inputs").payload).attempt.queue);
    assert.ok("team_id" in agentQuery(message("webitel-agents", "Inputs").payload));
  });

  it("of the upload are rows that are taken, and rows and a report that add up", () => {
    const [row] = message("webitel-dialer-member-upload", "Inputs").payload as unknown as object[];
    assert.ok(memberMapper({ mapping: [], defaults: [] })({ ...row, type: "1" }).member);
    const [report, refused, progress] = messages("webitel-dialer-member-upload", "Outputs").map(
      ({ payload }) => payload,
    );
    const { accepted, rejected, uncertain, duplicates, total } = report as Record<string, number>;
    assert.equal((accepted ?? 0) + (rejected ?? 0) + (uncertain ?? 0) + (duplicates ?? 0), total);
    assert.equal((refused as unknown as unknown[]).length, progress?.["rejected"]);
    assert.equal(Object.keys(progress?.["ids"] as object).length, progress?.["accepted"]);
  });
});

describe("msg.call in the help", () => {
  const said = [...source("nodes/shared/locales/en-US/call.html").matchAll(/<code>([\w, ]+)<\/code>/g)].flatMap(
    ([, words = ""]) => words.split(", "),
  );

  it("has every property and every state that the code has", () => {
    const [, body = ""] = /export interface Call \{([^]*?)\n\}/.exec(source("lib/core/call.ts")) ?? [];
    const names = [...body.replaceAll(/\/\*.*?\*\//g, "").matchAll(/(\w+)\??: /g)].map(([, name]) => name as string);
    assert.ok(names.includes("legId") && names.includes("address"), names.join());
    const known = new Set<string>([...names, ...CALL_STATES, "inbound", "outbound"]);
    assert.deepEqual([...new Set(said)].toSorted(), [...known].toSorted());
  });

  it("is on each page whose node sends it", () => {
    for (const type of [
      "rte-subscribe",
      "cti-event-in",
      "webitel-event-in",
      "webitel-lookup-in",
      "smartrouting-in",
      "voicenter-layer-in",
    ])
      assert.ok(raw(type).includes("locales/en-US/call.html -->"), type);
  });
});
