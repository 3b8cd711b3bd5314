/**
 * `msg.call` of Enreach: which events are about a call, and what they say of it.
 *
 * A cancelled allocation or transfer counts as `refused`: the party that was offered the call did not get it. The
 * notifications about a missed call and a voice mail speak of a call that is over.
 */
import type { Call, CallDirection, CallState } from "../core/call.js";
import { EVENTS, type EventName } from "./tables.js";
import type { Json } from "./normalise.js";

type Meaning = readonly [CallState, CallDirection];

/** Events about a call. All others are about a user, a queue, a call list or a request to call back. */
export const CALL_EVENTS = {
  UserCallInComing: ["incoming", "inbound"],
  UserCallInArrived: ["queued", "inbound"],
  UserCallInUserAllocated: ["offered", "inbound"],
  UserCallInUserCancelled: ["refused", "inbound"],
  UserCallInUserConnected: ["connected", "inbound"],
  UserCallInUserOverflow: ["overflowed", "inbound"],
  UserCallInOverflow: ["overflowed", "inbound"],
  UserCallInTransferStarted: ["transferring", "inbound"],
  UserCallInTransferConnected: ["transferred", "inbound"],
  UserCallInTransferCancelled: ["refused", "inbound"],
  UserCallInDisconnected: ["ended", "inbound"],
  UserCallOutGoing: ["dialing", "outbound"],
  UserCallOutConnected: ["connected", "outbound"],
  UserCallOutDisconnected: ["ended", "outbound"],
  UserMissedCallNotification: ["ended", "inbound"],
  UserVoiceMailNotification: ["ended", "inbound"],
  UserAssistedCallbackRequest: ["incoming", "inbound"],
  QueueCallInComing: ["incoming", "inbound"],
  QueueCallInArrived: ["queued", "inbound"],
  QueueCallInUserAllocated: ["offered", "inbound"],
  QueueCallInUserCancelled: ["refused", "inbound"],
  QueueCallInUserConnected: ["connected", "inbound"],
  QueueCallInOverflow: ["overflowed", "inbound"],
  QueueCallInTransferStarted: ["transferring", "inbound"],
  QueueCallInTransferConnected: ["transferred", "inbound"],
  QueueCallInTransferCancelled: ["refused", "inbound"],
  QueueCallInDisconnected: ["ended", "inbound"],
} as const satisfies Partial<Record<EventName, Meaning>>;

/** Where a fact of the call stands, the first property that the event has. */
const FACTS = {
  id: ["CallId"],
  legId: ["LegId"],
  from: ["CallerNumber"],
  to: ["TargetNumber", "CalledNumber"],
} as const;
const AGENT = { id: ["UserId", "TargetUser"], name: ["UserName", "Username"] } as const;
const QUEUE = { id: ["QueueId"], name: ["QueueName"], number: ["QueueNumber"] } as const;

/** Makes `msg.call` of an event's data; `at` is when it came, ISO 8601 with zone. */
export type CallMaker = (payload: Json, at: string) => Call;

function placesOf(facts: Readonly<Record<string, readonly string[]>>, event: EventName): [string, string][] {
  const found: [string, string][] = [];
  for (const [fact, names] of Object.entries(facts)) {
    const name = names.find((each) => each in EVENTS[event]);
    if (name !== undefined) found.push([fact, name]);
  }
  return found;
}

function fill(target: Json, places: readonly [string, string][], payload: Json): Json | undefined {
  let filled: Json | undefined;
  for (const [fact, name] of places) {
    const value = payload[name];
    if (value === undefined || value === null || value === "") continue;
    target[fact] = value;
    filled = target;
  }
  return filled;
}

/** A call behind an assisted call-back: phase and direction are properties of their own. */
function assisted(call: Call, { CallEvent: phase, CallType: type, ContactNumber: number }: Json): Call {
  const outbound = type === "userout";
  call.direction = outbound ? "outbound" : "inbound";
  call.state =
    phase === "connected" ? "connected" : phase === "terminate" ? "ended" : outbound ? "dialing" : "incoming";
  if (typeof number === "string" && number !== "") call[outbound ? "to" : "from"] = number;
  return call;
}

/**
 * Prepares the making of `msg.call` for one event.
 * @returns undefined when the event is not about a call
 */
export function callMaker(event: EventName): CallMaker | undefined {
  const meaning = (CALL_EVENTS as Partial<Record<EventName, Meaning>>)[event];
  if (meaning === undefined) return undefined;
  const [state, direction] = meaning;
  const facts = placesOf(FACTS, event);
  const agents = placesOf(AGENT, event);
  const queues = placesOf(QUEUE, event);
  return (payload, at) => {
    const call: Json = { vendor: "enreach", state, direction };
    fill(call, facts, payload);
    const agent = agents.length > 0 && fill({}, agents, payload);
    if (agent) call["agent"] = agent;
    const queue = queues.length > 0 && fill({}, queues, payload);
    if (queue) call["queue"] = queue;
    call["at"] = at;
    return event === "UserAssistedCallbackRequest"
      ? assisted(call as unknown as Call, payload)
      : (call as unknown as Call);
  };
}
