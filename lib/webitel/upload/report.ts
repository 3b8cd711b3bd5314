/** What an upload reports: for each batch, and at the end. */
import type { RowError } from "../member.js";
import type { Range } from "./rows.js";

/** Rows by what became of them. */
export interface Counts {
  accepted: number;
  rejected: number;
  uncertain: number;
  /** Left out because their numbers came earlier in the run. */
  duplicates: number;
}

/** Numbers of a run. */
export interface Totals extends Counts {
  /** Copies that a late commit left in the queue. */
  doubled: number;
  /** How many of them were deleted again. */
  removed: number;
}

/** Nothing yet. */
export const NO_ROWS: Counts = { accepted: 0, rejected: 0, uncertain: 0, duplicates: 0 };

/** How many rows these numbers are about. */
export function rowsOf({ accepted, rejected, uncertain, duplicates }: Counts): number {
  return accepted + rejected + uncertain + duplicates;
}

/** A row that is not in the queue, or may not be. */
export interface Reject {
  /** 1 = first data row. */
  row: number;
  /** Line of the file or text where the row begins. */
  line?: number;
  /** HTTP status as a number, `EINVALID` = refused before sending, `UNCERTAIN` = no answer says whether it was loaded. */
  code: number | string;
  /** The server's words, or the error that was found before sending; with `UNCERTAIN` what came instead, undefined where nothing did. */
  reason: string | RowError | undefined;
  /** The row, unchanged. */
  data: unknown;
}

/** One batch, settled. */
export interface BatchResult extends Counts {
  batch: number;
  /** Rows of this batch: accepted + rejected + uncertain + duplicates. */
  total: number;
  /** Row number to member id, where the server gave them. */
  ids: Record<string, string>;
  rejects: Reject[];
}

/** A batch that was sent twice: copies of its rows may still appear in the queue. */
export interface Unchecked {
  /** The variable `cc_batch` of its members. */
  batch: string;
  rows: readonly Range[];
  /** Copies may come until then, ISO 8601. */
  until: string;
}

/** A process that loads an input. */
export interface RunHolder {
  pid: number;
  host: string;
  /** ISO 8601. */
  since: string;
}

/** The whole run, also after a resume. `accepted + rejected + uncertain + duplicates = total`. */
export interface Report extends Totals {
  runId: string;
  queueId: string;
  total: number;
  batches: number;
  /** Since the run was first started. */
  durationMs: number;
  resumed: boolean;
  cancelled?: true;
  /** When the run began that loaded the same content into the same queue before, to its end, ISO 8601. */
  loadedBefore?: string;
  /** Nothing was loaded: a run over the same content and queue is at it, or was not loaded to its end. */
  skipped?: "running" | "unfinished";
  /** The process that is at it, when it is another one. */
  holder?: RunHolder;
  /** Ids of copies that stay in the queue, because they were called already or shall only be reported; 1000 at most. */
  copies?: string[];
  /** What was sent twice in a run that ended before its copies were checked; 1000 at most. */
  unchecked?: Unchecked[];
  /** Why refused rows are missing in their file. */
  rejectsFile?: string;
  /** Why the journal does not say that the run has ended, and what to do. */
  journal?: string;
}

/** How far a run is. */
export interface Progress {
  /** Rows that are done. */
  done: number;
  /** Rows of the input; estimated until it was read, missing when unknown. */
  rows?: number;
  percent?: number;
  perSecond: number;
  secondsLeft?: number;
}

/**
 * How far a run is, and how long it will take at the pace of this process.
 * @param counts the run so far
 * @param before rows that were done when this process began
 * @param rows rows of the input, estimated or read
 * @param elapsedMs milliseconds that this process has worked
 */
export function progressOf(counts: Counts, before: number, rows: number | undefined, elapsedMs: number): Progress {
  const done = rowsOf(counts);
  const perSecond = Math.round(((done - before) / Math.max(1, elapsedMs)) * 1000);
  if (rows === undefined) return { done, perSecond };
  // An estimate may be too low.
  const all = Math.max(rows, done);
  return {
    done,
    rows: all,
    percent: all === 0 ? 100 : Math.floor((done / all) * 100),
    perSecond,
    ...(perSecond > 0 && { secondsLeft: Math.ceil((all - done) / perSecond) }),
  };
}

/** A name for a run: its time first, so that names sort by age. */
export function newRunId(nowMs: number, random: () => number = Math.random): string {
  const chance = Math.floor(random() * 36 ** 4)
    .toString(36)
    .padStart(4, "0");
  return `${nowMs.toString(36).padStart(9, "0")}${chance}`;
}
