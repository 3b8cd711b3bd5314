/**
 * What the platform reads in an answer. Vendor document "External Layer API", "Client Response", "Say Method", "Dial
 * Method". What cannot be read leads to the fallback layer. Where table and samples of the document differ, both are
 * taken, with a remark.
 */
import {
  ACTION_FIELDS,
  ACTIONS,
  type Action,
  type ANSWER_FIELDS,
  CUSTOM_DATA_LIMIT,
  fieldsOf,
  LANGUAGES,
} from "../../lib/voicenter/tables.js";
import { type Exchange, explained, type Note, remedies } from "../caller/conversation.js";
import { isObject } from "../values.js";

/** One part of an announcement. */
export interface Part {
  RecordType: string;
  Content: string;
}

/** What happens next, and the data for pop-up and call log. */
export type Decision = { notes: Note[]; customData?: unknown } & (
  | { kind: "fallback"; why: string }
  | { kind: "layer"; layer: number }
  | { kind: "say"; parts: Part[]; language: string; next: number; nextIfFailed?: number }
  | {
      kind: "dial";
      targets: { type: string; target: string }[];
      ringS: number;
      talkS: number;
      nextIfFaulty: number;
      record: boolean;
      callerId: string;
    }
);

/** The actions of the wire; an error has no action there. */
type ActionName = Exclude<Action, "ERROR">;
const ACTION_NAMES = ACTIONS.filter((name): name is ActionName => name !== "ERROR");

type Fields = Record<string, unknown>;
/** How a value is checked: `undefined` when it is right, else what is wrong with it. */
type Check = (value: unknown) => string | undefined;

const integer: Check = (value) =>
  /^-?\d+$/.test(String(value)) && typeof value !== "object" ? undefined : "is not an integer";
const list =
  (item: (value: Fields) => string | undefined): Check =>
  (value) => {
    if (!Array.isArray(value) || value.length === 0) return "is not a list with items";
    return value
      .map((each: unknown) => (isObject(each) ? item(each) : "has an item that is not an object"))
      .find((wrong) => wrong !== undefined);
  };

/** Names come from the pack's table. Values have checks of their own here, so that a fault of the node shows. */
const CHECKS: Readonly<Record<(typeof ANSWER_FIELDS)[number]["kind"], Check>> = {
  layer: integer,
  seconds: integer,
  text: (value) => (typeof value === "string" && value.trim() !== "" ? undefined : "is not a text"),
  language: (value) => (typeof value === "string" && value !== "" ? undefined : "is not a text"),
  "yes-no": (value) => (value === "yes" || value === "no" ? undefined : 'is neither "yes" nor "no"'),
  "say-parts": list(({ RecordType, Content }) => {
    if (!["Recording", "Digits", "Number", "Date", "DateTime"].includes(RecordType as string))
      return `has an item whose RecordType is ${JSON.stringify(RecordType)}`;
    return typeof Content === "string" || typeof Content === "number" ? undefined : "has an item without Content";
  }),
  "dial-targets": list(({ TYPE, TARGET }) => {
    if (!["PHONE", "EXTENSION"].includes(TYPE as string)) return `has an item whose TYPE is ${JSON.stringify(TYPE)}`;
    return typeof TARGET === "string" && TARGET !== "" ? undefined : "has an item without TARGET";
  }),
  "custom-data": () => undefined,
};

/** Reads the completed exchange. */
export function readExchange(exchange: Exchange): Decision {
  const { answer, failure } = exchange;
  const notes = remedies(exchange, "compare the layer's webhook with the node's whole address, secret included.");
  const fallback = (why: string): Decision => ({ kind: "fallback", why, notes });
  if (answer === undefined)
    return fallback(
      failure === "timeout" ? "The flow did not answer in time." : `The webhook was not reached (${failure}).`,
    );
  if (answer.status !== 200) return fallback(`Status ${answer.status}: only 200 is sure to be read.`);
  const body = parse(answer.body);
  if (body === undefined) return fallback("The body is not a JSON object.");
  const status = String(body["STATUS"]);
  if (status === "1") {
    notes.push(...explained(exchange));
    return fallback("STATUS 1: the flow reports an error.");
  }
  if (status !== "0") return fallback(`STATUS is ${JSON.stringify(body["STATUS"]) ?? "missing"}, neither 0 nor 1.`);
  if (typeof body["STATUS"] === "string") notes.push({ text: "STATUS should be an integer.", tone: "warn" });
  const action = actionOf(body, notes);
  if (action === undefined)
    return fallback(
      `ACTION is ${JSON.stringify(body["ACTION"]) ?? "missing"}: the platform knows ${ACTION_NAMES.join(", ")}.`,
    );
  const wrong = faultOf(action, body, notes);
  if (wrong !== undefined) return fallback(wrong);
  noteCustomData(body["CUSTOM_DATA"], action, notes);
  const name = body["CALLER_NAME"];
  if (typeof name === "string" && name.trim() !== "") notes.push({ text: `The phone shows: ${name}`, tone: "info" });
  return { ...DECISIONS[action](body), notes, customData: body["CUSTOM_DATA"] };
}

