/** Whether a batch whose answer was lost is in the queue: the queue is asked for the batch's marker. */
import { backoffDelay, delay } from "../../http/backoff.js";
import { classify, ContactCenterError, type FailureKind, NO_LIST } from "../errors.js";
import type { FoundMember } from "../types.js";
import { passedMs } from "./clock.js";
import { LAST_QUESTION_MS, type RunContext, SEARCH_MAX_MS } from "./context.js";
import { fromRanges, type Range } from "./rows.js";

/** What the queue says of a marker. */
export type FoundBatch =
  | { kind: "loaded"; found: FoundMember[] }
  /** Some are there, and not only for a moment. */
  | { kind: "partly"; found: FoundMember[] };

/** The longest `Retry-After` that is obeyed. */
const HOUR_MS = 3_600_000;

/**
 * Obeys the server's Retry-After for the whole upload, for an hour at most.
 * @throws ContactCenterError when nothing has worked for too long; the time that the server asked for does not count
 */
export function respectRetryAfter(run: RunContext, fault: ContactCenterError): void {
  const nowMs = passedMs();
  run.failingSinceMs ??= nowMs;
  if (nowMs - run.failingSinceMs - Math.min(run.heldMs, HOUR_MS) > run.patience.giveUpMs) {
    const ofSent = run.isStream ? "webitel.errors.gave-up-stream" : "webitel.errors.gave-up";
    const key = run.journal.isBegun ? ofSent : "webitel.errors.gave-up-unsent";
    throw new ContactCenterError(fault.code, key, fault.cause, {
      ...fault.params,
      minutes: Math.round(run.patience.giveUpMs / 60_000),
      code: fault.code,
    });
  }
  const askedMs = fault.cause["retryAfterMs"];
  if (typeof askedMs !== "number") return;
  const forMs = Math.min(askedMs, HOUR_MS);
  run.heldMs += run.pace.hold(forMs);
  run.onWait({ code: fault.code, untilMs: Date.now() + forMs });
}

/** Waits before the next try, and says so. */
export async function waitBackoff(run: RunContext, attempt: number, code: number | string): Promise<void> {
  const ms = backoffDelay(attempt, run.patience.backoff);
  run.onWait({ code, untilMs: Date.now() + ms });
  await delay(ms, run.stop);
}

/** Asks the queue for a marker once; after one that took too long the next one may take longer: a search does no harm. */
export async function search(
  run: RunContext,
  marker: string,
  count: number,
  signal: AbortSignal,
): Promise<FoundMember[]> {
  const { searchMs } = run;
  try {
    return await run.api.findMembers(run.queueId, marker, count, signal, searchMs);
  } catch (error) {
    if ((error as { code?: unknown }).code === "ETIMEDOUT")
      run.searchMs = Math.max(run.searchMs, Math.min(2 * searchMs, SEARCH_MAX_MS));
    throw error;
  }
}

/**
 * Asks Webitel until it answers.
 * @param isFinal whether asking again is in vain
 * @throws ContactCenterError what is final, or when nothing has worked for too long; the stop signal's reason
 */
export async function untilAnswered<T>(
  run: RunContext,
  ask: () => Promise<T>,
  isFinal: (fault: ContactCenterError) => boolean,
): Promise<T> {
  for (let attempt = 0; ; attempt++) {
    try {
      await run.pace.untilHoldEnds(run.stop);
      return await ask();
    } catch (error) {
      if (run.stop.aborted) throw run.stop.reason;
      const fault = error as ContactCenterError;
      // An endpoint that never sent a valid answer is not Webitel.
      const isForeign = (fault.code === "EPAGING" || fault.key === NO_LIST) && run.lastLoadedMs === 0;
      if (isForeign || isFinal(fault)) throw error;
      respectRetryAfter(run, fault);
      await waitBackoff(run, attempt, fault.code);
    }
  }
}

/**
 * Asks the queue for a marker until it answers.
 * @param count after so many members no further page is read
 * @throws ContactCenterError as {@link untilAnswered}
 */
export function membersOf(run: RunContext, marker: string, count: number): Promise<FoundMember[]> {
  return untilAnswered(
    run,
    () => search(run, marker, count, run.abort),
    (fault) => classify(fault) === "stop",
  );
}

/** What says nothing of a request itself. */
const TEMPORARY: ReadonlySet<FailureKind> = new Set(["later", "unknown"]);

/** True when a request that only reads may be answered at another time. */
export const isTemporary = (fault: ContactCenterError): boolean => TEMPORARY.has(classify(fault));

/** How often the queue may show a part of a batch before it counts. */
const PARTIAL_ANSWERS = 4;

/** Asks the queue for the batch with a marker; undefined when nothing carries it. */
export async function findBatch(run: RunContext, marker: string, count: number): Promise<FoundBatch | undefined> {
  for (let attempt = 1; ; attempt++) {
    const found = await membersOf(run, marker, count);
    if (found.length === 0) return undefined;
    if (found.length >= count) return { kind: "loaded", found };
    // All or nothing, says the vendor: a part may be there for a moment only.
    if (attempt >= PARTIAL_ANSWERS) return { kind: "partly", found };
    await delay(backoffDelay(attempt, run.patience.backoff), run.stop);
  }
}

/** Asks once, where nothing may wait for an answer; undefined when the queue does not have all of the batch, or does not answer. */
export async function findOnce(run: RunContext, marker: string, count: number): Promise<FoundBatch | undefined> {
  const { api, queueId } = run;
  const found = await api
    .findMembers(queueId, marker, count, AbortSignal.timeout(LAST_QUESTION_MS))
    .catch((): FoundMember[] => []);
  return found.length >= count ? { kind: "loaded", found } : undefined;
}

/** When a request left, and when it broke, as of {@link passedMs}. */
export interface RequestTimes {
  startMs: number;
  endMs: number;
}

/**
 * Asks for a batch whose request broke: not at once, and for as long as the request had been under way, because a server that was
 * busy with it for a minute may need another.
 * @returns undefined when the queue does not have it
 */
export async function verifyLost(
  run: RunContext,
  marker: string,
  count: number,
  { startMs, endMs }: RequestTimes,
): Promise<FoundBatch | undefined> {
  const untilMs = endMs + (endMs - startMs);
  await delay(Math.max(0, endMs + run.patience.askAfterMs - passedMs()), run.stop);
  for (let attempt = 0; ; attempt++) {
    const found = await findBatch(run, marker, count);
    const leftMs = untilMs - passedMs();
    if (found || leftMs <= 0) return found;
    await delay(Math.min(leftMs, backoffDelay(attempt, run.patience.backoff)), run.stop);
  }
}

/**
 * Verifies a part that an earlier process sent without learning the outcome: asked twice.
 * @returns its members' ids when it is in the queue, "uncertain" when it cannot be known, undefined when it is not there
 */
export async function verifySent(
  run: RunContext,
  marker: string,
  rows: readonly Range[],
): Promise<{ ids: string[] } | "uncertain" | undefined> {
  if (run.uncertain === "report") return "uncertain";
  const count = fromRanges(rows).length;
  for (const waitMs of [run.patience.askAfterMs, backoffDelay(1, run.patience.backoff)]) {
    await delay(waitMs, run.stop);
    const found = await findBatch(run, marker, count);
    if (found?.kind === "loaded") return { ids: found.found.slice(0, count).map(({ id }) => id) };
    if (found) return "uncertain";
  }
  return undefined;
}
