/**
 * Reports what became of a dialer's attempt.
 *
 * Message in: `queue`, `member`, `attempt` (as an event of `webitel-event-in` has them), `status` and the other fields of a result in
 * `payload`, where the settings are blank. Message out: `payload` = Webitel's answer.
 * Vendor document: public protos, MemberService AttemptResult and AttemptCallback.
 */
import type { Node, NodeAPI, NodeDef } from "node-red";
import { isBlank, isRecord, withoutMap } from "../../lib/core/values.js";
import { attemptRequest, namedFields, resultFields } from "../../lib/webitel/requests.js";
import { ATTEMPT_FIELDS } from "../../lib/webitel/tables.js";
import { valueReader } from "../shared/values.js";
import { onCallInput } from "./call-input.js";
import { withClient } from "./connection.js";
import { savedStatus } from "./settings.js";

interface Config extends NodeDef {
  connection?: string;
  status?: unknown;
  result?: unknown;
}

const FIELDS = [...ATTEMPT_FIELDS, { setting: "result", vendorName: "result" }] as const;

/** A result of the message, with the fields that stand beside it in the payload. */
function withFields(given: unknown, payload: unknown): unknown {
  const fields = resultFields(payload);
  if (isBlank(given)) return fields;
  const result = withoutMap(given);
  return isRecord(result) ? { ...fields, ...namedFields(result) } : result;
}

/** A result without the status that a setting of the node replaces. */
function withoutStatus(given: unknown): unknown {
  const result = withoutMap(given);
  if (!isRecord(result)) return result;
  return Object.fromEntries(Object.entries(result).filter(([name]) => name.toLowerCase() !== "status"));
}

export = (RED: NodeAPI) => {
  function AttemptResult(this: Node, saved: Config): void {
    RED.nodes.createNode(this, saved);
    const config = { ...saved, ...savedStatus(saved) };
    // A setting made in the node wins.
    const isSet = !isBlank(config.result);
    const setsStatus = !isBlank(config.status);
    const read = valueReader(RED, this, config, FIELDS, "webitel");
    onCallInput(RED, this, config.connection, async (message, send) => {
      const values = await read(message);
      const result = isSet && !isBlank(values.result) ? values.result : withFields(values.result, message.payload);
      const isOver = setsStatus && !isBlank(values.status);
      const { attempt, body } = attemptRequest({ ...values, result: isOver ? withoutStatus(result) : result });
      message.payload = await withClient(RED, config.connection, (client) => client.reportAttempt(attempt, body));
      send(message);
    });
  }
  return AttemptResult;
};
