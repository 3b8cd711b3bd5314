/** One batch on its way into the queue: sent, tried again, settled when its answer was lost, halved when it was refused. */
import { backoffDelay, type BackoffOptions, delay } from "../../core/backoff.js";
import { ContactCenterError } from "../../core/errors.js";
import { judge } from "../errors.js";
import { marked } from "../member.js";
import type { Uncertain } from "../tables.js";
import type { FoundMember, Member } from "../types.js";
import type { Batch, Entry } from "./batches.js";
import type { Counts, Journal } from "./journal.js";
import type { Pace } from "./pace.js";
import type { BatchResult } from "./report.js";
import { fromRanges, type Range, toRanges } from "./rows.js";

/** What an upload needs of the vendor; {@link WebitelClient} has it. */
export interface MembersApi {
  createMembers(queueId: string, items: readonly Member[], signal?: AbortSignal): Promise<string[]>;
  findMembers(queueId: string, marker: string, count: number, signal?: AbortSignal): Promise<FoundMember[]>;
}

/** How patient an upload is; all in milliseconds. */
export interface Patience {
  /** Between tries: 500 to 30,000. */
  backoff: BackoffOptions;
  /** From a broken answer to the first question; 500, so that a server that is still busy with the batch can end it. */
  askAfterMs: number;
  /** Without any success for so long, the upload gives up. */
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
  /** When something last succeeded, Unix milliseconds. */
  lastSuccessMs: number;
}

/** Reason of the stop signal when a user cancelled: what is not in the queue by then is not waited for. */
export const CANCELLED = new ContactCenterError("ECANCELED", "webitel.errors.cancelled", { vendor: "webitel", operation: "upload" });

type Outcome = { kind: "loaded"; ids: string[] } | { kind: "refused"; error: ContactCenterError } | { kind: "uncertain" } | { kind: "dropped" };

interface Part {
  suffix: string;
  entries: Entry[];
  /** An answer did not come: it may be in the queue. */
  lost?: boolean;
}

/** Gateways' words for an answer that never came. */
const NO_ANSWER = new Set<unknown>([502, 504, 408]);

function saysSame(a: ContactCenterError, b: ContactCenterError): boolean {
  return a.code === b.code && a.cause.id === b.cause.id && a.cause["detail"] === b.cause["detail"];
}

/**
 * Brings a batch into the queue.
 * @returns what became of each row, once all is settled
 * @throws ContactCenterError when the whole upload cannot go on; parts whose fate is open stay so in the journal
 */
export async function deliver(run: RunContext, batch: Batch): Promise<BatchResult> {
  const result: BatchResult = { batch: batch.number, accepted: 0, rejected: batch.rejects.length, uncertain: 0, total: 0, ids: {}, rejects: batch.rejects };
  // Rows that an earlier life left open are counted as what they are.
  result.uncertain = batch.rejects.filter(({ code }) => code === "UNCERTAIN").length;
  result.rejected -= result.uncertain;
  run.tally.rejected += result.rejected;
  run.tally.uncertain += result.uncertain;
  if (batch.entries.length > 0) {
    const whole: Part = { suffix: "", entries: batch.entries };
    const outcome = await send(run, batch.number, whole);
    if (outcome.kind === "refused") await halve(run, result, whole, outcome.error);
    else settle(run, result, whole, outcome);
  }
  result.total = result.accepted + result.rejected + result.uncertain;
  result.rejects.sort((a, b) => a.row - b.row);
  return result;
}

async function halve(run: RunContext, result: BatchResult, part: Part, error: ContactCenterError): Promise<void> {
  const { suffix, entries } = part;
  const [only] = entries;
  if (only && entries.length === 1) {
    const detail = error.cause["detail"] as string | undefined;
    const reason = [detail, error.cause.id && `(${error.cause.id})`].filter(Boolean).join(" ");
    result.rejects.push({ row: only.row, code: error.code, reason, data: only.data });
    result.rejected++;
    run.tally.rejected++;
    return;
  }
  const middle = entries.length >> 1;
  const halves: Part[] = [
    { suffix: `${suffix}a`, entries: entries.slice(0, middle) },
    { suffix: `${suffix}b`, entries: entries.slice(middle) },
  ];
  const outcomes: Outcome[] = [];
  for (const half of halves) outcomes.push(await send(run, result.batch, half));
  const hopeless = suffix === "" && result.batch === run.firstBatch && outcomes.every((outcome) => outcome.kind === "refused" && saysSame(outcome.error, error));
  if (hopeless) throw error;
  for (const [at, half] of halves.entries()) {
    const outcome = outcomes[at] as Outcome;
    if (outcome.kind === "refused") await halve(run, result, half, outcome.error);
    else settle(run, result, half, outcome);
  }
}

function settle(run: RunContext, result: BatchResult, part: Part, outcome: Outcome): void {
  const { length } = part.entries;
  if (outcome.kind === "loaded") {
    result.accepted += length;
    // The order of ids is the order of insertion as far as SQL keeps it: without as many ids as rows nothing is said.
    if (outcome.ids.length === length) for (const [at, { row }] of part.entries.entries()) result.ids[row] = outcome.ids[at] as string;
  } else if (outcome.kind === "uncertain") {
    result.uncertain += length;
    run.tally.uncertain += length;
    for (const { row, data } of part.entries) result.rejects.push({ row, code: "UNCERTAIN", reason: undefined, data });
  }
}

