/** Rows of an input, and row numbers as ranges: a journal of a million rows stays short, and looking up a row stays quick. */
import type { MappingOptions, RowError } from "../member.js";

/** What a row's own message says where the row has nothing. */
export type RowValues = Partial<Pick<MappingOptions, "defaults" | "expireAt">>;

/** A row of an input. */
export interface InputRow {
  /** An object by column name, a finished member, or whatever else came. */
  data: unknown;
  /** Line of the file or text where the row begins; the first is 1. */
  line?: number;
  /** Why the row cannot be read. */
  error?: RowError;
  /** Of its message, where that may say another thing than those before. */
  values?: RowValues | undefined;
}

/** First and last row, both included. */
export type Range = [from: number, to: number];

/** Writes rising row numbers as ranges. */
export function toRanges(rows: readonly number[]): Range[] {
  const ranges: Range[] = [];
  for (const row of rows) {
    const last = ranges.at(-1);
    if (last && row === last[1] + 1) last[1] = row;
    else ranges.push([row, row]);
  }
  return ranges;
}

/** The row numbers of ranges, rising. */
export function fromRanges(ranges: readonly Range[]): number[] {
  return ranges.flatMap(([from, to]) => Array.from({ length: to - from + 1 }, (_, at) => from + at));
}

/** A set of row numbers that is filled first and asked afterwards. */
export class RowSet {
  private ranges: Range[] = [];
  private sorted = true;

  add(ranges: readonly Range[]): void {
    for (const [from, to] of ranges) this.ranges.push([from, to]);
    this.sorted = false;
  }

  has(row: number): boolean {
    if (!this.sorted) this.sort();
    let low = 0;
    let high = this.ranges.length - 1;
    while (low <= high) {
      const middle = (low + high) >> 1;
      const [from, to] = this.ranges[middle] as Range;
      if (row < from) high = middle - 1;
      else if (row > to) low = middle + 1;
      else return true;
    }
    return false;
  }

  private sort(): void {
    const merged: Range[] = [];
    for (const range of this.ranges.sort((a, b) => a[0] - b[0])) {
      const last = merged.at(-1);
      if (last && range[0] <= last[1] + 1) last[1] = Math.max(last[1], range[1]);
      else merged.push(range);
    }
    this.ranges = merged;
    this.sorted = true;
  }
}
