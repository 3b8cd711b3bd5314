/** Reads the request that Voicenter makes when a call reaches an external layer ("Request Parameters"). */
import { copyOfJson, isRecord, plainInteger, plainText, readIgnoringCase } from "../core/values.js";
import { parseJsonObject } from "../webhook/body.js";
import { REQUEST_FIELDS } from "./tables.js";

/** The fields of `DATA`; unknown ones as they came. */
export interface LayerRequest {
  DID?: string;
  CALLER_ID?: string;
  IVR_UNIQUE_ID?: string;
  /** As sent, leading zeros kept; `"0"` also when the caller pressed nothing. */
  DTMF?: string;
  /** Null when it is missing or not an integer. */
  LAYER_ID: number | null;
  PREVIOUS_LAYER_ID: number | null;
  /** As sent, where it is no object. */
  DATA?: unknown;
  [field: string]: unknown;
}

/**
 * Reads a request. Nothing is refused: what cannot be read is left out, and the caller is still served.
 * @param body the JSON object; `DATA` may be an object or, as the document's type column says, JSON text
 */
export function readRequest(body: Record<string, unknown>): LayerRequest {
  const request: LayerRequest = { LAYER_ID: null, PREVIOUS_LAYER_ID: null };
  const data = dataOf(body);
  const from = readIgnoringCase(data);
  for (const [field, kind] of Object.entries(REQUEST_FIELDS)) {
    const value = kind === "layer" ? (plainInteger(from(field)) ?? null) : plainText(from(field));
    if (value !== undefined) request[field] = value;
  }
  // Copies: who changes what was read does not change the request.
  for (const [name, value] of Object.entries(data))
    if (!Object.hasOwn(REQUEST_FIELDS, name.toUpperCase())) request[name] = copyOfJson(value);
  return request;
}

/** What cannot be read as an object is handed on as the field `DATA`, so that nothing is lost. */
function dataOf(body: Record<string, unknown>): Record<string, unknown> {
  const data = readIgnoringCase(body)("DATA");
  if (isRecord(data)) return data;
  const read = typeof data === "string" ? parseJsonObject(Buffer.from(data)) : undefined;
  if (read && "object" in read) return read.object;
  return data === undefined || data === null ? {} : { DATA: data };
}
