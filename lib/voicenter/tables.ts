/**
 * The names and limits of Voicenter's External Layer ("External Layer API"). The single source of names: types, checks,
 * form, help, simulator and tests derive from these tables.
 */

/** The value of `METHOD`, always; the name of `msg.event`. */
export const REQUEST_NAME = "IVR_LAYER_INPUT";

/** How each field of `DATA` is read. `layer`: the document says integer, its samples write text. */
export const REQUEST_FIELDS = {
  DID: "text",
  CALLER_ID: "text",
  IVR_UNIQUE_ID: "text",
  DTMF: "text",
  LAYER_ID: "layer",
  PREVIOUS_LAYER_ID: "layer",
} as const;

/** What may stand in a field of an answer. */
export type FieldKind =
  "layer" | "text" | "language" | "seconds" | "yes-no" | "say-parts" | "dial-targets" | "custom-data";

/** One field of an answer. */
export interface AnswerField {
  /** The key that is sent. */
  name: string;
  kind: FieldKind;
}

/** The fields of all answers ("Client Response", "Say Method", "Dial Method"). */
export const ANSWER_FIELDS = [
  { name: "LAYER", kind: "layer" },
  { name: "NEXT_LAYER", kind: "layer" },
  { name: "NEXT_LAYER_IF_FAILED", kind: "layer" },
  { name: "LANGUAGE", kind: "language" },
  { name: "DATA", kind: "say-parts" },
  { name: "CALLER_ID", kind: "text" },
  { name: "CALLER_NAME", kind: "text" },
  { name: "MAX_CALL_DURATION", kind: "seconds" },
  { name: "MAX_DIAL_DURATION", kind: "seconds" },
  { name: "NEXT_VO_ID", kind: "layer" },
  { name: "RECORDING", kind: "yes-no" },
  { name: "TARGETS", kind: "dial-targets" },
  { name: "CUSTOM_DATA", kind: "custom-data" },
] as const satisfies readonly AnswerField[];

/** Name of a field of an answer. */
export type AnswerFieldName = (typeof ANSWER_FIELDS)[number]["name"];

/** What an answer can tell the IVR to do. `ERROR` is an answer without an action: `STATUS` 1. */
export const ACTIONS = ["GO_TO_LAYER", "SAY_DIGITS", "DIAL", "ERROR"] as const;
/** One of {@link ACTIONS}. */
export type Action = (typeof ACTIONS)[number];

/** Which fields an action has, in the order of the document's samples. */
export const ACTION_FIELDS: Record<
  Exclude<Action, "ERROR">,
  Partial<Record<AnswerFieldName, "required" | "optional">>
> = {
  GO_TO_LAYER: { LAYER: "required", CALLER_NAME: "optional", CUSTOM_DATA: "optional" },
  SAY_DIGITS: {
    NEXT_LAYER: "required",
    NEXT_LAYER_IF_FAILED: "optional",
    LANGUAGE: "required",
    DATA: "required",
    CUSTOM_DATA: "optional",
  },
  DIAL: {
    CALLER_ID: "required",
    CALLER_NAME: "optional",
    MAX_CALL_DURATION: "required",
    MAX_DIAL_DURATION: "required",
    NEXT_VO_ID: "required",
    RECORDING: "required",
    TARGETS: "required",
    CUSTOM_DATA: "required",
  },
};

/** The fields of an action, in the order of the document's samples; `ERROR` has none. */
export function fieldsOf(action: Action): (typeof ANSWER_FIELDS)[number][] {
  if (action === "ERROR") return [];
  return Object.keys(ACTION_FIELDS[action]).map(
    (name) => ANSWER_FIELDS.find((field) => field.name === name) as (typeof ANSWER_FIELDS)[number],
  );
}

/** Languages that the document names; others on request to Voicenter. */
export const LANGUAGES = ["HE", "EN", "AR", "RU"] as const;
/** Kinds of a part of an announcement. */
export const RECORD_TYPES = ["Recording", "Digits", "Number", "Date", "DateTime"] as const;
/** One of {@link RECORD_TYPES}. */
export type RecordType = (typeof RECORD_TYPES)[number];
/** Kinds of a DIAL target; upper and lower case matter. */
export const TARGET_TYPES = ["PHONE", "EXTENSION"] as const;
/** Longest value in CUSTOM_DATA, characters (the limit of the vendor's own SDK). */
export const CUSTOM_DATA_LIMIT = 128;
