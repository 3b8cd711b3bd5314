/** Numbers in texts, found without regular expressions, which cost several times as much: every recorded call has its texts searched. */

/** An id of 128 bits, and a time: their digits are no number. Looked for only where their hyphens are. */
const UUID = /[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}\b/iy;
const TIME = /\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:?\d\d)?/iy;
const FEWEST_DIGITS = 7;
/** Separators between two digits of one number. */
const MOST_BETWEEN = 3;

/** What a character is. */
const DIGIT = 1;
const SEPARATOR = 2;
/** A letter to f, which hexadecimal numbers have. */
const HEX = 4;
/** Another letter, or a colon: each credential has one of them beside it. */
const HINT = 8;
/** An underscore, which is part of a word as letters and digits are. */
const UNDERSCORE = 16;
const PLUS = 43;
const HYPHEN = 45;
const COLON = 58;
const NO_BREAK_SPACE = 0xa0;
const KINDS = Uint8Array.from({ length: 256 }, (_, code) => {
  const character = String.fromCharCode(code);
  if (/\d/.test(character)) return DIGIT;
  if (/[ ().\u00a0/-]/.test(character)) return SEPARATOR;
  if (/[a-f]/i.test(character)) return HEX;
  if (code === COLON || /[g-z]/i.test(character)) return HINT;
  return character === "_" ? UNDERSCORE : 0;
});

/** What a text may have: {@link NUMBER}, {@link LETTERS}, both or neither. */
export type Contents = number;
/** Seven digits with few separators between them. */
export const NUMBER = 1;
/** What is not digits, punctuation and hexadecimal letters alone. */
export const LETTERS = 2;

/** A look at each character, which says what need not be searched for. */
export function contentsOf(text: string): Contents {
  let contents = 0;
  let digits = 0;
  let between = 0;
  for (let i = 0; i < text.length; i++) {
    const kind = kindOf(text.charCodeAt(i));
    if (kind === DIGIT) {
      digits = between > MOST_BETWEEN ? 1 : digits + 1;
      between = 0;
      if (digits === FEWEST_DIGITS) contents |= NUMBER;
    } else if (kind === SEPARATOR) between++;
    else {
      digits = 0;
      if (kind === HINT) contents |= LETTERS;
    }
  }
  return contents;
}

/**
 * A text with something else in place of its numbers: seven digits or more, with a plus before them and the punctuation that
 * people write between them; not the digits of ids of 128 bits and of times.
 * @param replace called with each number as it is written
 */
export function withoutNumbers(text: string, replace: (number: string) => string): string {
  let kept = "";
  let from = 0;
  for (let at = 0; at < text.length;) {
    const code = text.charCodeAt(at);
    const kind = kindOf(code);
    if (kind !== DIGIT && kind !== HEX && code !== PLUS) {
      at++;
      continue;
    }
    const open = code === PLUS ? at : endOfOpen(text, at);
    const end = open > at ? open : endOfNumber(text, code === PLUS ? at + 1 : at);
    if (open === at && end > at) {
      kept += text.slice(from, at) + replace(text.slice(at, end));
      from = end;
    }
    at = Math.max(end, at + 1);
  }
  return from === 0 ? text : kept + text.slice(from);
}

/** @returns the end of an id or time that begins here; `at` where none does */
function endOfOpen(text: string, at: number): number {
  const isId = text.charCodeAt(at + 8) === HYPHEN && text.charCodeAt(at + 13) === HYPHEN;
  const isTime = text.charCodeAt(at + 4) === HYPHEN && text.charCodeAt(at + 7) === HYPHEN;
  if ((!isId && !isTime) || (at > 0 && isWord(text.charCodeAt(at - 1)))) return at;
  const pattern = isId ? UUID : TIME;
  pattern.lastIndex = at;
  return pattern.test(text) ? pattern.lastIndex : at;
}

/** @returns the end of a number that begins here; 0 where none does */
function endOfNumber(text: string, from: number): number {
  let digits = 0;
  let between = 0;
  let end = 0;
  for (let at = from; at < text.length; at++) {
    const kind = kindOf(text.charCodeAt(at));
    if (kind === DIGIT) {
      digits++;
      between = 0;
      end = at + 1;
    } else if (kind !== SEPARATOR || digits === 0 || ++between > MOST_BETWEEN) break;
  }
  return digits >= FEWEST_DIGITS ? end : 0;
}

function isWord(code: number): boolean {
  return (kindOf(code) & (DIGIT | HEX | UNDERSCORE)) !== 0 || (kindOf(code) === HINT && code !== COLON);
}

function kindOf(code: number): number {
  return code <= NO_BREAK_SPACE ? (KINDS[code] as number) : 0;
}
