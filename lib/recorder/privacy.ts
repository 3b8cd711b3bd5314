/** What may be kept of values: no credential, and numbers under other names unless they may be shown. */
import type { Call } from "../core/call.js";
import { isNamedValue, isSecretItem, isSecretName, namesSecret } from "./credential-items.js";
import { HIDDEN, withoutCredentials } from "./credentials.js";
import { firstKeys } from "./first-keys.js";
import { contentsOf, LETTERS, NUMBER, withoutNumbers } from "./numbers.js";
import type { Pseudonyms } from "./pseudonyms.js";

/** What nobody sees in a number that was pasted, and hyphens of other kinds. */
const UNSEEN = /[\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]/g;
const HYPHENS = /[\u2010-\u2015\u2212]/g;
/** A short number such as an extension. */
const SHORT_NUMBER = /^[+*#]?\d{2,6}$/;
const DEPTH_LIMIT = 16;
/** Characters of a fact of a call. */
const LONGEST_FACT = 200;
/** So many times what is kept of a text is looked at: longer ones would hold up everything else. */
const MARGIN = 8;

/** Cuts a text that is too long; it ends with `…` then. */
function shortened(text: string, limit: number): string {
  return text.length <= limit ? text : `${text.slice(0, limit)}…`;
}

/** Makes values fit to be kept. */
export class Privacy {
  /** @param pseudonyms absent where numbers are shown */
  constructor(private readonly pseudonyms: Pseudonyms | undefined) {}

  private readonly named = (number: string): string => this.pseudonyms?.of(number) ?? number;

  /**
   * A text in which numbers and credentials may stand.
   * @param limit characters; of a longer one the end is cut
   */
  text(text: string, limit = Infinity): string {
    return shortened(this.textOf(text.slice(0, MARGIN * limit)), limit);
  }

  /** The facts of a call. */
  call({ vendor, state, direction, at, id, legId, from, to, agent, queue }: Call): Partial<Call> {
    const kept: Partial<Call> = { vendor, state, at };
    if (direction !== undefined) kept.direction = direction;
    if (id !== undefined) kept.id = this.fact(id);
    if (legId !== undefined) kept.legId = this.fact(legId);
    if (from !== undefined) kept.from = this.number(from);
    if (to !== undefined) kept.to = this.number(to);
    // Names and addresses of agents are theirs.
    if (agent?.id !== undefined) kept.agent = { id: this.fact(agent.id) };
    if (queue) {
      kept.queue = {};
      if (queue.id !== undefined) kept.queue.id = this.fact(queue.id);
      if (queue.name !== undefined) kept.queue.name = this.fact(queue.name);
      if (queue.number !== undefined) kept.queue.number = this.number(queue.number);
    }
    return kept;
  }

  /**
   * Any value as JSON.
   * @param numbers names of short numbers of this call, which stand under them everywhere
   * @param limit characters
   */
  json(value: unknown, numbers: ReadonlySet<string>, limit: number): string {
    const walk: Walk = { numbers, above: new Set(), limit, left: limit, visits: limit };
    const text = JSON.stringify(this.kept(value, walk)) ?? "undefined";
    return isOver(walk) ? `${text.slice(0, limit)}…` : shortened(text, limit);
  }

  /** True when a text has a number, or its name. @param name of the number, as {@link Pseudonyms.of} gives it */
  static mentions(text: string, name: string, pseudonyms: Pseudonyms): boolean {
    if (text.includes(name)) return true;
    let isFound = false;
    withoutNumbers(text.replaceAll(UNSEEN, "").replaceAll(HYPHENS, "-"), (number) => {
      isFound ||= pseudonyms.of(number) === name;
      return number;
    });
    if (isFound) return true;
    for (const [, found = ""] of text.matchAll(/\\*"([+*#]?\d{2,6})\\*"/g))
      if (pseudonyms.of(found) === name) return true;
    return false;
  }

  private textOf(text: string): string {
    const contents = contentsOf(text);
    // Each credential has a letter behind f, or a colon, beside it; ids have none. What is hidden makes no number.
    const open = contents & LETTERS ? withoutCredentials(text) : text;
    return this.pseudonyms && contents & NUMBER ? withoutNumbers(open, this.named) : open;
  }

  private fact(text: string): string {
    return this.text(text, LONGEST_FACT);
  }

  /** A number, of any length. */
  private number(number: string): string {
    return this.pseudonyms?.of(number) ?? this.fact(number);
  }

  private kept(value: unknown, walk: Walk): unknown {
    walk.visits--;
    if (typeof value === "string") return this.textOrNumber(value, walk);
    if (typeof value === "number" || typeof value === "bigint") {
      const text = String(value);
      const kept = this.textOrNumber(text, walk);
      return kept === text && typeof value === "number" ? value : kept;
    }
    if (typeof value !== "object") return typeof value === "boolean" ? value : undefined;
    if (value === null) return null;
    if (value instanceof Date) return Number.isNaN(value.getTime()) ? null : value.toISOString();
    if (value instanceof Error) return { name: value.name, message: this.textOrNumber(value.message, walk) };
    if (ArrayBuffer.isView(value)) return `[${value.byteLength} bytes]`;
    const { above } = walk;
    if (above.has(value) || above.size >= DEPTH_LIMIT) return "[…]";
    above.add(value);
    try {
      if (Array.isArray(value)) return this.keptList(value, walk);
      const prototype = Object.getPrototypeOf(value) as object | null;
      // What is no plain data, such as a socket, has no end. Messages of function nodes are plain in another realm.
      if (prototype !== null && Object.getPrototypeOf(prototype) !== null)
        return `[${prototype.constructor?.name ?? "object"}]`;
      return this.keptFields(value as Record<string, unknown>, walk);
    } finally {
      above.delete(value);
    }
  }

  private keptList(list: readonly unknown[], walk: Walk): unknown[] {
    const kept: unknown[] = [];
    for (let at = 0; at < list.length && !isOver(walk); at++) {
      const isHidden = isSecretItem(list, at);
      if (isHidden) walk.visits--;
      kept.push(isHidden ? HIDDEN : this.kept(list[at], walk));
    }
    return kept;
  }

  private keptFields(fields: Record<string, unknown>, walk: Walk): Record<string, unknown> {
    const kept: Record<string, unknown> = {};
    const isNamed = namesSecret(fields);
    for (const name of firstKeys(fields, walk.limit)) {
      if (isOver(walk)) break;
      const looked = name.slice(0, MARGIN * walk.limit);
      const isHidden = isSecretName(looked) || (isNamed && isNamedValue(name));
      const written = this.text(looked);
      walk.left -= written.length;
      kept[written] = isHidden ? HIDDEN : this.kept(fields[name], walk);
    }
    return kept;
  }

  /** A short number, or a text; of a long one what is kept at most. */
  private textOrNumber(whole: string, walk: Walk): string {
    const text = whole.slice(0, MARGIN * walk.limit);
    const name = this.pseudonyms && SHORT_NUMBER.test(text) ? this.pseudonyms.of(text) : undefined;
    const kept = name !== undefined && walk.numbers.has(name) ? name : this.text(text);
    walk.left -= kept.length;
    return kept;
  }
}

/** How far a value is looked at: of an object with many properties, all would hold up every call. */
interface Walk {
  readonly numbers: ReadonlySet<string>;
  /** What the value is within. */
  readonly above: Set<object>;
  /** Characters that are kept. */
  readonly limit: number;
  /** Characters until there are enough; JSON has some more. */
  left: number;
  /** Values that are still looked at, since not every one has a character. */
  visits: number;
}

const isOver = ({ left, visits }: Walk): boolean => left < 0 || visits < 0;
