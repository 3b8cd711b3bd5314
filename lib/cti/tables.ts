/**
 * The names and numbers of the Anywhere365 CTI Broker (vendor document "CTI Broker REST API", Fire Commands and Events).
 * The single source of names: types, checks, editor lists, help, simulator and tests derive from these three tables.
 */
import type { CallState } from "../core/call.js";

/** What is known of a command. */
interface CommandFacts {
  /** `commandType` on the wire where the broker wants numbers. */
  readonly number: number;
  /** True where the command carries a telephone number. */
  readonly needsNumber: boolean;
  /** What may be sent again after a failure: what the broker is known not to have processed, or nothing. */
  readonly retry: "unprocessed" | "never";
}

/** The commands; the gaps in the numbers are not documented. */
export const COMMANDS = {
  AgentLogin: { number: 0, needsNumber: false, retry: "unprocessed" },
  AgentLogout: { number: 1, needsNumber: false, retry: "unprocessed" },
  // A phone rings once: not even an answer that says "later" is tried again.
  Dial: { number: 4, needsNumber: true, retry: "never" },
  // The next beat is the retry.
  HeartBeat: { number: 14, needsNumber: false, retry: "never" },
} as const satisfies Record<string, CommandFacts>;

/** Name of a command. */
export type CommandName = keyof typeof COMMANDS;
/** The names in the vendor's order. */
export const COMMAND_NAMES = Object.keys(COMMANDS) as CommandName[];

/** What is known of an event. */
export interface EventFacts {
  /** `eventType` on the wire. */
  readonly number: number;
  /** What it means in `msg.call`; absent where the event is not about a call. */
  readonly state?: CallState;
  /** Events after which it may happen again to the same agent and call. */
  readonly undoneBy: readonly string[];
}

/** The events. Number 2 is not documented. */
export const EVENTS = {
  LoggedIn: { number: 0, undoneBy: ["LoggedOff"] },
  LoggedOff: { number: 1, undoneBy: ["LoggedIn"] },
  Hunting: { number: 3, state: "offered", undoneBy: ["Disconnected"] },
  Connected: { number: 4, state: "connected", undoneBy: ["Disconnected"] },
  Disconnected: { number: 5, state: "ended", undoneBy: ["Hunting", "Connected"] },
  OnHold: { number: 6, state: "held", undoneBy: ["Retrieve", "Disconnected"] },
  Retrieve: { number: 7, state: "retrieved", undoneBy: ["OnHold"] },
} as const satisfies Record<string, EventFacts>;

/** Name of an event. */
export type EventName = keyof typeof EVENTS;
/** The names in the vendor's order. */
export const EVENT_NAMES = Object.keys(EVENTS) as EventName[];

/** The directions of a session. */
export const SESSION_TYPES = {
  Inbound: { number: 0, direction: "inbound", ani: "from" },
  Outbound: { number: 1, direction: "outbound", ani: "to" },
} as const;

/** Name of a direction. */
export type SessionTypeName = keyof typeof SESSION_TYPES;

/** The fields of an event as the vendor spells them. */
export const EVENT_FIELDS = ["SubscriptionId", "SessionType", "ImAddress", "eventType", "callId", "ani"] as const;

/** How enumerations are written. */
export const ENUM_STYLES = ["name", "number"] as const;
/** One of {@link ENUM_STYLES}. */
export type EnumStyle = (typeof ENUM_STYLES)[number];

/**
 * Reads an enumeration value: number, name in any case, or numeric text.
 * @param table names and numbers
 * @param value as it came
 * @returns the name where it is known; an unknown number as a number; anything else as it came
 */
export function enumName<Name extends string>(
  table: Readonly<Record<Name, { readonly number: number }>>,
  value: unknown,
): unknown {
  const text = typeof value === "number" ? String(value) : typeof value === "string" ? value.trim() : undefined;
  if (text === undefined) return value;
  const folded = text.toLowerCase();
  for (const name of Object.keys(table) as Name[]) {
    if (name.toLowerCase() === folded || String(table[name].number) === text) return name;
  }
  return /^\d{1,9}$/.test(text) ? Number(text) : value;
}
