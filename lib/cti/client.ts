/** The broker's three operations (vendor document: Fire Commands, Subscribe, Unsubscribe) on the shared REST client. */
import type { AgentOptions } from "node:https";
import { ContactCenterError, refused } from "./errors.js";
import {
  createRestClient,
  type RestAnswer,
  type RestClient,
  type RestOptions,
  type RestRequest,
} from "../http/rest.js";
import { propertiesIgnoringCase } from "../core/values.js";
import { type Command, type CommandBody, commandBody } from "./commands.js";
import { decodeSegment, idInPath } from "./subscription-ids.js";
import { COMMANDS, type EnumStyle } from "./tables.js";

/** The kinds of authentication; the vendor documents none. */
export type AuthKind = "none" | "basic" | "bearer" | "header";

/** What each kind must be given, and the headers that it makes. */
export const AUTHENTICATION: Record<
  AuthKind,
  {
    needs: readonly ("username" | "token" | "headerName" | "headerValue")[];
    make: (options: CtiClientOptions) => Record<string, string>;
  }
> = {
  none: { needs: [], make: () => ({}) },
  basic: {
    needs: ["username"],
    make: ({ username, password = "" }) => ({
      Authorization: `Basic ${Buffer.from(`${username}:${password}`).toString("base64")}`,
    }),
  },
  bearer: { needs: ["token"], make: ({ token }) => ({ Authorization: `Bearer ${token}` }) },
  header: {
    needs: ["headerName", "headerValue"],
    make: ({ headerName = "", headerValue = "" }) => ({ [headerName]: headerValue }),
  },
};

/** How to reach one broker. */
export interface CtiClientOptions {
  /** Address of the broker; a path prefix is kept. */
  url: string;
  auth?: AuthKind;
  username?: string;
  password?: string;
  token?: string;
  headerName?: string;
  headerValue?: string;
  /** `name` by default, as in the vendor's sample. */
  enumStyle?: EnumStyle;
  /** Names in the body of subscribe, which the vendor has not published: `ImAddress` and `CallbackUrl` by default. */
  addressField?: string;
  callbackField?: string;
  tls?: AgentOptions;
  /** Milliseconds for one request; 10,000 by default. */
  timeoutMs?: number;
}

/** What came of ending a subscription; `unknown` is the documented 404, or 410. */
export type UnsubscribeResult = "ended" | "unknown";

/** What to subscribe. */
export interface SubscribeRequest {
  /** Left out for a subscription without an agent. */
  imAddress?: string;
  /** Full address that the broker shall post to. */
  callback: string;
  /** The secret within `callback`, never repeated in an error. */
  secret?: string;
}

/** How long a command may take. */
export interface CommandOptions {
  signal?: AbortSignal;
  /** Milliseconds for all tries and the pauses between them. */
  totalMs?: number;
  /** Milliseconds until a connection must be made. */
  connectMs?: number;
  /** Called before the pause that precedes another try. */
  onRetry?: () => void;
}

/** One broker. Errors carry the HTTP status, or the network's word, as code. */
export interface CtiClient {
  /**
   * Fires a command. `Dial` is sent once, whatever breaks.
   * @returns the body that was sent, and the HTTP status
   * @throws ContactCenterError `EANSWER` for a web page: something else than the broker answered
   */
  command(command: Command, options?: CommandOptions): Promise<{ body: CommandBody; status: number }>;
  /**
   * @returns the id of the new subscription. Sent once: an answer that got lost may have made one.
   * @throws ContactCenterError as {@link command}
   */
  subscribe(request: SubscribeRequest): Promise<string>;
  /**
   * Ends a subscription.
   * @throws ContactCenterError as {@link command}, also for a 404 that is a web page
   */
  unsubscribe(id: string): Promise<UnsubscribeResult>;
  /** Asks for what cannot exist, which is answered with 404. */
  test(): Promise<void>;
  /** Closes idle connections; those of requests under way once they are answered. */
  close(): void;
}

const GUID = /^\{?[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}\}?$/i;
const NO_SUBSCRIPTION = "00000000-0000-0000-0000-000000000000";

/** What the operations add to the address themselves. */
const OWN_PATH = /\/api(?:\/(?:command|subscribe))?\/*$/i;

/** How long the body of an answer is waited for: only a web page in it, or an id that no header has, says anything, milliseconds. */
const BODY_MS = 1000;
/** How long connections are kept after a request about subscriptions, milliseconds. */
const KEEP_MS = 1000;

/**
 * The headers that a kind of authentication needs.
 * @throws ContactCenterError `EINVALID` naming the setting that is missing
 */
function authHeaders(options: CtiClientOptions): Record<string, string> {
  const { needs, make } = AUTHENTICATION[options.auth ?? "none"];
  for (const field of needs) {
    if (!options[field])
      throw refused("cti.errors.no-credential", { vendor: "anywhere365", operation: "authenticate", field });
  }
  return make(options);
}

/**
 * The id of a new subscription (vendor document: `Location: api/subscribe/:id`): from a relative or absolute address, else from the body.
 * @returns undefined when the answer names none
 */
