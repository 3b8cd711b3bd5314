/** One batch on its way into the queue: sent, tried again, settled when its answer was lost, halved when it was refused. */
import { backoffDelay, delay } from "../../http/backoff.js";
import type { ContactCenterError } from "../errors.js";
import { classify } from "../errors.js";
import { mark } from "../member.js";
import { findBatch, respectRetryAfter, type FoundBatch } from "./verification.js";
import type { Batch, BatchRow } from "./batches.js";
import { CANCELLED, type RunContext } from "./context.js";
import type { BatchResult } from "./report.js";
import { toRanges } from "./rows.js";

/** What became of a part. */
type Outcome = FoundBatch | { kind: "refused"; error: ContactCenterError } | { kind: "dropped" };

interface Part {
  suffix: string;
  entries: BatchRow[];
  /** An answer did not come: it may be in the queue. */
  lost?: boolean;
  /** When its batch was first sent, Unix milliseconds. */
  sinceMs: number;
}

/** Gateways' words for an answer that never came. */
const NO_ANSWER = new Set<unknown>([502, 504, 408]);

/** So often a failed insert is tried again before it counts as a refusal. */
const INSERT_ATTEMPTS = 3;

/** The platform's word that it could not insert: the server is busy, or a row is bad in a way that it does not tell apart (4.). */
function isInsertFailure({ code, cause }: ContactCenterError): boolean {
  return code === 500 && cause.id?.startsWith("store.sql_member.") === true;
}

function sameFailure(a: ContactCenterError, b: ContactCenterError): boolean {
  return a.code === b.code && a.cause.id === b.cause.id && a.cause["detail"] === b.cause["detail"];
}

/**
 * Brings a batch into the queue.
 * @returns what became of each row, once all is settled
 * @throws ContactCenterError when the whole upload cannot go on; parts whose fate is open stay so in the journal
 */
export async function deliver(run: RunContext, batch: Batch): Promise<BatchResult> {
  const result: BatchResult = {
    batch: batch.number,
    accepted: 0,
    rejected: batch.rejects.length,
    uncertain: 0,
    duplicates: batch.duplicates,
    total: 0,
    ids: {},
    rejects: batch.rejects,
  };
  // Rows that an earlier life left open are counted as what they are.
  result.uncertain = batch.rejects.filter(({ code }) => code === "UNCERTAIN").length;
  result.rejected -= result.uncertain;
  run.tally.rejected += result.rejected;
  run.tally.uncertain += result.uncertain;
  run.tally.duplicates += result.duplicates;
  if (batch.entries.length > 0) {
    const whole: Part = { suffix: "", entries: batch.entries, sinceMs: Date.now() };
    const outcome = await send(run, batch.number, whole);
    if (outcome.kind === "refused") await halve(run, result, whole, outcome.error);
    else settle(run, result, whole, outcome);
  }
  result.total = result.accepted + result.rejected + result.uncertain + result.duplicates;
  result.rejects.sort((a, b) => a.row - b.row);
  return result;
}

async function halve(run: RunContext, result: BatchResult, part: Part, error: ContactCenterError): Promise<void> {
  const { suffix, entries, sinceMs } = part;
  if (entries.length === 1) {
    const { member: _, ...only } = entries[0] as BatchRow;
    const detail = error.cause["detail"] as string | undefined;
    const reason = [detail, error.cause.id && `(${error.cause.id})`].filter(Boolean).join(" ");
    result.rejects.push({ ...only, code: error.code, reason });
    result.rejected++;
    run.tally.rejected++;
    return;
  }
  const middle = entries.length >> 1;
  const halves: Part[] = [
    { suffix: `${suffix}a`, entries: entries.slice(0, middle), sinceMs },
    { suffix: `${suffix}b`, entries: entries.slice(middle), sinceMs },
  ];
  const outcomes: Outcome[] = [];
  for (const half of halves) outcomes.push(await send(run, result.batch, half));
  const hopeless =
    suffix === "" &&
    !isInsertFailure(error) &&
    result.batch === run.firstBatch &&
    outcomes.every((outcome) => outcome.kind === "refused" && sameFailure(outcome.error, error));
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
    if (outcome.ids.length === length)
      for (const [at, { row }] of part.entries.entries()) result.ids[row] = outcome.ids[at] as string;
  } else if (outcome.kind === "uncertain") {
    result.uncertain += length;
    run.tally.uncertain += length;
    for (const { member: _, ...row } of part.entries)
      result.rejects.push({ ...row, code: "UNCERTAIN", reason: undefined });
  }
}

/** Sends a part until it is known what became of it. */
async function send(run: RunContext, batch: number, part: Part): Promise<Outcome> {
  const { runId, journal, pace, stop } = run;
  const marker = `${runId}-${batch}${part.suffix}`;
  const count = part.entries.length;
  try {
    await pace.waitForTurn(part.suffix === "" ? count : 0, stop);
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
    run.lastLoadedMs = Date.now();
    journal.note({ ok: marker, ...(outcome.ids.length === count && { ids: outcome.ids }) });
  } else if (outcome.kind !== "uncertain") {
    journal.note({ no: marker });
  }
  if (outcome.kind !== "dropped") run.lastSuccessMs = Date.now();
  return outcome;
}

function create({ api, queueId, abort }: RunContext, marker: string, { entries }: Part): Promise<string[]> {
  return api.createMembers(
    queueId,
    entries.map(({ member }) => mark(member, marker)),
    abort,
  );
}

async function post(run: RunContext, marker: string, part: Part): Promise<Outcome> {
  const { patience, stop } = run;
  const count = part.entries.length;
  let stubborn = 0;
  for (let attempt = 0; ; attempt++) {
    try {
      return { kind: "loaded", ids: await create(run, marker, part) };
    } catch (error) {
      const brokenMs = Date.now();
      // A half's 404 is about a row: the queue was there when it refused the whole.
      const verdict = part.suffix !== "" && (error as ContactCenterError).code === 404 ? "refused" : classify(error);
      if (verdict === "stop") throw error;
      const fault = error as ContactCenterError;
      if (verdict === "refused") return { kind: "refused", error: fault };
      if (
        verdict === "unknown" &&
        run.uncertain === "report" &&
        (typeof fault.code === "string" || NO_ANSWER.has(fault.code))
      )
        return { kind: "uncertain" };
      part.lost ||= verdict === "unknown" && run.uncertain === "verify";
      try {
        respectRetryAfter(run, fault);
        if (part.lost) {
          await delay(Math.max(0, brokenMs + patience.askAfterMs - Date.now()), stop);
          const known = await findBatch(run, marker, count);
          if (known) return known;
        }
        await delay(backoffDelay(attempt, patience.backoff), stop);
        await run.pace.waitForTurn(0, stop);
        const known = part.lost ? await findBatch(run, marker, count) : undefined;
        if (known) return known;
        if (isInsertFailure(fault) && ++stubborn >= INSERT_ATTEMPTS && (count > 1 || run.lastLoadedMs > part.sinceMs))
          return { kind: "refused", error: fault };
      } catch (reason) {
        if (reason === CANCELLED) return part.lost ? { kind: "uncertain" } : { kind: "dropped" };
        throw reason;
      }
    }
  }
}
