/** CSV as an input: a file or a text, measured in a first pass and read in a second. */
import { createHash } from "node:crypto";
import { type FileHandle, open, stat } from "node:fs/promises";
import { csvFormat, type Delimiter } from "../csv-format.js";
import { decoderOf, EncodingDetector, misreadUtf8 } from "../encoding.js";
import { closedError, ContactCenterError, type ErrorParams, refused } from "../errors.js";
import { giveWay } from "./give-way.js";
import { unlessAborted } from "./pace.js";
import { LookAhead } from "./look-ahead.js";
import { CAUSE, type CsvOptions, RowReader } from "./row-reader.js";
import type { InputRow } from "./rows.js";
import type { Measure, RowSource } from "./source.js";

/** Bytes that are read, hashed and decoded before the event loop is yielded. */
const SLICE = 64 * 1024;
/** Characters that become members before it is: about a hundred rows, less than a millisecond. */
const PARSED_SLICE = 4 * 1024;
/** Characters that are looked at for the separator. */
const PREVIEWED = 64 * 1024;
const wrongSource = (key: string, params: ErrorParams = {}): ContactCenterError =>
  refused(`webitel.errors.source.${key}`, CAUSE, params);

/** Pieces of an input, from its start. */
type Pieces = () => AsyncIterable<Uint8Array | string>;

/** What is behind a CSV source. */
interface Content {
  pieces: Pieces;
  /** Looks once more when all was read: throws when the content is not what it was. */
  verify?(fingerprint: string): Promise<void>;
  close?(): void;
}

/** Hashes an input, counts its lines outside quotes, which is near enough for a badge, and finds its encoding. */
class Meter {
  private readonly hash = createHash("sha256");
  private readonly detector = new EncodingDetector();
  private isText = true;
  private lines = 0;
  private quoted = false;
  private filled = false;

  add(piece: Uint8Array | string): void {
    const bytes = typeof piece === "string" ? Buffer.from(piece) : piece;
    this.isText = typeof piece === "string";
    this.hash.update(bytes);
    this.detector.add(bytes);
    for (const byte of bytes) {
      if (byte === 0x22) this.quoted = !this.quoted;
      else if (byte !== 0x0a && byte !== 0x0d) this.filled ||= byte > 0x20;
      else if (!this.quoted) this.endLine();
    }
  }

  /** @throws ContactCenterError `EINVALID` when the input is no text */
  result(): Measure & { encoding: string } {
    this.endLine();
    const { encoding, noText } = this.detector.result();
    if (noText) throw wrongSource(noText satisfies "xlsx" | "xls" | "pdf" | "gzip" | "binary");
    return {
      fingerprint: this.hash.digest("base64url"),
      rows: Math.max(0, this.lines - 1),
      encoding: this.isText ? "utf-8" : encoding,
    };
  }

  private endLine(): void {
    if (this.filled) this.lines++;
    this.filled = false;
  }
}

/** CSV of any origin. */
class CsvSource implements RowSource {
  private measured: Promise<Measure & { encoding: string }> | undefined;
  private reader: RowReader | undefined;
  private delimiterFound: Delimiter | undefined;
  private readonly closer = new AbortController();

  constructor(
    private readonly content: Content,
    private readonly options: CsvOptions,
  ) {}

  get columns(): readonly string[] | undefined {
    return this.reader?.columns;
  }

  get delimiter(): Delimiter | undefined {
    return this.delimiterFound;
  }

  measure(): Promise<Measure & { encoding: string }> {
    return (this.measured ??= unlessAborted(this.measureContent(), this.closer.signal));
  }

  async *rows(): AsyncGenerator<readonly InputRow[]> {
    try {
      yield* this.read();
    } catch (error) {
      // What a closed file says is not the reason.
      this.closer.signal.throwIfAborted();
      throw error;
    }
  }

  private async *read(): AsyncGenerator<readonly InputRow[]> {
    const { encoding, fingerprint } = await this.measure();
    const text = this.text(encoding);
    const first = (await text.next()).value ?? "";
    const { delimiter, skip } = csvFormat(first, this.options.separator);
    this.delimiterFound = delimiter;
    const reader = (this.reader = new RowReader(delimiter, skip > 0 ? 1 : 0, this.options, misreadUtf8(encoding)));
    const ahead = new LookAhead(() => this.text(encoding));
    for (let piece: string | undefined = first.slice(skip); piece !== undefined; piece = (await text.next()).value)
      for (const slice of slices(piece, PARSED_SLICE)) {
        yield reader.read(slice);
        for (let begin = reader.longRecord; begin !== undefined; begin = reader.longRecord)
          yield reader.goOn(await ahead.endOf(skip + begin, reader.scan()));
        await giveWay();
        this.closer.signal.throwIfAborted();
      }
    // Before the last row leaves: one that is being written may be half of a number.
    await this.content.verify?.(fingerprint);
    yield reader.end();
  }

  close(reason = closedError()): void {
    this.closer.abort(reason);
    this.content.close?.();
  }

