/**
 * The journal of one upload: a file that is only ever appended to, a JSON object per line.
 *
 *     {"run":"…","queue":"12","input":"…","started":1767225599000}   who and what; the first line
 *     {"send":"<marker>","batch":7,"rows":[[3001,3500]]}             about to be sent
 *     {"ok":"<marker>","ids":["881201",…]}                           in the queue
 *     {"no":"<marker>"}                                              not in the queue
 *     {"done":7,"rows":[[3001,3501]],"accepted":…,"rejected":…,"uncertain":…,"duplicates":…}   outputs sent; with "part" of that part alone
 *     {"end":{…}}                                                    the report
 *
 * A `send` line is on the disk (fdatasync) before the request leaves, so neither a killed process nor a power cut makes us forget a
 * batch that was sent. The other lines are written at once but not synced: one that is lost only means that the queue is asked again.
 * A line torn by a kill is skipped; appending continues on a new line.
 */
import { createReadStream } from "node:fs";
import { type FileHandle, mkdir, open, readdir, unlink } from "node:fs/promises";
import { dirname, join } from "node:path";
import { createInterface } from "node:readline";
import { isRecord } from "../../core/values.js";
import { ContactCenterError } from "../errors.js";
import type { Counts, Report } from "./report.js";
import { type Range, RowSet } from "./rows.js";

/** The first line. */
export interface JournalHead {
  run: string;
  queue: string;
  /** Hash of the input's content; "" when the input cannot be read again (a stream of messages). */
  input: string;
  /** Unix milliseconds. */
  started: number;
}

/** What happened to a part of a batch. */
export type JournalLine =
  | { send: string; batch: number; rows: Range[] }
  | { ok: string; ids?: string[] }
  | { no: string }
  | ({ done: number; rows: Range[]; part?: string } & Counts)
  | { end: Report };

/** A part that was sent. `ok` is undefined while the outcome is unknown. */
export interface SentPart {
  marker: string;
  batch: number;
  rows: Range[];
  ok?: { ids?: string[] };
}

/** What a journal says about a run. */
export interface JournalContent {
  head: JournalHead;
  path: string;
  ended: boolean;
  /** Rows whose outcome is known and was sent to the outputs. */
  handled: RowSet;
  counts: Counts;
  /** Parts that arrived or may have arrived, in batches that are not done. */
  parts: SentPart[];
  lastBatch: number;
}

/** A journal open for writing. The file is made with the first line. */
export class Journal {
  private file: FileHandle | undefined;
  private writing: Promise<void> = Promise.resolve();
  private broken: ContactCenterError | undefined;

  /** @param head written first in a new file; undefined goes on behind an old one */
  constructor(
    readonly path: string,
    private readonly head?: JournalHead,
  ) {}

  /**
   * Appends a line and resolves when it is on the disk.
   * @throws ContactCenterError with the system's word (`ENOSPC`, `EACCES`, …); everything afterwards fails with it too
   */
  append(line: JournalLine): Promise<void> {
    return this.write(line, true);
  }

  /** Appends a line behind those before; its loss does no harm, and a failure is seen by the next {@link append}. */
  note(line: JournalLine): void {
    void this.write(line, false).catch(() => undefined);
  }

  /** Resolves when all is written. */
  async close(): Promise<void> {
    await this.writing.catch(() => undefined);
    await this.file?.close();
    this.file = undefined;
  }

  private write(line: JournalLine, sync: boolean): Promise<void> {
    const text = `${JSON.stringify(line)}\n`;
    const work = this.writing.then(async () => {
      if (this.broken) throw this.broken;
      try {
        const file = this.file ?? (await this.open());
        await file.appendFile(text);
        if (sync) await file.datasync();
      } catch (error) {
        this.broken = journalFault(error, this.path);
        throw this.broken;
      }
    });
    this.writing = work.catch(() => undefined);
    return work;
  }

  private async open(): Promise<FileHandle> {
    await mkdir(dirname(this.path), { recursive: true });
    const file = await open(this.path, "a", 0o600);
    this.file = file;
    // An empty line does no harm; one torn by a kill must not swallow ours.
    await file.appendFile(this.head ? `${JSON.stringify(this.head)}\n` : "\n");
    return file;
  }
}

