/** How a node uses the client of the connection that it names. */
import type { Node, NodeAPI } from "node-red";
import { refused } from "../../lib/core/errors.js";
import type { WebitelClient } from "../../lib/webitel/client.js";

/** What the connection keeps secret. */
export interface ConnectionCredentials {
  token?: string;
}

/** A webitel-connection as its users see it. */
export interface WebitelConnection extends Node<ConnectionCredentials> {
  /**
   * Works with the client; a redeploy closes it when all work has ended.
   * @throws ContactCenterError `EINVALID` when address or token is missing, and what the work throws
   */
  use<T>(work: (client: WebitelClient) => Promise<T>): Promise<T>;
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
