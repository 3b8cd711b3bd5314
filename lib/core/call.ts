/** `msg.call`: one model of a call for all vendors. A table per vendor maps its events to it; unknown facts are left out. */
import type { Vendor } from "./errors.js";

/** Every state that a call or leg can be in, in the order of a call's life. */
export const CALL_STATES = [
  "incoming",
  "queued",
  "dialing",
  "offered",
  "connected",
  "held",
  "retrieved",
  "transferring",
  "transferred",
  "overflowed",
  "refused",
  "ended",
] as const;

/** One of {@link CALL_STATES}. */
export type CallState = (typeof CALL_STATES)[number];
/** Seen from the contact centre. */
export type CallDirection = "inbound" | "outbound";

/** What `msg.call` holds. */
export interface Call {
  vendor: Vendor;
  /** The vendor's id of the call. */
  id?: string;
  /** The vendor's id of this leg. */
  legId?: string;
  state: CallState;
  direction?: CallDirection;
  /** Number of the calling party as the vendor wrote it. */
  from?: string;
  /** Number that was called as the vendor wrote it. */
  to?: string;
  agent?: { id?: string; name?: string; address?: string };
  queue?: { id?: string; name?: string; number?: string };
  /** When we learned of it: ISO 8601 with zone. */
  at: string;
}
