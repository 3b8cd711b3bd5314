/**
 * Rows that stray quotes have hidden in a cell: read by the rules it is the text of a cell, but who is in it would be lost without a word.
 * A note into which somebody has pasted a row looks the same, and is rejected with its reason.
 */
import { columnName } from "./column-names.js";
import { type CsvRecord, type CsvRow, rowOf } from "./csv.js";
import type { Delimiter } from "./csv-format.js";
import { mappableField } from "./field-names.js";
import { linesOf } from "./lines.js";
import { dialable } from "./numbers.js";
import type { Mapping } from "./row-plan.js";

/** A date in the place of a number is a note of calls. */
const DATE = /^(?:\d{4}-\d\d?-\d\d?|\d\d?\.\d\d?\.\d{4})(?!\d)/;
/** With fewer digits a number is an extension, or it is a year or a postal code of a text. */
const PHONE_DIGITS = 7;

const digitsOf = (cell: string): number => cell.replace(/\D/g, "").length;

/** Whether a row has a number in one of its places. @param leastDigits of a number; an address may have fewer */
export function hasNumber(cells: readonly string[], destinations: readonly number[], leastDigits = 0): boolean {
  const isNumber = (cell = ""): boolean => {
    const text = cell.trim();
    const found = DATE.test(text) ? undefined : dialable(text);
    return found !== undefined && "kind" in found && (found.kind === "address" || digitsOf(text) >= leastDigits);
  };
  return destinations.some((at) => isNumber(cells[at]));
}

/**
 * Counts the lines of a record's text that could be rows: they have a separator, and a number where the list's rows have it.
 * @param cells the record's
 * @param delimiter separates the cells of a row
 * @param destinations where in a row its numbers are
 */
export function hiddenRows(cells: readonly string[], delimiter: Delimiter, destinations: readonly number[]): number {
  if (!cells.some((cell) => /[\r\n]/.test(cell))) return 0;
  const firstLine = (linesOf(cells.join(delimiter))[0] as string).split(delimiter);
  const own = hasNumber(cells, destinations) ? cells : firstLine;
  // A list of extensions hides extensions.
  const least = hasNumber(own, destinations) && !hasNumber(own, destinations, PHONE_DIGITS) ? 0 : PHONE_DIGITS;
  const count = (cell: string, at: number): number => {
    const lines = linesOf(cell);
    if (lines.length === 1) return 0;
    return lines.filter((line, index) => {
      const parts = line.split(delimiter);
      // The first one is the rest of a line whose number comes later, and which may have a cell too many.
      const places = index > 0 ? destinations : destinations.some((place) => place >= at) ? [...parts.keys()] : [];
      return parts.length > 1 && hasNumber(parts, places, least);
    }).length;
  };
  return cells.reduce((sum, cell, at) => sum + count(cell, at), 0);
}

/** Where in a row its numbers are: the places of the columns that go to a destination; `mapping` as the upload's. */
export function destinationColumns(header: readonly string[], mapping: readonly Mapping[]): number[] {
  const fieldsOf = (name: string): (string | undefined)[] =>
    mapping.length > 0
      ? mapping.filter(({ column }) => column === name).map(({ field }) => field)
      : [mappableField(name)];
  return header.flatMap((cell, at) =>
    fieldsOf(columnName(cell)).some((field) => field?.startsWith("destination")) ? [at] : [],
  );
}

/** How a list is read. */
export interface ListForm {
  delimiter: Delimiter;
  /** Names of the columns. */
  columns: readonly string[];
  /** See {@link destinationColumns}. */
  destinations: readonly number[];
}

/** A record as a row by column name; one that hides others is rejected with its lines. */
export function checkedRow({ delimiter, columns, destinations }: ListForm, record: CsvRecord): CsvRow {
  const row = rowOf(columns, record);
  const { cells, line, lines, doubtful } = record;
  if (lines === undefined || (row.error && !doubtful)) return row;
  const hidden = doubtful ? lines - 1 : hiddenRows(cells, delimiter, destinations);
  return hidden === 0
    ? row
    : { ...row, error: { key: "hidden", field: "", value: `${line}-${line + lines - 1} (${hidden})` } };
}
