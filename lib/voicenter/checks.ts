/** What may stand in each field of an answer, and how it is written (External Layer API, the type columns and the samples). */
import { type ContactCenterError, refused, type ErrorParams } from "./errors.js";
import { isRecord, plainInteger, plainText, readIgnoringCase } from "../core/values.js";
import { CUSTOM_DATA_LIMIT, type FieldKind, RECORD_TYPES, type RecordType, TARGET_TYPES } from "./tables.js";

/** What each part of an announcement may say. */
const CONTENT_CHECKS: Readonly<Record<RecordType, (content: string) => boolean>> = {
  Recording: (content) => content.trim() !== "",
  Digits: (content) => /^\d+$/.test(content),
  Number: (content) => /^-?\d+$/.test(content),
  Date: (content) => isDateTime(`${content}T00:00:00`),
  DateTime: (content) => isDateTime(content),
};

/** The check of each kind: returns what is sent, or throws `EINVALID` with the field's name. */
export const CHECKS: Record<FieldKind, (value: unknown, field: string) => unknown> = {
  layer: (value, field) => requiredInteger(value, field, 0),
  seconds: (value, field) => requiredInteger(value, field, 1),
  text: (value, field) => requiredText(value, field),
  "yes-no": (value, field) => {
    if (value !== "yes" && value !== "no") throw wrong("yes-no", field);
    return value;
  },
  "say-parts": (value, field) =>
    requiredList(value, field).map((part, at) => {
      const where = `${field}[${at}]`;
      const from = readIgnoringCase(part);
      const given = plainText(from("RecordType"))?.toLowerCase();
      const type = RECORD_TYPES.find((one) => one.toLowerCase() === given);
      if (!type) throw wrong("record-type", where, { types: RECORD_TYPES.join(", ") });
      const content = requiredText(from("Content"), `${where}.Content`);
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
  "custom-data": (value, field) => {
    const object = typeof value === "string" ? parsed(value) : value;
    if (!isRecord(object)) throw wrong("object", field);
    const entries = Object.entries(object).filter(([, one]) => one !== undefined && one !== null);
    return Object.fromEntries(entries.map(([name, one]) => [name, customText(one, `${field}.${name}`)]));
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
  if (!Array.isArray(value) || value.length === 0) throw wrong("list", field);
  return value;
}

function customText(value: unknown, field: string): string {
  const text = plainText(value) ?? jsonText(value, field);
  if (text.length > CUSTOM_DATA_LIMIT)
    throw wrong("too-long", field, { limit: CUSTOM_DATA_LIMIT, length: text.length });
  return text;
}

function jsonText(value: unknown, field: string): string {
  try {
    return JSON.stringify(value);
  } catch {
    throw wrong("object", field);
  }
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
