/**
 * One Webitel: address and access token, shared by the nodes that call its API.
 *
 * The token goes into the header `X-Webitel-Access` and nowhere else: errors are redacted by `lib/http/rest.ts`.
 */
import type { NodeAPI, NodeDef } from "node-red";
import type { WebitelClient } from "../../lib/webitel/client.js";
import { serveConnectionTest } from "../shared/connection-test.js";
import { clientOf, type ConnectionConfig, type ConnectionCredentials, type WebitelConnection } from "./connection.js";
import { connectionTest } from "./connection-test.js";

type Config = NodeDef & ConnectionConfig;

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
        return await work((client ??= clientOf(RED, this, config, this.credentials ?? {})));
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

  RED.nodes.registerType<WebitelConnection, Config, object, ConnectionCredentials>("webitel-connection", Connection, {
    credentials: { token: { type: "password" } },
  });
  serveConnectionTest(RED, connectionTest(RED));
};
