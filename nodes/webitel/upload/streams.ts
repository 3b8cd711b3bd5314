/** Members that come in a stream of messages (`msg.parts`): each stream is one upload, and streams are kept apart by their id. */
import { createHash } from "node:crypto";
import { ContactCenterError, refused } from "../../../lib/core/errors.js";
import type { HeldMemory } from "../../../lib/webitel/upload/held.js";
import type { InputRow } from "../../../lib/webitel/upload/rows.js";
import { lineOf, QueueSource } from "../../../lib/webitel/upload/source.js";
import type { Message, Send } from "../../shared/input.js";
import { streamedRows } from "./sources.js";

/** The message that an upload answers, and how to send. For a stream it is the latest message. */
export interface Carrier {
  message: Message;
  send: Send;
  isStream?: true;
}

interface Parts {
  id?: string;
  count?: number;
  index?: unknown;
}

const INCOMPLETE = "webitel.errors.stream";
const CAUSE = { vendor: "webitel", operation: "upload", field: "parts" } as const;

/** A stream that stays incomplete for so long ends with what came, and with an error; milliseconds. */
const IDLE_MS = 60_000;

/** Puts what the message of some rows says into them. */
export type ReadRows = (rows: readonly unknown[]) => readonly InputRow[] | Promise<readonly InputRow[]>;

/** What a stream's first message begins. */
interface BegunStream {
  /** Ends with the upload. */
  upload: Promise<void>;
  /** Reads a message of the stream, the first one included; at once, as the flow may change what its settings depend on. */
  read(message: Message): ReadRows;
}

interface OpenStream extends BegunStream {
  id: string;
  /** Ends the stream when no message comes. */
  idle: NodeJS.Timeout | undefined;
  source: QueueSource;
  carrier: Carrier;
  received: number;
  seen: SeenParts;
  /** Its upload has ended before the stream. */
  over: boolean;
  /** Its upload has failed: its parts may be sent again. */
  failed: boolean;
  /** Ends the previous message: only the latest waits for the end. */
  release: () => void;
}

/** Parts of an open stream that are remembered with their content; of older ones only that they came. */
const KEPT_PARTS = 10_000;
/** Streams that have ended and are remembered, and how many parts of each. */
const KEPT_STREAMS = 100;
const KEPT_OF_ENDED = 100;

/**
 * Which parts of a stream came. A part comes again when index and content are the same: behind a split and a csv node the rows of a
 * file share one index, and a flow may use an id again for another list.
 */
class SeenParts {
  private next = 0;
  private readonly later = new Set<number>();
  /** Content by index, the oldest first. */
  private readonly contents = new Map<number, string>();
  private zero: string | undefined;
  private latest: string | undefined;

  /** Says whether a part is new, came before, or has the index of another one. */
  compare(index: number | undefined, content: string): "new" | "again" | "other" {
    // Without an index only the last part can be told from an equal row: nothing comes behind it.
    if (index === undefined) return content === this.latest ? "again" : "other";
    const before = index === 0 ? this.zero : this.contents.get(index);
    if (before !== undefined) return before === content ? "again" : "other";
    return (index >= 0 && index < this.next) || this.later.has(index) ? "again" : "new";
  }

  add(index: number | undefined, content: string): void {
    this.latest = content;
    if (index === undefined) return;
    if (index === 0) this.zero = content;
    this.contents.delete(index);
    this.contents.set(index, content);
    if (this.contents.size > KEPT_PARTS) this.forget();
    this.later.add(index);
    while (this.later.delete(this.next)) this.next++;
  }

  /** The stream has ended: only its latest parts stay. */
  end(): this {
    while (this.contents.size > KEPT_OF_ENDED) this.forget();
    return this;
  }

  private forget(): void {
    for (const oldest of this.contents.keys()) {
      this.contents.delete(oldest);
      return;
    }
  }
}

/** The same for equal content. */
function digestOf(payload: unknown): string {
  return createHash("sha256")
    .update(lineOf(payload ?? null))
    .digest("base64url")
    .slice(0, 16);
}

/** True for a message of a stream. */
export function isStreamed(message: Message): boolean {
  return typeof (message["parts"] as Parts | undefined)?.id === "string";
}

/** The streams of one node. */
export class Streams {
  private readonly open = new Map<string, OpenStream>();
  /** Those that have ended, the oldest first. */
  private readonly ended = new Map<string, SeenParts>();

