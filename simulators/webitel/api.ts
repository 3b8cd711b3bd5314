/** The platform's operations, as a table of method and path. */
import { randomUUID } from "node:crypto";
import { MARKER } from "../../lib/webitel/tables.js";
import type { Member } from "../../lib/webitel/types.js";
import { checkMembers, queueForMembers, Refusal } from "./validation.js";
import type { Store, StoredMember } from "./store.js";

/** One request, read. */
interface OperationRequest {
  params: string[];
  query: URLSearchParams;
  body: Record<string, unknown>;
}

/** How the server searches. */
interface SearchBehaviour {
  /** Does not know `variables[…]`. */
  ignoresVariables: boolean;
  /** Milliseconds until a new member is found: searches read a replica. */
  replicaLagMs: number;
}

type Handler = (store: Store, asked: OperationRequest, behaviour: SearchBehaviour) => unknown;

const text = (value: unknown): string => (typeof value === "string" ? value : "");

/** One page of a list; over 20,000 or below 1 falls back to 40, and `next` is left out when false. */
function paged<T>(items: readonly T[], query: URLSearchParams): { items?: T[]; next?: true } {
  const wanted = Number(query.get("size") ?? 40);
  const size = wanted >= 1 && wanted <= 20_000 ? wanted : 40;
  const page = Math.max(1, Number(query.get("page") ?? 1));
  const slice = items.slice((page - 1) * size, page * size);
  return { ...(slice.length > 0 && { items: slice }), ...(page * size < items.length && { next: true }) };
}

/** Only what `fields` asks for; everything when it is left out. */
function projected<T extends object>(items: readonly T[], query: URLSearchParams): Partial<T>[] {
  const fields = query.getAll("fields");
  if (fields.length === 0) return [...items];
  return items.map(
    (item) => Object.fromEntries(Object.entries(item).filter(([name]) => fields.includes(name))) as Partial<T>,
  );
}

function matches(pattern: string | null, value: string): boolean {
  if (pattern === null) return true;
  const source = pattern
    .split("*")
    .map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, "\\$&"))
    .join(".*");
  return new RegExp(`^${source}$`, "i").test(value);
}

function variablesOf(query: URLSearchParams): [string, string][] {
  return [...query].flatMap(([name, value]) => {
    const key = /^variables\[(.+)\]$/.exec(name)?.[1];
    return key === undefined ? [] : [[key, value] as [string, string]];
  });
}

function searchMembers(store: Store, { params, query }: OperationRequest, behaviour: SearchBehaviour): unknown {
  const queue = store.queue(params[0] as string);
  if (!queue) throw new Refusal(404, "store.sql_queue.get.app_error", `no queue ${params[0]}`);
  const variables = behaviour.ignoresVariables ? [] : variablesOf(query);
  const buckets = query.getAll("bucket_id");
  const destination = query.get("destination");
  const visibleUntil = Date.now() - behaviour.replicaLagMs;
  const fits = (member: StoredMember): boolean =>
    Number(member.created_at) <= visibleUntil &&
    variables.every(([key, value]) => member.variables?.[key] === value) &&
    (buckets.length === 0 || buckets.includes(String(member.bucket?.id))) &&
    (destination === null || member.communications.some((number) => matches(destination, number.destination))) &&
    matches(query.get("name"), member.name ?? "") &&
    matches(query.get("q"), member.name ?? "");
  const found = queue.members.filter(fits);
  return paged(projected(query.get("sort")?.startsWith("-") ? found.reverse() : found, query), query);
}

/** A member in an attempt cannot be deleted, and neither can one that is gone (engine, `Delete`). */
function deleteMember(store: Store, { params }: OperationRequest): unknown {
  const [queueId = "", id = ""] = params;
  const members = store.queue(queueId)?.members ?? [];
  const at = members.findIndex((member) => member.id === id && !store.isReserved(member));
  if (at < 0) throw new Refusal(404, "store.sql_member.delete.app_error", `Id=${id}, not found`);
  return members.splice(at, 1)[0];
}

function searchAgents(store: Store, { query }: OperationRequest): unknown {
  const among = (name: string, value: unknown): boolean =>
    query.getAll(name).length === 0 || query.getAll(name).includes(String(value));
  const teamOf = (agent: Record<string, unknown>): unknown => (agent["team"] as { id: string }).id;
  const found = store.agents.filter(
    (agent) =>
      matches(query.get("q"), String(agent.name)) &&
      among("id", agent.id) &&
      among("extension", agent.extension) &&
      among("team_id", teamOf(agent)),
  );
  return paged(projected(query.get("sort")?.startsWith("-") ? found.toReversed() : found, query), query);
}

