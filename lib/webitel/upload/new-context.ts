/** What a run's batches share when it begins. */
import { Announcements } from "./announcements.js";
import { PATIENCE, type RunContext, SEARCH_MS } from "./context.js";
import type { UploadOptions } from "./options.js";
import { RefusedAlone } from "./refused-alone.js";
import { SizeBound } from "./size-bound.js";

/** What the run itself holds. */
type OfRun = Pick<RunContext, "pace" | "tally" | "stop" | "abort" | "onCorrected">;

/** The context of a run that has sent nothing yet. */
export function newContext(options: UploadOptions, own: OfRun): RunContext {
  const { api, queueId, runId, fileName, journal, uncertain } = options;
  return {
    ...own,
    api,
    queueId,
    runId,
    fileName,
    journal,
    uncertain,
    isStream: options.fingerprint === "",
    announcements: new Announcements(journal, runId),
    doubles: options.doubles ?? "remove",
    patience: options.patience ?? PATIENCE,
    onWait: (wait) => options.onWait?.(wait),
    size: new SizeBound(),
    failingSinceMs: undefined,
    heldMs: 0,
    searchMs: SEARCH_MS,
    lastLoadedMs: 0,
    firstIds: new Set(),
    refusedAlone: new RefusedAlone(),
  };
}