/** What each action's answer says. */
const DECISIONS = {
  GO_TO_LAYER: (body: Fields) => ({ kind: "layer", layer: Number(body["LAYER"]) }) as const,
  SAY_DIGITS: (body: Fields) =>
    ({
      kind: "say",
      parts: (body["DATA"] as { RecordType: string; Content: string | number }[]).map(({ RecordType, Content }) => ({
        RecordType,
        Content: String(Content),
      })),
      language: String(body["LANGUAGE"]),
      next: Number(body["NEXT_LAYER"]),
      ...(body["NEXT_LAYER_IF_FAILED"] != null && { nextIfFailed: Number(body["NEXT_LAYER_IF_FAILED"]) }),
    }) as const,
  DIAL: (body: Fields) =>
    ({
      kind: "dial",
      targets: (body["TARGETS"] as { TYPE: string; TARGET: string }[]).map(({ TYPE, TARGET }) => ({
        type: TYPE,
        target: TARGET,
      })),
      ringS: Number(body["MAX_DIAL_DURATION"]),
      talkS: Number(body["MAX_CALL_DURATION"]),
      nextIfFaulty: Number(body["NEXT_VO_ID"]),
      record: body["RECORDING"] === "yes",
      callerId: String(body["CALLER_ID"]),
    }) as const,
};

/** The document's table says `SAY` and `Layer` where its samples say `SAY_DIGITS` and `LAYER`. */
function actionOf(body: Fields, notes: Note[]): ActionName | undefined {
  if (body["LAYER"] === undefined && body["Layer"] !== undefined) {
    body["LAYER"] = body["Layer"];
    delete body["Layer"];
    notes.push({ text: "Write LAYER, as the vendor's samples do.", tone: "warn" });
  }
  if (body["ACTION"] === "SAY") {
    notes.push({ text: "Write SAY_DIGITS, as the vendor's samples do.", tone: "warn" });
    return "SAY_DIGITS";
  }
  return ACTION_NAMES.find((name) => name === body["ACTION"]);
}

/** The first thing that makes the answer useless; what is merely odd becomes a remark. */
function faultOf(action: ActionName, body: Fields, notes: Note[]): string | undefined {
  const fields = fieldsOf(action);
  for (const { name, kind } of fields) {
    const value = body[name];
    const absent = value === undefined || value === null;
    const wrong = absent ? "is missing" : CHECKS[kind](value);
    // CUSTOM_DATA is marked mandatory with DIAL, though most samples lack it: without it the call is not lost.
    const mandatory = kind !== "custom-data" && ACTION_FIELDS[action][name] === "required";
    if (wrong !== undefined && mandatory) return `${name} ${wrong}.`;
    if (wrong !== undefined && !absent) notes.push({ text: `${name} ${wrong}: ignored.`, tone: "warn" });
    if (kind === "language" && wrong === undefined && isMisspelt(String(value)))
      notes.push({
        text: `${name} should be ${String(value).toUpperCase()}, as the document writes it.`,
        tone: "warn",
      });
    if (wrong === undefined && typeof value === "string" && CHECKS[kind] === integer)
      notes.push({ text: `${name} should be an integer.`, tone: "warn" });
  }
  const known = new Set(["STATUS", "ACTION", "CUSTOM_DATA", ...fields.map(({ name }): string => name)]);
  for (const name of Object.keys(body))
    if (!known.has(name)) notes.push({ text: `${name} is no field of this answer: ignored.`, tone: "warn" });
  return undefined;
}

/** True for a documented language in another case. */
function isMisspelt(language: string): boolean {
  const known: readonly string[] = LANGUAGES;
  return !known.includes(language) && known.includes(language.toUpperCase());
}

function noteCustomData(value: unknown, action: string, notes: Note[]): void {
  if (value === undefined || value === null) {
    if (action === "DIAL") notes.push({ text: "The document marks CUSTOM_DATA as mandatory with DIAL.", tone: "warn" });
    return;
  }
  if (!isObject(value)) {
    notes.push({ text: "CUSTOM_DATA should be an object, as in the vendor's samples.", tone: "warn" });
    return;
  }
  const entries = Object.entries(value);
  if (entries.length > 0)
    notes.push({
      text: `For pop-up and call log: ${entries.map(([name, each]) => `${name} = ${shown(each)}`).join(", ")}`,
      tone: "info",
    });
  for (const [name, each] of entries) {
    if (typeof each !== "string")
      notes.push({ text: `CUSTOM_DATA.${name} should be a text, as in the vendor's samples.`, tone: "warn" });
    else if (each.length > CUSTOM_DATA_LIMIT)
      notes.push({
        text: `CUSTOM_DATA.${name} is longer than ${CUSTOM_DATA_LIMIT} characters, the limit of the vendor's SDK.`,
        tone: "warn",
      });
  }
}

function shown(value: unknown): string {
  return typeof value === "string" ? value : JSON.stringify(value);
}

function parse(body: string): Fields | undefined {
  try {
    const value: unknown = JSON.parse(body);
    return isObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}
