/** One batch on its way into the queue: sent, tried again, verified when its answer was lost, halved when it was refused. */
import { bulkBody } from "../bulk-body.js";
import { classify, ContactCenterError, isForeign, isForeignRefusal, isInsertFailure, TOO_LARGE } from "../errors.js";
import { mark } from "../member.js";
import type { FoundMember } from "../types.js";
import { type Batch, type BatchRow, rejectOf } from "./batches.js";
import { passedMs } from "./clock.js";
import { CANCELLED, noteSuccess, type RunContext } from "./context.js";
import { answerOf, hasExpired, idsInOrder, matched, reasonOf, refusalText, wrongCount } from "./answers.js";
import type { DoubleCheck } from "./doubles.js";
import { giveWay } from "./give-way.js";
import type { DeliveredBatch, Outcome, Part } from "./part.js";
import { NO_ROWS, rowsOf } from "./report.js";
import { toRanges } from "./rows.js";
import { contentsOf } from "./surplus.js";
import {
  findBatch,
  type FoundBatch,
  findOnce,
  type RequestTimes,
  respectRetryAfter,
  verifyLost,
  waitBackoff,
} from "./verification.js";

/** What a server says that a row has brought down. */
const UNEXPLAINED: ReadonlySet<number | string> = new Set([500, "ECONNRESET", "EPIPE"]);
/** A request that fails without a reason this often, and is not in the queue, counts as refused. */
const UNEXPLAINED_FAILURES = 3;

/**
 * Brings a batch into the queue.
 * @returns what became of each row, once all of it is known
 * @throws ContactCenterError when the whole upload cannot go on; the journal keeps parts with an unknown outcome
 */
export async function deliver(run: RunContext, doubles: DoubleCheck, batch: Batch): Promise<DeliveredBatch> {
  const { number, rejects, duplicates } = batch;
  const none = { total: 0, ids: {}, waiting: [], open: [] };
  const result: DeliveredBatch = { ...NO_ROWS, batch: number, duplicates, rejects, ...none };
  // Rows whose outcome stayed unknown in an earlier process.
  result.uncertain = batch.rejects.filter(({ code }) => code === "UNCERTAIN").length;
  result.rejected = batch.rejects.length - result.uncertain;
  const { entries, body } = batch;
  batch.body = undefined;
  if (entries.length > 0)
    await new Delivery(run, doubles, result).load({ suffix: "", entries, body, sinceMs: passedMs() });
  run.tally.rejected += result.rejected;
  run.tally.uncertain += result.uncertain + result.open.length;
  run.tally.duplicates += result.duplicates;
  if (run.tally.accepted > 0) run.refusedAlone.decide();
  result.total = rowsOf(result);
  result.rejects.sort((a, b) => a.row - b.row);
  return result;
}

class Delivery {
  constructor(
    private readonly run: RunContext,
    private readonly doubles: DoubleCheck,
    private readonly result: DeliveredBatch,
  ) {}

  /** Sends a part and, where it cannot be loaded as a whole, its halves. */
  async load(part: Part, sent?: Outcome): Promise<void> {
    const outcome = sent ?? (await this.send(part));
    const { entries } = part;
    switch (outcome.kind) {
      case "loaded":
        return this.accept(entries, outcome.ids);
      case "uncertain":
        return this.uncertain(entries, outcome);
      case "partly": {
        const { loaded, missing } = matched(entries, outcome.found);
        this.accept(
          loaded.map(({ entry }) => entry),
          loaded.map(({ id }) => id),
        );
        if (outcome.rest === "uncertain") return this.uncertain(missing, outcome);
        return this.load({ suffix: `${part.suffix}r`, entries: missing, sinceMs: part.sinceMs });
      }
      case "refused":
      case "too-large": {
        const [only] = entries;
        if (only && entries.length === 1) return this.reject(only, outcome);
        const { sinceMs } = part;
        const middle = entries.length >> 1;
        const known = part.known === true || outcome.kind === "refused";
        const halves: Part[] = [
          { suffix: `${part.suffix}a`, entries: entries.slice(0, middle), sinceMs, known },
          { suffix: `${part.suffix}b`, entries: entries.slice(middle), sinceMs, known },
        ];
        // Both before either is halved again: a good one proves that the server works.
        const outcomes: Outcome[] = [];
        for (const half of halves) outcomes.push(await this.send(half));
        for (const [at, half] of halves.entries()) await this.load(half, outcomes[at]);
        return;
      }
      case "expired": {
        const expired = new Set(entries.filter(hasExpired));
        for (const entry of expired) this.expire(entry);
        const lasting = entries.filter((entry) => !expired.has(entry));
        if (lasting.length > 0)
          return this.load({ suffix: `${part.suffix}r`, entries: lasting, sinceMs: part.sinceMs });
        return;
      }
      case "dropped":
    }
  }

