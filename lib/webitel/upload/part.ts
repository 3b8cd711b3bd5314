/** A batch or a part of it, as it is sent, and what became of it. */
import type { ContactCenterError } from "../errors.js";
import type { FoundMember } from "../types.js";
import type { BatchRow } from "./batches.js";
import type { BatchResult, Reject } from "./report.js";

/** What became of a part. */
export type Outcome =
  | { kind: "loaded"; ids: readonly string[] }
  /** `rest`: the others are not in the queue, because the server had ended the request. */
  | { kind: "partly"; found: FoundMember[]; rest: "send" | "uncertain"; answer?: number }
  /** `answer`: the HTTP status of an answer that does not say whether the rows were loaded; `open`: nobody waited for one. */
  | { kind: "uncertain"; answer?: number; open?: true }
  | { kind: "refused" | "too-large"; error: ContactCenterError }
  /** Some of its members have expired, and nothing was sent. */
  | { kind: "expired" }
  | { kind: "dropped" };

/** What is sent in one request. */
export interface Part {
  /** Behind the batch's number in the marker: `a` and `b` for halves, `r` for a rest. */
  suffix: string;
  entries: BatchRow[];
  /** They as a request's body, until it is sent. */
  body?: Buffer | undefined;
  /** An answer did not come, so the queue is asked before anything is sent again. */
  lost?: boolean;
  /** It was sent, and whether it is in the queue is not known now. */
  open?: boolean;
  /** Webitel has refused a larger part with these rows in it: the queue exists. */
  known?: boolean;
  /** When its batch was first sent, as of {@link passedMs}. */
  sinceMs: number;
}

/** What became of a batch, with those of its rows that are in none of the other fields. */
export interface DeliveredBatch extends BatchResult {
  /** Numbers of those that are {@link RefusedAlone}. */
  waiting: number[];
  /** Those that a cancel left without an outcome: whoever continues the run looks for them. */
  open: Reject[];
}
