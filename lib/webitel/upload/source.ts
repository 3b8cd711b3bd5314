/** Where an upload's rows come from: a file, a CSV text, a list, or messages that come one by one. */
import { createHash, type Hash } from "node:crypto";
import { createReadStream } from "node:fs";
import { setImmediate as yieldToEventLoop } from "node:timers/promises";
import { ContactCenterError } from "../errors.js";
import { byteSlices, type Chunks, csvRows, slices } from "../csv.js";
import type { Separator } from "../tables.js";
import type { InputRow } from "./rows.js";

/** What a first pass over an input finds out. */
export interface Measure {
  /** Hash of the content: the same input has the same. "" for what cannot be read twice. */
  fingerprint: string;
  /** About how many rows; undefined when unknown. */
  rows?: number;
}

/** An input. */
export interface RowSource {
  measure(): Promise<Measure>;
  /** The rows in their order, a handful at a time; each call reads from the start. */
  rows(): AsyncIterable<readonly InputRow[]>;
}

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

function csvRowSource(chunks: () => Chunks, separator: Separator): RowSource {
  return {
    async measure() {
      const meter = new Meter();
      for await (const chunk of chunks()) {
        meter.add(chunk);
        await yieldToEventLoop();
      }
      return meter.result();
    },
    async *rows() {
      for await (const rows of csvRows(chunks(), separator)) yield rows.map((data) => ({ data }));
    },
  };
}

async function* fileChunks(path: string): AsyncGenerator<Uint8Array> {
  try {
    yield* createReadStream(path, { highWaterMark: 64 * 1024 }) as AsyncIterable<Uint8Array>;
  } catch (error) {
    const { code = "EIO" } = error as NodeJS.ErrnoException;
    throw new ContactCenterError(
      code,
      "webitel.errors.file",
      { vendor: "webitel", operation: "upload", field: "filename" },
      { path, code },
    );
  }
}

/** A CSV file, read as a stream. */
export function fileSource(path: string, separator: Separator): RowSource {
  return csvRowSource(() => fileChunks(path), separator);
}

/** CSV in memory, as text or bytes. */
export function textSource(text: string | Uint8Array, separator: Separator): RowSource {
  return csvRowSource(() => (typeof text === "string" ? slices(text) : byteSlices(text)), separator);
}

/** Items that are passed on before the event loop is yielded. */
const SLICE = 500;

async function* inSlices<T>(items: readonly T[]): AsyncGenerator<readonly T[]> {
  for (let at = 0; at < items.length; at += SLICE) {
    yield items.slice(at, at + SLICE);
    await yieldToEventLoop();
  }
}

/** A list in memory. */
export function listSource(items: readonly unknown[]): RowSource {
  return {
    async measure() {
      const hash = createHash("sha256");
      for await (const slice of inSlices(items)) for (const item of slice) hash.update(`${JSON.stringify(item)}\n`);
      return { fingerprint: hash.digest("base64url"), rows: items.length };
    },
    async *rows() {
      for await (const slice of inSlices(items)) yield slice.map((data) => ({ data }));
    },
  };
}

/** Rows that are pushed in one by one. They cannot be read twice, so a run over them cannot be resumed after a restart. */
export class QueueSource implements RowSource {
  private readonly buffered: InputRow[] = [];
  private ended = false;
  private wake: (() => void) | undefined;

  push(rows: readonly unknown[]): void {
    for (const data of rows) this.buffered.push({ data });
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

  async *rows(): AsyncGenerator<readonly InputRow[]> {
    while (!this.ended || this.buffered.length > 0) {
      yield* inSlices(this.buffered.splice(0));
      if (!this.ended && this.buffered.length === 0) await new Promise<void>((resolve) => (this.wake = resolve));
    }
  }
}
