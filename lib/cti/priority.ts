/** Which requests about subscriptions go first; all of them, whoever asked, share one limit per minute. */

/**
 * The first goes first. `probe`: whether the broker is there. `replaced`: the end of a subscription that has just been
 * replaced; until then its agent has two. `missing`: an agent without a subscription. `check`: one that the broker may have
 * forgotten, or that somebody asked for again. `renewal`: one that is due. `ended`: what nobody wants any more. `removal`:
 * what could not be ended before, or was left by a former process.
 */
export const PRIORITIES = ["probe", "replaced", "missing", "check", "renewal", "ended", "removal"] as const;
/** One of {@link PRIORITIES}. */
export type Priority = (typeof PRIORITIES)[number];

/** Requests per agent and minute that a priority leaves to those before it: what is missing never waits for the others. */
export const RESERVE: Readonly<Partial<Record<Priority, number>>> = { renewal: 1, ended: 1, removal: 1 };
