/** How a target finds a queue or an agent (vendor guide, "Response body properties"). */
import { AGENTS, QUEUES } from "../directory.js";
import type { Member } from "./state.js";

/** The contact centre of both simulators of Enreach. */
export const DEMO_DIRECTORY: readonly Member[] = [
  ...QUEUES.map(({ id, name, number }): Member => ({ kind: "queue", name, number, guid: id })),
  ...AGENTS.map(({ id, name, email, number }): Member => ({ kind: "agent", name, number, guid: id, email })),
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
