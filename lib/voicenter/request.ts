/** The request that Voicenter makes when a call reaches an external layer (External Layer API, "Request Parameters"). */
import { randomUUID } from "node:crypto";
import { parseJsonObject } from "../webhook/body.js";
import type { Call } from "../core/call.js";
import { eventKey, type VendorEvent } from "../core/event.js";
import { plainInteger, plainText } from "../core/values.js";

/** The value of `METHOD`, always; the name of `msg.event`. */
export const REQUEST_NAME = "IVR_LAYER_INPUT";

/** How each field of `DATA` is read. `layer`: the document says integer, its samples write text. */
const FIELDS = {
  DID: "text",
  CALLER_ID: "text",
  IVR_UNIQUE_ID: "text",
  DTMF: "text",
  LAYER_ID: "layer",
  PREVIOUS_LAYER_ID: "layer",
} as const;

/** `msg.payload`: the fields of `DATA`; unknown ones as they came. */
export interface LayerRequest {
  DID?: string;
  CALLER_ID?: string;
  IVR_UNIQUE_ID?: string;
  /** As sent, leading zeros kept; `"0"` also when the caller pressed nothing. */
  DTMF?: string;
  /** Null when it is missing or not an integer. */
  LAYER_ID: number | null;
  PREVIOUS_LAYER_ID: number | null;
  [field: string]: unknown;
}

/** A request in all its readings. */
export interface ReadRequest {
  payload: LayerRequest;
  /** The layer as text; undefined when it is unknown. */
  topic: string | undefined;
  call: Call;
  event: VendorEvent;
}

/**
 * Reads a request. Nothing is refused: what cannot be read is left out, and the caller is still served.
 * @param body the JSON object; `DATA` may be an object or, as the document's type column says, JSON text
 * @param receivedAt ISO 8601
 */
export function readRequest(body: Record<string, unknown>, receivedAt: string): ReadRequest {
  const read: Record<string, unknown> = { LAYER_ID: null, PREVIOUS_LAYER_ID: null };
  for (const [name, value] of Object.entries(dataOf(body))) {
    const kind = FIELDS[name.toUpperCase() as keyof typeof FIELDS] as "text" | "layer" | undefined;
    if (kind === undefined) read[name] = value;
    else if (kind === "layer") read[name.toUpperCase()] = plainInteger(value) ?? null;
    else if (plainText(value) !== undefined) read[name.toUpperCase()] = plainText(value);
  }
  const payload = read as LayerRequest;
  const { IVR_UNIQUE_ID: id, CALLER_ID: from, DID: to, LAYER_ID: layer } = payload;
  const call: Call = {
    vendor: "voicenter",
    ...(id && { id }),
    state: "incoming",
    direction: "inbound",
    ...(from && { from }),
    ...(to && { to }),
    at: receivedAt,
  };
  const key = id ? eventKey("voicenter", REQUEST_NAME, payload) : randomUUID();
  return {
    payload,
    topic: layer === null ? undefined : String(layer),
    call,
    event: { key, vendor: "voicenter", name: REQUEST_NAME, receivedAt },
  };
}

function dataOf(body: Record<string, unknown>): Record<string, unknown> {
  const name = Object.keys(body).find((key) => key.toUpperCase() === "DATA");
  const data = name === undefined ? undefined : body[name];
  if (typeof data === "string") {
    const read = parseJsonObject(Buffer.from(data));
    return "object" in read ? read.object : {};
  }
  return data !== null && typeof data === "object" && !Array.isArray(data) ? (data as Record<string, unknown>) : {};
}
