/** The beginning of a run: a new one, the rest of one that broke off, or none because the same content is being loaded. */
import { ContactCenterError, REFUSED } from "../errors.js";
import type { Again } from "../tables.js";
import { isEnded, type JournalFolder } from "./journal-folder.js";
import type { Journal } from "./journal.js";
import { type JournalContent, readJournal } from "./journal-reader.js";
import { isOwnLock, type JournalLock } from "./lock.js";
import { newRunId, type RunHolder } from "./report.js";
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
  /** When the earlier run began that loaded the same content into the same queue to its end, ISO 8601. */
  loadedBefore?: string;
  /** The Webitel to which an unfinished run over the same content and queue went, when it is another one: nothing of that is continued. */
  elsewhere?: string;
}

/** A message that loads nothing, because a run over the same content and queue exists. */
export interface SkippedRun {
  /** The run that exists. */
  runId: string;
  skipped: "running" | "unfinished";
  /** The process that is at it, when it is another one. */
  holder?: RunHolder;
}

function cannotResume(
  why: "nothing" | "server" | "queue" | "stream" | "changed" | "damaged",
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

/**
 * Starts a new run.
 * @param input the right to load this input; without it a second run may be over the same
 * @param loadedBefore see {@link OpenedRun.loadedBefore}
 */
export async function openRun(
  folder: JournalFolder,
  queueId: string,
  source: RowSource,
  measured?: Measure,
  input?: JournalLock,
  loadedBefore?: string,
): Promise<OpenedRun> {
  const measure = measured ?? (await source.measure());
  await folder.tidy();
  const startedMs = Date.now();
  const runId = newRunId(startedMs);
  const head = { run: runId, queue: queueId, input: measure.fingerprint, started: startedMs };
  const journal = await folder.create(head, input);
  return { runId, startedMs, journal, ...measure, ...(loadedBefore !== undefined && { loadedBefore }) };
}

/**
 * Starts a run, unless one over the same content and queue runs or is unfinished: then `again` decides.
 * @param again `load` starts a new run, `resume` continues the unfinished one, `skip` does nothing. One that runs is never joined.
 * @param isStart a user has asked for it: an unfinished run is continued whatever `again` is, but one that was cancelled is started
 * anew where that is `load`
 * @throws ContactCenterError `EINVALID` when a journal is damaged and may be of an unfinished run over the same content
 */
export async function beginRun(
  folder: JournalFolder,
  queueId: string,
  source: RowSource,
  again: Again,
  isStart = false,
): Promise<OpenedRun | SkippedRun> {
  const measure = await source.measure();
  if (again === "load" && !isStart) {
    const same = await newestOver(folder, queueId, measure);
    return openRun(folder, queueId, source, measure, undefined, await loadedBefore(same));
  }
  return withInput(folder, queueId, measure, async (input) => {
    const same = await newestOver(folder, queueId, measure);
    const before = await loadedBefore(same);
    if (!same || before !== undefined) {
      // It may be the journal of this very list.
      if (input) await throwIfDamaged(folder, same?.path);
      const elsewhere = same ? undefined : await unfinishedElsewhere(folder, queueId, measure);
      const run = await openRun(folder, queueId, source, measure, input, before);
      return elsewhere === undefined ? run : { ...run, elsewhere };
    }
    const holder = await folder.holderOf(same.path);
    if (holder) return running(same.runId, holder);
    if (again === "skip" && !isStart) return { runId: same.runId, skipped: "unfinished" } as const;
    const content = await readJournal(same.path);
    return content && !content.ended && !(again === "load" && content.cancelled)
      ? continueRun(folder, content, measure, input)
      : openRun(folder, queueId, source, measure, input);
  }).catch(async (error: unknown) => {
    const holder = lockedBy(error);
    if (!holder) throw error;
    const same = await newestOver(folder, queueId, measure);
    return running(same?.runId ?? "", holder);
  });
}

/** The holder that an error of a lock names. */
const lockedBy = (error: unknown): RunHolder | undefined =>
  error instanceof ContactCenterError && error.cause["why"] === "locked"
    ? (error.cause["holder"] as RunHolder)
    : undefined;

function running(runId: string, holder: RunHolder): SkippedRun {
  const { pid, host, since } = holder;
  return { runId, skipped: "running", ...(!isOwnLock(holder) && { holder: { pid, host, since } }) };
}

/**
 * Opens a run while no other process can open one over the same input. What was opened keeps the lock until its journal is closed.
 * @throws ContactCenterError `EINVALID` with the holder's name when another process is at this input
 */
async function withInput<Run extends OpenedRun | SkippedRun>(
  folder: JournalFolder,
  queueId: string,
  { fingerprint }: Measure,
  open: (input: JournalLock | undefined) => Promise<Run>,
): Promise<Run> {
  const input = await folder.acquireInput(queueId, fingerprint);
  let run: Run | undefined;
  try {
    run = await open(input);
    return run;
  } finally {
    if (!run || "skipped" in run) await input?.release();
  }
}

/**
 * Continues the newest run over this input and queue.
 * @throws ContactCenterError `EINVALID` when there is none, when it ended, when the last run was over another input or queue, or when
 * another process is at it
 */
export async function resumeRun(folder: JournalFolder, queueId: string, source: RowSource): Promise<OpenedRun> {
  const [newest] = await folder.runs();
  if (!newest) throw await nothingToResume(folder);
  const measure = await source.measure();
  return withInput(folder, queueId, measure, (input) => resumeMeasured(folder, queueId, newest, measure, input));
}

/** @throws ContactCenterError `EINVALID` when a journal, newer than this one, cannot be read */
async function throwIfDamaged(folder: JournalFolder, than?: string): Promise<void> {
  const path = await folder.damaged(than);
  if (path !== undefined) throw cannotResume("damaged", "journal", { path });
}

/** There is none, or none that can be read. */
async function nothingToResume(folder: JournalFolder): Promise<ContactCenterError> {
  await throwIfDamaged(folder);
  for (const { path, head } of await folder.runsElsewhere())
    if (!(await isEnded(path)))
      return cannotResume("server", "connection", { run: head.run, server: head.server ?? "" });
  return cannotResume("nothing", "action");
}

async function resumeMeasured(
  folder: JournalFolder,
  queueId: string,
  newest: { path: string },
  measure: Measure,
  input: JournalLock | undefined,
): Promise<OpenedRun> {
  const same = await newestOver(folder, queueId, measure);
  const before = await readJournal(same?.path ?? newest.path);
  if (!before || before.ended) throw await nothingToResume(folder);
  const { run, queue } = before.head;
  if (!same)
    throw before.head.input === ""
      ? cannotResume("stream", "source", { run })
      : queue === queueId
        ? cannotResume("changed", "source", { run })
        : cannotResume("queue", "queueId", { run, queue, wanted: queueId });
  return continueRun(folder, before, measure, input);
}

async function continueRun(
  folder: JournalFolder,
  before: JournalContent,
  measure: Measure,
  input: JournalLock | undefined,
): Promise<OpenedRun> {
  const { run, started } = before.head;
  const journal = await folder.continue(before.path, input);
  return { runId: run, startedMs: started, journal, before, ...measure };
}

/** A run over the same content and queue. */
interface SameRun {
  path: string;
  runId: string;
  /** Unix milliseconds. */
  startedMs: number;
}

/** The newest run over the same content and queue; messages of a stream are never the same. */
async function newestOver(
  folder: JournalFolder,
  queueId: string,
  { fingerprint }: Measure,
): Promise<SameRun | undefined> {
  if (fingerprint === "") return undefined;
  const same = (await folder.runs()).find(({ head }) => head.queue === queueId && head.input === fingerprint);
  return same && { path: same.path, runId: same.head.run, startedMs: same.head.started };
}

/** The Webitel of an unfinished run over the same content and queue of another one. */
async function unfinishedElsewhere(
  folder: JournalFolder,
  queueId: string,
  { fingerprint }: Measure,
): Promise<string | undefined> {
  for (const { path, head } of await folder.runsElsewhere())
    if (fingerprint !== "" && head.queue === queueId && head.input === fingerprint && !(await isEnded(path)))
      return head.server;
  return undefined;
}

/** When a run began that has ended, ISO 8601; undefined for another one. */
async function loadedBefore(same: SameRun | undefined): Promise<string | undefined> {
  return same && (await isEnded(same.path)) ? new Date(same.startedMs).toISOString() : undefined;
}
