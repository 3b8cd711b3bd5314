/**
 * Secrets in texts of others: a server, a proxy or a library may repeat one as it is, or as its own format writes it.
 *
 * A secret is looked for letter by letter, each in any of its forms, so that a text that mixes them hides nothing.
 */
import { escaped } from "./escapes.js";

/** Shorter values are no secrets: to replace a word of three letters would cut up every sentence, and protects nothing. */
const SHORTEST_SECRET = 4;
/** Shorter ones are looked for in their own case and as a whole: in another case, they are words of other texts. */
const SHORTEST_DISTINCT = 8;
/** Letters of a secret by which its beginning is found; the rest is read letter by letter. */
const HEAD = 8;
/** Secrets whose search is kept: a token is renewed now and then. */
const KEPT = 32;

const REPLACEMENT = "[redacted]";

/** HTML's names of what may be in a secret besides letters and digits. */
const ENTITIES: Readonly<Record<string, string>> = {
  "&": "amp",
  "<": "lt",
  ">": "gt",
  '"': "quot",
  "'": "apos",
  "/": "sol",
  "\\": "bsol",
  "+": "plus",
  "=": "equals",
  "%": "percnt",
  "#": "num",
  $: "dollar",
  "!": "excl",
  "?": "quest",
  "*": "ast",
  "@": "commat",
  "(": "lpar",
  ")": "rpar",
  "[": "lsqb",
  "]": "rsqb",
  "{": "lcub",
  "}": "rcub",
  ",": "comma",
  ".": "period",
  ":": "colon",
  ";": "semi",
  "|": "vert",
  "^": "Hat",
  "`": "grave",
  _: "lowbar",
};

/** What stands for one letter of a secret, each as the source of a pattern. */
type Letter = readonly string[];

/** One way to find a secret. */
interface Search {
  head: RegExp;
  /** Of each letter, for the place where the one before has ended. */
  letters: readonly (readonly RegExp[])[];
  /** The fewest letters at the end of a word that count as a secret that was cut. */
  fewest: number;
}

/** A number's digits for a pattern: in either case. */
const anyHex = (number: number, digits: number): string =>
  number
    .toString(16)
    .padStart(digits, "0")
    .replace(/[a-f]/g, (digit) => `[${digit}${digit.toUpperCase()}]`);

/** A text as the source of a pattern that is this text. */
const literal = (text: string): string => text.split("").map(escaped).join("");

/**
 * The forms of a letter: itself, escaped by a backslash, as JSON's and JavaScript's `\u` and `\x`, percent-encoded, as an entity of HTML. What was escaped or
 * encoded twice has the mark of that twice.
 */
function formsOf(letter: string): Letter {
  const code = letter.codePointAt(0) as number;
  const digits = anyHex(code, 1);
  const isWord = /^[a-z\d]$/i.test(letter);
  const units = Array.from({ length: letter.length }, (_, at) => `\\\\{1,8}u${anyHex(letter.charCodeAt(at), 4)}`).join(
    "",
  );
  const name = ENTITIES[letter];
  const forms = [
    literal(letter),
    units,
    `\\\\{1,8}u\\{0*${digits}\\}`,
    `&(?:amp;)*#(?:0*${code}|[xX]0*${digits})(?:;|(?![\\da-fA-F]))`,
    // Half a pair has no bytes.
    ...(/[\uD800-\uDFFF]/u.test(letter) ? [] : [percentForm(letter)]),
    ...(code < 256 ? [`\\\\{1,8}x${anyHex(code, 2)}`] : []),
    ...(name === undefined ? [] : [`&(?:amp;)*${name};`]),
    ...(letter === " " ? ["\\+"] : []),
  ];
  // A backslash of the secret itself is doubled each time that it is escaped.
  if (letter === "\\") forms.push("\\\\{2}", "\\\\{4}");
  else if (!isWord && code < 128) forms.push(`\\\\{1,8}${literal(letter)}`);
  return forms;
}

const percentForm = (letter: string): string =>
  [...new TextEncoder().encode(letter)].map((byte) => `%(?:25)*${anyHex(byte, 2)}`).join("");

/** Letters of base64, which has two alphabets. */
const ALPHABETS: Readonly<Record<string, string>> = { "+": "-", "/": "_" };

const base64Forms = (letter: string): Letter => {
  const other = ALPHABETS[letter];
  return other === undefined ? formsOf(letter) : [...formsOf(letter), literal(other)];
};

