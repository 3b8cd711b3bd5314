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
import { readText } from "../values.js";

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

/** The settings, read. */
export interface WebhookSettings {
  /** Empty when none was entered. */
  path: string;
  auth: AuthMethod;
  /** In lower case, as Node gives headers. */
  apiKeyHeader: string;
  networks: Networks;
  proxies: Networks;
  /** Without blanks around them. */
  credentials: WebhookCredentials;
  /** Undefined when the credential that `auth` asks for is empty, or a variable is not set: then every request is refused. */
  check: ((presented: PresentedCredentials) => boolean) | undefined;
  /** Entries of `networks` and `proxies` that are neither an address nor a range. */
  wrong: string[];
  /** Environment variables that are named and not set. */
  unset: string[];
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
  const text = (value: string | undefined): string => {
    const read = readText(RED, node, value ?? "");
    for (const name of read.unset) unset.add(name);
    return read.text.trim();
  };
  // One variable may hold several entries.
  const list = (value: string[] | undefined): ReturnType<typeof parseNetworks> =>
    parseNetworks((value ?? []).flatMap((entry) => text(entry).split(",")));
  const networks = list(config.networks);
  const proxies = list(config.proxies);
  const auth = config.auth ?? defaultAuth;
  const credentials = Object.fromEntries(
    Object.entries(node.credentials ?? {}).map(([name, value]) => [name, text(value as string | undefined)]),
  );
  const path = text(config.url).replace(/^\/+/, "");
  const apiKeyHeader = (text(config.apiKeyHeader) || DEFAULT_API_KEY_HEADER).toLowerCase();
  const isUsable = AUTH_METHODS.includes(auth) && unset.size === 0;
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
  };
}
