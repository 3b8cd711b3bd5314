/** Leaves the event loop to other flows. */
import { setImmediate as nextTurn } from "node:timers/promises";

/** Turns of the event loop in a row that are left to others: a request to another flow passes four, and one more for each node. */
const TURNS = 5;

/** The turns that are being left, to whoever came last. */
let last: Promise<void> = Promise.resolve();

async function leaveTurns(): Promise<void> {
  for (let turn = 0; turn < TURNS; turn++) await nextTurn();
}

/**
 * Waits for some turns of the event loop. A turn in which nobody has anything to do costs some microseconds, where a slice of the
 * upload's work in every turn would hold another flow up once for each of its nodes. Who reads, who writes bodies and who takes answers
 * wait for one another, also those of several uploads: no more than one of them works between the turns that are left.
 */
export function giveWay(): Promise<void> {
  return (last = last.then(leaveTurns));
}
