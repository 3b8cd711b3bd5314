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
  readdir,
  readlink,
  realpath,
  rename,
  stat,
  unlink,
} from "node:fs/promises";
import { dirname, join, parse, resolve } from "node:path";
import { isBlank, isRecord, textOf } from "../../core/values.js";
import { ContactCenterError, REFUSED } from "../errors.js";
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

/** What a run's journal knows of its file. */
export interface KnownRejects {
  /** Its inode, and when that was made (Unix milliseconds): which file it is, whatever its name. Its device may change with a mount. */
  ino?: number;
  born?: number;
  /** Its length with all rows of the batches that are done. */
  bytes?: number;
  /** The system's code, where rows could not be written: they are missing there for good. */
  fault?: string;
}

/** Who is told about the file. */
export interface RejectsObserver {
  /** Called once when a row cannot be written; no further row is then. Also at once for the rest of a run whose file lacks rows. */
  onFault(fault: ContactCenterError): void;
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
  /** Lines that the journal does not know of yet: their rows come again. */
  private unknown = "";

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
   * @param known the rest of a run goes behind what it has written: a row that its journal does not know of and that is refused again is
   * not written again. Undefined for a new run
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
    const file = new RejectsFile(resolve(path), source, known ?? {}, observer, reason);
    try {
      await access(dirname(file.path), constants.W_OK);
      await throwIfSpecial(file.path);
      // A folder of this name is refused, not renamed.
      const found = await open(file.path, APPEND).catch((error: unknown) => {
        if (codeOf(error) !== "ENOENT") throw error;
      });
      await found?.close();
      if (!known) await keepEarlier(file.path);
    } catch (error) {
      throw fault(error, path, "webitel.errors.rejects-open");
    }
    if (known?.fault !== undefined) observer.onFault(fault({ code: known.fault }, path, "webitel.errors.rejects-file"));
    return file;
  }

  /**
   * Writes rows, behind those before.
   * @returns resolves when they are on the disk, with the bytes of the file; undefined when there are none, or they cannot be written
   */
  add(rows: readonly RejectedRow[]): Promise<number | undefined> {
    if (rows.length === 0) return Promise.resolve(undefined);
    const written = this.writing
      .then(() => (this.isBroken ? undefined : this.write(rows)))
      .catch((error: unknown) => {
        this.isBroken = true;
        this.observer.onFault(fault(error, this.path, "webitel.errors.rejects-file"));
        return undefined;
      });
    this.writing = written;
    return written;
  }

  /** Resolves when all is written, or could not be. */
  async close(): Promise<void> {
    await this.writing;
  }

  private async write(rows: readonly RejectedRow[]): Promise<number> {
    const begins = this.columns === undefined;
    const columns = (this.columns ??= this.columnsOf(rows[0]?.data));
    const header = BYTE_ORDER_MARK + this.cells([...columns, this.reasonColumn]).join(this.delimiter) + LINE_BREAK;
    const own = await this.reopen(begins ? header : "");
    const file = own ?? (await this.begin());
    try {
      if (own && begins) await this.readUnknown(own);
      const lines = rows.map((row) => this.line(columns, row));
      await append(file, own ? lines : [header, ...lines]);
      const { ino, birthtimeMs: born, size } = await file.stat();
      this.known = { ino, born };
      return size;
    } finally {
      await file.close();
    }
  }

  /** The run's file, by its name or by the one that another run gave it; undefined when it is gone or begins with something else. */
  private async reopen(header: string): Promise<FileHandle | undefined> {
    const { path, known } = this;
    if (known.ino === undefined) return undefined;
    const { dir, base, name, ext } = parse(path);
    const others = (await readdir(dir)).filter((each) => each.startsWith(`${name}.`) && each.endsWith(ext));
    for (const each of [base, ...others]) {
      const file = await open(join(dir, each), APPEND).catch(() => undefined);
      if (!file) continue;
      const { ino, birthtimeMs } = await file.stat();
      if (ino === known.ino && birthtimeMs === known.born) {
        const { buffer } = await file.read(Buffer.alloc(Buffer.byteLength(header)), 0, null, 0);
        if (buffer.toString() === header) return file;
      }
      await file.close();
    }
    return undefined;
  }

  private async begin(): Promise<FileHandle> {
    let file: FileHandle | undefined;
    do {
      await keepEarlier(this.path);
      file = await make(this.path);
    } while (!file);
    const { ino, birthtimeMs: born } = await file.stat();
    await this.observer.onBegin({ ino, born, bytes: 0 });
    return file;
  }

  /** Reads what was written before a kill and may come again; a line that is not whole is cut off. */
  private async readUnknown(file: FileHandle): Promise<void> {
    const { bytes = 0 } = this.known;
    // The line break before.
    const from = Math.max(0, bytes - LINE_BREAK.length);
    const { size } = await file.stat();
    const { buffer } = await file.read(Buffer.alloc(Math.max(0, size - from)), 0, null, from);
    // Somebody has changed the file: nothing is known of it, not even whether its last line has an end.
    if (from > 0 && buffer.indexOf(LINE_BREAK) !== 0) return file.appendFile(LINE_BREAK);
    const end = buffer.lastIndexOf(LINE_BREAK) + LINE_BREAK.length;
    if (from + end < size) await file.truncate(from + end);
    this.unknown = LINE_BREAK + buffer.toString("utf8", 0, end);
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

  /** A row's line; "" when it is there already. */
  private line(columns: readonly string[], { data, reason, isDamaged }: RejectedRow): string {
    const { delimiter } = this;
    // The quote before the reason ends what an open one holds: a damaged line never joins the next one.
    const said = isDamaged ? quoted(reason) : reason;
    const all = cellsOf([...columns, this.reasonColumn], data, said);
    const cells = isDamaged ? all : this.cells(all);
    const row = cells.slice(0, columns.length).join(delimiter) + delimiter;
    // The reason may be said in other words.
    const at = this.unknown.indexOf(LINE_BREAK + row);
    if (at < 0) return cells.join(delimiter) + LINE_BREAK;
    this.unknown = this.unknown.slice(0, at) + this.unknown.slice(at + LINE_BREAK.length + row.length);
    return "";
  }
}

/** Appends lines; where there is no room for all of them, those that fit. @throws Error of the system */
async function append(file: FileHandle, lines: readonly string[]): Promise<void> {
  let { size: end } = await file.stat();
  try {
    await file.appendFile(lines.join(""));
  } catch (error) {
    const { size } = await file.stat();
    for (const line of lines) {
      const next = end + Buffer.byteLength(line);
      if (next > size) break;
      end = next;
    }
    await file.truncate(end);
    throw error;
  }
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
