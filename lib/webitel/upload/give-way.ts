/** Leaves the event loop to other flows. */
import { setImmediate as nextTurn } from "node:timers/promises";

/** Turns of the event loop in a row that are left to others: a request to another flow passes four, and one more for each node. */
const TURNS = 5;

/** Those who wait, in their order. */
const [first, others]: [(() => void)[], (() => void)[]] = [[], []];
let isLeaving = false;

async function leaveTurns(): Promise<void> {
  isLeaving = true;
  do {
    for (let turn = 0; turn < TURNS; turn++) await nextTurn();
    const next = first.shift() ?? others.shift();
    next?.();
  } while (first.length + others.length > 0);
  isLeaving = false;
}

/**
 * Waits for some turns of the event loop. A turn in which nobody has anything to do costs some microseconds, where a slice of the
 * upload's work in every turn would hold another flow up once for each of its nodes. Who reads, who writes bodies and who takes answers
 * wait for one another, also those of several uploads: no more than one of them works between the turns that are left.
 * @param isFirst goes before those who wait already: behind an answer a server has nothing to do until the next batch comes
 */
export function giveWay(isFirst = false): Promise<void> {
  return new Promise((resolve) => {
    (isFirst ? first : others).push(resolve);
    if (!isLeaving) void leaveTurns();
  });
}
