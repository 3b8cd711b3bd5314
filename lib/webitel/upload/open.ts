/** Opens a run: a new one, or the rest of an unfinished one. */
import { ContactCenterError, REFUSED } from "../errors.js";
import { Journal, type JournalFolder, readJournal, type JournalContent } from "./journal.js";
import { newRunId } from "./report.js";
import type { Measure, RowSource } from "./source.js";

/** A run about to begin. */
export interface OpenedRun {
  runId: string;
  /** Unix milliseconds; of the first start. */
  startedMs: number;
  journal: Journal;
  /** Set on a resume. */
  before?: JournalContent;
  /** About how many rows there are. */
  rows?: number;
}

function cannotResume(
  why: "nothing" | "queue" | "stream" | "changed",
  field: string,
  params: Record<string, string> = {},
): ContactCenterError {
  return new ContactCenterError(
    REFUSED,
    `webitel.errors.resume.${why}`,
    { vendor: "webitel", operation: "resume", field, why },
    params,
  );
}

/** Starts a new run. */
export async function openRun(folder: JournalFolder, queueId: string, source: RowSource): Promise<OpenedRun> {
  const measure = await source.measure();
  await folder.tidy();
  const startedMs = Date.now();
  const runId = newRunId(startedMs);
  const journal = folder.create({ run: runId, queue: queueId, input: measure.fingerprint, started: startedMs });
  return { runId, startedMs, journal, ...withRowEstimate(measure) };
}

/**
 * Resumes the newest run over this input and queue.
 * @throws ContactCenterError `EINVALID` when there is none, when it ended, or when the last run was over another input or queue
 */
export async function resumeRun(folder: JournalFolder, queueId: string, source: RowSource): Promise<OpenedRun> {
  const runs = await folder.runs();
  const [newest] = runs;
  if (!newest) throw cannotResume("nothing", "action");
  const measure = await source.measure();
  const same = runs.find(
    ({ head }) => head.queue === queueId && head.input === measure.fingerprint && head.input !== "",
  );
  const before = await readJournal((same ?? newest).path);
  if (!before || before.ended) throw cannotResume("nothing", "action");
  const { run, queue, input, started } = before.head;
  if (!same)
    throw input === ""
      ? cannotResume("stream", "source", { run })
      : queue === queueId
        ? cannotResume("changed", "source", { run })
        : cannotResume("queue", "queueId", { run, queue, wanted: queueId });
  return { runId: run, startedMs: started, journal: new Journal(before.path), before, ...withRowEstimate(measure) };
}

function withRowEstimate({ rows }: Measure): { rows?: number } {
  return rows === undefined ? {} : { rows };
}
