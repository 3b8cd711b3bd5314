/**
 * The answer to a lookup that came in by `webitel-lookup-in`.
 *
 * Message in: `_webhook` from the in node; the object in `payload` is the answer, as it is.
 * Vendor document: "Webitel REST API usage examples", 2. Inbound calls: the names of the answer's fields are agreed on per project.
 */
import type { Node, NodeAPI, NodeDef } from "node-red";
import { lookupAnswer } from "../../lib/webitel/events.js";
import { onInput } from "../shared/input.js";
import { answerCall, jsonAnswer } from "../shared/webhook/request-response.js";

export = (RED: NodeAPI) => {
  function LookupOut(this: Node, config: NodeDef): void {
    RED.nodes.createNode(this, config);
    onInput(RED, this, (message) =>
      answerCall(RED, this, message, "webitel", () => {
        const { query } = (message["req"] ?? {}) as { query?: unknown };
        return jsonAnswer("webitel", lookupAnswer(message.payload, query));
      }),
    );
  }
  return LookupOut;
};
