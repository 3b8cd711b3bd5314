/** Reads the request that Enreach SmartRouting makes for each call ("SmartRouting Request", "SmartRouting Request Extra Data"). */
import { copyOfJson, idText, isRecord, plainText, propertiesIgnoringCase } from "../core/values.js";
import { parseJsonObject } from "../webhook/body.js";
import { EXTRA_DATA_KEYS, REQUEST_KEYS } from "./tables.js";

/** A request in the guide's spelling; what it did not carry is left out. */
export interface SmartRoutingRequest {
  /** Calling number, E.164; may be missing or be no number when it is withheld. */
  anum?: string;
  /** Called number, E.164. */
  bnum?: string;
  /** Tag from the Enreach configuration. */
  targetid?: string;
  /** As it came; JSON text is read. */
  extradata?: unknown;
}

/** The extra data by name. */
export interface ExtraData {
  callId?: string;
  legId?: string;
  queueId?: string;
  userId?: string;
  isInternalCaller?: boolean;
  /** The `DYN_*` keys without `DYN_PAR_` or `DYN_`. */
  parameters: Record<string, unknown>;
}

/**
 * Reads a request. Nothing is refused: a caller with a withheld number is a caller too.
 * @param body the JSON object; its keys are read without regard to case
 */
export function readRequest(body: Record<string, unknown>): SmartRoutingRequest {
  const properties = propertiesIgnoringCase(body, REQUEST_KEYS);
  const request: SmartRoutingRequest = {};
  for (const key of REQUEST_KEYS) {
    const value = properties.get(key)?.[1];
    const read = key === "extradata" ? extradataOf(value) : plainText(value);
    if (read !== undefined) request[key] = read as string;
  }
  return request;
}

/** A copy, so that who changes what was read does not change the request. */
function extradataOf(value: unknown): unknown {
  if (value === undefined || value === null) return undefined;
  const read = typeof value === "string" ? parseJsonObject(Buffer.from(value)) : undefined;
  return read && "object" in read ? read.object : copyOfJson(value);
}

/**
 * Reads the extra data of a request.
 * @param extradata anything; what is not an object has no extra data
 */
export function readExtraData(extradata: unknown): ExtraData {
  const read: Record<string, unknown> = {};
  const properties = propertiesIgnoringCase(extradata, Object.keys(EXTRA_DATA_KEYS));
  for (const [key, name] of Object.entries(EXTRA_DATA_KEYS)) {
    const value = properties.get(key.toLowerCase())?.[1];
    if (name === "isInternalCaller") {
      if (properties.has(key.toLowerCase())) read[name] = plainText(value)?.toLowerCase() === "true";
    } else {
      const id = idText(value);
      if (id !== undefined) read[name] = id;
    }
  }
  return { ...read, parameters: readParameters(extradata) };
}

/** Of `DYN_X` and `DYN_PAR_X` the latter counts, as the guide's sample has it. */
function readParameters(extradata: unknown): Record<string, unknown> {
  const parameters: Record<string, unknown> = {};
  const entries = Object.entries(isRecord(extradata) ? extradata : {});
  for (const form of [/^DYN_(?!PAR_.)(.+)$/i, /^DYN_PAR_(.+)$/i]) {
    for (const [key, value] of entries) {
      const name = form.exec(key)?.[1];
      if (name !== undefined && name !== "__proto__") parameters[name] = value;
    }
  }
  return parameters;
}
