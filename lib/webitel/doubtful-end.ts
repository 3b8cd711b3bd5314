/**
 * The end of a record of several lines whose last quote may be the first one of a cell. Of two stray quotes, say, the second one is
 * that of the next cell of several lines: the text of that cell must not be read as rows.
 */
import type { Delimiter } from "./csv.js";
import { RecordScan } from "./record-end.js";

/** Characters behind a record in which the next quote may say that it has ended elsewhere. */
const LOOKED_AT = 64 * 1024;

/** Whether the last quote of a record may be the first one of a cell: it stands behind a separator or a line break. */
function mayOpen(text: string, end: number, delimiter: Delimiter): boolean {
  const before = text[text.lastIndexOf('"', end - 1) - 1] as string;
  return before === delimiter || before === "\n" || before === "\r";
}

/** Where a line ends. */
function lineEnd(text: string, from: number): number {
  const ends = /[\r\n]|$/g;
  ends.lastIndex = from;
  return (ends.exec(text) as RegExpExecArray).index;
}

/** Where a line begins that has a quote. */
const lineStart = (text: string, quote: number): number =>
  Math.max(text.lastIndexOf("\n", quote), text.lastIndexOf("\r", quote)) + 1;

/** How a text is divided. */
interface Format {
  delimiter: Delimiter;
  /** How many cells the header has. */
  columns: number;
}

/** What one reading of the quotes makes of a text. */
interface Reading {
  /** Of the records with quotes that fit: where they begin and end. */
  records: { start: number; end: number }[];
  /** The quote that does not fit, and where that is known; Infinity when none is known. */
  quote: number;
  known: number;
}

/** Reads records until a quote does not fit. @param isWhole no more text is waited for */
function read(text: string, from: number, { delimiter, columns }: Format, isWhole: boolean): Reading {
  const records: Reading["records"] = [];
  for (let quote = text.indexOf('"', from); quote !== -1;) {
    const start = Math.max(from, lineStart(text, quote));
    const scan = new RecordScan(delimiter, columns, true);
    const record = scan.add(text.slice(start)) ?? (isWhole ? scan.end() : undefined);
    if (!record) break;
    if (record.kind !== "whole") return { records, quote: start + record.quote, known: start + record.known };
    const end = start + record.length;
    records.push({ start, end });
    quote = text.indexOf('"', end);
  }
  return { records, quote: Infinity, known: Infinity };
}

/**
 * Where such a record ends. The text behind it is read in both ways; the first quote that does not fit one of them decides.
 * @param text with the record
 * @param end where the record ends
 * @param final nothing follows the text
 * @returns `end` where the other reading is wrong, or nothing nearby decides; else the end of what is text of a cell in the other
 * reading, up to which nothing is certain; undefined when more text is needed
 */
export function doubtfulEnd(text: string, end: number, format: Format, final: boolean): number | undefined {
  if (!mayOpen(text, end, format.delimiter)) return end;
  const isWhole = final || text.length - end >= LOOKED_AT;
  const known = text.slice(0, end + LOOKED_AT);
  const ended = read(known, end, format, isWhole);
  const opened = read(known, lineStart(known, known.lastIndexOf('"', end - 1)), format, isWhole);
  if (ended.known === Infinity && opened.known === Infinity) return isWhole ? end : undefined;
  if (opened.known < ended.known) return end;
  const around = opened.records.find((record) => record.start <= ended.quote && ended.quote < record.end);
  return around || isWhole ? Math.max(end, around?.end ?? lineEnd(known, ended.quote)) : undefined;
}
