/** Control of the uploads of one node: they run one after another, and `msg.action` pauses, resumes or cancels the current one. */
import { CLOSED, ContactCenterError } from "../../lib/core/errors.js";
import type { Upload } from "../../lib/webitel/upload/upload.js";
import type { Message } from "../shared/input.js";

const ACTIONS = ["pause", "resume", "cancel"] as const;
/** What `msg.action` may ask for. */
export type Action = (typeof ACTIONS)[number];

/** The action that a message asks for, in any case; undefined when it asks for none. */
export function actionOf(message: Message): Action | undefined {
  const word = message["action"];
  return ACTIONS.find((action) => typeof word === "string" && word.toLowerCase() === action);
}

/** An upload in the queue. It may be paused or cancelled before it has begun. */
export class QueuedUpload {
  private upload: Upload | undefined;
  private pending: "pause" | "cancel" | undefined;

  /** The upload has begun. */
  begin(upload: Upload): void {
    this.upload = upload;
    if (this.pending) upload[this.pending]();
  }

  pause(): void {
    this.pending = "pause";
    this.upload?.pause();
  }

  resume(): void {
    this.pending = undefined;
    this.upload?.resume();
  }

  cancel(): void {
    this.pending = "cancel";
    this.upload?.cancel();
  }

  close(): Promise<void> {
    return this.upload?.close() ?? Promise.resolve();
  }
}

/** The uploads of one node. */
export class UploadQueue {
  current: QueuedUpload | undefined;
  private last: Promise<unknown> = Promise.resolve();
  private closed = false;

  /**
   * Works when all before have ended.
   * @throws what the work throws; ContactCenterError `ECLOSED` when the queue was closed before its turn
   */
  add(work: (upload: QueuedUpload) => Promise<void>): Promise<void> {
    const mine = this.last.then(async () => {
      this.throwIfClosed();
      const queued = new QueuedUpload();
      this.current = queued;
      try {
        await work(queued);
      } finally {
        this.current = undefined;
      }
    });
    this.last = mine.catch(() => undefined);
    return mine;
  }

  /** @throws ContactCenterError `ECLOSED` */
  throwIfClosed(): void {
    if (this.closed)
      throw new ContactCenterError(CLOSED, "webitel.errors.closed", { vendor: "webitel", operation: "upload" });
  }

  /** Ends the upload that runs, refuses those that wait, and resolves when all have ended. */
  async close(): Promise<void> {
    this.closed = true;
    await this.current?.close();
    await this.last;
  }
}
