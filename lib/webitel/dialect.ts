/** What separates the columns of a CSV text. Free of node builtins: the editor reads pasted headers and sample files with it. */
import type { Separator } from "./tables.js";

/** How to read a text. */
export interface CsvDialect {
  delimiter: "," | ";" | "\t";
  /** Characters before the header: a spreadsheet's `sep=;` line. */
  skip: number;
}

const DELIMITERS = [",", ";", "\t"] as const;
const NAMED: Record<Exclude<Separator, "auto">, CsvDialect["delimiter"]> = { ",": ",", ";": ";", tab: "\t" };

/** UTF-16 by its mark, or by the zero byte beside the first letter; else UTF-8. The decoder takes the mark away. */
export function encodingOf([a = 1, b = 1]: Uint8Array): string {
  if ((a === 0xff && b === 0xfe) || (a !== 0 && b === 0)) return "utf-16le";
  return (a === 0xfe && b === 0xff) || (a === 0 && b !== 0) ? "utf-16be" : "utf-8";
}

/** The text's first record that is not empty; a line break within quotes belongs to it. */
function firstRecord(text: string): string {
  let quoted = false;
  let record = "";
  for (const char of text) {
    if (char === '"') quoted = !quoted;
    if (!quoted && (char === "\n" || char === "\r")) {
      if (record.trim() !== "") return record;
      record = "";
    } else {
      record += char;
    }
  }
  return record;
}

/**
 * @param text the beginning of the text, header line included
 * @param separator the setting; `auto` takes what divides the header into most columns
 */
export function dialectOf(text: string, separator: Separator): CsvDialect {
  const said = /^\s*sep=([,;\t])\r?\n/i.exec(text);
  const skip = said?.[0].length ?? 0;
  if (separator !== "auto") return { delimiter: NAMED[separator], skip };
  if (said) return { delimiter: said[1] as CsvDialect["delimiter"], skip };
  const bare = firstRecord(text).replace(/"[^"]*"/g, "");
  const counts = DELIMITERS.map((delimiter) => bare.split(delimiter).length);
  return { delimiter: DELIMITERS[counts.indexOf(Math.max(...counts))] as CsvDialect["delimiter"], skip };
}

/**
 * Parses the first records of a text, for a preview; the upload itself reads with csv-parse.
 * @returns records of trimmed cells
 */
export function firstRecords(text: string, separator: Separator, count: number): string[][] {
  const { delimiter, skip } = dialectOf(text.replace(/^\uFEFF/, ""), separator);
  const source = text.replace(/^\uFEFF/, "").slice(skip);
  const records: string[][] = [];
  let cells: string[] = [];
  let cell = "";
  let quoted = false;
  const endRecord = (): void => {
    cells.push(cell.trim());
    if (cells.some((value) => value !== "")) records.push(cells);
    cells = [];
    cell = "";
  };
  for (let at = 0; at < source.length && records.length < count; at++) {
    const char = source[at] as string;
    if (quoted) {
      if (char !== '"') cell += char;
      else if (source[at + 1] === '"') cell += source[++at];
      else quoted = false;
    } else if (char === '"' && cell === "") quoted = true;
    else if (char === delimiter) {
      cells.push(cell.trim());
      cell = "";
    } else if (char === "\n" || char === "\r") endRecord();
    else cell += char;
  }
  if (records.length < count) endRecord();
  return records;
}
