/** What may stand in each field of an answer, and how it is written (External Layer API, the type columns and the samples). */
import { type ContactCenterError, refused, type ErrorParams } from "./errors.js";
import { isRecord, jsonOf, plainInteger, plainText, readIgnoringCase, withoutMap } from "../core/values.js";
import { CUSTOM_DATA_LIMIT, type FieldKind, LANGUAGES, RECORD_TYPES, type RecordType, TARGET_TYPES } from "./tables.js";

/** What each part of an announcement may say. */
const CONTENT_CHECKS: Readonly<Record<RecordType, (content: string) => boolean>> = {
  Recording: (content) => content.trim() !== "",
  Digits: (content) => /^\d+$/.test(content),
  Number: (content) => /^-?\d+$/.test(content),
  Date: (content) => isDateTime(`${content}T00:00:00`),
  DateTime: (content) => isDateTime(content),
};

/** What happened to a value that cannot be sent as it is, without the rest of the answer being lost. */
type Effect = "left-out" | "cut";
/** Learns of a value that was left out or cut, and why. */
export type Report = (problem: ContactCenterError, effect: Effect) => void;

/** The check of each kind: returns what is sent, or throws `EINVALID` with the field's name. */
export const CHECKS: Record<FieldKind, (value: unknown, field: string, report: Report) => unknown> = {
  layer: (value, field) => requiredInteger(value, field, 0),
  seconds: (value, field) => requiredInteger(value, field, 1),
  text: (value, field) => requiredText(value, field),
  language: (value, field) => {
    const text = requiredText(value, field);
    return LANGUAGES.find((language) => language === text.toUpperCase()) ?? text;
  },
  "yes-no": (value, field) => {
    const text = typeof value === "boolean" ? (value ? "yes" : "no") : plainText(value)?.trim().toLowerCase();
    if (text !== "yes" && text !== "no") throw wrong("yes-no", field);
    return text;
  },
  "say-parts": (value, field) =>
    requiredList(value, field).map((part, at) => {
      const where = `${field}[${at}]`;
      const from = readIgnoringCase(part);
      const given = plainText(from("RecordType"))?.toLowerCase();
      const type = RECORD_TYPES.find((one) => one.toLowerCase() === given);
      if (!type) throw wrong("record-type", where, { types: RECORD_TYPES.join(", ") });
      const content = requiredText(contentOf(from("Content"), type), `${where}.Content`);
      if (!CONTENT_CHECKS[type](content)) throw wrong(`content.${type}`, `${where}.Content`);
      return { RecordType: type, Content: content };
    }),
  "dial-targets": (value, field) =>
    requiredList(value, field).map((item, at) => {
      const where = `${field}[${at}]`;
      const from = readIgnoringCase(item);
      const type = TARGET_TYPES.find((one) => one === from("TYPE"));
      if (!type) throw wrong("target-type", `${where}.TYPE`, { types: TARGET_TYPES.join(", ") });
      return { TYPE: type, TARGET: requiredText(from("TARGET"), `${where}.TARGET`) };
    }),
  "custom-data": (value, field, report) => {
    const object = typeof value === "string" ? parsed(value) : withoutMap(value);
    if (!isRecord(object)) throw wrong("object", field);
    const reported = new Set<string>();
    const reportFirst: Warn = (problem, effect, where, params) => {
      // An error costs more than all else here, and the first one says what to look at.
      if (!reported.has(effect)) report(wrong(problem, where, params), effect);
      reported.add(effect);
    };
    const entries = Object.entries(object).filter(([, one]) => one !== undefined && one !== null);
    return Object.fromEntries(
      entries.flatMap(([name, one]) => {
        const text = customText(one, `${field}.${name}`, reportFirst);
        return text === undefined ? [] : [[name, text]];
      }),
    );
  },
};

function requiredInteger(value: unknown, field: string, low: number): number {
  const number = plainInteger(value);
  if (number === undefined || number < low) throw wrong("integer", field, { low });
  return number;
}

function requiredText(value: unknown, field: string): string {
  const text = typeof value === "number" && Number.isFinite(value) ? String(value) : value;
  if (typeof text !== "string" || text.trim() === "") throw wrong("text", field);
  return text.trim();
}

function requiredList(value: unknown, field: string): unknown[] {
  // Places that were never filled, as `delete` leaves them, hold nothing; JSON would write them as null.
  const items: unknown[] = Array.isArray(value) ? value.filter(() => true) : [];
  if (items.length === 0) throw wrong("list", field);
  return items;
}

/** A `Date` as the document writes days and times, which have no zone: in the time zone of this process. */
function contentOf(value: unknown, type: RecordType): unknown {
  if (!isDate(value) || (type !== "Date" && type !== "DateTime")) return value;
  const pad = (number: number): string => String(number).padStart(2, "0");
  const day = `${String(value.getFullYear()).padStart(4, "0")}-${pad(value.getMonth() + 1)}-${pad(value.getDate())}`;
  if (type === "Date") return day;
  return `${day}T${pad(value.getHours())}:${pad(value.getMinutes())}:${pad(value.getSeconds())}`;
}

/** Says what is wrong with a value of CUSTOM_DATA, and what happened to it. */
type Warn = (problem: string, effect: Effect, field: string, params?: ErrorParams) => void;

/** One value of CUSTOM_DATA as text; undefined when there is no text for it, which is reported. */
function customText(value: unknown, field: string, warn: Warn): string | undefined {
  const plain = plainText(value) ?? (typeof value === "bigint" ? String(value) : undefined);
  const text = plain ?? jsonText(value);
  if (text === undefined) {
    warn("custom-value", "left-out", field);
    return undefined;
  }
  if (text.length <= CUSTOM_DATA_LIMIT) return text;
  const params = { limit: CUSTOM_DATA_LIMIT, length: text.length };
  warn("too-long", plain === undefined ? "left-out" : "cut", field, params);
  // Half of a JSON text is no use; and no half of a character that takes two places is left at the end.
  return plain === undefined ? undefined : plain.slice(0, CUSTOM_DATA_LIMIT).replace(/[\ud800-\udbff]$/, "");
}

/** A date as ISO 8601, an object or list as JSON; undefined for what is neither, such as a function or a circle. */
function jsonText(value: unknown): string | undefined {
  try {
    return isDate(value) ? value.toISOString() : jsonOf(value);
  } catch {
    return undefined;
  }
}

/** True for a `Date`, also for one that a function node's sandbox has made. */
function isDate(value: unknown): value is Date {
  return Object.prototype.toString.call(value) === "[object Date]";
}

/** `YYYY-MM-DDThh:mm:ss` without a zone, and a day that exists. */
function isDateTime(value: string): boolean {
  if (!/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d$/.test(value)) return false;
  const date = new Date(`${value}Z`);
  return !Number.isNaN(date.getTime()) && date.toISOString().startsWith(value);
}

function parsed(value: string): unknown {
  try {
    return JSON.parse(value) as unknown;
  } catch {
    return undefined;
  }
}

function wrong(problem: string, field: string, params: ErrorParams = {}): ContactCenterError {
  const cause = { vendor: "voicenter", operation: "External Layer response", field } as const;
  return refused(`voicenter.errors.${problem}`, cause, params);
}
