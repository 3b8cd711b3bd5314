/** Credentials within texts: addresses, headers, forms, JSON, XML, settings, and what people write. */
import { isCredentialName } from "../core/credential-names.js";

/** Stands where a credential stood. */
export const HIDDEN = "[hidden]";

/** What every credential in a text has beside it, for a look that costs less: most texts have none of it. */
const HINT =
  /key|code|sig|token|secret|pass|pwd|pin|otp|bearer|basic|digest|auth|cookie|credential|jwt|eyJ|:[^\s@]{1,260}@/i;

/** Credentials that are known by their own form, or by the word in front of them, which is the first group and stays. */
const FORMS: readonly RegExp[] = [
  /(-----BEGIN [A-Z ]{0,40}PRIVATE KEY-----)(?:(?!-----END)[^])*/g,
  /()\beyJ[\w-]{4,}\.[\w-]{4,}(?:\.[\w-]*)*/g,
  /(\b(?:bearer|basic|digest) +)[^\s"&#\\]+/gi,
  // The secret of a webhook's own address is its parameter `key`; elsewhere `key` is no credential.
  /([?&;](?:key|code|sig)=)[^\s"&#\\]+/gi,
  // User and password of an address.
  /(\b[a-z][a-z\d+.-]{0,20}:\/\/)[^\s/?#"'<>\\]{1,256}(?=@)/gi,
  // The same without a scheme; `sip:anna@host` is one, and nobody's password.
  /((?<![\w.%+-])(?!(?:sips?|im|pres|mailto|tel|xmpp|acct|callto|h323):)[\w.%+-]{1,64}:)[^\s/:@"'<>\\]{1,128}(?=@[\w[])/gi,
];

/** A name, taken whole so that no text takes long, and what parts it from its value: `pwd=`, `"pass": `, `\"token\":`. */
const NAMED = /(?<![\w.-])(?=([\w.-]{1,200}))\1(\\*["']\s{0,20}(?:=>|[=:])\s{0,20}|[ \t]{0,20}(?:=>|[=:])[ \t]{0,20})/g;
/** An element of XML and its text: its name is the second group. */
const ELEMENT =
  /(<(?:[\w.-]{1,60}:)?([\w.-]{1,60})(?:\s[^<>]{0,300})?>)(?:<!\[CDATA\[(?:(?!\]\]>)[^])*(?:\]\]>)?|[^<])+/g;
/** Headers whose values have blanks. */
const WITH_BLANKS = /authori[sz]ation|cookie/i;

/**
 * A text without the credentials that it holds.
 * @param text of any kind, of bounded length
 */
export function withoutCredentials(text: string): string {
  if (!HINT.test(text)) return text;
  const open = withoutNamed(text).replace(ELEMENT, (found, element: string, name: string) =>
    isCredentialName(name) ? `${element}${HIDDEN}` : found,
  );
  return FORMS.reduce((read, form) => read.replace(form, `$1${HIDDEN}`), open);
}

function withoutNamed(text: string): string {
  let kept = "";
  let from = 0;
  NAMED.lastIndex = 0;
  for (let found = NAMED.exec(text); found; found = NAMED.exec(text)) {
    const [all, name = "", separator = ""] = found;
    if (!isCredentialName(name)) continue;
    const { start, end } = valueAt(text, found.index + all.length, name, separator);
    if (start === end) continue;
    kept += `${text.slice(from, start)}${HIDDEN}`;
    from = end;
    NAMED.lastIndex = end;
  }
  return kept + text.slice(from);
}

/** A value in a text, without its quotes; a list or an object is one with all that is in it. */
function valueAt(text: string, at: number, name: string, separator: string): { start: number; end: number } {
  const match = (pattern: RegExp): string => {
    pattern.lastIndex = at;
    return pattern.exec(text)?.[0] ?? "";
  };
  const bare = (pattern: RegExp): { start: number; end: number } => ({ start: at, end: at + match(pattern).length });
  const quote = match(/\\*["']/y);
  if (quote !== "") return { start: at + quote.length, end: closing(text, at + quote.length, quote) };
  if (/[{[]/.test(text[at] ?? "")) return { start: at, end: closingBracket(text, at, backslashes(separator)) };
  // A number, or a word, of JSON.
  if (/["']/.test(separator)) return bare(/[^\s"',}\]]+/y);
  if (WITH_BLANKS.test(name)) return bare(/(?:digest|token) [^\r\n]*|[^\r\n"]+/iy);
  // The next name of a list such as `pwd=…;user=…` is none of it.
  return bare(/(?:(?!;[\w .-]{1,60}=)[^\s"&#<\\])+/y);
}

/** Where a quoted value ends; one that was cut ends with its text. @param opening its quote, with the backslashes before it */
function closing(text: string, from: number, opening: string): number {
  const mark = opening.at(-1) as string;
  const depth = opening.length - 1;
  for (let at = text.indexOf(mark, from); at >= 0; at = text.indexOf(mark, at + 1)) {
    let escapes = 0;
    while (at - escapes > from && text[at - escapes - 1] === "\\") escapes++;
    if (escapes === depth || (depth === 0 && escapes % 2 === 0)) return at - depth;
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
