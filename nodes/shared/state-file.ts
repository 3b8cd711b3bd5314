/**
 * Small JSON files of our own in `<userDir>/contact-center/`: what must outlive this process, whatever context store is
 * configured. Mode 0600, replaced as a whole, and written by one process at a time: a lock file beside it names the
 * process, which is no longer believed once that process is gone.
 *
 * The lock is not that of an upload's journal (`lib/webitel/upload/lock.ts`). That one waits up to 20 s for a sign of life of a
 * process of which nothing is known, such as that of a container before: two writers would double people. Here the wait would
 * cost the events of those seconds at every restart of a container; the file of the same host is taken over at once.
 */
import { link, mkdir, open, readFile, rename, stat, unlink, utimes, writeFile } from "node:fs/promises";
import { hostname } from "node:os";
import { dirname, join } from "node:path";
import type { NodeAPI } from "node-red";

/** A lock of another machine (or of a process id that was given out again) counts for this long after its last sign. */
const LOCK_MS = 60_000;
const REFRESH_MS = 20_000;
/** An empty lock that is younger is being written, milliseconds. */
const WRITING_MS = 2000;

/** Another process writes this file. */
export class FileHeldError extends Error {
  readonly code = "EHELD";
  constructor(
    readonly path: string,
    /** Process id, and the machine where it is another one. */
    readonly holder: string,
  ) {
    super(`${path} is in use by process ${holder}`);
  }
}

/** By path: nodes that are deployed again use the same file, and their writes follow each other. */
const files = new Map<string, StateFile<unknown>>();

/** How a file is written. */
export interface StateFileOptions {
  /** False for what is written so often that a power cut may cost the last of it; a kill of the process never does. */
  isSynced: boolean;
}

/**
 * The file of this name.
 * @param name without folder and extension; characters that a file name cannot have are replaced
 */
export function stateFile<T>(RED: NodeAPI, name: string, options?: StateFileOptions): StateFile<T> {
  const path = join(RED.settings.userDir ?? ".", "contact-center", `${name.replace(/[^\w.-]/g, "_")}.json`);
  const file = files.get(path) ?? new StateFile<unknown>(path, options);
  files.set(path, file);
  return file as StateFile<T>;
}

/** One file. Its content is not checked: whoever reads it treats it as foreign. */
export class StateFile<T> {
  private latest: T | undefined;
  private queued: Promise<void> | undefined;
  private last: Promise<unknown> = Promise.resolve();
  private lock: NodeJS.Timeout | undefined;

  constructor(
    readonly path: string,
    private readonly options: StateFileOptions = { isSynced: true },
  ) {}

  /**
   * Reads the file after the writes under way.
   * @returns undefined when there is none, or it is not JSON
   * @throws what the file system says, such as `EACCES`
   */
  async read(): Promise<T | undefined> {
    await this.last;
    try {
      return JSON.parse(await readFile(this.path, "utf8")) as T;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === "ENOENT" || error instanceof SyntaxError) return undefined;
      throw error;
    }
  }

  /** The process id of another process on this machine that writes this file; undefined when there is none. */
  async heldHere(): Promise<string | undefined> {
    if (this.lock) return undefined;
    const holder = await holderOf(`${this.path}.lock`);
    return holder?.isHere === true ? holder.name : undefined;
  }

  /**
   * Keeps a file of which nothing can be read beside the one that will be written.
   * @returns where it is now, and when it was written, Unix milliseconds; undefined when there is no file
   * @throws what the file system says, such as `EACCES`
   */
  async setAside(): Promise<{ path: string; writtenMs: number } | undefined> {
    const path = `${this.path}.damaged`;
    try {
      const { mtimeMs } = await stat(this.path);
      await rename(this.path, path);
      return { path, writtenMs: Math.floor(mtimeMs) };
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
      throw error;
    }
  }

  /**
   * Replaces the content. Values that come while a write is under way are written once, the latest.
   * @returns when this value or a later one is on the disk
   * @throws FileHeldError while another process writes this file; what the file system says
   */
  write(value: T): Promise<void> {
    this.latest = value;
    this.queued ??= this.last.then(() => {
      this.queued = undefined;
      const saved = this.save(JSON.stringify(this.latest));
      this.last = saved.catch(() => undefined);
      return saved;
    });
    const { queued } = this;
    this.last = queued.catch(() => undefined);
    return queued;
  }

  private async save(text: string): Promise<void> {
    await mkdir(dirname(this.path), { recursive: true, mode: 0o700 });
    await this.hold();
    const draft = `${this.path}.tmp`;
    const handle = await open(draft, "w", 0o600);
    try {
      await handle.writeFile(text);
      // A power cut must not leave the new name with nothing behind it.
      if (this.options.isSynced) await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(draft, this.path);
  }

  private async hold(): Promise<void> {
    if (this.lock) return;
    const path = `${this.path}.lock`;
    const holder = await holderOf(path);
    if (holder) throw new FileHeldError(this.path, holder.name);
    await removeLeftOver(path, (name) => new FileHeldError(this.path, name));
    // "wx": of two processes that come at once, one is told.
    await writeFile(path, JSON.stringify({ pid: process.pid, host: hostname() }), { flag: "wx", mode: 0o600 }).catch(
      (error: NodeJS.ErrnoException) => {
        throw error.code === "EEXIST" ? new FileHeldError(this.path, "?") : error;
      },
    );
    this.lock = setInterval(() => {
      const now = new Date();
      utimes(path, now, now).catch(() => undefined);
    }, REFRESH_MS);
    this.lock.unref();
  }
}

/**
 * Removes the lock of a dead process. Another process that has found it too may have made its own meanwhile: what is about to be
 * removed is looked at where nobody else sees it, and put back.
 * @throws what `held` makes of the holder's name
 */
async function removeLeftOver(lock: string, held: (holder: string) => Error): Promise<void> {
  const aside = `${lock}.${process.pid}`;
  try {
    await rename(lock, aside);
  } catch {
    return;
  }
  const holder = await holderOf(aside);
  // A third one may have come in between.
  if (holder) await link(aside, lock).catch(() => undefined);
  await unlink(aside).catch(() => undefined);
  if (holder) throw held(holder.name);
}

/** The living process of a lock file; undefined when there is none. */
async function holderOf(lock: string): Promise<{ name: string; isHere: boolean } | undefined> {
  try {
    const text = await readFile(lock, "utf8");
    const { mtimeMs } = await stat(lock);
    if (text === "" && Date.now() - mtimeMs < WRITING_MS) return { name: "?", isHere: false };
    const { pid, host } = JSON.parse(text) as { pid?: unknown; host?: unknown };
    if (typeof pid !== "number" || Date.now() - mtimeMs > LOCK_MS) return undefined;
    if (host !== hostname()) return { name: `${pid} (${String(host)})`, isHere: false };
    return pid !== process.pid && isAlive(pid) ? { name: String(pid), isHere: true } : undefined;
  } catch {
    return undefined;
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}
