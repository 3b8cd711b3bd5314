/**
 * Rows that two stray quotes have hidden in one cell: read by the rules it is the text of a cell, but nobody writes a list of people
 * into a cell, and who is in it would be lost without a word.
 */
import { type CsvRecord, type CsvRow, type Delimiter, rowOf } from "./csv.js";
import { mappableField } from "./field-names.js";
import { linesOf } from "./lines.js";
import { dialable } from "./numbers.js";
import type { Mapping } from "./row-plan.js";

/** So many lines of a cell that look like rows are rows; fewer may be a note. */
const HIDDEN_ROWS = 3;
/** A date in the place of a number is a note of calls. */
const DATE = /^(?:\d{4}-\d\d?-\d\d?|\d\d?\.\d\d?\.\d{4})(?!\d)/;

/** Whether a row has a number in one of its places. */
export function hasNumber(cells: readonly string[], destinations: readonly number[]): boolean {
  const isNumber = (cell = ""): boolean => !DATE.test(cell.trim()) && "destination" in dialable(cell.trim());
  return destinations.some((at) => isNumber(cells[at]));
}

/**
 * Counts the rows that a record hides in its cells.
 * @param cells the record's
 * @param delimiter separates the cells of a row
 * @param columns how many the header has
 * @param destinations where in a row its numbers are
 * @param least how many lines of a cell must look like rows; but the first line of a record's first cell is enough
 * @returns 0 when a person may have written these cells
 */
export function hiddenRows(
  cells: readonly string[],
  delimiter: Delimiter,
  columns: number,
  destinations: readonly number[],
  least = HIDDEN_ROWS,
): number {
  const isRow = (line: string): boolean => {
    const parts = line.split(delimiter);
    return parts.length === columns && hasNumber(parts, destinations);
  };
  const counts = cells.map((cell, at) => {
    const lines = linesOf(cell);
    if (lines.length === 1) return 0;
    const count = lines.filter(isRow).length;
    // A row from its first cell on: the quote before it is stray.
    if (count >= least || (at === 0 && isRow(lines[0] as string))) return count;
    // Within a row: with the cells before and behind it, each line is a row.
    const whole = linesOf(cells.join(delimiter));
    return at < cells.length - 1 && whole.length === lines.length && whole.every(isRow) ? lines.length - 1 : 0;
  });
  return Math.max(0, ...counts);
}

/** Where in a row its numbers are: the places of the columns that go to a destination; `mapping` as the upload's. */
export function destinationColumns(header: readonly string[], mapping: readonly Mapping[]): number[] {
  const fieldsOf = (name: string): (string | undefined)[] =>
    mapping.length > 0
      ? mapping.filter(({ column }) => column === name).map(({ field }) => field)
      : [mappableField(name)];
  return header.flatMap((cell, at) =>
    fieldsOf(cell.trim()).some((field) => field?.startsWith("destination")) ? [at] : [],
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
  const hidden = doubtful ? lines - 1 : hiddenRows(cells, delimiter, columns.length, destinations);
  return hidden === 0
    ? row
    : { ...row, error: { key: "hidden", field: "", value: `${line}-${line + lines - 1} (${hidden})` } };
}
