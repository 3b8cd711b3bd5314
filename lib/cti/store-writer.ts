/** Reads and writes what outlives this process. */
import { setBackMs, STEADY, stampNow } from "../core/clock.js";
import { createHash } from "node:crypto";
import { isRecord } from "../core/values.js";
import { agentKey } from "./addresses.js";
import type { SentRequests } from "./request-queue.js";
import { MAX_LOST } from "./subscription-ids.js";
import type {
  StoredEntry,
  StoredGone,
  StoredRemoval,
  StoredSubscriptions,
  SubscriptionStore,
} from "./subscription-store.js";

/** What a {@link StoreWriter} writes. */
export interface StoreSource {
  held: () => [key: string, entry: StoredEntry][];
  /** Requests that may have made a subscription of unknown id, also of entries that are gone. */
  unanswered: () => (readonly [key: string, entry: StoredEntry])[];
  leftBehind: ReadonlyMap<string, StoredEntry>;
  ended: Map<string, number>;
  removals: () => [id: string, removal: StoredRemoval][];
  gone: () => [id: string, gone: StoredGone][];
  /** See {@link StoredSubscriptions.aliveAt}. */
  receivedUntil: () => number;
  /** See {@link RequestQueue.reserve}. */
  reserve: () => SentRequests & { saved: () => void };
}

/** What is written, by the steady clock. */
interface WrittenState {
  aliveAt: number;
  held: (readonly [key: string, entry: StoredEntry])[];
  ended: (readonly [key: string, at: number])[];
  removals: (readonly [id: string, removal: StoredRemoval])[];
  gone: (readonly [id: string, gone: StoredGone])[];
}

const WRITE_MIN_MS = 100;
const WRITE_MAX_MS = 1000;
const WRITE_NEXT_MS = 10;
const WRITE_EACH_MS = 0.5;
/** How often all is written where nothing changes, and how often the time alone. */
const ALIVE_MS = 60_000;
const RECEIVED_MS = 1000;
/** Ends that nobody came back to are forgotten after this. */
const ENDED_MS = 24 * 3_600_000;
const MAX_ENDED = 5000;
/** Requests of a former process that are counted, of each second. */
const MAX_REQUESTS = 10_000;

const AGENT_LENGTH = 16;

/** The key of an agent at a callback address: without personal data, and never the secret in the address. */
export function entryKey(callback: string, imAddress: string): string {
  const agent = agentKey(imAddress);
  return hash(`\n${agent}`).slice(0, AGENT_LENGTH) + hash(callback);
}

/** What the keys of all agents at a callback address end in. */
export function callbackOfKey(key: string): string {
  return key.slice(AGENT_LENGTH);
}

/** The part of a key that is the same for an agent at all callback addresses. */
export function agentOfKey(key: string): string {
  return key.slice(0, AGENT_LENGTH);
}

/** True for keys of one agent, whatever the addresses. */
export function isSameAgent(key: string, other: string): boolean {
  return agentOfKey(key) === agentOfKey(other);
}

function hash(text: string): string {
  return createHash("sha256").update(text).digest("base64url").slice(0, 22);
}

/** What was stored, checked; see {@link StoredSubscriptions}. */
export interface StoredState {
  aliveAt: number;
  /** Set where nobody knows what was held: events may be lost since then, Unix milliseconds. */
  unknownSince: number | undefined;
  /** See {@link SubscriptionStore.load}. */
  isElsewhere: boolean;
  /** What a former process sent, the oldest first; the times are Unix milliseconds. */
  requests: { count: number; at: number }[];
  /** Requests that it may have sent after that. */
  unsaved: number;
  held: Map<string, StoredEntry>;
  ended: Map<string, number>;
  removals: Map<string, StoredRemoval>;
  /** The oldest first. */
  gone: [id: string, gone: StoredGone][];
}

