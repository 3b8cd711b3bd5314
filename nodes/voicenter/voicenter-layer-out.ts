/**
 * The answer to a caller who came in by `voicenter-layer-in`.
 *
 * Message in: `_webhook` from the in node; what the node's settings leave blank is read from `payload` under the vendor's
 * names (`LAYER`, `NEXT_LAYER`, `DATA` …), and with the action `msg` also `ACTION`. `session` is kept for the next layer.
 * Vendor document: External Layer API, "Client Response", "Say Method", "Dial Method".
 */
import type { Node, NodeAPI, NodeDef } from "node-red";
import { refused } from "../../lib/core/errors.js";
import { isBlank, plainInteger, readIgnoringCase } from "../../lib/core/values.js";
import { answerBody, isRoute, readAction } from "../../lib/voicenter/answer.js";
import { type LayerRequest, readRequest } from "../../lib/voicenter/request.js";
import { type Action, type AnswerFieldName, fieldsOf, REQUEST_FIELDS } from "../../lib/voicenter/tables.js";
import { onInput } from "../shared/input.js";
import { answerReport, warnOncePerMinute } from "../shared/log.js";
import { resetStatus, setStatus } from "../shared/status.js";
import { evaluateItems, fieldReader } from "../shared/values.js";
import { envText } from "../shared/variables.js";
import { answerCall, jsonAnswer } from "../shared/webhook/request-response.js";
import { sessionsOf } from "./sessions.js";
import { SETTING_OF, SETTINGS } from "./settings.js";

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

export = (RED: NodeAPI) => {
  function VoicenterLayerOut(this: Node, config: Config): void {
    RED.nodes.createNode(this, config);
    const fixed = config.action === "msg" ? undefined : readAction(config.action ?? "GO_TO_LAYER");
    // What an earlier choice of action left in the settings is not looked at.
    const settings = settingsOf(fixed);
    const read = fieldReader(RED, this, config, settings, "voicenter");
    const entered = (["data", "targets"] as const).filter((list) => list in settings && !isBlank(config[list]));
    const lists = entered.filter((list) => Array.isArray(config[list]) && config[list].length > 0);
    const wrong = entered.filter((list) => !Array.isArray(config[list])).join(", ");
    resetStatus(this);
    if (wrong !== "") {
      setStatus(this, "error", RED._("voicenter.badge.setting", { names: wrong }));
      this.error(RED._("voicenter.errors.setting", { names: wrong }));
    }
    const report = answerReport(RED, this);
    const label = (name: AnswerFieldName): string =>
      `${RED._(`voicenter-layer-out.form.${SETTING_OF[name]}`)} (${name})`;
    onInput(RED, this, (message) =>
      answerCall(RED, this, message, "voicenter", async ({ data, replayed }) => {
        const request = readRequest(data);
        // Node-RED puts in an action's variable before the node is made: one that is still there is not set.
        envText(RED, this, config.action ?? "", { vendor: "voicenter", operation: "evaluate", field: "action" });
        // A replay has the session of then: the one of now is the caller's.
        if (!replayed && !sessionsOf(RED).keep(request.IVR_UNIQUE_ID, message["session"]))
          warnOncePerMinute(this, "session", RED._("voicenter.warnings.session"));
        const payload = withoutRequest(message.payload, request);
        const action = fixed ?? actionOf(config.action === "msg" ? payload : undefined);
        const isOptional = (name: string): boolean => !isRoute(action, name as AnswerFieldName);
        const values = await read(message, payload, { isOptional, report });
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
        return jsonAnswer("voicenter", answerBody(action, values, report, label));
      }),
    );
  }
  return VoicenterLayerOut;
};

/** What only a request has. */
const REQUEST_MARKS = Object.keys(REQUEST_FIELDS).filter((name) => name !== "CALLER_ID");

/** The settings that an action reads; all of them where the message chooses the action. */
function settingsOf(action: Action | undefined): Partial<typeof SETTINGS> {
  if (action === undefined) return SETTINGS;
  const names = new Set<string>(fieldsOf(action).map(({ name }) => name));
  return Object.fromEntries(Object.entries(SETTINGS).filter(([, name]) => names.has(name)));
}

/**
 * What the flow wrote into a payload that is still the request: what is as it came is the caller's own number and data,
 * and no answer.
 */
function withoutRequest(payload: unknown, request: LayerRequest): unknown {
  const [written, sent] = [readIgnoringCase(payload), readIgnoringCase(request)];
  // The flow may have deleted one of these, or the request lacks it; no answer has any of them.
  const isRequest = REQUEST_MARKS.some((mark) => written(mark) !== undefined && written(mark) === sent(mark));
  if (!isRequest) return payload;
  return Object.fromEntries(Object.entries(payload as object).filter(([name, value]) => !isSame(value, sent(name))));
}

/** True for the same data, also in a copy; `sent` is JSON. */
function isSame(value: unknown, sent: unknown): boolean {
  if (value === sent || typeof sent !== "object") return value === sent;
  try {
    return JSON.stringify(value) === JSON.stringify(sent);
  } catch {
    return false;
  }
}

/** What the payload asks for. There `STATUS` 1 is the error answer, whatever else is said. */
function actionOf(payload: unknown): Action {
  const from = readIgnoringCase(payload);
  const action = readAction(plainInteger(from("STATUS")) === 1 ? "ERROR" : from("ACTION"));
  if (action) return action;
  throw refused("voicenter.errors.action", {
    vendor: "voicenter",
    operation: "External Layer response",
    field: "ACTION",
  });
}