/** Sends a part until it is known what became of it. */
async function send(run: RunContext, batch: number, part: Part): Promise<Outcome> {
  const { runId, journal, pace, stop } = run;
  const marker = `${runId}-${batch}${part.suffix}`;
  const count = part.entries.length;
  try {
    await pace.turn(part.suffix === "" ? count : 0, stop);
  } catch (error) {
    if (error === CANCELLED) return { kind: "dropped" };
    throw error;
  }
  await journal.append({ send: marker, batch, rows: toRanges(part.entries.map(({ row }) => row)) });
  const outcome = await post(run, marker, part).catch((error: unknown) => {
    if (part.lost) run.tally.uncertain += count;
    throw error;
  });
  if (outcome.kind === "loaded") {
    run.tally.accepted += count;
    journal.note({ ok: marker, ...(outcome.ids.length === count && { ids: outcome.ids }) });
  } else if (outcome.kind !== "uncertain") {
    journal.note({ no: marker });
  }
  if (outcome.kind !== "dropped") run.lastSuccessMs = Date.now();
  return outcome;
}

async function post(run: RunContext, marker: string, part: Part): Promise<Outcome> {
  const { api, queueId, patience, stop, abort } = run;
  const count = part.entries.length;
  const members = part.entries.map(({ member }) => marked(member, marker));
  for (let attempt = 0; ; attempt++) {
    try {
      return { kind: "loaded", ids: await api.createMembers(queueId, members, abort) };
    } catch (error) {
      const brokenMs = Date.now();
      // A half's 404 is about a row: the queue was there when it refused the whole.
      const verdict = part.suffix !== "" && (error as ContactCenterError).code === 404 ? "refused" : judge(error);
      if (verdict === "stop") throw error;
      const fault = error as ContactCenterError;
      if (verdict === "refused") return { kind: "refused", error: fault };
      if (verdict === "unknown" && run.uncertain === "report" && (typeof fault.code === "string" || NO_ANSWER.has(fault.code))) return { kind: "uncertain" };
      part.lost ||= verdict === "unknown" && run.uncertain === "verify";
      try {
        holdOn(run, fault);
        if (part.lost) {
          await delay(Math.max(0, brokenMs + patience.askAfterMs - Date.now()), stop);
          const known = await ask(run, marker, count);
          if (known) return known;
        }
        await delay(backoffDelay(attempt, patience.backoff), stop);
        await run.pace.turn(0, stop);
        const known = part.lost ? await ask(run, marker, count) : undefined;
        if (known) return known;
      } catch (reason) {
        if (reason === CANCELLED) return part.lost ? { kind: "uncertain" } : { kind: "dropped" };
        throw reason;
      }
    }
  }
}

/** Obeys the server's Retry-After for the whole upload, and gives up when nothing has worked for too long. */
function holdOn(run: RunContext, fault: ContactCenterError): void {
  const askedMs = fault.cause["retryAfterMs"];
  if (typeof askedMs === "number") run.pace.hold(askedMs);
  if (Date.now() - run.lastSuccessMs <= run.patience.giveUpMs) return;
  throw new ContactCenterError(fault.code, "webitel.errors.gave-up", fault.cause, { ...fault.words, minutes: Math.round(run.patience.giveUpMs / 60_000), code: fault.code });
}

/** Asks the queue for a marker until it answers; undefined when nothing carries it. */
async function ask(run: RunContext, marker: string, count: number): Promise<Outcome | undefined> {
  for (let attempt = 0; ; attempt++) {
    try {
      await run.pace.held(run.stop);
      const found = await run.api.findMembers(run.queueId, marker, count, run.abort);
      if (found.length === 0) return undefined;
      // All or nothing, says the vendor. Fewer than all: somebody removed some, or it was not so; nobody can tell.
      return found.length >= count ? { kind: "loaded", ids: found.map(({ id }) => id) } : { kind: "uncertain" };
    } catch (error) {
      if (run.stop.aborted || judge(error) === "stop") throw run.stop.aborted ? run.stop.reason : error;
      holdOn(run, error as ContactCenterError);
      await delay(backoffDelay(attempt, run.patience.backoff), run.stop);
    }
  }
}

/**
 * Settles a part that an earlier life sent without learning what became of it: asked twice, as long apart as a live one.
 * @returns its members' ids when it is in the queue, "uncertain" when nobody can tell, undefined when it is not there
 */
export async function settleSent(run: RunContext, marker: string, rows: readonly Range[]): Promise<{ ids: string[] } | "uncertain" | undefined> {
  if (run.uncertain === "report") return "uncertain";
  const count = fromRanges(rows).length;
  for (const waitMs of [run.patience.askAfterMs, backoffDelay(1, run.patience.backoff)]) {
    await delay(waitMs, run.stop);
    const known = await ask(run, marker, count);
    if (known?.kind === "loaded") return { ids: known.ids };
    if (known) return "uncertain";
  }
  return undefined;
}
