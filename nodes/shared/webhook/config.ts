/** The settings and credentials that all webhook nodes share. */
import type { NodeAPI, NodeDef } from "node-red";
import type { Node } from "node-red";
import { type Networks, parseNetworks } from "../../../lib/webhook/networks.js";
import {
  AUTH_METHODS,
  type AuthMethod,
  credentialCheck,
  type PresentedCredentials,
  type WebhookCredentials,
} from "../../../lib/webhook/credentials.js";
import { isHeaderName } from "../../../lib/webhook/header-name.js";
import { isDotSegment } from "../../../lib/webhook/path.js";
import { type Redaction, redactionOf } from "../../../lib/webhook/redaction.js";
import { enteredCredentials, readCredential, readText } from "../variables.js";

export type { AuthMethod, WebhookCredentials } from "../../../lib/webhook/credentials.js";

/** The settings as the editor saves them; each may be missing in a flow that was not made in the editor. */
export interface WebhookConfig extends NodeDef {
  /** Path below `httpNodeRoot`. */
  url?: string;
  auth?: AuthMethod;
  apiKeyHeader?: string;
  /** Addresses or CIDR ranges that may call; empty = any. */
  networks?: string[];
  /** Reverse proxies whose `X-Forwarded-For` is believed; empty = none. */
  proxies?: string[];
}

/** The header that Enreach names in its guide. */
const DEFAULT_API_KEY_HEADER = "X-Benemen-APIKey";

/** The credentials that an authentication method needs, and those that it takes as well. */
const CREDENTIALS_OF: Record<AuthMethod, { needed: Credential[]; second: Credential[] }> = {
  none: { needed: [], second: [] },
  apikey: { needed: ["apiKey"], second: ["apiKey2"] },
  basic: { needed: ["username", "password"], second: ["password2"] },
  secret: { needed: ["secret"], second: ["secret2"] },
};
type Credential = keyof WebhookCredentials;

/** The settings, read. */
export interface WebhookSettings {
  /** Empty when none was entered. */
  path: string;
  auth: AuthMethod;
  /** In lower case, as Node gives headers. */
  apiKeyHeader: string;
  networks: Networks;
  proxies: Networks;
  /** Those of the authentication, without blanks around them. */
  credentials: WebhookCredentials;
  /**
   * Undefined when the credential that `auth` asks for is empty, a variable is not set or unfinished, or a setting is of a wrong type: then
   * every request is refused.
   */
  check: ((presented: PresentedCredentials) => boolean) | undefined;
  /** Entries of `networks` and `proxies` that are neither an address nor a range. */
  wrong: string[];
  /** Environment variables that are named and not set. */
  unset: string[];
  /** Such variables of a second credential, which matches nobody then, while the first one is accepted. */
  unsetSecond: string[];
  /** Settings that hold `${` without its `}`, or `${}`. */
  unfinished: string[];
  /** Settings of a wrong type, such as a list that is none. */
  malformed: string[];
  /** Secrets that no address can have at its end: clients leave out a segment `.` or `..`, however it is encoded. */
  dotted: string[];
  /** False when no request can carry a header of the name in `apiKeyHeader`. */
  hasHeader: boolean;
  redaction: Redaction;
}

/**
 * Reads the settings of a webhook node.
 * @param defaultAuth what a flow means that has no `auth`
 */
export function webhookSettings(
  RED: NodeAPI,
  node: Node<WebhookCredentials>,
  config: WebhookConfig,
  defaultAuth: AuthMethod = "secret",
): WebhookSettings {
  const unset = new Set<string>();
  const unsetSecond = new Set<string>();
  const unfinished = new Set<string>();
  const malformed = new Set<string>();
  const text = (setting: string, value: unknown, missing = unset, read = readText): string => {
    if (value === undefined || value === null) return "";
    const given = typeof value === "number" ? String(value) : value;
    if (typeof given !== "string") {
      malformed.add(setting);
      return "";
    }
    const { text: found, unset: names, isUnfinished } = read(RED, node, given);
    for (const name of names) missing.add(name);
    if (isUnfinished) unfinished.add(setting);
    return found.trim();
  };
  const list = (setting: "networks" | "proxies"): ReturnType<typeof parseNetworks> => {
    const value: unknown = config[setting] ?? [];
    if (!Array.isArray(value)) malformed.add(setting);
    // One variable may hold several entries.
    return parseNetworks(
      Array.isArray(value) ? value.flatMap((entry: unknown) => text(setting, entry).split(",")) : [],
    );
  };
  const networks = list("networks");
  const proxies = list("proxies");
  const auth = config.auth ?? defaultAuth;
  if (!AUTH_METHODS.includes(auth)) malformed.add("auth");
  const { needed, second } = CREDENTIALS_OF[AUTH_METHODS.includes(auth) ? auth : "none"];
  const credentials: WebhookCredentials = {};
  const given = enteredCredentials(RED, node);
  for (const name of needed) credentials[name] = text(name, given[name], unset, readCredential);
  for (const name of second) credentials[name] = text(name, given[name], unsetSecond, readCredential);
  const { url } = config;
  // Of a slash and a variable that is set to nothing a slash would be left, and nobody would be told of the variable.
  const path = text("url", typeof url === "string" ? url.replace(/^[\s/]+/, "") : url).replace(/^\/+/, "");
  const apiKeyHeader = (text("apiKeyHeader", config.apiKeyHeader) || DEFAULT_API_KEY_HEADER).toLowerCase();
  const dotted = (["secret", "secret2"] as const).filter((name) => isDotSegment(credentials[name] ?? ""));
  // So that nobody subscribes an address with it either.
  for (const name of dotted) credentials[name] = "";
  const isUsable = [malformed.size, unset.size, unfinished.size, dotted.length].every((count) => count === 0);
  return {
    path,
    auth,
    apiKeyHeader,
    networks: networks.networks,
    proxies: proxies.networks,
    credentials,
    check: isUsable ? credentialCheck(auth, credentials) : undefined,
    wrong: [...networks.wrong, ...proxies.wrong],
    unset: [...unset],
    unsetSecond: [...unsetSecond],
    unfinished: [...unfinished],
    malformed: [...malformed],
    dotted,
    hasHeader: auth !== "apikey" || isHeaderName(apiKeyHeader),
    redaction: redactionOf(credentials, auth === "secret"),
  };
}
