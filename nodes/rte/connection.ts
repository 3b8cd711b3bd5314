/** What `rte-connection` and `rte-subscribe` know of each other. */
import type { Node, NodeAPI } from "node-red";
import { type Access, DISCOVERY_URL, enreachAccess, tokenAccess } from "../../lib/rte/login.js";
import type { Member, Receiver } from "../../lib/rte/member.js";
import { envText } from "../shared/values.js";

/** Settings of a connection, as deployed or as they stand in its dialog. */
export interface ConnectionConfig {
  auth?: "token" | "enreach";
  url?: string;
  email?: string;
  discoveryUrl?: string;
  apiUrl?: string;
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
  /** Joins; the first user opens the connection. */
  join(user: Node, receiver: Receiver): Member;
  /**
   * Leaves; the last user closes the connection.
   * @param removed false when the user is only being deployed anew: its place is kept until that deploy is done
   */
  leave(user: Node, member: Member, removed: boolean): Promise<void>;
}

/** Every setting with its environment variables in place. */
export function settled(
  RED: NodeAPI,
  node: Node,
  config: ConnectionConfig,
  credentials: ConnectionCredentials,
): Required<Omit<ConnectionConfig, "auth">> & ConnectionCredentials {
  const text = (value: string | undefined): string => envText(RED, node, value ?? "").trim();
  return {
    url: text(config.url),
    email: text(config.email),
    discoveryUrl: text(config.discoveryUrl) || DISCOVERY_URL,
    apiUrl: text(config.apiUrl),
    token: text(credentials.token),
    secretKey: text(credentials.secretKey),
    password: envText(RED, node, credentials.password ?? ""),
  };
}

/** The first setting that is missing, or undefined. */
export function missingSetting(
  RED: NodeAPI,
  node: Node,
  config: ConnectionConfig,
  credentials: ConnectionCredentials,
): string | undefined {
  const { url, token, email, secretKey, password } = settled(RED, node, config, credentials);
  if (config.auth === "enreach")
    return email === "" ? "email" : secretKey === "" && password === "" ? "secretKey" : undefined;
  return url === "" ? "url" : token === "" ? "token" : undefined;
}

/** The way in that the settings describe; they are read anew at each connection. */
export function accessOf(
  RED: NodeAPI,
  node: Node,
  config: ConnectionConfig,
  credentials: ConnectionCredentials,
): Access {
  const read = (): ReturnType<typeof settled> => settled(RED, node, config, credentials);
  if (config.auth === "enreach") return enreachAccess(read);
  return tokenAccess(() => ({ url: read().url, token: read().token ?? "" }));
}
