/** What the nodes of this vendor use of their `cti-broker`. */
import type { Node, NodeAPI, NodeDef } from "node-red";
import { refused } from "../../lib/core/errors.js";
import { type AuthKind, type CtiClient, type CtiClientOptions, createCtiClient } from "../../lib/cti/client.js";
import type { EnumStyle } from "../../lib/cti/tables.js";
import { tlsOptions } from "../shared/tls.js";
import { envCredential, envText } from "../shared/variables.js";
import type { BrokerSession } from "./session.js";

/** The settings as the editor saves them; each may be missing in a flow made by hand. */
export interface BrokerConfig extends NodeDef {
  url?: string;
  /** Public base address of this Node-RED. */
  callbackUrl?: string;
  enumStyle?: EnumStyle;
  auth?: AuthKind;
  headerName?: string;
  addressField?: string;
  callbackField?: string;
  /** Requests for subscriptions at once. */
  parallel?: number | string;
  /** Id of a core `tls-config` node. */
  tls?: string;
}

/** Its credentials. */
export interface BrokerCredentials {
  username?: string;
  password?: string;
  token?: string;
  headerValue?: string;
}

/** A `cti-broker` node. */
export interface CtiBroker extends Node<BrokerCredentials> {
  /**
   * With its environment variables in place; empty when none was entered.
   * @throws ContactCenterError `EINVALID` when a variable is not set
   */
  callbackUrl(): string;
  /**
   * The agents and subscriptions, opened at first use.
   * @throws ContactCenterError `EINVALID` naming the setting that is wrong
   */
  open(): BrokerSession;
}

/**
 * Opens a client from settings and credentials.
 * @param node whose environment variables are seen
 * @throws ContactCenterError `EINVALID` naming the setting that is wrong
 */
export function clientOf(
  RED: NodeAPI,
  node: Node,
  config: Partial<BrokerConfig>,
  credentials: BrokerCredentials,
): CtiClient {
  const about = (field: string) => ({ vendor: "anywhere365", operation: "connect", field }) as const;
  const text = (field: "url" | "headerName" | "addressField" | "callbackField"): string =>
    envText(RED, node, config[field] ?? "", about(field)).trim();
  const secrets = Object.entries(credentials as Record<string, string | undefined>).map(([field, value]) => [
    field,
    value === undefined ? undefined : envCredential(RED, node, value, about(field)),
  ]);
  const tls = tlsOptions(RED, config.tls, { vendor: "anywhere365", operation: "connect" });
  const options: CtiClientOptions = {
    url: text("url"),
    auth: config.auth ?? "none",
    headerName: text("headerName"),
    enumStyle: config.enumStyle ?? "name",
    addressField: text("addressField"),
    callbackField: text("callbackField"),
    ...(Object.fromEntries(secrets) as BrokerCredentials),
    ...(tls && { tls }),
  };
  return createCtiClient(options);
}

/**
 * The broker that a node names.
 * @param operation for the error
 * @throws ContactCenterError `EINVALID` for the field `broker`
 */
export function brokerOf(RED: NodeAPI, id: string | undefined, operation: string): CtiBroker {
  const broker = id ? (RED.nodes.getNode(id) as CtiBroker | null) : null;
  if (typeof broker?.open !== "function")
    throw refused("cti.errors.no-broker", { vendor: "anywhere365", operation, field: "broker" });
  return broker;
}
