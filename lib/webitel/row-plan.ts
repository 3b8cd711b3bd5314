/**
 * Which columns of a row fill which field of a member: worked out once per list of columns, so that a row costs only what is in it.
 * Free of node builtins: the editor's preview uses it too.
 */
import { isBlankText, textOf } from "../core/values.js";
import { type DoubledField, fieldOf, IS_NUMBERED, mappableField, NUMBERED, parts } from "./field-names.js";
import { type Kind, KINDS, OWN_FIELDS } from "./member-values.js";
import { COMMUNICATIONS, MAX_COMMUNICATIONS, VARIABLE_PREFIX, VARIABLES } from "./tables.js";

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

/** A field, and where its value comes from. */
export interface PlannedField {
  /** As errors name it. */
  field: string;
  /** Without its number; a variable's own name. */
  base: string;
  kind: Kind;
  /** The first that is not blank wins; where two of them differ, see {@link doubledIn}. */
  columns: string[];
  /** Where all of them are blank; undefined for none. */
  fallback: unknown;
}

/** The fields of one of a member's numbers. */
export interface PlannedNumber {
  destination: PlannedField;
  type: PlannedField;
  /** The others. */
  fields: PlannedField[];
  /** Behind the fields' names in errors; "" for the first. */
  suffix: string;
  /** The first is 1. */
  index: number;
}

/** What is read of a row. */
export interface RowPlan {
  numbers: PlannedNumber[];
  own: PlannedField[];
  variables: PlannedField[];
  /** Numbers beyond what a member may have. */
  excess: PlannedField[];
  /** The fields of numbers that have a column, these included. */
  flat: PlannedField[];
  /** An object in the column of this name holds variables. */
  variablesColumn: string | undefined;
  /** A list in one of these makes the row a finished member. */
  communications: readonly string[];
  /** Those that have several columns. */
  doubled: { field: string; columns: readonly string[] }[];
}

/** True where a column of the row has the field's value. */
export const hasCell = ({ columns }: PlannedField, row: Record<string, unknown>): boolean =>
  columns.some((column) => !isBlankText(row[column]));

/** @returns the field's value in a row; undefined when it is blank and has no default */
export function valueOf({ columns, fallback }: PlannedField, row: Record<string, unknown>): unknown {
  for (let at = 0; at < columns.length; at++) {
    const value = row[columns[at] as string];
    if (!isBlankText(value)) return value;
  }
  return fallback;
}

/** The field for which two columns of a row have different values, and these columns: one value would be lost. */
export function doubledIn(
  row: Record<string, unknown>,
  { doubled }: Pick<RowPlan, "doubled">,
): DoubledField | undefined {
  for (const { field, columns } of doubled) {
    const filled = columns.filter((name) => !isBlankText(row[name]));
    const [first = ""] = filled;
    const other = filled.find((name) => textOf(row[name]).trim() !== textOf(row[first]).trim());
    if (other !== undefined) return { field, columns: [first, other] };
  }
  return undefined;
}

/** The names of columns that are this one, in any case and with blanks around it. */
const columnsOf = (name: string, columns: readonly string[]): string[] =>
  columns.filter((column) => column.trim().toLowerCase() === name);

/** @param columns those of the row, where they are read by their names */
function planOf(mapping: readonly Mapping[], defaults: readonly Default[], columns?: readonly string[]): RowPlan {
  const variablesColumns = columnsOf(VARIABLES, columns ?? []);
  const communications = columns ? columnsOf(COMMUNICATIONS, columns) : [COMMUNICATIONS];
  const fields = new Map<string, PlannedField>();
  const planned = (named: string): PlannedField => {
    const field = fieldOf(named);
    const known = fields.get(field);
    if (known) return known;
    const isVariable = field.startsWith(VARIABLE_PREFIX);
    const base = isVariable ? field.slice(VARIABLE_PREFIX.length) : parts(field).base;
    const kind = isVariable ? "variable" : (KINDS.get(base) ?? "text");
    const one: PlannedField = { field, base, kind, columns: [], fallback: undefined };
    fields.set(field, one);
    return one;
  };
  for (const { column, field } of mapping) {
    const { columns } = planned(field);
    if (!columns.includes(column)) columns.push(column);
  }
  for (const { field, value } of defaults) planned(field).fallback ??= value;
  const all = [...fields.values()];
  const numbered = all.filter(({ field, kind }) => kind !== "variable" && IS_NUMBERED.has(parts(field).base));
  const indexes = new Set(numbered.map(({ field }) => parts(field).index));
  const numbers = [...indexes]
    .filter((index) => index <= MAX_COMMUNICATIONS)
    .sort((a, b) => a - b)
    .map((index): PlannedNumber => {
      const suffix = index === 1 ? "" : String(index);
      const others = NUMBERED.filter((name) => name !== "destination" && name !== "type");
      return {
        destination: planned(`destination${suffix}`),
        type: planned(`type${suffix}`),
        fields: others.map((name) => fields.get(name + suffix)).filter((field) => field !== undefined),
        suffix,
        index,
      };
    });
  return {
    numbers,
    own: OWN_FIELDS.map((name) => fields.get(name)).filter((field) => field !== undefined),
    variables: all.filter(({ kind }) => kind === "variable"),
    flat: numbered.filter(({ columns }) => columns.length > 0),
    excess: numbered.filter(({ field }) => parts(field).index > MAX_COMMUNICATIONS),
    variablesColumn: variablesColumns[0],
    communications,
    doubled: [...all, { field: VARIABLES, columns: variablesColumns }].filter(({ columns }) => columns.length > 1),
  };
}

/** With an empty mapping: the columns that are named like a field. */
function mappingByName(columns: readonly string[]): Mapping[] {
  return columns.flatMap((column) => {
    const field = mappableField(column) ?? fieldOf(column);
    // More numbers than a member may have are read as well, so that they are refused and not forgotten.
    return mappableField(column) !== undefined || parts(field).index > MAX_COMMUNICATIONS ? [{ column, field }] : [];
  });
}

/** Lists of columns whose plans are kept: rows of one source look alike, but for cells that are missing at their end. */
const KEPT_PLANS = 100;

/** What is made of the names of a record's properties, once per list of names. */
export function keptByNames<T>(make: (names: readonly string[]) => T): (record: Record<string, unknown>) => T {
  const kept = new Map<string, T>();
  let last: { names: readonly string[]; made: T } | undefined;
  return (record) => {
    const names = Object.keys(record);
    if (last?.names.length === names.length && last.names.every((name, at) => name === names[at])) return last.made;
    const key = JSON.stringify(names);
    if (kept.size >= KEPT_PLANS) kept.clear();
    const made = kept.get(key) ?? make(names);
    kept.set(key, made);
    last = { names, made };
    return made;
  };
}

/**
 * Plans rows.
 * @param mapping empty: a column that is named like a field goes there
 * @param defaults those that are blank do not count
 * @returns a row's plan; those of rows with the same columns are the same
 */
export function rowPlanner(
  mapping: readonly Mapping[],
  defaults: readonly Default[],
): (row: Record<string, unknown>) => RowPlan {
  const filled = defaults.filter(({ value }) => !isBlankText(value));
  if (mapping.length === 0) return keptByNames((names) => planOf(mappingByName(names), filled, names));
  const plan = planOf(mapping, filled);
  return () => plan;
}
