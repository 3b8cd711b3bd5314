/**
 * What bytes of text are encoded in. Free of node builtins, because the editor decodes a sample file with this very code.
 *
 * Spreadsheets write "CSV" in the encoding of their country: windows-1251 (Cyrillic), 1250 (Central Europe) or 1252 (the West).
 */

/** What the first bytes say of a file that is not text. */
export type NoText = "xlsx" | "xls" | "pdf" | "gzip" | "binary";

/** What was found. */
export type Detected = { encoding: string; noText?: never } | { noText: NoText; encoding?: never };

const MAGIC: readonly [NoText, readonly number[]][] = [
  ["xlsx", [0x50, 0x4b, 0x03, 0x04]],
  ["xls", [0xd0, 0xcf, 0x11, 0xe0]],
  ["pdf", [0x25, 0x50, 0x44, 0x46]],
  ["gzip", [0x1f, 0x8b]],
];
const MARKS: readonly [string, readonly number[]][] = [
  ["utf-8", [0xef, 0xbb, 0xbf]],
  ["utf-16le", [0xff, 0xfe]],
  ["utf-16be", [0xfe, 0xff]],
];

/** Letters of windows-1250 that are signs, or hardly used, in windows-1252: Š Ť Ž Ź š ť ž ź Ł Ą Ż ł ą Ľ ľ ż. Not Ś and ś, which are Œ and œ. */
const CENTRAL_EUROPEAN = new Set([
  0x8a, 0x8d, 0x8e, 0x8f, 0x9a, 0x9d, 0x9e, 0x9f, 0xa3, 0xa5, 0xaf, 0xb3, 0xb9, 0xbc, 0xbe, 0xbf,
]);
/** Share of such letters among all that are not ASCII, from which a text is Central European. */
const CENTRAL_EUROPEAN_SHARE = 0.04;
/** Share of letters beside another one beyond ASCII, from which a text is Cyrillic: whole words are, elsewhere single letters. */
const CYRILLIC_SHARE = 0.4;
/** A letter beside a Latin one counts as so many against Cyrillic. */
const MIXED_WEIGHT = 3;
/** Letters beyond ASCII of languages in windows-1250: Polish, Czech and Slovak, Hungarian, Croatian. */
const CENTRAL_ALPHABETS = ["ąćęłńóśźż", "áäčďéěíĺľňóôŕřšťúůýž", "áéíóöőúüű", "čćđšž"];
/** The same in windows-1252: western and southern, northern, Portuguese, Estonian. */
const WESTERN_ALPHABETS = ["ßàáâäæçèéêëìíîïñòóôöùúûüÿœªº¿¡", "äåæéöøü", "ãáâàçéêíóôõú", "äöüõšž"];
const VOWELS = /[aeiouyàáâãäåæèéêëìíîïòóôõöøùúûüýÿœąęěőűůă]/;
/** ñ and õ stand before vowels, ì and ù at the end of words; where they do not, they are ń, ő, ě and ů. */
const BEFORE_VOWELS: ReadonlySet<number> = new Set([0xd1, 0xd5, 0xf1, 0xf5]);
const AT_THE_END: ReadonlySet<number> = new Set([0xcc, 0xd9, 0xec, 0xf9]);
/** A text with so many well-formed sequences for each malformed one is UTF-8 with a bad cell: other encodings have hardly any. */
const UTF8_WEIGHT = 2;

const isLetter = (byte: number): boolean => (byte | 0x20) >= 0x61 && (byte | 0x20) <= 0x7a;
const isWord = (byte: number): boolean => byte >= 0x80 || isLetter(byte);
const startsWith = (bytes: Uint8Array, mark: readonly number[]): boolean =>
  mark.every((byte, at) => bytes[at] === byte);

/** Looks at the bytes of a text, piece by piece. */
export class EncodingDetector {
  private first: Detected | undefined;
  private offset = 0;
  private readonly zeros = [0, 0];
  private controls = 0;
  private wellFormed = 0;
  private malformed = 0;
  /** Bytes of a UTF-8 sequence that are still to come. */
  private expected = 0;
  private high = 0;
  private paired = 0;
  /** Those beside a Latin letter. */
  private mixed = 0;
  private centralEuropean = 0;
  private previous = 0;
  /** How often each byte from 0x80 on came. */
  private readonly counts = new Uint32Array(128);
  /** What speaks against windows-1250, and 1252: two vowels or two consonants side by side, letters where they do not stand. */
  private againstCentral = 0;
  private againstWestern = 0;

