/** What the RTE simulator shows: plain data, shared with its panel. */
import type { Fault } from "./faults.js";

/** A queue at this moment. */
export interface QueueState {
  id: string;
  name: string;
  waiting: number;
  connected: number;
  free: number;
  /** Seconds. */
  longestWait: number;
}
/** An agent at this moment. */
export interface AgentState {
  id: string;
  name: string;
  availability: string;
  note: string;
  talking: boolean;
  free: boolean;
}

/** What the panel shows. */
export interface RteState {
  fault: Fault;
  /** False while the server is down. */
  up: boolean;
  /** Day in progress: 0 to 1; undefined while none is played. */
  progress?: number;
  queues: QueueState[];
  agents: AgentState[];
  /** One that the demo user has no right to. */
  closedQueue: { id: string; name: string };
  callList: { id: string; name: string; open: number };
  connections: { id: string; subscriptions: number }[];
  /** The latest events, newest first, with the properties in the catalogue's spelling. */
  log: { at: string; name: string; entityId: string; data: Record<string, unknown>; receivers: number }[];
}
