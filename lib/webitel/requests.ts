/** From settings and messages to requests: the query of SearchAgent (2.), the body of POST /calls (3.), an attempt's result (7.). */
import { isBlank, isBlankText, isRecord, withoutMap } from "../core/values.js";
import { refused } from "./errors.js";
import type { Query } from "./client.js";
import { readValue, readValues, required } from "./fields.js";
import { destinationFault, withoutTrunkPrefix } from "./numbers.js";
import {
  AGENT_FILTERS,
  ATTEMPT_FIELDS,
  BLANK_AGENT_FILTERS,
  CALL_CHOICES,
  CALL_FIELDS,
  CALL_PASSED_ON,
  RESULT_FIELDS,
} from "./tables.js";

const FILTER_NAMES = new Map(AGENT_FILTERS.map((name) => [name.toLowerCase(), name]));

const MAY_BE_BLANK: ReadonlySet<string> = new Set(BLANK_AGENT_FILTERS);

/** A number that is none, or has lost digits, is no filter. */
const isScalar = (value: unknown): value is string | number | boolean | bigint =>
  typeof value === "number" ? Number.isSafeInteger(value) : ["string", "boolean", "bigint"].includes(typeof value);

/**
 * Builds the query.
 * @param filters by the vendor's names, in any case; `page` is left out, since all pages are read
 * @throws ContactCenterError `EINVALID` for a name that the vendor does not know, or a filter without a value: the server would list everybody
 */
export function agentQuery(filters: Record<string, unknown>): Query {
  const query: Query = {};
  for (const [given, value] of Object.entries(filters)) {
    const wrong = (key: string): ReturnType<typeof refused> =>
      refused(key, { vendor: "webitel", operation: "SearchAgent", field: given });
    if (given.toLowerCase() === "page") continue;
    const name = FILTER_NAMES.get(given.toLowerCase());
    if (name === undefined) throw wrong("webitel.errors.filter");
    const list = Array.isArray(value) ? (value as unknown[]) : [value];
    if (list.every(isBlankText) && MAY_BE_BLANK.has(name)) continue;
    // A look-up before it found nobody.
    if (list.length === 0 || list.some(isBlankText)) throw wrong("webitel.errors.filter-blank");
    if (!list.every(isScalar)) throw wrong("webitel.errors.field.text");
    const values = list.map((item) => (typeof item === "number" ? item : String(item)));
    query[name] = values.length === 1 ? values[0] : values;
  }
  return query;
}

/** What a call may be given, by setting name. */
type CallSetting =
  | "destination"
  | "extension"
  | "userId"
  | "timeout"
  | "display"
  | "variables"
  | "audio"
  | "autoAnswer"
  | "record"
  | "disableAutoAnswer"
  | "cancelDistribute"
  | "isOnline"
  | "hideNumber"
  | "disableStun"
  | "video"
  | "screen"
  | "contactId"
  | "appId";

/** All that a call may be given. */
export const CALL_VALUES = [...CALL_FIELDS, ...CALL_CHOICES, ...CALL_PASSED_ON] as const satisfies readonly {
  setting: CallSetting;
}[];

/** Settings and message properties by setting name. */
export type CallValues = Partial<Record<CallSetting, unknown>>;

type Fields = Record<string, unknown>;
const fieldsOf = (value: unknown): Fields => (isRecord(value) ? value : {});

/**
 * A payload may be the vendor's own body, where extension, user and parameters are nested.
 * @returns the same values side by side
 */
export function flatCall(payload: unknown): Fields {
  const own = fieldsOf(payload);
  const byName = new Map(Object.entries(own).map(([name, value]) => [name.toLowerCase(), value]));
  const { id, ...from } = fieldsOf(byName.get("from"));
  return { ...fieldsOf(byName.get("params")), ...from, ...(id !== undefined && { user_id: id }), ...own };
}

/**
 * Builds the body; only what is set is in it.
 * @throws ContactCenterError `EINVALID` without a number to call or without an agent's extension or user id
 */
