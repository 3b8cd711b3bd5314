/**
 * One Webitel: address and access token, shared by the nodes that call its API.
 *
 * The token goes into the header `X-Webitel-Access` and nowhere else: errors are redacted by `lib/http/rest.ts`.
 */
import type { AgentOptions } from "node:https";
import type { Node, NodeAPI, NodeDef } from "node-red";
import { refused } from "../../lib/core/errors.js";
import { createWebitelClient, type WebitelClient } from "../../lib/webitel/client.js";
import { envText } from "../shared/values.js";
import type { ConnectionCredentials, WebitelConnection } from "./connection.js";

interface Config extends NodeDef {
  /** `https://host/api` */
  url?: string;
  /** Id of a core `tls-config` node. */
  tls?: string;
}

export = (RED: NodeAPI): void => {
  function Connection(this: WebitelConnection, config: Config): void {
    RED.nodes.createNode(this, config);
    let client: WebitelClient | undefined;
    let working = 0;
    let closed = false;
    const closeWhenIdle = (): void => {
      // An upload may still end its batches when everything is redeployed at once.
      if (closed && working === 0) client?.close();
    };
    this.use = async (work) => {
      working++;
      try {
        return await work((client ??= open(this, config)));
      } finally {
        working--;
        closeWhenIdle();
      }
    };
    this.on("close", () => {
      closed = true;
      closeWhenIdle();
    });
  }

  function open(node: WebitelConnection, config: Config): WebitelClient {
    const url = envText(RED, node, config.url ?? "").trim();
    const token = envText(RED, node, node.credentials?.token ?? "").trim();
    const wrong = (field: string): ReturnType<typeof refused> =>
      refused(`webitel.errors.connection.${field}`, { vendor: "webitel", operation: "connect", field });
    if (!/^https?:\/\//i.test(url) || !URL.canParse(url)) throw wrong("url");
    if (token === "") throw wrong("token");
    const tls = tlsOptions(config.tls);
    return createWebitelClient({ url, token, ...(tls && { tls }) });
  }

  function tlsOptions(id: string | undefined): AgentOptions | undefined {
    const node: (Node & { addTLSOptions?: (options: AgentOptions) => AgentOptions }) | null = id
      ? RED.nodes.getNode(id)
      : null;
    return node?.addTLSOptions?.({});
  }

  RED.nodes.registerType<WebitelConnection, Config, object, ConnectionCredentials>("webitel-connection", Connection, {
    credentials: { token: { type: "password" } },
  });
};
