/** CSV as people have it: bytes or text to rows by column name. */
import { setImmediate as yieldToEventLoop } from "node:timers/promises";
import { TextDecoder } from "node:util";
import type { CsvError, parse } from "csv-parse";
import { refused } from "./errors.js";
import { type CsvDialect, dialectOf, encodingOf } from "./dialect.js";
import type { Separator } from "./tables.js";

/** Pieces of an input. */
export type Chunks = AsyncIterable<Uint8Array | string> | Iterable<Uint8Array | string>;

/** Characters that are parsed before the event loop is yielded. */
const SLICE = 64 * 1024;
/** A quote that is never closed would swallow the rest of the file. */
const MAX_RECORD = 1024 * 1024;
/** Enough to see the header line of 40 columns and more. */
const PEEK = 64 * 1024;

/** Cuts a text into slices that split no character. */
export function* slices(text: string): Generator<string> {
  for (let at = 0; at < text.length;) {
    let end = Math.min(text.length, at + SLICE);
    const last = text.charCodeAt(end - 1);
    if (end < text.length && last >= 0xd800 && last <= 0xdbff) end--;
    yield text.slice(at, end);
    at = end;
  }
}

/** Cuts bytes into slices. */
export function* byteSlices(bytes: Uint8Array): Generator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += SLICE) yield bytes.subarray(at, at + SLICE);
}

async function* decoded(chunks: Chunks): AsyncGenerator<string> {
  let decoder: TextDecoder | undefined;
  for await (const chunk of chunks) {
    if (typeof chunk === "string") yield chunk;
    else yield (decoder ??= new TextDecoder(encodingOf(chunk))).decode(chunk, { stream: true });
    await yieldToEventLoop();
  }
  if (decoder) yield decoder.decode();
}

/** The text without a byte order mark, its first piece long enough to find the separator. */
async function* peeked(pieces: AsyncGenerator<string>): AsyncGenerator<string> {
  let head = "";
  while (head.length < PEEK) {
    const { value, done } = await pieces.next();
    if (done) break;
    head += value;
  }
  yield head.replace(/^\uFEFF/, "");
  yield* pieces;
}

/** Translates an error of csv-parse. */
function csvFault(error: unknown): unknown {
  const { code, records, lines } = error as CsvError & { records?: number; lines?: number };
  if (typeof code !== "string" || !code.startsWith("CSV_")) return error;
  return refused(
    "webitel.errors.csv",
    { vendor: "webitel", operation: "upload", field: "source", line: lines },
    { line: lines, row: records, code },
  );
}

/**
 * Reads CSV. The first row is the header; empty lines, and lines of nothing but separators, are no rows.
 * @param chunks bytes (UTF-8, UTF-16 LE or BE) or text
 * @param separator `auto` finds it in the header line
 * @returns rows by column name, those of a chunk together; cells are text
 * @throws ContactCenterError `EINVALID` when a quote is never closed
 */
export async function* csvRows(chunks: Chunks, separator: Separator): AsyncGenerator<Record<string, string>[]> {
  const text = peeked(decoded(chunks));
  const first = (await text.next()).value ?? "";
  const { delimiter, skip } = dialectOf(first, separator);
  const parser = await openParser(delimiter);
  let fault: unknown;
  parser.on("error", (error) => (fault = csvFault(error)));
  let header: string[] | undefined;
  // What csv-parse has of a chunk is taken at once: a stream's own iterator costs more per row than the parsing.
  const taken = (): Record<string, string>[] => {
    const rows: Record<string, string>[] = [];
    for (let cells: string[] | null; (cells = parser.read() as string[] | null) !== null;) {
      if (header === undefined) header = cells.map((name) => name.trim());
      else rows.push(toRow(header, cells));
    }
    return rows;
  };
  const throwIfWrong = (): void => {
    if (fault !== undefined) throw fault;
  };
  const pieces = async function* (): AsyncGenerator<string> {
    yield first.slice(skip);
    yield* text;
  };
  try {
    for await (const piece of pieces()) {
      parser.write(piece);
      yield taken();
      throwIfWrong();
    }
    const ended = new Promise((resolve) => parser.once("finish", resolve).once("error", resolve));
    parser.end();
    await ended;
    yield taken();
    throwIfWrong();
  } finally {
    parser.destroy();
  }
}

function toRow(header: readonly string[], cells: readonly string[]): Record<string, string> {
  const row: Record<string, string> = {};
  for (let at = 0; at < cells.length; at++) row[header[at] || `column ${at + 1}`] ??= cells[at] as string;
  return row;
}

/** csv-parse is loaded with the first CSV, so that it costs nothing when Node-RED starts. */
async function openParser(delimiter: CsvDialect["delimiter"]): Promise<ReturnType<typeof parse>> {
  const csv = await import("csv-parse");
  return csv.parse({
    delimiter,
    bom: true,
    relax_quotes: true,
    relax_column_count: true,
    skip_empty_lines: true,
    skip_records_with_empty_values: true,
    max_record_size: MAX_RECORD,
  });
}
