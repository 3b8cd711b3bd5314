/**
 * The journal of one upload: a file that is only ever appended to, a JSON object per line.
 *
 *     {"run":"…","queue":"12","server":"…","input":"…","started":1767225599000}   who and what; the first line
 *     {"send":"<marker>","batch":7,"rows":[[3001,3500]],"at":1767225600123,"upMs":…,"boot":"…"}   about to be sent
 *     {"ok":"<marker>","ids":["881201",…]}                           in the queue; with "rows" these only
 *     {"watch":"<marker>","keep":500,"until":1767225689000,"rows":[[3001,3500]]}          about to be sent again: copies may come; the last line counts. "contents" tells its rows apart
 *     {"copies":"<marker>","doubled":500,"removed":0,"ids":["881701",…]}   copies were found, and are about to be deleted
 *     {"copies":"<marker>","doubled":0,"removed":500}                their number changed; "instead": [[<reported>, <who stays>], …]
 *     {"checked":"<marker>"}                                         no copy can come any more
 *     {"no":"<marker>"}                                              not in the queue
 *     {"done":7,"rows":[[3001,3501]],"accepted":…,"rejected":…,"uncertain":…,"duplicates":…}   outputs sent; with "part" of that part alone, with "refused" the rows that the server did not take, with "file" how far the rejects file then is written
 *     {"rejects":{"path":…,"ino":…,"born":…,"bytes":…,"crc":…}}      a rejects file was made; "fault" that it lacks rows
 *     {"end":{…}}                                                    the report
 *     {"cancelled":{…}}                                              the report of a run that can be continued
 *
 * A `send` line is on the disk (O_SYNC) before the request leaves, so neither a killed process nor a power cut makes us forget a batch
 * that was sent. The other lines go along with the next one: one that is lost only means that the queue is asked again.
 * A line torn by a kill is skipped; appending continues on a new line.
 */
import { type FileHandle, mkdir, open, unlink } from "node:fs/promises";
import { dirname } from "node:path";
import { ContactCenterError } from "../errors.js";
import type { Moment } from "./clock.js";
import type { JournalLock } from "./lock.js";
import type { KnownRejects, Written } from "./rejects-known.js";
import type { Counts, Report } from "./report.js";
import type { Range } from "./rows.js";

/** The first line. */
export interface JournalHead {
  run: string;
  queue: string;
  /** The Webitel that has the queue, as the client names it; missing in journals of earlier versions. */
  server?: string;
  /** Hash of the input's content; "" when the input cannot be read again (a stream of messages). */
  input: string;
  /** Unix milliseconds. */
  started: number;
}

/** What is known of a marker's copies. */
export interface FoundCopies {
  doubled: number;
  removed: number;
  /** Theirs. */
  ids: readonly string[];
  /** Who stays in the place of a reported one, by id. */
  instead: readonly (readonly [string, string])[];
}

/** What happened to a part of a batch. */
export type JournalLine =
  | ({ send: string; batch: number; rows: Range[] } & Partial<Moment>)
  | { ok: string; ids?: readonly string[]; rows?: Range[] }
  | ({ watch: string; keep: number; until: number; rows?: readonly Range[]; contents?: string } & Partial<Moment>)
  | ({ copies: string } & Partial<FoundCopies>)
  | { checked: string }
  | { no: string }
  | ({ done: number; rows: Range[]; part?: string; refused?: Range[]; file?: Written | undefined } & Counts)
  | { rejects: KnownRejects }
  | { end: Report }
  | { cancelled: Report };

/** The report of a run. */
type LastLine = Extract<JournalLine, { end: Report } | { cancelled: Report }>;

/** A part that was sent. `ok` is undefined while the outcome is unknown. */
export interface SentPart {
  marker: string;
  batch: number;
  rows: Range[];
  /** When it was sent. */
  at?: Moment;
  ok?: { ids?: readonly string[] };
}

/** A marker under which copies may appear. */
export interface Watch {
  marker: string;
  /** How many members with this marker belong into the queue; 0 when their rows were sent under another one. */
  keep: number;
  /** Copies may come until then, Unix milliseconds by the clock of when it was written. */
  untilMs: number;
  /** When it was written; undefined in a journal of an earlier version. */
  at?: Moment;
  /** The rows that were sent under it. */
  rows: readonly Range[];
  /** What tells them apart; undefined where nobody wrote it down. */
  contents?: string | undefined;
  /** Their members' ids, once they were reported. */
  ids?: readonly string[];
  /** Those that an earlier process has found. */
  copies?: FoundCopies;
}

