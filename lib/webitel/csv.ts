/**
 * CSV as people have it (RFC 4180 and what differs from it): text to records. Free of node builtins, because the editor previews
 * a sample with this very code.
 *
 * Our own reader, because what matters here is what a library leaves out: a record that cannot be read costs its first line only,
 * so that a stray quote never swallows the rows behind it, and each record knows its line.
 */
import { csvFormat, type Delimiter } from "./csv-format.js";
import { doubtfulEnd } from "./doubtful-end.js";
import { emptyRecord } from "./empty-record.js";
import { linesOf } from "./lines.js";
import type { RowError } from "./member-values.js";
import { type RecordEnd, RecordScan } from "./record-end.js";
import type { Separator } from "./tables.js";

/** Says whether these cells are a row's. */
type RowTest = (cells: readonly string[]) => boolean;

/** A record that is not empty. */
export interface CsvRecord {
  cells: string[];
  /** The line where it begins; the first is 1. */
  line: number;
  /** How many lines it has, where they are more than one. */
  lines?: number;
  /** Its quotes do not fit: the cells are those of its first line, divided without regard to quotes. */
  damaged?: true;
  /** Where its last cell ends is not certain: it has all that may be text of a cell. */
  doubtful?: true;
  /** It is too long for a list of people: the cells are those of its beginning. */
  tooLong?: true;
}

/** A record by the header's names. */
export interface CsvRow {
  data: Record<string, string>;
  line: number;
  error?: RowError;
}

/** Characters of a record behind the header that are waited for without knowing where it ends. */
const LONG_RECORD = 256 * 1024;
/** Characters of a record; behind the header a longer one costs itself only. */
export const MAX_RECORD = 1024 * 1024;
/** Characters that are kept of such a record, of its beginning and of its end. */
const KEPT_OF_RECORD = 1000;
const KEPT_OF_END = 64 * 1024;

/**
 * Reads records from text that comes in pieces. Line ends may be `\r\n`, `\n` or `\r`, mixed too. Empty lines, and lines of nothing
 * but separators, are no records. A quote within a cell that does not begin with one is an ordinary character.
 */
export class RecordReader {
  private text = "";
  private at = 0;
  /** Where these characters come next, so that the text is searched once; -1 when that is not known. */
  private readonly next = { quote: -1, lineFeed: -1, return: -1 };
  /** How many cells the header has. */
  private columns = 0;
  private isRow: RowTest = () => false;
  private linesRead = 0;
  /** Characters of the text before those that are kept. */
  private before = 0;
  /** Characters of a record that is too long which are still to come. */
  private toDrop = 0;
  /** Where the record that is waited for ends; undefined where that was not asked. */
  private known: RecordEnd | undefined;
  /** A record that is too long, and where what is kept of its end ends. */
  private cut: { record: CsvRecord; isWhole: boolean; end: number; breaks: number } | undefined;

  /**
   * @param delimiter see {@link csvFormat}
   * @param linesBefore lines of the text that were skipped before its first piece
   * @param rowTest from the header's cells: says of other cells whether they are a row's
   */
  constructor(
    readonly delimiter: Delimiter,
    linesBefore = 0,
    private readonly rowTest: (header: readonly string[]) => RowTest = () => () => false,
  ) {
    this.linesRead = linesBefore;
  }

  /** Lines that were read, those of empty records included. */
  get lines(): number {
    return this.linesRead;
  }

  /** Characters that wait for the end of their record. */
  get pending(): number {
    return this.text.length - this.at;
  }

  /**
   * Where a record begins (characters of the text) that may be too long, or may never end: where it does has to be found out before
   * more is read. Undefined when nothing waits.
   */
  get longRecord(): number | undefined {
    const isLong = this.columns > 0 && !this.known && !this.cut && this.pending > LONG_RECORD;
    return isLong ? this.before + this.at : undefined;
  }

  /** A scan of the {@link longRecord}. */
  scan(): RecordScan {
    return new RecordScan(this.delimiter, this.columns);
  }

  /** Takes a piece of text, and returns the records that it completes. */
  read(piece: string): CsvRecord[] {
    const dropped = Math.min(this.toDrop, piece.length);
    this.toDrop -= dropped;
    this.before += this.at + dropped;
    this.text = this.text.slice(this.at) + piece.slice(dropped);
    this.at = 0;
    return this.records(false);
  }

