/**
 * Rows to members: pure, and free of node builtins, because the editor previews the first member with this very code.
 *
 * A row is an object by column name (CSV cells are text) or a finished member with `communications`; both are read by the same rules.
 */
import { INT32_MAX, isBlankText as isBlank, isRecord, textOf } from "../core/values.js";
import { fieldOf, IS_NUMBERED, mappableField, NUMBERED, parts } from "./field-names.js";
import { dialable } from "./numbers.js";
import {
  EARLIEST_MS,
  type FieldKind,
  MARKER,
  MAX_COMMUNICATIONS,
  MEMBER_FIELDS,
  type LookupField,
  LOOKUPS,
  VARIABLE_PREFIX,
} from "./tables.js";
import { toMillis } from "./time.js";
import type { Communication, Member, Lookup } from "./types.js";

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

/** Ids by name, of the records that a reference may name. */
export interface Names {
  /** @returns the ids of that name; undefined before {@link Names.load} */
  find(field: LookupField, name: string): readonly string[] | undefined;
  /** Reads the names of a field. @throws ContactCenterError when Webitel does not list them */
  load(field: LookupField): Promise<void>;
}

/** How rows become members. */
export interface MappingOptions {
  /** Empty: a column that is named like a field goes there. */
  mapping: readonly Mapping[];
  defaults: readonly Default[];
  /** `expire_at` in Unix milliseconds for rows without one. */
  expireAt?: number | undefined;
  /** Of times without a zone, IANA name; undefined refuses them. */
  timezone?: string | undefined;
  /** National numbers to E.164; undefined for one that cannot exist. Without it numbers go as they came. */
  toE164?: ((number: string) => string | undefined) | undefined;
  /** Without it every reference must be an id. */
  names?: Names | undefined;
  /** The time now, Unix milliseconds. */
  now?: () => number;
}

/** Why a row cannot be sent: a key under `webitel-dialer-member-upload.rows` in the catalogue and what fills the sentence. */
export interface RowError {
  key: string;
  field: string;
  value?: string;
}

/** A member, or the reason why a row gives none. */
export type MappingResult = { member: Member; error?: never } | { error: RowError; member?: never };

type Kind = FieldKind | "variable";

const KINDS = new Map<string, FieldKind>(MEMBER_FIELDS.map((field) => [field.name, field.kind]));
/** Fields of the member itself; the numbered ones are those of its numbers. */
const OWN = MEMBER_FIELDS.filter((field) => !("numbered" in field)).map(({ name }) => name);
/** The fields of a number and how they are read. */
const NUMBER_KINDS: readonly (readonly [name: string, kind: Kind])[] = [
  ...NUMBERED.map((name) => [name, KINDS.get(name) as FieldKind] as const),
  ["priority", "integer"],
  ["stop_at", "time"],
];
/** Characters of a value that an error shows. */
const SHOWN = 80;

class InvalidValue {
  constructor(readonly error: RowError) {}
}

const invalid = (key: string, field: string, value?: string): InvalidValue =>
  new InvalidValue({ key, field, ...(value !== undefined && { value: value.slice(0, SHOWN) }) });

/** A value as it is sent. */
type Sent = string | number | Lookup;

/**
 * Prepares a mapping once, so that a row costs only what was mapped.
 * @param options the node's settings, already evaluated
 * @returns a function from a row to a member or the reason why there is none; a promise while names have to be looked up
 */
export function memberMapper(options: MappingOptions & { names?: undefined }): (row: unknown) => MappingResult;
export function memberMapper(options: MappingOptions): (row: unknown) => MappingResult | Promise<MappingResult>;
export function memberMapper(options: MappingOptions): (row: unknown) => MappingResult | Promise<MappingResult> {
  const fallback = options.defaults.filter(({ value }) => !isBlank(value));
  const byName = columnsByName();
  const mapper = new Mapper(options);
  return (row) => {
    if (!isRecord(row)) return { error: { key: "no-object", field: "" } };
    if (Array.isArray(row["communications"])) return mapper.finished(row as Member);
    const values = new Map<string, unknown>();
    const put = (field: string, value: unknown): void => {
      if (!isBlank(value) && !values.has(field)) values.set(field, value);
    };
    for (const { column, field } of options.mapping.length > 0 ? options.mapping : byName(row)) put(field, row[column]);
    for (const { field, value } of fallback) put(field, value);
    return mapper.assemble(values);
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
      fields = columns.flatMap((column) => {
        const field = mappableField(column);
        // More numbers than a member may have are read as well, so that they are refused and not forgotten.
        return field !== undefined || parts(fieldOf(column)).index > MAX_COMMUNICATIONS
          ? [{ column, field: field ?? fieldOf(column) }]
          : [];
      });
    }
    return fields;
  };
}

