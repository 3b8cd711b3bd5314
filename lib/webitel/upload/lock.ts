/**
 * One writer per journal, also when the last one crashed and also on a folder that two machines share.
 *
 * Who wants to write puts a file of its own beside the journal, `<journal>.<token>.lock`, and then looks at the others: another
 * one that is alive wins. So nobody ever removes the file of a living process, and two that come at the same moment see each other.
 * A holder touches its file every few seconds; one that was not touched for long, or whose process is gone, is left over.
 */
import { randomBytes } from "node:crypto";
import { readdir, readFile, readlink, stat, unlink, utimes, writeFile } from "node:fs/promises";
import { hostname } from "node:os";
import { basename, dirname, join } from "node:path";
import { delay } from "../../http/backoff.js";
import { ContactCenterError, REFUSED } from "../errors.js";

/** Who writes a journal. */
interface LockHolder {
  pid: number;
  host: string;
  /** ISO 8601. */
  since: string;
  /** Names the space in which the pid counts: a container has one of its own. "" where the system does not say. */
  space: string;
}

/** Milliseconds between two heartbeats: touches of the lock file. */
const BEAT_MS = 3000;
/** A holder is gone when its last heartbeat is this old, in milliseconds. */
const STALE_MS = 20_000;
/** Two that come at the same moment both step back, and come again. */
const TRIES = 4;

const processSpace = async (): Promise<string> => {
  const [boot, pids] = await Promise.all([
    readFile("/proc/sys/kernel/random/boot_id", "utf8").catch(() => ""),
    readlink("/proc/self/ns/pid").catch(() => ""),
  ]);
  return boot === "" || pids === "" ? "" : `${boot.trim()} ${pids}`;
};

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // EPERM: it runs, as somebody else.
    return (error as NodeJS.ErrnoException).code !== "ESRCH";
  }
}

/** Locks that this process holds: a file with our own pid that is not among them is of an earlier process. */
const ownFiles = new Set<string>();

/** Who holds a lock file; undefined when it is left over or gone. */
async function aliveHolder(path: string): Promise<LockHolder | undefined> {
  const [text, { mtimeMs }] = await Promise.all([
    readFile(path, "utf8").catch(() => ""),
    stat(path).catch(() => ({ mtimeMs: 0 })),
  ]);
  const isFresh = Date.now() - mtimeMs < STALE_MS;
  let holder: LockHolder;
  try {
    holder = JSON.parse(text) as LockHolder;
  } catch {
    // It is being written just now, or was torn by a crash.
    return isFresh && mtimeMs > 0 ? { pid: 0, host: "?", since: "?", space: "" } : undefined;
  }
  if (ownFiles.has(path)) return holder;
  const space = await processSpace();
  if (space !== "" && holder.space === space) {
    if (holder.pid === process.pid || !isRunning(holder.pid)) return undefined;
  }
  return isFresh ? holder : undefined;
}

async function lockFiles(journal: string): Promise<string[]> {
  const names = await readdir(dirname(journal)).catch(() => [] as string[]);
  const prefix = `${basename(journal)}.`;
  return names
    .filter((name) => name.startsWith(prefix) && name.endsWith(".lock"))
    .map((name) => join(dirname(journal), name));
}

/** Who writes this journal now; undefined when nobody does. Left-over locks are removed. */
export async function lockHolder(journal: string, except?: string): Promise<LockHolder | undefined> {
  for (const path of await lockFiles(journal)) {
    if (path === except) continue;
    const holder = await aliveHolder(path);
    if (holder) return holder;
    await unlink(path).catch(() => undefined);
  }
  return undefined;
}

function locked(holder: LockHolder): ContactCenterError {
  const { pid, host, since } = holder;
  return new ContactCenterError(
    REFUSED,
    "webitel.errors.resume.locked",
    { vendor: "webitel", operation: "resume", field: "action", why: "locked", holder: { pid, host, since } },
    { pid, host, since },
  );
}

/**
 * Takes the right to write a journal.
 * @param journal the journal's path; its folder exists
 * @throws ContactCenterError `EINVALID` with the holder's name when another process, or this one, has it
 */
export async function acquireLock(journal: string): Promise<JournalLock> {
  const path = `${journal}.${randomBytes(6).toString("hex")}.lock`;
  for (let attempt = 1; ; attempt++) {
    const since = new Date().toISOString();
    const holder: LockHolder = { pid: process.pid, host: hostname(), since, space: await processSpace() };
    const before = await lockHolder(journal);
    if (before) throw locked(before);
    ownFiles.add(path);
    await writeFile(path, JSON.stringify(holder), { flag: "wx", mode: 0o600 });
    const other = await lockHolder(journal, path);
    if (!other) return new JournalLock(journal, path);
    await unlink(path).catch(() => undefined);
    ownFiles.delete(path);
    if (attempt >= TRIES) throw locked(other);
    await delay(50 + Math.random() * 200);
  }
}

/** The right to write a journal. */
export class JournalLock {
  private readonly timer: NodeJS.Timeout;
  private beatMs = Date.now();
  private released = false;

  constructor(
    private readonly journal: string,
    private readonly path: string,
  ) {
    this.timer = setInterval(() => void this.beat().catch(() => undefined), BEAT_MS).unref();
  }

  /**
   * Before something is written that must not be written twice.
   * @throws ContactCenterError `EINVALID` when another process took over, because this one stood still for too long
   */
  async verify(): Promise<void> {
    if (Date.now() - this.beatMs > STALE_MS / 2) await this.beat();
  }

  async release(): Promise<void> {
    if (this.released) return;
    this.released = true;
    clearInterval(this.timer);
    ownFiles.delete(this.path);
    await unlink(this.path).catch(() => undefined);
  }

  private async beat(): Promise<void> {
    const now = new Date();
    try {
      await utimes(this.path, now, now);
      this.beatMs = now.getTime();
    } catch {
      const other = await lockHolder(this.journal, this.path);
      throw locked(other ?? { pid: 0, host: "?", since: now.toISOString(), space: "" });
    }
  }
}
