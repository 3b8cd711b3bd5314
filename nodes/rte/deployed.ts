/** The end of a deploy, when every node of every flow stands and can be sent to. */
import type { NodeAPI } from "node-red";

const EVENT = "flows:started";
const waiting = new Set<() => void>();
const heard = new WeakSet<object>();

/**
 * Calls back at the end of the deploy that is going on, and only once. All users share one listener of the runtime: a
 * flow may have more nodes than an emitter takes listeners without a warning.
 * @returns takes the call back
 */
export function onceDeployed(RED: NodeAPI, callback: () => void): () => void {
  if (!heard.has(RED.events)) {
    heard.add(RED.events);
    RED.events.on(EVENT, () => {
      const due = [...waiting];
      waiting.clear();
      for (const each of due) each();
    });
  }
  waiting.add(callback);
  return () => waiting.delete(callback);
}
