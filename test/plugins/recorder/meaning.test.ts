/** What the sidebar says of an answer. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import type { Run } from "../../../lib/recorder/model.js";
import { meaningOf } from "../../../plugins/recorder/sidebar/meaning.js";

const CATALOGUE = JSON.parse(
  readFileSync(resolve(__dirname, "../../../plugins/recorder/locales/en-US/recorder.json"), "utf8"),
) as object;

/** As the editor does it; a key or a value that is missing fails the test. */
function words(key: string, values: Record<string, unknown> = {}): string {
  let found: unknown = CATALOGUE;
  for (const part of key.split(".")) found = (found as Record<string, unknown> | undefined)?.[part];
  assert.ok(typeof found === "string", key);
  return found.replaceAll(/__(\w+?)__/g, (_, name: string) => {
    const value = values[name];
    assert.ok(typeof value === "string" || typeof value === "number", `${key}: ${name}`);
    return String(value);
  });
}

function meaning(vendor: Run["vendor"], status: number, answer: object, rest: Partial<Run> = {}): string[] {
  const run: Run = { id: "1", vendor, node: "n", flow: "f", start: "", outcome: "answered", steps: [], ...rest };
  return meaningOf({ ...run, answer: { status, json: JSON.stringify(answer) } }, words);
}

describe("What the sidebar says of an answer", () => {
  it("SmartRouting: each field in words", () => {
    const all = {
      CustomTTS: "hi",
      InitialTarget: "#abc",
      FailTarget: "Q2",
      RequiredTarget: "anna",
      AllocationTargets: ["b", "c"],
      Priority: 0,
      ExtraPriority: -5,
      CustomMSI: "m",
    };
    assert.deepEqual(meaning("enreach", 200, all), [
      "SmartRouting: the call goes to #abc.",
      "If that fails, it goes to Q2.",
      "Only anna may take it.",
      "Preferred agents: b, c.",
      "Priority: 0.",
      "Added to its priority: -5.",
      "The caller hears: hi",
      "Billing definition: m.",
    ]);
    assert.deepEqual(meaning("enreach", 200, { InitialTarget: "DISCONNECT:" }), ["SmartRouting: the call is ended."]);
    assert.deepEqual(meaning("enreach", 200, { InitialTarget: "DISCONNECT:", CustomTTS: "closed" }), [
      "SmartRouting: the call is ended.",
      "The caller hears: closed",
    ]);
    assert.deepEqual(meaning("enreach", 204, {}), ["SmartRouting: the call takes its default route."]);
  });

  it("Voicenter: each action, and the fallback layer", () => {
    assert.deepEqual(meaning("voicenter", 200, { STATUS: 1, ACTION: "ERROR" }), [
      "Voicenter: the fallback layer of the layer's settings takes the caller.",
    ]);
    assert.deepEqual(meaning("voicenter", 200, { STATUS: 0, ACTION: "GO_TO_LAYER", LAYER: 3 }), [
      "Voicenter: the caller goes to layer 3.",
    ]);
    const DATA = [
      { RecordType: "Recording", Content: "hello" },
      { RecordType: "Digits", Content: 12 },
    ];
    assert.deepEqual(meaning("voicenter", 200, { STATUS: 0, ACTION: "SAY_DIGITS", DATA, NEXT_LAYER: 4 }), [
      "Voicenter: the caller hears hello, 12, then goes to layer 4.",
    ]);
    const TARGETS = [{ TYPE: "PHONE", TARGET: "#abc" }];
    assert.deepEqual(meaning("voicenter", 200, { STATUS: 0, ACTION: "DIAL", TARGETS, NEXT_VO_ID: 5 }), [
      "Voicenter: #abc is called; layer 5 follows if that is faulty.",
    ]);
    assert.deepEqual(meaning("voicenter", 200, { STATUS: 1 }, { outcome: "fallback", reason: "error" }), [
      "Fallback: the flow failed.",
      "Voicenter: the fallback layer of the layer's settings takes the caller.",
    ]);
  });

  it("how a run ended that the flow did not answer", () => {
    for (const reason of ["deadline", "error", "closed", "incomplete"])
      assert.equal(meaning("webitel", 200, {}, { outcome: "fallback", reason, latencyMs: 2003 }).length, 1);
    assert.deepEqual(
      meaning("webitel", 200, { found: false }, { outcome: "late", reason: "deadline", latencyMs: 2003 }),
      ["Fallback: no answer within 2 s.", "The flow answered after it.", "Webitel: the caller is not known."],
    );
    assert.deepEqual(
      meaning("webitel", 401, { message: "Compare the key." }, { outcome: "refused", reason: "credentials" }),
      ["Refused at the door: Compare the key."],
    );
    for (const outcome of ["open", "gone", "received"] as const)
      assert.equal(meaning("anywhere365", 200, {}, { outcome }).length, 1);
  });
});
