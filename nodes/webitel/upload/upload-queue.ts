/** The uploads of one node: one after another, and what a user may do to the one that runs. */
import { CLOSED, ContactCenterError } from "../../../lib/core/errors.js";
import type { Upload } from "../../../lib/webitel/upload/upload.js";

/** An upload in the line. It may be told to pause or cancel before it has begun. */
export class Turn {
  private upload: Upload | undefined;
  private wish: "pause" | "cancel" | undefined;

  /** The upload has begun. */
  begin(upload: Upload): void {
    this.upload = upload;
    if (this.wish) upload[this.wish]();
  }

  pause(): void {
    this.wish = "pause";
    this.upload?.pause();
  }

  resume(): void {
    this.wish = undefined;
    this.upload?.resume();
  }

  cancel(): void {
    this.wish = "cancel";
    this.upload?.cancel();
  }

  close(): Promise<void> {
    return this.upload?.close() ?? Promise.resolve();
  }
}

/** The line of one node. */
export class Line {
  current: Turn | undefined;
  private last: Promise<unknown> = Promise.resolve();
  private closed = false;

  /**
   * Works when all before have ended.
   * @throws what the work throws; ContactCenterError `ECLOSED` when the line was closed before its turn
   */
  add(work: (turn: Turn) => Promise<void>): Promise<void> {
    const mine = this.last.then(async () => {
      this.throwIfClosed();
      const turn = new Turn();
      this.current = turn;
      try {
        await work(turn);
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
