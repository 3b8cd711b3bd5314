/**
 * Starts a call: the agent's phone rings first, then the destination.
 *
 * Message in: what the settings leave blank is read from `payload`, by setting name or by Webitel's (also in the shape of its own body).
 * Message out: `payload` = {id}, the call's UUID. Never tried twice: a phone rings once.
 * Vendor document: "Webitel REST API usage examples", 3. Outgoing call.
 */
import { isRecord } from "../../lib/core/values.js";
import type { Node, NodeAPI, NodeDef } from "node-red";
import { CALL_VALUES, callBody, flatCall } from "../../lib/webitel/requests.js";
import { valueReader } from "../shared/values.js";
import { onCallInput } from "./call-input.js";
import { withClient } from "./connection.js";

interface Config extends NodeDef {
  connection?: string;
}

export = (RED: NodeAPI) => {
  function CreateCall(this: Node, config: Config): void {
    RED.nodes.createNode(this, config);
    const read = valueReader(RED, this, config, CALL_VALUES, "webitel");
    onCallInput(RED, this, config.connection, async (message, send) => {
      const { payload } = message;
      const body = callBody(await read(isRecord(payload) ? { ...message, payload: flatCall(payload) } : message));
      message.payload = await withClient(RED, config.connection, (client) => client.createCall(body));
      send(message);
    });
  }
  return CreateCall;
};