/** Reads what was stored, as foreign data; its times are moved to the clock as it is set now. */
export function readStored(stored: unknown): StoredState {
  const state = isRecord(stored) ? stored : {};
  const entriesOf = (value: unknown): [string, unknown][] => (isRecord(value) ? Object.entries(value) : []);
  const numberOf = (value: unknown): number | undefined => (typeof value === "number" ? value : undefined);
  const timesOf = (stamp: unknown): ((value: unknown) => number | undefined) => {
    const backMs = setBackMs(stamp);
    return (value) => (typeof value === "number" ? STEADY.fromClock(value - backMs) : undefined);
  };
  const { written, received, unknownSince } = state;
  const timeOf = timesOf(written);
  const held = entriesOf(state["held"]).filter((entry): entry is [string, Record<string, unknown>] =>
    isRecord(entry[1]),
  );
  const { sent, reserved } = isRecord(state["requests"]) ? state["requests"] : {};
  const now = STEADY.now();
  const writtenAt = timeOf(isRecord(written) && written["at"]) ?? 0;
  const requestsOf = (count: unknown, time: number): { count: number; at: number } => ({
    count: Math.min(numberOf(count) ?? 0, MAX_REQUESTS),
    at: Math.min(time, now),
  });
  return {
    aliveAt: Math.max(
      timeOf(state["aliveAt"]) ?? now,
      timesOf(received)(isRecord(received) && received["until"]) ?? -Infinity,
    ),
    unknownSince: timesOf({ at: unknownSince })(unknownSince),
    isElsewhere: state["isElsewhere"] === true,
    requests: [
      ...entriesOf(sent)
        .map(([age, count]) => requestsOf(count, writtenAt - Number(age) * 1000))
        .toSorted((one, other) => one.at - other.at),
      // They may have been sent until the next write.
      requestsOf(reserved, writtenAt + ALIVE_MS),
    ],
    unsaved: numberOf(reserved) ?? 0,
    held: new Map(
      held.map(([key, { id, lostFrom, aliveAt, lostAnswers }]) => [
        key,
        {
          id: typeof id === "string" ? id : undefined,
          lostFrom: timeOf(lostFrom),
          aliveAt: timeOf(aliveAt),
          lostAnswers: Math.min(numberOf(lostAnswers) ?? 0, MAX_LOST),
        },
      ]),
    ),
    ended: new Map(
      entriesOf(state["ended"]).flatMap(([key, value]) => {
        const at = timeOf(value);
        return at === undefined ? [] : [[key, at]];
      }),
    ),
    removals: new Map(
      entriesOf(state["removals"]).flatMap(([id, value]) => {
        const { key, inUse } = isRecord(value) ? value : { key: value };
        if (typeof key !== "string") return [];
        const [from, to] = isRecord(inUse) ? [timeOf(inUse["from"]), timeOf(inUse["to"])] : [];
        return [[id, { key, ...(from !== undefined && to !== undefined && { inUse: { from, to } }) }]];
      }),
    ),
    gone: entriesOf(state["gone"])
      .flatMap(([id, value]): [string, StoredGone][] => {
        const { key, at } = isRecord(value) ? value : {};
        const time = timeOf(at);
        return typeof key === "string" && time !== undefined ? [[id, { key, at: Math.min(time, now) }]] : [];
      })
      .toSorted(([, one], [, other]) => one.at - other.at),
  };
}

/**
 * A store whose ids belong to the broker that gave them. Of what another broker's subscribers had, only the times of the
 * ends are left: its ids would be unknown here, or somebody else's.
 * @param url address of the broker
 */
export function storeOfBroker(store: SubscriptionStore, url: string): SubscriptionStore {
  const broker = hash(`${new URL(url).href.replace(/\/+$/, "")}\n`);
  return {
    async load() {
      const stored = await store.load();
      const isOwn = !isRecord(stored) || stored["broker"] === undefined || stored["broker"] === broker;
      return isOwn ? stored : endedState(readStored(stored));
    },
    save: (state) => store.save({ broker, ...state }),
    noteReceived: (received) => store.noteReceived?.(received),
  };
}

function endedState({ aliveAt, held, ended }: StoredState): StoredSubscriptions {
  const known = [...held].flatMap(([key, { id, lostFrom }]) => {
    const from = lostFrom ?? (id === undefined ? undefined : aliveAt);
    return from === undefined ? [] : [[key, from] as const];
  });
  return storedState({ aliveAt, held: [], ended: [...ended, ...known], removals: [], gone: [] });
}

