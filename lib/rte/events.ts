/** From a hub message to what a flow gets. */
import type { Call } from "../core/call.js";
import { textKey, type VendorEvent } from "../core/event.js";
import { isRecord } from "../core/values.js";
import { callMaker, type CallMaker } from "./calls.js";
import { catalogueName, EVENTS } from "./tables.js";
import { Reader, type Json } from "./normalise.js";

/** What a subscription names: an event of one user, queue or call list. */
export interface Subject {
  entityId: string;
  eventName: string;
}

/** An event, in the shape of the message that carries it. */
export interface RteEvent {
  /** Name of the catalogue, or as it came for one that the catalogue does not have. */
  topic: string;
  payload: Json;
  rte: Subject;
  call?: Call;
  event: VendorEvent;
}

/** Told once for each new thing: the event's name, and the property where it is that which is unknown. */
export type OnUnknown = (eventName: string, property?: string) => void;

/** Events that are a state: a receiver keeps the latest. */
const SNAPSHOTS: ReadonlySet<string> = new Set(["QueueStatus", "UserStatus"]);

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
      : { topic: this.name, payload, rte, call: this.call(payload, at), event };
  }
}

/** Reads hub messages; keeps what it learns about each event name. */
export class EventReader {
  private readonly kinds = new Map<string, Kind>();
  private readonly spellings = new Map<string, string>();

  /** @param onUnknown told once of each event and property that the catalogue does not have */
  constructor(private readonly onUnknown: OnUnknown = () => undefined) {}

  /** The hub writes names in lower case; one that the catalogue does not know is told as the user spelled it. */
  learn(eventName: string): void {
    this.spellings.set(eventName.toLowerCase(), eventName);
  }

  /**
   * @param subject as the hub sent it
   * @param data as the hub sent it; anything but an object is taken as having no properties
   */
  read(subject: Subject, data: unknown): RteEvent {
    let kind = this.kinds.get(subject.eventName);
    if (kind === undefined) {
      kind = new Kind(this.spellings.get(subject.eventName.toLowerCase()) ?? subject.eventName, this.onUnknown);
      this.kinds.set(subject.eventName, kind);
    }
    return kind.event(subject.entityId, isRecord(data) ? data : {});
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
