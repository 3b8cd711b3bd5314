/**
 * One upload: rows in, batches out, each member in the queue exactly once. Free of Node-RED.
 *
 * The first batch goes alone: what is wrong with all of them (token, queue, type) is then said once, with nothing loaded. Afterwards
 * `concurrency` workers take batches that are read ahead.
 */
import { setImmediate as yieldToEventLoop } from "node:timers/promises";
import { closedError, uploadFault } from "../errors.js";
import { FRESH_MS } from "./announcements.js";
import { batches, ReadAhead, type Batch } from "./batches.js";
import { withBodies } from "./bodies.js";
import { passedMs, passedOf } from "./clock.js";
import { isTemporary, untilAnswered, verifySent } from "./verification.js";
import { CANCELLED, noteSuccess, type RunContext } from "./context.js";
import { deliver } from "./delivery.js";
import { DoubleCheck } from "./doubles.js";
import type { JournalLine, SentPart } from "./journal.js";
import { newContext } from "./new-context.js";
import type { UploadOptions } from "./options.js";
import { Pace, unlessAborted } from "./pace.js";
import type { Written } from "./rejects-known.js";
import { NO_ROWS, type Progress, progressOf, type Reject, type Report, rowsOf, type Totals } from "./report.js";
import { fromRanges, type InputRow, RowSet, toRanges } from "./rows.js";

/** How long requests under way may take when the upload is closed, in milliseconds. */
const CLOSE_GRACE_MS = 5000;
/** The same when it is cancelled: somebody waits for the report. */
const CANCEL_GRACE_MS = 2000;

/** Node-RED passes a message on in the next turn of the event loop, and the node behind it takes it in the one after. */
async function untilDelivered(): Promise<void> {
  for (let turn = 0; turn < 3; turn++) await yieldToEventLoop();
}

/** A run. Made for one {@link Upload.run}. */
export class Upload {
  private readonly pace: Pace;
  private readonly stopper = new AbortController();
  private readonly aborter = new AbortController();
  private readonly tally: Totals;
  private readonly context: RunContext;
  private readonly doubleCheck: DoubleCheck;
  private readonly createdMs = passedMs();
  /** Before this process, milliseconds. */
  private readonly beforeMs: number;
  private readonly rowsBefore: number;
  /** Rows of the input: an estimate until it was read. */
  private inputRows: number | undefined;
  private lastBatch: number;
  private ended: Promise<unknown> = Promise.resolve();
  /** Rows that a cancel left without an outcome, by batch. */
  private readonly leftOpen: { batch: number; rejects: Reject[] }[] = [];
  /** Lines that wait until their outputs have left. */
  private noted: Promise<void> = Promise.resolve();
  private grace: NodeJS.Timeout | undefined;
  /** The nodes behind the outputs may be closed already. */
  private isClosing = false;

  constructor(private readonly options: UploadOptions) {
    const { before } = options;
    this.beforeMs = Math.max(0, Date.now() - options.startedMs);
    this.pace = new Pace(options.rate);
    this.tally = { ...NO_ROWS, doubled: 0, removed: 0, ...before?.counts };
    this.rowsBefore = rowsOf(this.tally);
    this.inputRows = options.rows;
    this.lastBatch = before?.lastBatch ?? 0;
    const { pace, tally } = this;
    this.context = newContext(options, {
      pace,
      tally,
      stop: this.stopper.signal,
      abort: this.aborter.signal,
      onCorrected: (batch, ids) =>
        void options.onBatch({ ...NO_ROWS, batch, total: 0, ids, rejects: [] }, this.progress),
    });
    this.doubleCheck = new DoubleCheck(this.context, before?.watches);
  }

  /** Numbers of the whole run so far. */
  get report(): Report {
    const { runId, queueId, before, loadedBefore } = this.options;
    const { named, unchecked } = this.doubleCheck;
    return {
      runId,
      queueId,
      total: rowsOf(this.tally),
      ...this.tally,
      batches: this.lastBatch,
      durationMs: Math.round(this.beforeMs + passedMs() - this.createdMs),
      resumed: before !== undefined,
      ...(loadedBefore !== undefined && { loadedBefore }),
      ...(named.length > 0 && { copies: named }),
      ...(unchecked.length > 0 && { unchecked }),
    };
  }

  /** How far the run is. */
  get progress(): Progress {
    return progressOf(this.tally, this.rowsBefore, this.inputRows, passedMs() - this.createdMs);
  }

  /**
   * Asks for what the rows need, as patiently as for a batch whose answer was lost.
   * @throws ContactCenterError when asking is in vain, or nothing has worked for too long; the reason of a stop
   */
  untilAnswered<T>(ask: () => Promise<T>): Promise<T> {
    return untilAnswered(this.context, ask, (fault) => !isTemporary(fault));
  }

  /** Batches under way end, no new one leaves. */
  pause(): void {
    this.pace.pause();
  }

