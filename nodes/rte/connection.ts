/** What `rte-connection` and `rte-subscribe` know of each other. */
import type { AgentOptions } from "node:https";
import type { Node, NodeAPI } from "node-red";
import type { RteClient } from "../../lib/rte/client.js";
import type { Subject } from "../../lib/rte/subject.js";
import { DISCOVERY_URL, enreachLogin, type Login, tokenLogin } from "../../lib/rte/login.js";
import type { Subscriber } from "../../lib/rte/subscriber.js";
import { envText } from "../shared/values.js";

/** Settings of a connection, as deployed or as they stand in its dialog. */
export interface ConnectionConfig {
  auth?: "token" | "enreach";
  url?: string;
  email?: string;
  discoveryUrl?: string;
  apiUrl?: string;
  /** Id of a core `tls-config` node. */
  tls?: string;
}

/** Credentials of a connection. */
export interface ConnectionCredentials {
  token?: string;
  secretKey?: string;
  password?: string;
}

/** A connection, as its users see it. */
export interface RteConnection extends Node<ConnectionCredentials> {
  /** False while a setting is missing: nothing will ever come. */
  readonly isConfigured: boolean;
  readonly client: RteClient;
  /** Resolves when a node may join: by then it is known what an earlier run or connection left. */
  readonly ready: Promise<void>;
  /** The node will join at the end of the deploy. */
  expect(node: Node): void;
  /** Joins with these subscriptions; the first node opens the connection. */
  join(node: Node, subscriber: Subscriber, subjects: readonly Subject[]): void;
  /**
   * Leaves; the last node closes the connection.
   * @param removed false when the node is only being deployed again: its place is kept until that deploy is done
   */
  leave(node: Node, removed: boolean): Promise<void>;
}

/** A core `tls-config` node. */
type TlsConfigNode = Node & { addTLSOptions?: (options: AgentOptions) => AgentOptions };

/** Settings with their environment variables in place. */
interface Settings extends Required<Omit<ConnectionConfig, "auth" | "tls">>, ConnectionCredentials {
  tls?: AgentOptions | undefined;
}

/** Every setting with its environment variables in place. */
export function settingsOf(
  RED: NodeAPI,
  node: Node,
  config: ConnectionConfig,
  credentials: ConnectionCredentials,
): Settings {
  const text = (value: string | undefined): string => envText(RED, node, value ?? "").trim();
  return {
    url: text(config.url),
    email: text(config.email),
    discoveryUrl: text(config.discoveryUrl) || DISCOVERY_URL,
    apiUrl: text(config.apiUrl),
    token: text(credentials.token),
    secretKey: text(credentials.secretKey),
    password: envText(RED, node, credentials.password ?? ""),
    tls: config.tls ? tlsNode(RED, config.tls)?.addTLSOptions?.({}) : undefined,
  };
}

function tlsNode(RED: NodeAPI, id: string): TlsConfigNode | null {
  return RED.nodes.getNode(id);
}

/** The first setting that is missing, or undefined. */
export function missingSetting(
  RED: NodeAPI,
  node: Node,
  config: ConnectionConfig,
  credentials: ConnectionCredentials,
): string | undefined {
  const { url, token, email, secretKey, password } = settingsOf(RED, node, config, credentials);
  // A chosen TLS configuration that is disabled must not become the default one.
  if (config.tls && tlsNode(RED, config.tls)?.addTLSOptions === undefined) return "tls";
  if (config.auth === "enreach")
    return email === "" ? "email" : secretKey === "" && password === "" ? "secretKey" : undefined;
  return url === "" ? "url" : token === "" ? "token" : undefined;
}

/** The login that the settings describe; they are read again for each connection. */
export function loginOf(RED: NodeAPI, node: Node, config: ConnectionConfig, credentials: ConnectionCredentials): Login {
  const read = (): Settings => settingsOf(RED, node, config, credentials);
  if (config.auth === "enreach") return enreachLogin(read);
  return tokenLogin(() => {
    const { url, token = "", tls } = read();
    return { url, token, tls };
  });
}
