/** One value of a member: how it is read, and why it is refused. Free of node builtins: the editor's preview uses it too. */
import { INT32_MAX, isBlankText as isBlank, isRecord, messageOf, parseJson, textOf } from "../core/values.js";
import { emptyRecord } from "./empty-record.js";
import { NUMBERED } from "./field-names.js";
import { dialable } from "./numbers.js";
import type { E164 } from "./phone.js";
import { EARLIEST_MS, type FieldKind, LATEST_MS, MEMBER_FIELDS } from "./tables.js";
import { toMillis } from "./time.js";
import type { Lookup } from "./types.js";

/** Why a row cannot be sent: a key under `webitel-dialer-member-upload.rows` in the catalogue and what fills the sentence. */
export interface RowError {
  key: string;
  field: string;
  value?: string;
}

/** How values are read in one run. */
export interface ValueRules {
  /** Of times without a zone, IANA name; undefined refuses them. */
  timezone?: string | undefined;
  /** National numbers to E.164. Without it numbers go as they came. */
  toE164?: ((number: string) => E164) | undefined;
  /** The time now, Unix milliseconds. */
  now?: () => number;
}

/** How a value is read. */
export type Kind = FieldKind | "variable";
/** A value as it is sent. */
export type Sent = string | number | Lookup;

/** How the fields of a member are read, by name. */
export const KINDS: ReadonlyMap<string, FieldKind> = new Map(MEMBER_FIELDS.map(({ name, kind }) => [name, kind]));
/** Fields of the member itself; the numbered ones are those of its numbers. */
export const OWN_FIELDS = MEMBER_FIELDS.filter((field) => !("numbered" in field)).map(({ name }) => name);
/** The fields of a number and how they are read. */
export const NUMBER_KINDS: readonly (readonly [name: string, kind: FieldKind])[] = [
  ...NUMBERED.map((name) => [name, KINDS.get(name) as FieldKind] as const),
  ["priority", "integer"],
  ["stop_at", "time"],
];
/** Characters of a value that an error shows. */
const SHOWN = 80;

/** What {@link ValueReader.read} returns for a value that cannot be sent. */
export class InvalidValue {
  constructor(readonly error: RowError) {}
}

/** @param key under `webitel-dialer-member-upload.rows` in the catalogue */
export const invalid = (key: string, field: string, value?: string): InvalidValue =>
  new InvalidValue({ key, field, ...(value !== undefined && { value: value.slice(0, SHOWN) }) });

/** What refuses a value that JSON cannot write: one that contains itself, or whose `toJSON` throws. */
export const unwritable = (field: string, error: unknown): InvalidValue =>
  invalid("json", field, messageOf(error).split("\n")[0]);

/** Reads values by the rules of a run. */
export class ValueReader {
  private readonly now: () => number;

  /** @param takesNames a reference may be a name; else it must be an id */
  constructor(
    private readonly rules: ValueRules,
    private readonly takesNames: boolean,
  ) {
    this.now = rules.now ?? Date.now;
  }

  /**
   * Reads a value that is not blank, and refuses what another program has damaged or what the dialer could not use.
   * @param base the field without its number
   * @param field as the row names it, for errors
   * @returns a reference by name is `{name}` only
   */
  read(kind: Kind, base: string, field: string, value: unknown): Sent | InvalidValue {
    let text;
    try {
      text = (typeof value === "string" ? value : textOf(value)).trim();
    } catch (error) {
      return unwritable(field, error);
    }
    if (text.includes("\uFFFD")) return invalid("encoding", field);
    if (text.includes("\u0000")) return invalid("control", field);
    switch (kind) {
      case "number":
        return this.destination(field, value, text);
      case "lookup":
        return this.lookup(field, value, text);
      case "digits":
        return /^[\d*#A-Da-dwW,]+$/.test(text) ? text : invalid("digits", field, text);
      case "integer":
        return /^-?\d{1,10}$/.test(text) && Math.abs(Number(text)) <= INT32_MAX
          ? Number(text)
          : invalid("integer", field, text);
      case "time":
        return this.time(base, field, value, text);
      case "text":
      case "variable":
        break;
    }
    return text;
  }

  private destination(field: string, value: unknown, text: string): string | InvalidValue {
    const isNumber = typeof value === "number" || typeof value === "bigint";
    if (typeof value !== "string" && !(isNumber && (typeof value === "bigint" || Number.isSafeInteger(value))))
      return invalid("number", field, text);
    const read = dialable(text);
    if ("key" in read) return invalid(read.key, field, text);
    const { toE164 } = this.rules;
    if (!toE164 || read.kind === "address") return read.destination;
    const e164 = toE164(read.destination);
    return "key" in e164 ? invalid(e164.key, field, text) : e164.number;
  }

  private lookup(field: string, value: unknown, text: string): Lookup | InvalidValue {
    // Most references are ids.
    if (typeof value === "string" && ID.test(text)) return lookupOf(text);
    const given = jsonCell(value);
    const { id, name } = isRecord(given) ? given : { id: given, name: undefined };
    if (typeof id === "number" && !Number.isSafeInteger(id)) return invalid("lookup", field, String(id));
    const [number = "", named = ""] = [id, name].map((each) => (isBlank(each) ? "" : textOf(each).trim()));
    if (ID.test(number)) return lookupOf(number);
    const wanted = number || named;
    // A number that is no id is not a name either.
    if (!this.takesNames || wanted === "" || /^-?[\d.,\s]+$/.test(wanted))
      return invalid("lookup", field, wanted || text);
    return { name: wanted } as unknown as Lookup;
  }

  private time(base: string, field: string, value: unknown, text: string): string | InvalidValue {
    const ms = toMillis(value instanceof Date || typeof value === "number" ? value : text, this.rules.timezone);
    if (ms === undefined) return invalid("time", field, text);
    if (ms === 0) return "0";
    if (ms < EARLIEST_MS) return invalid("early", field, text);
    if (ms >= LATEST_MS) return invalid("late", field, text);
    if (base === "expire_at" && ms <= this.now()) return invalid("past", field, text);
    return String(ms);
  }
}

/** What a cell holds that a list's object or list was written into as JSON, as in the file for refused rows; else the value itself. */
export function jsonCell(value: unknown): unknown {
  if (typeof value !== "string" || !/^\s*[[{]/.test(value)) return value;
  try {
    return parseJson(value);
  } catch {
    return value;
  }
}

const ID = /^[1-9]\d{0,18}$/;

function lookupOf(id: string): Lookup {
  const lookup = emptyRecord() as Lookup;
  lookup.id = id;
  return lookup;
}
