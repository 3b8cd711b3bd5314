/** The end of a deploy, when every node of every flow stands and can be sent to. */
import type { NodeAPI } from "node-red";

/** Who wants to know, for each runtime in this process. */
const listeners = new WeakMap<object, Set<() => void>>();

/**
 * Calls back at the end of this deploy and of each later one. All users share one listener of the runtime: a flow may have
 * more nodes than an emitter takes listeners without a warning.
 * @returns how to stop
 */
export function onDeployEnd(RED: NodeAPI, callback: () => void): () => void {
  const callbacks = listeners.get(RED.events) ?? listen(RED);
  callbacks.add(callback);
  return () => callbacks.delete(callback);
}

/**
 * Calls back once, at the end of the deploy that is going on.
 * @returns how to stop
 */
export function onceDeployed(RED: NodeAPI, callback: () => void): () => void {
  const stop = onDeployEnd(RED, () => {
    stop();
    callback();
  });
  return stop;
}

function listen(RED: NodeAPI): Set<() => void> {
  const callbacks = new Set<() => void>();
  RED.events.on("flows:started", () => {
    // Whoever comes during the round waits for the next one; whoever leaves during it is not called.
    for (const each of [...callbacks]) if (callbacks.has(each)) each();
  });
  listeners.set(RED.events, callbacks);
  return callbacks;
}