  /**
   * @param begin starts an upload over a stream; the carrier has its first message
   * @param held what the rows that wait are counted in
   */
  constructor(
    private readonly begin: (source: QueueSource, carrier: Carrier) => BegunStream,
    private readonly held: HeldMemory,
  ) {}

  /**
   * Takes a message in.
   * @returns resolves when a later message of the stream has come, or when the upload has ended
   * @throws ContactCenterError `EINVALID` for a part that came before: it is not loaded again; and when too much waits
   */
  take(message: Message, send: Send): Promise<void> {
    const { id = "", count, ...parts } = message["parts"] as Parts;
    const isEnd = message["complete"] !== undefined;
    const known = this.open.get(id);
    // It only says that the stream is over.
    if (message.payload === undefined && (isEnd || known?.received === count)) return this.takeEnd(id, message, send);
    const index = typeof parts.index === "number" ? parts.index : undefined;
    const content = digestOf(message.payload);
    const before = known?.seen ?? this.ended.get(id);
    const part = before?.compare(index, content);
    // An open stream without indexes may have equal rows.
    if (part === "again" && (!known || index !== undefined))
      return Promise.reject(refused("webitel.errors.part", CAUSE, { id }));
    const { copy, bytes } = streamedRows(message.payload);
    const release = this.held.hold(known?.over ? 0 : bytes);
    const stream = known ?? this.start(id, { message, send, isStream: true });
    // A late part belongs to those before it; an index with other content begins another list.
    if (!known && before && part === "new") stream.seen = before;
    this.ended.delete(id);
    stream.seen.add(index, content);
    stream.received++;
    const rows = stream.over ? [] : stream.read(message)(copy);
    stream.source.push(rows, release);
    return this.goOn(stream, message, send, stream.received === count || isEnd);
  }

  /** A message without a row that ends its stream; one that has ended needs none. */
  private async takeEnd(id: string, message: Message, send: Send): Promise<void> {
    if (!this.open.has(id) && this.ended.has(id)) return;
    const stream = this.open.get(id) ?? this.start(id, { message, send, isStream: true });
    await this.goOn(stream, message, send, true);
  }

  /** Makes a message the stream's latest. */
  private goOn(stream: OpenStream, message: Message, send: Send, isLast: boolean): Promise<void> {
    clearTimeout(stream.idle);
    if (isLast) this.end(stream);
    else stream.idle = setTimeout(() => this.endIdle(stream), IDLE_MS);
    // The upload of this stream has failed or was cancelled.
    if (stream.over) {
      stream.source.close();
      return Promise.resolve();
    }
    stream.release();
    Object.assign(stream.carrier, { message, send });
    if (isLast) stream.source.end();
    const superseded = new Promise<void>((resolve) => (stream.release = resolve));
    return Promise.race([stream.upload, superseded]);
  }

  private start(id: string, carrier: Carrier): OpenStream {
    const source = new QueueSource();
    const stream: OpenStream = {
      id,
      idle: undefined,
      source,
      carrier,
      received: 0,
      seen: new SeenParts(),
      over: false,
      failed: false,
      release: () => undefined,
      ...this.begin(source, carrier),
    };
    const over = (): void => void (stream.over = true);
    // The failure reaches the flow with the message that is the carrier by then.
    stream.upload.then(over, (error: unknown) => {
      over();
      // A stream that stayed incomplete was loaded as far as it came.
      stream.failed = (error as { key?: unknown }).key !== INCOMPLETE;
      if (stream.failed && this.ended.get(id) === stream.seen) this.ended.delete(id);
    });
    this.open.set(id, stream);
    return stream;
  }

  private end({ id, seen, failed }: OpenStream): void {
    this.open.delete(id);
    if (failed) return;
    this.ended.set(id, seen.end());
    for (const oldest of this.ended.keys()) {
      if (this.ended.size <= KEPT_STREAMS) return;
      this.ended.delete(oldest);
    }
  }

  private endIdle(stream: OpenStream): void {
    this.end(stream);
    stream.source.fail(new ContactCenterError("ETIMEDOUT", INCOMPLETE, CAUSE, { seconds: IDLE_MS / 1000 }));
  }

  /** Ends all streams: no more messages will come. */
  close(): void {
    for (const { source, idle } of this.open.values()) {
      clearTimeout(idle);
      source.end();
    }
    this.open.clear();
  }
}
