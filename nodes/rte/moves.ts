/** Nodes that a deploy moves from one connection to another: what the first had read for them is where their gap begins. */
import type { NodeAPI } from "node-red";
import { perRuntime } from "../shared/runtime.js";

/** Until when a node that is being deployed again has got every event, Unix milliseconds, by its id. */
const leftIn = perRuntime(() => new Map<string, number>());

/** A node leaves its connection, and may come back to another one; `ms` is undefined for one without subscriptions. */
export function noteLeft(RED: NodeAPI, id: string, ms: number | undefined): void {
  if (ms !== undefined) leftIn(RED).set(id, ms);
}

/** Takes what {@link noteLeft} kept. */
export function takeLeft(RED: NodeAPI, id: string): number | undefined {
  const ms = leftIn(RED).get(id);
  leftIn(RED).delete(id);
  return ms;
}

/** The deploy is done: what is left belongs to nodes that are gone. */
export function forgetLeft(RED: NodeAPI): void {
  leftIn(RED).clear();
}
