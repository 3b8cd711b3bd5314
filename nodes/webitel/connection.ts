/** How a node uses the client of the connection that it names. */
import type { Node, NodeAPI } from "node-red";
import { refused } from "../../lib/core/errors.js";
import { createWebitelClient, type WebitelClient } from "../../lib/webitel/client.js";
import { resetStatus, setStatus } from "../shared/status.js";
import { tlsOptions } from "../shared/tls.js";
import { envCredential, envText } from "../shared/variables.js";

/** Settings of a connection, as deployed or as they stand in its dialog. */
export interface ConnectionConfig {
  /** `https://host/api` */
  url?: string;
  /** Id of a core `tls-config` node. */
  tls?: string;
}

/** What the connection keeps secret. */
export interface ConnectionCredentials {
  token?: string;
}

/** A webitel-connection as its users see it. */
export interface WebitelConnection extends Node<ConnectionCredentials> {
  /** False while address or token is missing or wrong: every request would be refused. */
  readonly isConfigured: boolean;
  /**
   * Works with the client; a redeploy closes it when all work has ended.
   * @throws ContactCenterError `EINVALID` when address or token is missing, and what the work throws
   */
  use<T>(work: (client: WebitelClient) => Promise<T>): Promise<T>;
}

/**
 * Opens a client from settings and credentials.
 * @param node whose environment variables are seen
 * @throws ContactCenterError `EINVALID` naming the setting that is wrong
 */
export function clientOf(
  RED: NodeAPI,
  node: Node,
  config: ConnectionConfig,
  credentials: ConnectionCredentials,
): WebitelClient {
  const about = (field: string) => ({ vendor: "webitel", operation: "connect", field }) as const;
  const url = envText(RED, node, config.url ?? "", about("url")).trim();
  const token = envCredential(RED, node, credentials.token ?? "", about("token")).trim();
  const wrong = (field: string): ReturnType<typeof refused> =>
    refused(`webitel.errors.connection.${field}`, { vendor: "webitel", operation: "connect", field });
  if (!/^https?:\/\//i.test(url) || !URL.canParse(url)) throw wrong("url");
  if (token === "") throw wrong("token");
  const tls = tlsOptions(RED, config.tls, { vendor: "webitel", operation: "connect" });
  return createWebitelClient({ url, token, ...(tls && { tls }) });
}

/**
 * Works with the client of the connection that a node names.
 * @throws ContactCenterError `EINVALID` when there is none, and what the work throws
 */
export async function withClient<T>(
  RED: NodeAPI,
  id: string | undefined,
  work: (client: WebitelClient) => Promise<T>,
): Promise<T> {
  const connection = (id ? RED.nodes.getNode(id) : null) as WebitelConnection | null;
  if (!connection)
    throw refused("webitel.errors.connection.none", { vendor: "webitel", operation: "connect", field: "connection" });
  return connection.use(work);
}

/** Says on the badge of a node, before a message needs it, that its connection is missing or cannot be used. */
export function showConnection(RED: NodeAPI, node: Node, id: string | undefined): void {
  const connection = (id ? RED.nodes.getNode(id) : null) as WebitelConnection | null;
  resetStatus(node);
  if (connection?.isConfigured !== true) setStatus(node, "error", "unconfigured");
}
