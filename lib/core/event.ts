/** `msg.event`: what a vendor sent us, with a key made of content, so that two copies of a flow can agree on it. */
import { hash } from "node:crypto";
import type { Vendor } from "./errors.js";

/** What `msg.event` holds. */
export interface VendorEvent {
  /** The same vendor event has the same key wherever and however often it is received. */
  key: string;
  vendor: Vendor;
  name: string;
  /** ISO 8601 with zone. */
  receivedAt: string;
  /** Set on status events: keep the latest of an entity, do not de-duplicate. */
  snapshot?: true;
}

/**
 * JSON with sorted property names: the same content gives the same text.
 * @param value plain data of bounded depth
 */
export function canonicalJson(value: unknown): string {
  if (value === null || typeof value !== "object") return JSON.stringify(value) ?? "null";
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(",")}]`;
  const record = value as Record<string, unknown>;
  const parts: string[] = [];
  for (const name of Object.keys(record).sort()) {
    if (record[name] !== undefined) parts.push(`${JSON.stringify(name)}:${canonicalJson(record[name])}`);
  }
  return `{${parts.join(",")}}`;
}

/**
 * The key of an event.
 * @param vendor who sent it
 * @param name the event's name, already in the catalogue's spelling
 * @param content everything that tells this event from another, already normalised
 * @returns 27 characters, base64url of a SHA-1
 */
export function eventKey(vendor: Vendor, name: string, content: unknown): string {
  return textKey(vendor, name, canonicalJson(content));
}

/**
 * The key of an event whose content is already one canonical text: for streams where every microsecond counts.
 * @param text the same for the same content, different for any other; stands in for the canonical JSON of {@link eventKey}
 */
export function textKey(vendor: Vendor, name: string, text: string): string {
  return hash("sha1", `${vendor}\n${name}\n${text}`, "base64url");
}
