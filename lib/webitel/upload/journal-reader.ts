/** A journal, read back. */
import { createReadStream } from "node:fs";
import { createInterface } from "node:readline";
import type { Moment } from "./clock.js";
import type { JournalHead, JournalLine, SentPart, Watch } from "./journal.js";
import type { KnownRejects } from "./rejects-known.js";
import { type Counts, NO_ROWS, type Totals } from "./report.js";
import { RowSet } from "./rows.js";

/** What a journal says about a run. */
export interface JournalContent {
  head: JournalHead;
  path: string;
  ended: boolean;
  /** A user has ended it before its end. */
  cancelled: boolean;
  /** Rows whose outcome is known and was sent to the outputs. */
  handled: RowSet;
  /** Those of them that the server has refused. */
  refused: RowSet;
  counts: Totals;
  rejects: KnownRejects;
  /** Parts that arrived or may have arrived, in batches that are not done. */
  parts: SentPart[];
  lastBatch: number;
  /** Markers under which copies may still appear. */
  watches: Watch[];
}

/** @returns the object of a line; undefined for a damaged one */
export function parsedLine(line: string): Record<string, unknown> | undefined {
  try {
    const value = JSON.parse(line) as unknown;
    return value !== null && typeof value === "object" ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}

/** When a line was written; nothing where it does not say so. */
function momentOf({ at, upMs, boot }: Partial<Moment>): { at?: Moment } {
  if (typeof at !== "number") return {};
  return { at: { at, ...(upMs !== undefined && { upMs }), ...(boot !== undefined && { boot }) } };
}

const wholeNumber = (value: unknown): number => (Number.isSafeInteger(value) ? (value as number) : 0);

/** Collects what the lines of one journal say. */
class JournalReader {
  private readonly parts = new Map<string, SentPart>();
  private readonly watches = new Map<string, Watch>();
  private readonly content: JournalContent;

  constructor(path: string, head: JournalHead) {
    const counts = { ...NO_ROWS, doubled: 0, removed: 0 };
    this.content = {
      head,
      path,
      ended: false,
      cancelled: false,
      handled: new RowSet(),
      refused: new RowSet(),
      counts,
      rejects: {},
      parts: [],
      lastBatch: 0,
      watches: [],
    };
  }

  read(line: JournalLine): void {
    const { content, parts, watches } = this;
    if ("send" in line) {
      const { send: marker, batch, rows } = line;
      parts.set(marker, { marker, batch, rows, ...momentOf(line) });
      content.lastBatch = Math.max(content.lastBatch, wholeNumber(line.batch));
      content.cancelled = false;
    } else if ("ok" in line) {
      const part = parts.get(line.ok);
      if (part) part.ok = { ...(line.ids && { ids: line.ids }) };
      if (part && line.rows) part.rows = line.rows;
      const watch = watches.get(line.ok);
      if (watch && line.ids && !line.rows) watch.ids = line.ids;
    } else if ("no" in line) {
      parts.delete(line.no);
    } else if ("watch" in line) {
      const { watch: marker, keep, until: untilMs, rows = [], contents } = line;
      const copies = watches.get(marker)?.copies;
      const watch = { marker, keep, untilMs, rows, ...momentOf(line), ...(contents !== undefined && { contents }) };
      watches.set(marker, { ...watch, ...(copies && { copies }) });
    } else if ("copies" in line) {
      this.readCopies(line);
    } else if ("checked" in line) {
      watches.delete(line.checked);
    } else if ("done" in line) {
      this.readDone(line);
    } else if ("rejects" in line) {
      Object.assign(content.rejects, line.rejects);
    } else if ("end" in line) {
      content.ended = true;
    } else if ("cancelled" in line) {
      content.cancelled = true;
    }
  }

  result(): JournalContent {
    return { ...this.content, parts: [...this.parts.values()], watches: [...this.watches.values()] };
  }

  private readCopies({
    copies: marker,
    doubled,
    removed,
    ids,
    instead = [],
  }: Extract<JournalLine, { copies: string }>): void {
    const { counts } = this.content;
    counts.doubled += wholeNumber(doubled);
    counts.removed += wholeNumber(removed);
    const watch = this.watches.get(marker);
    // Lines of earlier versions do not say which.
    if (!watch || !(ids || watch.copies)) return;
    const before = watch.copies ?? { doubled: 0, removed: 0, ids: [], instead: [] };
    watch.copies = {
      doubled: before.doubled + wholeNumber(doubled),
      removed: before.removed + wholeNumber(removed),
      ids: [...before.ids, ...(ids ?? [])],
      instead: [...before.instead, ...instead],
    };
  }

  private readDone(line: Extract<JournalLine, { done: number }>): void {
    const { content, parts } = this;
    content.handled.add(line.rows);
    content.refused.add(line.refused ?? []);
    content.lastBatch = Math.max(content.lastBatch, wholeNumber(line.done));
    // A line may come behind that of the next file.
    if (line.file && line.file.ino === content.rejects.ino) Object.assign(content.rejects, line.file);
    for (const name of Object.keys(NO_ROWS) as (keyof Counts)[]) content.counts[name] += wholeNumber(line[name]);
    for (const part of parts.values())
      if (part.batch === line.done && (line.part ?? part.marker) === part.marker) parts.delete(part.marker);
  }
}

/** Reads a journal back; undefined when its first line is not one of ours. */
export async function readJournal(path: string): Promise<JournalContent | undefined> {
  let reader: JournalReader | undefined;
  for await (const text of createInterface({ input: createReadStream(path), crlfDelay: Infinity })) {
    const line = parsedLine(text);
    if (!line) continue;
    if (reader) reader.read(line as JournalLine);
    else if (typeof line["run"] === "string") reader = new JournalReader(path, line as unknown as JournalHead);
    else return undefined;
  }
  return reader?.result();
}
