/** What can be dialled. Free of node builtins: the editor's preview uses it too. */

/** What a cell's text is: a number or an address to call, or the reason why it is neither (a key under `webitel-dialer-member-upload.rows`). */
export type Dialable = { destination: string; kind: "number" | "address" } | { key: string };

/** Marks that programs put around numbers and nobody sees: directions, joiners, byte order marks, soft hyphens. */
export const INVISIBLE = /[\u00AD\u061C\u200B-\u200F\u202A-\u202E\u2060-\u2064\u2066-\u2069\uFEFF]/g;
/** The formula that keeps a spreadsheet from taking a number for a number. */
const TEXT_FORMULA = /^="([^"]*)"$/;
const ADDRESS = /^(?:sips?:)?[^\s@:;,<>"]+@[^\s@;,<>"]+$/i;
const SIP_NUMBER = /^sips?:\+?[\w.*#-]+$/i;
const NUMBER = /^\+?[\d*#][\d\s().*#/-]*$/;
const PLAIN_NUMBER = /^\+?\d{3,15}$/;
/** A country code and the trunk prefix behind it, in brackets: Italy and San Marino dial it from abroad too. */
const TRUNK_PREFIX = /^(\(?(?:\+\s*|00)(?!39|378)\d{1,3}\)?)[\s./-]*\(\s*0\s*\)\s*/;
/** What programs write for digits that they hide: a run of signs that no number has, or a letter in their place. */
const HIDDEN = /[*#.]{2,}|[-–—_/]{2,}|[…•·]|\d[xX?_]{2,}/;
/** Star and hash are of service codes, which begin with one. */
const MISPLACED = /^\+?\(?\d.*[*#]|^\+\(?[*#]/;
/** A count or an other ending behind a number, as in `0401234567(2)` and `0401234567/68`: with its digits it is another number. */
const OTHER_ENDING = /\d\s*\(\s*\d+\s*\)$|\d(?:[\s().-]*\d){5,}\s*\/\s*\d{1,3}$/;
/** A day of this or the last century, as of a column too far to the left. */
const DAY =
  /^(?:0?[1-9]|[12]\d|3[01])([./-])(?:0?[1-9]|1[0-2])\1(?:19|20)\d\d$|^(?:0?[1-9]|1[0-2])\/(?:0?[1-9]|[12]\d|3[01])\/(?:19|20)\d\d$|^(?:19|20)\d\d-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01])$/;
/** All that a number to call may have: Webitel leaves everything else out and dials the rest. */
const CALLED = /^'?[\s(]*\+?[\d\s()./\p{Pd}]+$/u;
/** Fewer digits are no number of anybody. */
const MIN_DIGITS = 3;
/** More digits no number has behind `+`, or behind what is dialled for another country (E.164). */
const MAX_DIGITS = 15;
/** What is dialled for another country, also behind the 9 of a switchboard. */
const PREFIX = /^9?(?:0011|011|010|810|00)/;
/** So many digits between two of these are a number by themselves, which may have dashes and dots in it. */
const WHOLE_DIGITS = 7;
const SEPARATORS = [/[\s/()]+/, /[\s/().\p{Pd}]+/u];
/** What becomes of a number in a column of decimals. */
const DECIMAL = /^'?\+?\d+[.,](?:\d{1,2}|0+)$/;

/** `+49 (0) 30 …` is dialled without the zero: with it, nobody or somebody else is called. */
export const withoutTrunkPrefix = (number: string): string => number.replace(TRUNK_PREFIX, "$1 ");

/**
 * Reads a destination: marks that nobody sees, `="…"`, a leading apostrophe and a trunk prefix behind a country code are taken off, and
 * nothing else is changed.
 * @param text trimmed
 */
export function dialable(text: string): Dialable {
  // Most numbers of most lists need no more than this.
  if (PLAIN_NUMBER.test(text)) return { destination: text, kind: "number" };
  if (/[\r\n]/.test(text)) return { key: "line-break" };
  const bare = text.replace(INVISIBLE, "").trim();
  const plain = (TEXT_FORMULA.exec(bare)?.[1] ?? bare)
    .replace(/^'/, "")
    .replace(/\u00A0/g, " ")
    .trim();
  const clean = withoutTrunkPrefix(plain);
  if (/^[+-]?\d+([.,]\d+)?e[+-]?\d+$/i.test(clean)) return { key: "spreadsheet" };
  if (DECIMAL.test(clean)) return { key: "decimal" };
  if (isMasked(clean)) return { key: "masked" };
  if (isOther(clean)) return { key: "no-number" };
  if (ADDRESS.test(clean) || SIP_NUMBER.test(clean)) return { destination: clean, kind: "address" };
  // "(0)44" and "00" are left to the dial plan: they are numbers.
  const isNumber = NUMBER.test(clean.replace(/^\(/, "").replace(/^\+\s*\(/, "+"));
  const { length } = digitsOf(clean);
  const isCode = /[*#]/.test(clean);
  if (!isNumber || length < MIN_DIGITS || (isSeveral(clean) && !isCode)) return { key: "no-number" };
  if (isTooLong(clean) && !isCode) return { key: "long" };
  return { destination: clean, kind: "number" };
}

/** True for a number or address some of whose digits or letters are hidden: without them it would be somebody else's. */
function isMasked(text: string): boolean {
  const bare = text.replace(/[\s()]/g, "");
  return HIDDEN.test(bare) || (!bare.includes("@") && MISPLACED.test(bare));
}

const digitsOf = (text: string): string => text.replace(/\D/g, "");

/** How many parts are numbers by themselves. */
const wholeOf = (text: string, separator: RegExp): number =>
  text.split(separator).filter((part) => digitsOf(part).length >= WHOLE_DIGITS).length;

/** True for the digits of more than one number. An international one is written in groups as long as numbers. */
const isSeveral = (text: string): boolean =>
  SEPARATORS.some((each) => wholeOf(text, each) > 1) && (!/^[\s(]*(?:\+|00)/.test(text) || isTooLong(text));

/** True for more digits than a number has: of a card, an account, or of two numbers. */
function isTooLong(text: string): boolean {
  const digits = digitsOf(text);
  const prefix = /^[\s(]*\+/.test(text) ? "" : (PREFIX.exec(digits)?.[0] ?? "");
  return digits.length > prefix.length + MAX_DIGITS;
}

/** True for text whose digits are no number, or more than one. */
const isOther = (text: string): boolean => OTHER_ENDING.test(text) || DAY.test(text);

/**
 * What is wrong with a destination of a call; undefined for nothing. `one`: it has a line break, a list or a second number. `dialled`:
 * Webitel would leave something of it out and dial the digits, which would be somebody else's number. Letters are of an address only.
 */
export function destinationFault(text: string): "one" | "dialled" | undefined {
  const clean = text.replace(INVISIBLE, "");
  if (/[\r\n,;]|\+.*\+/.test(clean)) return "one";
  if (isMasked(clean)) return "dialled";
  if (/[\p{L}@]/u.test(clean)) return ADDRESS.test(clean) || SIP_NUMBER.test(clean) ? undefined : "dialled";
  if (!CALLED.test(clean) || isOther(clean.trim()) || DECIMAL.test(clean.trim())) return "dialled";
  return isSeveral(clean) || isTooLong(clean) ? "one" : undefined;
}