export function subscriptionId(answer: Pick<RestAnswer, "headers" | "body">): string | undefined {
  const segments = (answer.headers["location"] ?? "")
    .replace(/[?#].*$/, "")
    .split("/")
    .filter((segment) => segment !== "");
  const last = decodeSegment(segments.at(-1) ?? "");
  // The last two would leave the folder in an address.
  if (!["", "subscribe", ".", ".."].includes(last.toLowerCase())) return last;
  const { body } = answer;
  if (typeof body === "string") {
    const text = idInPath(body).trim();
    return GUID.test(text) ? text : undefined;
  }
  const fields = propertiesIgnoringCase(body);
  const id = fields.get("subscriptionid")?.[1] ?? fields.get("id")?.[1];
  if (typeof id !== "string") return typeof id === "number" ? String(id) : undefined;
  const text = idInPath(id).trim();
  return ["", ".", ".."].includes(text) ? undefined : text;
}

/** A page of somebody else, such as a log-in page of a proxy. An answer without a body may name any type. */
function isWebPage(body: unknown, contentType = ""): boolean {
  if (typeof body !== "string" || body.trim() === "") return false;
  return /^\s*text\/html/i.test(contentType) || /^\s*(<\?xml[^>]*>\s*)?<(!|html|head|body)/i.test(body);
}

/**
 * Passes on what the broker answered.
 * @throws ContactCenterError `EANSWER` for a web page: no broker got the request
 */
async function fromBroker(operation: string, answer: Promise<RestAnswer>): Promise<RestAnswer> {
  const page = (status: unknown): ContactCenterError =>
    new ContactCenterError(
      "EANSWER",
      "cti.errors.page",
      { vendor: "anywhere365", operation, field: "url", status },
      { operation },
    );
  try {
    const { status, headers, body } = await answer;
    // 202 is what the broker says for a command that it took.
    if (isWebPage(body, headers["content-type"]) && !(operation in COMMANDS && status === 202)) throw page(status);
  } catch (error) {
    const { code, cause } = error as Partial<ContactCenterError>;
    if (code === 404 && isWebPage(cause?.["detail"])) throw page(404);
    // What is no HTTP took no command; but a subscription may have been made before it.
    if (operation in COMMANDS && String(code).startsWith("HPE_")) throw page(undefined);
    throw error;
  }
  return answer;
}

/**
 * Opens a client for one broker. Nothing is sent.
 * @throws ContactCenterError `EINVALID` when the address is no http(s) address or has the API's own path, or a credential is missing
 */
export function createCtiClient(options: CtiClientOptions): CtiClient {
  const address = URL.canParse(options.url) ? new URL(options.url) : undefined;
  const cause = { vendor: "anywhere365", operation: "connect", field: "url" } as const;
  // What is added to an address would be in its query or fragment.
  if (!address || !/^https?:$/.test(address.protocol) || /[?#]/.test(options.url))
    throw refused("cti.errors.url", cause);
  if (OWN_PATH.test(address.pathname)) throw refused("cti.errors.url-api", cause);
  const headers = authHeaders(options);
  const callbackSecrets = new Set<string>();
  const rest: RestOptions = {
    vendor: "anywhere365",
    baseUrl: options.url,
    headers: () => headers,
    secrets: () => [
      options.password,
      options.token,
      options.headerValue,
      headers["Authorization"]?.split(" ")[1],
      ...callbackSecrets,
    ],
    timeoutMs: options.timeoutMs ?? 10_000,
    ...(options.tls && { tls: options.tls }),
  };
  // Commands are rare: a kept connection would mostly be one that the broker has closed meanwhile, which costs a Dial its
  // only try. Subscriptions come in bursts, and then a connection for each would cost more than the request.
  let burst: { client: RestClient; open: number; timer?: NodeJS.Timeout } | undefined;
  const sendInBurst = async (request: RestRequest): Promise<RestAnswer> => {
    const current = (burst ??= { client: createRestClient({ ...rest, isShared: true }), open: 0 });
    clearTimeout(current.timer);
    current.open++;
    try {
      return await current.client.request(request);
    } finally {
      if (--current.open === 0) current.timer = setTimeout(closeBurst, KEEP_MS);
    }
  };
  const closeBurst = (): void => {
    clearTimeout(burst?.timer);
    burst?.client.close();
    burst = undefined;
  };
  const sendAlone = async (request: RestRequest, connectMs?: number): Promise<RestAnswer> => {
    const client = createRestClient({ ...rest, ...(connectMs !== undefined && { connectMs }) });
    try {
      return await client.request(request);
    } finally {
      client.close();
    }
  };

  return {
    async command(command, { connectMs, ...limits } = {}) {
      const body = commandBody(command, options.enumStyle ?? "name");
      const { retry } = COMMANDS[command.name];
      const fixed = { operation: command.name, method: "POST", path: "api/command", retry, bodyMs: BODY_MS } as const;
      const { status } = await fromBroker(command.name, sendAlone({ ...limits, ...fixed, body }, connectMs));
      return { body, status };
    },
    async subscribe({ imAddress, callback, secret }) {
      if (secret) callbackSecrets.add(secret);
      const body = {
        ...(imAddress && { [options.addressField || "ImAddress"]: imAddress }),
        [options.callbackField || "CallbackUrl"]: callback,
      };
      const request = { operation: "subscribe", method: "POST", path: "api/subscribe", body, bodyMs: BODY_MS } as const;
      const answer = await fromBroker("subscribe", sendInBurst(request));
      const id = subscriptionId(answer);
      if (id === undefined)
        throw new ContactCenterError(answer.status, "cti.errors.no-id", {
          vendor: "anywhere365",
          operation: "subscribe",
          status: answer.status,
        });
      return id;
    },
    unsubscribe: (id) => end("unsubscribe", id),
    async test() {
      await end("unsubscribe", NO_SUBSCRIPTION);
    },
    close() {
      if (burst?.open === 0) closeBurst();
    },
  };

  async function end(operation: string, id: string): Promise<UnsubscribeResult> {
    // One of an event may be a path, too.
    const path = `api/subscribe/${encodeURIComponent(idInPath(id))}`;
    try {
      await fromBroker(operation, sendInBurst({ operation, method: "DELETE", path }));
      return "ended";
    } catch (error) {
      if (error instanceof ContactCenterError && (error.code === 404 || error.code === 410)) return "unknown";
      throw error;
    }
  }
}