/** What is written: all times by the clock as it is set now. */
function storedState({ aliveAt, held, ended, removals, gone }: WrittenState): StoredSubscriptions {
  const toClock = (time: number): number => STEADY.toClock(time);
  return {
    aliveAt: toClock(aliveAt),
    written: stampNow(),
    held: Object.fromEntries(
      held.map(([key, { lostFrom, aliveAt, ...entry }]) => [
        key,
        {
          ...entry,
          ...(lostFrom !== undefined && { lostFrom: toClock(lostFrom) }),
          ...(aliveAt !== undefined && { aliveAt: toClock(aliveAt) }),
        },
      ]),
    ),
    ended: Object.fromEntries(ended.map(([key, at]) => [key, toClock(at)])),
    removals: Object.fromEntries(
      removals.map(([id, { key, inUse }]) => [
        id,
        { key, ...(inUse && { inUse: { from: toClock(inUse.from), to: toClock(inUse.to) } }) },
      ]),
    ),
    gone: Object.fromEntries(gone.map(([id, { key, at }]) => [id, { key, at: toClock(at) }])),
  };
}

/** Writes the state soon after a change and every minute, and notes the time every second. */
export class StoreWriter {
  private timer: NodeJS.Timeout | undefined;
  private readonly alive: NodeJS.Timeout;
  private readonly received: NodeJS.Timeout;
  private saving = 0;
  private waiting: (() => void)[] = [];
  private closed = false;
  private wasEmpty = true;

  constructor(
    private readonly store: SubscriptionStore,
    private readonly source: StoreSource,
  ) {
    this.alive = setInterval(() => {
      if (!this.wasEmpty) this.writeSoon();
    }, ALIVE_MS);
    this.alive.unref();
    this.received = setInterval(() => this.noteReceived(), RECEIVED_MS);
    this.received.unref();
  }

  /** Writes after a moment: many changes at once are one write. */
  writeSoon(): void {
    if (this.closed || this.timer) return;
    const ms = Math.min(WRITE_MAX_MS, Math.max(WRITE_MIN_MS, this.source.held().length * WRITE_EACH_MS));
    this.timer = setTimeout(() => void this.writeNow(), ms);
  }

  /** Writes before the next try of a request that failed. */
  writeNext(): void {
    if (this.closed) return;
    clearTimeout(this.timer);
    this.timer = setTimeout(() => void this.writeNow(), WRITE_NEXT_MS);
  }

  /** Resolves when everything so far is written. */
  written(): Promise<void> {
    this.writeSoon();
    return new Promise((resolve) => this.waiting.push(resolve));
  }

  /** Writes at once. */
  async writeNow(): Promise<void> {
    clearTimeout(this.timer);
    this.timer = undefined;
    const waiting = this.waiting;
    this.waiting = [];
    const { saved, ...requests } = this.source.reserve();
    const state = this.state(requests);
    const isEmpty = [state.held, state.ended, state.removals].every((part) => Object.keys(part).length === 0);
    // Without subscriptions there is no file to make.
    this.saving++;
    if (!isEmpty || !this.wasEmpty) await this.store.save(state);
    this.saving--;
    this.wasEmpty = isEmpty;
    saved();
    if (requests.reserved > 0) this.writeSoon();
    for (const resolve of waiting) resolve();
  }

  /** Writes a last time. */
  async close(): Promise<void> {
    this.closed = true;
    clearInterval(this.alive);
    clearInterval(this.received);
    await this.writeNow();
  }

  // Only while nothing else has changed: what is being lost is not in the store with each of its times.
  private noteReceived(): void {
    const { held, leftBehind, receivedUntil } = this.source;
    if (this.wasEmpty || this.timer || this.saving > 0 || leftBehind.size > 0) return;
    if (held().some(([, { lostFrom }]) => lostFrom !== undefined)) return;
    // What came last may not have reached the flow.
    this.store.noteReceived?.({ until: STEADY.toClock(receivedUntil() - RECEIVED_MS), ...stampNow() });
  }

  private state(requests: SentRequests): StoredSubscriptions {
    const { held, unanswered, leftBehind, ended, removals, gone, receivedUntil } = this.source;
    const now = STEADY.now();
    for (const [key, at] of ended) {
      if (now - at <= ENDED_MS && ended.size <= MAX_ENDED) break;
      ended.delete(key);
    }
    const lost = new Map(unanswered());
    const left = [...leftBehind].map(([key, entry]) => [key, { ...lost.get(key), ...entry }] as const);
    const state = {
      aliveAt: receivedUntil(),
      held: [...lost, ...left, ...held()],
      ended: [...ended],
      removals: removals(),
      gone: gone(),
    };
    return { ...storedState(state), requests };
  }
}
