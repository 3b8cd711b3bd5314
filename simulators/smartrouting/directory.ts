/** The queues and agents of the simulator, and how a target finds them (vendor guide, "Response body properties"). */
import type { Member } from "./state.js";

/** Queues and agents of an invented site. */
export const DEMO_DIRECTORY: readonly Member[] = [
  { kind: "queue", name: "Sales", number: "+358942000100", guid: "b6d3f7f0-8a41-4c0e-8c1e-0e7b7d4a2c33" },
  { kind: "queue", name: "VIP service", number: "+358942000200", guid: "3c1f5d0e-5f0b-4f4e-9a57-6f2b0a4be1d2" },
  { kind: "queue", name: "Support", number: "+358942000300", guid: "9a7c2b44-1d2e-4f7a-b0c3-52d4e8f6a7b8" },
  {
    kind: "agent",
    name: "Anna Berg",
    number: "+358942000311",
    guid: "5e2d9c10-7b3a-4f6d-8e11-0c9a8b7d6e5f",
    email: "anna.berg@contoso.example",
  },
  {
    kind: "agent",
    name: "Omar Haddad",
    number: "+358942000312",
    guid: "c4b1a290-6e5d-4c3b-9a28-1f0e2d3c4b5a",
    email: "omar.haddad@contoso.example",
  },
];

/** What a target may be: a queue or an agent, or an agent only. */
export type TargetKind = "any" | "agent";

const GUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** Finds whom a target means: by number, GUID or user name. */
export function findMember(directory: readonly Member[], target: string): Member | undefined {
  const folded = target.trim().toLowerCase();
  return directory.find(({ number, guid, email }) => [number, guid, email?.toLowerCase()].includes(folded));
}

/** A target in words, such as `queue VIP service (+358942000200)`, also when the directory does not know it. */
export function nameTarget(directory: readonly Member[], target: string, kind: TargetKind): string {
  const member = findMember(directory, target);
  if (member !== undefined) return `${member.kind} ${member.name} (${target})`;
  if (kind === "agent" || target.includes("@")) return `agent ${target}`;
  return GUID.test(target) ? `the queue or agent with GUID ${target}` : `queue ${target}`;
}
