/**
 * One Webitel: address and access token, shared by the nodes that call its API.
 *
 * The token goes into the header `X-Webitel-Access` and nowhere else: errors are redacted by `lib/http/rest.ts`.
 */
import type { NodeAPI, NodeDef } from "node-red";
import type { WebitelClient } from "../../lib/webitel/client.js";
import { localize } from "../shared/input.js";
import { enteredCredentials } from "../shared/variables.js";
import { clientOf, type ConnectionConfig, type WebitelConnection } from "./connection.js";

type Config = NodeDef & ConnectionConfig;

export = (RED: NodeAPI) => {
  function Connection(this: WebitelConnection, config: Config): void {
    RED.nodes.createNode(this, config);
    let client: WebitelClient | undefined;
    const problem = problemOf(RED, this, config);
    if (problem) this.warn(problem);
    Object.assign(this, { isConfigured: problem === undefined });
    let working = 0;
    let closed = false;
    const closeWhenIdle = (): void => {
      // An upload may still end its batches when everything is redeployed at once.
      if (closed && working === 0) client?.close();
    };
    this.use = async (work) => {
      working++;
      try {
        return await work((client ??= clientOf(RED, this, config, enteredCredentials(RED, this))));
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
  return Connection;
};

/** Why no request can be sent, in the editor's language; undefined when nothing is missing. */
function problemOf(RED: NodeAPI, node: WebitelConnection, config: Config): string | undefined {
  try {
    clientOf(RED, node, config, enteredCredentials(RED, node)).close();
    return undefined;
  } catch (error) {
    return localize(RED, error).message;
  }
}
