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
  /** Its upload has ended before the stream. */
  over: boolean;
  /** Ends the previous message: only the latest waits for the end. */
  release: () => void;
  upload: Promise<void>;
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
    const { id = "", count } = message["parts"] as Parts;
    const rows = streamedRows(message.payload);
    const stream = this.open.get(id) ?? this.start(id, { message, send, isStream: true });
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