function createCall(store: Store, { body }: OperationRequest): unknown {
  const from = (body["from"] ?? {}) as { id?: string; extension?: string };
  const destination = text(body["destination"]).replace(/[^\d+]/g, "");
  if (!from.id && !from.extension) throw new Refusal(400, "app.call.create.valid.from", "from is required");
  const { variables = {} } = (body["params"] ?? {}) as { variables?: Record<string, string> };
  if (Object.values(variables as Record<string, unknown>).some((value) => typeof value !== "string"))
    throw new Refusal(400, "", "variables must be text");
  const call = { id: randomUUID(), destination, from, variables, at: new Date().toISOString() };
  store.calls.unshift(call);
  return { id: call.id };
}

function createBulk(store: Store, { params, body }: OperationRequest): unknown {
  const items = (body["items"] ?? []) as Member[];
  const queue = queueForMembers(store, params[0] as string);
  if (text(body["file_name"]).length > 120)
    throw new Refusal(400, "app.member.valid.file_name", "file_name is too long");
  checkMembers(store, items);
  return items.length === 0 ? {} : { ids: store.insert(queue, items) };
}

function createOne(store: Store, asked: OperationRequest): unknown {
  const answer = createBulk(store, { ...asked, body: { items: [asked.body] } }) as { ids: string[] };
  return { ...asked.body, id: answer.ids[0] };
}

function reportAttempt(store: Store, id: string, body: Record<string, unknown>): unknown {
  const attempt = store.attempts.find((known) => known.id === id);
  if (!attempt) throw new Refusal(404, "store.sql_attempt.get.app_error", `no attempt ${id}`);
  attempt.state = "reported";
  attempt.result = body;
  return { status: text(body["status"]) };
}

const found = <T>(item: T | undefined, what: string): T => {
  if (item === undefined) throw new Refusal(404, "store.sql.not_found", `no such ${what}`);
  return item;
};

const ROUTES: readonly [method: string, path: RegExp, handler: Handler][] = [
  ["GET", /^\/call_center\/agents$/, searchAgents],
  [
    "GET",
    /^\/call_center\/agents\/([^/]+)$/,
    (store, { params }) =>
      found(
        store.agents.find(({ id }) => id === params[0]),
        "agent",
      ),
  ],
  ["POST", /^\/calls$/, createCall],
  [
    "GET",
    /^\/call_center\/queues$/,
    (store, { query }) =>
      paged(
        store.queues.map(({ id, name, type, loaded }) => ({ id, name, type, count: loaded })),
        query,
      ),
  ],
  ["GET", /^\/call_center\/communication_type$/, (store, { query }) => paged(store.communicationTypes, query)],
  ["GET", /^\/call_center\/buckets$/, (store, { query }) => paged(store.buckets, query)],
  ["GET", /^\/call_center\/skills$/, (store, { query }) => paged(store.skills, query)],
  ["GET", /^\/call_center\/resources$/, (store, { query }) => paged(store.resources, query)],
  ["GET", /^\/calendars\/timezones$/, (store, { query }) => paged(store.timezones, query)],
  ["GET", /^\/call_center\/queues\/([^/]+)\/members$/, searchMembers],
  ["DELETE", /^\/call_center\/queues\/([^/]+)\/members\/([^/]+)$/, deleteMember],
  ["POST", /^\/call_center\/queues\/([^/]+)\/members$/, createOne],
  ["POST", /^\/call_center\/queues\/([^/]+)\/members\/bulk$/, createBulk],
  [
    "PATCH",
    /^\/call_center\/queues\/[^/]+\/members\/[^/]+\/attempts\/([^/]+)$/,
    (store, { params, body }) => reportAttempt(store, params[0] as string, body),
  ],
  [
    "PATCH",
    /^\/call_center\/attempts\/([^/]+)$/,
    (store, { params, body }) => reportAttempt(store, params[0] as string, body),
  ],
];

/** Finds the operation for a request. */
export function route(method: string, path: string): { handler: Handler; params: string[] } | undefined {
  for (const [wanted, pattern, handler] of ROUTES) {
    const match = wanted === method ? pattern.exec(path) : null;
    if (match) return { handler, params: match.slice(1).map(decodeURIComponent) };
  }
  return undefined;
}

/** The marker that a bulk's first member carries, for the log. */
export function markerOf(body: Record<string, unknown>): string | undefined {
  return (body["items"] as Member[] | undefined)?.[0]?.variables?.[MARKER];
}
