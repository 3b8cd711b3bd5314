/** The end of a deploy, when every node of every flow stands and can be sent to. */
import type { NodeAPI } from "node-red";

/** The deploys of one runtime. */
interface Deploys {
  /** Who wants to know of their end. */
  callbacks: Set<() => void>;
  /** The flows that run. */
  running: unknown;
  isStarting: boolean;
}

/** For each runtime in this process. */
const runtimes = new WeakMap<object, Deploys>();

/** True while flows stop for others to start: in a deploy, but not when Node-RED, or its flows, shall end. */
export function isDeploying(RED: NodeAPI): boolean {
  return deploysOf(RED).isStarting;
}

/**
 * Calls back at the end of this deploy and of each later one. All users share one listener of the runtime: a flow may have
 * more nodes than an emitter takes listeners without a warning.
 * @returns how to stop
 */
export function onDeployEnd(RED: NodeAPI, callback: () => void): () => void {
  const { callbacks } = deploysOf(RED);
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

function deploysOf(RED: NodeAPI): Deploys {
  const known = runtimes.get(RED.events);
  if (known) return known;
  const deploys: Deploys = { callbacks: new Set(), running: undefined, isStarting: false };
  const { callbacks } = deploys;
  // A deploy stops the flows with the new ones at hand; whoever stops them for good has none.
  RED.events.on("flows:stopping", (event?: { config?: unknown }) => {
    deploys.isStarting = deploys.running !== undefined && event?.config !== deploys.running;
  });
  RED.events.on("flows:started", (event?: { config?: unknown }) => {
    Object.assign(deploys, { running: event?.config, isStarting: false });
    // Whoever comes during the round waits for the next one; whoever leaves during it is not called.
    for (const each of [...callbacks]) if (callbacks.has(each)) each();
  });
  runtimes.set(RED.events, deploys);
  return deploys;
}
