/**
 * The end of a record whose last quote may be the first one of a cell. Of two stray quotes, say, the second one is that of the next cell
 * of several lines: the text of that cell must not be read as rows.
 */
import type { Delimiter } from "./csv-format.js";

/** Characters behind a record in which the next quote may say that it has ended elsewhere: as many as a record may have. */
const LOOKED_AT = 1024 * 1024;

/** Whether the last quote of a record may be the first one of a cell: it stands behind a separator or a line break. */
function mayOpen(text: string, quote: number, delimiter: Delimiter): boolean {
  const before = text[quote - 1] as string;
  return before === delimiter || before === "\n" || before === "\r";
}

/** Where the line begins that has a quote. */
const lineStart = (text: string, quote: number): number =>
  Math.max(text.lastIndexOf("\n", quote), text.lastIndexOf("\r", quote)) + 1;

/**
 * Where such a record ends. Whichever of the two a quote is, nobody may be loaded who is only named in a text: where the line of a
 * record's last quote begins a row too, what that row's quotes enclose belongs to the record, and so on with the last quote of that.
 * @param text with the record
 * @param end where the record ends
 * @param final nothing follows the text
 * @param rowEnd where a row with quotes ends that begins here; "incomplete" when more text is needed, "damaged" when it is none
 * @returns `end` where nothing is in doubt; undefined when more text is needed
 */
export function doubtfulEnd(
  text: string,
  end: number,
  delimiter: Delimiter,
  final: boolean,
  rowEnd: (from: number) => number | "incomplete" | "damaged",
): number | undefined {
  let until = end;
  for (;;) {
    const quote = text.lastIndexOf('"', until - 1);
    if (!mayOpen(text, quote, delimiter)) return until;
    const next = rowEnd(lineStart(text, quote));
    if (typeof next === "number" && next > until) until = next;
    else return next === "incomplete" && !final && text.length - end < LOOKED_AT ? undefined : until;
  }
}
