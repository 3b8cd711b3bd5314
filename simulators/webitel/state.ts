/** What the Webitel simulator shows: plain data, shared with its panel. */
import type { Agent } from "../../lib/webitel/types.js";

/** A member, as the panel lists it. */
export interface MemberState {
  id: string;
  name: string;
  numbers: string;
  bucket: string;
  expireAt: string;
  attempts: number;
}

/** A queue. */
export interface QueueState {
  id: string;
  name: string;
  /** False for inbound queues. */
  takesMembers: boolean;
  loaded: number;
  /** Who was not called yet. */
  waiting: number;
  /** The latest members, newest first. */
  latest: MemberState[];
}

/** A call that an agent started. */
export interface CallState {
  id: string;
  at: string;
  destination: string;
  from: string;
}

/** A dialer's try to reach a member. */
export interface AttemptState {
  id: string;
  queue: string;
  cid: string;
  agent: string;
  state: string;
  result?: Record<string, unknown>;
}

/** Everything that the panel shows. */
export interface WebitelState {
  agents: Agent[];
  /** What members name by id or by name: kind, id and name. */
  lookups: readonly (readonly [kind: string, id: string, name: string])[];
  queues: QueueState[];
  calls: CallState[];
  attempts: AttemptState[];
  /** Faults that can be asked for, and what they do. */
  faults: Readonly<Record<string, string>>;
  hooks: { lookupUrl: string; eventUrl: string };
}

/** Addresses of the two webhooks towards us. */
export interface Hooks {
  /** GET with `cid`. */
  lookupUrl?: string;
  /** POST of `offering` and `bridged`. */
  eventUrl?: string;
}

/** What a webhook answered. */
export interface HookAnswer {
  status: number;
  ms: number;
  body: unknown;
}