  private accept(entries: readonly BatchRow[], ids: readonly string[]): void {
    this.result.accepted += entries.length;
    // The order of ids is the order of insertion as far as SQL keeps it: without as many ids as rows nothing is said.
    if (ids.length === entries.length)
      for (const [at, { row }] of entries.entries()) this.result.ids[row] = ids[at] as string;
  }

  private uncertain(entries: readonly BatchRow[], { answer, open }: { answer?: number; open?: true }): void {
    const { result } = this;
    const reason = answer === undefined ? undefined : { key: "uncertain-answer", field: "", value: String(answer) };
    const rejects = entries.map(({ row, input }) => rejectOf(row, input, "UNCERTAIN", reason));
    if (open) result.open.push(...rejects);
    else result.rejects.push(...rejects);
    if (!open) result.uncertain += rejects.length;
  }

  private expire({ row, input, member }: BatchRow): void {
    const value = new Date(Number(member.expire_at)).toISOString();
    this.result.rejects.push(rejectOf(row, input, "EINVALID", { key: "expired", field: "expire_at", value }));
    this.result.rejected++;
  }

  /** @throws the row's error when all rows would end so */
  private reject(entry: BatchRow, { kind, error }: { kind: "refused" | "too-large"; error: ContactCenterError }): void {
    const { result } = this;
    const { refusedAlone, tally } = this.run;
    const reject = rejectOf(entry.row, entry.input, error.code, reasonOf(kind, error));
    // A row's size says nothing about the others.
    if (kind === "refused" && tally.accepted === 0) {
      result.waiting.push(entry.row);
      if (refusedAlone.add(refusalText(error, entry), { batch: result.batch, reject })) throw error;
    } else {
      result.rejects.push(reject);
      result.rejected++;
    }
  }

  /** Sends a part until it is known what became of it. */
  private async send(part: Part): Promise<Outcome> {
    const { run } = this;
    const { announcements, pace, stop, tally } = run;
    const marker = announcements.marker(this.result.batch, part.suffix);
    const { length } = part.entries;
    try {
      await pace.waitForTurn(part.suffix === "" ? length : 0, stop);
    } catch (error) {
      if (error === CANCELLED) return { kind: "dropped" };
      throw error;
    }
    // What came before in this turn was the work of another batch.
    await giveWay(true);
    await announcements.confirm(marker, this.result.batch, part.entries);
    const outcome = await this.post(marker, part).catch((error: unknown) => {
      if (part.open) tally.uncertain += length;
      throw error;
    });
    this.note(marker, part, outcome);
    return outcome;
  }

  /** Writes the outcome down. */
  private note(marker: string, part: Part, outcome: Outcome): void {
    const { journal, tally } = this.run;
    const { entries } = part;
    if (outcome.kind === "loaded") {
      tally.accepted += entries.length;
      journal.note({ ok: marker, ...(outcome.ids.length === entries.length && { ids: outcome.ids }) });
    } else if (outcome.kind === "partly") {
      const { loaded } = matched(entries, outcome.found);
      tally.accepted += loaded.length;
      const rows = rangesOf(loaded.map(({ entry }) => entry));
      journal.note({ ok: marker, rows, ids: loaded.map(({ id }) => id) });
    } else if (outcome.kind !== "uncertain" && !(outcome.kind === "dropped" && part.lost)) {
      // What was sent and then dropped may still be committed: whoever continues the run asks for it again.
      journal.note({ no: marker });
    }
    if (outcome.kind === "loaded" || outcome.kind === "partly") {
      this.run.lastLoadedMs = passedMs();
      noteSuccess(this.run);
    }
  }

