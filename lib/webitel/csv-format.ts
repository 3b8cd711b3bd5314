/** How a text is divided into cells. Free of node builtins, because the editor previews a sample with it. */
import { linesOf } from "./lines.js";
import type { Separator } from "./tables.js";

/** What separates the cells of a text. */
export type Delimiter = "," | ";" | "\t";

/** How to read a text. */
export interface CsvFormat {
  delimiter: Delimiter;
  /** Characters before the header: a spreadsheet's `sep=;` line. */
  skip: number;
}

const DELIMITERS = [",", ";", "\t"] as const;
const BY_SETTING: Record<Exclude<Separator, "auto">, Delimiter> = { ",": ",", ";": ";", tab: "\t" };
/** Lines that are looked at where two separators divide the header into as many columns. */
const PREVIEWED_LINES = 20;

/**
 * Finds out how to read a text.
 * @param text the beginning of the text, header line included
 * @param separator the setting; `auto` takes what divides the header into most columns, and of two the one that fits the lines below
 */
export function csvFormat(text: string, separator: Separator): CsvFormat {
  const named = /^\s*"?sep=([,;\t])"?(?:\r\n|\n|\r)/i.exec(text);
  const skip = named?.[0].length ?? 0;
  if (separator !== "auto") return { delimiter: BY_SETTING[separator], skip };
  if (named) return { delimiter: named[1] as Delimiter, skip };
  const [header = "", ...lines] = linesOf(text.slice(0, 64 * 1024).replace(/"[^"]*"/g, ""))
    // Where all cells are quoted nothing but separators is left of a line, and a tab is one of them.
    .filter((line) => line.includes("\t") || line.trim() !== "")
    .slice(0, PREVIEWED_LINES);
  const scores = DELIMITERS.map((delimiter) => {
    const columns = header.split(delimiter).length;
    return { delimiter, columns, fitting: lines.filter((line) => line.split(delimiter).length === columns).length };
  });
  const [best] = scores.sort((a, b) => b.columns - a.columns || b.fitting - a.fitting);
  return { delimiter: best?.delimiter ?? ",", skip };
}
