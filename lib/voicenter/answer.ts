/** The answer to an external layer's request (External Layer API, "Client Response", "Say Method", "Dial Method"). Runs in the editor too. */
import { type ContactCenterError, refused } from "../core/errors.js";
import { plainText } from "../core/values.js";
import { CHECKS, type FieldKind } from "./checks.js";

/** One field of an answer. */
export interface AnswerField {
  /** The node's setting. */
  setting: string;
  /** The key that is sent. */
  vendorName: string;
  kind: FieldKind;
}

/** The fields of all answers, by the document's names. Names, checks, form and help derive from this table. */
export const ANSWER_FIELDS = [
  { setting: "layer", vendorName: "LAYER", kind: "layer" },
  { setting: "nextLayer", vendorName: "NEXT_LAYER", kind: "layer" },
  { setting: "nextLayerIfFailed", vendorName: "NEXT_LAYER_IF_FAILED", kind: "layer" },
  { setting: "language", vendorName: "LANGUAGE", kind: "text" },
  { setting: "data", vendorName: "DATA", kind: "say-parts" },
  { setting: "callerId", vendorName: "CALLER_ID", kind: "text" },
  { setting: "callerName", vendorName: "CALLER_NAME", kind: "text" },
  { setting: "maxCallDuration", vendorName: "MAX_CALL_DURATION", kind: "seconds" },
  { setting: "maxDialDuration", vendorName: "MAX_DIAL_DURATION", kind: "seconds" },
  { setting: "nextVoId", vendorName: "NEXT_VO_ID", kind: "layer" },
  { setting: "recording", vendorName: "RECORDING", kind: "yes-no" },
  { setting: "targets", vendorName: "TARGETS", kind: "dial-targets" },
  { setting: "customData", vendorName: "CUSTOM_DATA", kind: "custom-data" },
] as const satisfies readonly AnswerField[];

/** A setting of the answer. */
export type AnswerSetting = (typeof ANSWER_FIELDS)[number]["setting"];
/** Values by setting; undefined, null and empty text count as not set. */
export type AnswerValues = Partial<Record<AnswerSetting, unknown>>;

/** What an answer can tell the IVR to do, as the setting `action` names it; `msg` takes it from the message. */
export const ACTIONS = ["GO_TO_LAYER", "SAY_DIGITS", "DIAL", "ERROR"] as const;
/** One of {@link ACTIONS}. */
export type Action = (typeof ACTIONS)[number];

/** Which fields an action has, in the order of the document's samples. */
export const ACTION_FIELDS: Record<
  Exclude<Action, "ERROR">,
  Partial<Record<AnswerSetting, "required" | "optional">>
> = {
  GO_TO_LAYER: { layer: "required", callerName: "optional", customData: "optional" },
  SAY_DIGITS: {
    nextLayer: "required",
    nextLayerIfFailed: "optional",
    language: "required",
    data: "required",
    customData: "optional",
  },
  DIAL: {
    callerId: "required",
    callerName: "optional",
    maxCallDuration: "required",
    maxDialDuration: "required",
    nextVoId: "required",
    recording: "required",
    targets: "required",
    customData: "required",
  },
};

/** The fields of an action, in the order of the document's samples; `ERROR` has none. */
export function fieldsOf(action: Action): (typeof ANSWER_FIELDS)[number][] {
  if (action === "ERROR") return [];
  return Object.keys(ACTION_FIELDS[action]).map(
    (setting) => ANSWER_FIELDS.find((one) => one.setting === setting) as (typeof ANSWER_FIELDS)[number],
  );
}

/** What is sent where nothing is set and the document knows a default: calls are not recorded, and CUSTOM_DATA of a DIAL may not be missing. */
const DOCUMENTED: Partial<Record<AnswerSetting, unknown>> = { recording: "no", customData: {} };

/** The body that sends the caller to the fallback layer of the IVR's own settings. */
export const ERROR_BODY = { STATUS: 1 } as const;

/**
 * Reads an action; `SAY`, the name in one of the document's tables, is `SAY_DIGITS`.
 * @returns undefined when it is none
 */
export function readAction(value: unknown): Action | undefined {
  const name = plainText(value)?.trim().toUpperCase();
  return name === "SAY" ? "SAY_DIGITS" : ACTIONS.find((action) => action === name);
}

/**
 * Makes the body of an answer.
 * @param action what the IVR shall do
 * @param values what the flow sets; what the action has no field for is left out
 * @throws ContactCenterError `EINVALID` that names the field
 */
export function answerBody(action: Action, values: AnswerValues): Record<string, unknown> {
  if (action === "ERROR") return { ...ERROR_BODY };
  const body: Record<string, unknown> = { STATUS: 0, ACTION: action };
  for (const field of fieldsOf(action)) {
    const isRequired = ACTION_FIELDS[action][field.setting] === "required";
    const given = values[field.setting];
    const isSet = given !== undefined && given !== null && given !== "";
    const value = isSet ? given : isRequired ? DOCUMENTED[field.setting] : undefined;
    if (value !== undefined) body[field.vendorName] = checkValue(field, value);
    else if (isRequired) throw missing(action, field.vendorName);
  }
  return body;
}

/**
 * Checks one value that is set.
 * @returns what is sent
 * @throws ContactCenterError `EINVALID` that names the field
 */
export function checkValue(field: AnswerField, value: unknown): unknown {
  return CHECKS[field.kind](value, field.vendorName);
}

function missing(action: Action, field: string): ContactCenterError {
  return refused("voicenter.errors.missing", { vendor: "voicenter", operation: action, field }, { action });
}
