/**
 * How to get into the hub: its address and a fresh token (vendor document "RTE", "Authentication flow"; "EnreachAPI").
 *
 * Discovery of the REST address, secret key (or a password that buys one), user id, RTE token with hub address: each
 * answer is checked before the next step uses it, and no error carries a secret.
 */
import { ContactCenterError, refused } from "./errors.js";
import { createRestClient, type RestAnswer, type RestRequest } from "../http/rest.js";
import type { Json } from "./normalise.js";

/** Steps on the way to a working connection, in their order. */
export const STEPS = ["discover", "secret", "user", "token", "negotiate", "connect"] as const;
/** One of {@link STEPS}. */
export type Step = (typeof STEPS)[number];

/** The way into a hub. */
export interface Entry {
  url: string;
  token: string;
}

/** Gives the way in, anew for each connection. `onStep` hears of each step before it is tried. */
export type Access = (signal: AbortSignal, onStep?: (step: Step) => void) => Promise<Entry>;

/** What the documented chain needs. */
export interface EnreachLogin {
  email: string;
  /** Full address of the discovery service. */
  discoveryUrl: string;
  /** REST address; skips discovery. */
  apiUrl?: string | undefined;
  secretKey?: string | undefined;
  /** Used only without `secretKey`. */
  password?: string | undefined;
}

/** The vendor's discovery service. */
export const DISCOVERY_URL = "https://discover.enreachvoice.com/api/user";
/** Milliseconds that one step of the chain may take. */
const STEP_MS = 10_000;

function cause(operation: string, field?: string): { vendor: "enreach"; operation: string; field?: string } {
  return { vendor: "enreach", operation, ...(field !== undefined && { field }) };
}

function unusable(operation: string, field: string): ContactCenterError {
  return new ContactCenterError("EANSWER", "rte.errors.answer", cause(operation, field), { operation, field });
}

function isLoopback(url: URL): boolean {
  return /^(localhost|127(\.\d+){3}|\[::1\])$/.test(url.hostname);
}

/** A text of an answer, its name read without regard to case. */
function text(operation: string, body: unknown, name: string): string {
  const found = Object.entries((body ?? {}) as Json).find(([key]) => key.toLowerCase() === name.toLowerCase())?.[1];
  if (typeof found !== "string" || found === "") throw unusable(operation, name);
  return found;
}

/**
 * Checks an address that credentials shall be sent to: https, or this machine itself.
 * @throws ContactCenterError `EANSWER`
 */
function trusted(operation: string, field: string, address: string): string {
  const url = URL.canParse(address) ? new URL(address) : undefined;
  if (url === undefined || !(url.protocol === "https:" || (url.protocol === "http:" && isLoopback(url))))
    throw unusable(operation, field);
  return address;
}

/**
 * The hub's address from `WSSEndpoint`: host and path without a scheme, or with one.
 * @param endpoint as the vendor sent it
 * @param api REST address; on this machine its scheme holds for the hub too, since a stand-in has no certificate
 */
export function hubAddress(endpoint: string, api: string): string {
  if (/^\w+:\/\//.test(endpoint)) return trusted("token", "WSSEndpoint", endpoint.replace(/^ws/i, "http"));
  const local =
    URL.canParse(`http://${endpoint}`) && isLoopback(new URL(`http://${endpoint}`)) && api.startsWith("http:");
  return trusted("token", "WSSEndpoint", `${local ? "http" : "https"}://${endpoint}`);
}

/** A request of the chain; one client per request, because the address changes on the way and sockets need not stay. */
async function ask(
  login: EnreachLogin,
  baseUrl: string,
  request: Omit<RestRequest, "timeoutMs">,
  authorization?: string,
): Promise<unknown> {
  const client = createRestClient({
    vendor: "enreach",
    baseUrl,
    headers: () => (authorization === undefined ? {} : { Authorization: authorization }),
    secrets: () => [login.secretKey, login.password, authorization, authorization?.replace("Basic ", "")],
    timeoutMs: STEP_MS,
  });
  try {
    const answer: RestAnswer = await client.request(request);
    return answer.body;
  } finally {
    client.close();
  }
}

async function discover(login: EnreachLogin, signal: AbortSignal): Promise<string> {
  const query = { user: login.email };
  const { origin, pathname, search } = new URL(login.discoveryUrl);
  const found = await ask(login, origin, {
    operation: "discover",
    method: "GET",
    path: pathname + search,
    query,
    signal,
  });
  // An unknown user gets an empty list.
  const first: unknown = Array.isArray(found) ? found[0] : undefined;
  if (first === undefined)
    throw new ContactCenterError("EANSWER", "rte.errors.unknown-user", cause("discover", "email"));
  return trusted("discover", "apiEndpoint", text("discover", first, "apiEndpoint"));
}

interface Key {
  secretKey: string;
  userId?: string;
}

async function buyKey(login: EnreachLogin, api: string, signal: AbortSignal): Promise<Key> {
  const body = { UserName: login.email, Password: login.password };
  const path = `authuser/${encodeURIComponent(login.email)}`;
  const answer = await ask(login, api, { operation: "secret", method: "POST", path, body, signal });
  return { secretKey: text("secret", answer, "SecretKey"), userId: text("secret", answer, "UserID") };
}

/**
 * The documented chain. What does not change (address, key, user) is kept until a step fails; the token is always new.
 * @param login asked at each connection, so that a changed setting or environment is seen
 */
export function enreachAccess(login: () => EnreachLogin): Access {
  let kept: { api: string; userId: string; authorization: string } | undefined;
  let keptFor = "";
  return async (signal, onStep = () => undefined) => {
    const now = login();
    const identity = JSON.stringify(now);
    if (identity !== keptFor) kept = undefined;
    try {
      if (kept === undefined) {
        const address = now.apiUrl ? "apiUrl" : "discoveryUrl";
        if (!URL.canParse(now[address] ?? "")) throw refused("rte.errors.address", cause("discover", address));
        if (!now.apiUrl) onStep("discover");
        const api = now.apiUrl ? now.apiUrl : await discover(now, signal);
        if (!now.secretKey) onStep("secret");
        const key: Key = now.secretKey ? { secretKey: now.secretKey } : await buyKey(now, api, signal);
        const authorization = `Basic ${Buffer.from(`${now.email}:${key.secretKey}`).toString("base64")}`;
        onStep("user");
        const userId =
          key.userId ??
          text(
            "user",
            await ask(now, api, { operation: "user", method: "GET", path: "users/me", signal }, authorization),
            "Id",
          );
        kept = { api, userId, authorization };
        keptFor = identity;
      }
      onStep("token");
      const path = `token/${encodeURIComponent(kept.userId)}/rte/`;
      const answer = await ask(now, kept.api, { operation: "token", method: "GET", path, signal }, kept.authorization);
      return { token: text("token", answer, "Token"), url: hubAddress(text("token", answer, "WSSEndpoint"), kept.api) };
    } catch (error) {
      kept = undefined;
      throw error;
    }
  };
}

/**
 * A token that somebody else got.
 * @param setting asked at each connection
 */
export function tokenAccess(setting: () => Entry): Access {
  return async () => {
    const { url, token } = setting();
    if (!URL.canParse(url)) throw refused("rte.errors.address", cause("connect", "url"));
    return { url: url.replace(/^ws/i, "http"), token };
  };
}
