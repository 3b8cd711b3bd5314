/**
 * The hub's address and a fresh token (vendor document "RTE", "Authentication flow"; "EnreachAPI").
 *
 * Discovery of the REST address, secret key (or a password that is exchanged for one), user id, RTE token with hub address:
 * each answer is checked before the next step uses it, and no error carries a secret.
 */
import type { AgentOptions } from "node:https";
import { ContactCenterError, refused } from "./errors.js";
import { readIgnoringCase } from "../core/values.js";
import { isLoopback } from "../http/proxy.js";
import { createRestClient, type RestAnswer, type RestRequest } from "../http/rest.js";

/** Steps on the way to a working connection, in their order. */
export const STEPS = ["discover", "secret", "user", "token", "negotiate", "connect", "events"] as const;
/** One of {@link STEPS}. */
export type Step = (typeof STEPS)[number];

/** A hub, and what it takes to connect to it. */
export interface HubEndpoint {
  url: string;
  token: string;
  tls?: AgentOptions | undefined;
}

/**
 * Logs in, for each connection again.
 * @param onStep called before each step
 * @throws ContactCenterError `EINVALID` for a setting that cannot be used, `EANSWER` for an answer that cannot, the HTTP
 *   status or the network's word
 */
export type Login = (signal: AbortSignal, onStep?: (step: Step) => void) => Promise<HubEndpoint>;

/** What the documented chain needs. */
export interface EnreachAccount {
  email: string;
  /** Full address of the discovery service. */
  discoveryUrl: string;
  /** REST address; skips discovery. */
  apiUrl?: string | undefined;
  secretKey?: string | undefined;
  /** Used only without `secretKey`. */
  password?: string | undefined;
  tls?: AgentOptions | undefined;
}

/** The vendor's discovery service. */
export const DISCOVERY_URL = "https://discover.enreachvoice.com/api/user";
/** Milliseconds that one step of the chain may take. */
const STEP_MS = 10_000;

function cause(operation: string, field?: string): { vendor: "enreach"; operation: string; field?: string } {
  return { vendor: "enreach", operation, ...(field !== undefined && { field }) };
}

/** The error of an answer that cannot be used: `EANSWER`. */
export function unusableAnswer(operation: string, field: string): ContactCenterError {
  return new ContactCenterError("EANSWER", "rte.errors.answer", cause(operation, field), { operation, field });
}

/** A text of an answer, its name read without regard to case. */
function text(operation: string, body: unknown, name: string): string {
  const found = readIgnoringCase(body)(name);
  if (typeof found !== "string" || found === "") throw unusableAnswer(operation, name);
  return found;
}

/** True for a text that a header can carry. */
export function isHeaderText(text: string): boolean {
  return /^[\t\x20-\x7e\x80-\xff]*$/.test(text);
}

