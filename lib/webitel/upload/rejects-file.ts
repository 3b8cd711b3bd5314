/**
 * The rows that a run refused, as a CSV that is ready to be corrected and loaded again: the input's own columns and `reason`.
 *
 * One file per run: that of an earlier run is kept beside it, with its time in its name, so that nobody loads yesterday's rows by mistake
 * and nothing is lost. A run knows its file again under such a name. Cells that the header has no name for follow behind the reason.
 */
import type { Stats } from "node:fs";
import {
  access,
  constants,
  type FileHandle,
  lstat,
  open,
  readlink,
  realpath,
  rename,
  stat,
  unlink,
} from "node:fs/promises";
import { dirname, join, parse, resolve } from "node:path";
import { crc32 } from "node:zlib";
import { isBlank, isRecord, textOf } from "../../core/values.js";
import { ContactCenterError, REFUSED } from "../errors.js";
import { type KnownRejects, openKnown, takeBack, type Written } from "./rejects-known.js";
import type { Reject } from "./report.js";
import type { RowSource } from "./source.js";

/** A refused row and why, in the integrator's language. */
export interface RejectedRow {
  data: unknown;
  reason: string;
  /** Its quotes do not fit: its text is written as it came, so that it is not taken for a row that was corrected. */
  isDamaged?: boolean;
}

/** A row for the file. One that was cut, because it is too long, stands there with its reason alone: no piece of it can be loaded. */
export function rejectedRow({ data, reason: found }: Reject, reason: string): RejectedRow {
  const key = typeof found === "object" ? found.key : undefined;
  return { data: key === "too-long" ? {} : data, reason, isDamaged: key === "quote" };
}

/** Who is told about the file. */
export interface RejectsObserver {
  /**
   * Called once when a row cannot be written; no further row is then. Also at once for the rest of a run whose file lacks rows.
   * @param written what the file has
   */
  onFault(fault: ContactCenterError, written?: Written): void;
  /** Called when a file is made, before it has a row; resolves when the journal knows of it. */
  onBegin(known: KnownRejects): Promise<void>;
}

/** The column behind those of the input. */
const REASON = "reason";
/** The same where a column of the input has that name, and its cells are loaded. */
const OTHER_REASON = "reason (2)";
const LINE_BREAK = "\r\n";
/** A write ends when it is on the disk: the journal relies on it. */
const APPEND = constants.O_RDWR | constants.O_APPEND | constants.O_SYNC;
const CREATE = APPEND | constants.O_CREAT | constants.O_EXCL;
/** Spreadsheets take a file without it for one of their country's encoding. */
const BYTE_ORDER_MARK = "\uFEFF";

function fault(error: unknown, path: string, key: string): ContactCenterError {
  const { code = "EIO" } = error as NodeJS.ErrnoException;
  return new ContactCenterError(
    code,
    key,
    { vendor: "webitel", operation: "upload", field: "rejectsFile" },
    { path, code },
  );
}

const quoted = (cell: string): string => `"${cell.replaceAll('"', '""')}"`;

/** A name beside a file's that tells when it was written; the number tells apart those of one second. */
function keptName(path: string, { mtime }: Stats, number: number): string {
  const { dir, name, ext } = parse(path);
  const time = mtime.toISOString().replace(/[-:]|\.\d+Z/g, "");
  return join(dir, `${name}.${time}${number > 1 ? `-${number}` : ""}${ext}`);
}

const codeOf = (error: unknown): string | undefined => (error as NodeJS.ErrnoException).code;

/** Makes a file; undefined when the name is taken. */
const make = (path: string): Promise<FileHandle | undefined> =>
  open(path, CREATE).catch((error: unknown) => {
    if (codeOf(error) === "EEXIST") return undefined;
    throw error;
  });

/** Gives what lies there a name that no other file has. */
async function keepEarlier(path: string): Promise<void> {
  const found = await lstat(path).catch(() => undefined);
  for (let number = 1; found; number++) {
    const name = keptName(path, found, number);
    // A rename replaces what has the name: this is an empty file of our own.
    const place = await make(name);
    if (!place) continue;
    await place.close();
    return rename(path, name).catch(async (error: unknown) => {
      await unlink(name);
      // Another run was quicker.
      if (codeOf(error) !== "ENOENT") throw error;
    });
  }
}

