/** From what the simulator knows to what its panel shows. */
import { FAULTS } from "./faults.js";
import type { CallState, Hooks, MemberState, QueueState, WebitelState } from "./state.js";
import { type Queue, type Store, type StoredCall, type StoredMember, TAKES_NO_MEMBERS } from "./store.js";

/** How many of a list are shown. */
const SHOWN = 10;

/** A member as the panel lists it. */
export function memberState({ id, name = "", communications, bucket, expire_at, attempts }: StoredMember): MemberState {
  const ms = Number(expire_at ?? 0);
  return {
    id,
    name,
    numbers: communications.map(({ destination }) => destination).join(", "),
    bucket: bucket?.id ?? "",
    expireAt: ms > 0 ? new Date(ms).toISOString() : "",
    attempts,
  };
}

function queueState({ id, name, type, loaded, members }: Queue): QueueState {
  const waiting = members.reduce((count, { attempts }) => count + (attempts === 0 ? 1 : 0), 0);
  return {
    id,
    name,
    takesMembers: !TAKES_NO_MEMBERS.has(type),
    loaded,
    waiting,
    latest: members.slice(-SHOWN).toReversed().map(memberState),
  };
}

function callState({ id, at, destination, from }: StoredCall): CallState {
  return { id, at, destination, from: from.extension ?? (from.id === undefined ? "" : `user ${from.id}`) };
}

/** Everything that the panel shows. */
export function stateOf(store: Store, { lookupUrl = "", eventUrl = "" }: Hooks): WebitelState {
  return {
    agents: store.agents,
    lookups: Object.entries({ bucket: store.buckets, skill: store.skills, type: store.communicationTypes }).flatMap(
      ([kind, list]) => list.map(({ id, name = "" }) => [kind, id, name] as const),
    ),
    queues: store.queues.map(queueState),
    calls: store.calls.slice(0, SHOWN).map(callState),
    attempts: store.attempts
      .slice(0, SHOWN)
      .map(({ id, queue, cid, agent, state, result }) => ({ id, queue, cid, agent, state, ...(result && { result }) })),
    faults: FAULTS,
    hooks: { lookupUrl, eventUrl },
  };
}
