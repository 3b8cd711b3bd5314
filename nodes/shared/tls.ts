/** The TLS configuration that a connection names, core's `tls-config` node. */
import type { AgentOptions } from "node:https";
import type { Node, NodeAPI } from "node-red";
import { type ErrorCause, refused } from "../../lib/core/errors.js";

type TlsConfigNode = Node & { addTLSOptions?: (options: AgentOptions) => AgentOptions };

/**
 * Its certificates, key and checks, as options of a connection.
 * @param id as the connection's setting `tls` has it
 * @returns undefined where none is chosen
 * @throws ContactCenterError `EINVALID` when it is missing or disabled: without it the wrong server would be trusted, or the right one not
 */
export function tlsOptions(RED: NodeAPI, id: string | undefined, about: ErrorCause): AgentOptions | undefined {
  if (!id) return undefined;
  const node = RED.nodes.getNode(id) as TlsConfigNode | null;
  if (node?.addTLSOptions === undefined) throw refused("shared.errors.no-tls", { ...about, field: "tls" });
  return node.addTLSOptions({});
}
