/**
 * The answer to a caller who came in by `voicenter-layer-in`.
 *
 * Message in: `_webhook` from the in node; what the node's settings leave blank is read from `payload` under the vendor's
 * names (`LAYER`, `NEXT_LAYER`, `DATA` …), and with the action `msg` also `ACTION`.
 * Vendor document: External Layer API, "Client Response", "Say Method", "Dial Method".
 */
import type { Node, NodeAPI, NodeDef } from "node-red";
import { refused } from "../../lib/core/errors.js";
import { readIgnoringCase } from "../../lib/core/values.js";
import { answerBody, readAction } from "../../lib/voicenter/answer.js";
import { type Action, fieldsOf } from "../../lib/voicenter/tables.js";
import { onInput } from "../shared/input.js";
import { evaluateItems, fieldReader } from "../shared/values.js";
import { answerCall, jsonAnswer } from "../shared/webhook/request-response.js";
import { SETTINGS } from "./settings.js";

interface Config extends NodeDef {
  /** One of ACTIONS, or `msg`. */
  action?: string;
  /** Parts of an announcement: `{RecordType, Content, ContentType}`. */
  data?: Record<string, unknown>[];
  /** Targets of a DIAL: `{TYPE, TARGET, TARGETType}`. */
  targets?: Record<string, unknown>[];
}

/** The lists whose items hold a typed value, and the property that holds it. */
const TYPED_ITEMS = { data: "Content", targets: "TARGET" } as const;

export = (RED: NodeAPI): void => {
  function VoicenterLayerOut(this: Node, config: Config): void {
    RED.nodes.createNode(this, config);
    const fixed = config.action === "msg" ? undefined : readAction(config.action ?? "GO_TO_LAYER");
    // What an earlier choice of action left in the settings is not looked at.
    const settings = settingsOf(fixed);
    const read = fieldReader(RED, this, config, settings, "voicenter");
    const lists = (["data", "targets"] as const).filter((list) => config[list]?.length && list in settings);
    onInput(RED, this, (message) =>
      answerCall(RED, this, message, "voicenter", async () => {
        const payload = withoutRequest(message.payload);
        const action = fixed ?? actionOf(config.action === "msg" ? payload : undefined);
        const values = await read(message, payload);
        for (const list of lists) {
          values[SETTINGS[list]] = await evaluateItems(
            RED,
            this,
            message,
            list,
            config[list] ?? [],
            TYPED_ITEMS[list],
            "voicenter",
          );
        }
        return jsonAnswer("voicenter", answerBody(action, values));
      }),
    );
  }
  RED.nodes.registerType("voicenter-layer-out", VoicenterLayerOut);
};

/** The settings that an action reads; all of them where the message chooses the action. */
function settingsOf(action: Action | undefined): Partial<typeof SETTINGS> {
  if (action === undefined) return SETTINGS;
  const names = new Set<string>(fieldsOf(action).map(({ name }) => name));
  return Object.fromEntries(Object.entries(SETTINGS).filter(([, name]) => names.has(name)));
}

/** A payload that is still the request holds the caller's own number and data, which are no answer. */
function withoutRequest(payload: unknown): unknown {
  if (readIgnoringCase(payload)("IVR_UNIQUE_ID") === undefined) return payload;
  const entries = Object.entries(payload as object).filter(([name]) => !/^(?:CALLER_ID|CUSTOM_DATA)$/i.test(name));
  return Object.fromEntries(entries);
}

/** What the payload asks for; there `{"STATUS":1}` alone is the error answer. */
function actionOf(payload: unknown): Action {
  const from = readIgnoringCase(payload);
  const action = readAction(from("ACTION") ?? (Number(from("STATUS")) === 1 ? "ERROR" : undefined));
  if (action) return action;
  throw refused("voicenter.errors.action", {
    vendor: "voicenter",
    operation: "External Layer response",
    field: "ACTION",
  });
}
