/** What outlives this process: ids at the broker, under keys that name neither agent nor address. */

import type { Stamp } from "../core/clock.js";

/** A time in which an entry relied on a subscription, Unix milliseconds: since the broker last showed that it knows it. */
export interface TimeInUse {
  from: number;
  to: number;
}

/** A subscription to end. */
export interface StoredRemoval {
  /** The entry that it belonged to. */
  key: string;
  /** Events of this time are lost where the broker does not know it. */
  inUse?: TimeInUse | undefined;
  /** True where it was made at another address of the broker; what has that still may end it there meanwhile. */
  isFormer?: true | undefined;
}

/** A subscription that has ended: events of it may still be on their way. */
export interface StoredGone {
  /** The entry that had it. */
  key: string;
  /** When it ended, Unix milliseconds. */
  at: number;
}

/** A subscription at another address. */
export interface StoredFormer {
  /** The entry that had it. */
  key: string;
  /** The broker's address, as {@link StoredSubscriptions.broker}. */
  broker: string;
  /** When the node named another address, Unix milliseconds. */
  at: number;
  /** Another address at which its end was asked for. */
  tried?: string | undefined;
}

/** Requests that a later process has to count. */
export interface SentRequests {
  /** Requests of the last minute by age, whole seconds. */
  sent: Record<string, number>;
  /** Requests that may be sent before it is saved again. */
  reserved: number;
}

/** What became of a write; `held`: another process writes there. */
export type SaveResult = "saved" | "failed" | "held";

/** Where the state of a {@link SubscriptionManager} is kept. */
export interface SubscriptionStore {
  /**
   * @returns what was saved last, with `isElsewhere: true` where another machine saved it: what no subscriber asks for may be in
   *   use there, and is not ended; `{unknownSince}` where it was damaged; anything else that is not understood counts as nothing
   */
  load(): Promise<unknown>;
  /** Must not reject: what cannot be written is the store's to report. */
  save(state: StoredSubscriptions): Promise<SaveResult>;
  /** Notes that what was saved last is still true, and until when events were received. */
  noteReceived?(received: Received): void;
}

/** Until when events were received, Unix milliseconds, and when that was noted. */
export interface Received extends Stamp {
  until: number;
}

/** One entry in the store. */
export interface StoredEntry {
  id?: string | undefined;
  /** Since when events may be lost, Unix milliseconds. */
  lostFrom?: number | undefined;
  /** When the broker last showed that it knows the id, Unix milliseconds. */
  aliveAt?: number | undefined;
  /** Requests of the last minute that may have made a subscription of unknown id. */
  lostAnswers?: number | undefined;
}

/** The content of the store. */
export interface StoredSubscriptions {
  /** Names the broker that gave the ids, without its address. */
  broker?: string;
  /** Until when events were received, Unix milliseconds: when it was written, or the broker's last sign before an outage. */
  aliveAt: number;
  /** A later time, where one was noted. */
  received?: Received;
  /** When it was written: all times are by the clock as it was set then. */
  written: Stamp;
  requests?: SentRequests;
  /** By key of the entry. */
  held: Record<string, StoredEntry>;
  /** When entries ended in good order, Unix milliseconds, by key. */
  ended: Record<string, number>;
  /** By id. */
  removals: Record<string, StoredRemoval>;
  /** By id: those of the last minutes. */
  gone: Record<string, StoredGone>;
  /** By id: those at other addresses. */
  former?: Record<string, StoredFormer>;
}
