/** Control of the uploads of one node: they run one after another, and `msg.action` pauses, resumes or cancels the current one. */
import { refused } from "../../lib/core/errors.js";
import { closedError, uploadFault } from "../../lib/webitel/errors.js";
import { CANCELLED } from "../../lib/webitel/upload/context.js";
import type { HeldMemory } from "../../lib/webitel/upload/held.js";
import type { RowSource } from "../../lib/webitel/upload/source.js";
import type { Upload } from "../../lib/webitel/upload/upload.js";
import type { Message } from "../shared/input.js";
import type { Opened } from "./upload/opened.js";

const ACTIONS = ["pause", "resume", "cancel", "start"] as const;
/** What `msg.action` may ask for. */
export type Action = (typeof ACTIONS)[number];

/**
 * The action that a message asks for, in any case; undefined when it asks for none.
 * @throws ContactCenterError `EINVALID` for another word: a misspelt action must not become another upload
 */
export function actionOf(message: Message): Action | undefined {
  const word = message["action"] ?? "";
  if (word === "") return undefined;
  const action = ACTIONS.find((each) => typeof word === "string" && word.trim().toLowerCase() === each);
  if (action === undefined)
    throw refused(
      "webitel.errors.action",
      { vendor: "webitel", operation: "upload", field: "action" },
      { value: typeof word === "string" ? word.slice(0, 40) : typeof word, words: ACTIONS.join(", ") },
    );
  return action;
}

/** Queue and content of an upload; undefined when it cannot be told from others. */
export type Identity = string | undefined;

/** An upload in the queue. It may be paused or cancelled before it has begun. */
export class QueuedUpload {
  private upload: Upload | undefined;
  private source: RowSource | undefined;
  private pending: "pause" | "cancel" | undefined;
  /** All is loaded and about to be reported: the same content is another upload from now on. */
  isDone = false;
  /** Its settings are wrong: it was refused before its turn. */
  isRefused = false;
  /** @param opened what its message brought */
  constructor(readonly opened: Promise<Opened>) {}

  private identified: (identity: Identity) => void = () => undefined;
  /** Known when it begins, or earlier. */
  readonly identity = new Promise<Identity>((resolve) => (this.identified = resolve));

  identify(identity: Identity): void {
    this.identified(identity);
  }

  /** Its input is about to be read: from now on a cancel or a close ends the reading. */
  reads(source: RowSource): void {
    this.source = source;
    if (this.pending === "cancel") source.close(CANCELLED);
  }

  /** The upload has begun. */
  begin(upload: Upload): void {
    this.upload = upload;
    if (this.pending) upload[this.pending]();
  }

  /** A cancel is final: its input may have been closed. */
  get isCancelled(): boolean {
    return this.pending === "cancel";
  }

  pause(): void {
    if (this.isCancelled) return;
    this.pending = "pause";
    this.upload?.pause();
  }

  resume(): void {
    if (this.isCancelled) return;
    this.pending = undefined;
    this.upload?.resume();
  }

  cancel(): void {
    this.pending = "cancel";
    if (this.upload) this.upload.cancel();
    else this.source?.close(CANCELLED);
  }

  close(): Promise<void> {
    if (this.upload) return this.upload.close();
    this.source?.close();
    return Promise.resolve();
  }
}

/** An upload to be queued. */
interface QueueItem {
  opened: Promise<Opened>;
  /** About how much memory it holds. */
  bytes: number;
  work: (upload: QueuedUpload) => Promise<void>;
  /** Finds out what it is about; asked when others are before it. */
  identify: () => Promise<Identity>;
  /** Called instead of the work when the same is in the queue already; undefined works in any case. */
  onSame?: () => void;
}

/** The uploads of one node. */
export class UploadQueue {
  private readonly uploads: QueuedUpload[] = [];
  private last: Promise<unknown> = Promise.resolve();
  private closed = false;

  /** @param held what the uploads that wait are counted in */
  constructor(private readonly held: HeldMemory) {}

  /** The upload that a `pause`, `resume` or `cancel` is about: not one that is loaded and only being reported. */
  get current(): QueuedUpload | undefined {
    return this.uploads.find(({ isDone }) => !isDone);
  }

  /** How many wait behind the current one. */
  get waiting(): number {
    return Math.max(0, this.uploads.length - 1);
  }

  /**
   * Works when all before have ended.
   * @throws what the work throws; at once what is wrong with the settings of one that waits; ContactCenterError `ECLOSED` when the queue was closed before its turn, `EINVALID` when too much waits
   */
  async add({ opened, bytes, work, identify, onSame }: QueueItem): Promise<void> {
    const before = [...this.uploads];
    // The first one does not wait.
    const release = this.held.hold(before.length > 0 ? bytes : 0);
    const upload = new QueuedUpload(opened);
    this.uploads.push(upload);
    if (before.length > 0) void identify().then(...settling(upload));
    const isSame = onSame ? hasSame(upload, before) : Promise.resolve(false);
    const turn = this.last.then(async () => {
      try {
        if (upload.isRefused || (await isSame)) return;
        release();
        this.throwIfClosed();
        await work(upload);
      } finally {
        release();
        this.leave(upload);
      }
    });
    this.last = turn.catch(() => undefined);
    const end = async (): Promise<void> => {
      if (!(await isSame)) return turn;
      release();
      this.leave(upload);
      return onSame?.();
    };
    const refuse = (error: unknown): never => {
      upload.isRefused = true;
      release();
      this.leave(upload);
      throw uploadFault(error);
    };
    const ended = end();
    return before.length === 0 ? ended : Promise.race([ended, opened.then(() => ended, refuse)]);
  }

  /** @throws ContactCenterError `ECLOSED` */
  throwIfClosed(): void {
    if (this.closed) throw closedError();
  }

  /** Ends the upload that runs, refuses those that wait, and resolves when all have ended. */
  async close(): Promise<void> {
    this.closed = true;
    await this.current?.close();
    await this.last;
  }

  private leave(upload: QueuedUpload): void {
    upload.identify(undefined);
    const at = this.uploads.indexOf(upload);
    if (at >= 0) this.uploads.splice(at, 1);
  }
}

/** An upload that cannot be identified fails at its turn. */
function settling(upload: QueuedUpload): [(identity: Identity) => void, () => void] {
  return [(identity) => upload.identify(identity), () => upload.identify(undefined)];
}

async function hasSame(upload: QueuedUpload, before: readonly QueuedUpload[]): Promise<boolean> {
  for (const other of before) {
    const identity = await other.identity;
    // What is cancelled is unfinished: the same is another upload, which waits for its end.
    if (!other.isDone && !other.isCancelled && identity !== undefined && identity === (await upload.identity))
      return true;
  }
  return false;
}