function journalFault(error: unknown, path: string): ContactCenterError {
  const { code = "EIO", message } = error as NodeJS.ErrnoException;
  return new ContactCenterError(
    code,
    "webitel.errors.journal",
    { vendor: "webitel", operation: "upload", field: "journal" },
    { path, code, detail: message },
  );
}

function parsed(line: string): Record<string, unknown> | undefined {
  try {
    const value = JSON.parse(line) as unknown;
    return isRecord(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

/** Reads a journal back; undefined when its first line is not one of ours. */
export async function readJournal(path: string): Promise<JournalContent | undefined> {
  let content: JournalContent | undefined;
  const parts = new Map<string, SentPart>();
  for await (const text of createInterface({ input: createReadStream(path), crlfDelay: Infinity })) {
    const line = parsed(text) as (JournalLine & Partial<JournalHead>) | undefined;
    if (!line) continue;
    if (!content) {
      if (typeof line.run !== "string") return undefined;
      const counts = { accepted: 0, rejected: 0, uncertain: 0, duplicates: 0 };
      content = {
        head: line as unknown as JournalHead,
        path,
        ended: false,
        handled: new RowSet(),
        counts,
        parts: [],
        lastBatch: 0,
      };
    } else if ("send" in line) {
      parts.set(line.send, { marker: line.send, batch: line.batch, rows: line.rows });
      content.lastBatch = Math.max(content.lastBatch, line.batch);
    } else if ("ok" in line) {
      const part = parts.get(line.ok);
      if (part) part.ok = { ...(line.ids && { ids: line.ids }) };
    } else if ("no" in line) {
      parts.delete(line.no);
    } else if ("done" in line) {
      content.handled.add(line.rows);
      content.lastBatch = Math.max(content.lastBatch, line.done);
      // A journal of an earlier version has no duplicates.
      for (const word of ["accepted", "rejected", "uncertain", "duplicates"] as const)
        content.counts[word] += line[word] ?? 0;
      for (const part of parts.values())
        if (part.batch === line.done && (line.part ?? part.marker) === part.marker) parts.delete(part.marker);
    } else if ("end" in line) {
      content.ended = true;
    }
  }
  if (content) content.parts = [...parts.values()];
  return content;
}

async function readHead(path: string): Promise<JournalHead | undefined> {
  for await (const text of createInterface({ input: createReadStream(path, { end: 4096 }) })) {
    const line = parsed(text);
    return typeof line?.["run"] === "string" ? (line as unknown as JournalHead) : undefined;
  }
  return undefined;
}

/** Where the journals of one node lie, and how many of them are kept. */
export class JournalFolder {
  /**
   * @param folder made when needed
   * @param owner the node's id
   */
  constructor(
    private readonly folder: string,
    private readonly owner: string,
    private readonly keep = 10,
  ) {}

  /** A new journal. */
  create(head: JournalHead): Journal {
    return new Journal(join(this.folder, `webitel-${this.owner}-${head.run}.jsonl`), head);
  }

  /** The first lines of this node's journals, newest first. */
  async runs(): Promise<{ path: string; head: JournalHead }[]> {
    const runs = await Promise.all((await this.paths()).map(async (path) => ({ path, head: await readHead(path) })));
    return runs.filter((run): run is { path: string; head: JournalHead } => run.head !== undefined);
  }

  /** Removes all but the newest journals of this node. */
  async tidy(): Promise<void> {
    for (const path of (await this.paths()).slice(this.keep)) await unlink(path).catch(() => undefined);
  }

  private async paths(): Promise<string[]> {
    const names = await readdir(this.folder).catch(() => [] as string[]);
    // A run's id begins with its time, so the names sort by age.
    return names
      .filter((name) => name.startsWith(`webitel-${this.owner}-`) && name.endsWith(".jsonl"))
      .sort()
      .reverse()
      .map((name) => join(this.folder, name));
  }
}
