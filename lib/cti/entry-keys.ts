/** Keys of entries in the store: they name neither agent nor address. */
import { createHash } from "node:crypto";
import { agentKey } from "./addresses.js";

const AGENT_LENGTH = 16;

/** The key of an agent at a callback address: without personal data, and never the secret in the address. */
export function entryKey(callback: string, imAddress: string): string {
  const agent = agentKey(imAddress);
  return digestOf(`\n${agent}`).slice(0, AGENT_LENGTH) + digestOf(callback);
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

/** A short digest, base64url. */
export function digestOf(text: string): string {
  return createHash("sha256").update(text).digest("base64url").slice(0, 22);
}
