/** Credentials within texts: addresses, headers, forms, JSON, XML, YAML, code, commands, settings, and what people write. */
import { isSecretItem, isSecretName } from "./credential-items.js";
import { closing, LINE_END, quotedValue, type Span, valueAt } from "./credential-values.js";

/** Stands where a credential stood. */
export const HIDDEN = "[hidden]";

/** What every credential in a text has beside it, for a look that costs less: most texts have none of it. */
const HINT =
  /key|code|sig|token|secret|pass|pwd|pin|otp|bearer|basic|digest|auth|cookie|credential|jwt|eyJ|:[^\s@]{1,260}@|-u\b|-user\b|- ?BEGIN /i;

/** Credentials that are known by their own form, or by the word in front of them, which is the first group and stays. */
const FORMS: readonly RegExp[] = [
  // Keys and messages, of PEM, OpenPGP and SSH.
  /(-----BEGIN [A-Z\d ]{1,60}-----|---- BEGIN SSH2 [A-Z\d ]{1,60}----)(?:(?!---- ?END)[^])*/g,
  /()\beyJ[\w-]{4,}\.[\w-]{4,}(?:\.[\w-]*)*/g,
  /(\bbearer +)[^\s"&#\\]+/gi,
  // Other words follow these two in sentences, without digits, signs and capitals within.
  /(\b(?:[Bb]asic|BASIC|[Dd]igest|DIGEST) +)(?=[^\s"&#\\]*(?:[\d=+/]|[^\s"&#\\][A-Z]))[^\s"&#\\]+/g,
  // The secret of a webhook's own address is its parameter `key`; elsewhere `key` is no credential. JSON may write `&` as its code.
  /((?:[?&;]|\\u0026)(?:key|code|sig|(?:x-(?:amz|goog)-)?signature)=)[^\s"'&#\\<]+/gi,
  // User and password of an address.
  /(\b[a-z][a-z\d+.-]{0,20}:\/\/)[^\s/?#"'<>\\]{1,256}(?=@)/gi,
  // The same without a scheme; `sip:anna@host` is one, and nobody's password.
  /((?<![\w.%+-])(?!(?:sips?|im|pres|mailto|tel|xmpp|acct|callto|h323):)[\w.%+-]{1,64}:)[^\s/:@"'<>\\]{1,128}(?=@[\w[])/gi,
];

/** Items of a list that are looked at. */
const MOST_ITEMS = 400;
const OPENING = /\\{0,15}["']/y;
const ITEM_END = /\s{0,20}(?:,\s{0,20}|\]|$)/y;

/** What stands before credentials in a text, and where they are then. */
interface Place {
  /** Takes a bounded time at each place of a text. Its first group is a name, which has to say that its value is a credential. */
  before: RegExp;
  /** @param at behind what was found */
  spans: (text: string, at: number, found: RegExpExecArray) => readonly Span[];
}

/** What follows a name that stands as a value: `{"name": "X-Api-Key", "value": …}`, `<param name="pin">`, a part of a form. */
const NAMED_VALUE = /[^{}<>]{0,300}?(?<![\w-])(?:value|val|content)\\{0,15}["']?\s{0,20}[=:]\s{0,20}/iy;
const FORM_PART = new RegExp(
  String.raw`(?:;[^\r\n\\]{0,300})?${LINE_END}(?:[\w-]{1,60}:[^\r\n\\]{0,300}${LINE_END}){0,5}${LINE_END}`,
  "y",
);
const FORM_PART_END = new RegExp(String.raw`${LINE_END}--`, "g");
const TAG_BEFORE = /<[^<>]*$/;
const TAG_LOOK = 300;
const TAG_END = /[^<>]{0,300}>/y;
/** The text of an element. */
const CONTENT = /(?:<!\[CDATA\[(?:(?!\]\]>)[^])*(?:\]\]>)?|[^<])+/y;

const PLACES: readonly Place[] = [
  {
    // A name, taken whole so that no text takes long, and what parts it from its value: `pwd=`, `"pass": `, `\"token\":`.
    before: /(?<![\w.-])(?=([\w.-]{1,200}))\1(\\*["']\s{0,20}(?:=>|[=:])\s{0,20}|[ \t]{0,20}(?:=>|[=:])[ \t]{0,20})/g,
    spans: named,
  },
  {
    // The same as a value of another name.
    before:
      /(?<![\w-])(?:name|key|header|field)\\{0,15}["']?\s{0,20}[=:]\s{0,20}\\{0,15}["']([\w.-]{1,200})\\{0,15}["']/gi,
    spans: labelled,
  },
  {
    // An option of a command.
    before: /(?<![\w-])--?([a-z][\w-]{1,60})[ \t]{1,20}(?=[^\s-])/gi,
    spans: named,
  },
  {
    // User and password as curl takes them; an address is neither.
    before:
      /(?<![\w-])(?:-u|--(?:proxy-)?user)(?:[ \t]{1,20}|=)(?=\\{0,15}["']?[^\s"':\\/]{0,256}:(?!\/\/)[^\s"'\\])/gi,
    spans: (text, at) => [quotedValue(text, at) ?? spanOf(/[^\s"'\\]+/y, text, at)],
  },
  { before: /\[\s{0,20}(?=\\{0,15}["'])/g, spans: items },
  {
    before: /<(?:[\w.-]{1,60}:)?([\w.-]{1,60})(?:\s[^<>]{0,300})?>/g,
    spans: (text, at) => [spanOf(CONTENT, text, at)],
  },
];

/**
 * A text without the credentials that it holds.
 * @param text of any kind, of bounded length
 */
export function withoutCredentials(text: string): string {
  if (!HINT.test(text)) return text;
  return FORMS.reduce((read, form) => read.replace(form, `$1${HIDDEN}`), PLACES.reduce(withoutThose, text));
}

function withoutThose(text: string, { before, spans }: Place): string {
  let kept = "";
  let from = 0;
  before.lastIndex = 0;
  for (let found = before.exec(text); found; found = before.exec(text)) {
    const [, name] = found;
    if (name !== undefined && !isSecretName(name)) continue;
    for (const { start, end } of spans(text, before.lastIndex, found)) {
      if (start >= end) continue;
      kept += `${text.slice(from, start)}${HIDDEN}`;
      from = end;
    }
    before.lastIndex = Math.max(before.lastIndex, from);
  }
  return kept + text.slice(from);
}

function spanOf(pattern: RegExp, text: string, at: number): Span {
  pattern.lastIndex = at;
  return { start: at, end: at + (pattern.exec(text)?.[0].length ?? 0) };
}

/** The value behind a name. */
function named(text: string, at: number, { index, 1: name = "", 2: separator = " " }: RegExpExecArray): Span[] {
  return [valueAt(text, at, { at: index, name, separator })];
}

/** The value of what a name as a value names. */
function labelled(text: string, at: number, { index: from }: RegExpExecArray): Span[] {
  const value = spanOf(NAMED_VALUE, text, at);
  if (value.end > at) return [valueAt(text, value.end, { at: from, name: "", separator: '"' })];
  const part = spanOf(FORM_PART, text, at);
  if (part.end > at) {
    FORM_PART_END.lastIndex = part.end;
    return [{ start: part.end, end: FORM_PART_END.exec(text)?.index ?? text.length }];
  }
  const tag = spanOf(TAG_END, text, at);
  if (tag.end === at || !TAG_BEFORE.test(text.slice(Math.max(0, from - TAG_LOOK), from))) return [];
  return [spanOf(CONTENT, text, tag.end)];
}

/** The credentials of a list of texts and numbers. @param at behind its bracket */
function items(text: string, at: number): Span[] {
  const [list, spans]: [string[], Span[]] = [[], []];
  for (let last = ","; last.includes(",") && list.length < MOST_ITEMS;) {
    const opening = spanOf(OPENING, text, at);
    const quote = text.slice(at, opening.end);
    const item =
      quote === ""
        ? spanOf(/[^\s"',[\]{}\\]+/y, text, at)
        : { start: opening.end, end: closing(text, opening.end, quote) };
    const end = spanOf(ITEM_END, text, Math.min(item.end + quote.length, text.length));
    last = text.slice(end.start, end.end);
    // It has other lists or objects in it.
    if (last === "" && end.end < text.length) return [];
    list.push(text.slice(item.start, item.end));
    spans.push(item);
    at = end.end;
  }
  // Of one that was cut nobody knows how many it had.
  if (list.length % 2 === 1 && at >= text.length && !text.endsWith("]")) list.push("");
  return spans.filter((_, index) => isSecretItem(list, index));
}
