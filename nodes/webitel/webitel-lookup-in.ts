/**
 * A caller that Webitel asks about before it routes the call.
 *
 * Message out (1): `payload` = the query (`cid` …), `call`, `event`, `req`, and `_webhook`, by which `webitel-lookup-out` finds the call.
 * Message out (2): the same with `reason`, for a lookup that got the fallback: `{"found": false}`.
 * Vendor document: "Webitel REST API usage examples", 2. Inbound calls.
 */
import type { Node, NodeAPI } from "node-red";
import type { WebhookCredentials } from "../shared/webhook/config.js";
import { readLookup } from "../../lib/webitel/events.js";
import { openRequestNode, type RequestNodeConfig } from "../shared/webhook/request-response.js";

/** Webitel then routes the call as one from an unknown number. */
const NOT_FOUND = { status: 200, json: '{"found":false}' };

export = (RED: NodeAPI) => {
  function LookupIn(this: Node<WebhookCredentials>, config: RequestNodeConfig): void {
    RED.nodes.createNode(this, config);
    openRequestNode(RED, this, config, {
      vendor: "webitel",
      method: "GET",
      fallback: () => NOT_FOUND,
      message: ({ data, receivedAt }) => ({ ...readLookup(data, receivedAt) }),
    });
  }
  return LookupIn;
};
