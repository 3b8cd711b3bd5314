/**
 * The rows that a run refused, as a CSV that is ready to be corrected and loaded again: the input's own columns and `reason`.
 *
 * One file per run: that of an earlier run is kept beside it, with its time in its name, so that nobody loads yesterday's rows by mistake
 * and nothing is lost. Cells that the header has no name for follow behind the reason.
 */
import { createReadStream } from "node:fs";
import {
  access,
  appendFile,
  constants,
  open,
  readlink,
  realpath,
  rename,
  stat,
  truncate,
  unlink,
  writeFile,
} from "node:fs/promises";
import { dirname, extname, resolve } from "node:path";
import { createInterface } from "node:readline";
import { isBlank, isRecord, textOf } from "../../core/values.js";
import { ContactCenterError, REFUSED } from "../errors.js";
import type { RowSource } from "./source.js";

/** A refused row and why, in the integrator's language. */
export interface RejectedRow {
  data: unknown;
  reason: string;
  /** Its quotes do not fit: its text is written as it came, so that it is not taken for a row that was corrected. */
  isDamaged?: boolean;
}

const REASON = "reason";
const LINE_BREAK = "\r\n";
/** A write ends when it is on the disk: the journal relies on it. */
const SYNC = { flag: "as" } as const;
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

/** A name beside a file's that tells when it was written. */
function keptName(path: string, writtenMs: number): string {
  const time = new Date(writtenMs).toISOString().replace(/[-:]|\.\d+Z/g, "");
  const extension = extname(path);
  return `${path.slice(0, path.length - extension.length)}.${time}${extension}`;
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
    private readonly knownBytes: number | undefined,
    private readonly onFault: (fault: ContactCenterError) => void,
  ) {}

  /**
   * Opens the file of a run, which is seen to be writable. Nothing is written before the first row.
   * @param path absolute
   * @param source tells columns and separator
   * @param knownBytes the rest of a run goes behind what it has written, of which its journal knows so many bytes: a row behind them that
   * is refused again is not written again. Undefined for a new run
   * @param onFault called once when a row cannot be written; no further row is then
   * @throws ContactCenterError with the system's code when the file cannot be made
   */
  static async open(
    path: string,
    source: Pick<RowSource, "columns" | "delimiter">,
    knownBytes: number | undefined,
    onFault: (fault: ContactCenterError) => void,
  ): Promise<RejectsFile> {
    const file = new RejectsFile(resolve(path), source, knownBytes, onFault);
    try {
      await access(dirname(file.path), constants.W_OK);
      await throwIfSpecial(file.path);
      // A folder of this name is refused, not renamed.
      await (await open(file.path, "a")).close();
      if ((await stat(file.path)).size === 0) await unlink(file.path);
      if (knownBytes === undefined) await file.keepEarlier();
    } catch (error) {
      throw fault(error, path, "webitel.errors.rejects-open");
    }
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
        this.onFault(fault(error, this.path, "webitel.errors.rejects-file"));
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
    const header = this.cells([...columns, REASON]).join(this.delimiter) + LINE_BREAK;
    const continues = !begins || (await this.continues(header));
    if (begins && continues) await this.readUnknown();
    const lines = rows.map((row) => this.line(columns, row)).join("");
    if (continues) await appendFile(this.path, lines, SYNC);
    else {
      await this.keepEarlier();
      await writeFile(this.path, BYTE_ORDER_MARK + header + lines, SYNC);
    }
    return (await stat(this.path)).size;
  }

  /** Reads what was written before a kill and may come again; a line that is not whole is cut off. */
  private async readUnknown(): Promise<void> {
    const { knownBytes = 0 } = this;
    // The line break before.
    const from = Math.max(0, knownBytes - LINE_BREAK.length);
    const file = await open(this.path, "r");
    try {
      const { size } = await file.stat();
      const { buffer } = await file.read(Buffer.alloc(Math.max(0, size - from)), 0, null, from);
      // Somebody has changed the file: nothing is known of it, not even whether its last line has an end.
      if (from > 0 && buffer.indexOf(LINE_BREAK) !== 0) return await appendFile(this.path, LINE_BREAK);
      const end = buffer.lastIndexOf(LINE_BREAK) + LINE_BREAK.length;
      if (from + end < size) await truncate(this.path, from + end);
      this.unknown = LINE_BREAK + buffer.toString("utf8", 0, end);
    } finally {
      await file.close();
    }
  }

  private columnsOf(row: unknown): string[] {
    const names = this.source.columns ?? (isRecord(row) ? Object.keys(row) : ["data"]);
    return names.filter((name) => name !== REASON);
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
    const cells = isDamaged ? cellsOf(columns, data, quoted(reason)) : this.cells(cellsOf(columns, data, reason));
    const row = cells.slice(0, columns.length).join(delimiter) + delimiter;
    // The reason may be said in other words.
    const at = this.unknown.indexOf(LINE_BREAK + row);
    if (at < 0) return cells.join(delimiter) + LINE_BREAK;
    this.unknown = this.unknown.slice(0, at) + this.unknown.slice(at + LINE_BREAK.length + row.length);
    return "";
  }

  /** True when the file is there with this header, left by an earlier part of the run. */
  private async continues(header: string): Promise<boolean> {
    if (!(await this.isThere())) return false;
    for await (const line of createInterface({ input: createReadStream(this.path) }))
      return line.replace(BYTE_ORDER_MARK, "") === header.trimEnd();
    return false;
  }

  private async keepEarlier(): Promise<void> {
    if (await this.isThere()) await rename(this.path, keptName(this.path, (await stat(this.path)).mtimeMs));
  }

  private isThere(): Promise<boolean> {
    return stat(this.path).then(
      () => true,
      () => false,
    );
  }
}

/** A row's cells: by column, the reason, and what the header has no name for. */
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
  const others = Object.keys(row).filter((name) => name !== REASON && !columns.includes(name));
  return [...columns.map(cell), reason, ...others.map(cell)];
}
