/**
 * One holder per name, also when the last one crashed and also on a folder that two machines share: one writer of a journal, one
 * process that loads an input.
 *
 * Who wants the lock makes a file of its own, `<name>.<token>.lock`, and then looks at the others: one that was there before wins.
 * So nobody ever removes the file of a living process. Of several that come at the same moment and see each other, the first by
 * name stays and looks again, and the others step back: one of them gets the lock.
 * The small files of connections have a simpler one (`nodes/shared/state-file.ts`), which decides at once.
 * A holder touches its file every few seconds; one that was not touched for long, or whose process is gone, is left over.
 */
import { randomBytes } from "node:crypto";
import { readdir, readFile, readlink, stat, unlink, utimes, writeFile } from "node:fs/promises";
import { hostname } from "node:os";
import { basename, dirname, join } from "node:path";
import { STEADY } from "../../core/clock.js";
import { delay } from "../../http/backoff.js";
import { ContactCenterError, REFUSED } from "../errors.js";
import { passedMs } from "./clock.js";
import type { RunHolder } from "./report.js";

/** Who holds a lock. */
interface LockHolder extends RunHolder {
  /** Names the space in which the pid counts: a container has one of its own. "" where the system does not say. */
  space: string;
}

/** Milliseconds between two heartbeats: touches of the lock file. */
const BEAT_MS = 3000;
/** A holder is gone when its last heartbeat is this old, in milliseconds; of another machine, when none comes for so long. */
const STALE_MS = 20_000;
/** A lock of another machine that is older is left over: the clocks of two may differ, but not by so much. Milliseconds. */
const LEFT_OVER_MS = 600_000;
/** Milliseconds between two looks at a heartbeat. */
const WATCH_MS = 500;
/** How often the first of several waits for the others to step back; one that got the lock before it does not. */
const TRIES = 20;

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

/** Locks that this process holds, and since when: a file with our own pid that is not among them is of an earlier process. */
const ownFiles = new Map<string, string>();

/** True for this process: in another container one may have the same number. */
export const isOwnLock = ({ pid, since }: RunHolder): boolean =>
  pid === process.pid && [...ownFiles.values()].includes(since);

/** When this process began to look, by both clocks: how far they have come apart since says whether the machine's was set. */
const BEGUN_MS = Date.now() - passedMs();

/** The machine's clock was set, or the machine slept: the age of a file says nothing. */
const wasClockSet = (): boolean => Math.abs(Date.now() - passedMs() - BEGUN_MS) > STALE_MS / 2;

/** A lock file that is not left over. */
interface HeldLock {
  path: string;
  holder: LockHolder;
  /** Its last heartbeat, Unix milliseconds, where nothing else says whether its process lives. */
  beatMs?: number;
}

/** Who holds a lock file; undefined when it is left over or gone. */
async function heldLock(path: string): Promise<HeldLock | undefined> {
  const [text, { mtimeMs }] = await Promise.all([
    readFile(path, "utf8").catch(() => ""),
    stat(path).catch(() => ({ mtimeMs: 0 })),
  ]);
  const ageMs = Date.now() - mtimeMs;
  let holder: LockHolder;
  try {
    holder = JSON.parse(text) as LockHolder;
  } catch {
    // It is being written just now, or was torn by a crash.
    holder = { pid: 0, host: "?", since: "?", space: "" };
    return ageMs < STALE_MS || wasClockSet() ? { path, holder, beatMs: mtimeMs } : undefined;
  }
  if (ownFiles.has(path)) return { path, holder };
  const space = await processSpace();
  const isHere = space !== "" && holder.space === space;
  if (isHere && (holder.pid === process.pid || !isRunning(holder.pid))) return undefined;
  if (wasClockSet()) return { path, holder, beatMs: mtimeMs };
  if (ageMs > (isHere ? STALE_MS : LEFT_OVER_MS)) return undefined;
  return { path, holder, ...(!isHere && { beatMs: mtimeMs }) };
}

async function lockFiles(folder: string, prefix = ""): Promise<string[]> {
  const names = await readdir(folder).catch(() => [] as string[]);
  return names.filter((name) => name.startsWith(prefix) && name.endsWith(".lock")).map((name) => join(folder, name));
}

