/** Whether a batch whose answer was lost is in the queue: the queue is asked for its marker. */
import { backoffDelay, delay } from "../../http/backoff.js";
import { ContactCenterError } from "../errors.js";
import { classify } from "../errors.js";
import type { RunContext } from "./context.js";
import { fromRanges, type Range } from "./rows.js";

/** What the queue told of a marker. */
export type FoundBatch = { kind: "loaded"; ids: string[] } | { kind: "uncertain" };

/** Obeys the server's Retry-After for the whole upload, and gives up when nothing has worked for too long. */
export function respectRetryAfter(run: RunContext, fault: ContactCenterError): void {
  const askedMs = fault.cause["retryAfterMs"];
  if (typeof askedMs === "number") run.pace.hold(askedMs);
  if (Date.now() - run.lastSuccessMs <= run.patience.giveUpMs) return;
  throw new ContactCenterError(fault.code, "webitel.errors.gave-up", fault.cause, {
    ...fault.params,
    minutes: Math.round(run.patience.giveUpMs / 60_000),
    code: fault.code,
  });
}

/** So often the queue may show a part of a batch before it counts. */
const PARTLY = 4;

/** Asks the queue for a marker until it answers; undefined when nothing carries it. */
export async function findBatch(run: RunContext, marker: string, count: number): Promise<FoundBatch | undefined> {
  let partly = 0;
  for (let attempt = 0; ; attempt++) {
    try {
      await run.pace.untilHoldEnds(run.stop);
      const found = await run.api.findMembers(run.queueId, marker, count, run.abort);
      if (found.length === 0) return undefined;
      if (found.length >= count) return { kind: "loaded", ids: found.map(({ id }) => id) };
      // All or nothing, says the vendor. Fewer, and not only for a moment: somebody removed some, or it was not so; nobody can tell.
      if (++partly >= PARTLY) return { kind: "uncertain" };
    } catch (error) {
      if (run.stop.aborted) throw run.stop.reason;
      // What has never answered as Webitel does is not Webitel.
      const stranger = (error as ContactCenterError).code === "EPAGING" && run.lastLoadedMs === 0;
      if (stranger || classify(error) === "stop") throw error;
      respectRetryAfter(run, error as ContactCenterError);
    }
    await delay(backoffDelay(attempt, run.patience.backoff), run.stop);
  }
}

/**
 * Settles a part that an earlier life sent without learning what became of it: asked twice, as long apart as a live one.
 * @returns its members' ids when it is in the queue, "uncertain" when nobody can tell, undefined when it is not there
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
    const known = await findBatch(run, marker, count);
    if (known?.kind === "loaded") return { ids: known.ids };
    if (known) return "uncertain";
  }
  return undefined;
}
