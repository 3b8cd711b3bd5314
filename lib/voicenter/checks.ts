/** What may stand in each field of an answer, and how it is written (External Layer API, the type columns and the samples). */
import { type ContactCenterError, refused, type ErrorParams } from "../core/errors.js";
import { plainInteger, plainText } from "../core/values.js";

/** What may stand in a field. */
export type FieldKind = "layer" | "text" | "seconds" | "yes-no" | "say-parts" | "dial-targets" | "custom-data";

/** Languages that the document names; others on request to Voicenter. */
export const LANGUAGES = ["HE", "EN", "AR", "RU"] as const;
/** Kinds of a DIAL target; upper and lower case matter. */
export const TARGET_TYPES = ["PHONE", "EXTENSION"] as const;
/** Longest value in CUSTOM_DATA, characters (the limit of the vendor's own SDK). */
export const CUSTOM_DATA_LIMIT = 128;

/** The parts of an announcement, and what each may say. */
export const RECORD_TYPES = {
  Recording: (content) => content.trim() !== "",
  Digits: (content) => /^\d+$/.test(content),
  Number: (content) => /^-?\d+$/.test(content),
  Date: (content) => isDateTime(`${content}T00:00:00`),
  DateTime: (content) => isDateTime(content),
} as const satisfies Record<string, (content: string) => boolean>;
/** A kind of part. */
export type RecordType = keyof typeof RECORD_TYPES;

/** The check of each kind: gives what is sent, or throws `EINVALID` with the field's name. */
export const CHECKS: Record<FieldKind, (value: unknown, field: string) => unknown> = {
  layer: (value, field) => integer(value, field, 0),
  seconds: (value, field) => integer(value, field, 1),
  text: (value, field) => text(value, field),
  "yes-no": (value, field) => {
    if (value !== "yes" && value !== "no") throw wrong("yes-no", field);
    return value;
  },
  "say-parts": (value, field) =>
    list(value, field).map((part, at) => {
      const where = `${field}[${at}]`;
      const [given, content] = [property(part, "RecordType"), property(part, "Content")];
      const type = (Object.keys(RECORD_TYPES) as RecordType[]).find(
        (one) => one.toLowerCase() === String(given).toLowerCase(),
      );
      if (!type) throw wrong("record-type", where, { types: Object.keys(RECORD_TYPES).join(", ") });
      const words = text(content, `${where}.Content`);
      if (!RECORD_TYPES[type](words)) throw wrong(`content.${type}`, `${where}.Content`);
      return { RecordType: type, Content: words };
    }),
  "dial-targets": (value, field) =>
    list(value, field).map((item, at) => {
      const where = `${field}[${at}]`;
      const type = TARGET_TYPES.find((one) => one === property(item, "TYPE"));
      if (!type) throw wrong("target-type", `${where}.TYPE`, { types: TARGET_TYPES.join(", ") });
      return { TYPE: type, TARGET: text(property(item, "TARGET"), `${where}.TARGET`) };
    }),
  "custom-data": (value, field) => {
    const object = typeof value === "string" ? parsed(value) : value;
    if (object === null || typeof object !== "object" || Array.isArray(object)) throw wrong("object", field);
    const entries = Object.entries(object).filter(([, one]) => one !== undefined && one !== null);
    return Object.fromEntries(entries.map(([name, one]) => [name, customText(one, `${field}.${name}`)]));
  },
};

function integer(value: unknown, field: string, low: number): number {
  const number = plainInteger(value);
  if (number === undefined || number < low) throw wrong("integer", field, { low });
  return number;
}

function text(value: unknown, field: string): string {
  const words = typeof value === "number" && Number.isFinite(value) ? String(value) : value;
  if (typeof words !== "string" || words.trim() === "") throw wrong("text", field);
  return words.trim();
}

function list(value: unknown, field: string): unknown[] {
  if (!Array.isArray(value) || value.length === 0) throw wrong("list", field);
  return value;
}

function customText(value: unknown, field: string): string {
  const words = plainText(value) ?? jsonText(value, field);
  if (words.length > CUSTOM_DATA_LIMIT)
    throw wrong("too-long", field, { limit: CUSTOM_DATA_LIMIT, length: words.length });
  return words;
}

function jsonText(value: unknown, field: string): string {
  try {
    return JSON.stringify(value);
  } catch {
    throw wrong("object", field);
  }
}

/** A property of a list's item, without regard to case. */
function property(item: unknown, name: string): unknown {
  if (item === null || typeof item !== "object") return undefined;
  const key = Object.keys(item).find((one) => one.toLowerCase() === name.toLowerCase());
  return key === undefined ? undefined : (item as Record<string, unknown>)[key];
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

function wrong(problem: string, field: string, words: ErrorParams = {}): ContactCenterError {
  return refused(
    `voicenter.errors.${problem}`,
    { vendor: "voicenter", operation: "External Layer response", field },
    words,
  );
}
