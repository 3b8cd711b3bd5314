/** What all batches of a run share. */
import type { BackoffOptions } from "../../http/backoff.js";
import { ContactCenterError } from "../errors.js";
import type { WebitelClient } from "../client.js";
import type { Uncertain } from "../tables.js";
import type { Journal } from "./journal.js";
import type { Pace } from "./pace.js";
import type { Counts } from "./report.js";

/** The calls of the vendor that an upload makes. */
export type MembersApi = Pick<WebitelClient, "createMembers" | "findMembers">;

/** How patient an upload is; all in milliseconds. */
export interface Patience {
  /** Between tries: 500 to 30,000. */
  backoff: BackoffOptions;
  /** From a broken answer to the first question; 500, so that a server that is still busy with the batch can end it. */
  askAfterMs: number;
  /** The upload gives up after this time without a success. */
  giveUpMs: number;
}

export const PATIENCE: Patience = { backoff: { minMs: 500, maxMs: 30_000 }, askAfterMs: 500, giveUpMs: 600_000 };

/** What all batches of a run share. */
export interface RunContext {
  api: MembersApi;
  queueId: string;
  runId: string;
  journal: Journal;
  pace: Pace;
  uncertain: Uncertain;
  patience: Patience;
  /** Ends waiting; a request under way may end. */
  stop: AbortSignal;
  /** Ends requests under way too. */
  abort: AbortSignal;
  /** Numbers so far. */
  tally: Counts;
  /** Number of the run's first batch: when its halves fail like the whole, everything will. */
  firstBatch: number;
  /** When something was last decided, Unix milliseconds. */
  lastSuccessMs: number;
  /** When something was last loaded, Unix milliseconds; 0 = nothing yet. */
  lastLoadedMs: number;
}

/** Reason of the stop signal when a user cancelled: what is not in the queue by then is not waited for. */
export const CANCELLED = new ContactCenterError("ECANCELED", "webitel.errors.cancelled", {
  vendor: "webitel",
  operation: "upload",
});
