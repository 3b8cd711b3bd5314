/**
 * What a run's journal knows of its rejects file, and how the file is brought back to it: rows that the journal does not know of are taken
 * off before the rest of the run begins, because they come again, and may then be refused for another reason, or loaded.
 */
import { type FileHandle, open, readdir, unlink } from "node:fs/promises";
import { basename, dirname, join, parse } from "node:path";
import { crc32 } from "node:zlib";

/** How far a rejects file is written. */
export interface Written {
  /** Which one: its inode. */
  ino: number;
  bytes: number;
  /** Of these bytes; null when somebody else has changed them. */
  crc: number | null;
}

/** What a run's journal knows of its file. */
export interface KnownRejects extends Partial<Written> {
  /** Absolute; another run may have renamed it since. */
  path?: string;
  /** When its inode was made (Unix milliseconds): both say which file it is, whatever its name. Its device may change with a mount. */
  born?: number;
  /** Bytes of its first line: a file with no more has no row. */
  header?: number;
  /** The system's code, where rows could not be written: they are missing there for good. */
  fault?: string;
}

/**
 * Opens a run's file by its name or by the one that another run gave it; undefined when it is gone.
 * @param flags as of `open`
 */
export async function openKnown(
  { path, ino, born }: KnownRejects,
  flags: string | number,
): Promise<{ file: FileHandle; path: string } | undefined> {
  if (path === undefined || ino === undefined) return undefined;
  const { name, ext } = parse(path);
  const folder = dirname(path);
  const others = await readdir(folder).catch((): string[] => []);
  const renamed = others.filter((each) => each.startsWith(`${name}.`) && each.endsWith(ext));
  for (const each of [basename(path), ...renamed]) {
    const file = await open(join(folder, each), flags).catch(() => undefined);
    if (!file) continue;
    const { ino: found, birthtimeMs } = await file.stat();
    if (found === ino && birthtimeMs === born) return { file, path: join(folder, each) };
    await file.close();
  }
  return undefined;
}

/** Whether a file still begins with what was written. */
async function isAsWritten(file: FileHandle, { bytes, crc }: Partial<Written>): Promise<boolean> {
  if (bytes === undefined || crc === undefined || crc === null) return false;
  let found = 0;
  let length = 0;
  if (bytes > 0)
    for await (const piece of file.createReadStream({ start: 0, end: bytes - 1, autoClose: false })) {
      found = crc32(piece as Buffer, found);
      length += (piece as Buffer).length;
    }
  return length === bytes && found === crc;
}

/**
 * Takes what the journal does not know of off the file of an earlier part of a run. A file that somebody has changed is left as it is.
 * @param path absolute, where the rest of the run writes; undefined for nowhere. A file elsewhere that has no row then is deleted
 * @returns what is known from now on: without `ino` where the rest begins a file of its own
 * @throws Error of the system
 */
export async function takeBack(known: KnownRejects, path: string | undefined): Promise<KnownRejects> {
  const { fault } = known;
  const another = fault === undefined ? {} : { fault };
  const found = await openKnown(known, "r+");
  if (!found) return another;
  const { file } = found;
  const isSame = path === known.path;
  try {
    if (!(await isAsWritten(file, known))) return isSame ? { ...known, crc: null } : another;
    await file.truncate(known.bytes);
    if (!isSame && known.bytes === known.header) await unlink(found.path);
    return isSame ? known : another;
  } finally {
    await file.close();
  }
}
