/**
 * The answer to a call that came in by `smartrouting-in`.
 *
 * Message in: `_webhook` from the in node; what the node's settings leave blank is read from `payload` under the vendor's
 * name in any case. Nothing is sent that is not set; when nothing is set, the answer is 204.
 * Vendor document: SmartRouting HTTP Integrator Guide, "SmartRouting Response".
 */
import type { Node, NodeAPI, NodeDef } from "node-red";
import { refused } from "../../lib/core/errors.js";
import { isBlank as isBlankValue, isBlankText, isRecord, readIgnoringCase } from "../../lib/core/values.js";
import { answerBody } from "../../lib/smartrouting/answer.js";
import { type AnswerFieldName, DISCONNECT, REQUEST_KEYS } from "../../lib/smartrouting/tables.js";
import { type Message, onInput } from "../shared/input.js";
import { answerReport, warnOncePerMinute } from "../shared/log.js";
import { fieldReader, isBlank } from "../shared/values.js";
import { answerCall, jsonAnswer } from "../shared/webhook/request-response.js";
import { SETTINGS } from "./settings.js";

type Setting = keyof typeof SETTINGS;

interface Config extends NodeDef, Partial<Record<Setting, unknown>> {
  /** Ends the call, after `customTTS` where that is set. */
  disconnect?: boolean;
}

const CAUSE = { vendor: "enreach", operation: "SmartRouting response" } as const;

/** Every key that a payload may carry without a warning: the answer's, and the request's, which are never sent back. */
const KNOWN_KEYS = new Set(
  [...Object.entries(SETTINGS).flat(), ...REQUEST_KEYS, "disconnect"].map((key) => key.toLowerCase()),
);

/** What a call that has its target can do without. */
const DECORATIONS: ReadonlySet<string> = new Set([
  "AllocationTargets",
  "Priority",
  "ExtraPriority",
  "CustomTTS",
  "CustomMSI",
] satisfies AnswerFieldName[]);

export = (RED: NodeAPI) => {
  function SmartRoutingOut(this: Node, config: Config): void {
    RED.nodes.createNode(this, config);
    const read = fieldReader(RED, this, config, SETTINGS, "enreach");
    const report = answerReport(RED, this);
    const needsPayload =
      config.disconnect !== true && Object.keys(SETTINGS).every((name) => isBlank({ value: config[name as Setting] }));
    onInput(RED, this, (message) =>
      answerCall(RED, this, message, "enreach", async () => {
        // What cannot hold an answer is no "nothing set": the flow meant something by it.
        if (needsPayload && !isBlankValue(message.payload) && !isRecord(message.payload))
          throw refused("smartrouting.errors.payload", { ...CAUSE, field: "payload" });
        const isDisconnect = wantsDisconnect(config, message);
        const values = await read(message, message.payload, {
          isOptional: (name, { InitialTarget, RequiredTarget }) =>
            DECORATIONS.has(name) && (isDisconnect || !isBlankText(InitialTarget) || !isBlankText(RequiredTarget)),
          report,
        });
        if (isDisconnect) values.InitialTarget = DISCONNECT;
        const body = answerBody(values, report);
        warnOfUnknown(this, message.payload);
        if (body && "Priority" in body && "ExtraPriority" in body)
          warnOncePerMinute(this, "both priorities", RED._("smartrouting.both-priorities"));
        return body ? jsonAnswer("enreach", body) : { status: 204 };
      }),
    );
  }

  function warnOfUnknown(node: Node, payload: unknown): void {
    if (!isRecord(payload)) return;
    const keys = Object.keys(payload).filter((key) => !KNOWN_KEYS.has(key.toLowerCase()));
    if (keys.length > 0)
      warnOncePerMinute(node, "unknown keys", RED._("smartrouting.unknown-keys", { keys: keys.join(", ") }));
  }
  return SmartRoutingOut;
};

function wantsDisconnect(config: Config, message: Message): boolean {
  if (config.disconnect === true) return true;
  const asked = readIgnoringCase(message.payload)("disconnect") ?? false;
  if (typeof asked === "boolean") return asked;
  throw refused("smartrouting.errors.boolean", { ...CAUSE, field: "disconnect" }, { type: typeof asked });
}