export function callBody(values: CallValues): object {
  const { destination, extension, user_id, app_id, ...params } = readValues("CreateCall", CALL_VALUES, values);
  if (destination === undefined) throw required("CreateCall", "destination");
  if (!/\d/.test(destination as string))
    throw refused("webitel.errors.field.number", { vendor: "webitel", operation: "CreateCall", field: "destination" });
  const fault = destinationFault(destination as string);
  if (fault !== undefined) {
    const key = fault === "one" ? "webitel.errors.field.one" : "webitel.errors.field.dialled";
    throw refused(key, { vendor: "webitel", operation: "CreateCall", field: "destination" });
  }
  if (extension === undefined && user_id === undefined) throw required("CreateCall", "extension");
  return {
    destination: withoutTrunkPrefix(destination as string),
    from: {
      ...(extension !== undefined && { extension }),
      ...(user_id !== undefined && { id: user_id }),
      ...(app_id !== undefined && { app_id }),
    },
    ...(Object.keys(params).length > 0 && { params }),
  };
}

/** Settings and message properties by setting name; `result` holds the other fields of the body. */
export type AttemptValues = Partial<Record<"queue" | "member" | "attempt" | "status" | "result", unknown>>;

/** What is sent, and where. */
export interface AttemptRequest {
  attempt: { queue?: string; member?: string; attempt: string };
  body: Record<string, unknown>;
}

/** The vendor's names of a result's fields by how they may be written: in any case, with underscores or without. */
const RESULT_NAMES = new Map(Object.keys(RESULT_FIELDS).map((name) => [plainName(name), name]));
/** What the vendor wants of each; a name of JavaScript's own, such as `toString`, is none of them. */
const RESULT_KINDS = new Map(Object.entries(RESULT_FIELDS));

function plainName(name: string): string {
  return name.toLowerCase().replaceAll("_", "");
}

/**
 * Builds the request. Queue and member come together or not at all; without them the call-back form is used.
 * @throws ContactCenterError `EINVALID`
 */
export function attemptRequest(values: AttemptValues): AttemptRequest {
  const { queue_id, member_id, attempt_id, status } = readValues("AttemptResult", ATTEMPT_FIELDS, values) as Record<
    string,
    string | undefined
  >;
  if (attempt_id === undefined) throw required("AttemptResult", "attempt");
  if ((queue_id === undefined) !== (member_id === undefined))
    throw required("AttemptResult", queue_id === undefined ? "queue" : "member");
  const result = withoutMap(values.result ?? {});
  if (!isRecord(result)) readValue("AttemptResult", "result", "texts", result);
  const body: Record<string, unknown> = { ...(status !== undefined && { status }) };
  for (const [name, value] of Object.entries(namedFields(result as Record<string, unknown>))) {
    const kind = RESULT_KINDS.get(name);
    // A field that is newer than our table goes as it is.
    body[name] = kind === undefined ? value : readValue("AttemptResult", `result.${name}`, kind, value);
  }
  if (Object.keys(body).length === 0) throw required("AttemptResult", "status");
  return {
    attempt: {
      attempt: attempt_id,
      ...(queue_id !== undefined && member_id !== undefined && { queue: queue_id, member: member_id }),
    },
    body,
  };
}

/** A result's fields by the vendor's names, in whatever case they are written; blank ones are left out. */
export function namedFields(fields: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const named: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(fields)) {
    const field = RESULT_NAMES.get(plainName(name)) ?? name;
    // Of two that are written in different ways, the vendor's own name counts.
    if (!isBlank(value) && (field === name || isBlank(fields[field]))) named[field] = value;
  }
  return named;
}

/** The fields of a result that stand in a payload, by the vendor's names. */
export function resultFields(payload: unknown): Record<string, unknown> | undefined {
  const fields = withoutMap(payload);
  if (!isRecord(fields)) return undefined;
  const found = Object.entries(namedFields(fields)).filter(([name]) => RESULT_KINDS.has(name));
  return found.length > 0 ? Object.fromEntries(found) : undefined;
}
