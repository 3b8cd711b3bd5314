/** What the CTI Broker simulator shows and takes: plain data, shared with its panel. */
import type { CommandName, EnumStyle, EventName, SessionTypeName } from "../../lib/cti/tables.js";

/** The kinds of broker. */
export const BROKER_KINDS = ["fast", "serial", "limited", "refusing", "idempotent"] as const;
/** One of {@link BROKER_KINDS}. */
export type BrokerKind = (typeof BROKER_KINDS)[number];

/** A person at a telephone. */
export interface AgentState {
  address: string;
  loggedIn: boolean;
  /** The next log-in is answered 202 and then reported as failed. */
  refusesLogin: boolean;
  heartbeats: number;
}

/** Where a call is. */
type CallPlace = "hunting" | "connected" | "held" | "ended";

/** One conversation. */
export interface CallState {
  id: string;
  session: SessionTypeName;
  ani: string;
  /** Address of the agent who has it, or is offered it. */
  agent: string;
  place: CallPlace;
}

/** What a client registered. A key in the query of the callback address is masked. */
export interface SubscriptionState {
  id: string;
  /** Empty: events of all agents. */
  address: string;
  callback: string;
  delivered: number;
  failed: number;
}

/** A command that came in. */
export interface CommandState {
  at: string;
  command: CommandName | "unknown";
  address: string;
  number?: string;
  status: number;
}

/** An event that went out. */
export interface DeliveryState {
  id: string;
  at: string;
  subscriptionId: string;
  event: EventName | number;
  address: string;
  callId: string;
  /** HTTP status of the answer, or the network's word. */
  answer: number | string;
  /** What was posted. */
  body: object;
}

/** Faults of the broker. */
export interface Faults {
  /** Milliseconds before each answer. */
  slowMs: number;
  /** How many of the next requests are answered with `refuseStatus`, and not done. */
  refuse: number;
  refuseStatus: number;
  /** How many of the next requests are done, but the connection is cut instead of an answer. */
  lose: number;
}

/** What the panel shows. */
export interface CtiState {
  url: string;
  kind: BrokerKind;
  enumStyle: EnumStyle;
  faults: Faults;
  agents: AgentState[];
  /** The latest first. */
  calls: CallState[];
  subscriptions: SubscriptionState[];
  /** The latest first. */
  commands: CommandState[];
  /** The latest first. */
  deliveries: DeliveryState[];
}
