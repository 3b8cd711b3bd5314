/** Rows of a CSV: its records by the header's names, and every line accounted for. */
import { type CsvRecord, MAX_RECORD, RecordReader } from "../csv.js";
import { columnNames } from "../column-names.js";
import type { Delimiter } from "../csv-format.js";
import { refused } from "../errors.js";
import { checkedRow, hasNumber, hiddenRows } from "../hidden-rows.js";
import { LineBreaks } from "../lines.js";
import type { RecordEnd, RecordScan } from "../record-end.js";
import type { Separator } from "../tables.js";
import type { InputRow } from "./rows.js";

/** How to read CSV. */
export interface CsvOptions {
  /** `auto` finds it in the header. */
  separator: Separator;
  /** `auto`, or a name that `TextDecoder` knows. */
  encoding: string;
  /** Throws when the upload cannot work with this header. */
  checkHeader?(header: readonly string[]): void;
  /** Which columns of this header have numbers, by their place: a row that hides others is known by them. */
  destinations?(header: readonly string[]): number[];
}

/** What errors of an input have in common. */
export const CAUSE = { vendor: "webitel", operation: "upload", field: "source" } as const;

/** Records to rows, with what the header says. */
export class RowReader {
  /** Names of the columns, once the header was read. */
  columns: string[] | undefined;
  private readonly breaks: LineBreaks;
  private destinations: number[] = [];
  private readonly reader: RecordReader;

  /** @param misread what a cell looks like that has another encoding than the list */
  constructor(
    private readonly delimiter: Delimiter,
    linesBefore: number,
    private readonly options: CsvOptions,
    private readonly misread?: RegExp,
  ) {
    this.reader = new RecordReader(delimiter, linesBefore, (header) => {
      this.destinations = options.destinations?.(header) ?? [];
      return (cells) => hasNumber(cells, this.destinations);
    });
    this.breaks = new LineBreaks(linesBefore);
  }

  read(piece: string): InputRow[] {
    this.breaks.add(piece);
    const rows = this.rows(this.reader.read(piece));
    if (!this.columns && this.reader.pending > MAX_RECORD)
      throw refused("webitel.errors.source.no-lines", CAUSE, { line: this.reader.lines + 1 });
    return rows;
  }

  /** See {@link RecordReader.longRecord}. */
  get longRecord(): number | undefined {
    return this.reader.longRecord;
  }

  /** See {@link RecordReader.scan}. */
  scan(): RecordScan {
    return this.reader.scan();
  }

  /** Reads on behind a long record. */
  goOn(end: RecordEnd): InputRow[] {
    return this.rows(this.reader.goOn(end));
  }

  end(): InputRow[] {
    const rows = this.rows(this.reader.end());
    // Counted apart from the records: no line may get lost between them.
    const unread = this.breaks.count - this.reader.lines;
    if (unread > 0) throw refused("webitel.errors.source.unread-lines", CAUSE, { unread });
    return rows;
  }

  private rows(records: readonly CsvRecord[]): InputRow[] {
    const rows: InputRow[] = [];
    for (const record of records) {
      if (this.columns) rows.push(this.row(this.columns, record));
      else this.readHeader(record);
    }
    return rows;
  }

  private row(columns: readonly string[], record: CsvRecord): InputRow {
    const { delimiter, destinations } = this;
    const row = checkedRow({ delimiter, columns, destinations }, record);
    const at = this.misread && !row.error ? record.cells.findIndex((cell) => this.misread?.test(cell)) : -1;
    return at < 0 ? row : { ...row, error: { key: "encoding", field: columns[at] ?? "" } };
  }

  private readHeader(record: CsvRecord): void {
    const { cells, line, lines, damaged } = record;
    // No name of a column is a row.
    const hides = lines !== undefined && hiddenRows(cells, this.delimiter, this.destinations) > 0;
    if (damaged || hides) throw refused("webitel.errors.header.quote", CAUSE, { line });
    this.options.checkHeader?.(cells);
    this.columns = columnNames(cells);
  }
}