function searchFor(letters: readonly Letter[], fewest: number, isDistinct: boolean): Search {
  const flags = isDistinct ? "i" : "";
  const source = letters
    .slice(0, HEAD)
    .map((forms) => `(?:${forms.join("|")})`)
    .join("");
  const patterns = new Map<Letter, RegExp[]>();
  const patternsOf = (forms: Letter): RegExp[] => {
    const known = patterns.get(forms);
    if (known) return known;
    const made = forms.map((form) => new RegExp(form, `${flags}y`));
    patterns.set(forms, made);
    return made;
  };
  return { head: new RegExp(source, `${flags}g`), letters: letters.map(patternsOf), fewest };
}

/** The letters of a text; the same letter has one list of forms. */
function lettersOf(text: string, forms: (letter: string) => Letter): Letter[] {
  const known = new Map<string, Letter>();
  return Array.from(text, (letter) => {
    const found = known.get(letter) ?? forms(letter);
    known.set(letter, found);
    return found;
  });
}

/** What base64 makes of a text wherever it stands: what is before and behind it changes the letters at its ends. */
function base64Of(text: string): string[] {
  const bytes = String.fromCharCode(...new TextEncoder().encode(text));
  const all = ["", "-", "--"].map((before) => {
    const start = Math.ceil((before.length * 8) / 6);
    return btoa(before + bytes).slice(start, Math.floor(((before.length + bytes.length) * 8) / 6));
  });
  return [...new Set(all)];
}

function searchesOf(secret: string): Search[] {
  const isDistinct = secret.length >= SHORTEST_DISTINCT;
  const fewest = isDistinct ? SHORTEST_DISTINCT : Infinity;
  const searches = [searchFor(lettersOf(secret, formsOf), fewest, isDistinct)];
  for (const base64 of base64Of(secret))
    searches.push(searchFor(lettersOf(base64, base64Forms), Math.ceil((fewest * 8) / 6), isDistinct));
  return searches;
}

const kept = new Map<string, Search[]>();

function keptSearches(secret: string): Search[] {
  const known = kept.get(secret);
  if (known) return known;
  const made = searchesOf(secret);
  if (kept.size >= KEPT) kept.delete(kept.keys().next().value as string);
  kept.set(secret, made);
  return made;
}

const WORD = /[\p{L}\p{N}]/uy;

/** True where no letter or digit follows: where the word goes on, it is another one that begins alike. */
function isEndOfWord(text: string, end: number): boolean {
  WORD.lastIndex = end;
  return !WORD.test(text);
}

/** Where a form of one letter ends that begins at a place; a text may be read in several ways. */
function endsOf(text: string, start: number, forms: readonly RegExp[]): number[] {
  const ends: number[] = [];
  for (const form of forms) {
    form.lastIndex = start;
    if (form.test(text)) ends.push(form.lastIndex);
  }
  return ends;
}

/** Where the secret that begins at a place ends, or as much of it as the text has; undefined where it is something else. */
function endOf(text: string, start: number, { letters, fewest }: Search): number | undefined {
  let reached: ReadonlySet<number> = new Set([start]);
  let cut = 0;
  for (const [count, forms] of letters.entries()) {
    const next = new Set<number>();
    for (const end of reached) {
      const ends = endsOf(text, end, forms);
      if (ends.length === 0 && count >= fewest && isEndOfWord(text, end)) cut = Math.max(cut, end);
      for (const each of ends) next.add(each);
    }
    if (next.size > 0) reached = next;
    else if (cut === 0) return undefined;
    // A quotation mark that nothing escapes may be the end of JSON's text.
    else return /[^\\]"$/.test(text.slice(cut - 2, cut)) ? cut - 1 : cut;
  }
  return Math.max(...reached);
}

function without(text: string, search: Search): string {
  const { head } = search;
  let clean = "";
  let from = 0;
  head.lastIndex = 0;
  for (let found = head.exec(text); found; found = head.exec(text)) {
    const end = endOf(text, found.index, search);
    if (end === undefined) head.lastIndex = found.index + 1;
    else {
      clean += text.slice(from, found.index) + REPLACEMENT;
      from = end;
      head.lastIndex = end;
    }
  }
  return from === 0 ? text : clean + text.slice(from);
}

/**
 * Removes secrets from a text that came from outside.
 * @param text what a server or library said
 * @param secrets values that must not appear; those under four characters are ignored
 * @returns the text with each secret replaced by `[redacted]`: in any case, as JSON, HTML and addresses write it, in base64 (of `Basic`
 * too), and where the text breaks off after at least eight of its characters; one of less than eight characters in its own case and whole
 */
export function redact(text: string, secrets: readonly (string | undefined)[]): string {
  let clean = text;
  for (const secret of secrets)
    if (secret !== undefined && secret.length >= SHORTEST_SECRET)
      for (const search of keptSearches(secret)) clean = without(clean, search);
  return clean;
}
