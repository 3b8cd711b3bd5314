/**
 * From a hub message to the event that a flow gets, with `call`: which events are about a call, and what they say of it
 * (vendor document "RTE", "Event catalogue").
 *
 * A cancelled allocation or transfer counts as `refused`: the party that was offered the call did not get it. The
 * notifications about a missed call and a voice mail speak of a call that is over.
 */
import { lenientJson } from "../http/rest.js";
import type { Call, CallDirection, CallState } from "../core/call.js";
import { textKey, type VendorEvent } from "../core/event.js";
import { type Json, Reader } from "./normalise.js";
import type { Subject } from "./subject.js";
import { catalogueName, type EventName, EVENTS, GROUPS } from "./tables.js";

/** An event, in the shape of the message that carries it. */
export interface RteEvent {
  /** Name of the catalogue, or as it came for one that the catalogue does not have. */
  topic: string;
  payload: Json;
  rte: Subject;
  call?: Call;
  event: VendorEvent;
}

/** Called once for each unknown event, or property of a known one. */
export type OnUnknown = (eventName: string, property?: string) => void;

/** Events that are a state: a receiver keeps the latest. */
const SNAPSHOTS: ReadonlySet<string> = new Set<EventName>([
  "CallbackListStatus",
  "QueueAttachedUsers",
  "QueueStatus",
  "UserAvailability",
  "UserStatus",
]);

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
  UserAssistedCallbackRequest: ["offered", "inbound"],
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

/** Makes `call` of an event's data and the entity it was subscribed for; `at` is when it came, ISO 8601 with zone. */
type CallMaker = (payload: Json, entityId: string, at: string) => Call;

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

/**
 * The call that an assisted call-back makes: phase and direction are properties of their own. `CallId` is not its id but
 * that of the call that the request came from, which is over.
 */
function assisted(call: Call, { CallEvent: phase, CallType: type, ContactNumber: number }: Json): Call {
  const outbound = type === "userout";
  delete call.id;
  call.direction = outbound ? "outbound" : "inbound";
  call.state = phase === "connected" ? "connected" : phase === "terminate" ? "ended" : outbound ? "dialing" : "offered";
  if (typeof number === "string" && number !== "") call[outbound ? "to" : "from"] = number;
  return call;
}

/**
 * Prepares the making of `call` for one event.
 * @returns undefined when the event is not about a call
 */
function callMaker(event: EventName): CallMaker | undefined {
  const meaning = (CALL_EVENTS as Partial<Record<EventName, Meaning>>)[event];
  if (meaning === undefined) return undefined;
  const [state, direction] = meaning;
  const facts = placesOf(FACTS, event);
  const agents = placesOf(AGENT, event);
  const queues = placesOf(QUEUE, event);
  // A notification that names no user is for the one that was subscribed.
  const isForEntity = event in GROUPS.User && !agents.some(([fact]) => fact === "id");
  return (payload, entityId, at) => {
    const call: Json = { vendor: "enreach", state, direction };
    fill(call, facts, payload);
    const agent = isForEntity ? { id: entityId } : agents.length > 0 && fill({}, agents, payload);
    if (agent) call["agent"] = agent;
    const queue = queues.length > 0 && fill({}, queues, payload);
    if (queue) call["queue"] = queue;
    call["at"] = at;
    return event === "UserAssistedCallbackRequest"
      ? assisted(call as unknown as Call, payload)
      : (call as unknown as Call);
  };
}

let lastMs = 0;
let lastText = "";
/** Now as ISO 8601; thousands of events share a millisecond. */
function now(): string {
  const ms = Date.now();
  if (ms !== lastMs) {
    lastMs = ms;
    lastText = new Date(ms).toISOString();
  }
  return lastText;
}

/** One event name as the hub writes it. */
class Kind {
  readonly name: string;
  private readonly reader: Reader;
  private readonly call: CallMaker | undefined;
  private readonly snapshot: boolean;

  constructor(wireName: string, onUnknown: OnUnknown) {
    const known = catalogueName(wireName);
    this.name = known ?? wireName;
    this.snapshot = SNAPSHOTS.has(this.name);
    if (known === undefined) {
      onUnknown(this.name);
      this.reader = new Reader({});
    } else {
      this.reader = new Reader(EVENTS[known], (property) => onUnknown(known, property));
      this.call = callMaker(known);
    }
  }

  event(entityId: string, data: Json): RteEvent {
    const { payload, text } = this.reader.read(data);
    const at = now();
    const event: VendorEvent = {
      key: textKey("enreach", this.name, `${entityId.toLowerCase()}\n${text}`),
      vendor: "enreach",
      name: this.name,
      receivedAt: at,
    };
    if (this.snapshot) event.snapshot = true;
    const rte = { entityId, eventName: this.name };
    return this.call === undefined
      ? { topic: this.name, payload, rte, event }
      : { topic: this.name, payload, rte, call: this.call(payload, entityId, at), event };
  }
}

function isObject(data: unknown): data is Json {
  return data !== null && typeof data === "object" && !Array.isArray(data);
}

/** What a hub sends instead of an object. */
function objectOf(data: unknown): Json {
  const read = lenientJson(data);
  if (isObject(read)) return read;
  return data === null || data === undefined ? {} : { data };
}

/** Reads hub messages; keeps a plan for each event name. */
export class EventReader {
  private readonly kinds = new Map<string, Kind>();
  private readonly spellings = new Map<string, string>();

  /** @param onUnknown called once for each event and property that the catalogue does not have */
  constructor(private readonly onUnknown: OnUnknown = () => undefined) {}

  /** The hub writes names in lower case; one that the catalogue does not have keeps the user's spelling. */
  learn(eventName: string): void {
    this.spellings.set(eventName.toLowerCase(), eventName);
  }

  /**
   * @param subject as the hub sent it
   * @param data as the hub sent it: an object, also as JSON text. Anything else becomes the property `data`
   */
  read(subject: Subject, data: unknown): RteEvent {
    let kind = this.kinds.get(subject.eventName);
    if (kind === undefined) {
      kind = new Kind(this.spellings.get(subject.eventName.toLowerCase()) ?? subject.eventName, this.onUnknown);
      this.kinds.set(subject.eventName, kind);
    }
    return kind.event(subject.entityId, isObject(data) ? data : objectOf(data));
  }
}

/** A copy for a further receiver: an event is plain JSON. */
export function copyEvent(event: RteEvent): RteEvent {
  return copy(event) as RteEvent;
}

function copy(value: unknown): unknown {
  if (value === null || typeof value !== "object") return value;
  if (Array.isArray(value)) return value.map(copy);
  const result: Json = {};
  for (const name in value) result[name] = copy((value as Json)[name]);
  return result;
}