/** More links behind one another than any system follows. */
const MAX_LINKS = 40;

/** True when a path leads through /proc, as /dev/stdout does: the file behind it is an open one of some process. */
async function leadsThroughProc(path: string): Promise<boolean> {
  let target: string | undefined = path;
  for (let links = 0; target !== undefined && links < MAX_LINKS; links++) {
    const folder: string = await realpath(dirname(target));
    if (/^\/proc(\/|$)/.test(folder)) return true;
    target = await readlink(target).then(
      (next): string => resolve(folder, next),
      () => undefined,
    );
  }
  return false;
}

/** @throws Error `EINVALID` for a device or a pipe, which would be renamed or deleted in the place of a file */
async function throwIfSpecial(path: string): Promise<void> {
  const found = await stat(path).catch(() => undefined);
  if ((found && !found.isFile() && !found.isDirectory()) || (await leadsThroughProc(path)))
    throw Object.assign(new Error("no regular file"), { code: REFUSED });
}

/** The file of one run. */
export class RejectsFile {
  private writing: Promise<unknown> = Promise.resolve();
  private columns: string[] | undefined;
  private isBroken = false;

  private constructor(
    private readonly path: string,
    private readonly source: Pick<RowSource, "columns" | "delimiter">,
    private known: KnownRejects,
    private readonly observer: RejectsObserver,
    private readonly reasonColumn: string,
  ) {}

  /**
   * Opens the file of a run, which is seen to be writable. Nothing is written before the first row.
   * @param path absolute
   * @param source tells columns and separator
   * @param known of the rest of a run, which goes on behind what its journal knows of. Undefined for a new run
   * @param loaded the columns whose cells are loaded, where they are named
   * @throws ContactCenterError with the system's code when the file cannot be made
   */
  static async open(
    path: string,
    source: Pick<RowSource, "columns" | "delimiter">,
    known: KnownRejects | undefined,
    observer: RejectsObserver,
    loaded: readonly string[] = [],
  ): Promise<RejectsFile> {
    const reason = loaded.includes(REASON) ? OTHER_REASON : REASON;
    const absolute = resolve(path);
    let rest: KnownRejects = {};
    try {
      await access(dirname(absolute), constants.W_OK);
      await throwIfSpecial(absolute);
      // A folder of this name is refused, not renamed.
      const found = await open(absolute, APPEND).catch((error: unknown) => {
        if (codeOf(error) !== "ENOENT") throw error;
      });
      await found?.close();
      if (known) rest = await takeBack(known, absolute);
      else await keepEarlier(absolute);
    } catch (error) {
      throw fault(error, path, "webitel.errors.rejects-open");
    }
    if (known?.fault !== undefined) observer.onFault(fault({ code: known.fault }, path, "webitel.errors.rejects-file"));
    return new RejectsFile(absolute, source, rest, observer, reason);
  }

  /**
   * The rest of a run writes no file any more: what its journal does not know of is taken off the one that it has.
   * @throws ContactCenterError with the system's code when that fails
   */
  static async leave(known: KnownRejects): Promise<void> {
    await takeBack(known, undefined).catch((error: unknown) => {
      throw fault(error, known.path ?? "", "webitel.errors.rejects-open");
    });
  }

  /**
   * Writes rows, behind those before.
   * @returns resolves when they are on the disk, with what the file has; undefined when there are none, or they cannot be written
   */
  add(rows: readonly RejectedRow[]): Promise<Written | undefined> {
    if (rows.length === 0) return Promise.resolve(undefined);
    const written = this.writing
      .then(() => (this.isBroken ? undefined : this.write(rows)))
      .catch((error: unknown) => {
        this.isBroken = true;
        this.observer.onFault(fault(error, this.path, "webitel.errors.rejects-file"), this.written);
        return undefined;
      });
    this.writing = written;
    return written;
  }

  /** Resolves when all is written, or could not be. */
  async close(): Promise<void> {
    await this.writing;
  }

  /** Undefined when there is no file yet. */
  private get written(): Written | undefined {
    const { ino, bytes, crc = null } = this.known;
    return ino === undefined || bytes === undefined ? undefined : { ino, bytes, crc };
  }

