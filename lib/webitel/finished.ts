/** Finished members: rows that have `communications`, as Webitel writes its members. Free of node builtins: the editor's preview uses it too. */
import { isBlankText as isBlank, isRecord, jsonOf, readIgnoringCase, textOf } from "../core/values.js";
import { fieldOf, mappableField, parts } from "./field-names.js";
import { type Filler, tooMany, twoColumns } from "./filler.js";
import { InvalidValue, invalid, jsonCell, NUMBER_KINDS, OWN_FIELDS } from "./member-values.js";
import {
  type Default,
  doubledIn,
  keptByNames,
  type PlannedField,
  type PlannedNumber,
  type RowPlan,
  rowPlanner,
  valueOf,
} from "./row-plan.js";
import { COMMUNICATIONS, MAX_COMMUNICATIONS, VARIABLES } from "./tables.js";
import type { Communication, Member } from "./types.js";

type Fields = Record<string, unknown>;

/** What is read of one number of a finished member. */
interface NumberPlan {
  fields: readonly PlannedField[];
  doubled: RowPlan["doubled"];
  /** The properties that are its fields. */
  columns: ReadonlySet<string>;
}

/** Cells that hold more than text. */
const WHOLE: ReadonlySet<string> = new Set([...OWN_FIELDS, VARIABLES, COMMUNICATIONS]);

/**
 * A reader of finished members: their known fields are read like those of a row, by names in any case, the others go as they came. A
 * default fills what is missing, of each number too.
 * @returns from a row, and the columns that may have its numbers, to the member; undefined for a row without a list in one of them
 */
export function finishedMembers(
  filler: Filler,
  defaults: readonly Default[],
): (row: Fields, columns: readonly string[]) => Member | InvalidValue | undefined {
  const planOf = rowPlanner([], defaults);
  // Of a row without columns the plan has the defaults.
  const { numbers: ofDefaults } = planOf({});
  const planners = Array.from({ length: MAX_COMMUNICATIONS }, (_, at) => numberPlanner(at + 1, ofDefaults));
  const fieldsOf = keptByNames((names): ReadonlySet<string> => new Set(names.filter(isOwn)));

  const numberOf = (given: unknown, index: number): Communication | InvalidValue => {
    const suffix = suffixOf(index);
    if (!isRecord(given)) return invalid("missing", `destination${suffix}`);
    const plan = (planners[index - 1] as (given: Fields) => NumberPlan)(given);
    const doubled = doubledIn(given, plan);
    if (doubled) return twoColumns(doubled);
    const [called, type] = plan.fields.map((field) => valueOf(field, given));
    if (called === undefined) return invalid("missing", `destination${suffix}`);
    if (type === undefined) return invalid("missing-type", `type${suffix}`);
    const number = without(given, plan.columns);
    return filler.fill(number, given, plan.fields) ?? (number as Communication);
  };

  return (row, columns) => {
    const column = columns.find((name) => Array.isArray(listOf(row[name])));
    if (column === undefined) return undefined;
    const list = listOf(row[column]) as unknown[];
    const given = typeof row[column] === "string" ? fieldsOfText(row, fieldsOf(row)) : row;
    const plan = planOf(given);
    const fault = lostIn(given, plan, column, list);
    if (fault) return fault;
    const added = ofDefaults.filter(
      ({ index, destination }) => index > list.length && destination.fallback !== undefined,
    );
    const count = list.length + added.length;
    if (count === 0) return invalid("missing", COMMUNICATIONS);
    if (count > MAX_COMMUNICATIONS) return tooMany(count);
    const communications: Communication[] = [];
    for (const [item, index] of [
      ...list.map((each, at) => [each, at + 1] as const),
      ...added.map((each) => [{}, each.index] as const),
    ]) {
      const number = numberOf(item, index);
      if (number instanceof InvalidValue) return number;
      communications.push(number);
    }
    const { variablesColumn } = plan;
    const variables = variablesColumn === undefined ? undefined : jsonCell(given[variablesColumn]);
    if (!isBlank(variables) && !isRecord(variables)) return invalid("variables", VARIABLES);
    const member: Member = { ...without(given, fieldsOf(given)), communications };
    return filler.fill(member, given, plan.own) ?? filler.variables(member, given, plan) ?? written(member);
  };
}

const suffixOf = (index: number): string => (index === 1 ? "" : String(index));

/** A list, also where a cell has it as JSON. */
const listOf = (value: unknown): unknown => (typeof value === "string" ? jsonCell(value) : value);

/** True for a name of one of a member's fields, in any case. */
function isOwn(column: string): boolean {
  const field = fieldOf(column);
  return WHOLE.has(field) || mappableField(column) !== undefined || parts(field).index > MAX_COMMUNICATIONS;
}

/** The fields of a row of text, as the file for refused rows has them: columns beside them, as the reason, are none. */
function fieldsOfText(row: Fields, columns: ReadonlySet<string>): Fields {
  const fields: Fields = {};
  for (const column of columns) fields[column] = WHOLE.has(fieldOf(column)) ? jsonCell(row[column]) : row[column];
  return fields;
}

function without(row: Fields, columns: ReadonlySet<string>): Fields {
  const others: Fields = {};
  for (const name of Object.keys(row)) if (!columns.has(name)) others[name] = row[name];
  return others;
}

/** Why a row is refused of which a value would be lost: two properties have one field, or one of a number stands beside the list of them. */
function lostIn(row: Fields, plan: RowPlan, column: string, list: readonly unknown[]): InvalidValue | undefined {
  const { communications, doubled, flat } = plan;
  const twice =
    doubledIn(row, { doubled }) ?? doubledIn(row, { doubled: [{ field: COMMUNICATIONS, columns: communications }] });
  if (twice) return twoColumns(twice);
  for (const { field, base, columns } of flat) {
    const inList: unknown = readIgnoringCase(list[parts(field).index - 1])(base);
    const same = isBlank(inList) ? undefined : shortOf(inList);
    const other = columns.find((name) => !isBlank(row[name]) && shortOf(row[name]) !== same);
    if (other !== undefined) return twoColumns({ field, columns: [column, other] });
  }
  return undefined;
}

/** A value as text; of a reference its id. */
const shortOf = (value: unknown): string => textOf(isRecord(value) ? (value["id"] ?? value) : value).trim();

/** Plans the numbers at one place of finished members. @param index 1 for the first */
function numberPlanner(index: number, ofDefaults: readonly PlannedNumber[]): (given: Fields) => NumberPlan {
  const fallbacks = new Map<string, unknown>();
  for (const { index: at, destination, type, fields } of ofDefaults) {
    if (at === 1) fallbacks.set("type", type.fallback);
    if (at !== index) continue;
    for (const { base, fallback } of [destination, type, ...fields])
      if (fallback !== undefined) fallbacks.set(base, fallback);
  }
  return keptByNames((names) => {
    const fields = NUMBER_KINDS.map(([base, kind]): PlannedField => {
      const columns = names.filter((name) => name.trim().toLowerCase() === base);
      return { field: base + suffixOf(index), base, kind, columns, fallback: fallbacks.get(base) };
    });
    return {
      fields,
      doubled: fields.filter(({ columns }) => columns.length > 1),
      columns: new Set(fields.flatMap(({ columns }) => columns)),
    };
  });
}

/** A finished member as JSON can write it: BigInt in its further fields as text. @throws what JSON throws */
function written(member: Member): Member {
  try {
    JSON.stringify(member);
    return member;
  } catch {
    return JSON.parse(jsonOf(member)) as Member;
  }
}
