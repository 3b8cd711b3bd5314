/** Members that come in a stream of messages (`msg.parts`): each stream is one upload, and streams are kept apart by their id. */
import { createHash } from "node:crypto";
import { ContactCenterError, refused } from "../../../lib/core/errors.js";
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

interface OpenStream {
  id: string;
  /** Ends the stream when no message comes. */
  idle: NodeJS.Timeout | undefined;
  source: QueueSource;
  carrier: Carrier;
  received: number;
  /** What its first message gave to the node's settings. */
  settings: string;
  seen: SeenParts;
  /** Its upload has ended before the stream. */
  over: boolean;
  /** Its upload has failed: its parts may be sent again. */
  failed: boolean;
  /** Ends the previous message: only the latest waits for the end. */
  release: () => void;
  upload: Promise<void>;
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
   * @param begin starts an upload over a stream; resolves with its end
   * @param settingsOf what a message gives to settings: the rows of one that differs from the first are rejected
   */
  constructor(
    private readonly begin: (source: QueueSource, carrier: Carrier) => Promise<void>,
    private readonly settingsOf: (message: Message) => string = () => "",
  ) {}

  /**
   * Takes a message in.
   * @returns resolves when a later message of the stream has come, or when the upload has ended
   * @throws ContactCenterError `EINVALID` for a part that came before: it is not loaded again
   */
  take(message: Message, send: Send): Promise<void> {
    const { id = "", count, ...parts } = message["parts"] as Parts;
    const index = typeof parts.index === "number" ? parts.index : undefined;
    const known = this.open.get(id);
    const content = digestOf(message.payload);
    const before = known?.seen ?? this.ended.get(id);
    const part = before?.compare(index, content);
    // An open stream without indexes may have equal rows.
    if (part === "again" && (!known || index !== undefined))
      return Promise.reject(refused("webitel.errors.part", CAUSE, { id }));
    // A message may say that the stream is complete, and nothing else.
    const isEnd = message.payload === undefined && message["complete"] !== undefined;
    const rows = isEnd ? [] : streamedRows(message.payload);
    const stream = known ?? this.start(id, { message, send, isStream: true });
    // A late part belongs to those before it; an index with other content begins another list.
    if (!known && before && part === "new") stream.seen = before;
    this.ended.delete(id);
    stream.seen.add(index, content);
    const isLast = ++stream.received === count || message["complete"] !== undefined;
    clearTimeout(stream.idle);
    if (isLast) this.end(stream);
    else stream.idle = setTimeout(() => this.endIdle(stream), IDLE_MS);
    // The upload of this stream has failed or was cancelled.
    if (stream.over) return Promise.resolve();
    stream.release();
    Object.assign(stream.carrier, { message, send });
    stream.source.push(rows, !isEnd && this.settingsOf(message) !== stream.settings);
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
      settings: this.settingsOf(carrier.message),
      seen: new SeenParts(),
      over: false,
      failed: false,
      release: () => undefined,
      upload: this.begin(source, carrier),
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