  resume(): void {
    // The time of a pause is not the server's fault.
    noteSuccess(this.context);
    this.pace.resume();
  }

  /** Ends the run with its report: requests under way have {@link CANCEL_GRACE_MS} to end, nothing else is waited for. */
  cancel(): void {
    this.stopper.abort(CANCELLED);
    this.abortAfter(CANCEL_GRACE_MS);
  }

  private abortAfter(ms: number): void {
    this.grace ??= setTimeout(() => this.aborter.abort(), ms);
  }

  /** Stops reading, gives requests under way {@link CLOSE_GRACE_MS}; {@link Upload.run} then rejects with `ECLOSED`. */
  async close(): Promise<void> {
    this.isClosing = true;
    const { isStream, journal } = this.context;
    this.stopper.abort(closedError(!journal.isBegun ? "unsent" : isStream ? "stream" : "list"));
    this.abortAfter(CLOSE_GRACE_MS);
    await this.ended;
  }

  /**
   * Loads all rows.
   * @param rows objects by column name, or finished members, in the order that numbers them
   * @returns the report
   * @throws ContactCenterError when the upload cannot go on; `cause.report` has the numbers so far, and the journal what a resume needs
   */
  async run(rows: AsyncIterable<readonly InputRow[]>): Promise<Report> {
    const work = this.load(rows);
    this.ended = work.catch(() => undefined);
    try {
      await work;
    } catch (error) {
      if (error !== CANCELLED) {
        await this.noted;
        await this.options.journal.close();
        throw uploadFault(error, this.report);
      }
      // The input may have been cancelled, and not the run.
      this.stopper.abort(CANCELLED);
      await this.doubleCheck.finishAtOnce();
    } finally {
      clearTimeout(this.grace);
    }
    this.giveOutOpen();
    const isCancelled = this.stopper.signal.reason === CANCELLED;
    const report: Report = { ...this.report, ...(isCancelled && { cancelled: true }) };
    await this.noted;
    const { options } = this;
    const { journal } = options;
    try {
      const last = isCancelled ? { cancelled: report } : { end: report };
      const before = await journal.written(last);
      if (before) options.onJournalFault?.(before);
      await options.onReport?.(report);
      await untilDelivered();
      const fault = await journal.end(last);
      if (fault && !before) options.onJournalFault?.(fault);
    } finally {
      await journal.close();
    }
    return report;
  }

  private async load(rows: AsyncIterable<readonly InputRow[]>): Promise<void> {
    const { batchSize, concurrency, rate, toMember, unique, before } = this.options;
    // An even pace: a batch is at most what may be sent in a second.
    const size = rate > 0 ? Math.min(batchSize, Math.max(1, Math.ceil(rate))) : batchSize;
    const open = { skip: before?.handled ?? new RowSet(), uncertain: new RowSet() };
    await this.verifyOpenParts(before?.parts ?? [], open);
    const refused = before?.refused;
    const made = batches(this.counted(rows), { size, first: this.lastBatch + 1, toMember, unique, refused, ...open });
    const { announcements, fileName } = this.context;
    // At a set rate there is time enough when a batch leaves.
    const source = new ReadAhead(rate > 0 ? made : withBodies(announcements, made, fileName), concurrency);
    try {
      if (await this.deliverNext(source)) await this.workers(source, concurrency);
    } finally {
      source.close();
      announcements.retract();
    }
    this.context.refusedAlone.decide();
    this.giveOutRefused();
    await this.doubleCheck.finish();
  }

  /** Counts the rows, so that their number is known when the input was read. */
  private async *counted(rows: AsyncIterable<readonly InputRow[]>): AsyncGenerator<readonly InputRow[]> {
    let count = 0;
    for await (const some of rows) {
      count += some.length;
      yield some;
    }
    this.inputRows = count;
  }

  /** Batches that an earlier process sent without an answer are verified before anything is sent again. */
  private async verifyOpenParts(parts: readonly SentPart[], open: { skip: RowSet; uncertain: RowSet }): Promise<void> {
    let verified = 0;
    try {
      for (; verified < parts.length; verified++) await this.verifyOpenPart(parts[verified] as SentPart, open);
    } catch (error) {
      // The report counts each row that was sent.
      for (const { rows, ok } of parts.slice(verified)) {
        const { length } = fromRanges(rows).filter((row) => !open.skip.has(row) && !open.uncertain.has(row));
        this.tally[ok ? "accepted" : "uncertain"] += length;
        open.uncertain.add(rows);
      }
      throw error;
    }
  }