  /**
   * Takes where the {@link longRecord} ends, and returns the records that are complete by that. A quote that the text never closes is
   * stray where most of the lines behind it are rows; else it is text that was cut off, and all of it is one record.
   */
  goOn(end: RecordEnd): CsvRecord[] {
    const isStray = end.kind === "damaged" || (end.kind === "open" && this.isFollowedByRows());
    // Of an open one the rows behind its first line were seen.
    if (end.kind === "open" ? isStray : end.length <= MAX_RECORD) {
      this.known = isStray ? { ...end, kind: "damaged" } : end;
      return this.records(false);
    }
    const cells = this.text.slice(this.at, this.at + KEPT_OF_RECORD).split(this.delimiter);
    const record = { cells, line: this.linesRead + 1, tooLong: true } as const;
    const toDrop = Math.max(0, end.length - KEPT_OF_END);
    const kept = Math.min(toDrop, this.pending);
    this.at += kept;
    this.toDrop = toDrop - kept;
    this.cut = { record, isWhole: end.kind === "whole", end: end.length - toDrop, breaks: end.breaks };
    return this.records(false);
  }

  /** Ends the text, and returns the records that are left. */
  end(): CsvRecord[] {
    return this.records(true);
  }

  private records(final: boolean): CsvRecord[] {
    // A record that was not whole may have been searched far ahead.
    this.forget();
    const records: CsvRecord[] = [];
    while (this.at < this.text.length) {
      const record = this.record(final);
      if (!record) break;
      if (isEmpty(record.cells)) continue;
      if (this.columns === 0) this.isRow = this.rowTest(record.cells);
      this.columns ||= record.cells.length;
      records.push(record);
    }
    return records;
  }

  /** The next record, empty ones included; undefined when more text is needed. */
  private record(final: boolean): CsvRecord | undefined {
    if (this.cut) return this.cutRecord(this.cut, final);
    const start = this.at;
    const line = this.linesRead + 1;
    const end = this.lineEnd(start, final);
    if (end === -1) return undefined;
    const plain = this.find("quote", start) >= end;
    const quoted = plain ? undefined : this.quoted(start, end, final);
    if (quoted === "incomplete" && this.known?.kind !== "damaged") return undefined;
    if (typeof quoted === "object") {
      const { cells, end: quotedEnd } = quoted;
      const until = quotedEnd === end ? end : this.doubtfulEnd(quotedEnd, final);
      if (until === undefined) return undefined;
      const lines = until === end ? 1 : linesOf(this.text.slice(start, until)).length;
      this.advance(until, lines);
      if (until === quotedEnd) return { cells, line, ...(lines > 1 && { lines }) };
      cells[cells.length - 1] += this.text.slice(quotedEnd, until);
      return { cells, line, lines, doubtful: true };
    }
    // The search may have run far ahead of this line.
    if (!plain) this.forget();
    const cells = this.text.slice(start, end).split(this.delimiter);
    this.advance(end, 1);
    return plain ? { cells, line } : { cells, line, damaged: true };
  }

  /** The record that is too long, once its end has come. */
  private cutRecord(cut: NonNullable<typeof this.cut>, final: boolean): CsvRecord | undefined {
    const end = this.at + cut.end;
    if (this.toDrop > 0 || this.text.length < end || this.lineEnd(end, final) === -1) return undefined;
    const until = cut.isWhole ? this.doubtfulEnd(end, final) : end;
    if (until === undefined) return undefined;
    const lines = cut.breaks + linesOf(this.text.slice(end, until)).length;
    this.cut = undefined;
    // Who reads the text counts the lines that a text hides whose quotes are never closed.
    this.advance(until, cut.isWhole || cut.breaks === 0 ? lines : 0);
    return { ...cut.record, lines };
  }

  /** See {@link doubtfulEnd}. */
  private doubtfulEnd(end: number, final: boolean): number | undefined {
    return doubtfulEnd(this.text, end, this.delimiter, final, (from) => {
      this.forget();
      const row = this.quoted(from, from, final);
      this.forget();
      return typeof row === "string" ? row : this.isRow(row.cells) ? row.end : "damaged";
    });
  }

  /** Whether most lines of a long record are rows, apart from its first one. */
  private isFollowedByRows(): boolean {
    // Without the last one, which may be cut.
    const lines = linesOf(this.text.slice(this.at, this.at + LONG_RECORD)).slice(1, -1);
    const parts = lines.map((line) => line.split(this.delimiter));
    const rows = parts.filter((cells) => cells.length === this.columns || this.isRow(cells));
    return rows.length * 2 > lines.length;
  }

