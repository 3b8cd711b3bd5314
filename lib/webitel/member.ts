/**
 * Rows to members: pure, and free of node builtins, because the editor previews the first member with this very code.
 *
 * A row is an object by column name (CSV cells are text) or a finished member with `communications`; both are read by the same rules.
 */
import { isBlankText as isBlank, isRecord, jsonOf } from "../core/values.js";
import { emptyRecord } from "./empty-record.js";
import { parts, quoted } from "./field-names.js";
import { type MappingResult, type Names, withIds } from "./member-names.js";
import {
  InvalidValue,
  invalid,
  jsonCell,
  KINDS,
  NUMBER_KINDS,
  OWN_FIELDS,
  type Sent,
  unwritable,
  ValueReader,
  type ValueRules,
} from "./member-values.js";
import {
  type Default,
  doubledIn,
  hasCell,
  type Mapping,
  type PlannedField,
  type PlannedNumber,
  type RowPlan,
  rowPlanner,
  valueOf,
} from "./row-plan.js";
import { type FieldKind, MARKER, MAX_COMMUNICATIONS, VARIABLE_PREFIX, VARIABLES } from "./tables.js";
import type { Communication, Lookup, Member } from "./types.js";

export type { MappingResult, Names } from "./member-names.js";
export type { RowError } from "./member-values.js";
export type { Default, Mapping } from "./row-plan.js";

/** How rows become members. */
export interface MappingOptions extends ValueRules {
  /** Empty: a column that is named like a field goes there. */
  mapping: readonly Mapping[];
  defaults: readonly Default[];
  /** `expire_at` in Unix milliseconds for rows without one. */
  expireAt?: number | undefined;
  /** Without it every reference must be an id. */
  names?: Names | undefined;
}

/** Something of the vendor that is filled field by field. */
type Fields = Record<string, unknown>;

/**
 * Prepares a mapping once, so that a row costs only what was mapped.
 * @param options the node's settings, already evaluated
 * @returns a function from a row to a member or the reason why there is none; a promise while names have to be looked up
 */
export function memberMapper(options: MappingOptions & { names?: undefined }): (row: unknown) => MappingResult;
export function memberMapper(options: MappingOptions): (row: unknown) => MappingResult | Promise<MappingResult>;
export function memberMapper(options: MappingOptions): (row: unknown) => MappingResult | Promise<MappingResult> {
  const { names } = options;
  const expireAt = options.expireAt === undefined ? undefined : String(options.expireAt);
  const planOf = rowPlanner(options.mapping, options.defaults);
  const builder = new MemberBuilder(new ValueReader(options, names !== undefined));
  const memberOf = (row: unknown): Member | InvalidValue => {
    try {
      if (!isRecord(row)) return invalid("no-object", "");
      if (Array.isArray(row["communications"])) return written(builder.finished(row));
      const finished = typeof row["communications"] === "string" ? finishedOf(row) : undefined;
      return finished ? written(builder.finished(finished)) : builder.assemble(row, planOf(row));
    } catch (error) {
      // Whatever a property of the row throws costs this row.
      return unwritable("row", error);
    }
  };
  return (row) => {
    const read = memberOf(row);
    if (read instanceof InvalidValue) return read;
    if (read.expire_at === undefined && expireAt !== undefined) read.expire_at = expireAt;
    if (isNeverCalled(read))
      return invalid("never", "min_offering_at", new Date(Number(read.min_offering_at)).toISOString());
    return names && builder.hasNames ? withIds(read, names) : { member: read };
  };
}

/** A finished member of a row of text, as the file for refused rows has it; undefined for another row. */
function finishedOf(row: Fields): Fields | undefined {
  const communications = jsonCell(row["communications"]);
  if (!Array.isArray(communications)) return undefined;
  const finished: Fields = { communications };
  // Columns beside them, as the reason, are no fields.
  for (const name of [...OWN_FIELDS, VARIABLES]) if (row[name] !== undefined) finished[name] = jsonCell(row[name]);
  return finished;
}

/** A member that expires before he may be called. Zero never expires. */
function isNeverCalled({ min_offering_at: from, expire_at: until }: Member): boolean {
  return from !== undefined && until !== undefined && Number(until) !== 0 && Number(from) > Number(until);
}

/** A finished member as JSON can write it: BigInt in its further fields as text. @throws what JSON throws */
function written(member: Member | InvalidValue): Member | InvalidValue {
  try {
    JSON.stringify(member);
    return member;
  } catch {
    return JSON.parse(jsonOf(member)) as Member;
  }
}

/** Builds members of rows. */
class MemberBuilder {
  /** Something of the member that was built last is called by its name. */
  hasNames = false;

  constructor(private readonly values: ValueReader) {}

  /** A member of a flat row. */
  assemble(row: Fields, plan: RowPlan): Member | InvalidValue {
    this.hasNames = false;
    const doubled = doubledIn(row, plan);
    if (doubled) return invalid("two-columns", doubled.field, quoted(doubled.columns));
    for (const field of plan.excess) if (valueOf(field, row) !== undefined) return tooMany(parts(field.field).index);
    const numbers = plan.numbers.map((planned) => this.plannedNumber(row, planned, plan));
    const wrong = numbers.find((number) => number instanceof InvalidValue);
    if (wrong) return wrong;
    const communications = numbers.filter((number) => number !== undefined) as Communication[];
    const count = communications.length;
    if (count === 0) return invalid("missing", "destination");
    // Higher is tried first: the order of the columns is kept.
    for (let at = 0; at < count; at++) (communications[at] as Communication).priority = count - 1 - at;
    const member = emptyRecord() as Member;
    member.communications = communications;
    return this.fill(member, row, plan.own) ?? this.flatVariables(member, row, plan) ?? member;
  }

