/** What outlives a process, as it is written and as it is read: all times in it are by the clock as it was set then. */
import { leastPassedMs, setBackMs, STEADY, stampNow } from "../core/clock.js";
import { isRecord } from "../core/values.js";
import { MAX_LOST } from "./subscription-ids.js";
import type { StoredEntry, StoredGone, StoredRemoval, StoredSubscriptions } from "./subscription-store.js";

/** What is written, by the steady clock. */
interface WrittenState {
  aliveAt: number;
  held: (readonly [key: string, entry: StoredEntry])[];
  ended: (readonly [key: string, at: number])[];
  removals: (readonly [id: string, removal: StoredRemoval])[];
  gone: (readonly [id: string, gone: StoredGone])[];
}

/** How often all is written where nothing changes, milliseconds. */
export const ALIVE_MS = 60_000;
/** Requests of a former process that are counted, of each second. */
const MAX_REQUESTS = 10_000;

/** What was stored, checked; see {@link StoredSubscriptions}. */
export interface StoredState {
  aliveAt: number;
  /** Set where nobody knows what was held: events may be lost since then, Unix milliseconds. */
  unknownSince: number | undefined;
  /** See {@link SubscriptionStore.load}. */
  isElsewhere: boolean;
  /** What former processes sent, the oldest first: how long ago at least, milliseconds. */
  requests: { count: number; ageMs: number }[];
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
  const passedMs = leastPassedMs(written);
  const requestsOf = (count: unknown, ageMs: number): { count: number; ageMs: number } => ({
    count: Math.min(numberOf(count) ?? 0, MAX_REQUESTS),
    ageMs: Math.max(0, ageMs),
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
        .map(([age, count]) => requestsOf(count, passedMs + Number(age) * 1000))
        .toSorted((one, other) => other.ageMs - one.ageMs),
      // They may have been sent until the next write.
      requestsOf(reserved, passedMs - ALIVE_MS),
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
        const { key, inUse, isFormer } = isRecord(value) ? value : { key: value };
        if (typeof key !== "string") return [];
        const [from, to] = isRecord(inUse) ? [timeOf(inUse["from"]), timeOf(inUse["to"])] : [];
        const removal = { key, ...(isFormer === true && { isFormer: true as const }) };
        return [[id, { ...removal, ...(from !== undefined && to !== undefined && { inUse: { from, to } }) }]];
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

/** What is written: all times by the clock as it is set now. */
export function storedState({ aliveAt, held, ended, removals, gone }: WrittenState): StoredSubscriptions {
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
