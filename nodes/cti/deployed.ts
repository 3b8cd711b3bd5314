/** After each deploy, when all nodes stand: one listener for all, as Node warns of a leak where more than ten listen. */
import type { NodeAPI } from "node-red";

/** Who wants to know, for each runtime in this process. */
const waiting = new WeakMap<object, Set<() => void>>();

/**
 * Calls back after this deploy and each later one.
 * @returns how to stop
 */
export function onDeployed(RED: NodeAPI, callback: () => void): () => void {
  let callbacks = waiting.get(RED.events);
  if (!callbacks) {
    const all = new Set<() => void>();
    RED.events.on("flows:started", () => {
      for (const each of all) each();
    });
    waiting.set(RED.events, (callbacks = all));
  }
  const own = callbacks;
  own.add(callback);
  return () => own.delete(callback);
}
