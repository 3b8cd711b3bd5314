/** Names of the fields that a column may be mapped to. Free of node builtins: the editor uses it too. */
import { MARKER, MAX_COMMUNICATIONS, MEMBER_FIELDS, VARIABLE_PREFIX } from "./tables.js";

const NAMES = new Set<string>(MEMBER_FIELDS.map(({ name }) => name));
/** Fields of a number of a member: `destination2` … exist as well. */
export const NUMBERED = MEMBER_FIELDS.filter((field) => "numbered" in field).map(({ name }) => name);

/** The same, to look a name up. */
export const IS_NUMBERED: ReadonlySet<string> = new Set(NUMBERED);

/** A numbered field's name, and which of the numbers it is of; the first is 1. */
interface FieldParts {
  base: string;
  index: number;
}

/** A list has the same fields in each row. */
const knownParts = new Map<string, FieldParts>();
const KNOWN_PARTS = 1000;

/** Splits `destination3` into its base name and number; the first is 1. */
export function parts(field: string): FieldParts {
  const known = knownParts.get(field);
  if (known) return known;
  const [, base = field, digits] = /^([a-z_]+?)(\d+)$/.exec(field) ?? [];
  const isNumber = digits !== undefined && IS_NUMBERED.has(base);
  const found = isNumber ? { base, index: Number(digits) } : { base: field, index: 1 };
  if (knownParts.size < KNOWN_PARTS) knownParts.set(field, found);
  return found;
}

/** True for a field that a column may be mapped to. `destination1` is written `destination`. */
export function isField(field: string): boolean {
  if (field.startsWith(VARIABLE_PREFIX)) {
    const name = field.slice(VARIABLE_PREFIX.length);
    return name !== "" && name !== MARKER && name !== "__proto__";
  }
  const { base, index } = parts(field);
  return NAMES.has(base) && (field === base || (index >= 2 && index <= MAX_COMMUNICATIONS));
}

/** The field that a text names, in any case and with blanks around it; names of variables keep their case, and `destination1` is `destination`. */
export function fieldOf(text: string): string {
  const name = text.trim();
  const lower = name.toLowerCase();
  if (lower.startsWith(VARIABLE_PREFIX)) return VARIABLE_PREFIX + name.slice(VARIABLE_PREFIX.length).trim();
  const { base, index } = parts(lower);
  return index === 1 ? base : lower;
}

/** A field to which two columns go: one of them would be lost. */
export interface DoubledField {
  field: string;
  columns: [first: string, second: string];
}

/** Names as a sentence lists them: each in quotation marks. */
export const quoted = (names: readonly string[]): string => names.map((name) => `"${name}"`).join(", ");

/** The first such field of a mapping; undefined where there is none. */
export function doubledField(mapping: readonly { column: string; field: string }[]): DoubledField | undefined {
  const columns = new Map<string, string>();
  for (const { column, field: named } of mapping) {
    const field = fieldOf(named);
    const first = columns.get(field) ?? column;
    if (first !== column) return { field, columns: [first, column] };
    columns.set(field, column);
  }
  return undefined;
}

/** A field with the column that is mapped to it, as in `destination (Phone)`; the field alone where it is named alike. */
export function withColumn(field: string, mapping: readonly { column: string; field: string }[]): string {
  const column = mapping.find((pair) => pair.field === field)?.column.trim() ?? field;
  return column.toLowerCase() === field.toLowerCase() ? field : `${field} (${column})`;
}

/** The field that a column goes to with an empty mapping; undefined when it is ignored. */
export function mappableField(column: string): string | undefined {
  const field = fieldOf(column);
  return isField(field) ? field : undefined;
}
