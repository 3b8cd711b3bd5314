/** Webitel's REST calls that this pack uses: each function is one operation of the vendor. */
import type { AgentOptions } from "node:https";
import { ContactCenterError } from "./errors.js";
import { createRestClient, type RestRequest } from "../http/rest.js";
import { readWebitelError } from "./errors.js";
import { isRecord } from "../core/values.js";
import { MARKER } from "./tables.js";
import type { Agent, FoundMember, Member } from "./types.js";

/** How to reach one Webitel. */
export interface WebitelOptions {
  /** `https://host/api` */
  url: string;
  /** Sent as `X-Webitel-Access`. */
  token: string;
  tls?: AgentOptions;
}

/** Query of a list, by the vendor's names. */
export type Query = NonNullable<RestRequest["query"]>;

/** One Webitel. All functions throw ContactCenterError. */
export interface WebitelClient {
  /** SearchAgent (2.), all pages. */
  searchAgents(query: Query): Promise<Agent[]>;
  /** ReadAgent (2.) */
  readAgent(id: string): Promise<Agent>;
  /** CreateCall (3.): never tried twice, a phone rings once. */
  createCall(body: object): Promise<{ id: string }>;
  /**
   * CreateMemberBulk (4.): all or nothing. Tried once; the upload decides what comes next.
   * @returns the new members' ids, in the order of the members as far as SQL keeps it; may be shorter or empty
   */
  createMembers(queueId: string, items: readonly Member[], signal?: AbortSignal): Promise<string[]>;
  /**
   * SearchMemberInQueue (7.) for the members with this marker. The answers' own variables are compared, because how the filter matches
   * is not documented: if the server ignores the filter, the result is still correct, only slower. The newest are read first, and no further than needed.
   * @param count how many there are at most
   * @returns by rising id, which is the order in which they were inserted
   */
  findMembers(queueId: string, marker: string, count: number, signal?: AbortSignal): Promise<FoundMember[]>;
  /** AttemptResult (7.), or AttemptCallback without queue and member. Retried only if the request is known not to have been processed. */
  reportAttempt(attempt: { queue?: string; member?: string; attempt: string }, body: object): Promise<unknown>;
  /** Reads one agent, and nothing becomes of it: whether address and token fit. */
  test(signal?: AbortSignal): Promise<void>;
  close(): void;
}

/** Milliseconds for a bulk: the platform inserts it in one transaction. */
const BULK_TIMEOUT_MS = 60_000;
/** Members or agents of a page. */
const PAGE_SIZE = 1000;

const part = encodeURIComponent;

/** By number, as the ids are 64-bit: shorter is smaller. */
function byId(a: FoundMember, b: FoundMember): number {
  return a.id.length - b.id.length || (a.id < b.id ? -1 : a.id > b.id ? 1 : 0);
}

/** Reads the ids of a bulk answer. A log-in page of some proxy is not an answer of the platform. */
function bulkIds(answer: unknown): string[] {
  const operation = "CreateMemberBulk";
  if (answer === null || typeof answer !== "object" || Array.isArray(answer)) {
    throw new ContactCenterError(
      "EANSWER",
      "webitel.errors.no-answer",
      { vendor: "webitel", operation },
      { operation },
    );
  }
  const { ids } = answer as { ids?: unknown };
  return Array.isArray(ids) ? ids.map(String) : [];
}

/** More pages than this are a fault of the server, not a list. */
const MAX_PAGES = 10_000;

/** What a list answers; both may be missing (default values are left out). */
export interface Page {
  next?: boolean;
  items?: { id?: string }[];
}

/**
 * Reads page after page, as long as the server says that there is another one.
 * @param operation the vendor's name of the list, for errors
 * @param fetchPage asks for a page; the first is 1
 * @returns the pages' items
 * @throws ContactCenterError `EPAGING` when the server gives the same page again or never ends
 */
