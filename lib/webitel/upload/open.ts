/** The beginning of a run: a new one, the rest of one that broke off, or none because the same content is being loaded. */
import { ContactCenterError, REFUSED } from "../errors.js";
import type { Again } from "../tables.js";
import { isEnded, type Journal, type JournalContent, type JournalFolder, readJournal } from "./journal.js";
import { lockHolder } from "./lock.js";
import { newRunId } from "./report.js";
import type { Measure, RowSource } from "./source.js";

/** A run about to begin. Its journal is locked until it is closed. */
export interface OpenedRun {
  runId: string;
  /** Hash of the content; "" for messages of a stream. */
  fingerprint: string;
  /** Unix milliseconds; of the first start. */
  startedMs: number;
  journal: Journal;
  /** Set on a resume. */
  before?: JournalContent;
  /** About how many rows there are. */
  rows?: number;
}

/** A message that loads nothing, because a run over the same content and queue exists. */
export interface SkippedRun {
  /** The run that exists. */
  runId: string;
  skipped: "running" | "unfinished";
}

function cannotResume(
  why: "nothing" | "queue" | "stream" | "changed",
  field: string,
  words: Record<string, string> = {},
): ContactCenterError {
  return new ContactCenterError(
    REFUSED,
    `webitel.errors.resume.${why}`,
    { vendor: "webitel", operation: "resume", field, why },
    words,
  );
}

/** Starts a new run. */
export async function openRun(
  folder: JournalFolder,
  queueId: string,
  source: RowSource,
  measured?: Measure,
): Promise<OpenedRun> {
  const measure = measured ?? (await source.measure());
  await folder.tidy();
  const startedMs = Date.now();
  const runId = newRunId(startedMs);
  const journal = await folder.create({ run: runId, queue: queueId, input: measure.fingerprint, started: startedMs });
  return { runId, startedMs, journal, ...measure };
}

/**
 * Starts a run, unless one over the same content and queue runs or is unfinished: then `again` decides.
 * @param again `load` starts a new run; `resume` continues the unfinished one; `skip` does nothing. One that runs is never joined.
 */
export async function beginRun(
  folder: JournalFolder,
  queueId: string,
  source: RowSource,
  again: Again,
): Promise<OpenedRun | SkippedRun> {
  const measure = await source.measure();
  const same = again === "load" ? undefined : await newestOver(folder, queueId, measure);
  if (!same || (await isEnded(same.path))) return openRun(folder, queueId, source, measure);
  if (await lockHolder(same.path)) return { runId: same.runId, skipped: "running" };
  if (again === "skip") return { runId: same.runId, skipped: "unfinished" };
  const before = await readJournal(same.path);
  return before && !before.ended ? continueRun(folder, before, measure) : openRun(folder, queueId, source, measure);
}

/**
 * Continues the newest run over this input and queue.
 * @throws ContactCenterError `EINVALID` when there is none, when it ended, when the last run was over another input or queue, or when
 * another process is at it
 */
export async function resumeRun(folder: JournalFolder, queueId: string, source: RowSource): Promise<OpenedRun> {
  const [newest] = await folder.runs();
  if (!newest) throw cannotResume("nothing", "action");
  const measure = await source.measure();
  const same = await newestOver(folder, queueId, measure);
  const before = await readJournal(same?.path ?? newest.path);
  if (!before || before.ended) throw cannotResume("nothing", "action");
  const { run, queue, input } = before.head;
  if (!same)
    throw input === ""
      ? cannotResume("stream", "source", { run })
      : queue === queueId
        ? cannotResume("changed", "source", { run })
        : cannotResume("queue", "queueId", { run, queue, wanted: queueId });
  return continueRun(folder, before, measure);
}

async function continueRun(folder: JournalFolder, before: JournalContent, measure: Measure): Promise<OpenedRun> {
  const { run, started } = before.head;
  const journal = await folder.continue(before.path);
  return { runId: run, startedMs: started, journal, before, ...measure };
}

/** The newest run over the same content and queue; messages of a stream are never the same. */
async function newestOver(
  folder: JournalFolder,
  queueId: string,
  { fingerprint }: Measure,
): Promise<{ path: string; runId: string } | undefined> {
  if (fingerprint === "") return undefined;
  const same = (await folder.runs()).find(({ head }) => head.queue === queueId && head.input === fingerprint);
  return same && { path: same.path, runId: same.head.run };
}