  private async verifyOpenPart(
    { marker, batch, rows, ok, at }: SentPart,
    open: { skip: RowSet; uncertain: RowSet },
  ): Promise<void> {
    const { journal } = this.options;
    // Rows of a part whose outcome stayed unknown are handled one by one in later batches.
    const numbers = fromRanges(rows).filter((row) => !open.skip.has(row));
    if (numbers.length === 0) return;
    const known = ok ? { ids: ok.ids ?? [] } : await verifySent(this.context, marker, rows);
    if (known === undefined) {
      // Its rows are sent under another marker, so whatever comes under this one is a copy.
      await this.doubleCheck.watch({ marker, keep: 0 }, rows, at && passedOf(at) + FRESH_MS);
      journal.note({ no: marker });
    } else if (known === "uncertain") {
      open.uncertain.add(rows);
    } else {
      const counts = { ...NO_ROWS, accepted: numbers.length };
      const ids =
        known.ids.length === numbers.length
          ? Object.fromEntries(numbers.map((row, at) => [row, known.ids[at] as string]))
          : {};
      this.tally.accepted += numbers.length;
      open.skip.add(rows);
      void this.options.onBatch({ batch, ...counts, total: numbers.length, ids, rejects: [] }, this.progress);
      this.noteDelivered({ done: batch, rows, ...counts, part: marker });
    }
  }

  /** Takes and delivers a batch; false when there is none. */
  private async deliverNext(source: ReadAhead<Batch>): Promise<boolean> {
    const batch = await unlessAborted(source.take(), this.stopper.signal);
    if (!batch) return false;
    const unsendable = new Set(batch.rejects);
    const { waiting, open, ...result } = await deliver(this.context, this.doubleCheck, batch).catch(
      (error: unknown) => {
        this.countBatch(batch);
        throw error;
      },
    );
    const { accepted, rejected, uncertain, duplicates, total, rejects } = result;
    const refused = rejects.filter((one) => one.code !== "UNCERTAIN" && !unsendable.has(one)).map(({ row }) => row);
    this.options.unique?.settle(batch.entries, new Set([...refused, ...waiting]));
    if (open.length > 0) this.leftOpen.push({ batch: batch.number, rejects: open });
    if (total + waiting.length + open.length > 0) this.countBatch(batch);
    if (total > 0) {
      const kept = this.options.onBatch(result, this.progress);
      const more = refused.length > 0 && { refused: toRanges(refused) };
      // A cancelled run leaves batches undone, or rows of them: those that continue it handle them again.
      if (total + waiting.length === batch.rows.length) {
        const rows = toRanges(batch.rows.filter((row) => !waiting.includes(row)));
        this.noteDelivered({ done: batch.number, rows, accepted, rejected, uncertain, duplicates, ...more }, kept);
      } else if (rejected > 0) {
        const rows = toRanges(rejects.filter(({ code }) => code !== "UNCERTAIN").map(({ row }) => row));
        this.noteDelivered({ done: batch.number, part: "", rows, ...NO_ROWS, rejected, ...more }, kept);
      }
    }
    this.giveOutRefused();
    return true;
  }

  /** Gives out what is refused for sure now. */
  private giveOutRefused(): void {
    for (const { batch, reject } of this.context.refusedAlone.take()) {
      const counts = { ...NO_ROWS, rejected: 1 };
      this.tally.rejected++;
      const kept = this.options.onBatch({ ...counts, batch, total: 1, ids: {}, rejects: [reject] }, this.progress);
      const rows = toRanges([reject.row]);
      // The parts of its batch may be under way still.
      this.noteDelivered({ done: batch, part: "", rows, ...counts, refused: rows }, kept);
    }
  }

  /** Gives out what a cancel left open, behind all else: a resume looks for it, and takes its rows off the end of their file. */
  private giveOutOpen(): void {
    for (const { batch, rejects } of this.leftOpen) {
      const { length } = rejects;
      const result = { ...NO_ROWS, batch, uncertain: length, total: length, ids: {}, rejects };
      const kept = this.options.onBatch(result, this.progress);
      this.noted = this.noted.then(async () => void (await kept));
    }
  }

  /** Notes what is done once its outputs have left: after a kill before, or a close, a resume sends them again. */
  private noteDelivered(
    line: Extract<JournalLine, { done: number }>,
    kept?: void | Promise<Written | undefined>,
  ): void {
    this.noted = this.noted.then(untilDelivered).then(async () => {
      const file = await kept;
      if (!this.isClosing) this.options.journal.note({ ...line, ...(file !== undefined && { file }) });
    });
  }

  private countBatch({ number }: Batch): void {
    this.lastBatch = Math.max(this.lastBatch, number);
  }

  private async workers(source: ReadAhead<Batch>, count: number): Promise<void> {
    let failure: unknown;
    const work = async (): Promise<void> => {
      try {
        while (await this.deliverNext(source));
      } catch (error) {
        failure ??= error;
        // The others end what they have under way, and wait for nothing.
        this.stopper.abort(error);
      }
    };
    await Promise.all(Array.from({ length: count }, work));
    if (failure !== undefined) throw failure;
  }
}