export async function* pages<Item extends { id?: string }>(
  operation: string,
  fetchPage: (page: number) => Promise<unknown>,
): AsyncGenerator<Item[]> {
  const fail = (key: string): ContactCenterError =>
    new ContactCenterError("EPAGING", key, { vendor: "webitel", operation }, { operation });
  let before: string | undefined;
  for (let page = 1; page <= MAX_PAGES; page++) {
    const answer = await fetchPage(page);
    if (answer === null || typeof answer !== "object" || Array.isArray(answer)) throw fail("webitel.errors.no-list");
    const { items = [], next } = answer as Page;
    if (!Array.isArray(items)) throw fail("webitel.errors.no-list");
    const ids = items.map((item) => item.id).join();
    if (page > 1 && items.length > 0 && ids === before) throw fail("webitel.errors.same-page");
    before = ids;
    if (items.length > 0) yield items as Item[];
    if (next !== true || items.length === 0) return;
  }
  throw fail("webitel.errors.endless");
}

/** Opens a client. The token is sent in the header and redacted from whatever comes back. */
export function createWebitelClient(options: WebitelOptions): WebitelClient {
  const rest = createRestClient({
    vendor: "webitel",
    baseUrl: options.url,
    headers: () => ({ "X-Webitel-Access": options.token }),
    secrets: () => [options.token],
    readError: readWebitelError,
    ...(options.tls && { tls: options.tls }),
  });
  const ask = async (request: RestRequest): Promise<unknown> => (await rest.request(request)).body;
  const members = (queueId: string): string => `call_center/queues/${part(queueId)}/members`;
  return {
    async searchAgents(query) {
      const operation = "SearchAgent";
      const agents: Agent[] = [];
      const read = (page: number): Promise<unknown> =>
        ask({
          operation,
          method: "GET",
          path: "call_center/agents",
          query: { size: PAGE_SIZE, ...query, page },
          retry: "safe",
        });
      for await (const items of pages<Agent>(operation, read)) agents.push(...items);
      return agents;
    },
    async test(signal) {
      const operation = "SearchAgent";
      const query = { size: 1, page: 1, fields: ["id"] };
      const answer = await ask({
        operation,
        method: "GET",
        path: "call_center/agents",
        query,
        ...(signal && { signal }),
      });
      if (!isRecord(answer))
        throw new ContactCenterError(
          "EANSWER",
          "webitel.errors.no-answer",
          { vendor: "webitel", operation },
          { operation },
        );
    },
    async readAgent(id) {
      return (await ask({
        operation: "ReadAgent",
        method: "GET",
        path: `call_center/agents/${part(id)}`,
        retry: "safe",
      })) as Agent;
    },
    async createCall(body) {
      return (await ask({ operation: "CreateCall", method: "POST", path: "calls", body })) as { id: string };
    },
    createMembers(queueId, items, signal) {
      const path = `${members(queueId)}/bulk`;
      // No async function: it would hold the members until the answer comes, and a big upload is mostly members on their way.
      const body = Buffer.from(JSON.stringify({ items }));
      return ask({
        operation: "CreateMemberBulk",
        method: "POST",
        path,
        body,
        timeoutMs: BULK_TIMEOUT_MS,
        ...(signal && { signal }),
      }).then(bulkIds);
    },
    async findMembers(queueId, marker, count, signal) {
      const operation = "SearchMemberInQueue";
      const found = new Map<string, FoundMember>();
      const query = {
        [`variables[${MARKER}]`]: marker,
        fields: ["id", "name", "variables", "communications"],
        sort: "-id",
        size: PAGE_SIZE,
      };
      const read = (page: number): Promise<unknown> =>
        ask({ operation, method: "GET", path: members(queueId), query: { ...query, page }, ...(signal && { signal }) });
      for await (const items of pages<FoundMember>(operation, read)) {
        for (const item of items) if (item.variables?.[MARKER] === marker) found.set(item.id, item);
        if (found.size >= count) break;
      }
      return [...found.values()].sort(byId);
    },
    async reportAttempt({ queue, member, attempt }, body) {
      const own = queue !== undefined && member !== undefined;
      const path = own
        ? `${members(queue)}/${part(member)}/attempts/${part(attempt)}`
        : `call_center/attempts/${part(attempt)}`;
      return ask({
        operation: own ? "AttemptResult" : "AttemptCallback",
        method: "PATCH",
        path,
        body,
        retry: "unprocessed",
      });
    },
    close: () => rest.close(),
  };
}
