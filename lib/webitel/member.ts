/**
 * Rows to members: pure, and free of node builtins, because the editor previews the first member with this very code.
 *
 * A row is an object by column name (CSV cells are text) or a finished member with `communications`.
 */
import { INT32_MAX, isBlankText } from "../core/values.js";
import { type FieldKind, MAX_COMMUNICATIONS, MARKER, MEMBER_FIELDS, VARIABLE_PREFIX } from "./tables.js";
import { toMillis } from "./time.js";
import type { Communication, Lookup, Member } from "./types.js";

/** Which column becomes which field. */
export interface Mapping {
  column: string;
  field: string;
}

/** A field's value where the row has none. */
export interface Default {
  field: string;
  value: unknown;
}

/** How rows become members. */
export interface MappingOptions {
  /** Empty: a column that is named like a field goes there. */
  mapping: readonly Mapping[];
  defaults: readonly Default[];
  /** `expire_at` in Unix milliseconds for rows without one. */
  expireAt?: number | undefined;
}

/** Why a row cannot be sent: a key under `webitel.rows` in the catalogue and what fills the sentence. */
export interface RowError {
  key: string;
  field: string;
  value?: string;
}

/** A member, or the reason why a row gives none. */
export type MappingResult = { member: Member; error?: never } | { error: RowError; member?: never };

const KINDS = new Map<string, FieldKind>(MEMBER_FIELDS.map((field) => [field.name, field.kind]));
const NUMBERED = new Set<string>(MEMBER_FIELDS.filter((field) => "numbered" in field).map((field) => field.name));
/** Names of the fields of each number of a member. */
const NUMBERS = Array.from({ length: MAX_COMMUNICATIONS }, (_, at) => (at === 0 ? "" : String(at + 1))).map(
  (suffix) => ({
    destination: `destination${suffix}`,
    type: `type${suffix}`,
    description: `description${suffix}`,
  }),
);
const NUMBER_FIELDS = new Set(NUMBERS.flatMap((names) => Object.values(names)));

/** Splits `destination3` into its base name and number; the first is 1. */
function parts(field: string): { base: string; index: number } {
  const [, base = field, digits] = /^([a-z_]+?)(\d+)$/.exec(field) ?? [];
  return digits !== undefined && NUMBERED.has(base) ? { base, index: Number(digits) } : { base: field, index: 1 };
}

/** True for a field that a column may be mapped to. `destination1` is written `destination`. */
export function isField(field: string): boolean {
  if (field.startsWith(VARIABLE_PREFIX))
    return field.length > VARIABLE_PREFIX.length && field !== VARIABLE_PREFIX + MARKER;
  const { base, index } = parts(field);
  return KINDS.has(base) && (field === base || (index >= 2 && index <= MAX_COMMUNICATIONS));
}

class InvalidValue {
  constructor(readonly error: RowError) {}
}

const invalid = (key: string, field: string, value?: string): InvalidValue =>
  new InvalidValue({ key, field, ...(value !== undefined && { value: value.slice(0, 80) }) });

function plain(value: unknown): string {
  if (typeof value === "string") return value.trim();
  return typeof value === "object" ? JSON.stringify(value) : `${value as number}`;
}

/** Text of a value, refused when another program has damaged it. */
function read(kind: FieldKind | "variable", field: string, value: unknown): string | InvalidValue {
  const text = plain(value);
  if (text.includes("\uFFFD")) return invalid("encoding", field);
  switch (kind) {
    case "number":
      if (typeof value === "object") return invalid("number", field, text);
      if (/^[+-]?\d+([.,]\d+)?e[+-]?\d+$/i.test(text)) return invalid("spreadsheet", field, text);
      if (/^\d{6,}[.,]0+$/.test(text)) return invalid("decimal", field, text);
      if (typeof value === "number" && !Number.isSafeInteger(value)) return invalid("number", field, text);
      return text;
    case "id": {
      const id = typeof value === "object" && value !== null ? plain((value as { id?: unknown }).id) : text;
      return /^[1-9]\d{0,18}$/.test(id) ? id : invalid("id", field, text);
    }
    case "integer":
      return /^-?\d{1,10}$/.test(text) && Math.abs(Number(text)) <= INT32_MAX ? text : invalid("integer", field, text);
    case "time": {
      const ms = toMillis(value);
      return ms === undefined ? invalid("time", field, text) : String(ms);
    }
    case "text":
    case "variable":
      break;
  }
  return text;
}

/** Values by field; a field that stays blank is not in it. */
type Values = Map<string, string>;

function kindOf(field: string): FieldKind | "variable" {
  return field.startsWith(VARIABLE_PREFIX) ? "variable" : (KINDS.get(parts(field).base) as FieldKind);
}

/**
 * Prepares a mapping once, so that a row costs only what was mapped.
 * @param options the node's settings, already evaluated
 * @returns a function from a row to a member or the reason why there is none
 */
