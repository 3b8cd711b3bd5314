/** Where an upload's rows come from: a file, a CSV text, a list, or messages that come one by one. */
import { createHash, type Hash } from "node:crypto";
import { createReadStream } from "node:fs";
import { setImmediate as breathe } from "node:timers/promises";
import { ContactCenterError } from "../../core/errors.js";
import { byteSlices, csvRows, slices } from "../csv.js";
import type { Separator } from "../tables.js";

/** What is known of an input before it is read. */
export interface Measure {
  /** Hash of the content: the same input has the same. "" for what cannot be read twice. */
  fingerprint: string;
  /** About how many rows; undefined when nobody knows. */
  rows?: number;
}

/** An input. */
export interface RowSource {
  measure(): Promise<Measure>;
  /** The rows in their order; each call reads from the start. */
  rows(): AsyncIterable<unknown>;
}

type Chunks = AsyncIterable<Uint8Array | string> | Iterable<Uint8Array | string>;

const QUOTE = 0x22;
const NEWLINE = 0x0a;

/** Hashes bytes and counts the lines outside quotes, which is near enough for a badge. */
class Meter {
  private readonly hash: Hash = createHash("sha256");
  private lines = 0;
  private quoted = false;
  private filled = false;

  add(chunk: Uint8Array | string): void {
    const bytes = typeof chunk === "string" ? Buffer.from(chunk) : chunk;
    this.hash.update(bytes);
    for (const byte of bytes) {
      if (byte === QUOTE) this.quoted = !this.quoted;
      else if (byte !== NEWLINE) this.filled ||= byte > 0x20;
      else if (!this.quoted) this.endLine();
    }
  }

  result(): Measure {
    this.endLine();
    return { fingerprint: this.hash.digest("base64url"), rows: Math.max(0, this.lines - 1) };
  }

  private endLine(): void {
    if (this.filled) this.lines++;
    this.filled = false;
  }
}

function csvSource(chunks: () => Chunks, separator: Separator): RowSource {
  return {
    async measure() {
      const meter = new Meter();
      for await (const chunk of chunks()) {
        meter.add(chunk);
        await breathe();
      }
      return meter.result();
    },
    rows: () => csvRows(chunks(), separator),
  };
}

async function* fileChunks(path: string): AsyncGenerator<Uint8Array> {
  try {
    yield* createReadStream(path, { highWaterMark: 64 * 1024 }) as AsyncIterable<Uint8Array>;
  } catch (error) {
    const { code = "EIO" } = error as NodeJS.ErrnoException;
    throw new ContactCenterError(code, "webitel.errors.file", { vendor: "webitel", operation: "upload", field: "filename" }, { path, code });
  }
}

/** A CSV file, read as a stream. */
export function fileSource(path: string, separator: Separator): RowSource {
  return csvSource(() => fileChunks(path), separator);
}

/** CSV in memory, as text or bytes. */
export function textSource(text: string | Uint8Array, separator: Separator): RowSource {
  return csvSource(() => (typeof text === "string" ? slices(text) : byteSlices(text)), separator);
}

/** Items that are worked on before other flows get their turn. */
const TURN = 500;

async function* inTurns<T>(items: readonly T[]): AsyncGenerator<T> {
  for (const [at, item] of items.entries()) {
    if (at % TURN === TURN - 1) await breathe();
    yield item;
  }
}

/** A list in memory. */
export function listSource(items: readonly unknown[]): RowSource {
  return {
    async measure() {
      const hash = createHash("sha256");
      for await (const item of inTurns(items)) hash.update(`${JSON.stringify(item)}\n`);
      return { fingerprint: hash.digest("base64url"), rows: items.length };
    },
    rows: () => inTurns(items),
  };
}

/** Rows that are pushed in as they come. They cannot be read twice, so a run over them cannot be resumed after a restart. */
export class QueueSource implements RowSource {
  private readonly waiting: unknown[] = [];
  private ended = false;
  private wake: (() => void) | undefined;

  push(...rows: unknown[]): void {
    this.waiting.push(...rows);
    this.wake?.();
  }

  /** No more rows. */
  end(): void {
    this.ended = true;
    this.wake?.();
  }

  measure(): Promise<Measure> {
    return Promise.resolve({ fingerprint: "" });
  }

  async *rows(): AsyncGenerator {
    for (;;) {
      let at = 0;
      // Taken in one go: shifting a long list row by row would take its square.
      const rows = this.waiting.splice(0);
      for (const row of rows) {
        if (++at % TURN === 0) await breathe();
        yield row;
      }
      if (this.waiting.length > 0) continue;
      if (this.ended) return;
      await new Promise<void>((resolve) => (this.wake = resolve));
    }
  }
}