/** Reads the values of members by the rules of a run. */
class Mapper {
  private readonly now: () => number;
  /** Something of the member that is being read is called by its name. */
  private hasNames = false;

  constructor(private readonly options: MappingOptions) {
    this.now = options.now ?? Date.now;
  }

  /** A member of the values of a flat row. */
  assemble(values: ReadonlyMap<string, unknown>): MappingResult | Promise<MappingResult> {
    this.hasNames = false;
    const own: Record<string, unknown> = {};
    const variables: Record<string, unknown> = {};
    const numbers = new Map<number, Record<string, unknown>>();
    for (const [field, value] of values) {
      const { base, index } = parts(field);
      if (field.startsWith(VARIABLE_PREFIX)) variables[field.slice(VARIABLE_PREFIX.length)] = value;
      else if (!IS_NUMBERED.has(base)) own[field] = value;
      else if (index > MAX_COMMUNICATIONS) return { error: tooMany(String(index)) };
      else {
        const number = numbers.get(index) ?? {};
        number[base] = value;
        numbers.set(index, number);
      }
    }
    const communications: Record<string, unknown>[] = [];
    const type = values.get("type");
    for (const [index, number] of [...numbers].sort(([a], [b]) => a - b)) {
      if (number["destination"] === undefined) continue;
      const suffix = index === 1 ? "" : String(index);
      const read = this.number({ ...number, type: number["type"] ?? type }, suffix);
      if (read instanceof InvalidValue) return read;
      communications.push(read);
    }
    if (communications.length === 0) return { error: { key: "missing", field: "destination" } };
    // Higher is tried first: the order of the columns is kept.
    for (const [at, number] of communications.entries()) number["priority"] = communications.length - 1 - at;
    return this.member({ communications }, own, variables);
  }

  /** A finished member: its known fields are read like those of a row, the others go as they came. */
  finished(given: Member): MappingResult | Promise<MappingResult> {
    this.hasNames = false;
    const { communications, variables, ...others } = given as unknown as Record<string, unknown>;
    const numbers = communications as unknown[];
    if (numbers.length === 0) return { error: { key: "missing", field: "communications" } };
    if (numbers.length > MAX_COMMUNICATIONS) return { error: tooMany(String(numbers.length)) };
    const read: Record<string, unknown>[] = [];
    for (const number of numbers) {
      if (!isRecord(number) || isBlank(number["destination"]))
        return { error: { key: "missing", field: "destination" } };
      const one = this.number(number, "");
      if (one instanceof InvalidValue) return one;
      read.push(one);
    }
    if (!isBlank(variables) && !isRecord(variables)) return { error: { key: "variables", field: "variables" } };
    return this.member({ ...others, communications: read }, others, (variables ?? {}) as Record<string, unknown>);
  }

  /** One of a member's numbers. @param suffix what the field's names end in, for errors */
  private number(given: Record<string, unknown>, suffix: string): Record<string, unknown> | InvalidValue {
    if (isBlank(given["type"])) return invalid("missing", `type${suffix}`);
    const number: Record<string, unknown> = { ...given };
    for (const [name, kind] of NUMBER_KINDS) {
      if (isBlank(given[name])) {
        if (name in number) delete number[name];
        continue;
      }
      const value = this.read(kind, name, name + suffix, given[name]);
      if (value instanceof InvalidValue) return value;
      number[name] = value;
    }
    return number;
  }

