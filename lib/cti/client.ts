/** The broker's three operations (vendor document: Fire Commands, Subscribe, Unsubscribe) on the shared REST client. */
import type { AgentOptions } from "node:https";
import { ContactCenterError, refused } from "./errors.js";
import { createRestClient, type RestAnswer, type RestOptions, type RestRequest } from "../http/rest.js";
import { propertiesIgnoringCase } from "../core/values.js";
import { type Command, type CommandBody, commandBody } from "./commands.js";
import { COMMANDS, type EnumStyle } from "./tables.js";

/** The kinds of authentication; the vendor documents none, sites put a reverse proxy in front. */
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
  /** `name` unless told, as in the vendor's sample. */
  enumStyle?: EnumStyle;
  /** Names in the body of subscribe, which the vendor has not published: `ImAddress` and `CallbackUrl` unless told. */
  addressField?: string;
  callbackField?: string;
  tls?: AgentOptions;
  /** Milliseconds for one request; 10,000 unless told. */
  timeoutMs?: number;
}

/** What to subscribe. */
export interface SubscribeRequest {
  /** Left out for a subscription without an agent. */
  imAddress?: string;
  /** Full address that the broker shall post to. */
  callback: string;
  /** The secret within `callback`, never repeated in an error. */
  secret?: string;
}

/** One broker. Errors carry the HTTP status, or the network's word, as code. */
export interface CtiClient {
  /**
   * Fires a command. `Dial` is sent once, whatever breaks.
   * @returns the body that was sent, and the HTTP status
   */
  command(command: Command, signal?: AbortSignal): Promise<{ body: CommandBody; status: number }>;
  /** @returns the id of the new subscription. Sent once: an answer that got lost may have made one. */
  subscribe(request: SubscribeRequest): Promise<string>;
  /** Ends a subscription; one that the broker no longer knows counts as ended. */
  unsubscribe(id: string): Promise<void>;
  /** Asks for something that cannot exist, which a broker documents to answer with 404; changes nothing there. */
  test(): Promise<void>;
  /** Calls the listener when the broker answers again after it could not be reached; returns how to stop. */
  onBack(listener: () => void): () => void;
  /** What the last request met when it found nobody; undefined once somebody answered. */
  readonly downSince: ContactCenterError | undefined;
}

const GUID = /^\{?[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}\}?$/i;
/** What a proxy answers for a broker that is not there. */
const PROXY_WITHOUT_BROKER = new Set<number | string>([502, 503, 504]);
const NO_SUBSCRIPTION = "00000000-0000-0000-0000-000000000000";

/** True where nobody answered, or only a proxy did for a broker that is away. */
export function isDown(error: unknown): boolean {
  if (!(error instanceof ContactCenterError) || error.code === "ECLOSED") return false;
  return typeof error.code === "string" || PROXY_WITHOUT_BROKER.has(error.code);
}

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
  const last = decode(segments.at(-1) ?? "");
  if (last !== "" && last.toLowerCase() !== "subscribe") return last;
  const { body } = answer;
  if (typeof body === "string") return GUID.test(body.trim()) ? body.trim() : undefined;
  const fields = propertiesIgnoringCase(body);
  const id = fields.get("subscriptionid")?.[1] ?? fields.get("id")?.[1];
  return (typeof id === "string" && id.trim() !== "") || typeof id === "number" ? String(id).trim() : undefined;
}

function decode(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    return segment;
  }
}

/**
 * Opens a client for one broker. Nothing is sent.
 * @throws ContactCenterError `EINVALID` when the address is no http(s) address, or a credential is missing
 */
export function createCtiClient(options: CtiClientOptions): CtiClient {
  const address = URL.canParse(options.url) ? new URL(options.url) : undefined;
  if (!address || !/^https?:$/.test(address.protocol))
    throw refused("cti.errors.url", { vendor: "anywhere365", operation: "connect", field: "url" });
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
  const reach = new Reachability();

  const send = async (request: RestRequest): Promise<RestAnswer> => {
    // Requests are rare: a kept socket would mostly be one that the broker has closed meanwhile, which costs a Dial its
    // only try, and leaves open whether a subscription was made.
    const client = createRestClient(rest);
    try {
      const answer = await client.request(request);
      reach.answered();
      return answer;
    } catch (error) {
      if (isDown(error)) reach.downSince = error as ContactCenterError;
      else if ((error as ContactCenterError).code !== "ECLOSED") reach.answered();
      throw error;
    } finally {
      client.close();
    }
  };

  return {
    async command(command, signal) {
      const body = commandBody(command, options.enumStyle ?? "name");
      const { retry } = COMMANDS[command.name];
      const { status } = await send({
        operation: command.name,
        method: "POST",
        path: "api/command",
        body,
        retry,
        ...(signal && { signal }),
      });
      return { body, status };
    },
    async subscribe({ imAddress, callback, secret }) {
      if (secret) callbackSecrets.add(secret);
      const body = {
        ...(imAddress && { [options.addressField || "ImAddress"]: imAddress }),
        [options.callbackField || "CallbackUrl"]: callback,
      };
      const answer = await send({ operation: "subscribe", method: "POST", path: "api/subscribe", body });
      const id = subscriptionId(answer);
      if (id === undefined)
        throw new ContactCenterError(answer.status, "cti.errors.no-id", {
          vendor: "anywhere365",
          operation: "subscribe",
          status: answer.status,
        });
      return id;
    },
    async unsubscribe(id) {
      await send({ operation: "unsubscribe", method: "DELETE", path: `api/subscribe/${encodeURIComponent(id)}` }).catch(
        unlessGone,
      );
    },
    async test() {
      await send({ operation: "test", method: "DELETE", path: `api/subscribe/${NO_SUBSCRIPTION}` }).catch(unlessGone);
    },
    onBack: (listener) => reach.onBack(listener),
    get downSince() {
      return reach.downSince;
    },
  };
}

function unlessGone(error: unknown): void {
  if (!(error instanceof ContactCenterError) || error.code !== 404) throw error;
}

/** Notices that a broker was away, which is when it may have forgotten what was subscribed. */
class Reachability {
  downSince: ContactCenterError | undefined;
  private readonly listeners = new Set<() => void>();

  answered(): void {
    if (!this.downSince) return;
    this.downSince = undefined;
    for (const listener of this.listeners) listener();
  }

  onBack(listener: () => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }
}