/** A journal open for writing. The file is made with the first line. */
export class Journal {
  private file: FileHandle | undefined;
  private writing: Promise<void> = Promise.resolve();
  /** Lines that wait to be written together. */
  private waiting = "";
  private broken: ContactCenterError | undefined;
  private wasOpened = false;

  /**
   * @param head written first in a new file; undefined continues an old one
   * @param locks say that no other process writes, or loads the same input; released with the journal
   */
  constructor(
    readonly path: string,
    private readonly head?: JournalHead,
    private readonly locks: readonly JournalLock[] = [],
  ) {}

  /** There is something to resume. */
  get isBegun(): boolean {
    return this.wasOpened || this.head === undefined;
  }

  /**
   * Appends a line and resolves when it is on the disk.
   * @throws ContactCenterError with the system's word (`ENOSPC`, `EACCES`, …); everything afterwards fails with it too. `EINVALID`
   * when another process has taken the run over
   */
  async append(line: JournalLine): Promise<void> {
    await this.verify();
    this.waiting += lineOf(line);
    await this.flush();
  }

  /**
   * Appends a line behind those before, together with an {@link append} that follows at once; its loss does no harm, and a failure is
   * seen by the next append.
   */
  note(line: JournalLine): void {
    if (this.waiting === "") setImmediate(() => void this.flush().catch(() => undefined));
    this.waiting += lineOf(line);
  }

  /**
   * Resolves when all before is written, and there is room for the last line; with the error that names the consequence where there is
   * not.
   */
  async written(last: LastLine): Promise<ContactCenterError | undefined> {
    await this.flush(Buffer.byteLength(lineOf(last))).catch(() => undefined);
    return this.faultBefore(last);
  }

  private faultBefore(last: LastLine): ContactCenterError | undefined {
    if (!this.broken) return undefined;
    const { path } = this;
    const { code, cause } = this.broken;
    const key = "cancelled" in last ? "webitel.errors.journal-cancelled" : "webitel.errors.journal-end";
    return new ContactCenterError(code, key, cause, { path, code });
  }

  /**
   * Appends a run's report. Where that fails the journal of a run that has ended is deleted: the same content would count as loaded.
   * @returns as {@link written}
   */
  async end(line: LastLine): Promise<ContactCenterError | undefined> {
    this.note(line);
    await this.flush().catch(() => undefined);
    const fault = this.faultBefore(line);
    // Another process may have taken the run over. The fault says what to do where the file stays.
    if (fault && "end" in line)
      await this.verify()
        .then(() => unlink(this.path))
        .catch(() => undefined);
    return fault;
  }

  /** Resolves when all is written. */
  async close(): Promise<void> {
    await this.flush().catch(() => undefined);
    await this.file?.close();
    this.file = undefined;
    for (const lock of this.locks) await lock.release();
  }

  private async verify(): Promise<void> {
    for (const lock of this.locks) await lock.verify();
  }

  /** Writes what waits: one write for all of it. @param room bytes for which there has to be room behind it */
  private flush(room = 0): Promise<void> {
    const work = this.writing.then(async () => {
      const text = this.waiting;
      this.waiting = "";
      if (this.broken) throw this.broken;
      if (text === "" && room === 0) return;
      try {
        const file = this.file ?? (await this.open());
        if (text !== "") await file.appendFile(text);
        if (room > 0) await reserve(file, room);
      } catch (error) {
        this.broken = journalFault(error, this.path, this.head?.input === "");
        throw this.broken;
      }
    });
    this.writing = work.catch(() => undefined);
    return work;
  }

  private async open(): Promise<FileHandle> {
    await mkdir(dirname(this.path), { recursive: true });
    // "s": a write ends when it is on the disk.
    const file = await open(this.path, "as", 0o600);
    this.file = file;
    // An empty line does no harm; one torn by a kill must not swallow ours.
    await file.appendFile(this.head ? `${JSON.stringify(this.head)}\n` : "\n");
    this.wasOpened = true;
    return file;
  }
}

/** Sees whether a file has room for so many bytes. @throws Error of the system */
async function reserve(file: FileHandle, bytes: number): Promise<void> {
  const { size } = await file.stat();
  try {
    await file.appendFile(`${" ".repeat(bytes - 1)}\n`);
  } finally {
    await file.truncate(size);
  }
}

const lineOf = (line: JournalLine): string => `${JSON.stringify(line)}\n`;

function journalFault(error: unknown, path: string, isStream: boolean): ContactCenterError {
  const { code = "EIO", message } = error as NodeJS.ErrnoException;
  return new ContactCenterError(
    code,
    isStream ? "webitel.errors.journal-stream" : "webitel.errors.journal",
    { vendor: "webitel", operation: "upload", field: "journal" },
    { path, code, detail: message },
  );
}