  /** Puts a member together. */
  private member(
    start: Record<string, unknown>,
    own: Record<string, unknown>,
    variables: Record<string, unknown>,
  ): MappingResult | Promise<MappingResult> {
    const member = start as unknown as Member;
    for (const field of OWN) {
      const given = own[field];
      if (isBlank(given)) {
        if (field in member) delete member[field];
        continue;
      }
      const value = this.read(KINDS.get(field) as FieldKind, field, field, given);
      if (value instanceof InvalidValue) return value;
      (member as unknown as Record<string, unknown>)[field] = value;
    }
    const texts: Record<string, string> = {};
    for (const [name, given] of Object.entries(variables)) {
      if (given === undefined || given === null) continue;
      const text = this.read("variable", name, VARIABLE_PREFIX + name, given);
      if (text instanceof InvalidValue) return text;
      texts[name] = text as string;
    }
    if (Object.keys(texts).length > 0) member.variables = texts;
    const { expireAt } = this.options;
    if (member.expire_at === undefined && expireAt !== undefined) member.expire_at = String(expireAt);
    return this.hasNames ? this.withIds(member) : { member };
  }

  /** Reads one value, refused when another program has damaged it or when the dialer could not use it. */
  private read(kind: Kind, base: string, field: string, value: unknown): Sent | InvalidValue {
    const text = textOf(value).trim();
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
    const { toE164 } = this.options;
    if (!toE164 || read.kind === "address") return read.destination;
    return toE164(read.destination) ?? invalid("impossible", field, text);
  }

  private lookup(field: string, value: unknown, text: string): Lookup | InvalidValue {
    const { id, name } = isRecord(value) ? value : { id: value, name: undefined };
    if (typeof id === "number" && !Number.isSafeInteger(id)) return invalid("lookup", field, String(id));
    const [number = "", named = ""] = [id, name].map((each) => (isBlank(each) ? "" : textOf(each).trim()));
    if (/^[1-9]\d{0,18}$/.test(number)) return { id: number };
    const wanted = number || named;
    // A number that is no id is not a name either.
    if (!this.options.names || wanted === "" || /^-?[\d.,\s]+$/.test(wanted))
      return invalid("lookup", field, wanted || text);
    this.hasNames = true;
    return { name: wanted } as unknown as Lookup;
  }

  private time(base: string, field: string, value: unknown, text: string): string | InvalidValue {
    const ms = toMillis(value instanceof Date || typeof value === "number" ? value : text, this.options.timezone);
    if (ms === undefined) return invalid("time", field, text);
    if (ms === 0) return "0";
    if (ms < EARLIEST_MS) return invalid("early", field, text);
    if (base === "expire_at" && ms <= this.now()) return invalid("past", field, text);
    return String(ms);
  }

  /** Puts ids in the place of names. */
  private withIds(member: Member): MappingResult | Promise<MappingResult> {
    const named = [...lookupsOf(member)].filter(({ lookup }) => lookup.id === undefined);
    const { names } = this.options;
    if (named.length === 0 || !names) return { member };
    const unread = named.filter(({ base, lookup }) => names.find(base, lookup.name ?? "") === undefined);
    if (unread.length > 0)
      return Promise.all(unread.map(({ base }) => names.load(base))).then(() => this.withIds(member));
    for (const { base, field, lookup } of named) {
      const { name = "" } = lookup;
      const [id, ...more] = names.find(base, name) ?? [];
      if (id === undefined) return invalid("unknown-name", field, name);
      if (more.length > 0) return invalid("ambiguous-name", field, name);
      Object.assign(lookup, { id });
      delete lookup.name;
    }
    return { member };
  }
}

const tooMany = (value: string): RowError => ({ key: "too-many", field: "communications", value });

/** The references of a member, with what the row calls them. */
function* lookupsOf(
  member: Member,
): Generator<{ base: LookupField; field: string; lookup: Partial<Lookup> & { name?: string } }> {
  for (const base of Object.keys(LOOKUPS) as LookupField[]) {
    const own = member[base] as Lookup | undefined;
    if (own && !IS_NUMBERED.has(base)) yield { base, field: base, lookup: own };
    if (!IS_NUMBERED.has(base)) continue;
    for (const [at, number] of member.communications.entries()) {
      const lookup = (number as Communication & Record<string, Lookup | undefined>)[base];
      if (lookup) yield { base, field: at === 0 ? base : `${base}${at + 1}`, lookup };
    }
  }
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
