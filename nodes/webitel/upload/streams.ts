/** Members that come in a stream of messages (`msg.parts`): each stream is one upload, and streams are kept apart by their id. */
import { ContactCenterError } from "../../../lib/core/errors.js";
import { QueueSource } from "../../../lib/webitel/upload/source.js";
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
  index?: number;
}

/** A stream that stays incomplete for so long ends with what came, and with an error; milliseconds. */
const IDLE_MS = 60_000;

interface OpenStream {
  id: string;
  /** Ends the stream when no message comes. */
  idle: NodeJS.Timeout | undefined;
  source: QueueSource;
  carrier: Carrier;
  received: number;
  seen: SeenParts;
  /** Its upload has ended before the stream. */
  over: boolean;
  /** Ends the previous message: only the latest waits for the end. */
  release: () => void;
  upload: Promise<void>;
}

/** Which parts of a stream came. Those that come in their order cost nothing. */
class SeenParts {
  private next = 0;
  private readonly later = new Set<number>();

  /** @returns false when this part came before */
  add(index: number): boolean {
    if (index < this.next || this.later.has(index)) return false;
    this.later.add(index);
    while (this.later.delete(this.next)) this.next++;
    return true;
  }
}

/** True for a message of a stream. */
export function isStreamed(message: Message): boolean {
  return typeof (message["parts"] as Parts | undefined)?.id === "string";
}

/** The streams of one node. */
export class Streams {
  private readonly open = new Map<string, OpenStream>();

  /** @param begin starts an upload over a stream; resolves with its end */
  constructor(private readonly begin: (source: QueueSource, carrier: Carrier) => Promise<void>) {}

  /**
   * Takes a message in.
   * @returns resolves when a later message of the stream has come, or when the upload has ended
   */
  take(message: Message, send: Send): Promise<void> {
    const { id = "", count, index } = message["parts"] as Parts;
    const known = this.open.get(id);
    // A part that came before is no second row; the stream goes on waiting for the others.
    if (known && typeof index === "number" && !known.seen.add(index)) return Promise.resolve();
    const rows = streamedRows(message.payload);
    const stream = known ?? this.start(id, { message, send, isStream: true });
    if (!known && typeof index === "number") stream.seen.add(index);
    const isLast = ++stream.received === count || message["complete"] !== undefined;
    clearTimeout(stream.idle);
    if (isLast) this.open.delete(id);
    else stream.idle = setTimeout(() => this.endIdle(stream), IDLE_MS);
    // The upload of this stream has failed or was cancelled.
    if (stream.over) return Promise.resolve();
    stream.release();
    Object.assign(stream.carrier, { message, send });
    stream.source.push(rows);
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
      release: () => undefined,
      upload: this.begin(source, carrier),
    };
    const over = (): void => void (stream.over = true);
    // The failure reaches the flow with the message that is the carrier by then.
    stream.upload.then(over, over);
    this.open.set(id, stream);
    return stream;
  }

  private endIdle({ id, source }: OpenStream): void {
    this.open.delete(id);
    const cause = { vendor: "webitel", operation: "upload", field: "parts" } as const;
    source.fail(new ContactCenterError("ETIMEDOUT", "webitel.errors.stream", cause, { seconds: IDLE_MS / 1000 }));
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
