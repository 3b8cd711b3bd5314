/** What an upload is given, and whom it tells. */
import type { ContactCenterError } from "../errors.js";
import type { MappingResult } from "../member.js";
import type { Doubles, Uncertain } from "../tables.js";
import type { MembersApi, Patience, Wait } from "./context.js";
import type { Journal } from "./journal.js";
import type { JournalContent } from "./journal-reader.js";
import type { Written } from "./rejects-known.js";
import type { BatchResult, Progress, Report } from "./report.js";
import type { RowValues } from "./rows.js";
import type { UniqueDestinations } from "./unique.js";

/** Everything one run needs. */
export interface UploadOptions {
  api: MembersApi;
  queueId: string;
  runId: string;
  /** Unix milliseconds. */
  startedMs: number;
  journal: Journal;
  /** Hash of the input's content; "" when it cannot be read again. */
  fingerprint?: string;
  toMember: (row: unknown, values?: RowValues) => MappingResult | Promise<MappingResult>;
  /** Leaves out numbers that came earlier in the run. */
  unique?: UniqueDestinations | undefined;
  /** Members of a batch. */
  batchSize: number;
  /** Batches under way at once. */
  concurrency: number;
  /** Members per second, 0 = as fast as it goes. */
  rate: number;
  uncertain: Uncertain;
  doubles?: Doubles;
  /** The import's name, as Webitel shows it. */
  fileName?: string;
  /** About how many rows there are. */
  rows?: number;
  /** The journal of the earlier part of this run. */
  before?: JournalContent;
  /** When an earlier run began that loaded the same to its end, ISO 8601. */
  loadedBefore?: string;
  patience?: Patience;
  /**
   * Called with each settled batch, in the order in which they are settled; with no rows when ids are corrected. Resolves when the refused
   * rows are kept, with how far their file is written: before, the journal does not say that the batch is done.
   */
  onBatch(result: BatchResult, progress: Progress): void | Promise<Written | undefined>;
  /** Called with the report before the journal says that the run has ended: a process that is killed before says it again. */
  onReport?(report: Report): void | Promise<void>;
  /** Called once when the journal cannot be written to its end: before the report where that is known by then. */
  onJournalFault?(fault: ContactCenterError): void;
  /** Called when the upload waits, and for what. */
  onWait?(wait: Wait): void;
}
