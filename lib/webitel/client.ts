/** Webitel's REST calls that this pack uses: each function is one operation of the vendor. */
import type { AgentOptions } from "node:https";
import { createRestClient, type Query, type RestRequest } from "../http/rest.js";
import { classify, ContactCenterError, readWebitelError, TOO_LARGE } from "./errors.js";
import { isRecord, plainText } from "../core/values.js";
import { noError, pages } from "./pages.js";
import { type LookupField, LOOKUPS, MARKER, TESTED_READS } from "./tables.js";
import type { Agent, FoundMember, Member, NamedRecord } from "./types.js";

/** How to reach one Webitel. */
export interface WebitelOptions {
  /** `https://host/api` */
  url: string;
  /** Sent as `X-Webitel-Access`. */
  token: string;
  tls?: AgentOptions;
}

export type { Query } from "../http/rest.js";

/** How a bulk is sent. */
interface BulkOptions {
  /** A bulk of several members whose body is larger is not sent, and fails with {@link TOO_LARGE}. */
  maxBytes: number;
  /** The members and the import's name as `bulkBody` has written them. */
  body: Buffer;
  signal?: AbortSignal;
}

/** One Webitel. All functions throw ContactCenterError; an answer that is not Webitel's has the code `EANSWER`. */
export interface WebitelClient {
  /** Which Webitel: host, port where it is not the scheme's own, and path. */
  readonly server: string;
  /** SearchAgent (2.), all pages. */
  searchAgents(query: Query): Promise<Agent[]>;
  /** All records that a member's field may refer to. */
  listNames(field: LookupField): Promise<NamedRecord[]>;
  /** ReadAgent (2.) */
  readAgent(id: string): Promise<Agent>;
  /** CreateCall (3.): never tried twice, a phone rings once. */
  createCall(body: object): Promise<{ id: string }>;
  /**
   * CreateMemberBulk (4.): all or nothing. Tried once; the upload decides what comes next.
   * @param items those in the body
   * @returns the new members' ids, in the order of the members as far as SQL keeps it, each once; may be shorter or empty
   * @throws ContactCenterError; where the body was too large (413 or {@link TOO_LARGE}), `cause.bytes` is its size
   */
  createMembers(queueId: string, items: readonly Member[], options: BulkOptions): Promise<string[]>;
  /**
   * SearchMemberInQueue (7.) for the members with this marker, the newest first. The answers' own variables are compared: how the filter
   * matches is not documented.
   * @param count after so many no further page is read
   * @param timeoutMs of a page
   * @throws ContactCenterError `EANSWER` when members are found and none has variables
   * @returns by rising id
   */
  findMembers(
    queueId: string,
    marker: string,
    count: number,
    signal?: AbortSignal,
    timeoutMs?: number,
  ): Promise<FoundMember[]>;
  /**
   * DeleteMember. Webitel deletes nobody who is in an attempt.
   * @returns false when the member is gone, or in an attempt
   */
  deleteMember(queueId: string, id: string, signal?: AbortSignal): Promise<boolean>;
  /** AttemptResult (7.), or AttemptCallback without queue and member. Retried only if the request is known not to have been processed. */
  reportAttempt(attempt: { queue?: string; member?: string; attempt: string }, body: object): Promise<unknown>;
  /**
   * Reads up to 100 items of each of {@link TESTED_READS}: whether address and token fit, and what the token may read.
   * @throws ContactCenterError for anything but a missing right
   */
  testReads(signal?: AbortSignal): Promise<TestedRead[]>;
  close(): void;
}