  /** Takes the next bytes. */
  add(bytes: Uint8Array): void {
    if (this.offset === 0 && bytes.length > 0) this.first = firstImpression(bytes);
    for (let at = 0; at < bytes.length; at++) {
      const byte = bytes[at] as number;
      if (byte >= 0x80) this.addHigh(byte, bytes[at + 1] ?? 0);
      else {
        if (this.expected > 0) this.endSequence();
        if (byte < 0x20 && byte !== 0x0a && byte !== 0x0d && byte !== 0x09) {
          this.controls++;
          if (byte === 0) this.zeros[(this.offset + at) & 1] = (this.zeros[(this.offset + at) & 1] ?? 0) + 1;
        }
      }
      this.previous = byte;
    }
    this.offset += bytes.length;
  }

  /** What the bytes so far are. */
  result(): Detected {
    if (this.first) return this.first;
    const [even = 0, odd = 0] = this.zeros;
    // Separators, digits and line ends have a zero byte in UTF-16, whatever the letters are.
    if (odd > this.offset / 40 && even * 20 < odd) return { encoding: "utf-16le" };
    if (even > this.offset / 40 && odd * 20 < even) return { encoding: "utf-16be" };
    if (this.controls > 8 && this.controls > this.offset / 50) return { noText: "binary" };
    // A sequence that the end of a sample cuts is not malformed.
    if (this.malformed === 0 || this.wellFormed > this.malformed * UTF8_WEIGHT) return { encoding: "utf-8" };
    // Hardly any word mixes Latin and Cyrillic letters.
    const isCyrillic = this.paired > this.high * CYRILLIC_SHARE && this.paired > this.mixed * MIXED_WEIGHT;
    if (isCyrillic) return { encoding: "windows-1251" };
    const isCentral = this.centralEuropean > this.high * CENTRAL_EUROPEAN_SHARE || this.fitsCentral();
    return { encoding: isCentral ? "windows-1250" : "windows-1252" };
  }

  /** Short lists, and Hungarian ones, may have no letter that windows-1252 does not have: the better of two readings. */
  private fitsCentral(): boolean {
    const strangers = (alphabet: string, letters: readonly string[]): number =>
      this.counts.reduce((sum, count, at) => (alphabet.includes(letters[at + 0x80] as string) ? sum : sum + count), 0);
    const best = (alphabets: readonly string[], letters: readonly string[]): number =>
      Math.min(...alphabets.map((alphabet) => strangers(alphabet, letters)));
    const central = this.againstCentral + best(CENTRAL_ALPHABETS, CENTRAL);
    return central < this.againstWestern + best(WESTERN_ALPHABETS, WESTERN);
  }

  /** Compares two readings of a letter by what is beside it. */
  private compare(byte: number, following: number): void {
    const isInside = isWord(following);
    if (!isInside && !isWord(this.previous)) return;
    this.counts[byte - 0x80] = (this.counts[byte - 0x80] as number) + 1;
    if (WESTERN[byte] === CENTRAL[byte]) return;
    for (const beside of [this.previous, following]) {
      if (!isWord(beside)) continue;
      if (CENTRAL_VOWELS[byte] === CENTRAL_VOWELS[beside]) this.againstCentral++;
      if (WESTERN_VOWELS[byte] === WESTERN_VOWELS[beside]) this.againstWestern++;
    }
    const isBeforeVowels = BEFORE_VOWELS.has(byte);
    if (!isBeforeVowels && !AT_THE_END.has(byte)) return;
    const stands = isBeforeVowels ? isInside && WESTERN_VOWELS[following] === true : !isInside;
    if (stands) this.againstCentral++;
    else this.againstWestern++;
  }

  private addHigh(byte: number, following: number): void {
    this.high++;
    this.compare(byte, following);
    if (this.previous >= 0x80) this.paired++;
    if (isLetter(this.previous) || isLetter(following)) this.mixed++;
    // Beside a letter only: "100 £" is a sign.
    if (CENTRAL_EUROPEAN.has(byte) && (isLetter(this.previous) || (byte !== 0xbf && isLetter(following))))
      this.centralEuropean++;
    if (byte < 0xc0) {
      if (this.expected === 0) this.malformed++;
      else if (--this.expected === 0) this.wellFormed++;
      return;
    }
    if (this.expected > 0) this.endSequence();
    this.expected = byte >= 0xf5 || byte < 0xc2 ? 0 : byte >= 0xf0 ? 3 : byte >= 0xe0 ? 2 : 1;
    if (this.expected === 0) this.malformed++;
  }

  private endSequence(): void {
    this.malformed++;
    this.expected = 0;
  }
}

function firstImpression(bytes: Uint8Array): Detected | undefined {
  const noText = MAGIC.find(([, mark]) => startsWith(bytes, mark))?.[0];
  if (noText) return { noText };
  const encoding = MARKS.find(([, mark]) => startsWith(bytes, mark))?.[0];
  return encoding === undefined ? undefined : { encoding };
}

/** True for a name that a decoder knows, such as `windows-1251`. */
export function isEncoding(name: string): boolean {
  try {
    return new TextDecoder(name).encoding !== "";
  } catch {
    return false;
  }
}

