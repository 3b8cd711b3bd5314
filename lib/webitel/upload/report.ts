/** What an upload reports: for each batch, and at the end. */
import type { RowError } from "../member.js";

/** Rows by what became of them. */
export interface Counts {
  accepted: number;
  rejected: number;
  uncertain: number;
  /** Left out because their numbers came earlier in the run. */
  duplicates: number;
}

/** A row that is not in the queue, or may not be. */
export interface Reject {
  /** 1 = first data row. */
  row: number;
  /** Line of the file or text where the row begins. */
  line?: number;
  /** HTTP status as a number, `EINVALID` = refused before sending, `UNCERTAIN` = the answer never came. */
  code: number | string;
  /** The server's words, or the error that was found before sending; undefined with `UNCERTAIN`. */
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

/** The whole run, also after a resume. `accepted + rejected + uncertain + duplicates = total`. */
export interface Report extends Counts {
  runId: string;
  queueId: string;
  total: number;
  batches: number;
  /** Since the run was first started. */
  durationMs: number;
  resumed: boolean;
  cancelled?: true;
}

/** A name for a run: its time first, so that names sort by age. */
export function newRunId(nowMs: number, random: () => number = Math.random): string {
  const chance = Math.floor(random() * 36 ** 4)
    .toString(36)
    .padStart(4, "0");
  return `${nowMs.toString(36).padStart(9, "0")}${chance}`;
}