  private async measureContent(): Promise<Measure & { encoding: string }> {
    const meter = new Meter();
    for await (const piece of this.content.pieces()) {
      this.closer.signal.throwIfAborted();
      meter.add(piece);
      await giveWay();
    }
    const measure = meter.result();
    return this.options.encoding === "auto" ? measure : { ...measure, encoding: this.options.encoding };
  }

  /** The text without a byte order mark; its first piece is long enough to find the separator. */
  private async *text(encoding: string): AsyncGenerator<string> {
    const pieces = this.decoded(encoding);
    let head = "";
    while (head.length < PREVIEWED) {
      const { value, done } = await pieces.next();
      if (done) break;
      head += value;
    }
    yield head.replace(/^\uFEFF/, "");
    yield* pieces;
  }

  private async *decoded(encoding: string): AsyncGenerator<string> {
    const decoder = decoderOf(encoding);
    for await (const piece of this.content.pieces()) {
      this.closer.signal.throwIfAborted();
      yield typeof piece === "string" ? piece : decoder.decode(piece);
    }
    yield decoder.decode();
  }
}

/** Cuts a text into slices that split no character. */
export function* slices(text: string, length: number): Generator<string> {
  for (let at = 0; at < text.length;) {
    let end = Math.min(text.length, at + length);
    const last = text.charCodeAt(end - 1);
    if (end < text.length && last >= 0xd800 && last <= 0xdbff) end--;
    yield text.slice(at, end);
    at = end;
  }
}

function* byteSlices(bytes: Uint8Array): Generator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += SLICE) yield bytes.subarray(at, at + SLICE);
}

/** CSV in memory, as text or bytes. */
export function textSource(text: string | Uint8Array, options: CsvOptions): RowSource {
  if (typeof text === "string" && text.startsWith("PK\u0003\u0004")) throw wrongSource("xlsx");
  const pieces = async function* (): AsyncGenerator<string | Uint8Array> {
    yield* typeof text === "string" ? slices(text, SLICE) : byteSlices(text);
  };
  return new CsvSource({ pieces }, options);
}

/** What identifies the content of a file without reading it. */
interface FileState {
  size: number;
  mtimeMs: number;
  ino: number;
  dev: number;
}

/**
 * A file that is opened once and read several times, each time as long as it was when it was opened.
 * Whatever happens to the file meanwhile is noticed: its size, its time, its identity, its content.
 */
class CsvFile implements Content {
  private handle: Promise<FileHandle> | undefined;
  private opened: FileState | undefined;
  /** Of the last reading that came to the end. */
  private hash = createHash("sha256");

  constructor(private readonly path: string) {}

  pieces = async function* (this: CsvFile): AsyncGenerator<Uint8Array> {
    const handle = await (this.handle ??= this.open());
    const hash = createHash("sha256");
    const { size } = this.opened as FileState;
    const buffer = Buffer.alloc(SLICE);
    for (let at = 0; at < size;) {
      const { bytesRead } = await this.orFault(handle.read(buffer, 0, Math.min(SLICE, size - at), at));
      if (bytesRead === 0) throw this.changed();
      const piece = buffer.subarray(0, bytesRead);
      hash.update(piece);
      yield piece;
      at += bytesRead;
    }
    this.hash = hash;
  }.bind(this);

  async verify(fingerprint: string): Promise<void> {
    const opened = this.opened as FileState;
    const handle = await (this.handle as Promise<FileHandle>);
    const states = [await handle.stat(), await this.orFault(stat(this.path))];
    const isSame = states.every(
      ({ size, mtimeMs, ino, dev }) =>
        size === opened.size && mtimeMs === opened.mtimeMs && ino === opened.ino && dev === opened.dev,
    );
    if (!isSame || this.hash.digest("base64url") !== fingerprint) throw this.changed();
  }

  close(): void {
    const { handle } = this;
    this.handle = undefined;
    // Nobody waits: a file of a network that is gone closes when it closes.
    void handle?.then((file) => file.close()).catch(() => undefined);
  }

  private async open(): Promise<FileHandle> {
    // Opening a pipe would wait for a writer.
    const found = await this.orFault(stat(this.path));
    if (!found.isFile()) throw wrongSource("no-file", { path: this.path });
    const handle = await this.orFault(open(this.path));
    this.opened = await this.orFault(handle.stat());
    return handle;
  }

  private changed(): ContactCenterError {
    return wrongSource("changed", { path: this.path });
  }

  private async orFault<T>(work: Promise<T>): Promise<T> {
    try {
      return await work;
    } catch (error) {
      const { code = "EIO" } = error as NodeJS.ErrnoException;
      const { vendor, operation } = CAUSE;
      throw new ContactCenterError(
        code,
        "webitel.errors.file",
        { vendor, operation, field: "filename" },
        { path: this.path, code },
      );
    }
  }
}

/** A CSV file, read as a stream. */
export function fileSource(path: string, options: CsvOptions): RowSource {
  return new CsvSource(new CsvFile(path), options);
}
