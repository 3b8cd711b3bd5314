/**
 * Rows that two stray quotes have hidden in one cell: read by the rules it is the text of a cell, but nobody writes a list of people
 * into a cell, and who is in it would be lost without a word.
 */
import type { Delimiter } from "./csv.js";
import { dialable } from "./numbers.js";

/** So many lines of a cell that look like rows are rows; fewer may be a note. */
const HIDDEN_ROWS = 3;
/** A date in the place of a number is a note of calls. */
const DATE = /^(?:\d{4}-\d\d?-\d\d?|\d\d?\.\d\d?\.\d{4})(?!\d)/;

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
  const isNumber = (cell = ""): boolean => !DATE.test(cell.trim()) && "destination" in dialable(cell.trim());
  const isRow = (line: string): boolean => {
    const parts = line.split(delimiter);
    return parts.length === columns && destinations.some((at) => isNumber(parts[at]));
  };
  const counts = cells.map((cell, at) => {
    const lines = cell.split(/\r\n|\n|\r/);
    if (lines.length === 1) return 0;
    const count = lines.filter(isRow).length;
    // A row from its first cell on: the quote before it is stray.
    return count >= least || (at === 0 && isRow(lines[0] as string)) ? count : 0;
  });
  return Math.max(0, ...counts);
}