  private async post(marker: string, part: Part): Promise<Outcome> {
    const { run, doubles } = this;
    const { entries } = part;
    const [count, rows] = [entries.length, rangesOf(entries)];
    let unexplained = 0;
    for (let attempt = 0; ; attempt++) {
      // A pause, a pace or a wait may have lasted longer than a member does.
      if (entries.some(hasExpired)) {
        if (part.lost) await doubles.watch({ marker, keep: 0 }, rows);
        return { kind: "expired" };
      }
      // From now on two requests with this marker may be committed.
      if (part.lost) await doubles.watch({ marker, keep: count, contents: contentsOf(marker, entries) }, rows);
      const startMs = passedMs();
      const answer = await this.create(marker, part);
      if ("ids" in answer) return { kind: "loaded", ids: await doubles.report(marker, answer.ids) };
      const { fault, answered } = answer;
      const kind = this.kindOf(fault, part, answer.bytes);
      if (kind === "stop") throw fault;
      if (kind === "refused" || kind === "too-large") {
        // A queue that takes nobody twice refuses a batch because the request before was loaded meanwhile.
        const before = part.lost && (await this.asked(marker, part, findBatch(run, marker, count), { rest: "send" }));
        if (before) return before;
        if (part.lost) await doubles.watch({ marker, keep: 0 }, rows);
        // A proxy may say it of what the server is about to load.
        else if (fault.code !== TOO_LARGE && kind === "too-large" && run.uncertain === "verify")
          await doubles.watch({ marker, keep: 0 }, rows, startMs);
        if (kind === "refused") noteSuccess(run);
        else run.size.noteRefused(answer.bytes, count === 1);
        return { kind, error: fault };
      }
      const isLost = kind === "unknown";
      // Only the platform's own word that the insert failed says that nothing was loaded.
      if (isLost && run.uncertain === "report" && !isInsertFailure(fault))
        return { kind: "uncertain", ...answerOf(fault) };
      // A 429 too: something between may have said it after the work was done.
      const isAsked = run.uncertain === "verify" && (isLost || typeof fault.code === "number");
      part.lost ||= isAsked;
      part.open ||= isAsked;
      const asking = this.verify(marker, part, fault, attempt, { startMs, endMs: passedMs() });
      const rest = { rest: answered ? "send" : "uncertain", ...answerOf(fault) } as const;
      const found = await this.asked(marker, part, asking, rest);
      if (found) return found;
      // A server that fails at everything would fail at a single row as well: there it is not the row's fault.
      const isOdd = answered || isForeign(fault) || classify(fault) === "too-large";
      const isUnexplained = UNEXPLAINED.has(fault.code) || isInsertFailure(fault) || isOdd;
      if (!isUnexplained || ++unexplained < UNEXPLAINED_FAILURES) continue;
      if (count > 1 || run.lastLoadedMs > part.sinceMs || isForeignRefusal(fault)) {
        if (part.lost) await doubles.watch({ marker, keep: 0 }, rows);
        return { kind: "refused", error: fault };
      }
    }
  }

  /** The outcome of a part that the queue has, as a whole or in part; undefined where it has nothing of it. @param rest what becomes of the others */
  private async asked(
    marker: string,
    part: Part,
    asking: Promise<FoundBatch | undefined>,
    rest: { rest: "send" | "uncertain"; answer?: number },
  ): Promise<Outcome | undefined> {
    try {
      const found = await asking;
      return found?.kind === "loaded" ? await this.found(marker, part, found.found) : found && { ...found, ...rest };
    } catch (reason) {
      if (reason === CANCELLED) return this.lastLook(marker, part);
      throw reason;
    }
  }

