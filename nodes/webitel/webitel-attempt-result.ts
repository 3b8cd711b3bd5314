/**
 * Reports what became of a dialer's attempt.
 *
 * Message in: `queue`, `member`, `attempt` (as an event of `webitel-event-in` has them), `status` and the other fields of a result in
 * `payload`, where the settings are blank. Message out: `payload` = Webitel's answer.
 * Vendor document: public protos, MemberService AttemptResult and AttemptCallback.
 */
import type { Node, NodeAPI, NodeDef } from "node-red";
import { isBlank, isRecord } from "../../lib/core/values.js";
import { attemptRequest, resultFields } from "../../lib/webitel/requests.js";
import { ATTEMPT_FIELDS } from "../../lib/webitel/tables.js";
import { valueReader } from "../shared/values.js";
import { onCallInput } from "./call-input.js";
import { withClient } from "./connection.js";

interface Config extends NodeDef {
  connection?: string;
  result?: unknown;
}

const FIELDS = [...ATTEMPT_FIELDS, { setting: "result", vendorName: "result" }] as const;

/** A result of the message, with the fields that stand beside it in the payload. */
function withFields(result: unknown, payload: unknown): unknown {
  const fields = resultFields(payload);
  if (isBlank(result)) return fields;
  return isRecord(result) ? { ...fields, ...result } : result;
}

export = (RED: NodeAPI) => {
  function AttemptResult(this: Node, config: Config): void {
    RED.nodes.createNode(this, config);
    // A setting made in the node wins.
    const isSet = !isBlank(config.result);
    const read = valueReader(RED, this, config, FIELDS, "webitel");
    onCallInput(RED, this, config.connection, async (message, send) => {
      const values = await read(message);
      const { attempt, body } = attemptRequest({
        ...values,
        result: isSet && !isBlank(values.result) ? values.result : withFields(values.result, message.payload),
      });
      message.payload = await withClient(RED, config.connection, (client) => client.reportAttempt(attempt, body));
      send(message);
    });
  }
  return AttemptResult;
};
