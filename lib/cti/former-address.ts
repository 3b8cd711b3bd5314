/**
 * A store whose ids belong to the broker that gave them. What was made at an address that the node does not name any more is
 * kept until it is known to have ended, or until the node names that address again.
 */
import { STEADY } from "../core/clock.js";
import { isRecord } from "../core/values.js";
import { digestOf } from "./entry-keys.js";
import { readStored, type StoredState, storedState } from "./stored-state.js";
import { isUnique } from "./subscription-ids.js";
import type { StoredFormer, StoredRemoval, StoredSubscriptions, SubscriptionStore } from "./subscription-store.js";

/** The store of a broker at one address. */
export interface BrokerStore extends SubscriptionStore {
  /** As {@link StoredSubscriptions.broker}. */
  readonly broker: string;
  /**
   * What this process still has at another address that the node named before; it is written with the next state.
   * @returns what to end at this one
   */
  noteFormer(broker: string, state: StoredSubscriptions): Map<string, StoredRemoval>;
}

/** Beyond this the oldest are forgotten. */
const MAX_FORMER = 5000;
/** A broker may give other ids than GUIDs to somebody else: after this they are left alone, milliseconds. */
const SURE_MS = 24 * 3_600_000;

/** @param url address of the broker */
export function storeOfBroker(store: SubscriptionStore, url: string): BrokerStore {
  const broker = digestOf(`${new URL(url).href.replace(/\/+$/, "")}\n`);
  let former = new Map<string, StoredFormer>();
  return {
    broker,
    async load() {
      const stored = await store.load();
      if (!isRecord(stored)) return stored;
      former = readFormer(stored["former"]);
      const isOwn = stored["broker"] === undefined || stored["broker"] === broker;
      const state = readStored(stored);
      // What another machine has may be in use there.
      if (typeof stored["broker"] === "string" && !isOwn && !state.isElsewhere)
        addFormer(former, idsOf(state), stored["broker"]);
      const removals = Object.fromEntries(takeFormer(former, broker));
      const own = isRecord(stored["removals"]) ? stored["removals"] : {};
      return isOwn ? { ...stored, removals: { ...removals, ...own } } : { ...endedState(state), removals };
    },
    save: (state) => store.save({ broker, ...state, ...(former.size > 0 && { former: Object.fromEntries(former) }) }),
    noteFormer: (other, state) => {
      if (other === broker) return new Map();
      const left = idsOf(readStored(state));
      for (const [id, one] of former) if (one.broker === other && !left.has(id)) former.delete(id);
      addFormer(former, left, other);
      return takeFormer(former, broker);
    },
    noteReceived: (received) => store.noteReceived?.(received),
  };
}

function readFormer(stored: unknown): Map<string, StoredFormer> {
  const all = isRecord(stored) ? Object.entries(stored) : [];
  return new Map(
    all.flatMap(([id, value]) => {
      const { key, broker, at, tried } = isRecord(value) ? value : {};
      if (typeof key !== "string" || typeof broker !== "string" || typeof at !== "number") return [];
      return [[id, { key, broker, at, ...(typeof tried === "string" && { tried }) }]];
    }),
  );
}

function idsOf({ held, removals }: StoredState): Map<string, string> {
  return new Map([
    ...[...held].flatMap(([key, { id }]) => (id === undefined ? [] : [[id, key] as const])),
    ...[...removals].map(([id, { key }]) => [id, key] as const),
  ]);
}

function addFormer(former: Map<string, StoredFormer>, ids: ReadonlyMap<string, string>, broker: string): void {
  const at = STEADY.toClock(STEADY.now());
  for (const [id, key] of ids) if (!former.has(id)) former.set(id, { key, broker, at });
  for (const id of [...former.keys()].slice(0, Math.max(0, former.size - MAX_FORMER))) former.delete(id);
}

/**
 * What is to be ended at this address: what was made there, and once what has a GUID, as both addresses may be of one broker
 * and no other broker has the same.
 */
function takeFormer(former: Map<string, StoredFormer>, broker: string): Map<string, StoredRemoval> {
  const removals = new Map<string, StoredRemoval>();
  const since = STEADY.toClock(STEADY.now()) - SURE_MS;
  for (const [id, one] of former) {
    if (one.at < since && !isUnique(id)) {
      former.delete(id);
      continue;
    }
    if (one.broker === broker) former.delete(id);
    else if (isUnique(id) && one.tried !== broker) one.tried = broker;
    else continue;
    removals.set(id, { key: one.key, isFormer: true });
  }
  return removals;
}

// Of what another broker's subscribers had, the times of the ends are left, and how much was sent: it may be the same broker.
function endedState({ aliveAt, held, ended, requests }: StoredState): StoredSubscriptions {
  const known = [...held].flatMap(([key, { id, lostFrom }]) => {
    const from = lostFrom ?? (id === undefined ? undefined : aliveAt);
    return from === undefined ? [] : [[key, from] as const];
  });
  const sent: Record<string, number> = {};
  for (const { count, ageMs } of requests) {
    const age = Math.floor(ageMs / 1000);
    sent[age] = (sent[age] ?? 0) + count;
  }
  const state = storedState({ aliveAt, held: [], ended: [...ended, ...known], removals: [], gone: [] });
  return { ...state, requests: { sent, reserved: 0 } };
}