export function memberMapper(options: MappingOptions): (row: unknown) => MappingResult {
  const { mapping, defaults, expireAt } = options;
  const fallback: Default[] = defaults.filter(({ value }) => !isBlankText(value));
  const byName = columnsByName();
  return (row) => {
    if (row === null || typeof row !== "object" || Array.isArray(row))
      return { error: { key: "no-object", field: "" } };
    const record = row as Record<string, unknown>;
    if (Array.isArray(record["communications"])) return finished(record as Member, expireAt);
    const values: Values = new Map();
    const put = (field: string, value: unknown): InvalidValue | undefined => {
      if (isBlankText(value) || values.has(field)) return undefined;
      const text = read(kindOf(field), field, value);
      if (text instanceof InvalidValue) return text;
      values.set(field, text);
      return undefined;
    };
    for (const { column, field } of mapping.length > 0 ? mapping : byName(record)) {
      const wrong = put(field, record[column]);
      if (wrong) return { error: wrong.error };
    }
    for (const { field, value } of fallback) {
      const wrong = put(field, value);
      if (wrong) return { error: wrong.error };
    }
    return assemble(values, expireAt);
  };
}

/** With an empty mapping: which columns of a row are named like a field. Rows of one source look alike, so the last answer is kept. */
function columnsByName(): (record: Record<string, unknown>) => readonly Mapping[] {
  let lastColumns = "";
  let fields: Mapping[] = [];
  return (record) => {
    const columns = Object.keys(record);
    const joined = columns.join("\n");
    if (joined !== lastColumns) {
      lastColumns = joined;
      fields = columns.map((column) => ({ column, field: fieldOf(column) })).filter(({ field }) => isField(field));
    }
    return fields;
  };
}

/** The field that a column is named like; names of variables keep their case. */
export function fieldOf(column: string): string {
  const name = column.trim();
  const lower = name.toLowerCase();
  return lower.startsWith(VARIABLE_PREFIX) ? VARIABLE_PREFIX + name.slice(VARIABLE_PREFIX.length) : lower;
}

function assemble(values: Values, expireAt: number | undefined): MappingResult {
  const numbers: Communication[] = [];
  for (const names of NUMBERS) {
    const destination = values.get(names.destination);
    if (destination === undefined) continue;
    const type = values.get(names.type) ?? values.get("type");
    if (type === undefined) return { error: { key: "missing", field: names.type } };
    const description = values.get(names.description);
    numbers.push({ destination, type: { id: type }, priority: 0, ...(description !== undefined && { description }) });
  }
  if (numbers.length === 0) return { error: { key: "missing", field: "destination" } };
  // Higher is tried first: the order of the columns is kept.
  for (const [at, number] of numbers.entries()) number.priority = numbers.length - 1 - at;
  const member: Member = { communications: numbers };
  const variables: Record<string, string> = {};
  for (const [field, text] of values) {
    if (field.startsWith(VARIABLE_PREFIX)) variables[field.slice(VARIABLE_PREFIX.length)] = text;
    else if (!NUMBER_FIELDS.has(field)) member[field] = asSent(field, text);
  }
  if (Object.keys(variables).length > 0) member.variables = variables;
  if (member.expire_at === undefined && expireAt !== undefined) member.expire_at = String(expireAt);
  return { member };
}

function asSent(field: string, text: string): string | number | Lookup {
  const kind = KINDS.get(field);
  return kind === "id" ? { id: text } : kind === "integer" ? Number(text) : text;
}

/** A finished member goes as it is; only its times are converted, and what the server would refuse is refused here. */
function finished(given: Member, expireAt: number | undefined): MappingResult {
  const { communications } = given;
  if (communications.length === 0) return { error: { key: "missing", field: "communications" } };
  if (communications.length > MAX_COMMUNICATIONS)
    return { error: { key: "too-many", field: "communications", value: String(communications.length) } };
  for (const number of communications as unknown[]) {
    const { destination, type } = (number ?? {}) as Partial<Communication>;
    if (isBlankText(destination)) return { error: { key: "missing", field: "destination" } };
    const wrong = [read("number", "destination", destination), read("id", "type", type ?? "")].find(
      (value) => value instanceof InvalidValue,
    );
    if (wrong instanceof InvalidValue) return { error: wrong.error };
  }
  // A copy down to where the marker is written, because the row goes back to the flow unchanged.
  const member: Member = { ...given, ...(given.variables && { variables: { ...given.variables } }) };
  for (const field of ["expire_at", "min_offering_at"] as const) {
    const ms = member[field] === undefined ? undefined : toMillis(member[field]);
    if (ms !== undefined) member[field] = String(ms);
  }
  if (isBlankText(member.expire_at) && expireAt !== undefined) member.expire_at = String(expireAt);
  return { member };
}

/**
 * Writes a batch's marker into a member, over that of an earlier part. Not into a copy: copies of a million members outlive the quick
 * collections of garbage and fill the memory.
 */
export function mark(member: Member, marker: string): Member {
  member.variables ??= {};
  member.variables[MARKER] = marker;
  return member;
}
