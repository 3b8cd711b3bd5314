/** Leaves the event loop to other flows. */
import { setImmediate as nextTurn } from "node:timers/promises";

/** Turns of the event loop in a row that are left to others: a request to another flow passes four, and one more for each node. */
const TURNS = 5;

/**
 * Waits for some turns of the event loop. A turn in which nobody has anything to do costs some microseconds, where a slice of the
 * upload's work in every turn would hold another flow up once for each of its nodes.
 */
export async function giveWay(): Promise<void> {
  for (let turn = 0; turn < TURNS; turn++) await nextTurn();
}
