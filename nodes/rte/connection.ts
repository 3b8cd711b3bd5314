/** What `rte-connection` and `rte-subscribe` know of each other. */
import type { AgentOptions } from "node:https";
import type { Node, NodeAPI } from "node-red";
import { ContactCenterError, refused } from "../../lib/rte/errors.js";
import type { RteClient } from "../../lib/rte/types.js";
import type { Subject } from "../../lib/rte/subject.js";
import { DISCOVERY_URL, enreachLogin, listEntities, type Login, tokenLogin } from "../../lib/rte/login.js";
import type { KnownIds } from "../shared/editor/test-report.js";
import { tlsOptions } from "../shared/tls.js";
import { envCredential, envText } from "../shared/variables.js";
import type { User } from "./place.js";

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
  join(node: Node, subscriber: User, subjects: readonly Subject[]): void;
  /**
   * Leaves; the last node closes the connection.
   * @param removed false when the node is only being deployed again: its place is kept until that deploy is done
   */
  leave(node: Node, removed: boolean): Promise<void>;
}

/** Settings with their environment variables in place. */
interface Settings extends Required<Omit<ConnectionConfig, "auth" | "tls">>, ConnectionCredentials {
  tls?: AgentOptions | undefined;
}

/**
 * The settings of the chosen authentication with their environment variables in place; the others are empty.
 * @throws ContactCenterError `EINVALID` when a variable is not set, or the chosen TLS configuration is not there
 */
export function settingsOf(
  RED: NodeAPI,
  node: Node,
  config: ConnectionConfig,
  credentials: ConnectionCredentials,
): Settings {
  const auth = config.auth === "enreach" ? "enreach" : "token";
  const made: ConnectionConfig & ConnectionCredentials = { ...config, ...credentials };
  const text = (of: typeof auth, field: Exclude<keyof typeof made, "auth" | "tls">): string => {
    if (of !== auth) return "";
    const read = field in credentials ? envCredential : envText;
    return read(RED, node, made[field] ?? "", { vendor: "enreach", operation: "connect", field });
  };
  return {
    url: text("token", "url").trim(),
    token: text("token", "token").trim(),
    email: text("enreach", "email").trim(),
    discoveryUrl: text("enreach", "discoveryUrl").trim() || DISCOVERY_URL,
    apiUrl: text("enreach", "apiUrl").trim(),
    secretKey: text("enreach", "secretKey").trim(),
    password: text("enreach", "password"),
    tls: tlsOptions(RED, config.tls, { vendor: "enreach", operation: "connect" }),
  };
}

/**
 * Why nothing can be reached with the settings; undefined when nothing is missing.
 * @returns names the first setting that is missing, or whose variable is not set
 */
export function settingsProblem(
  RED: NodeAPI,
  node: Node,
  config: ConnectionConfig,
  credentials: ConnectionCredentials,
): ContactCenterError | undefined {
  try {
    const field = missingSetting(RED, node, config, credentials);
    if (field === undefined) return undefined;
    return refused("rte.errors.unconfigured", { vendor: "enreach", operation: "connect", field }, { field });
  } catch (error) {
    if (error instanceof ContactCenterError) return error;
    throw error;
  }
}

/** The first setting that is missing, or undefined. */
function missingSetting(
  RED: NodeAPI,
  node: Node,
  config: ConnectionConfig,
  credentials: ConnectionCredentials,
): string | undefined {
  const { url, token, email, secretKey, password } = settingsOf(RED, node, config, credentials);
  if (config.auth === "enreach")
    return email === "" ? "email" : secretKey === "" && password === "" ? "secretKey" : undefined;
  return url === "" ? "url" : token === "" ? "token" : undefined;
}

/** Ids of the user and of his queues; none where they cannot be read, as with a token. */
export async function entitiesOf(
  RED: NodeAPI,
  node: Node,
  config: ConnectionConfig,
  credentials: ConnectionCredentials,
  signal: AbortSignal,
): Promise<KnownIds> {
  if (config.auth !== "enreach") return {};
  return listEntities(settingsOf(RED, node, config, credentials), signal).catch(() => ({}));
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
