/** What all batches of a run share. */
import type { BackoffOptions } from "../../http/backoff.js";
import { ContactCenterError } from "../errors.js";
import type { WebitelClient } from "../client.js";
import type { Doubles, Uncertain } from "../tables.js";
import type { Announcements } from "./announcements.js";
import type { Journal } from "./journal.js";
import type { Pace } from "./pace.js";
import type { RefusedAlone } from "./refused-alone.js";
import type { SizeBound } from "./size-bound.js";
import type { Totals } from "./report.js";

/** The calls of the vendor that an upload makes. */
export type MembersApi = Pick<WebitelClient, "createMembers" | "findMembers" | "deleteMember">;

/** How patient an upload is; all in milliseconds. */
export interface Patience {
  /** Between tries: 500 to 30,000. */
  backoff: BackoffOptions;
  /** From a broken answer to the first question; 500, so that a server that is still busy with the batch can end it. */
  askAfterMs: number;
  /** The upload gives up when the first failure since the last success is this old. */
  giveUpMs: number;
  /** For how long a server may still commit a batch whose answer broke. */
  lateMs: number;
}

export const PATIENCE: Patience = {
  backoff: { minMs: 500, maxMs: 30_000 },
  askAfterMs: 500,
  giveUpMs: 600_000,
  lateMs: 90_000,
};

/** How long a cancelled run asks the queue for what is open, in milliseconds. */
export const LAST_QUESTION_MS = 2000;

/** How long a search of the queue may take, in milliseconds: at first, and at most once it has taken longer. */
export const SEARCH_MS = 15_000;
export const SEARCH_MAX_MS = 120_000;

/** What an upload is waiting for. */
export interface Wait {
  /** The code of the failure, or `check`: for copies that come late. */
  code: number | string;
  /** Unix milliseconds. */
  untilMs: number;
}

/** What all batches of a run share. */
export interface RunContext {
  readonly api: MembersApi;
  readonly queueId: string;
  readonly runId: string;
  /** The input cannot be read again. */
  readonly isStream: boolean;
  /** The import's name, as Webitel shows it. */
  readonly fileName: string | undefined;
  readonly journal: Journal;
  readonly announcements: Announcements;
  readonly pace: Pace;
  readonly uncertain: Uncertain;
  readonly doubles: Doubles;
  readonly patience: Patience;
  /** Ends waiting; a request under way may end. */
  readonly stop: AbortSignal;
  /** Ends requests under way too. */
  readonly abort: AbortSignal;
  readonly onWait: (wait: Wait) => void;
  /** Members of a batch that was reported have other ids, by row: those of copies that stay in their place. */
  readonly onCorrected: (batch: number, ids: Record<string, string>) => void;
  /** Numbers so far. */
  readonly tally: Totals;
  /** How large a bulk may be. */
  readonly size: SizeBound;
  /** First failure since the last success, as of `passedMs`; undefined while all goes well. */
  failingSinceMs: number | undefined;
  /** Milliseconds since then in which the server asked to be left alone. */
  heldMs: number;
  /** Milliseconds that a search of the queue may take; more after one that took longer. */
  searchMs: number;
  /** When something was last loaded, as of `passedMs`; 0 = nothing yet. */
  lastLoadedMs: number;
  /** First ids of the answers so far: an answer that comes again, from a cache, is of another batch. */
  readonly firstIds: Set<string>;
  readonly refusedAlone: RefusedAlone;
}

/** The run has got ahead: what failed before does not count any more. */
export function noteSuccess(run: RunContext): void {
  run.failingSinceMs = undefined;
  run.heldMs = 0;
}

/** Reason of the stop signal when a user cancelled: what is not in the queue by then is not waited for. */
export const CANCELLED = new ContactCenterError("ECANCELED", "webitel.errors.cancelled", {
  vendor: "webitel",
  operation: "upload",
});
