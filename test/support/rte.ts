/** What the tests of Enreach RTE share: a simulator, connections to it, and flows that use them. */
import type { Subject } from "../../lib/rte/subject.js";
import { AGENTS, QUEUES } from "../../simulators/directory.js";
import { DEMO } from "../../simulators/rte/seed-data.js";
import type { RteSimulator } from "../../simulators/rte/simulator.js";
import { node, probe, tab } from "./flow.js";
import type { FlowNode } from "./node-red.js";
import { until } from "./wait.js";

/** A queue and an agent of the simulator. */
export const QUEUE_ID = QUEUES[0]?.id ?? "";
export const AGENT_ID = AGENTS[0]?.id ?? "";

/** A subscription. */
export function of(eventName: string, entityId: string = QUEUE_ID): Subject {
  return { entityId, eventName };
}

/** A connection node, with its credentials: the documented chain. */
export function connectionNode(simulator: RteSimulator, properties: object = {}): FlowNode {
  return {
    id: "connection",
    type: "rte-connection",
    name: "",
    auth: "enreach",
    url: "",
    email: DEMO.email,
    discoveryUrl: `${simulator.url}/api/user`,
    apiUrl: "",
    credentials: { secretKey: DEMO.secretKey },
    ...properties,
  };
}

/** A subscribing node whose outputs go to the probes `<id>-event` and `<id>-notice`. */
export function subscribeNode(id: string, subscriptions: Subject[], properties: object = {}): FlowNode {
  return node(
    id,
    "rte-subscribe",
    { connection: "connection", subscriptions, active: "true", activeType: "bool", ...properties },
    [[`${id}-event`], [`${id}-notice`]],
  );
}

/** A subscribing node and its probes. */
export function subscriber(id: string, subscriptions: Subject[], properties: object = {}): FlowNode[] {
  return [subscribeNode(id, subscriptions, properties), probe(`${id}-event`), probe(`${id}-notice`)];
}

/** A whole flow file. */
export function flowOf(simulator: RteSimulator, ...nodes: FlowNode[]): FlowNode[] {
  return [tab(), connectionNode(simulator), ...nodes];
}

/** Waits until exactly these subscriptions are on the hub, over one connection. */
export function hubHas(simulator: RteSimulator, ...subjects: Subject[]): Promise<boolean> {
  const wanted = subjects
    .map(({ entityId, eventName }) => `${entityId} ${eventName}`.toLowerCase())
    .sort()
    .join();
  return until(`the hub to serve ${wanted || "nothing"}`, () => {
    const [connection, ...others] = simulator.hub.connections;
    const served = [...(connection?.subscriptions.keys() ?? [])].sort().join();
    return others.length === 0 && served === wanted;
  });
}

/** The same flow as an editor sends it again: with stored credentials left out, which otherwise count as a change. */
export function again(flow: FlowNode[]): FlowNode[] {
  return flow.map(({ credentials: _stored, ...each }) => each);
}
