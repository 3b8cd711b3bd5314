/** The settings and credentials that all webhook nodes share. */
import type { NodeAPI, NodeCredentials, NodeDef } from "node-red";
import type { Node } from "node-red";
import { type Networks, parseNetworks } from "../../../lib/webhook/networks.js";
import {
  AUTH_METHODS,
  type AuthMethod,
  credentialCheck,
  type PresentedCredentials,
  type WebhookCredentials,
} from "../../../lib/webhook/credentials.js";
import { envText } from "../values.js";

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

/** Handed to `registerType`. */
export const WEBHOOK_CREDENTIALS: NodeCredentials<WebhookCredentials> = {
  apiKey: { type: "password" },
  username: { type: "text" },
  password: { type: "password" },
  secret: { type: "password" },
};

/** The settings, read. */
export interface WebhookSettings {
  /** Empty when none was entered. */
  path: string;
  auth: AuthMethod;
  /** In lower case, as Node gives headers. */
  apiKeyHeader: string;
  networks: Networks;
  proxies: Networks;
  /** Undefined when the credential that `auth` asks for is empty: then every request is refused. */
  check: ((presented: PresentedCredentials) => boolean) | undefined;
  /** Entries of `networks` and `proxies` that are neither an address nor a range. */
  wrong: string[];
}

/** Reads the settings of a webhook node. */
export function webhookSettings(RED: NodeAPI, node: Node<WebhookCredentials>, config: WebhookConfig): WebhookSettings {
  const text = (value: string | undefined): string => envText(RED, node, value ?? "").trim();
  const list = (value: string[] | undefined): ReturnType<typeof parseNetworks> =>
    parseNetworks((value ?? []).map(text));
  const networks = list(config.networks);
  const proxies = list(config.proxies);
  const auth = config.auth ?? "none";
  return {
    path: text(config.url).replace(/^\/+/, ""),
    auth,
    apiKeyHeader: (text(config.apiKeyHeader) || DEFAULT_API_KEY_HEADER).toLowerCase(),
    networks: networks.networks,
    proxies: proxies.networks,
    check: AUTH_METHODS.includes(auth) ? credentialCheck(auth, node.credentials ?? {}) : undefined,
    wrong: [...networks.wrong, ...proxies.wrong],
  };
}
