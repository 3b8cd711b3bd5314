/**
 * Rows to members: pure, and free of node builtins, because the editor previews the first member with this very code.
 *
 * A row is an object by column name (CSV cells are text) or a finished member with `communications`; both are read by the same rules.
 */
import { isRecord } from "../core/values.js";
import { emptyRecord } from "./empty-record.js";
import { parts } from "./field-names.js";
import { Filler, tooMany, twoColumns } from "./filler.js";
import { finishedMembers } from "./finished.js";
import { type MappingResult, type Names, withIds } from "./member-names.js";
import { InvalidValue, invalid, unwritable, ValueReader, type ValueRules } from "./member-values.js";
import {
  type Default,
  doubledIn,
  type Mapping,
  type PlannedNumber,
  type RowPlan,
  rowPlanner,
  valueOf,
} from "./row-plan.js";
import { MARKER } from "./tables.js";
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
  const filler = new Filler(new ValueReader(options, names !== undefined));
  const finished = finishedMembers(filler, options.defaults);
  const memberOf = (row: unknown): Member | InvalidValue => {
    filler.hasNames = false;
    try {
      if (!isRecord(row)) return invalid("no-object", "");
      const plan = planOf(row);
      return finished(row, plan.communications) ?? assemble(filler, row, plan);
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
    return names && filler.hasNames ? withIds(read, names) : { member: read };
  };
}

/** A member that expires before he may be called. Zero never expires. */
function isNeverCalled({ min_offering_at: from, expire_at: until }: Member): boolean {
  return from !== undefined && until !== undefined && Number(until) !== 0 && Number(from) > Number(until);
}

/** A member of a flat row. */
function assemble(filler: Filler, row: Fields, plan: RowPlan): Member | InvalidValue {
  const doubled = doubledIn(row, plan);
  if (doubled) return twoColumns(doubled);
  for (const field of plan.excess) if (valueOf(field, row) !== undefined) return tooMany(parts(field.field).index);
  const numbers = plan.numbers.map((planned) => plannedNumber(filler, row, planned, plan));
  const wrong = numbers.find((number) => number instanceof InvalidValue);
  if (wrong) return wrong;
  const communications = numbers.filter((number) => number !== undefined) as Communication[];
  const count = communications.length;
  if (count === 0) return invalid("missing", "destination");
  // Higher is tried first: the order of the columns is kept.
  for (let at = 0; at < count; at++) (communications[at] as Communication).priority = count - 1 - at;
  const member = emptyRecord() as Member;
  member.communications = communications;
  return filler.fill(member, row, plan.own) ?? filler.variables(member, row, plan) ?? member;
}

/** One number of a flat row; undefined when it has none. */
function plannedNumber(
  filler: Filler,
  row: Fields,
  { destination, type, fields, suffix }: PlannedNumber,
  plan: RowPlan,
): Communication | InvalidValue | undefined {
  const called = valueOf(destination, row);
  if (called === undefined) return undefined;
  const first = plan.numbers[0] as PlannedNumber;
  const ofType = valueOf(type, row) ?? (first.suffix === "" ? valueOf(first.type, row) : undefined);
  if (ofType === undefined) return invalid("missing-type", `type${suffix}`);
  const number = filler.read(destination, called);
  if (number instanceof InvalidValue) return number;
  const read = filler.read(type, ofType);
  if (read instanceof InvalidValue) return read;
  const communication = emptyRecord() as Communication;
  communication.destination = number as string;
  communication.type = read as Lookup;
  communication.priority = 0;
  return filler.fill(communication, row, fields) ?? communication;
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