  private async write(rows: readonly RejectedRow[]): Promise<Written | undefined> {
    const begins = this.columns === undefined;
    const columns = (this.columns ??= this.columnsOf(rows[0]?.data));
    const header = BYTE_ORDER_MARK + this.cells([...columns, this.reasonColumn]).join(this.delimiter) + LINE_BREAK;
    const file = (await this.reopen(begins ? header : "")) ?? (await this.begin(header));
    try {
      await this.append(
        file,
        rows.map((row) => this.line(columns, row)),
      );
      return this.written;
    } finally {
      await file.close();
    }
  }

  /** The run's file; undefined when it is gone or begins with something else. */
  private async reopen(header: string): Promise<FileHandle | undefined> {
    const file = (await openKnown(this.known, APPEND))?.file;
    if (!file) return undefined;
    const { size } = await file.stat();
    // Somebody has changed it: not even whether its last line has an end is known.
    if (size !== this.known.bytes) Object.assign(this.known, { bytes: size, crc: null });
    if (this.known.crc === null && (await textAt(file, size - 1, 1)) !== "\n") await this.append(file, [LINE_BREAK]);
    if ((await textAt(file, 0, Buffer.byteLength(header))) === header) return file;
    await file.close();
    return undefined;
  }

  private async begin(header: string): Promise<FileHandle> {
    let file: FileHandle | undefined;
    do {
      await keepEarlier(this.path);
      file = await make(this.path);
    } while (!file);
    const { ino, birthtimeMs: born } = await file.stat();
    this.known = { path: this.path, ino, born, bytes: 0, crc: 0, header: Buffer.byteLength(header) };
    await this.append(file, [header]);
    await this.observer.onBegin({ ...this.known });
    return file;
  }

  /** Appends lines; where there is no room for all of them, those that fit. @throws Error of the system */
  private async append(file: FileHandle, lines: readonly string[]): Promise<void> {
    const text = lines.join("");
    try {
      await file.appendFile(text);
      this.note(text);
    } catch (error) {
      const { size } = await file.stat();
      for (const line of lines) {
        if ((this.known.bytes ?? 0) + Buffer.byteLength(line) > size) break;
        this.note(line);
      }
      await file.truncate(this.known.bytes);
      throw error;
    }
  }

  /** The file has this text too. */
  private note(text: string): void {
    const { bytes = 0, crc = null } = this.known;
    this.known.bytes = bytes + Buffer.byteLength(text);
    this.known.crc = crc === null ? null : crc32(text, crc);
  }

  private columnsOf(row: unknown): string[] {
    const names = this.source.columns ?? (isRecord(row) ? Object.keys(row) : ["data"]);
    return names.filter((name) => name !== this.reasonColumn);
  }

  private get delimiter(): string {
    return this.source.delimiter ?? ";";
  }

  private cells(cells: readonly string[]): string[] {
    return cells.map((cell) => (cell.includes(this.delimiter) || /["\r\n]|^\s|\s$/.test(cell) ? quoted(cell) : cell));
  }

  private line(columns: readonly string[], { data, reason, isDamaged }: RejectedRow): string {
    // The quote before the reason ends what an open one holds: a damaged line never joins the next one.
    const said = isDamaged ? quoted(reason) : reason;
    const all = cellsOf([...columns, this.reasonColumn], data, said);
    return (isDamaged ? all : this.cells(all)).join(this.delimiter) + LINE_BREAK;
  }
}

async function textAt(file: FileHandle, from: number, length: number): Promise<string> {
  const { buffer, bytesRead } = await file.read(Buffer.alloc(length), 0, length, Math.max(0, from));
  return buffer.toString("utf8", 0, bytesRead);
}

/** A row's cells: by column, the last of which is that of the reason, and what the header has no name for. */
function cellsOf(columns: readonly string[], data: unknown, reason: string): string[] {
  const row = isRecord(data) ? data : { data };
  const cell = (name: string): string => {
    try {
      return isBlank(row[name]) ? "" : textOf(row[name]);
    } catch {
      // What JSON cannot write; the reason says so.
      return "";
    }
  };
  const others = Object.keys(row).filter((name) => !columns.includes(name));
  return [...columns.slice(0, -1).map(cell), reason, ...others.map(cell)];
}
