/** Where the value ends that stands behind a name in a text: settings, JSON, YAML, code, headers. */

/** Characters of a text, from `start` to before `end`. */
export interface Span {
  start: number;
  end: number;
}

/** A name in a text, and what stands between it and its value. */
export interface Named {
  /** Where it begins. */
  at: number;
  name: string;
  /** Such as `=`, `: ` or `": `. */
  separator: string;
}

/** The end of a line, as it is or as a JSON text within the text has it; the backslash before `r` and `n` is one, or many. */
export const LINE_END = String.raw`(?:\r?\n|\r|(?:\\{1,8}r)?\\{1,8}n)`;
/** Behind the name of a block of YAML; also headers go on like this. */
const BLOCK = new RegExp(
  String.raw`[ \t]{0,20}(?:[|>][+-]?\d?[+-]?[ \t]{0,20}(?:#[^\r\n\\]{0,200})?)?(${LINE_END})`,
  "y",
);
/** What stands before such a name in its line. */
const LINE_START = new RegExp(String.raw`(?:^|${LINE_END}|["'\x60])([ \t]*(?:- +)*)\\{0,15}["']?$`);
/** Characters of a line that are looked at for that. */
const LINE_LOOK = 200;
/** The begin of a value in quotes: what its language writes before them (`b'…'`, `r#"…"#`), and one quote or three. */
const QUOTE = /(?:(?:[beflnru]|rb|br|fr|rf|u8|@\$?|\$@?)(#{0,8}))?((\\{0,15})(["'`]))(?:\2\2)?/iy;
/** Headers whose values have blanks. */
const WITH_BLANKS = /authori[sz]ation|cookie/i;
/** A number or a word of JSON. */
const SCALAR = /[^\s"',}\]]+/y;
/** Values without quotes: where they have blanks, and others; of those, the next name of a list such as `pwd=…;user=…` is none. */
const BARE = { blanks: /(?:digest|token) [^\r\n]*|[^\r\n"]+/iy, other: /(?:(?!;[\w .-]{1,60}=)[^\s"&#<\\])+/y };
/** The same where the name has a quote before it that ends behind the value: `-H 'Cookie: …'`. */
const BARE_IN_QUOTES = { blanks: /[^\r\n']+/y, other: /(?:(?!;[\w .-]{1,60}=)[^\s"'&#<\\])+/y };

/** What a pattern matches at a place. */
function matchAt(pattern: RegExp, text: string, at: number): RegExpExecArray | null {
  pattern.lastIndex = at;
  return pattern.exec(text);
}

/** A value, without its quotes; a list, an object or a block is one with all that is in it. */
export function valueAt(text: string, at: number, named: Named): Span {
  const block = blockAt(text, at, named.at);
  if (block) return block;
  const around = text[named.at - 1];
  const bare = (pattern: RegExp): Span => ({ start: at, end: at + (matchAt(pattern, text, at)?.[0].length ?? 0) });
  const isQuoted = /["']/.test(named.separator);
  const quote = matchAt(QUOTE, text, at);
  // In what people write the mark before the name of `token=` ends behind it, and begins nothing.
  if (quote && !(quote[0] === "`" && around === "`")) return quotedAt(text, at, quote);
  if (/[{[]/.test(text[at] ?? "")) return { start: at, end: closingBracket(text, at, backslashes(named.separator)) };
  if (isQuoted) return bare(SCALAR);
  return bare((around === "'" ? BARE_IN_QUOTES : BARE)[WITH_BLANKS.test(named.name) ? "blanks" : "other"]);
}

/** A value in quotes; undefined where there are none. */
export function quotedValue(text: string, at: number): Span | undefined {
  const quote = matchAt(QUOTE, text, at);
  return quote ? quotedAt(text, at, quote) : undefined;
}

function quotedAt(text: string, at: number, [all, hashes = "", quote = ""]: RegExpExecArray): Span {
  const start = at + all.length;
  const isTriple = all.endsWith(quote.repeat(3));
  if (!isTriple && hashes === "") return { start, end: closing(text, start, quote) };
  const end = text.indexOf(isTriple ? quote.repeat(3) : `${quote}${hashes}`, start);
  return { start, end: end < 0 ? text.length : end };
}

/** The lines behind a name that are indented more than it is, without the space before the first; a list may be as far left. */
function blockAt(text: string, at: number, nameAt: number): Span | undefined {
  const found = matchAt(BLOCK, text, at);
  if (!found) return undefined;
  const indent = LINE_START.exec(text.slice(Math.max(0, nameAt - LINE_LOOK), nameAt))?.[1]?.length;
  if (indent === undefined) return undefined;
  const [all, lineEnd = ""] = found;
  const mark = /\\+n$/.exec(lineEnd)?.[0] ?? lineEnd.slice(-1);
  const from = at + all.length;
  let [start, end] = [from, from];
  for (let line = from, next = from; next >= 0 && line < text.length; line = next + mark.length) {
    next = text.indexOf(mark, line);
    const content = text.slice(line, next < 0 ? text.length : next);
    const [space = "", item] = /^[ \t]*(-\s)?/.exec(content) ?? [];
    const width = space.length - (item?.length ?? 0);
    if (/^(?:\s|\\+r)*$/.test(content)) continue;
    if (width < indent || (width === indent && item === undefined)) break;
    if (end === from) start = line + width;
    end = line + content.length;
  }
  if (end === from) return undefined;
  // The text within a JSON text ends with its quote.
  return { start, end: mark.length > 1 ? closing(text.slice(0, end), start, `${mark.slice(2)}"`) : end };
}

/** Where a quoted value ends; one that was cut ends with its text. @param opening its quote, with the backslashes before it */
export function closing(text: string, from: number, opening: string): number {
  const mark = opening.at(-1) as string;
  const depth = opening.length - 1;
  for (let at = text.indexOf(mark, from); at >= 0; at = text.indexOf(mark, at + 1)) {
    let escapes = 0;
    while (at - escapes > from && text[at - escapes - 1] === "\\") escapes++;
    if (escapes !== depth && (depth > 0 || escapes % 2 === 1)) continue;
    // Two of them within a value are one of its characters, as in SQL and CSV, or the next part of it.
    if (!text.startsWith(opening, at + 1)) return at - depth;
    at += opening.length;
  }
  return text.length;
}

const backslashes = (separator: string): number => /^\\*/.exec(separator)?.[0].length ?? 0;

/** Behind the bracket that closes the one here, or the end of a text that was cut. @param depth backslashes before a quote */
function closingBracket(text: string, from: number, depth: number): number {
  let open = 0;
  let escapes = 0;
  let isQuoted = false;
  for (let at = from; at < text.length; at++) {
    const character = text[at] as string;
    if (character === '"' && escapes === depth) isQuoted = !isQuoted;
    else if (!isQuoted && /[{[]/.test(character)) open++;
    else if (!isQuoted && /[}\]]/.test(character) && --open === 0) return at + 1;
    escapes = character === "\\" ? escapes + 1 : 0;
  }
  return text.length;
}