  /**
   * Reads a record with quotes. One of several lines has no more cells than the header: else stray quotes have joined lines.
   * What the lines within its quotes look like says nothing: text of a cell is never a row.
   * @param firstEnd where its first line ends
   */
  private quoted(
    start: number,
    firstEnd: number,
    final: boolean,
  ): { cells: string[]; end: number } | "incomplete" | "damaged" {
    const { text, delimiter, columns } = this;
    const cells: string[] = [];
    let hasMore = false;
    for (let at = start; ; at++) {
      if (text[at] === '"') {
        const cell = this.quotedCell(at, final);
        if (typeof cell === "string") return cell;
        cells.push(cell.value);
        at = cell.end;
      } else {
        const lineEnd = this.lineEnd(at, final);
        const cellEnd = text.indexOf(delimiter, at);
        if (lineEnd === -1 && cellEnd === -1) return "incomplete";
        const end = cellEnd === -1 || (lineEnd !== -1 && lineEnd < cellEnd) ? lineEnd : cellEnd;
        cells.push(text.slice(at, end));
        at = end;
      }
      hasMore ||= columns > 0 && cells.length > columns && cells.at(-1) !== "";
      if (hasMore && at > firstEnd) return "damaged";
      if (text[at] === delimiter) continue;
      const lineEnd = this.lineEnd(at, final);
      return lineEnd === at ? { cells, end: at } : lineEnd === -1 ? "incomplete" : "damaged";
    }
  }

  /** Reads a cell that begins with a quote, and the blanks behind it. */
  private quotedCell(start: number, final: boolean): { value: string; end: number } | "incomplete" | "damaged" {
    const { text } = this;
    let value = "";
    for (let from = start + 1; ;) {
      const quote = text.indexOf('"', from);
      if (quote === -1) return final ? "damaged" : "incomplete";
      if (quote === text.length - 1 && !final) return "incomplete";
      value += text.slice(from, quote);
      if (text[quote + 1] !== '"') {
        let end = quote + 1;
        while (text[end] === " ") end++;
        return end === text.length && !final ? "incomplete" : { value, end };
      }
      value += '"';
      from = quote + 2;
    }
  }

  /** Moves behind a record and its line break. @param lines of the record */
  private advance(end: number, lines: number): void {
    const length = this.text.startsWith("\r\n", end) ? 2 : end < this.text.length ? 1 : 0;
    this.at = end + length;
    this.linesRead += lines;
    this.known = undefined;
  }

  /** Where the line ends; -1 while that is not known. */
  private lineEnd(from: number, final: boolean): number {
    const end = Math.min(this.find("lineFeed", from), this.find("return", from));
    if (end === Infinity) return final ? this.text.length : -1;
    // The second half of "\r\n" may be in the next piece.
    return end === this.text.length - 1 && this.text[end] === "\r" && !final ? -1 : end;
  }

  /** Where a character comes next; Infinity when it does not. */
  private find(name: keyof typeof CHARACTERS, from: number): number {
    const before = this.next[name];
    if (before >= from) return before;
    const at = this.text.indexOf(CHARACTERS[name], from);
    return (this.next[name] = at === -1 ? Infinity : at);
  }

  private forget(): void {
    this.next.quote = this.next.lineFeed = this.next.return = -1;
  }
}

const CHARACTERS = { quote: '"', lineFeed: "\n", return: "\r" } as const;

function isEmpty(cells: readonly string[]): boolean {
  for (let at = 0; at < cells.length; at++) if ((cells[at] as string).trim() !== "") return false;
  return true;
}

/**
 * A record as a row by column name; cells that the header has no name for go by their number. A record with fewer cells than the header
 * is read as if those at its end were blank, because spreadsheets leave them out.
 * @returns the row, and why it cannot be loaded
 */
export function rowOf(columns: readonly string[], { cells, line, lines = 1, damaged, tooLong }: CsvRecord): CsvRow {
  const data: Record<string, string> = {};
  const { length } = cells;
  for (let at = 0; at < length; at++) data[columns[at] ?? `column ${at + 1}`] = cells[at] as string;
  const row = emptyRecord() as CsvRow;
  row.data = data;
  row.line = line;
  const expected = columns.length;
  if (damaged) row.error = { key: "quote", field: "" };
  else if (tooLong) row.error = { key: "too-long", field: "", value: `${line}-${line + lines - 1}` };
  else if (length > expected && !isEmpty(cells.slice(expected)))
    row.error = { key: "cells", field: "", value: `${length} > ${expected}` };
  return row;
}

/**
 * The first records of a text, for a preview.
 * @param text its beginning; a record that it cuts in two is left out, as far as that can be told
 * @returns at most `count` records
 */
export function firstRecords(text: string, separator: Separator, count: number): CsvRecord[] {
  const source = text.replace(/^\uFEFF/, "");
  const { delimiter, skip } = csvFormat(source, separator);
  const reader = new RecordReader(delimiter, skip > 0 ? 1 : 0);
  return [...reader.read(source.slice(skip)), ...reader.end()].slice(0, count);
}