/** Whether a list may be read, and the beginning of it. */
export interface TestedRead {
  operation: string;
  allowed: boolean;
  items: (readonly [id: string, name: string])[];
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

/**
 * The answer of an operation, which is an object. A log-in page of some proxy is not.
 * @param field a field that the answer must have
 */
function objectOf(operation: string, answer: unknown, field?: string): Record<string, unknown> {
  if (isRecord(answer) && (field === undefined || answer[field])) return answer;
  throw new ContactCenterError(
    "EANSWER",
    "webitel.errors.no-answer",
    { vendor: "webitel", operation, ...(field !== undefined && { field }) },
    { operation },
  );
}

/** What a list names; a server may send more than it was asked for. */
function idsAndNames(items: unknown): TestedRead["items"] {
  const records = Array.isArray(items) ? items.slice(0, 100).filter(isRecord) : [];
  return records.map(({ id, name }) => [plainText(id) ?? "", plainText(name) ?? ""] as const);
}

/** An id that is blank or came already names no new member. */
function bulkIds(answer: unknown): string[] {
  const { ids } = objectOf("CreateMemberBulk", answer);
  const texts = Array.isArray(ids) ? ids.map((id) => (plainText(id) ?? "").trim()) : [];
  return [...new Set(texts.filter((id) => id !== ""))];
}

function withoutVariables(operation: string): ContactCenterError {
  return new ContactCenterError(
    "EANSWER",
    "webitel.errors.no-variables",
    { vendor: "webitel", operation, field: "variables" },
    { operation },
  );
}

function tooLarge(bytes: number): ContactCenterError {
  const operation = "CreateMemberBulk";
  return new ContactCenterError(
    TOO_LARGE,
    "webitel.errors.too-large",
    { vendor: "webitel", operation, bytes },
    { bytes },
  );
}

/** The same of members: a queue has more of them, and a server may ignore the filter and the size. */
const MAX_MEMBER_PAGES = 10_000;

/** The address without scheme, user and the slashes at its end. */
function serverOf(url: string): string {
  const { host, pathname } = new URL(url);
  return host + pathname.replace(/\/+$/, "");
}

/** Opens a client. The token is sent in the header and redacted from whatever comes back. */
export function createWebitelClient(options: WebitelOptions): WebitelClient {
  const rest = createRestClient({
    vendor: "webitel",
    baseUrl: options.url,
    headers: () => ({ "X-Webitel-Access": options.token }),
    secrets: () => [options.token],
    redactsAnswers: true,
    readError: readWebitelError,
    ...(options.tls && { tls: options.tls }),
  });
  const ask = async (request: RestRequest): Promise<unknown> => (await rest.request(request)).body;
  const members = (queueId: string): string => `call_center/queues/${part(queueId)}/members`;
  return {
    server: serverOf(options.url),
    async searchAgents(query) {
      const operation = "SearchAgent";
      // An agent that comes or goes while the pages are read moves another one to the next page.
      const agents = new Map<unknown, Agent>();
      const read = (page: number): Promise<unknown> =>
        ask({
          operation,
          method: "GET",
          path: "call_center/agents",
          query: { size: PAGE_SIZE, ...query, page },
          retry: "safe",
        });
      for await (const items of pages<Agent>(operation, read))
        for (const agent of items) agents.set(isRecord(agent) ? (agent.id ?? agent) : agents.size, agent);
      return [...agents.values()];
    },
    async listNames(field) {
      const { operation, path } = LOOKUPS[field];
      const records: NamedRecord[] = [];
      const read = (page: number): Promise<unknown> =>
        ask({ operation, method: "GET", path, query: { size: PAGE_SIZE, page }, retry: "safe" });
      for await (const items of pages<NamedRecord>(operation, read)) records.push(...items.filter(isRecord));
      return records;
    },
    async testReads(signal) {
      const results: TestedRead[] = [];
      const query = { size: 100, page: 1, fields: ["id", "name"] };
      for (const { operation, path } of TESTED_READS) {
        const read = ask({ operation, method: "GET", path, query, ...(signal && { signal }) });
        const items = await read.then(
          (answer) => idsAndNames(objectOf(operation, noError(operation, answer))["items"]),
          (error: unknown) => {
            if (error instanceof ContactCenterError && error.code === 403) return undefined;
            throw error;
          },
        );
        results.push({ operation, allowed: items !== undefined, items: items ?? [] });
      }
      return results;
    },
    async readAgent(id) {
      const operation = "ReadAgent";
      const path = `call_center/agents/${part(id)}`;
      const answer = await ask({ operation, method: "GET", path, retry: "safe" });
      return objectOf(operation, noError(operation, answer), "id") as Agent;
    },
    async createCall(body) {
      const operation = "CreateCall";
      const answer = await ask({ operation, method: "POST", path: "calls", body });
      return objectOf(operation, noError(operation, answer), "id") as { id: string };
    },
    createMembers(queueId, { length: count }, { maxBytes, body, signal }) {
      const operation = "CreateMemberBulk";
      const { length } = body;
      if (length > maxBytes && count > 1) return Promise.reject(tooLarge(length));
      const path = `${members(queueId)}/bulk`;
      const timeoutMs = BULK_TIMEOUT_MS;
      const answer = ask({ operation, method: "POST", path, body, timeoutMs, ...(signal && { signal }) });
      // No async function: it would hold the members until the answer comes, and a big upload is mostly members on their way.
      return answer.then(bulkIds).catch((error: unknown) => {
        if (error instanceof ContactCenterError && classify(error) === "too-large") error.cause["bytes"] = length;
        throw error;
      });
    },
    async findMembers(queueId, marker, count, signal, timeoutMs) {
      const operation = "SearchMemberInQueue";
      const found = new Map<string, FoundMember>();
      let seen = 0;
      let readable = 0;
      const query = {
        [`variables[${MARKER}]`]: marker,
        fields: ["id", "name", "variables", "communications", "attempts", "reserved", "stop_cause"],
        sort: "-id",
        size: PAGE_SIZE,
      };
      const read = (page: number): Promise<unknown> =>
        ask({
          operation,
          method: "GET",
          path: members(queueId),
          query: { ...query, page },
          ...(signal && { signal }),
          ...(timeoutMs !== undefined && { timeoutMs }),
        });
      for await (const items of pages<FoundMember>(operation, read, MAX_MEMBER_PAGES)) {
        seen += items.length;
        for (const item of items) {
          if (isRecord(item.variables)) readable++;
          if (item.variables?.[MARKER] === marker) found.set(item.id, item);
        }
        if (found.size >= count) break;
      }
      if (seen > 0 && readable === 0) throw withoutVariables(operation);
      return [...found.values()].sort(byId);
    },
    async deleteMember(queueId, id, signal) {
      const operation = "DeleteMember";
      const path = `${members(queueId)}/${part(id)}`;
      try {
        await ask({ operation, method: "DELETE", path, retry: "safe", ...(signal && { signal }) });
        return true;
      } catch (error) {
        if (error instanceof ContactCenterError && error.code === 404) return false;
        throw error;
      }
    },
    async reportAttempt({ queue, member, attempt }, body) {
      const own = queue !== undefined && member !== undefined;
      const path = own
        ? `${members(queue)}/${part(member)}/attempts/${part(attempt)}`
        : `call_center/attempts/${part(attempt)}`;
      const operation = own ? "AttemptResult" : "AttemptCallback";
      const answer = await ask({ operation, method: "PATCH", path, body, retry: "unprocessed" });
      return objectOf(operation, noError(operation, answer));
    },
    close: () => rest.close(),
  };
}