/** What windows-1252 has from 0x80 on; node before 24 reads it as ISO 8859-1, where these are control characters. */
const WINDOWS_1252 = "€\u0081‚ƒ„…†‡ˆ‰Š‹Œ\u008DŽ\u008F\u0090‘’“”•–—˜™š›œ\u009DžŸ";

/** Decodes text that comes in pieces. */
export interface PieceDecoder {
  /** @param bytes the next ones; left out at the end */
  decode(bytes?: Uint8Array): string;
}

/**
 * Opens a decoder.
 * @param encoding a name of the Encoding Standard
 * @throws RangeError for another one
 */
export function decoderOf(encoding: string): PieceDecoder {
  const decoder = new TextDecoder(encoding);
  const decode = (bytes?: Uint8Array): string => (bytes ? decoder.decode(bytes, { stream: true }) : decoder.decode());
  if (decoder.encoding !== "windows-1252") return { decode };
  const right = (char: string): string => WINDOWS_1252[char.charCodeAt(0) - 0x80] ?? char;
  return { decode: (bytes) => decode(bytes).replace(/[\u0080-\u009F]/g, right) };
}

/** What the second byte of a letter in UTF-8 is in an encoding. */
const continued = (encoding: string): string =>
  `[${decoderOf(encoding).decode(Uint8Array.from({ length: 64 }, (_, at) => 0x80 + at))}]`;
const CONTINUED_1250 = continued("windows-1250");
const CONTINUED_1251 = continued("windows-1251");
const CONTINUED_1252 = continued("windows-1252");
/** The same as a letter or a sign that no Latin letter has beside it; "і", "ї", "є" and "ё" may stand behind the first byte. */
const BESIDE_LATIN = "ЂЃѓЉЊЌЋЏђљњќћџЎўЈ¤ҐЁЄЇІґјѕ©®±µ¶¦§¬†‡";
/** A quote or a bullet within a word, and a dash or dots behind a word's first letter: between two words they may follow any letter. */
const MARKED = (first: string, letter: string, dashed: string): string =>
  `${first}[‘’“”•]${letter}|(?<!\\p{L})${dashed}[–—…]${letter}`;
/**
 * Letters of UTF-8 as another encoding reads them, which are no text in it: "Р" and "С" begin each Cyrillic one, and so on. Of quotes,
 * dashes and dots see {@link MARKED}.
 */
const MISREAD: Readonly<Record<string, RegExp>> = {
  "windows-1251": new RegExp(
    `(?:[РСГДЕЧ]${CONTINUED_1251}){3}|[A-Za-z][ГДЕ][${BESIDE_LATIN}]|[ГДЕ][${BESIDE_LATIN}іїєё][A-Za-z]|${MARKED("[ГДЕ]", "[A-Za-z]", "Г")}`,
    "u",
  ),
  "windows-1250": new RegExp(
    `[ĂĹ][\u0081\u0083\u0088\u0090\u0098€‚„…†‡‰‹™›¤¦§¨©«¬\u00AD®°±˛´µ¶·¸łĽ˝ľżźšťśşą]|Ä[†‡]|(?:[ĐŃ×]${CONTINUED_1250}){2}|${MARKED("[ĂĹÄ]", "\\p{L}", "[ĂĹ]")}`,
    "u",
  ),
  "windows-1252": new RegExp(
    `[ÃÅ][\u0081\u008D\u008F\u0090\u009DŠŒŽŸ€‚ƒ„…†‡ˆ‰™‹›œž¡¢£¤¥¦§¨©ª«¬\u00AD®¯°±²³´µ¶·¸¹º¼½¾¿]|Ä[†‡ˆ‰Š‹Œ\u008DŽ]|(?:[ÐÑ×]${CONTINUED_1252}){2}|${MARKED("[ÃÅÄ]", "\\p{L}", "[ÃÅ]")}`,
    "u",
  ),
};

/** What a cell looks like that is UTF-8 in a list of another encoding, as two lists in one file are; undefined where that cannot be told. */
export const misreadUtf8 = (encoding: string): RegExp | undefined => MISREAD[encoding];

/** The lower-case letters of an encoding by byte. */
function lettersOf(encoding: string): string[] {
  return Array.from({ length: 256 }, (_, byte) => decoderOf(encoding).decode(Uint8Array.of(byte)).toLowerCase());
}
const CENTRAL = lettersOf("windows-1250");
const WESTERN = lettersOf("windows-1252");
const CENTRAL_VOWELS = CENTRAL.map((letter) => VOWELS.test(letter));
const WESTERN_VOWELS = WESTERN.map((letter) => VOWELS.test(letter));

/** Detects the encoding of bytes that are all there. */
export function detectEncoding(bytes: Uint8Array): Detected {
  const detector = new EncodingDetector();
  detector.add(bytes);
  return detector.result();
}