/** An address by its http scheme, in lower case as clients want it, and without a fragment, which no server gets. */
export function httpAddress(address: string): string {
  return address.replace(/^(?:ws|http)(s?):/i, (_all, s: string) => `http${s.toLowerCase()}:`).replace(/#.*/, "");
}

/** True for an address that credentials may be sent to: https, or this machine itself. */
export function isSafe(address: string): boolean {
  const url = URL.canParse(address) ? new URL(httpAddress(address)) : undefined;
  return url?.protocol === "https:" || (url?.protocol === "http:" && isLoopback(url));
}

/**
 * Checks an address that an answer named.
 * @throws ContactCenterError `EANSWER`
 */
export function checkedAddress(operation: string, field: string, address: string): string {
  if (!isSafe(address)) throw unusableAnswer(operation, field);
  return address;
}

/**
 * Checks an address that a setting names.
 * @throws ContactCenterError `EINVALID`
 */
function checkedSetting(operation: string, field: string, address: string): string {
  if (!isSafe(address)) throw refused("rte.errors.address", cause(operation, field));
  return address;
}

/**
 * The hub's address from `WSSEndpoint`: host and path without a scheme, or with one.
 * @param endpoint as the vendor sent it
 * @param api REST address; on this machine its scheme holds for the hub too, since a simulator has no certificate
 */
export function hubAddress(endpoint: string, api: string): string {
  if (/^\w+:\/\//.test(endpoint)) return checkedAddress("token", "WSSEndpoint", httpAddress(endpoint));
  const local =
    URL.canParse(`http://${endpoint}`) && isLoopback(new URL(`http://${endpoint}`)) && api.startsWith("http:");
  return checkedAddress("token", "WSSEndpoint", `${local ? "http" : "https"}://${endpoint}`);
}

/** A request of the chain; one client per request, because the address changes on the way and sockets need not stay. */
async function ask(
  account: EnreachAccount,
  baseUrl: string,
  request: Omit<RestRequest, "timeoutMs">,
  authorization?: string,
): Promise<unknown> {
  const client = createRestClient({
    vendor: "enreach",
    baseUrl,
    isShared: true,
    headers: () => (authorization === undefined ? {} : { Authorization: authorization }),
    secrets: () => [account.secretKey, account.password, authorization, authorization?.replace("Basic ", "")],
    timeoutMs: STEP_MS,
    ...(account.tls && { tls: account.tls }),
  });
  try {
    const answer: RestAnswer = await client.request(request);
    return answer.body;
  } finally {
    client.close();
  }
}

async function discover(account: EnreachAccount, signal: AbortSignal): Promise<string> {
  const query = { user: account.email };
  const { origin, pathname, search } = new URL(checkedSetting("discover", "discoveryUrl", account.discoveryUrl));
  const path = pathname + search;
  const found = await ask(account, origin, { operation: "discover", method: "GET", path, query, signal });
  // An unknown user gets an empty list.
  const first: unknown = Array.isArray(found) ? found[0] : undefined;
  if (first === undefined)
    throw new ContactCenterError("EANSWER", "rte.errors.unknown-user", cause("discover", "email"));
  return checkedAddress("discover", "apiEndpoint", text("discover", first, "apiEndpoint"));
}

async function exchangePasswordForKey(
  account: EnreachAccount,
  api: string,
  signal: AbortSignal,
): Promise<{ secretKey: string; userId: string }> {
  const body = { UserName: account.email, Password: account.password };
  const path = `authuser/${encodeURIComponent(account.email)}`;
  const answer = await ask(account, api, { operation: "secret", method: "POST", path, body, signal });
  return { secretKey: text("secret", answer, "SecretKey"), userId: text("secret", answer, "UserID") };
}

/** What does not change from one connection to the next. */
interface User {
  api: string;
  userId: string;
  authorization: string;
}

async function findUser(account: EnreachAccount, signal: AbortSignal, onStep: (step: Step) => void): Promise<User> {
  if (!account.apiUrl) onStep("discover");
  const api = account.apiUrl ? checkedSetting("discover", "apiUrl", account.apiUrl) : await discover(account, signal);
  if (!account.secretKey) onStep("secret");
  const key: { secretKey: string; userId?: string } = account.secretKey
    ? { secretKey: account.secretKey }
    : await exchangePasswordForKey(account, api, signal);
  const authorization = `Basic ${Buffer.from(`${account.email}:${key.secretKey}`).toString("base64")}`;
  onStep("user");
  if (key.userId !== undefined) return { api, userId: key.userId, authorization };
  const user = await ask(account, api, { operation: "user", method: "GET", path: "users/me", signal }, authorization);
  return { api, userId: text("user", user, "Id"), authorization };
}

/**
 * The documented chain. What does not change (address, key, user) is kept until a step fails; the token is always new.
 * @param settings read for each connection, so that a changed setting or environment variable is seen
 */
export function enreachLogin(settings: () => EnreachAccount): Login {
  let user: User | undefined;
  let accountOfUser = "";
  return async (signal, onStep = () => undefined) => {
    const account = settings();
    const identity = JSON.stringify({ ...account, tls: undefined });
    if (identity !== accountOfUser) user = undefined;
    try {
      user ??= await findUser(account, signal, onStep);
      accountOfUser = identity;
      onStep("token");
      const path = `token/${encodeURIComponent(user.userId)}/rte/`;
      const answer = await ask(
        account,
        user.api,
        { operation: "token", method: "GET", path, signal },
        user.authorization,
      );
      const url = hubAddress(text("token", answer, "WSSEndpoint"), user.api);
      const token = text("token", answer, "Token");
      if (!isHeaderText(token)) throw unusableAnswer("token", "Token");
      return { token, url, ...(account.tls && { tls: account.tls }) };
    } catch (error) {
      user = undefined;
      throw error;
    }
  };
}

/**
 * What the user may subscribe, as far as the REST interface lists it: himself and his queues ("EnreachAPI", `GET queues`).
 * @returns pairs of id and name, 200 at most; the user alone where his queues cannot be read
 * @throws ContactCenterError when the user cannot be found
 */
export async function listEntities(
  account: EnreachAccount,
  signal: AbortSignal,
): Promise<Record<"users" | "queues", (readonly [id: string, name: string])[]>> {
  const { api, userId, authorization } = await findUser(account, signal, () => undefined);
  const query = { OnlyForUser: userId };
  const request = { operation: "queues", method: "GET", path: "queues/", query, signal } as const;
  const found = await ask(account, api, request, authorization).catch(() => []);
  const queues = (Array.isArray(found) ? found : []).slice(0, 200).flatMap((queue) => {
    const [id, name] = ["Id", "Name"].map((property) => readIgnoringCase(queue)(property));
    return typeof id === "string" ? [[id, typeof name === "string" ? name : ""] as const] : [];
  });
  return { users: [[userId, account.email]], queues };
}

/**
 * A token that somebody else got.
 * @param settings read for each connection
 */
export function tokenLogin(settings: () => HubEndpoint): Login {
  return async () => {
    const { url, token, tls } = settings();
    if (!isHeaderText(token)) throw refused("rte.errors.token", cause("connect", "token"));
    return { url: httpAddress(checkedSetting("connect", "url", url)), token, ...(tls && { tls }) };
  };
}
