/** A believable event of every kind of the catalogue, for the buttons of the console and for tests. */
import { EVENTS, type EventName, GROUPS, HELPERS, type HelperName, VALUES } from "../../lib/rte/tables.js";
import { AGENTS, QUEUES } from "../directory.js";
import { CALL_LIST, ORGANIZATION_ID } from "./seed-data.js";

const OPEN_END = "9999-12-31T23:59:59.9999999";

/** Facts that several properties share, so that an event fits together. */
const FACTS: Record<string, unknown> = {
  OrganizationId: ORGANIZATION_ID,
  UserId: AGENTS[0]?.id,
  TargetUser: AGENTS[0]?.id,
  UserName: AGENTS[0]?.email,
  Username: AGENTS[0]?.email,
  UserNumber: AGENTS[0]?.number,
  QueueId: QUEUES[0]?.id,
  QueueName: QUEUES[0]?.name,
  QueueNumber: QUEUES[0]?.number,
  TechQueueId: QUEUES[1]?.id,
  TechQueueName: QUEUES[1]?.name,
  CallListId: CALL_LIST.id,
  ListId: CALL_LIST.id,
  CallId: "5b0d3c52-7c0f-4b6e-8a11-22d0c1f5a901",
  LegId: "5b0d3c52-1",
  CallerNumber: "+358401234567",
  ContactNumber: "+358401234567",
  TargetNumber: QUEUES[0]?.number,
  CalledNumber: QUEUES[0]?.number,
  EndTime: OPEN_END,
};

function scalar(type: string, name: string, at: string): unknown {
  switch (type.replace("?", "")) {
    case "Guid":
      return `00000000-0000-4000-8000-${Buffer.from(name.padEnd(6, "x")).toString("hex").slice(0, 12)}`;
    case "DateTime":
      // The hub's times are UTC and may lack the zone.
      return at.replace(/Z$/, "");
    case "int":
    case "short":
    case "long":
      return name.length % 7;
    case "bool":
      return name.length % 2 === 0;
    default:
      return `${name} text`;
  }
}

function valueOf(event: string, name: string, type: string, at: string): unknown {
  const helper = /^List<(\w+)>/.exec(type)?.[1];
  if (helper !== undefined) return [properties(helper, HELPERS[helper as HelperName], at)];
  const values = (VALUES as Record<string, readonly string[] | Record<number, string>>)[`${event}.${name}`];
  if (Array.isArray(values)) return (values as readonly string[])[0];
  if (values !== undefined) return Number(Object.keys(values)[0]);
  return FACTS[name] ?? scalar(type, name, at);
}

function properties(event: string, types: Readonly<Record<string, string>>, at: string): Record<string, unknown> {
  return Object.fromEntries(Object.entries(types).map(([name, type]) => [name, valueOf(event, name, type, at)]));
}

/**
 * An event with every property of the catalogue.
 * @param at ISO 8601
 */
export function sample(event: EventName, at: string = new Date().toISOString()): Record<string, unknown> {
  return properties(event, EVENTS[event], at);
}

/** The entity that a sample of this event is about. */
export function entityOf(event: EventName): string {
  if (event in GROUPS.User) return AGENTS[0]?.id ?? "";
  return event in GROUPS.Queue ? (QUEUES[0]?.id ?? "") : CALL_LIST.id;
}