  /** A finished member: its known fields are read like those of a row, the others go as they came. */
  finished(row: Fields): Member | InvalidValue {
    this.hasNames = false;
    const numbers = row["communications"] as unknown[];
    const { variables } = row;
    if (numbers.length === 0) return invalid("missing", "communications");
    if (numbers.length > MAX_COMMUNICATIONS) return tooMany(numbers.length);
    const communications: Communication[] = [];
    for (const given of numbers) {
      if (!isRecord(given) || isBlank(given["destination"])) return invalid("missing", "destination");
      if (isBlank(given["type"])) return invalid("missing-type", "type");
      const number = { ...given };
      const error = this.fill(number, given, NUMBER);
      if (error) return error;
      communications.push(number as Communication);
    }
    if (!isBlank(variables) && !isRecord(variables)) return invalid("variables", VARIABLES);
    const { variables: _, ...others } = row;
    const member: Member = { ...others, communications };
    return this.fill(member, row, OWN) ?? this.addVariables(member, variables as Fields | undefined) ?? member;
  }

  /** One number of a flat row; undefined when it has none. */
  private plannedNumber(
    row: Fields,
    { destination, type, fields, suffix }: PlannedNumber,
    plan: RowPlan,
  ): Communication | InvalidValue | undefined {
    const called = valueOf(destination, row);
    if (called === undefined) return undefined;
    const first = plan.numbers[0] as PlannedNumber;
    const ofType = valueOf(type, row) ?? (first.suffix === "" ? valueOf(first.type, row) : undefined);
    if (ofType === undefined) return invalid("missing-type", `type${suffix}`);
    const number = this.read(destination, called);
    if (number instanceof InvalidValue) return number;
    const read = this.read(type, ofType);
    if (read instanceof InvalidValue) return read;
    const communication = emptyRecord() as Communication;
    communication.destination = number as string;
    communication.type = read as Lookup;
    communication.priority = 0;
    return this.fill(communication, row, fields) ?? communication;
  }

  /** Reads fields of a row into a record; one that is blank is not in it. */
  private fill(record: object, row: Fields, fields: readonly PlannedField[]): InvalidValue | undefined {
    for (const planned of fields) {
      const given = valueOf(planned, row);
      if (given === undefined) {
        if (planned.base in record) delete (record as Fields)[planned.base];
        continue;
      }
      const value = this.read(planned, given);
      if (value instanceof InvalidValue) return value;
      (record as Fields)[planned.base] = value;
    }
    return undefined;
  }

  private flatVariables(
    member: Member,
    row: Fields,
    { variables, variablesColumn }: RowPlan,
  ): InvalidValue | undefined {
    const all = variablesColumn === undefined ? undefined : jsonCell(row[variablesColumn]);
    if (isRecord(all)) {
      const error = this.addVariables(member, all);
      if (error) return error;
      // JSON that was cut or changed: what it would say must not be lost without a word.
    } else if (Array.isArray(all) || (typeof all === "string" && /^\s*[[{]/.test(all)))
      return invalid("variables", VARIABLES);
    if (variables.length === 0) return undefined;
    const texts = member.variables ?? {};
    // Where the object has a value, the row has one: a default is for those that have none.
    const open = isRecord(all)
      ? variables.filter((each) => isBlank(texts[each.base]) || hasCell(each, row))
      : variables;
    const error = this.fill(texts, row, open);
    if (error) return error;
    for (const _ in texts) {
      member.variables = texts;
      break;
    }
    return undefined;
  }

  private addVariables(member: Member, given: Fields | undefined): InvalidValue | undefined {
    const texts: Record<string, string> = {};
    for (const [name, value] of Object.entries(given ?? {})) {
      if (value === undefined || value === null) continue;
      const text = this.values.read("variable", name, VARIABLE_PREFIX + name, value);
      if (text instanceof InvalidValue) return text;
      texts[name] = text as string;
    }
    if (Object.keys(texts).length > 0) member.variables = texts;
    return undefined;
  }

  private read({ kind, base, field }: PlannedField, value: unknown): Sent | InvalidValue {
    const read = this.values.read(kind, base, field, value);
    if (kind === "lookup" && (read as Partial<Lookup>).name !== undefined) this.hasNames = true;
    return read;
  }
}

/** Fields of a finished member, and of one of its numbers. */
const planned = (base: string, kind: FieldKind): PlannedField => ({
  field: base,
  base,
  kind,
  columns: [base],
  fallback: undefined,
});
const OWN = OWN_FIELDS.map((name) => planned(name, KINDS.get(name) as FieldKind));
const NUMBER = NUMBER_KINDS.map(([name, kind]) => planned(name, kind));

const tooMany = (count: number): InvalidValue => invalid("too-many", "communications", String(count));

/**
 * Writes a batch's marker into a member, over that of an earlier part. Not into a copy: copies of a million members outlive the quick
 * collections of garbage and fill the memory.
 */
export function mark(member: Member, marker: string): Member {
  member.variables ??= {};
  member.variables[MARKER] = marker;
  return member;
}