  /** The outcome of a part when the run was cancelled: what is open is asked for once. */
  private async lastLook(marker: string, part: Part): Promise<Outcome> {
    if (!part.open) return { kind: "dropped" };
    const found = await findOnce(this.run, marker, part.entries.length);
    return found?.kind === "loaded" ? this.found(marker, part, found.found) : { kind: "uncertain", open: true };
  }

  /** All members of a part were found in the queue. */
  private async found(marker: string, { entries }: Part, members: readonly FoundMember[]): Promise<Outcome> {
    return { kind: "loaded", ids: await this.doubles.report(marker, idsInOrder(entries, members)) };
  }

  /**
   * Waits until the part may be sent again, and asks whether it has to be.
   * @returns undefined when it has to
   * @throws ContactCenterError when nothing has worked for too long, the stop signal's reason
   */
  private async verify(
    marker: string,
    part: Part,
    fault: ContactCenterError,
    attempt: number,
    times: RequestTimes,
  ): Promise<FoundBatch | undefined> {
    const { run } = this;
    const count = part.entries.length;
    let gaveUp: unknown;
    try {
      respectRetryAfter(run, fault);
    } catch (error) {
      // Asked once more all the same: the report says what is known.
      gaveUp = error;
    }
    if (part.lost) {
      const found = await verifyLost(run, marker, count, times);
      if (found) return found;
      part.open = false;
    }
    if (gaveUp !== undefined) throw gaveUp;
    await waitBackoff(run, attempt, fault.code);
    await run.pace.waitForTurn(0, run.stop);
    if (part.lost) return findBatch(run, marker, count);
    // Nothing is lost, says the answer. Where nobody may ask, that is believed.
    return typeof fault.code === "number" ? findOnce(run, marker, count) : undefined;
  }

  /** @param bytes of the request */
  private kindOf(fault: ContactCenterError, part: Part, bytes: number): ReturnType<typeof classify> {
    const { run } = this;
    // Larger ones were accepted: of a single row it may be said for another reason, which passes.
    const isOdd = part.entries.length === 1 && run.size.isProved(bytes) && run.uncertain === "verify";
    if (isOdd && classify(fault) === "too-large") return "unknown";
    // The queue was there when it refused or took something.
    const queueExists = part.known === true || this.run.tally.accepted > 0;
    const isAboutQueue = fault.cause.id?.startsWith("store.sql_queue.") === true;
    if (!queueExists || fault.code !== 404 || isAboutQueue) return classify(fault);
    return isForeign(fault) ? "unknown" : "refused";
  }

  /** One request. `answered`: Webitel said 200, but not of as many members as were sent. */
  private async create(
    marker: string,
    part: Part,
  ): Promise<{ ids: string[] } | { fault: ContactCenterError; answered: boolean; bytes: number }> {
    const { api, queueId, abort: signal, size, fileName, firstIds } = this.run;
    const { entries, body } = part;
    part.body = undefined;
    // The members of a body have their marker.
    const items = entries.map(({ member }) => (body ? member : mark(member, marker)));
    const made = body ?? (await bulkBody(items, fileName));
    const bytes = made.length;
    try {
      const ids = await api.createMembers(queueId, items, { maxBytes: size.bytes, signal, body: made });
      await giveWay(true);
      const isNew = !firstIds.has(ids[0] ?? "");
      if (isNew && ids.length === items.length) {
        firstIds.add(ids[0] as string);
        size.noteAccepted(bytes);
        return { ids };
      }
      return { fault: wrongCount(items.length, isNew ? ids.length : 0), answered: true, bytes };
    } catch (error) {
      if (error instanceof ContactCenterError) return { fault: error, answered: false, bytes };
      throw error;
    }
  }
}

const rangesOf = (entries: readonly BatchRow[]): ReturnType<typeof toRanges> => toRanges(entries.map(({ row }) => row));
