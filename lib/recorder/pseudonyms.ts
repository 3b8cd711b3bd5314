/** Numbers under other names: the same number has the same name, and nobody without the key finds the number. */
import { hash, randomBytes } from "node:crypto";

/** How many of the latest names are remembered at least, because making one costs microseconds; twice as many at most. */
const REMEMBERED = 5000;
const LETTERS = 10;
const CODE_OF_A = 97;
/** Bytes of a block and of a digest of SHA-256. */
const BLOCK = 64;
const DIGEST = 32;

/** Names for the numbers of one installation. */
export class Pseudonyms {
  /** HMAC-SHA256, RFC 2104: what stands before the text, and before its hash, with room for that. */
  private readonly inner: string;
  private readonly outer = Buffer.alloc(BLOCK + DIGEST);
  /** By a hash: the memory of the recorder holds no number. */
  private known = new Map<number, string>();
  private older = new Map<number, string>();
  private readonly seeds = new Uint32Array(randomBytes(8).buffer.slice(0, 8));

  /** @param key secret and random: 64 hexadecimal digits, which are a block as they are */
  constructor(key: string) {
    const block = Buffer.from(key.padEnd(BLOCK, "\0"));
    this.inner = Buffer.from(block.map((byte) => byte ^ 0x36)).toString();
    this.outer.set(block.map((byte) => byte ^ 0x5c));
  }

  /**
   * The name of a number, such as `#kqzvbnrtwp`.
   * @param number in any notation: spaces, punctuation, `+` and `00` in front do not matter
   */
  of(number: string): string {
    const plain = plainNumber(number);
    const place = this.placeOf(plain);
    const known = this.known.get(place);
    if (known !== undefined) return known;
    const name = this.older.get(place) ?? nameOf(this.hmac(plain));
    if (this.known.size >= REMEMBERED) {
      this.older = this.known;
      this.known = new Map();
    }
    this.known.set(place, name);
    return name;
  }

  /** Node.js's own makes objects that its garbage collector is slow with: it took four times as long. */
  private hmac(text: string): Buffer {
    hash("sha256", this.inner + text, "buffer").copy(this.outer, BLOCK);
    return hash("sha256", this.outer, "buffer");
  }

  /** 53 bits that depend on random seeds; two of ten thousand numbers have the same with a probability of 10^-8. */
  private placeOf(text: string): number {
    let [a = 0, b = 0] = this.seeds;
    for (let i = 0; i < text.length; i++) {
      const code = text.charCodeAt(i);
      a = Math.imul(a ^ code, 0x9e3779b1);
      b = Math.imul(b ^ code, 0x5f356495);
      a ^= a >>> 15;
      b ^= b >>> 13;
    }
    a = Math.imul(a ^ (b >>> 16), 0x85ebca6b);
    b = Math.imul(b ^ (a >>> 13), 0xc2b2ae35);
    return (a >>> 0) * 0x200000 + (b >>> 11);
  }
}

/** Letters only, so that no name looks like a number. */
function nameOf(digest: Buffer): string {
  let name = "#";
  for (let i = 0; i < LETTERS; i++) name += String.fromCharCode(CODE_OF_A + ((digest[i] as number) % 26));
  return name;
}

/** `+358 40 123` and `0035840123` are one number; what has no digits is its own text. */
function plainNumber(number: string): string {
  if (/^\+?[1-9]\d+$/.test(number)) return number.startsWith("+") ? number.slice(1) : number;
  const digits = number.replaceAll(/\D+/g, "");
  return digits === "" || /[a-z]/i.test(number) ? number.toLowerCase() : digits.replace(/^00/, "");
}
