/**
 * A call that Enreach asks about before it routes it.
 *
 * Message out (1): `payload` = {anum, bnum, targetid, extradata}, `topic` = targetid, `smartrouting` = the extra data by
 * name, `call`, `event`, `req`, and `_webhook`, by which `smartrouting-out` finds the call.
 * Message out (2): the same with `reason`, for a call that got the fallback: 204, which leaves the routing as it is.
 * Vendor document: SmartRouting HTTP Integrator Guide, "SmartRouting Request".
 */
import type { Node, NodeAPI } from "node-red";
import type { WebhookCredentials } from "../shared/webhook/config.js";
import { callFacts, eventFacts } from "../../lib/smartrouting/events.js";
import { readExtraData, readRequest } from "../../lib/smartrouting/request.js";
import { openRequestNode, type RequestNodeConfig } from "../shared/webhook/request-response.js";

/** "Processed, nothing to change": Enreach goes on with its own routing. */
const NO_CHANGE = { status: 204 };

export = (RED: NodeAPI) => {
  function SmartRoutingIn(this: Node<WebhookCredentials>, config: RequestNodeConfig): void {
    RED.nodes.createNode(this, config);
    openRequestNode(RED, this, config, {
      vendor: "enreach",
      method: "POST",
      defaultAuth: "apikey",
      fallback: () => NO_CHANGE,
      message: ({ data, receivedAt }) => {
        const payload = readRequest(data);
        const smartrouting = readExtraData(payload.extradata);
        return {
          payload,
          ...(payload.targetid !== undefined && { topic: payload.targetid }),
          smartrouting,
          call: callFacts(payload, smartrouting, receivedAt),
          event: eventFacts(payload, smartrouting, receivedAt),
        };
      },
    });
  }
  return SmartRoutingIn;
};
