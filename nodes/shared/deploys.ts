/** The begin of a deploy, before any node is stopped, and its end, when every node stands and can be sent to. */
import type { NodeAPI } from "node-red";
import { type FlowNode, reaches } from "./reach.js";
import { perRuntime } from "./runtime.js";

type Moment = "flows:stopping" | "flows:stopped" | "flows:started";

/** The deploys of one runtime. */
interface Deploys {
  /** Who wants to know of their moments. */
  callbacks: Record<Moment, Set<() => void>>;
  /** The flows that run. */
  running: { flows: FlowNode[] } | undefined;
  isStarting: boolean;
  /** Says whether the deploy that is going on stops one of the nodes that a node sends to. */
  isCutOff: ((id: string) => boolean) | undefined;
}

/** What the runtime says of a deploy. */
interface DeployEvent {
  config?: { flows: FlowNode[] };
  type?: "full" | "flows" | "nodes";
  diff?: Record<"changed" | "removed" | "linked" | "rewired" | "flowChanged", string[]>;
}

/** True while flows stop for others to start: in a deploy, but not when Node-RED, or its flows, shall end. */
export function isDeploying(RED: NodeAPI): boolean {
  return deploysOf(RED).isStarting;
}

/**
 * Calls back before nodes are stopped, in this deploy and in each later one, and when Node-RED ends.
 * @returns how to stop
 */
export function onDeployBegin(RED: NodeAPI, callback: () => void): () => void {
  return on(RED, "flows:stopping", callback);
}

/**
 * Calls back at the end of this deploy and of each later one.
 * @returns how to stop
 */
export function onDeployEnd(RED: NodeAPI, callback: () => void): () => void {
  return on(RED, "flows:started", callback);
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

/** True for a node of the flows that run, a disabled one included; false for one within a subflow's instance. */
export function isInFlows(RED: NodeAPI, id: string): boolean {
  return deploysOf(RED).running?.flows.some((node) => node.id === id) === true;
}

/** Calls back once: at the end of the deploy that is going on, or when Node-RED or its flows have stopped. */
export function onceDeployedOrStopped(RED: NodeAPI, callback: () => void): void {
  const end = (): void => {
    for (const stop of stops) stop();
    callback();
  };
  const onStopped = (): void => {
    if (!isDeploying(RED)) end();
  };
  const stops = [onDeployEnd(RED, end), on(RED, "flows:stopped", onStopped)];
}

/**
 * True while a deploy has stopped a node that this one sends to: Node-RED drops messages for a node that is stopped and not
 * yet made again.
 */
export function isCutOff(RED: NodeAPI, id: string): boolean {
  return deploysOf(RED).isCutOff?.(id) === true;
}

function on(RED: NodeAPI, moment: Moment, callback: () => void): () => void {
  const callbacks = deploysOf(RED).callbacks[moment];
  callbacks.add(callback);
  return () => callbacks.delete(callback);
}

/** All users share the listeners of the runtime: a flow may have more nodes than an emitter takes without a warning. */
const deploysOf = perRuntime((RED): Deploys => {
  const callbacks = {
    "flows:stopping": new Set<() => void>(),
    "flows:stopped": new Set<() => void>(),
    "flows:started": new Set<() => void>(),
  };
  const deploys: Deploys = { callbacks, running: undefined, isStarting: false, isCutOff: undefined };
  const call = (moment: Moment): void => {
    // Whoever comes during the round waits for the next one; whoever leaves during it is not called.
    for (const each of [...callbacks[moment]]) if (callbacks[moment].has(each)) each();
  };
  // A deploy stops the flows with the new ones at hand; whoever stops them for good has none.
  RED.events.on("flows:stopping", (event?: DeployEvent) => {
    deploys.isStarting = deploys.running !== undefined && event?.config !== deploys.running;
    deploys.isCutOff = cutOf(deploys.running?.flows, event);
    call("flows:stopping");
  });
  RED.events.on("flows:stopped", () => call("flows:stopped"));
  RED.events.on("flows:started", (event?: DeployEvent) => {
    Object.assign(deploys, { running: event?.config, isStarting: false, isCutOff: undefined });
    call("flows:started");
  });
  return deploys;
});

/** Looks at each node once, when it first sends something during the deploy. */
function cutOf(flow: FlowNode[] | undefined, { type, diff }: DeployEvent = {}): Deploys["isCutOff"] {
  if (!flow || !diff) return undefined;
  if (type === "full") return () => true;
  const { changed, removed, linked, rewired, flowChanged } = diff;
  const stopped = new Set([...changed, ...removed, ...(type === "flows" ? [...linked, ...rewired] : [])]);
  const tabs = new Set([...flowChanged, ...removed]);
  const known = new Map<string, boolean>();
  return (id) => {
    const isCut = known.get(id) ?? reaches(flow, id, (node) => stopped.has(node.id) || tabs.has(node.z ?? ""));
    known.set(id, isCut);
    return isCut;
  };
}