/** The locks that are held, the first by name first. Left-over ones are removed. */
async function heldLocks(name: string, except?: string): Promise<HeldLock[]> {
  const held = [];
  for (const path of (await lockFiles(dirname(name), `${basename(name)}.`)).sort()) {
    if (path === except) continue;
    const lock = await heldLock(path);
    if (lock) held.push(lock);
    else await unlink(path).catch(() => undefined);
  }
  return held;
}

/** Who holds the lock with this name now; undefined when nobody does. Left-over locks are removed. */
export async function lockHolder(name: string, except?: string): Promise<LockHolder | undefined> {
  const [first] = await heldLocks(name, except);
  return first?.holder;
}

/** Locks of which nobody can say whether their process lives: their heartbeat, and since when it is the same, as of {@link passedMs}. */
const watched = new Map<string, { beatMs: number; sinceMs: number }>();

/** Looks at a lock; `gone` when its heartbeat has been the same for too long. */
function watch(path: string, beatMs: number): "beats" | "gone" | "unknown" {
  const before = watched.get(path);
  if (before?.beatMs !== beatMs) watched.set(path, { beatMs, sinceMs: passedMs() });
  if (!before) return "unknown";
  if (before.beatMs !== beatMs) return "beats";
  return passedMs() - before.sinceMs >= STALE_MS ? "gone" : "unknown";
}

/**
 * Who lives and holds the lock with this name. A container that was killed and started again finds the lock of a process of which it
 * cannot know whether it runs: it is watched for its next heartbeat, because the clocks of two machines differ. The other locks of the
 * folder are watched along with it: a dead process' locks are waited for once.
 * @throws the signal's reason
 */
export async function liveHolder(name: string, stop?: AbortSignal): Promise<LockHolder | undefined> {
  for (;;) {
    const held = await heldLocks(name);
    for (const { path, holder, beatMs } of held) {
      const found = beatMs === undefined ? "beats" : watch(path, beatMs);
      if (found === "unknown") continue;
      watched.delete(path);
      if (found === "beats") return holder;
      await unlink(path).catch(() => undefined);
    }
    if (held.length === 0) return undefined;
    for (const path of await lockFiles(dirname(name))) {
      const { beatMs } = (await heldLock(path)) ?? {};
      if (beatMs !== undefined) watch(path, beatMs);
    }
    await delay(WATCH_MS, stop);
  }
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

/** A lock, or the folder for it, cannot be made; with the system's word (`ENOSPC`, `EACCES`, …). */
export function lockFault(error: unknown, path: string): ContactCenterError {
  const { code = "EIO" } = error as NodeJS.ErrnoException;
  const cause = { vendor: "webitel", operation: "upload", field: "journal" } as const;
  return new ContactCenterError(code, "webitel.errors.journal-lock", cause, { path, code });
}

/**
 * Takes a lock.
 * @param name a path; its folder exists. For a journal its own
 * @param stop ends the wait for a sign of life
 * @throws ContactCenterError `EINVALID` with the holder's name when another process, or this one, has it; the system's word when it
 * cannot be written
 */
export async function acquireLock(name: string, stop?: AbortSignal): Promise<JournalLock> {
  const before = await liveHolder(name, stop);
  if (before) throw locked(before);
  const path = `${name}.${randomBytes(6).toString("hex")}.lock`;
  const since = new Date().toISOString();
  const holder: LockHolder = { pid: process.pid, host: hostname(), since, space: await processSpace() };
  ownFiles.set(path, since);
  await writeFile(path, JSON.stringify(holder), { flag: "wx", mode: 0o600 }).catch(async (error: unknown) => {
    ownFiles.delete(path);
    await unlink(path).catch(() => undefined);
    throw lockFault(error, path);
  });
  for (let attempt = 1; ; attempt++) {
    const [other] = await heldLocks(name, path);
    if (!other) return new JournalLock(name, path);
    if (other.path < path || attempt >= TRIES) {
      await unlink(path).catch(() => undefined);
      ownFiles.delete(path);
      throw locked(other.holder);
    }
    await delay(50);
  }
}

/** The right to write a journal. */
export class JournalLock {
  private readonly timer: NodeJS.Timeout;
  /** By a clock that counts what the machine slept, too: others may have waited meanwhile. */
  private beatMs = STEADY.now();
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
    if (STEADY.now() - this.beatMs > STALE_MS / 2) await this.beat();
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
      this.beatMs = STEADY.now();
    } catch {
      const other = await lockHolder(this.journal, this.path);
      throw locked(other ?? { pid: 0, host: "?", since: now.toISOString(), space: "" });
    }
  }
}
